/*
 * Tests of csv: what is quoted, what a spreadsheet would calculate, nested values, and columns that
 * are hidden or not asked for.
 */
#include "csv.h"
#include "log.h"
#include "support.h"

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID },
	{ .name = "name", .type = PUR_TEXT },
	{ .name = "pin", .type = PUR_TEXT, .flags = PUR_WRITEONLY },
	{ .name = "total", .type = PUR_MONEY },
	{ .name = NULL },
};

static const struct pur_route routes[] = { { PUR_GET, "/things" }, { PUR_METHOD_UNKNOWN } };
static const struct pur_resource things = { .routes = routes };

static struct pur_row_style style;
static struct pur_buf out;
static PGresult *r;

static int
setup(void **state)
{
	(void)state;
	style = (struct pur_row_style){
		.res = &things, .fields = fields, .version = 1, .currency = "EUR"
	};
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pur_buf_free(&out);
	PQclear(r);
	r = NULL;
	return 0;
}

static void
one(Oid type, const void *data, size_t len)
{
	PQclear(r);
	r = new_result(&(struct column){ "name", type }, 1);
	set_bytes(r, 0, 0, data, len);
}

static void
assert_row(const char *expected)
{
	pur_buf_reset(&out);
	assert_int_equal(pur_csv_row(&out, r, 0, &style), PUR_OK);
	assert_written(&out, expected);
}

static void
assert_head(const char *expected)
{
	pur_buf_reset(&out);
	pur_csv_head(&out, r, &style);
	assert_written(&out, expected);
}

static void
test_texts(void **state)
{
	static const struct {
		const char *text, *cell;
	} rows[] = {
		{ "", "\r\n" },
		{ "plain", "plain\r\n" },
		{ "caf\xc3\xa9", "caf\xc3\xa9\r\n" },
		{ "a,b", "\"a,b\"\r\n" },
		{ "a;b", "a;b\r\n" },
		{ "say \"hi\"", "\"say \"\"hi\"\"\"\r\n" },
		{ "\"", "\"\"\"\"\r\n" },
		{ "a\nb", "\"a\nb\"\r\n" },
		{ "a\rb", "\"a\rb\"\r\n" },
		{ " a", "\" a\"\r\n" },
		{ "a ", "\"a \"\r\n" },
		{ "a b", "a b\r\n" },
		{ "back\\slash", "back\\slash\r\n" },
		{ "'quoted'", "'quoted'\r\n" },
	};
	static const Oid types[] = { PUR_OID_TEXT, PUR_OID_VARCHAR, PUR_OID_BPCHAR };

	(void)state;
	for (size_t t = 0; t < N_OF(types); t++) {
		for (size_t i = 0; i < N_OF(rows); i++) {
			one(types[t], rows[i].text, strlen(rows[i].text));
			assert_row(rows[i].cell);
		}
	}
}

/* A spreadsheet would calculate them, and some formulas send what they find elsewhere. */
static void
test_formulas_are_defused(void **state)
{
	static const struct {
		const char *text, *cell;
	} rows[] = {
		{ "=1+1", "'=1+1\r\n" },
		{ "+1", "'+1\r\n" },
		{ "-1", "'-1\r\n" },
		{ "@SUM(A1)", "'@SUM(A1)\r\n" },
		{ "\t=1", "'\t=1\r\n" },
		{ "\r=1", "\"'\r=1\"\r\n" },
		{ "=A1,\"x\"", "\"'=A1,\"\"x\"\"\"\r\n" },
		{ "=", "'=\r\n" },
		{ "1=1", "1=1\r\n" },
		{ "a-b@c", "a-b@c\r\n" },
	};
	static const Oid types[] = { PUR_OID_TEXT, PUR_OID_VARCHAR, PUR_OID_BPCHAR };

	(void)state;
	for (size_t t = 0; t < N_OF(types); t++) {
		for (size_t i = 0; i < N_OF(rows); i++) {
			one(types[t], rows[i].text, strlen(rows[i].text));
			assert_row(rows[i].cell);
		}
	}
}

