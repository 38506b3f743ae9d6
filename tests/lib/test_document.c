/*
 * Tests of document: the given fields of a body as jsonb, with rows, and without what is secret or
 * wasn't taken.
 */
#include "document.h"
#include "support.h"

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"

static const struct pur_field lines[] = {
	{ .name = "product_id", .type = PUR_UUID },
	{ .name = "name", .type = PUR_TEXT, .flags = PUR_READONLY },
	{ .name = "quantity", .type = PUR_INT },
	{ .name = "pin", .type = PUR_TEXT, .flags = PUR_WRITEONLY },
	{ .name = "opens", .type = PUR_CLOCK },
	{ .name = NULL },
};

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY },
	{ .name = "name", .type = PUR_TEXT },
	{ .name = "slug", .type = PUR_SLUG },
	{ .name = "email", .type = PUR_EMAIL },
	{ .name = "size", .type = PUR_CHOICE },
	{ .name = "count", .type = PUR_INT },
	{ .name = "price", .type = PUR_MONEY },
	{ .name = "ready", .type = PUR_BOOL },
	{ .name = "owner_id", .type = PUR_UUID },
	{ .name = "at", .type = PUR_TIME },
	{ .name = "day", .type = PUR_DATE },
	{ .name = "closes", .type = PUR_CLOCK },
	{ .name = "tags", .type = PUR_TEXTS },
	{ .name = "password", .type = PUR_TEXT, .flags = PUR_WRITEONLY },
	{ .name = "lines", .type = PUR_ROWS, .of = lines },
	{ .name = NULL },
};

static void
assert_document(struct pur_arena *a, const struct pur_field *f, const struct pur_value *values,
		const char *expected)
{
	struct pur_datum d;

	assert_int_equal(pur_document(a, f, values, &d), PUR_OK);
	assert_non_null(d.data);
	assert_int_equal(d.data[0], 1); /* jsonb's version */
	if ((size_t)d.len != strlen(expected) + 1 ||
	    memcmp(d.data + 1, expected, (size_t)d.len - 1) != 0)
		fail_msg("%.*s\n  is not\n%s", d.len - 1, d.data + 1, expected);
	parse_json(a, d.data + 1, (size_t)d.len - 1);
}

/* The same of a body as it comes in. */
static void
assert_document_of(struct pur_arena *a, const char *json, enum pur_body_mode mode,
		   const char *expected)
{
	struct pur_error e = { .rc = PUR_OK };
	struct pur_value *values;

	assert_int_equal(pur_fields_read(a, fields, parse_json(a, json, strlen(json)), mode, 1, 0,
					 &values, NULL, &e),
			 PUR_OK);
	assert_document(a, fields, values, expected);
}

static void
test_no_body(void **state)
{
	assert_document(*state, fields, NULL, "{}");
	assert_document(*state, NULL, NULL, "{}");
}

static void
test_every_type(void **state)
{
	assert_document_of(*state,
			   "{\"name\":\"say \\\"hi\\\"\\n\",\"slug\":null,\"email\":\"a@b\","
			   "\"count\":7,\"price\":1250,\"ready\":true,\"owner_id\":\"" ID "\","
			   "\"at\":\"1970-01-01T00:00:01.5Z\",\"day\":\"1969-12-31\","
			   "\"closes\":\"24:00\",\"tags\":[\"a\",\"\\\"b\\\"\"]}",
			   PUR_BODY_MERGE,
			   "{\"name\":\"say \\\"hi\\\"\\n\",\"slug\":null,\"email\":\"a@b\","
			   "\"count\":7,\"price\":1250,\"ready\":true,\"owner_id\":\"" ID "\","
			   "\"at\":\"1970-01-01T00:00:01.5Z\",\"day\":\"1969-12-31\","
			   "\"closes\":\"24:00\",\"tags\":[\"a\",\"\\\"b\\\"\"]}");
	assert_document_of(*state, "{\"ready\":false,\"tags\":[],\"lines\":[]}", PUR_BODY_MERGE,
			   "{\"ready\":false,\"tags\":[],\"lines\":[]}");
}

/* What PATCH wasn't given isn't there; what POST and PUT weren't given is null, or its default. */
static void
test_what_was_not_given(void **state)
{
	assert_document_of(*state, "{}", PUR_BODY_MERGE, "{}");
	assert_document_of(*state, "{\"slug\":null,\"count\":3}", PUR_BODY_MERGE,
			   "{\"slug\":null,\"count\":3}");
	assert_document_of(
	    *state, "{\"name\":\"Ada\"}", PUR_BODY_CREATE,
	    "{\"name\":\"Ada\",\"slug\":null,\"email\":null,\"size\":null,"
	    "\"count\":null,\"price\":null,\"ready\":null,\"owner_id\":null,"
	    "\"at\":null,\"day\":null,\"closes\":null,\"tags\":null,\"lines\":null}");
}

static void
test_rows(void **state)
{
	assert_document_of(*state,
			   "{\"lines\":[{\"product_id\":\"" ID "\",\"quantity\":2},"
			   "{\"opens\":\"08:30\"},{}]}",
			   PUR_BODY_MERGE,
			   "{\"lines\":["
			   "{\"product_id\":\"" ID "\",\"quantity\":2,\"opens\":null},"
			   "{\"product_id\":null,\"quantity\":null,\"opens\":\"08:30\"},"
			   "{\"product_id\":null,\"quantity\":null,\"opens\":null}]}");
}

/* Code binds what is secret; a document may end up in a row, or in a log of the database's. */
static void
test_secrets_stay_out(void **state)
{
	assert_document_of(*state,
			   "{\"name\":\"Ada\",\"password\":\"secret\","
			   "\"lines\":[{\"pin\":\"secret\",\"quantity\":1}]}",
			   PUR_BODY_MERGE,
			   "{\"name\":\"Ada\",\"lines\":["
			   "{\"product_id\":null,\"quantity\":1,\"opens\":null}]}");
}

/* PUT ignores what is read-only, at every depth: it doesn't become null. */
static void
test_what_was_ignored_stays_out(void **state)
{
	struct pur_error e = { .rc = PUR_OK };
	struct pur_value *values;
	static const char json[] = "{\"id\":17,\"lines\":[{\"name\":\"x\",\"quantity\":1}]}";

	assert_int_equal(pur_fields_read(*state, fields, parse_json(*state, json, strlen(json)),
					 PUR_BODY_REPLACE, 1, 0, &values, NULL, &e),
			 PUR_OK);
	assert_document(*state, &fields[14], &values[14],
			"{\"lines\":[{\"product_id\":null,\"quantity\":1,\"opens\":null}]}");
	assert_int_equal(values[0].type, PUR_NOTYPE);
}

/* ---- a small arena ---- */

static enum pur_rc
make_one(struct pur_arena *a)
{
	static const struct pur_field alone[] = { { .name = "name", .type = PUR_TEXT },
						  { .name = NULL } };
	static const struct pur_value values[] = { TEXT("Ada") };
	struct pur_datum d;

	return pur_document(a, alone, values, &d);
}

static void
test_a_small_arena(void **state)
{
	(void)state;
	with_every_ceiling(make_one, PUR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_body),
		cmocka_unit_test(test_every_type),
		cmocka_unit_test(test_what_was_not_given),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_secrets_stay_out),
		cmocka_unit_test(test_what_was_ignored_stays_out),
		cmocka_unit_test(test_a_small_arena),
	};

	return cmocka_run_group_tests(tests, new_arena, free_arena);
}
