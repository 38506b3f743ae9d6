/*
 * Tests of json: what the scanner takes and refuses and where, that json-c takes all it lets
 * through, UTF-8 against a decoder written apart, and strings there and back.
 */
#include "json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

struct text {
	const char *bytes;
	size_t len;
};

/* A text with its length, so that it may hold a NUL. */
#define T(literal)                                                                                 \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

static int
setup(void **state)
{
	*state = pur_arena_new((size_t)16 << 20);
	return *state == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	pur_arena_free(*state);
	return 0;
}

/* Scans a copy of exactly that size, so that a byte read past the end is seen. */
static int
scan_copy(const char *text, size_t len, struct pur_json_scan *scan)
{
	char *copy = malloc(len == 0 ? 1 : len);
	int result;

	assert_non_null(copy);
	memcpy(copy, text, len);
	memset(scan, 0x5a, sizeof(*scan));
	result = pur_json_scan(copy, len, scan);
	free(copy);
	return result;
}

static const struct text right[] = {
	T("null"),
	T("true"),
	T("false"),
	T("0"),
	T("-0"),
	T("-0.0"),
	T("1"),
	T("-1"),
	T("10"),
	T("1.5"),
	T("0.000"),
	T("1e5"),
	T("1E5"),
	T("1e+5"),
	T("1E-5"),
	T("1.25e-07"),
	T("0e0"),
	T("1e999"),
	T("-1e999"),
	T("1e-999"),
	T("9223372036854775808"),
	T("-9223372036854775809"),
	T("123456789012345678901234567890123456789012345678901234567890"),
	T(" \t\r\n1 \t\r\n"),
	T("\"\""),
	T("\"a\""),
	T("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
	T("\"\\u0041\\u00e9\\uFFFF\\u20ac\\u0001\""),
	T("\"\\ud800\\udc00\\uDBFF\\uDFFF\""),
	T("\"\\u005Cu0000\""),
	T("\"\x7f\""),
	T("\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\""),
	T("\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""),
	T("\"plain text that is longer than eight bytes\""),
	T("\"seven77\xc3\xa9seven77\xe2\x82\xac\""),
	T("[]"),
	T("[ ]"),
	T("{}"),
	T("{ }"),
	T("[1]"),
	T("[1,2 , 3]"),
	T("[[],{},[[]]]"),
	T("{\"a\":1}"),
	T("{ \"a\" : 1 , \"b\" : [ null , true , false ] }"),
	T("{\"\":\"\"}"),
	T("{\"a\":{\"a\":{\"a\":[]}}}"),
	T("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"),
	T("{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[1]}]}]}]}]}]}]}]}"),
};

static const struct {
	struct text text;
	const char *problem;
	size_t offset;
} wrong[] = {
	{ T(""), "Text ends too early", 0 },
	{ T("  "), "Text ends too early", 2 },
	{ T("-"), "Text ends too early", 1 },
	{ T("1."), "Text ends too early", 2 },
	{ T("1e"), "Text ends too early", 2 },
	{ T("1e+"), "Text ends too early", 3 },
	{ T("nul"), "Text ends too early", 3 },
	{ T("\""), "Text ends too early", 1 },
	{ T("\"a\\"), "Text ends too early", 3 },
	{ T("\"\\u12"), "Text ends too early", 5 },
	{ T("\"\\ud800\\u"), "Text ends too early", 9 },
	{ T("["), "Text ends too early", 1 },
	{ T("[1"), "Text ends too early", 2 },
	{ T("[1,"), "Text ends too early", 3 },
	{ T("{"), "Text ends too early", 1 },
	{ T("{\"a\""), "Text ends too early", 4 },
	{ T("{\"a\":"), "Text ends too early", 5 },
	{ T("{\"a\":1"), "Text ends too early", 6 },
	{ T("{\"a\":1,"), "Text ends too early", 7 },

	{ T("nulL"), "Unexpected character", 3 },
	{ T("True"), "Unexpected character", 0 },
	{ T("NaN"), "Unexpected character", 0 },
	{ T("nan"), "Unexpected character", 1 },
	{ T("Infinity"), "Unexpected character", 0 },
	{ T("-Infinity"), "Unexpected character", 1 },
	{ T("+1"), "Unexpected character", 0 },
	{ T(".5"), "Unexpected character", 0 },
	{ T("01"), "Unexpected character", 1 },
	{ T("-01"), "Unexpected character", 2 },
	{ T("1.e5"), "Unexpected character", 2 },
	{ T("1.5.5"), "Unexpected character", 3 },
	{ T("1e5.5"), "Unexpected character", 3 },
	{ T("0x10"), "Unexpected character", 1 },
	{ T("1_000"), "Unexpected character", 1 },
	{ T("- 1"), "Unexpected character", 1 },
	{ T("1 2"), "Unexpected character", 2 },
	{ T("'a'"), "Unexpected character", 0 },
	{ T("\"a\"b"), "Unexpected character", 3 },
	{ T("\"\n\""), "Unexpected character", 1 },
	{ T("\"\t\""), "Unexpected character", 1 },
	{ T("\"12345678\x1f\""), "Unexpected character", 9 },
	{ T("\"\\a\""), "Unexpected character", 2 },
	{ T("\"\\x41\""), "Unexpected character", 2 },
	{ T("\"\\\0\""), "Unexpected character", 2 },
	{ T("\"\\U0041\""), "Unexpected character", 2 },
	{ T("\"\\u00g1\""), "Unexpected character", 5 },
	{ T("\"\\u 041\""), "Unexpected character", 3 },
	{ T("\"\\ud800\\u12\""), "Unexpected character", 11 },
	{ T("[1,]"), "Unexpected character", 3 },
	{ T("[,1]"), "Unexpected character", 1 },
	{ T("[1 2]"), "Unexpected character", 3 },
	{ T("[1}"), "Unexpected character", 2 },
	{ T("]"), "Unexpected character", 0 },
	{ T("[]]"), "Unexpected character", 2 },
	{ T("{\"a\":1,}"), "Unexpected character", 7 },
	{ T("{,}"), "Unexpected character", 1 },
	{ T("{\"a\",1}"), "Unexpected character", 4 },
	{ T("{\"a\" 1}"), "Unexpected character", 5 },
	{ T("{\"a\"::1}"), "Unexpected character", 5 },
	{ T("{a:1}"), "Unexpected character", 1 },
	{ T("{1:1}"), "Unexpected character", 1 },
	{ T("{\"a\":1 \"b\":2}"), "Unexpected character", 7 },
	{ T("{\"a\":1]"), "Unexpected character", 6 },
	{ T("// c\n1"), "Unexpected character", 0 },
	{ T("[1/* c */]"), "Unexpected character", 2 },
	{ T("1\0"), "Unexpected character", 1 },
	{ T("\0"), "Unexpected character", 0 },
	{ T("1\x0c"), "Unexpected character", 1 },
	{ T("\xc2\xa0"
	    "1"),
	  "Unexpected character", 0 },
	{ T("\xef\xbb\xbf{}"), "Unexpected character", 0 },

	{ T("\"a\0b\""), "U+0000 is not allowed", 2 },
	{ T("\"ab\\u0000\""), "U+0000 is not allowed", 3 },

	{ T("\"\\ud800\""), "Lone surrogate", 1 },
	{ T("\"a\\uDFFF\""), "Lone surrogate", 2 },
	{ T("\"\\ud800\\n\""), "Lone surrogate", 1 },
	{ T("\"\\ud800x\""), "Lone surrogate", 1 },
	{ T("\"\\ud800\\u0041\""), "Lone surrogate", 1 },
	{ T("\"\\ud800\\ud800\\udc00\""), "Lone surrogate", 1 },
	{ T("\"\\udc00\\ud800\""), "Lone surrogate", 1 },

	{ T("\"\x80\""), "Not UTF-8", 1 },
	{ T("\"\xff\""), "Not UTF-8", 1 },
	{ T("\"abc\xc3\""), "Not UTF-8", 4 },
	{ T("\"\xc3"), "Not UTF-8", 1 },
	{ T("\"\xc0\x80\""), "Not UTF-8", 1 },
	{ T("\"\xc1\xbf\""), "Not UTF-8", 1 },
	{ T("\"\xe0\x9f\xbf\""), "Not UTF-8", 1 },
	{ T("\"\xed\xa0\x80\""), "Not UTF-8", 1 },
	{ T("\"\xf0\x8f\xbf\xbf\""), "Not UTF-8", 1 },
	{ T("\"\xf4\x90\x80\x80\""), "Not UTF-8", 1 },
	{ T("\"\xf5\x80\x80\x80\""), "Not UTF-8", 1 },
	{ T("\"\xe2\x82\""), "Not UTF-8", 1 },

	{ T("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]"), "Nested deeper than 16", 16 },
	{ T("[[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]]]]"), "Nested deeper than 16", 16 },
};

static void
test_right_texts(void **state)
{
	for (size_t i = 0; i < N_OF(right); i++) {
		struct pur_json_scan scan;
		struct json_object *value;
		const char *problem;

		assert_int_equal(scan_copy(right[i].bytes, right[i].len, &scan), 0);
		assert_null(scan.problem);
		assert_int_equal(scan.offset, right[i].len);
		assert_int_equal(
		    pur_json_parse(*state, right[i].bytes, right[i].len, &value, &problem), PUR_OK);
		assert_null(problem);
	}
}

static void
test_wrong_texts(void **state)
{
	for (size_t i = 0; i < N_OF(wrong); i++) {
		struct pur_json_scan scan;
		struct json_object *value;
		const char *problem;

		assert_int_equal(scan_copy(wrong[i].text.bytes, wrong[i].text.len, &scan), -1);
		assert_string_equal(scan.problem, wrong[i].problem);
		assert_int_equal(scan.offset, wrong[i].offset);
		assert_int_equal(pur_json_parse(*state, wrong[i].text.bytes, wrong[i].text.len,
						&value, &problem),
				 PUR_EJSON);
		assert_null(value);
		assert_memory_equal(problem, wrong[i].problem, strlen(wrong[i].problem));
	}
}

static void
test_messages_tell_the_place(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "{\"name\":\"Ada\",}", "Unexpected character at byte 14" },
		{ "{\"name\":\"\xff\"}", "Not UTF-8 at byte 9" },
		{ "{\"name\":\"abc\\udead\"}", "Lone surrogate at byte 12" },
		{ "{\"name\":\"\\u0000\"}", "U+0000 is not allowed" },
		{ "{\"name\":", "Text ends too early" },
		{ "[[[[[[[[[[[[[[[[[", "Nested deeper than 16" },
		{ "{\"a\":1,\"b\":2,\"a\":3}", "Duplicate member \"a\"" },
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct json_object *value;
		const char *problem;

		assert_int_equal(
		    pur_json_parse(*state, rows[i].text, strlen(rows[i].text), &value, &problem),
		    PUR_EJSON);
		assert_string_equal(problem, rows[i].message);
	}
}

