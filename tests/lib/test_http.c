/*
 * Tests of http: decoding, queries, cookies, Accept, Content-Type and entity tags.
 */
#include "http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static int
setup(void **state)
{
	*state = pur_arena_new((size_t)1 << 20);
	return *state == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	pur_arena_free(*state);
	return 0;
}

static void
test_methods(void **state)
{
	static const struct {
		const char *name;
		enum pur_method method;
	} rows[] = {
		{ "GET", PUR_GET },         { "POST", PUR_POST }, { "PUT", PUR_PUT },
		{ "PATCH", PUR_PATCH },     { "HEAD", PUR_HEAD }, { "DELETE", PUR_DELETE },
		{ "OPTIONS", PUR_OPTIONS },
	};
	static const char *const unknown[] = {
		"", "get", "GETS", "GE", "TRACE", "GET ", "CONNECT"
	};
	int all = 0;

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		assert_int_equal(pur_method_parse(rows[i].name), rows[i].method);
		assert_string_equal(pur_method_name(rows[i].method), rows[i].name);
		assert_int_equal(all & (int)rows[i].method, 0);
		all |= (int)rows[i].method;
	}
	for (size_t i = 0; i < N_OF(unknown); i++)
		assert_int_equal(pur_method_parse(unknown[i]), PUR_METHOD_UNKNOWN);
	assert_string_equal(pur_method_name(PUR_METHOD_UNKNOWN), "UNKNOWN");
	assert_string_equal(pur_method_name(PUR_GET | PUR_POST), "UNKNOWN");
}

/* Decodes a copy of exactly that size, so that a byte read past the end is seen. */
static enum pur_rc
decode(struct pur_arena *a, const char *text, int plus_is_space, char **out, size_t *len)
{
	size_t n = strlen(text);
	char *copy = malloc(n == 0 ? 1 : n);
	enum pur_rc rc;

	assert_non_null(copy);
	memcpy(copy, text, n);
	rc = pur_percent_decode(a, copy, n, plus_is_space, out, len);
	free(copy);
	return rc;
}

static void
test_percent_decode(void **state)
{
	static const struct {
		const char *text;
		int plus_is_space;
		const char *decoded;
	} rows[] = {
		{ "", 0, "" },
		{ "abc", 0, "abc" },
		{ "a%20b", 0, "a b" },
		{ "%41%4a%4A", 0, "AJJ" },
		{ "a+b", 0, "a+b" },
		{ "a+b", 1, "a b" },
		{ "a%2Bb", 1, "a+b" },
		{ "caf%C3%A9", 0, "caf\xc3\xa9" },
		{ "caf\xc3%a9", 0, "caf\xc3\xa9" },
		{ "%2525", 0, "%25" },
		{ "%2e%2e%2f", 0, "../" },
		{ "%01%7f", 0, "\x01\x7f" },
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		char *out;
		size_t len;

		assert_int_equal(decode(*state, rows[i].text, rows[i].plus_is_space, &out, &len),
				 PUR_OK);
		assert_int_equal(len, strlen(rows[i].decoded));
		assert_string_equal(out, rows[i].decoded);
	}
}

static void
test_percent_decode_refuses(void **state)
{
	static const char *const texts[] = { "%",    "%4",     "a%",   "a%4",       "%zz",
					     "%4z",  "%z4",    "%%41", "%00",       "a%00b",
					     "%ff",  "%C3",    "%C3(", "%ED%A0%80", "%C0%80",
					     "\xff", "%u0041", "% 1" };
	char *out;
	size_t len;

	for (size_t i = 0; i < N_OF(texts); i++) {
		if (decode(*state, texts[i], 0, &out, &len) != PUR_EINPUT)
			fail_msg("%s was taken", texts[i]);
	}
	assert_int_equal(pur_percent_decode(*state, "a\0b", 3, 0, &out, &len), PUR_EINPUT);
}

