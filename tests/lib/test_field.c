/*
 * Tests of field: every type at its edges, modes and defaults, faults with their paths, all at
 * once; money of v2; the same types as query parameters.
 */
#include "field.h"
#include "support.h"

#define NOW INT64_C(1777624200000000) /* 2026-05-01T08:30:00Z */

/* What became of one body. */
struct reading {
	enum pur_rc rc;
	struct pur_value *values;
	struct pur_error error;
	struct pur_currency currency;
};

static struct reading
read_body(struct pur_arena *a, const struct pur_field *fields, const char *json,
	  enum pur_body_mode mode, int version)
{
	struct reading r = { .rc = PUR_OK };

	r.rc = pur_fields_read(a, fields, parse_json(a, json, strlen(json)), mode, version, NOW,
			       &r.values, &r.currency, &r.error);
	return r;
}

/* Reads {"x": json} by a field "x" and expects that fault, or with NULL none. */
static struct pur_value
judge(struct pur_arena *a, struct pur_field f, const char *json, int version, const char *fault)
{
	struct pur_field fields[2] = { f, { .name = NULL } };
	struct reading r;

	fields[0].name = "x";
	r = read_body(a, fields, pur_sprintf(a, "{\"x\":%s}", json), PUR_BODY_CREATE, version);
	if (fault == NULL && r.rc != PUR_OK)
		fail_msg("%s: %s", json, r.error.details->message);
	if (fault != NULL && r.rc != PUR_EBODY)
		fail_msg("%s is taken", json);
	if (fault != NULL)
		assert_details(&r.error, pur_sprintf(a, "x: %s", fault));
	return r.values[0];
}

static struct pur_value
take(struct pur_arena *a, struct pur_field f, const char *json)
{
	return judge(a, f, json, 1, NULL);
}

static void
refuse(struct pur_arena *a, struct pur_field f, const char *json, const char *fault)
{
	judge(a, f, json, 1, fault);
}

/* Items of a list of strings are told by their places: details as a whole. */
static void
refuse_items(struct pur_arena *a, struct pur_field f, const char *json, const char *details)
{
	struct pur_field fields[2] = { f, { .name = NULL } };
	struct reading r;

	fields[0].name = "x";
	r = read_body(a, fields, pur_sprintf(a, "{\"x\":%s}", json), PUR_BODY_CREATE, 1);
	assert_int_equal(r.rc, PUR_EBODY);
	assert_details(&r.error, details);
}

static void
assert_value_text(const struct pur_value *v, const char *expected)
{
	assert_int_equal(v->len, strlen(expected));
	assert_string_equal(v->s, expected);
}

/* ---- types ---- */

static void
test_booleans(void **state)
{
	static const char *const others[] = { "0", "1", "\"true\"", "[]", "{}", "1.5" };
	const struct pur_field f = { .type = PUR_BOOL };
	struct pur_value v = take(*state, f, "true");

	assert_int_equal(v.type, PUR_BOOL);
	assert_true(v.given && !v.null && v.b);
	v = take(*state, f, "false");
	assert_true(v.given && !v.null && !v.b);
	for (size_t i = 0; i < N_OF(others); i++)
		refuse(*state, f, others[i], "Must be true or false");
}

static void
test_integers_between_their_bounds(void **state)
{
	const struct pur_field plain = { .type = PUR_INT };
	const struct pur_field from_one = { .type = PUR_INT, .min = 1, .max = 10 };
	const struct pur_field both = { .type = PUR_INT, .min = -5, .max = 5 };

	assert_int_equal(take(*state, plain, "0").i, 0);
	assert_int_equal(take(*state, plain, "-0").i, 0);
	assert_int_equal(take(*state, plain, "999999999999").i, 999999999999);
	refuse(*state, plain, "-1", "Must not be negative");
	refuse(*state, plain, "1000000000000", "Must be at most 999999999999");
	assert_int_equal(take(*state, from_one, "1").i, 1);
	assert_int_equal(take(*state, from_one, "10").i, 10);
	refuse(*state, from_one, "0", "Must be at least 1");
	refuse(*state, from_one, "11", "Must be at most 10");
	assert_int_equal(take(*state, both, "-5").i, -5);
	refuse(*state, both, "-6", "Must be at least -5");
}

static void
test_integers_are_written_as_integers(void **state)
{
	static const char *const others[] = { "1.0",   "1.5",  "1e2", "1E0", "-0.0",
					      "\"1\"", "true", "[1]", "{}",  "0.1e1" };

	for (size_t i = 0; i < N_OF(others); i++) {
		refuse(*state, (struct pur_field){ .type = PUR_INT }, others[i],
		       "Must be an integer");
		refuse(*state, (struct pur_field){ .type = PUR_MONEY }, others[i],
		       "Must be an integer in minor units");
	}
}

static const char *const past_int64[] = {
	"9223372036854775808",  "18446744073709551615",       "18446744073709551616",
	"-9223372036854775809", "99999999999999999999999999", "-99999999999999999999999999",
};

/* json-c gives the nearest int64 for what lies past it, where no bound could tell. */
static void
test_integers_past_int64(void **state)
{
	const struct pur_field all = { .type = PUR_INT, .min = INT64_MIN, .max = INT64_MAX };
	const struct pur_field usual = { .type = PUR_INT, .min = -1000, .max = 1000 };

	assert_int_equal(take(*state, all, "9223372036854775807").i, INT64_MAX);
	assert_int_equal(take(*state, all, "-9223372036854775807").i, INT64_MIN + 1);
	for (size_t i = 0; i < N_OF(past_int64); i++) {
		refuse(*state, all, past_int64[i], "Must be an integer");
		refuse(*state, usual, past_int64[i], "Must be an integer");
	}
}

static void
test_money_of_v1(void **state)
{
	const struct pur_field f = { .type = PUR_MONEY };
	struct pur_value v = take(*state, f, "1250");

	assert_int_equal(v.type, PUR_MONEY);
	assert_int_equal(v.i, 1250);
	refuse(*state, f, "-1", "Must not be negative");
	refuse(*state, f, "12.50", "Must be an integer in minor units");
	refuse(*state, f, "{\"amount\":1250,\"currency\":\"EUR\"}",
	       "Must be an integer in minor units");
}