/* Whatever is missing at its end, an object is cut short and nothing else. */
static void
test_every_beginning_ends_too_early(void **state)
{
	static const char text[] =
	    " {\"a\": [1, -2.5e+3, \"x\\n\\u00e9\\\\\"], \"b\": {\"c\": true, "
	    "\"d\": null, \"e\": [[], {}]}, \"f\": false}";

	(void)state;
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		struct pur_json_scan scan;

		assert_int_equal(scan_copy(text, len, &scan), -1);
		assert_string_equal(scan.problem, "Text ends too early");
		assert_int_equal(scan.offset, len);
	}
}

static void
test_members_are_counted(void **state)
{
	static const struct {
		struct text text;
		size_t members;
	} rows[] = {
		{ T("[{\"a\":{\"b\":1,\"c\":[{\"d\":2}]}},{},{\"e\":0}]"), 5 },
		{ T("{\"a\":1,\"a\":2}"), 2 },
		{ T("[1,2]"), 0 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		struct pur_json_scan scan;

		assert_int_equal(scan_copy(rows[i].text.bytes, rows[i].text.len, &scan), 0);
		assert_int_equal(scan.members, rows[i].members);
	}
}

/* Objects and arrays count alike, alone and mixed. */
static void
test_depth_is_exact(void **state)
{
	(void)state;
	for (unsigned kinds = 0; kinds < 1 << 17; kinds += 257) {
		struct pur_json_scan scan;
		char text[200] = "";

		for (int depth = 0; depth < 16; depth++)
			strcat(text, kinds >> depth & 1 ? "{\"a\":" : "[");
		strcat(text, "0");
		for (int depth = 15; depth >= 0; depth--)
			strcat(text, kinds >> depth & 1 ? "}" : "]");
		assert_int_equal(scan_copy(text, strlen(text), &scan), 0);
		*strchr(text, '0') = kinds >> 16 & 1 ? '{' : '[';
		assert_int_equal(scan_copy(text, strlen(text), &scan), -1);
		assert_string_equal(scan.problem, "Nested deeper than 16");
	}
}

static void
test_depth_bombs_are_cheap(void **state)
{
	size_t len = 1 << 20;
	char *bomb = malloc(len);
	struct pur_json_scan scan;

	(void)state;
	assert_non_null(bomb);
	memset(bomb, '[', len);
	assert_int_equal(pur_json_scan(bomb, len, &scan), -1);
	assert_int_equal(scan.offset, PUR_JSON_DEPTH);
	free(bomb);
}

static void
test_parse_gives_the_value(void **state)
{
	static const char text[] =
	    "{\"s\":\"a\\u00e9\\ud83d\\ude00\",\"n\":-7,\"d\":1.50,\"t\":true,"
	    "\"z\":null,\"a\":[1,2]}";
	struct json_object *value, *item;
	const char *problem;

	assert_int_equal(pur_json_parse(*state, text, sizeof(text) - 1, &value, &problem), PUR_OK);
	assert_null(problem);
	assert_int_equal(json_object_object_length(value), 6);
	item = json_object_object_get(value, "s");
	assert_int_equal(json_object_get_string_len(item), 7);
	assert_string_equal(json_object_get_string(item), "a\xc3\xa9\xf0\x9f\x98\x80");
	assert_int_equal(json_object_get_int64(json_object_object_get(value, "n")), -7);
	/* The field layer judges numbers by their text, so json-c has to keep it. */
	assert_string_equal(json_object_to_json_string(json_object_object_get(value, "d")), "1.50");
	assert_true(json_object_get_boolean(json_object_object_get(value, "t")));
	assert_true(json_object_object_get_ex(value, "z", &item));
	assert_null(item);
	assert_int_equal(json_object_array_length(json_object_object_get(value, "a")), 2);
}

static void
test_null_is_a_value(void **state)
{
	struct json_object *value = (struct json_object *)state;
	const char *problem = "unset";

	assert_int_equal(pur_json_parse(*state, "null", 4, &value, &problem), PUR_OK);
	assert_null(value);
	assert_null(problem);
}

/* What a failed or unfinished text leaves behind must not colour the next. */
static void
test_texts_do_not_disturb_each_other(void **state)
{
	struct json_object *value;
	const char *problem;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(pur_json_parse(*state, "12", 2, &value, &problem), PUR_OK);
		assert_int_equal(json_object_get_int(value), 12);
		assert_int_equal(pur_json_parse(*state, "[1,", 3, &value, &problem), PUR_EJSON);
		assert_int_equal(pur_json_parse(*state, "{\"a\":1,\"a\":1}", 13, &value, &problem),
				 PUR_EJSON);
		assert_int_equal(pur_json_parse(*state, "true", 4, &value, &problem), PUR_OK);
		assert_true(json_object_get_boolean(value));
	}
}