static void
test_query(void **state)
{
	struct pur_param *params;
	size_t n;

	assert_int_equal(pur_query_parse(*state,
					 "&page=2&&pickup_date%5Bgte%5D=2026-05-01&q=a+b%26c=d&"
					 "flag&=x&page=3&",
					 &params, &n),
			 PUR_OK);
	assert_int_equal(n, 6);
	assert_string_equal(params[0].name, "page");
	assert_string_equal(params[0].value, "2");
	assert_string_equal(params[1].name, "pickup_date[gte]");
	assert_string_equal(params[1].value, "2026-05-01");
	assert_string_equal(params[2].name, "q");
	assert_string_equal(params[2].value, "a b&c=d");
	assert_string_equal(params[3].name, "flag");
	assert_string_equal(params[3].value, "");
	assert_string_equal(params[4].name, "");
	assert_string_equal(params[4].value, "x");
	assert_string_equal(params[5].name, "page");
	assert_string_equal(params[5].value, "3");
}

static void
test_empty_queries(void **state)
{
	static const char *const queries[] = { NULL, "", "&", "&&&" };

	for (size_t i = 0; i < N_OF(queries); i++) {
		struct pur_param *params;
		size_t n = 77;

		assert_int_equal(pur_query_parse(*state, queries[i], &params, &n), PUR_OK);
		assert_int_equal(n, 0);
		assert_null(params);
	}
}

static void
test_query_refuses(void **state)
{
	static const char *const queries[] = { "a=%", "%=a", "a=1&b=%00", "a=%ff", "%ff" };
	struct pur_param *params;
	char many[2 * 65 + 1];
	size_t n;

	for (size_t i = 0; i < N_OF(queries); i++)
		assert_int_equal(pur_query_parse(*state, queries[i], &params, &n), PUR_EINPUT);
	for (size_t i = 0; i < sizeof(many) - 1; i += 2)
		memcpy(many + i, "a&", 2);
	many[2 * 65] = '\0';
	assert_int_equal(pur_query_parse(*state, many, &params, &n), PUR_EINPUT);
	many[2 * 64] = '\0';
	assert_int_equal(pur_query_parse(*state, many, &params, &n), PUR_OK);
	assert_int_equal(n, 64);
}

static void
test_full_arena(void **state)
{
	struct pur_arena *none = pur_arena_new(0);
	struct pur_arena *list_only = pur_arena_new(64 * sizeof(struct pur_param));
	struct pur_param *params;
	char *out;
	size_t len;

	(void)state;
	assert_non_null(none);
	assert_non_null(list_only);
	assert_int_equal(pur_percent_decode(none, "a", 1, 0, &out, &len), PUR_ETOOLARGE);
	assert_int_equal(pur_query_parse(none, "a=b", &params, &len), PUR_ETOOLARGE);
	assert_int_equal(pur_query_parse(list_only, "a=b", &params, &len), PUR_ETOOLARGE);
	assert_int_equal(pur_query_parse(none, "", &params, &len), PUR_OK);
	assert_null(pur_cookie_find(none, "a=b", "a"));
	pur_arena_free(none);
	pur_arena_free(list_only);
}

static void
test_cookies(void **state)
{
	static const struct {
		const char *header, *name, *value;
	} rows[] = {
		{ "__Host-purser=ps_abc", "__Host-purser", "ps_abc" },
		{ "a=1; __Host-purser=ps_abc; b=2", "__Host-purser", "ps_abc" },
		{ "a=1;b=2", "b", "2" },
		{ " a = 1 ;b=2", "a", NULL },
		{ "a=1; b=2 ", "b", "2" },
		{ "a=", "a", "" },
		{ "a=b=c", "a", "b=c" },
		{ "a=\"q\"", "a", "\"q\"" },
		{ "a=\"x; b=1", "b", "1" },
		{ "a=1; a=2", "a", "1" },
		{ "aa=1; a=2", "a", "2" },
		{ "xa=1", "a", NULL },
		{ "A=1", "a", NULL },
		{ "a", "a", NULL },
		{ "b=a=1", "a", NULL },
		{ ";;;", "a", NULL },
		{ "", "a", NULL },
		{ NULL, "a", NULL },
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		const char *value = pur_cookie_find(*state, rows[i].header, rows[i].name);

		if (rows[i].value == NULL)
			assert_null(value);
		else
			assert_string_equal(value, rows[i].value);
	}
}