static void
test_money_of_v2(void **state)
{
	static const char shape[] =
	    "Must be an object with amount (integer) and currency (three letters)";
	static const struct {
		const char *json, *fault;
	} rows[] = {
		{ "{\"amount\":1250,\"currency\":\"EUR\"}", NULL },
		{ "{\"currency\":\"EUR\",\"amount\":1250}", NULL },
		{ "1250", shape },
		{ "[]", shape },
		{ "{}", shape },
		{ "{\"amount\":1250}", shape },
		{ "{\"currency\":\"EUR\"}", shape },
		{ "{\"amount\":1250,\"value\":\"EUR\"}", shape },
		{ "{\"amount\":1250,\"currency\":\"EUR\",\"more\":1}", shape },
		{ "{\"amount\":1250,\"currency\":\"EURO\"}", shape },
		{ "{\"amount\":1250,\"currency\":\"\"}", shape },
		{ "{\"amount\":1250,\"currency\":978}", shape },
		{ "{\"amount\":1250,\"currency\":null}", shape },
		{ "{\"amount\":null,\"currency\":\"EUR\"}", "Must be an integer in minor units" },
		{ "{\"amount\":\"1250\",\"currency\":\"EUR\"}",
		  "Must be an integer in minor units" },
		{ "{\"amount\":12.5,\"currency\":\"EUR\"}", "Must be an integer in minor units" },
		{ "{\"amount\":-1,\"currency\":\"EUR\"}", "Must not be negative" },
		{ "{\"amount\":1000000000000,\"currency\":\"EUR\"}",
		  "Must be at most 999999999999" },
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct pur_value v = judge(*state, (struct pur_field){ .type = PUR_MONEY },
					   rows[i].json, 2, rows[i].fault);

		if (rows[i].fault == NULL)
			assert_int_equal(v.i, 1250);
	}
	/* An integer that isn't money stays one. */
	assert_int_equal(judge(*state, (struct pur_field){ .type = PUR_INT }, "7", 2, NULL).i, 7);
}

static const struct pur_field prices[] = {
	{ .name = "price", .type = PUR_MONEY },
	{ .name = "deposit", .type = PUR_MONEY },
	{ .name = NULL },
};

static void
test_money_of_v2_tells_its_currency(void **state)
{
	struct reading r;

	r = read_body(*state, prices, "{\"deposit\":{\"amount\":1,\"currency\":\"JPY\"}}",
		      PUR_BODY_MERGE, 2);
	assert_int_equal(r.rc, PUR_OK);
	assert_string_equal(r.currency.code, "JPY");
	assert_string_equal(r.currency.path, "deposit");
	r = read_body(*state, prices, "{}", PUR_BODY_MERGE, 2);
	assert_int_equal(r.rc, PUR_OK);
	assert_null(r.currency.code);
	r = read_body(*state, prices, "{\"price\":1}", PUR_BODY_MERGE, 1);
	assert_int_equal(r.rc, PUR_OK);
	assert_null(r.currency.code);
}

/* Only one currency is returned: another beside it would pass for that one. */
static void
test_money_of_v2_in_two_currencies_is_refused(void **state)
{
	struct reading r = read_body(*state, prices,
				     "{\"price\":{\"amount\":1,\"currency\":\"EUR\"},"
				     "\"deposit\":{\"amount\":1,\"currency\":\"JPY\"}}",
				     PUR_BODY_MERGE, 2);

	assert_int_equal(r.rc, PUR_EBODY);
	assert_details(&r.error, "deposit: Must be in the same currency as what stands before");
	assert_string_equal(r.currency.code, "EUR");
	assert_string_equal(r.currency.path, "price");
}

/* Where it stood in a list is told with its row; and a caller need not ask. */
static void
test_money_of_v2_within_rows_tells_its_place(void **state)
{
	static const struct pur_field offer[] = {
		{ .name = "prices", .type = PUR_ROWS, .of = prices }, { .name = NULL }
	};
	static const char both[] = "{\"prices\":[{},{\"price\":{\"amount\":1,\"currency\":\"EUR\"},"
				   "\"deposit\":{\"amount\":1,\"currency\":\"JPY\"}}]}";
	struct reading r = read_body(*state, offer, both, PUR_BODY_CREATE, 2);

	assert_string_equal(r.currency.code, "EUR");
	assert_string_equal(r.currency.path, "prices[1].price");
	assert_int_equal(pur_fields_read(*state, offer, parse_json(*state, both, strlen(both)),
					 PUR_BODY_CREATE, 2, NOW, &r.values, NULL, &r.error),
			 PUR_EBODY);
}

/* A JSON string of n two-byte letters. */
static const char *
umlauts(struct pur_arena *a, int n)
{
	char *text = pur_alloc(a, (size_t)n * 2 + 3), *p = text;

	assert_non_null(text);
	*p++ = '"';
	for (int i = 0; i < n; i++, p += 2)
		memcpy(p, "\xc3\xa4", 2);
	*p = '"';
	return text;
}

static void
test_text_is_counted_in_code_points(void **state)
{
	const struct pur_field f = { .type = PUR_TEXT, .min = 3, .max = 5 };
	const struct pur_field plain = { .type = PUR_TEXT };
	struct pur_value v = take(*state, f, "\"caf\\u00e9\"");

	assert_int_equal(v.type, PUR_TEXT);
	assert_value_text(&v, "caf\xc3\xa9");
	take(*state, f, umlauts(*state, 3));
	take(*state, f, umlauts(*state, 5));
	refuse(*state, f, umlauts(*state, 2), "Must have at least 3 characters");
	refuse(*state, f, umlauts(*state, 6), "Must have at most 5 characters");
	refuse(*state, f, "\"\"", "Must not be empty");
	take(*state, plain, umlauts(*state, 10000));
	refuse(*state, plain, umlauts(*state, 10001), "Must have at most 10000 characters");
	refuse(*state, plain, "5", "Must be text");
	refuse(*state, plain, "[\"a\"]", "Must be text");
}

static void
test_text_may_be_empty_unless_it_is_required(void **state)
{
	struct pur_value v = take(*state, (struct pur_field){ .type = PUR_TEXT }, "\"\"");

	assert_false(v.null);
	assert_value_text(&v, "");
	refuse(*state, (struct pur_field){ .type = PUR_TEXT, .flags = PUR_REQUIRED }, "\"\"",
	       "Must not be empty");
	take(*state, (struct pur_field){ .type = PUR_TEXT, .flags = PUR_REQUIRED }, "\" \"");
}

static void
test_slugs(void **state)
{
	static const char *const good[] = { "a",
					    "0",
					    "-",
					    "acme",
					    "apple-pie-2",
					    "--",
					    "01234567-89ab-cdef-0123-456789abcde",
					    "01234567-89ab-cdef-0123-456789abcdeg",
					    "01234567089ab-cdef-0123-456789abcdef" };
	static const char *const bad[] = {
		"",         "A",   "a b",
		"a_b",      "a.b", "a/b",
		"\xc3\xa4", "a\n", "01234567-89ab-cdef-0123-456789abcdef"
	};
	char long_one[102];

	for (size_t i = 0; i < N_OF(good); i++)
		assert_true(pur_slug_valid(good[i], strlen(good[i])));
	for (size_t i = 0; i < N_OF(bad); i++)
		assert_false(pur_slug_valid(bad[i], strlen(bad[i])));
	memset(long_one, 'a', sizeof(long_one));
	long_one[101] = '\0';
	assert_false(pur_slug_valid(long_one, 101));
	long_one[100] = '\0';
	assert_true(pur_slug_valid(long_one, 100));
	take(*state, (struct pur_field){ .type = PUR_SLUG }, "\"acme\"");
	refuse(*state, (struct pur_field){ .type = PUR_SLUG }, "\"Acme\"",
	       "Must be a-z, 0-9 and '-', and not look like an id");
	refuse(*state, (struct pur_field){ .type = PUR_SLUG }, "7", "Must be a string");
}