/* With its quotes the longest name that a message repeats. */
#define NAME_62 "01234567890123456789012345678901234567890123456789012345678901"

static void
test_duplicate_members(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "{\"a\":1,\"a\":1}", "Duplicate member \"a\"" },
		{ "{\"a\":1,\"\\u0061\":2}", "Duplicate member \"\\u0061\"" },
		{ "{\"\":1,\"\":2}", "Duplicate member \"\"" },
		{ "[0,{\"x\":{\"y\":1,\"z\":[],\"y\":2}}]", "Duplicate member \"y\"" },
		{ "{\"a\":[{\"b\":1}],\"c\":\"}\\\"{\",\"a\" :2}", "Duplicate member \"a\"" },
		{ "{\"a\":{\"a\":1,\"b\":{\"a\":1}},\"b\":1,\"b\"\n:1}", "Duplicate member \"b\"" },
		{ "{\"a\":{\"q\":1,\"q\":2},\"a\":3}", "Duplicate member \"q\"" },
		{ "{\"\xc3\xa9\":1,\"\\u00e9\":2}", "Duplicate member \"\\u00e9\"" },
		{ "{\"" NAME_62 "2\":1,\"" NAME_62 "2\":2}", "Duplicate member at byte 69" },
		{ "{\"" NAME_62 "\":1,\"" NAME_62 "\":2}", "Duplicate member \"" NAME_62 "\"" },
		{ "[[[[[[[[[[[[[[[{\"a\":1,\"a\":1}]]]]]]]]]]]]]]]", "Duplicate member \"a\"" },
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct json_object *value;
		const char *problem;

		assert_int_equal(
		    pur_json_parse(*state, rows[i].text, strlen(rows[i].text), &value, &problem),
		    PUR_EJSON);
		assert_null(value);
		assert_string_equal(problem, rows[i].message);
	}
}