static void
test_accept(void **state)
{
	static const struct {
		const char *header;
		struct pur_accept wanted;
	} rows[] = {
		{ NULL, { .json = 1 } },
		{ "", { .json = 1 } },
		{ " , ,", { .json = 1 } },
		{ "*/*", { .json = 1 } },
		{ "application/*", { .json = 1 } },
		{ "application/json", { .json = 1 } },
		{ "Application/JSON; charset=utf-8", { .json = 1 } },
		{ "text/html, application/xhtml+xml, */*;q=0.8", { .json = 1 } },
		{ "text/html", { 0 } },
		{ "text/*", { 0 } },
		{ "json", { 0 } },
		{ "application/jsonp", { 0 } },

		/* q */
		{ "application/json;q=0", { 0 } },
		{ "application/json;q=0.000", { 0 } },
		{ "application/json ; Q=0", { 0 } },
		{ "application/json;q=0.001", { .json = 1 } },
		{ "application/json;charset=utf-8;q=0", { 0 } },
		{ "*/*, application/json;q=0", { 0 } },
		{ "*/*;q=0, application/json", { .json = 1 } },
		{ "application/*;q=0, */*", { 0 } },
		{ "*/*;q=0", { 0 } },
		{ "application/json;q=nonsense", { .json = 1 } },
		{ "application/json;q=", { .json = 1 } },
		{ "application/json;q=7", { .json = 1 } },
		{ "application/json;q=00", { .json = 1 } },
		{ "application/json;q=0/", { .json = 1 } },
		{ "application/json;q=0.", { 0 } },
		{ "application/json;q=0.0001", { 0 } },
		{ "application/json;q=0./", { .json = 1 } },
		{ "application/json;q=0.0:", { .json = 1 } },

		/* versions */
		{ "application/vnd.purser.v2+json", { .version = 2, .json = 1 } },
		{ "application/vnd.purser.v1+json", { .version = 1, .json = 1 } },
		{ "APPLICATION/VND.PURSER.V2+JSON", { .version = 2, .json = 1 } },
		{ "text/html, application/vnd.purser.v2+json;q=0.5", { .version = 2, .json = 1 } },
		{ "application/vnd.purser.v1+json;q=0.5, application/vnd.purser.v2+json",
		  { .version = 2, .json = 1 } },
		{ "application/vnd.purser.v2+json;q=0.5, application/vnd.purser.v1+json",
		  { .version = 1, .json = 1 } },
		{ "application/vnd.purser.v2+json;q=0", { 0 } },
		{ "application/vnd.purser.v3+json", { .bad_version = 1 } },
		{ "application/vnd.purser.v0+json", { .bad_version = 1 } },
		{ "application/vnd.purser.v22+json", { .bad_version = 1 } },
		{ "application/vnd.purser.v+json", { .bad_version = 1 } },
		{ "application/vnd.purser.vx+json", { .bad_version = 1 } },
		{ "application/vnd.purser.v3+json, */*", { .bad_version = 1, .json = 1 } },
		{ "application/vnd.purser.v3+json;q=0, */*", { .json = 1 } },
		{ "application/vnd.purser.v3+json, application/vnd.purser.v2+json",
		  { .version = 2, .json = 1 } },
		{ "application/vnd.purser.v2", { 0 } },
		{ "application/vnd.other.v2+json", { 0 } },

		/* problem details */
		{ "application/problem+json", { .problem = 1, .json = 1 } },
		{ "application/json, application/problem+json", { .problem = 1, .json = 1 } },
		{ "application/json;q=0.9, application/problem+json", { .problem = 1, .json = 1 } },
		{ "application/json, application/problem+json;q=0.9", { .json = 1 } },
		{ "application/problem+json;q=0.5, */*;q=0.1", { .problem = 1, .json = 1 } },
		{ "application/problem+json;q=0.5, */*", { .json = 1 } },
		{ "application/problem+json;q=0, application/json", { .json = 1 } },
		{ "application/problem+json;q=0", { 0 } },

		/* files of lists: of what is wanted alike, JSON, and then CSV */
		{ "text/csv", { .csv = 1 } },
		{ "Text/CSV; charset=utf-8; header=present", { .csv = 1 } },
		{ "application/x-ndjson", { .ndjson = 1 } },
		{ "text/csv, application/x-ndjson", { .csv = 1 } },
		{ "application/x-ndjson, text/csv", { .csv = 1 } },
		{ "text/csv;q=0.5, application/x-ndjson;q=0.6", { .ndjson = 1 } },
		{ "text/csv;q=0.6, application/x-ndjson;q=0.5", { .csv = 1 } },
		{ "text/csv, application/json", { .json = 1 } },
		{ "text/csv, */*", { .json = 1 } },
		{ "text/csv, */*;q=0.1", { .csv = 1, .json = 1 } },
		{ "text/csv, application/json;q=0.9", { .csv = 1, .json = 1 } },
		{ "text/csv;q=0.9, application/json", { .json = 1 } },
		{ "application/x-ndjson, application/*;q=0.9", { .ndjson = 1, .json = 1 } },
		{ "application/x-ndjson, application/json", { .json = 1 } },
		{ "text/csv, application/json;q=0", { .csv = 1 } },
		{ "text/csv;q=0", { 0 } },
		{ "text/csv;q=0, application/x-ndjson;q=0", { 0 } },
		{ "text/csv;q=0, application/x-ndjson", { .ndjson = 1 } },
		{ "text/csvx, application/x-ndjsons, text/x-csv", { 0 } },
		{ "text/csv, application/problem+json", { .csv = 1, .problem = 1, .json = 1 } },
		{ "text/csv, application/vnd.purser.v2+json;q=0.5",
		  { .csv = 1, .version = 2, .json = 1 } },

		/* A comma or semicolon in quotes separates nothing. */
		{ "text/html;x=\",application/json,\"", { 0 } },
		{ "application/json;x=\";q=0;\"", { .json = 1 } },
		{ "text/html;x=\"\\\",\", application/json", { .json = 1 } },
		{ "text/html;x=\"never closed, application/json", { 0 } },
		{ "text/html;x=\"\\", { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		struct pur_accept got = pur_accept_parse(rows[i].header);

		if (got.version != rows[i].wanted.version ||
		    got.bad_version != rows[i].wanted.bad_version ||
		    got.problem != rows[i].wanted.problem || got.json != rows[i].wanted.json ||
		    got.csv != rows[i].wanted.csv || got.ndjson != rows[i].wanted.ndjson)
			fail_msg("%s: version %d, bad %d, problem %d, json %d, csv %d, ndjson %d",
				 rows[i].header, got.version, got.bad_version, got.problem,
				 got.json, got.csv, got.ndjson);
	}
}

/* Of two versions the one of higher quality counts, of equal ones the first. */
static void
test_qualities_are_compared(void **state)
{
	static const struct {
		const char *one, *two;
		int version;
	} rows[] = {
		{ "0.5", "0.6", 2 },  { "0.6", "0.5", 1 },      { "0.5", "0.51", 2 },
		{ "0.51", "0.5", 1 }, { "0.5", "0.501", 2 },    { "0.501", "0.5", 1 },
		{ "0.9", "1", 2 },    { "0.999", "1.0", 2 },    { "0.999", "1.000", 2 },
		{ "0.5", "0.5", 1 },  { "1", "1.000", 1 },      { "0.9", "0.5x", 2 },
		{ "0.09", "0.1", 2 }, { "0.1", "0.09", 1 },     { "0", "0.001", 2 },
		{ "0.001", "0", 1 },  { "0.1239", "0.124", 2 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		char header[200];

		snprintf(header, sizeof(header),
			 "application/vnd.purser.v1+json;q=%s,application/vnd.purser.v2+json;q=%s",
			 rows[i].one, rows[i].two);
		if (pur_accept_parse(header).version != rows[i].version)
			fail_msg("%s", header);
	}
}

static void
test_content_type(void **state)
{
	(void)state;
	assert_true(pur_content_type_is("application/json", "application/json"));
	assert_true(pur_content_type_is("application/json; charset=utf-8", "application/json"));
	assert_true(pur_content_type_is(" Application/JSON ;x", "application/json"));
	assert_false(pur_content_type_is("application/json-patch", "application/json"));
	assert_false(pur_content_type_is("application/jso", "application/json"));
	assert_false(pur_content_type_is("text/plain; application/json", "application/json"));
	assert_false(pur_content_type_is("", "application/json"));
	assert_false(pur_content_type_is(NULL, "application/json"));
}

static void
test_etags(void **state)
{
	static const struct {
		const char *header, *etag;
		int matches;
	} rows[] = {
		{ "\"7\"", "\"7\"", 1 },
		{ "W/\"7\"", "\"7\"", 1 },
		{ "\"7\"", "W/\"7\"", 1 },
		{ "W/\"7\"", "W/\"7\"", 1 },
		{ "\"6\", \"7\"", "\"7\"", 1 },
		{ "\"6\",W/\"7\" ,\"8\"", "\"7\"", 1 },
		{ " \t\"7\" ", "\"7\"", 1 },
		{ ",,\"7\"", "\"7\"", 1 },
		{ "*", "\"7\"", 1 },
		{ " * ", "\"7\"", 1 },
		{ "\"a,b\"", "\"a,b\"", 1 },
		{ "\"a\\\", \"b\"", "\"b\"", 1 },
		{ "7, \"7\"", "\"7\"", 1 },
		{ "\"77\"", "\"7\"", 0 },
		{ "\"\"", "\"7\"", 0 },
		{ "\"\"", "\"\"", 1 },
		{ "7", "\"7\"", 0 },
		{ "\"7", "\"7\"", 0 },
		{ "w/\"7\"", "\"7\"", 0 },
		{ "W/ \"7\"", "\"7\"", 0 },
		{ "\"x,\"7\"\"", "\"7\"", 0 },
		{ "\"*\"", "\"7\"", 0 },
		{ "*, \"6\"", "\"7\"", 0 },
		{ "W/", "\"7\"", 0 },
		{ "", "\"7\"", 0 },
		{ NULL, "\"7\"", 0 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		if (pur_etag_matches(rows[i].header, rows[i].etag) != rows[i].matches)
			fail_msg("%s against %s", rows[i].header, rows[i].etag);
	}
}

static void
test_origins(void **state)
{
	static const char *const good[] = {
		"https://shop.example",
		"https://a",
		"https://xn--bckerei-5wa.example",
		"https://shop.example:8443",
		"https://192.0.2.7",
		"https://[2001:db8::1]:8443",
		"http://localhost",
		"http://localhost:1",
		"http://localhost:65535",
		"http://127.0.0.1:5173",
		"http://[::1]:3000",
		"https://localhost:80",
		"https://a-1.b2.example",
	};
	static const char *const bad[] = {
		"",
		"*",
		"null",
		"https://",
		"shop.example",
		"//shop.example",
		"ftp://shop.example",
		"HTTPS://shop.example",
		"https://Shop.example",
		"https://shop.example/",
		"https://shop.example/a",
		"https://shop.example?a",
		"https://shop.example#a",
		"https://me@shop.example",
		"https://*.example",
		"https://shop..example",
		"https://.example",
		"https://shop.example.",
		"https://-a.example",
		"https://a-.example",
		"https://a_b.example",
		"https://b\xc3\xa4r.example",
		"https://shop.example:",
		"https://shop.example:443",
		"https://shop.example:0",
		"https://shop.example:08443",
		"https://shop.example:65536",
		"https://shop.example:123456",
		"https://shop.example:84x",
		"https://shop.example ",
		" https://shop.example",
		"https://shop.example\n",
		"https://[::1",
		"https://[]",
		"https://[::G]",
		"https://[2001:DB8::1]",
		"http://localhost:80",
		"capacitor://localhost",
		"https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example",
	};
	static const char *const plain[] = { "http://shop.example", "http://localhost.example",
					     "http://127.0.0.2", "http://xlocalhost:1" };

	(void)state;
	for (size_t i = 0; i < N_OF(good); i++) {
		if (pur_origin_fault(good[i]) != NULL)
			fail_msg("%s: %s", good[i], pur_origin_fault(good[i]));
	}
	for (size_t i = 0; i < N_OF(bad); i++) {
		if (pur_origin_fault(bad[i]) == NULL)
			fail_msg("%s is taken", bad[i]);
		assert_non_null(strstr(pur_origin_fault(bad[i]), "like https://shop.example"));
	}
	for (size_t i = 0; i < N_OF(plain); i++)
		assert_string_equal(pur_origin_fault(plain[i]), "Must be https, but for localhost");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_percent_decode),
		cmocka_unit_test(test_percent_decode_refuses),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_empty_queries),
		cmocka_unit_test(test_query_refuses),
		cmocka_unit_test(test_full_arena),
		cmocka_unit_test(test_cookies),
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_qualities_are_compared),
		cmocka_unit_test(test_content_type),
		cmocka_unit_test(test_etags),
		cmocka_unit_test(test_origins),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