#define TEN "abcdefghij"
#define SIXTY TEN TEN TEN TEN TEN TEN

static void
test_email_addresses(void **state)
{
	static const char *const good[] = {
		"a@b",
		"ada@example.com",
		"Ada.Lovelace+list@Mail.Example.Co.UK",
		"a.b.@example.com",
		".a@example.com",
		"!#$%&'*+/=?^_`{|}~-@example.com",
		"1@2.3",
		"a@xn--bcher-kva.example",
		"a@b-c.d--e",
		SIXTY "1234@example.com",
		"a@" SIXTY "123.example",
		/* 254: 64 + 1 + 63 + 1 + 63 + 1 + 61 */
		SIXTY "1234@" SIXTY "123." SIXTY "123." SIXTY "1",
	};
	static const char *const bad[] = {
		"",
		"a",
		"@",
		"a@",
		"@b",
		"a@@b",
		"a@b@c",
		"a b@example.com",
		" a@example.com",
		"a@example.com ",
		"a@example.com\\n",
		"a@-b",
		"a@b-",
		"a@b-.c",
		"a@b..c",
		"a@.b",
		"a@b.",
		"a@b_c",
		"a@[127.0.0.1]",
		"\\\"a\\\"@b",
		"a,b@c",
		"<a@b>",
		"\xc3\xa4@example.com",
		"a@b\xc3\xbc"
		"cher.example",
		SIXTY "12345@example.com",
		"a@" SIXTY "1234.example",
		SIXTY "1234@" SIXTY "123." SIXTY "123." SIXTY "12",
	};
	const struct pur_field f = { .type = PUR_EMAIL };

	for (size_t i = 0; i < N_OF(good); i++)
		take(*state, f, pur_sprintf(*state, "\"%s\"", good[i]));
	for (size_t i = 0; i < N_OF(bad); i++)
		refuse(*state, f, pur_sprintf(*state, "\"%s\"", bad[i]),
		       "Must be an e-mail address");
	assert_int_equal(strlen(good[N_OF(good) - 1]), 254);
	refuse(*state, f, "1", "Must be a string");
}

static const char *const sizes[] = { "small", "large", NULL };

static void
test_choices(void **state)
{
	static const char *const bad[] = {
		"\"\"",        "\"smal\"",   "\"small \"",      "\"Small\"",
		"\"smaller\"", "\"medium\"", "\"small, large\""
	};
	const struct pur_field f = { .type = PUR_CHOICE, .choices = sizes };
	struct pur_value v = take(*state, f, "\"large\"");

	assert_value_text(&v, "large");
	for (size_t i = 0; i < N_OF(bad); i++)
		refuse(*state, f, bad[i], "Must be one of small, large");
	refuse(*state, f, "0", "Must be a string");
}

static void
test_ids_times_and_dates(void **state)
{
	static const char id[] = "01890a5d-ac96-774b-bcce-b302099a8057";
	const struct pur_field time = { .type = PUR_TIME }, date = { .type = PUR_DATE };
	struct pur_uuid expected = uuid_of(id);
	struct pur_value v =
	    take(*state, (struct pur_field){ .type = PUR_UUID }, pur_sprintf(*state, "\"%s\"", id));

	assert_int_equal(v.type, PUR_UUID);
	assert_memory_equal(v.uuid.b, expected.b, sizeof(expected.b));
	refuse(*state, (struct pur_field){ .type = PUR_UUID }, "\"acme\"", "Must be an id (UUID)");
	refuse(*state, (struct pur_field){ .type = PUR_UUID }, "\"\"", "Must be an id (UUID)");
	assert_int_equal(take(*state, time, "\"1970-01-01T00:00:01Z\"").i, 1000000);
	assert_int_equal(take(*state, time, "\"1969-12-31T23:59:59+00:00\"").i, -1000000);
	refuse(*state, time, "\"2026-05-01\"", "Must be a time like 2026-05-01T08:30:00Z");
	refuse(*state, time, "\"2026-02-29T00:00:00Z\"",
	       "Must be a time like 2026-05-01T08:30:00Z");
	refuse(*state, time, "1777624200", "Must be a string");
	assert_int_equal(take(*state, date, "\"1970-01-02\"").i, 1);
	assert_int_equal(take(*state, date, "\"1969-12-31\"").i, -1);
	refuse(*state, date, "\"2026-02-30\"", "Must be a date like 2026-05-01");
	refuse(*state, date, "\"2026-05-01T00:00:00Z\"", "Must be a date like 2026-05-01");
}

static void
test_times_of_day(void **state)
{
	static const char *const good[] = { "00:00", "08:30", "23:59", "24:00", "19:09" };
	static const char *const bad[] = {
		"",      "8:30",   "08:60", "24:01",    "25:00", "0830",
		"08:3",  "08:300", "08-30", "08:30:00", " 8:30", "-1:00",
		"08:3x", "x8:30",  "+8:30", "08:30Z",   "99:99", "::::: "
	};
	const struct pur_field f = { .type = PUR_CLOCK };
	struct pur_value v;

	for (size_t i = 0; i < N_OF(good); i++) {
		v = take(*state, f, pur_sprintf(*state, "\"%s\"", good[i]));
		assert_int_equal(v.type, PUR_CLOCK);
		assert_value_text(&v, good[i]);
	}
	for (size_t i = 0; i < N_OF(bad); i++)
		refuse(*state, f, pur_sprintf(*state, "\"%s\"", bad[i]),
		       "Must be a time of day like 08:30");
	refuse(*state, f, "830", "Must be a string");
}

/* One is never read: answers alone have such members. */
static void
test_objects_are_of_answers_alone(void **state)
{
	static const struct pur_field of[] = { { .name = "name", .type = PUR_TEXT },
					       { .name = NULL } };
	const struct pur_field f = { .type = PUR_OBJECT, .of = of };

	refuse(*state, f, "{\"name\":\"x\"}", "Must be a string");
	refuse(*state, f, "\"x\"", "Must not be text");
}

static void
test_the_future_begins_after_now(void **state)
{
	const struct pur_field f = { .type = PUR_TIME, .flags = PUR_FUTURE };

	assert_int_equal(take(*state, f, "\"2026-05-01T08:30:00.000001Z\"").i, NOW + 1);
	refuse(*state, f, "\"2026-05-01T08:30:00Z\"", "Must be in the future");
	refuse(*state, f, "\"2026-05-01T10:29:59+02:00\"", "Must be in the future");
	refuse(*state, f, "\"tomorrow\"", "Must be a time like 2026-05-01T08:30:00Z");
}