static void
test_names_may_repeat_elsewhere(void **state)
{
	static const char text[] = "[{\"a\":1},{\"a\":{\"a\":[{\"a\":\"a\"}]}},\"a\",\"a\"]";
	struct json_object *value;
	const char *problem;

	assert_int_equal(pur_json_parse(*state, text, sizeof(text) - 1, &value, &problem), PUR_OK);
	assert_int_equal(json_object_array_length(value), 4);
}

static void
test_full_arena(void **state)
{
	struct pur_arena *none = pur_arena_new(0);
	struct json_object *value;
	const char *problem;

	(void)state;
	assert_non_null(none);
	assert_int_equal(pur_json_parse(none, "{\"a\":1}", 7, &value, &problem), PUR_ETOOLARGE);
	assert_null(value);
	assert_null(problem);
	assert_int_equal(pur_json_parse(none, "[x", 2, &value, &problem), PUR_ETOOLARGE);
	assert_int_equal(pur_json_parse(none, "{\"a\":1,\"a\":1}", 13, &value, &problem),
			 PUR_ETOOLARGE);
	pur_arena_free(none);
}

static void
test_int64(void **state)
{
	static const struct {
		const char *text;
		int result;
		int64_t n;
	} rows[] = {
		{ "0", 0, 0 },
		{ "-0", 0, 0 },
		{ "42", 0, 42 },
		{ "-42", 0, -42 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "-9223372036854775807", 0, INT64_MIN + 1 },
		{ "-9223372036854775808", -1, 0 }, /* cannot be told from the next */
		{ "-9223372036854775809", -1, 0 },
		{ "9223372036854775808", -1, 0 },
		{ "18446744073709551615", -1, 0 },
		{ "18446744073709551616", -1, 0 },
		{ "99999999999999999999999999", -1, 0 },
		{ "-99999999999999999999999999", -1, 0 },
		{ "1.0", -1, 0 },
		{ "1e2", -1, 0 },
		{ "-0.0", -1, 0 },
		{ "1e999", -1, 0 },
		{ "\"1\"", -1, 0 },
		{ "true", -1, 0 },
		{ "null", -1, 0 },
		{ "[1]", -1, 0 },
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct json_object *value;
		const char *problem;
		int64_t n = 77;

		assert_int_equal(
		    pur_json_parse(*state, rows[i].text, strlen(rows[i].text), &value, &problem),
		    PUR_OK);
		assert_int_equal(pur_json_int64(value, &n), rows[i].result);
		assert_int_equal(n, rows[i].result == 0 ? rows[i].n : 77);
	}
}