/* Numbers are to be calculated with: a minus stays one. */
static void
test_what_is_no_text_is_not_defused(void **state)
{
	static const struct column columns[] = {
		{ "n", PUR_OID_INT8 },    { "m", PUR_OID_INT4 },        { "b", PUR_OID_BOOL },
		{ "id", PUR_OID_UUID },   { "t", PUR_OID_TIMESTAMPTZ }, { "d", PUR_OID_DATE },
		{ "null", PUR_OID_INT8 }, { "total", PUR_OID_INT8 }
	};

	(void)state;
	r = new_result(columns, N_OF(columns));
	set_int8(r, 0, 0, -5);
	set_int4(r, 0, 1, -7);
	set_bytes(r, 0, 2, "\1", 1);
	set_uuid(r, 0, 3, ID);
	set_int8(r, 0, 4, 0);
	set_int4(r, 0, 5, 0);
	set_int8(r, 0, 7, -1250);
	assert_row("-5,-7,true," ID ",2000-01-01T00:00:00Z,2000-01-01,,-1250\r\n");
	style.version = 2;
	style.only = "total";
	assert_row("\"{\"\"amount\"\":-1250,\"\"currency\"\":\"\"EUR\"\"}\"\r\n");
}

#define TEXT_ITEMS                                                                                 \
	WORD("\1") WORD("\0") WORD("\x19") WORD("\2") WORD("\1") WORD("\2") "=1" WORD("\1") "b"

/* As JSON, whose quotes and commas are the cell's: read back, it is JSON again. */
static void
test_nested_values(void **state)
{
	(void)state;
	one(PUR_OID_JSONB, "\1{\"a\": [1, \"x\"]}", 16);
	assert_row("\"{\"\"a\"\": [1, \"\"x\"\"]}\"\r\n");
	one(PUR_OID_JSONB, "\1[]", 3);
	assert_row("[]\r\n");
	/* A string in it keeps its quotes, so that what it begins with is no formula. */
	one(PUR_OID_JSONB, "\1\"=1\"", 5);
	assert_row("\"\"\"=1\"\"\"\r\n");
	one(PUR_OID_TEXT_ARRAY, TEXT_ITEMS, sizeof(TEXT_ITEMS) - 1);
	assert_row("\"[\"\"=1\"\",\"\"b\"\"]\"\r\n");
}

static void
test_columns_that_are_shown(void **state)
{
	static const struct column columns[] = { { "id", PUR_OID_UUID },
						 { "pin", PUR_OID_TEXT },
						 { "name", PUR_OID_TEXT },
						 { "total", PUR_OID_INT8 },
						 { "_revision", PUR_OID_INT8 } };

	(void)state;
	r = new_result(columns, N_OF(columns));
	assert_head("id,name,total\r\n"); /* without a row, too */
	set_uuid(r, 0, 0, ID);
	set_text(r, 0, 1, "1234");
	set_text(r, 0, 2, "Ada");
	set_int8(r, 0, 3, 7);
	set_int8(r, 0, 4, 5);
	assert_head("id,name,total\r\n");
	assert_row(ID ",Ada,7\r\n");
	style.only = "total,id";
	assert_head("id,total\r\n");
	assert_row(ID ",7\r\n");
	style.only = "name";
	assert_head("name\r\n");
	assert_row("Ada\r\n");
	style.only = "pin,_revision,nam,names";
	assert_head("\r\n");
	assert_row("\r\n");
}

static void
test_names_are_cells_too(void **state)
{
	static const struct column columns[] = { { "a,b", PUR_OID_TEXT }, { "=c", PUR_OID_TEXT } };

	(void)state;
	r = new_result(columns, N_OF(columns));
	assert_head("\"a,b\",=c\r\n"); /* ours: nobody gave them */
}

static void
test_types_that_are_not_written(void **state)
{
	(void)state;
	one(PUR_OID_BYTEA, "\1", 1);
	assert_int_equal(pur_csv_row(&out, r, 0, &style), PUR_EINTERNAL);
}

static int
quiet(void **state)
{
	(void)state;
	return pur_log_open("test", "/dev/null", PUR_ERROR);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_texts),
		TEST(test_formulas_are_defused),
		TEST(test_what_is_no_text_is_not_defused),
		TEST(test_nested_values),
		TEST(test_columns_that_are_shown),
		TEST(test_names_are_cells_too),
		TEST(test_types_that_are_not_written),
	};

	return cmocka_run_group_tests(tests, quiet, NULL);
}