static void
test_lists_of_strings(void **state)
{
	const struct pur_field f = { .type = PUR_TEXTS, .max = 3 };
	struct pur_value v = take(*state, f, "[\"a\",\"b\xc3\xa4\"]");
	struct pur_buf fifty = { .data = NULL };

	assert_int_equal(v.type, PUR_TEXTS);
	assert_int_equal(v.n, 2);
	assert_value_text(&v.items[0], "a");
	assert_value_text(&v.items[1], "b\xc3\xa4");
	assert_int_equal(take(*state, f, "[]").n, 0);
	take(*state, f, "[\"" SIXTY TEN TEN TEN TEN "\"]");
	refuse_items(*state, f, "[\"" SIXTY TEN TEN TEN TEN "k\",\"a\",\"\"]",
		     "x[0]: Must have 1 to 100 bytes\nx[2]: Must have 1 to 100 bytes");
	refuse_items(*state, f, "[\"a\",1,null]", "x[1]: Must be a string\nx[2]: Must be a string");
	refuse_items(*state, f, "[[\"a\"]]", "x[0]: Must be a string");
	refuse(*state, f, "\"a\"", "Must be a list of strings");
	refuse(*state, f, "{}", "Must be a list of strings");
	refuse(*state, f, "[\"a\",\"b\",\"c\",\"d\"]", "Must have at most 3 items");
	for (int i = 0; i < 50; i++)
		pur_buf_puts(&fifty, i == 0 ? "[\"a\"" : ",\"a\"");
	take(*state, (struct pur_field){ .type = PUR_TEXTS },
	     pur_sprintf(*state, "%.*s]", (int)fifty.len, fifty.data));
	refuse(*state, (struct pur_field){ .type = PUR_TEXTS },
	       pur_sprintf(*state, "%.*s,\"a\"]", (int)fifty.len, fifty.data),
	       "Must have at most 50 items");
	pur_buf_free(&fifty);
}

static const char *
begins_with_a(const char *text)
{
	return text[0] == 'a' ? NULL : "Must begin with a";
}

/* A judge of its own has the last word: on length too. */
static void
test_lists_of_strings_of_a_form(void **state)
{
	const struct pur_field f = { .type = PUR_TEXTS, .fault = begins_with_a };

	assert_int_equal(take(*state, f, "[\"a" SIXTY SIXTY "\",\"a\"]").n, 2);
	refuse_items(*state, f, "[\"a\",\"b\",7,\"\"]",
		     "x[1]: Must begin with a\nx[2]: Must be a string\nx[3]: Must begin with a");
}

static void
test_texts_of_a_form(void **state)
{
	static const char *const locales[] = { "de", "de-CH", "gsw-CH", "zh-Hant-TW", "es-419" };
	static const char *const none[] = { "d",   "german", "de_CH", "de-",
					    "-CH", "de--CH", "de-C",  "de-123456789",
					    "12",  "de CH",  "zz_!!" };
	static const char *const currencies[] = { "eur", "EU1", "E U" };
	struct pur_field f = { .type = PUR_TEXT, .max = 35, .fault = pur_locale_fault };

	for (size_t i = 0; i < N_OF(locales); i++)
		take(*state, f, pur_sprintf(*state, "\"%s\"", locales[i]));
	for (size_t i = 0; i < N_OF(none); i++)
		refuse(*state, f, pur_sprintf(*state, "\"%s\"", none[i]),
		       "Must be a language and maybe a country, as de-CH");
	f = (struct pur_field){ .type = PUR_TEXT, .min = 3, .max = 3, .fault = pur_currency_fault };
	take(*state, f, "\"EUR\"");
	take(*state, f, "null");
	for (size_t i = 0; i < N_OF(currencies); i++)
		refuse(*state, f, pur_sprintf(*state, "\"%s\"", currencies[i]),
		       "Must be three capitals, as EUR");
	refuse(*state, f, "\"EURO\"", "Must have at most 3 characters");
	assert_non_null(pur_currency_fault("EURO"));
}

/* ---- objects ---- */

static const struct pur_field lines[] = {
	{ .name = "product_id", .type = PUR_UUID, .flags = PUR_REQUIRED },
	{ .name = "quantity", .type = PUR_INT, .flags = PUR_REQUIRED, .min = 1, .max = 100 },
	{ .name = "gift", .type = PUR_BOOL, .default_value = "true" },
	{ .name = "price", .type = PUR_MONEY, .flags = PUR_READONLY },
	{ .name = NULL },
};

static const struct pur_field order[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY },
	{ .name = "customer", .type = PUR_TEXT, .flags = PUR_REQUIRED, .max = 10 },
	{ .name = "notes", .type = PUR_TEXT },
	{ .name = "rate", .type = PUR_INT, .default_value = "19" },
	{ .name = "lines", .type = PUR_ROWS, .of = lines, .min = 1, .max = 3 },
	{ .name = NULL },
};

enum { ID, CUSTOMER, NOTES, RATE, LINES };
enum { PRODUCT, QUANTITY, GIFT, PRICE, WIDTH };

#define PRODUCT_ID "\"product_id\":\"01890a5d-ac96-774b-bcce-b302099a8057\""

static void
test_creating(void **state)
{
	struct reading r = read_body(*state, order, "{\"customer\":\"Ada\"}", PUR_BODY_CREATE, 1);

	assert_int_equal(r.rc, PUR_OK);
	assert_null(r.error.details);
	assert_int_equal(r.values[ID].type, PUR_NOTYPE);
	assert_value_text(&r.values[CUSTOMER], "Ada");
	assert_true(r.values[CUSTOMER].given);
	assert_true(!r.values[NOTES].given && r.values[NOTES].null);
	assert_true(!r.values[RATE].given && !r.values[RATE].null);
	assert_int_equal(r.values[RATE].i, 19);
	assert_true(!r.values[LINES].given && r.values[LINES].null);
	r = read_body(*state, order, "{\"customer\":\"Ada\",\"rate\":null,\"notes\":null}",
		      PUR_BODY_CREATE, 1);
	assert_int_equal(r.rc, PUR_OK);
	assert_true(r.values[RATE].given && !r.values[RATE].null);
	assert_int_equal(r.values[RATE].i, 19);
	assert_true(r.values[NOTES].given && r.values[NOTES].null);
}

/* What GET gave can be PUT: what is read-only there is ignored, wrong or right. */
static void
test_replacing(void **state)
{
	struct reading r = read_body(*state, order,
				     "{\"id\":17,\"customer\":\"Ada\",\"lines\":[{" PRODUCT_ID
				     ",\"quantity\":1,\"price\":9}]}",
				     PUR_BODY_REPLACE, 1);

	assert_int_equal(r.rc, PUR_OK);
	assert_int_equal(r.values[ID].type, PUR_NOTYPE);
	assert_int_equal(r.values[RATE].i, 19);
	assert_int_equal(r.values[LINES].items[PRICE].type, PUR_NOTYPE);
	r = read_body(*state, order, "{\"notes\":\"x\"}", PUR_BODY_REPLACE, 1);
	assert_int_equal(r.rc, PUR_EBODY);
	assert_details(&r.error, "customer: Is required");
}