/* ---- the scanner against json-c ---- */

static uint32_t seed = 12345;

static uint32_t
next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

/*
 * Right texts with a few bytes changed, taken out or doubled: all that the scanner lets through
 * json-c must take too, and what it gives back must be right again.
 */
static void
test_json_c_takes_what_the_scanner_takes(void **state)
{
	static const char bytes[] = "{}[]\",:\\/bfnrtu0123456789.eE+- \n\x01\xc3\xa9\xe2\x82\xac"
				    "aAdDfF";
	int taken = 0, refused = 0;

	for (int round = 0; round < 20000; round++) {
		const struct text *from = &right[next_random() % N_OF(right)];
		struct pur_json_scan scan;
		struct json_object *value;
		const char *problem;
		char text[128];
		size_t len = from->len;
		int result;

		memcpy(text, from->bytes, len);
		for (uint32_t changes = next_random() % 3; changes > 0 && len > 0; changes--) {
			size_t at = next_random() % len;

			if (next_random() % 3 == 0) {
				memmove(text + at, text + at + 1, len - at - 1);
				len--;
			} else {
				text[at] = bytes[next_random() % (sizeof(bytes) - 1)];
			}
		}
		result = scan_copy(text, len, &scan);
		if (result == 0)
			taken++;
		else
			refused++;
		switch (pur_json_parse(*state, text, len, &value, &problem)) {
		case PUR_OK:
			assert_int_equal(result, 0);
			problem = json_object_to_json_string(value);
			assert_int_equal(scan_copy(problem, strlen(problem), &scan), 0);
			break;
		case PUR_EJSON:
			assert_true(result == -1 || strncmp(problem, "Duplicate", 9) == 0);
			break;
		default:
			fail_msg("%.*s", (int)len, text);
		}
		pur_arena_reset(*state);
	}
	assert_true(taken > 1000);
	assert_true(refused > 1000);
}