static void
test_merging(void **state)
{
	struct reading r = read_body(*state, order, "{\"notes\":null}", PUR_BODY_MERGE, 1);

	assert_int_equal(r.rc, PUR_OK);
	assert_int_equal(r.values[CUSTOMER].type, PUR_NOTYPE);
	assert_false(r.values[CUSTOMER].given);
	assert_int_equal(r.values[RATE].type, PUR_NOTYPE);
	assert_true(r.values[NOTES].given && r.values[NOTES].null);
	r = read_body(*state, order, "{\"customer\":null,\"id\":null}", PUR_BODY_MERGE, 1);
	assert_int_equal(r.rc, PUR_EBODY);
	assert_details(&r.error, "id: Read-only\ncustomer: Must not be null");
	assert_int_equal(read_body(*state, order, "{}", PUR_BODY_MERGE, 1).rc, PUR_OK);
}

static const struct pur_field user[] = {
	{ .name = "name", .type = PUR_TEXT, .flags = PUR_REQUIRED },
	{ .name = "email", .type = PUR_EMAIL, .flags = PUR_REQUIRED | PUR_FIXED },
	{ .name = "password", .type = PUR_TEXT, .flags = PUR_FIXED | PUR_WRITEONLY, .min = 12 },
	{ .name = NULL },
};

/* Taken once, when the thing is made: POST judges it, PATCH refuses it, PUT doesn't look at it. */
static void
test_what_is_fixed_once_made(void **state)
{
	static const char all[] =
	    "{\"name\":\"Ada\",\"email\":\"a@b.c\",\"password\":\"correct horse\"}";
	struct reading r = read_body(*state, user, all, PUR_BODY_CREATE, 1);

	assert_int_equal(r.rc, PUR_OK);
	assert_value_text(&r.values[1], "a@b.c");
	assert_value_text(&r.values[2], "correct horse");
	assert_true(r.values[2].given);
	r = read_body(*state, user, "{\"name\":\"Ada\"}", PUR_BODY_CREATE, 1);
	assert_details(&r.error, "email: Is required");
	r = read_body(*state, user, all, PUR_BODY_MERGE, 1);
	assert_int_equal(r.rc, PUR_EBODY);
	assert_details(&r.error, "email: Read-only\npassword: Read-only");
	r = read_body(*state, user, "{\"name\":\"Ada\"}", PUR_BODY_MERGE, 1);
	assert_int_equal(r.rc, PUR_OK);
	assert_int_equal(r.values[1].type, PUR_NOTYPE);
	r = read_body(*state, user, "{\"name\":\"Ada\",\"email\":17,\"password\":\"\"}",
		      PUR_BODY_REPLACE, 1);
	assert_int_equal(r.rc, PUR_OK);
	assert_int_equal(r.values[1].type, PUR_NOTYPE);
	assert_int_equal(r.values[2].type, PUR_NOTYPE);
	assert_false(r.values[2].given);
	assert_int_equal(read_body(*state, user, "{\"name\":\"Ada\"}", PUR_BODY_REPLACE, 1).rc,
			 PUR_OK);
}

/* A list's rows are whole in PATCH too (RFC 7396): what is required in them must be there. */
static void
test_merging_stops_at_a_list(void **state)
{
	struct reading r =
	    read_body(*state, order, "{\"lines\":[{\"quantity\":2}]}", PUR_BODY_MERGE, 1);

	assert_int_equal(r.rc, PUR_EBODY);
	assert_details(&r.error, "lines[0].product_id: Is required");
	r = read_body(*state, order, "{\"lines\":[{" PRODUCT_ID ",\"quantity\":2}]}",
		      PUR_BODY_MERGE, 1);
	assert_int_equal(r.rc, PUR_OK);
	assert_true(r.values[LINES].items[GIFT].b);
}

static void
test_rows(void **state)
{
	struct reading r =
	    read_body(*state, order,
		      "{\"customer\":\"Ada\",\"lines\":[{" PRODUCT_ID
		      ",\"quantity\":7},{\"gift\":false,\"quantity\":8," PRODUCT_ID "}]}",
		      PUR_BODY_CREATE, 1);
	const struct pur_value *rows = r.values[LINES].items;

	assert_int_equal(r.rc, PUR_OK);
	assert_int_equal(r.values[LINES].n, 2);
	assert_int_equal(rows[QUANTITY].i, 7);
	assert_true(rows[GIFT].b && !rows[GIFT].given);
	assert_int_equal(rows[WIDTH + QUANTITY].i, 8);
	assert_true(!rows[WIDTH + GIFT].b && rows[WIDTH + GIFT].given);
	assert_memory_equal(rows[PRODUCT].uuid.b, rows[WIDTH + PRODUCT].uuid.b, 16);
}

static void
test_faults_of_rows_bear_their_paths(void **state)
{
	struct reading r = read_body(*state, order,
				     "{\"customer\":\"Ada\",\"lines\":["
				     "{\"product_id\":\"x\",\"quantity\":0,\"price\":1,\"pi\":3},"
				     "{" PRODUCT_ID ",\"quantity\":null},"
				     "17]}",
				     PUR_BODY_CREATE, 1);

	assert_int_equal(r.rc, PUR_EBODY);
	assert_details(&r.error, "lines[0].product_id: Must be an id (UUID)\n"
				 "lines[0].quantity: Must be at least 1\n"
				 "lines[0].price: Read-only\n"
				 "lines[0].pi: Unknown field\n"
				 "lines[1].quantity: Must not be null\n"
				 "lines[2]: Must be an object");
}

static void
test_rows_are_counted(void **state)
{
	const struct pur_field f = { .type = PUR_ROWS, .of = lines, .min = 2, .max = 3 };
	const struct pur_field plain = { .type = PUR_ROWS, .of = prices };
	struct pur_buf many = { .data = NULL };

	refuse(*state, f, "[]", "Must have at least 2");
	refuse(*state, f, "[{}]", "Must have at least 2");
	refuse(*state, f, "[{},{},{},{}]", "Must have at most 3");
	refuse(*state, f, "{}", "Must be a list");
	refuse(*state, f, "\"\"", "Must be a list");
	assert_int_equal(take(*state, plain, "[]").n, 0);
	for (int i = 0; i < 500; i++)
		pur_buf_puts(&many, i == 0 ? "[{}" : ",{}");
	assert_int_equal(
	    take(*state, plain, pur_sprintf(*state, "%.*s]", (int)many.len, many.data)).n, 500);
	refuse(*state, plain, pur_sprintf(*state, "%.*s,{}]", (int)many.len, many.data),
	       "Must have at most 500");
	pur_buf_free(&many);
}

static const struct pur_field boxes[] = {
	{ .name = "label", .type = PUR_TEXT, .flags = PUR_REQUIRED },
	{ .name = "lines", .type = PUR_ROWS, .of = lines },
	{ .name = NULL },
};

static const struct pur_field shipment[] = {
	{ .name = "boxes", .type = PUR_ROWS, .of = boxes },
	{ .name = NULL },
};

static void
test_rows_within_rows(void **state)
{
	struct reading r =
	    read_body(*state, shipment,
		      "{\"boxes\":[{\"label\":\"a\"},{\"lines\":[{" PRODUCT_ID
		      ",\"quantity\":1},{" PRODUCT_ID ",\"quantity\":true,\"x\":0}]}]}",
		      PUR_BODY_CREATE, 1);

	assert_int_equal(r.rc, PUR_EBODY);
	assert_details(&r.error, "boxes[1].label: Is required\n"
				 "boxes[1].lines[1].quantity: Must be an integer\n"
				 "boxes[1].lines[1].x: Unknown field");
}

static void
test_all_faults_at_once(void **state)
{
	struct reading r = read_body(*state, order,
				     "{\"b\":1,\"id\":1,\"customer\":\"much too long\",\"rate\":-1,"
				     "\"lines\":[],\"\":null,\"Notes\":\"\"}",
				     PUR_BODY_CREATE, 1);

	assert_int_equal(r.rc, PUR_EBODY);
	assert_details(&r.error, "id: Read-only\n"
				 "customer: Must have at most 10 characters\n"
				 "rate: Must not be negative\n"
				 "lines: Must have at least 1\n"
				 "b: Unknown field\n"
				 ": Unknown field\n"
				 "Notes: Unknown field");
}

static void
test_a_body_is_an_object(void **state)
{
	static const char *const others[] = { "null", "[]", "\"\"", "0", "true", "[{}]" };

	for (size_t i = 0; i < N_OF(others); i++) {
		struct reading r = read_body(*state, order, others[i], PUR_BODY_MERGE, 1);

		assert_int_equal(r.rc, PUR_EBODY);
		assert_details(&r.error, ": Must be an object");
	}
}

static void
test_nothing_is_a_field_of_an_empty_table(void **state)
{
	static const struct pur_field none[] = { { .name = NULL } };
	struct reading r = read_body(*state, none, "{\"a\":1}", PUR_BODY_CREATE, 1);

	assert_int_equal(r.rc, PUR_EBODY);
	assert_details(&r.error, "a: Unknown field");
	assert_int_equal(read_body(*state, none, "{}", PUR_BODY_CREATE, 1).rc, PUR_OK);
}

/* ---- defaults ---- */

static void
test_defaults(void **state)
{
	static const struct pur_field fields[] = {
		{ .name = "yes", .type = PUR_BOOL, .default_value = "true" },
		{ .name = "no", .type = PUR_BOOL, .default_value = "false" },
		{ .name = "count", .type = PUR_INT, .default_value = "-7" },
		{ .name = "price", .type = PUR_MONEY, .default_value = "1250" },
		{ .name = "none", .type = PUR_UUID },
		{ .name = NULL },
	};
	struct reading r = read_body(*state, fields, "{}", PUR_BODY_CREATE, 1);

	assert_int_equal(r.rc, PUR_OK);
	assert_true(r.values[0].b && !r.values[0].null && !r.values[0].given);
	assert_true(!r.values[1].b && !r.values[1].null);
	assert_int_equal(r.values[2].i, -7);
	assert_int_equal(r.values[3].i, 1250);
	assert_int_equal(r.values[3].type, PUR_MONEY);
	assert_true(r.values[4].null);
}

static void
test_defaults_are_json_text_whatever_their_type(void **state)
{
	static const struct pur_field fields[] = {
		{ .name = "tags", .type = PUR_TEXTS, .default_value = "[]" },
		{ .name = "day", .type = PUR_DATE, .default_value = "\"1970-01-03\"" },
		{ .name = "at", .type = PUR_TIME, .default_value = "\"1970-01-01T00:00:01Z\"" },
		{ .name = "size",
		  .type = PUR_CHOICE,
		  .choices = sizes,
		  .default_value = "\"small\"" },
		{ .name = NULL },
	};
	struct reading r = read_body(*state, fields, "{}", PUR_BODY_CREATE, 1);

	assert_int_equal(r.rc, PUR_OK);
	assert_int_equal(r.values[0].n, 0);
	assert_int_equal(r.values[1].i, 2);
	assert_int_equal(r.values[2].i, 1000000);
	assert_value_text(&r.values[3], "small");
}

/* ---- a small arena ---- */

static const struct pur_field *body_fields = shipment;
static const char *body_text;

static enum pur_rc
read_body_text(struct pur_arena *a)
{
	struct pur_arena *apart = pur_arena_new((size_t)1 << 20);
	struct json_object *body;
	struct pur_value *values;
	struct pur_error e = { .rc = PUR_OK };
	struct pur_currency currency = { .code = NULL };
	enum pur_rc rc;

	assert_non_null(apart);
	body = parse_json(apart, body_text, strlen(body_text));
	rc = pur_fields_read(a, body_fields, body, PUR_BODY_CREATE, 1, NOW, &values, &currency, &e);
	pur_arena_free(apart);
	return rc;
}

static void
test_a_small_arena_is_told_never_fatal(void **state)
{
	(void)state;
	body_text = "{\"boxes\":[{\"label\":\"a\",\"lines\":[{" PRODUCT_ID
		    ",\"quantity\":1}]},{\"label\":\"b\"}]}";
	with_every_ceiling(read_body_text, PUR_OK);
	body_text = "{\"boxes\":[{\"label\":5,\"lines\":[{\"quantity\":1000}]},17],\"x\":1}";
	with_every_ceiling(read_body_text, PUR_EBODY);
}

static void
test_a_small_arena_and_lists_and_defaults(void **state)
{
	static const struct pur_field tagged[] = {
		{ .name = "tags", .type = PUR_TEXTS },
		{ .name = "size",
		  .type = PUR_CHOICE,
		  .choices = sizes,
		  .default_value = "\"small\"" },
		{ .name = NULL },
	};

	(void)state;
	body_fields = tagged;
	body_text = "{\"tags\":[\"a\",\"b\"]}";
	with_every_ceiling(read_body_text, PUR_OK);
	body_text = "{\"tags\":[\"\"],\"size\":\"medium\"}";
	with_every_ceiling(read_body_text, PUR_EBODY);
	body_fields = shipment;
}

/* A client chooses the names of unknown fields, and so how much a path takes. */
static void
test_a_small_arena_is_never_fatal_for_long_paths(void **state)
{
	(void)state;
	body_text = "{\"boxes\":[{\"label\":\"a\",\"" SIXTY SIXTY SIXTY "\":1}]}";
	with_every_ceiling(read_body_text, PUR_EBODY);
}

/* ---- text of queries and paths ---- */