/* ---- UTF-8 ---- */

/* Decodes and judges the other way round: by value, not by byte ranges. */
static int
is_utf8(const unsigned char *p, size_t len)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };

	while (len > 0) {
		size_t tails = *p < 0x80 ? 0 : *p < 0xc0 ? 9 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : 3;
		uint32_t c = tails == 0 ? *p : *p & (0x3fu >> tails);

		if (tails >= len || *p >= 0xf8)
			return 0;
		for (size_t i = 1; i <= tails; i++) {
			if ((p[i] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (p[i] & 0x3f);
		}
		if (c == 0 || c < least[tails] || (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
			return 0;
		p += tails + 1;
		len -= tails + 1;
	}
	return 1;
}

static void
test_utf8_at_all_its_edges(void **state)
{
	static const unsigned char edges[] = {
		0x00, 0x01, 0x1f, 'a',  0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2,
		0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
	};
	const size_t n = N_OF(edges);
	size_t valid = 0;

	(void)state;
	for (size_t i = 0; i < n * n * n * n; i++) {
		unsigned char text[] = { edges[i % n], edges[i / n % n], edges[i / n / n % n],
					 edges[i / n / n / n] };

		for (size_t len = 1; len <= sizeof(text); len++) {
			int expected = is_utf8(text, len);

			if (pur_utf8_valid((char *)text, len) != expected)
				fail_msg("%02x %02x %02x %02x, %zu of them", text[0], text[1],
					 text[2], text[3], len);
			valid += (size_t)expected;
		}
	}
	assert_true(valid > 1000);
	assert_true(pur_utf8_valid(NULL, 0));
}

static void
test_utf8_every_code_point(void **state)
{
	(void)state;
	for (uint32_t c = 1; c <= 0x10ffff; c += c < 0x3000 ? 1 : 7) {
		char text[4];
		size_t len;

		if (c < 0x80) {
			len = 1;
			text[0] = (char)c;
		} else if (c < 0x800) {
			len = 2;
			text[0] = (char)(0xc0 | c >> 6);
		} else if (c < 0x10000) {
			len = 3;
			text[0] = (char)(0xe0 | c >> 12);
			text[1] = (char)(0x80 | (c >> 6 & 0x3f));
		} else {
			len = 4;
			text[0] = (char)(0xf0 | c >> 18);
			text[1] = (char)(0x80 | (c >> 12 & 0x3f));
			text[2] = (char)(0x80 | (c >> 6 & 0x3f));
		}
		if (len > 1)
			text[len - 1] = (char)(0x80 | (c & 0x3f));
		assert_int_equal(pur_utf8_valid(text, len), c < 0xd800 || c > 0xdfff);
	}
}

/* A bad byte is found wherever it stands among eights. */
static void
test_utf8_long_texts(void **state)
{
	(void)state;
	for (size_t len = 1; len < 40; len++) {
		for (size_t at = 0; at < len; at++) {
			char *text = malloc(len);

			assert_non_null(text);
			memset(text, 'x', len);
			assert_true(pur_utf8_valid(text, len));
			text[at] = '\n';
			assert_true(pur_utf8_valid(text, len));
			text[at] = '\0';
			assert_false(pur_utf8_valid(text, len));
			text[at] = (char)0xc3;
			assert_false(pur_utf8_valid(text, len));
			if (at + 1 < len) {
				text[at + 1] = (char)0xa9;
				assert_true(pur_utf8_valid(text, len));
			}
			free(text);
		}
	}
}

static void
test_utf8_length(void **state)
{
	(void)state;
	assert_int_equal(pur_utf8_length("", 0), 0);
	assert_int_equal(pur_utf8_length("abc", 3), 3);
	assert_int_equal(pur_utf8_length("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80x", 10), 4);
}

/* ---- writing ---- */

static void
assert_written(const char *text, size_t len, const char *expected)
{
	struct pur_buf b = { 0 };

	pur_json_put_string(&b, text, len);
	assert_false(pur_buf_failed(&b));
	assert_int_equal(b.len, strlen(expected));
	assert_memory_equal(b.data, expected, b.len);
	pur_buf_free(&b);
}

static void
test_put_string(void **state)
{
	static const struct {
		struct text text;
		const char *expected;
	} rows[] = {
		{ T(""), "\"\"" },
		{ T("abc"), "\"abc\"" },
		{ T("say \"hi\""), "\"say \\\"hi\\\"\"" },
		{ T("a\\b/c"), "\"a\\\\b/c\"" },
		{ T("\b\t\n\f\r"), "\"\\b\\t\\n\\f\\r\"" },
		{ T("\0\x01\x0b\x1f"), "\"\\u0000\\u0001\\u000b\\u001f\"" },
		{ T("\x7f"), "\"\x7f\"" },
		{ T("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
		  "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"" },
		{ T("a\xff"
		    "b\xc3"),
		  "\"a\xef\xbf\xbd"
		  "b\xef\xbf\xbd\"" },
		{ T("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ T("0123456789abcdef\n0123456789abcdef"),
		  "\"0123456789abcdef\\n0123456789abcdef\"" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++)
		assert_written(rows[i].text.bytes, rows[i].text.len, rows[i].expected);
	assert_written(NULL, 0, "\"\"");
}

/* Any bytes make a right text; those that are UTF-8 come back as they were. */
static void
test_put_string_there_and_back(void **state)
{
	int kept = 0;

	for (int round = 0; round < 5000; round++) {
		struct pur_buf b = { 0 };
		struct pur_json_scan scan;
		struct json_object *value;
		const char *problem;
		char text[40];
		size_t len = next_random() % sizeof(text);

		for (size_t i = 0; i < len; i++)
			text[i] = (char)(next_random() % (round % 2 == 0 ? 255 : 127) + 1);
		pur_json_put_string(&b, text, len);
		assert_int_equal(scan_copy(b.data, b.len, &scan), 0);
		assert_int_equal(pur_json_parse(*state, b.data, b.len, &value, &problem), PUR_OK);
		if (pur_utf8_valid(text, len)) {
			assert_int_equal(json_object_get_string_len(value), len);
			assert_memory_equal(json_object_get_string(value), text, len);
			kept++;
		}
		pur_buf_free(&b);
		pur_arena_reset(*state);
	}
	assert_true(kept > 1000);
}

static void
test_put_string_remembers_failure(void **state)
{
	struct pur_buf b = { .ceiling = 8 };

	(void)state;
	pur_json_put_string(&b, "much too long", 13);
	assert_true(pur_buf_failed(&b));
	pur_buf_free(&b);
}

static void
test_put_name(void **state)
{
	struct pur_buf b = { 0 };
	int first = 1;

	(void)state;
	pur_json_put_name(&b, &first, "id");
	assert_int_equal(first, 0);
	pur_buf_puts(&b, "1");
	pur_json_put_name(&b, &first, "a\"b");
	pur_buf_puts(&b, "2");
	assert_int_equal(b.len, strlen("\"id\":1,\"a\\\"b\":2"));
	assert_memory_equal(b.data, "\"id\":1,\"a\\\"b\":2", b.len);
	pur_buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right_texts),
		cmocka_unit_test(test_wrong_texts),
		cmocka_unit_test(test_messages_tell_the_place),
		cmocka_unit_test(test_every_beginning_ends_too_early),
		cmocka_unit_test(test_members_are_counted),
		cmocka_unit_test(test_depth_is_exact),
		cmocka_unit_test(test_depth_bombs_are_cheap),
		cmocka_unit_test(test_parse_gives_the_value),
		cmocka_unit_test(test_null_is_a_value),
		cmocka_unit_test(test_texts_do_not_disturb_each_other),
		cmocka_unit_test(test_duplicate_members),
		cmocka_unit_test(test_names_may_repeat_elsewhere),
		cmocka_unit_test(test_full_arena),
		cmocka_unit_test(test_int64),
		cmocka_unit_test(test_json_c_takes_what_the_scanner_takes),
		cmocka_unit_test(test_utf8_at_all_its_edges),
		cmocka_unit_test(test_utf8_every_code_point),
		cmocka_unit_test(test_utf8_long_texts),
		cmocka_unit_test(test_utf8_length),
		cmocka_unit_test(test_put_string),
		cmocka_unit_test(test_put_string_there_and_back),
		cmocka_unit_test(test_put_string_remembers_failure),
		cmocka_unit_test(test_put_name),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