static void
assert_text_read(struct pur_field f, const char *text, const char *expected_problem,
		 struct pur_value *v)
{
	const char *problem;
	enum pur_rc rc = pur_field_read_text(&f, text, v, &problem);

	if (expected_problem == NULL) {
		if (rc != PUR_OK)
			fail_msg("\"%s\": %s", text, problem);
		assert_null(problem);
		assert_true(v->given && !v->null);
		assert_int_equal(v->type, f.type);
		return;
	}
	if (rc != PUR_EINPUT)
		fail_msg("\"%s\" is taken", text);
	assert_string_equal(problem, expected_problem);
}

static void
test_text_of_booleans_and_integers(void **state)
{
	static const char *const no_integers[] = { "",    "-",   "--1",      "+1", " 1", "1 ",
						   "1.0", "1e2", "0x1",      "1a", "a",  "\t1",
						   "1\n", "1-",  "\xd9\xa3", "- 1" };
	const struct pur_field yes = { .type = PUR_BOOL }, n = { .type = PUR_INT };
	struct pur_value v;

	(void)state;
	assert_text_read(yes, "true", NULL, &v);
	assert_true(v.b);
	assert_text_read(yes, "false", NULL, &v);
	assert_false(v.b);
	assert_text_read(yes, "True", "Must be true or false", &v);
	assert_text_read(yes, "1", "Must be true or false", &v);
	assert_text_read(yes, "", "Must be true or false", &v);
	assert_text_read(n, "0", NULL, &v);
	assert_int_equal(v.i, 0);
	assert_text_read(n, "9223372036854775807", NULL, &v);
	assert_int_equal(v.i, INT64_MAX);
	assert_text_read(n, "9223372036854775808", "Must be an integer", &v);
	assert_text_read(n, "99999999999999999999999999", "Must be an integer", &v);
	assert_text_read((struct pur_field){ .type = PUR_MONEY }, "1250", NULL, &v);
	assert_int_equal(v.i, 1250);
	for (size_t i = 0; i < N_OF(no_integers); i++)
		assert_text_read(n, no_integers[i], "Must be an integer", &v);
}

static void
test_text_of_negative_integers(void **state)
{
	const struct pur_field n = { .type = PUR_INT };
	struct pur_value v;

	(void)state;
	assert_text_read(n, "-1", NULL, &v);
	assert_int_equal(v.i, -1);
	assert_text_read(n, "-9223372036854775808", NULL, &v);
	assert_int_equal(v.i, INT64_MIN);
	assert_text_read(n, "-9223372036854775809", "Must be an integer", &v);
}

static void
test_text_of_the_other_types(void **state)
{
	struct pur_value v;
	char long_text[1002];

	(void)state;
	memset(long_text, 'x', sizeof(long_text));
	long_text[1001] = '\0';
	assert_text_read((struct pur_field){ .type = PUR_TEXT }, long_text,
			 "Must have at most 1000 bytes", &v);
	long_text[1000] = '\0';
	assert_text_read((struct pur_field){ .type = PUR_TEXT }, long_text, NULL, &v);
	assert_int_equal(v.len, 1000);
	assert_text_read((struct pur_field){ .type = PUR_TEXT }, "", NULL, &v);
	assert_value_text(&v, "");
	assert_text_read((struct pur_field){ .type = PUR_EMAIL }, "ada@", NULL, &v);
	assert_text_read((struct pur_field){ .type = PUR_SLUG }, "acme", NULL, &v);
	assert_text_read((struct pur_field){ .type = PUR_SLUG }, "Acme",
			 "Must be a-z, 0-9 and '-', and not look like an id", &v);
	assert_text_read((struct pur_field){ .type = PUR_CHOICE, .choices = sizes }, "small", NULL,
			 &v);
	assert_text_read((struct pur_field){ .type = PUR_CHOICE, .choices = sizes }, "medium",
			 "Must be one of the values it can have", &v);
	assert_text_read((struct pur_field){ .type = PUR_UUID }, "x", "Must be an id (UUID)", &v);
	assert_text_read((struct pur_field){ .type = PUR_TIME }, "1970-01-01T00:00:01Z", NULL, &v);
	assert_int_equal(v.i, 1000000);
	assert_text_read((struct pur_field){ .type = PUR_DATE }, "1970-01-02", NULL, &v);
	assert_int_equal(v.i, 1);
	assert_text_read((struct pur_field){ .type = PUR_ROWS }, "[]", "Must not be text", &v);
	assert_text_read((struct pur_field){ .type = PUR_TEXTS }, "a", "Must not be text", &v);
	assert_text_read((struct pur_field){ .type = PUR_BYTES }, "a", "Must not be text", &v);
	assert_text_read((struct pur_field){ .type = PUR_OBJECT }, "a", "Must not be text", &v);
	assert_text_read((struct pur_field){ .type = PUR_CLOCK }, "08:30", NULL, &v);
	assert_value_text(&v, "08:30");
	assert_text_read((struct pur_field){ .type = PUR_CLOCK }, "8:30",
			 "Must be a time of day like 08:30", &v);
}

/* ---- parameters of a route ---- */

/* Reads a parameter and expects that problem, or with NULL none. */
static struct pur_value
param(struct pur_arena *a, struct pur_field f, const char *text, const char *expected)
{
	struct pur_value v;
	const char *problem;
	enum pur_rc rc = pur_field_read_param(a, &f, text, NOW, &v, &problem);

	assert_int_equal(rc, expected == NULL ? PUR_OK : PUR_EINPUT);
	if (expected != NULL)
		assert_string_equal(problem, expected);
	else
		assert_null(problem);
	return v;
}

static void
test_parameters_keep_within_their_bounds(void **state)
{
	const struct pur_field plain = { .type = PUR_INT };
	const struct pur_field from_one = { .type = PUR_INT, .min = 1, .max = 10 };
	const struct pur_field any = { .type = PUR_INT, .min = INT64_MIN, .max = INT64_MAX };
	const struct pur_field price = { .type = PUR_MONEY, .min = 100 };

	assert_int_equal(param(*state, plain, "0", NULL).i, 0);
	param(*state, plain, "-1", "Must not be negative");
	param(*state, plain, "1000000000000", "Must be at most 999999999999");
	assert_int_equal(param(*state, from_one, "1", NULL).i, 1);
	assert_int_equal(param(*state, from_one, "10", NULL).i, 10);
	param(*state, from_one, "0", "Must be at least 1");
	param(*state, from_one, "11", "Must be at most 10");
	param(*state, from_one, "ten", "Must be an integer");
	assert_int_equal(param(*state, any, "9223372036854775807", NULL).i, INT64_MAX);
	assert_int_equal(param(*state, any, "-9223372036854775808", NULL).i, INT64_MIN);
	param(*state, any, "9223372036854775808", "Must be an integer");
	param(*state, price, "99", "Must be at least 100");
}

static void
test_parameters_are_as_long_as_they_may(void **state)
{
	const struct pur_field word = { .type = PUR_TEXT, .min = 2, .max = 3 };
	const struct pur_field needed = { .type = PUR_TEXT, .flags = PUR_REQUIRED };
	const struct pur_field ink = { .type = PUR_TEXT, .flags = PUR_REQUIRED | PUR_NOTBLANK };
	struct pur_value v = param(*state, word, "ab", NULL);

	assert_value_text(&v, "ab");
	param(*state, word, "a", "Must have at least 2 characters");
	param(*state, word, "\xc3\xa4\xc3\xa4\xc3\xa4", NULL);
	param(*state, word, "abcd", "Must have at most 3 characters");
	param(*state, needed, "", "Must not be empty");
	param(*state, needed, " ", NULL);
	param(*state, ink, " \t\r\n", "Must not be blank");
	param(*state, ink, " a ", NULL);
	param(*state, ink, "", "Must not be empty");
	param(*state, (struct pur_field){ .type = PUR_TEXT }, "", NULL);
}

static void
test_parameters_of_the_other_types(void **state)
{
	const struct pur_field f = { .type = PUR_TIME, .flags = PUR_FUTURE };

	assert_int_equal(param(*state, f, "2026-05-01T08:30:00.000001Z", NULL).i, NOW + 1);
	param(*state, f, "2026-05-01T08:30:00Z", "Must be in the future");
	param(*state, f, "tomorrow", "Must be a time like 2026-05-01T08:30:00Z");
	param(*state, (struct pur_field){ .type = PUR_TIME }, "1970-01-01T00:00:00Z", NULL);
	param(*state, (struct pur_field){ .type = PUR_CLOCK }, "24:00", NULL);
	param(*state, (struct pur_field){ .type = PUR_CLOCK }, "24:01",
	      "Must be a time of day like 08:30");
	param(*state, (struct pur_field){ .type = PUR_EMAIL }, "a@b", NULL);
	param(*state, (struct pur_field){ .type = PUR_EMAIL }, "a@", "Must be an e-mail address");
	param(*state, (struct pur_field){ .type = PUR_CHOICE, .choices = sizes }, "medium",
	      "Must be one of the values it can have");
	param(*state, (struct pur_field){ .type = PUR_BOOL }, "yes", "Must be true or false");
}

/* ---- tables ---- */

static void
test_finding_fields(void **state)
{
	(void)state;
	assert_int_equal(pur_fields_count(NULL), 0);
	assert_int_equal(pur_fields_count(order), 5);
	assert_int_equal(pur_field_find(order, "notes", 5), NOTES);
	assert_int_equal(pur_field_find(order, "notes[gt]", 5), NOTES);
	assert_int_equal(pur_field_find(order, "notes", 4), -1);
	assert_int_equal(pur_field_find(order, "notes2", 6), -1);
	assert_int_equal(pur_field_find(order, "", 0), -1);
	assert_int_equal(pur_field_find(NULL, "id", 2), -1);
}

static void
test_every_type_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int t = PUR_NOTYPE; t <= PUR_BYTES; t++) {
		assert_non_null(pur_type_name((enum pur_type)t));
		for (int other = PUR_NOTYPE; other < t; other++)
			assert_string_not_equal(pur_type_name((enum pur_type)t),
						pur_type_name((enum pur_type)other));
	}
	assert_string_equal(pur_type_name(PUR_MONEY), "money");
}

/* No message is no sign of a right value where none could be made. */
static void
test_params_without_memory(void **state)
{
	const struct pur_field f = { .name = "days", .type = PUR_INT, .min = 5, .max = 7 };
	struct pur_arena *none = pur_arena_new(0);
	const char *problem;
	struct pur_value v;

	assert_int_equal(pur_field_read_param(*state, &f, "7", 0, &v, &problem), PUR_OK);
	assert_null(problem);
	assert_int_equal(pur_field_read_param(*state, &f, "8", 0, &v, &problem), PUR_EINPUT);
	assert_string_equal(problem, "Must be at most 7");
	assert_int_equal(pur_field_read_param(none, &f, "7", 0, &v, &problem), PUR_OK);
	assert_int_equal(pur_field_read_param(none, &f, "8", 0, &v, &problem), PUR_EINPUT);
	assert_non_null(problem);
	pur_arena_free(none);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_booleans),
		cmocka_unit_test(test_params_without_memory),
		cmocka_unit_test(test_integers_between_their_bounds),
		cmocka_unit_test(test_integers_are_written_as_integers),
		cmocka_unit_test(test_integers_past_int64),
		cmocka_unit_test(test_money_of_v1),
		cmocka_unit_test(test_money_of_v2),
		cmocka_unit_test(test_money_of_v2_tells_its_currency),
		cmocka_unit_test(test_money_of_v2_in_two_currencies_is_refused),
		cmocka_unit_test(test_money_of_v2_within_rows_tells_its_place),
		cmocka_unit_test(test_text_is_counted_in_code_points),
		cmocka_unit_test(test_text_may_be_empty_unless_it_is_required),
		cmocka_unit_test(test_slugs),
		cmocka_unit_test(test_email_addresses),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_ids_times_and_dates),
		cmocka_unit_test(test_times_of_day),
		cmocka_unit_test(test_objects_are_of_answers_alone),
		cmocka_unit_test(test_the_future_begins_after_now),
		cmocka_unit_test(test_lists_of_strings),
		cmocka_unit_test(test_texts_of_a_form),
		cmocka_unit_test(test_lists_of_strings_of_a_form),
		cmocka_unit_test(test_creating),
		cmocka_unit_test(test_replacing),
		cmocka_unit_test(test_merging),
		cmocka_unit_test(test_what_is_fixed_once_made),
		cmocka_unit_test(test_merging_stops_at_a_list),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_faults_of_rows_bear_their_paths),
		cmocka_unit_test(test_rows_are_counted),
		cmocka_unit_test(test_rows_within_rows),
		cmocka_unit_test(test_all_faults_at_once),
		cmocka_unit_test(test_a_body_is_an_object),
		cmocka_unit_test(test_nothing_is_a_field_of_an_empty_table),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_defaults_are_json_text_whatever_their_type),
		cmocka_unit_test(test_a_small_arena_is_told_never_fatal),
		cmocka_unit_test(test_a_small_arena_and_lists_and_defaults),
		cmocka_unit_test(test_a_small_arena_is_never_fatal_for_long_paths),
		cmocka_unit_test(test_text_of_booleans_and_integers),
		cmocka_unit_test(test_text_of_negative_integers),
		cmocka_unit_test(test_text_of_the_other_types),
		cmocka_unit_test(test_parameters_keep_within_their_bounds),
		cmocka_unit_test(test_parameters_are_as_long_as_they_may),
		cmocka_unit_test(test_parameters_of_the_other_types),
		cmocka_unit_test(test_finding_fields),
		cmocka_unit_test(test_every_type_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, new_arena, free_arena);
}
