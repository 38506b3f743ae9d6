/*
 * Tests of row: every SQL type as JSON, nested rows, what is hidden or not asked for, what a state
 * allows, bytes that cannot be what they claim, and values taken out one by one.
 */
#include "log.h"
#include "row.h"
#include "support.h"

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"

static const struct pur_field lines[] = {
	{ .name = "product_id", .type = PUR_UUID },
	{ .name = "pin", .type = PUR_TEXT, .flags = PUR_WRITEONLY },
	{ .name = "quantity", .type = PUR_INT },
	{ .name = "price", .type = PUR_MONEY },
	{ .name = NULL },
};

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID },
	{ .name = "name", .type = PUR_TEXT },
	{ .name = "password", .type = PUR_TEXT, .flags = PUR_WRITEONLY },
	{ .name = "total", .type = PUR_MONEY },
	{ .name = "prices", .type = PUR_MONEY },
	{ .name = "lines", .type = PUR_ROWS, .of = lines },
	{ .name = "status", .type = PUR_CHOICE },
	{ .name = "line", .type = PUR_OBJECT, .of = lines },
	{ .name = NULL },
};

static const struct pur_route routes[] = {
	{ PUR_GET, "/orders" },
	{ PUR_PATCH, "/orders/{ref}", .from = "pending" },
	{ PUR_POST, "/orders/{ref}/approve", .from = "pending", .to = "approved" },
	{ PUR_POST, "/orders/{ref}/cancel", .from = "pending approved", .to = "cancelled" },
	{ PUR_METHOD_UNKNOWN },
};

static const struct pur_route stateless[] = { { PUR_GET, "/products" }, { PUR_METHOD_UNKNOWN } };

static const struct pur_resource orders = { .routes = routes };
static const struct pur_resource products = { .routes = stateless };

static struct pur_row_style style;
static struct pur_query query;
static struct pur_buf out;
static PGresult *r;

static int
setup(void **state)
{
	(void)state;
	style = (struct pur_row_style){
		.res = &products, .fields = fields, .version = 1, .currency = "EUR"
	};
	query = (struct pur_query){ .name = "q" };
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pur_row_forget(&query);
	pur_buf_free(&out);
	PQclear(r);
	r = NULL;
	return 0;
}

/* A result of one column, and its row. */
static void
one(const char *name, Oid type, const void *data, size_t len)
{
	PQclear(r);
	r = new_result(&(struct column){ name, type }, 1);
	if (data == NULL)
		set_null(r, 0, 0);
	else
		set_bytes(r, 0, 0, data, len);
	pur_row_forget(&query);
}

static void
one_of(const char *name, Oid type, struct pur_buf *bytes)
{
	assert_false(pur_buf_failed(bytes));
	one(name, type, bytes->data, bytes->len);
	pur_buf_free(bytes);
}

static void
assert_row(const char *expected)
{
	pur_buf_reset(&out);
	assert_int_equal(pur_row_put(&out, &query, r, 0, &style), PUR_OK);
	assert_written(&out, expected);
}

static void
assert_no_row(void)
{
	pur_buf_reset(&out);
	assert_int_equal(pur_row_put(&out, &query, r, 0, &style), PUR_EINTERNAL);
}

/* ---- types ---- */

static void
test_plain_types(void **state)
{
	static const struct {
		Oid type;
		const char *bytes;
		size_t len;
		const char *json;
	} rows[] = {
		{ PUR_OID_BOOL, "\1", 1, "{\"x\":true}" },
		{ PUR_OID_BOOL, "\0", 1, "{\"x\":false}" },
		{ PUR_OID_INT2, "\x7f\xff", 2, "{\"x\":32767}" },
		{ PUR_OID_INT2, "\x80\x00", 2, "{\"x\":-32768}" },
		{ PUR_OID_INT4, "\0\0\x04\xe2", 4, "{\"x\":1250}" },
		{ PUR_OID_INT4, "\x80\0\0\0", 4, "{\"x\":-2147483648}" },
		{ PUR_OID_INT8, "\x7f\xff\xff\xff\xff\xff\xff\xff", 8,
		  "{\"x\":9223372036854775807}" },
		{ PUR_OID_INT8, "\x80\0\0\0\0\0\0\0", 8, "{\"x\":-9223372036854775808}" },
		{ PUR_OID_TEXT, "say \"caf\xc3\xa9\"\n", 12,
		  "{\"x\":\"say \\\"caf\xc3\xa9\\\"\\n\"}" },
		{ PUR_OID_TEXT, "", 0, "{\"x\":\"\"}" },
		{ PUR_OID_VARCHAR, "a", 1, "{\"x\":\"a\"}" },
		{ PUR_OID_BPCHAR, "EUR", 3, "{\"x\":\"EUR\"}" },
		{ PUR_OID_UUID, "\x01\x89\x0a\x5d\xac\x96\x77\x4b\xbc\xce\xb3\x02\x09\x9a\x80\x57",
		  16, "{\"x\":\"" ID "\"}" },
		{ PUR_OID_TIMESTAMPTZ, "\0\0\0\0\0\0\0\0", 8, "{\"x\":\"2000-01-01T00:00:00Z\"}" },
		{ PUR_OID_TIMESTAMPTZ, "\xff\xff\xff\xff\xff\xff\xff\xff", 8,
		  "{\"x\":\"1999-12-31T23:59:59.999999Z\"}" },
		{ PUR_OID_TIMESTAMPTZ, "\xff\xfc\xa2\xfe\xc4\xc8\x20\x00", 8,
		  "{\"x\":\"1970-01-01T00:00:00Z\"}" },
		{ PUR_OID_DATE, "\0\0\0\0", 4, "{\"x\":\"2000-01-01\"}" },
		{ PUR_OID_DATE, "\xff\xff\xff\xff", 4, "{\"x\":\"1999-12-31\"}" },
		{ PUR_OID_JSONB, "\1{\"a\": [1, null]}", 17, "{\"x\":{\"a\": [1, null]}}" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		one("x", rows[i].type, rows[i].bytes, rows[i].len);
		assert_row(rows[i].json);
		one("x", rows[i].type, NULL, 0);
		assert_row("{\"x\":null}");
	}
}

/* PostgreSQL has times before and after all others; they are sent as the ends of the integers. */
static void
test_infinite_times_are_not_computed_with(void **state)
{
	static const struct {
		Oid type;
		const char *bytes;
		size_t len;
	} rows[] = {
		{ PUR_OID_TIMESTAMPTZ, "\x7f\xff\xff\xff\xff\xff\xff\xff", 8 },
		{ PUR_OID_TIMESTAMPTZ, "\x80\0\0\0\0\0\0\0", 8 },
		{ PUR_OID_DATE, "\x7f\xff\xff\xff", 4 },
		{ PUR_OID_DATE, "\x80\0\0\0", 4 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		one("x", rows[i].type, rows[i].bytes, rows[i].len);
		pur_buf_reset(&out);
		/* Refused or written, but no year that was computed by overflow. */
		if (pur_row_put(&out, &query, r, 0, &style) == PUR_OK)
			assert_written(&out, "{\"x\":null}");
	}
}

static void
test_types_that_are_not_written(void **state)
{
	static const Oid types[] = { PUR_OID_BYTEA, PUR_OID_RECORD, 700, 1700, 0 };

	(void)state;
	for (size_t i = 0; i < N_OF(types); i++) {
		one("x", types[i], "\0\0\0\1\0\0\0\1", 8);
		assert_no_row();
		one("x", types[i], NULL, 0);
		assert_row("{\"x\":null}");
	}
}

static void
test_money(void **state)
{
	(void)state;
	one("total", PUR_OID_INT8, "\0\0\0\0\0\0\x04\xe2", 8);
	assert_row("{\"total\":1250}");
	style.version = 2;
	assert_row("{\"total\":{\"amount\":1250,\"currency\":\"EUR\"}}");
	one("total", PUR_OID_INT4, "\xff\xff\xff\xff", 4);
	style.currency = "JPY";
	assert_row("{\"total\":{\"amount\":-1,\"currency\":\"JPY\"}}");
	one("total", PUR_OID_INT8, NULL, 0);
	assert_row("{\"total\":null}");
	one("number", PUR_OID_INT8, "\0\0\0\0\0\0\0\7", 8);
	assert_row("{\"number\":7}");
}

/* ---- arrays and records ---- */

/* Begins an array of n elements. */
static struct pur_buf
array(Oid type, int n)
{
	struct pur_buf b = { .data = NULL };

	put32(&b, n > 0);
	put32(&b, 1);
	put32(&b, (int32_t)type);
	if (n > 0) {
		put32(&b, n);
		put32(&b, 1);
	}
	return b;
}

static void
put_item(struct pur_buf *b, const void *data, size_t len)
{
	put32(b, data != NULL ? (int32_t)len : -1);
	if (data != NULL)
		pur_buf_put(b, data, len);
}

static void
put_column(struct pur_buf *record, Oid type, const void *data, size_t len)
{
	put32(record, (int32_t)type);
	put_item(record, data, len);
}

/* ROW(product_id, 7, 1250), or of NULLs alone. */
static struct pur_buf
line(bool nulls)
{
	struct pur_uuid id = uuid_of(ID);
	struct pur_buf b = { .data = NULL };

	put32(&b, 3);
	put_column(&b, PUR_OID_UUID, nulls ? NULL : id.b, sizeof(id.b));
	put_column(&b, PUR_OID_INT8, nulls ? NULL : "\0\0\0\0\0\0\0\7", 8);
	put_column(&b, PUR_OID_INT4, nulls ? NULL : "\0\0\x04\xe2", 4);
	return b;
}

static void
test_arrays(void **state)
{
	struct pur_buf b = array(PUR_OID_TEXT, 3);

	(void)state;
	put_item(&b, "a", 1);
	put_item(&b, NULL, 0);
	put_item(&b, "\"", 1);
	one_of("x", PUR_OID_TEXT_ARRAY, &b);
	assert_row("{\"x\":[\"a\",null,\"\\\"\"]}");
	b = array(PUR_OID_TEXT, 0);
	one_of("x", PUR_OID_TEXT_ARRAY, &b);
	assert_row("{\"x\":[]}");
	b = array(PUR_OID_INT8, 2);
	put_item(&b, "\0\0\0\0\0\0\0\7", 8);
	put_item(&b, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	one_of("prices", PUR_OID_INT8_ARRAY, &b);
	assert_row("{\"prices\":[7,-1]}");
	style.version = 2;
	assert_row("{\"prices\":[{\"amount\":7,\"currency\":\"EUR\"},"
		   "{\"amount\":-1,\"currency\":\"EUR\"}]}");
	b = array(PUR_OID_UUID, 1);
	put_item(&b, "\x01\x89\x0a\x5d\xac\x96\x77\x4b\xbc\xce\xb3\x02\x09\x9a\x80\x57", 16);
	one_of("x", PUR_OID_UUID_ARRAY, &b);
	assert_row("{\"x\":[\"" ID "\"]}");
}

/* Names come from .of in order; what is write-only there is no column of the row. */
static void
test_nested_rows(void **state)
{
	struct pur_buf full = line(false), nulls = line(true), b = array(PUR_OID_RECORD, 3);

	(void)state;
	put_item(&b, full.data, full.len);
	put_item(&b, nulls.data, nulls.len);
	put_item(&b, NULL, 0);
	one_of("lines", PUR_OID_RECORD_ARRAY, &b);
	assert_row("{\"lines\":[{\"product_id\":\"" ID "\",\"quantity\":7,\"price\":1250},"
		   "{\"product_id\":null,\"quantity\":null,\"price\":null},null]}");
	style.version = 2;
	assert_row("{\"lines\":[{\"product_id\":\"" ID "\",\"quantity\":7,"
		   "\"price\":{\"amount\":1250,\"currency\":\"EUR\"}},"
		   "{\"product_id\":null,\"quantity\":null,\"price\":null},null]}");
	one("lines", PUR_OID_RECORD, full.data, full.len);
	style.version = 1;
	assert_row("{\"lines\":{\"product_id\":\"" ID "\",\"quantity\":7,\"price\":1250}}");
	pur_buf_free(&full);
	pur_buf_free(&nulls);
}

static void
test_an_object(void **state)
{
	struct pur_buf full = line(false), nulls = line(true);

	(void)state;
	style.version = 2;
	one("line", PUR_OID_RECORD, full.data, full.len);
	assert_row("{\"line\":{\"product_id\":\"" ID "\",\"quantity\":7,"
		   "\"price\":{\"amount\":1250,\"currency\":\"EUR\"}}}");
	one("line", PUR_OID_RECORD, nulls.data, nulls.len);
	assert_row("{\"line\":{\"product_id\":null,\"quantity\":null,\"price\":null}}");
	one("line", PUR_OID_RECORD, NULL, 0); /* there is no such thing */
	assert_row("{\"line\":null}");
	pur_buf_free(&full);
	pur_buf_free(&nulls);
}

/* A route's own fields say what its columns are, not those of the resource. */
static void
test_columns_are_what_the_routes_fields_say(void **state)
{
	static const struct pur_field own[] = { { .name = "amount", .type = PUR_MONEY },
						{ .name = NULL } };

	(void)state;
	style.version = 2;
	style.fields = own;
	one("amount", PUR_OID_INT8, "\0\0\0\0\0\0\0\7", 8);
	assert_row("{\"amount\":{\"amount\":7,\"currency\":\"EUR\"}}");
	one("total", PUR_OID_INT8, "\0\0\0\0\0\0\0\7", 8);
	assert_row("{\"total\":7}");
}

static void
test_rows_that_no_field_describes(void **state)
{
	struct pur_buf b = line(false);

	(void)state;
	one("more", PUR_OID_RECORD, b.data, b.len); /* no such field */
	assert_no_row();
	one("name", PUR_OID_RECORD, b.data, b.len); /* a field without .of */
	assert_no_row();
	put_column(&b, PUR_OID_INT8, "\0\0\0\0\0\0\0\7", 8);
	b.data[3] = 4; /* one column more than .of has */
	one_of("lines", PUR_OID_RECORD, &b);
	assert_no_row();
	put32(&b, 1);
	put_column(&b, PUR_OID_BYTEA, "x", 1); /* a type that isn't written */
	one_of("lines", PUR_OID_RECORD, &b);
	assert_no_row();
}

/* Every beginning of a right value, as a broken server might send it: refused, never read past. */
static void
test_bytes_that_end_too_early(void **state)
{
	struct pur_buf record = line(false), b = array(PUR_OID_RECORD, 1);
	size_t len;
	char *copy;

	(void)state;
	put_item(&b, record.data, record.len);
	len = b.len;
	copy = malloc(len);
	assert_non_null(copy);
	memcpy(copy, b.data, len);
	one_of("lines", PUR_OID_RECORD_ARRAY, &b);
	assert_row("{\"lines\":[{\"product_id\":\"" ID "\",\"quantity\":7,\"price\":1250}]}");
	for (size_t n = 0; n < len; n++) {
		one("lines", PUR_OID_RECORD_ARRAY, copy, n);
		assert_no_row();
	}
	for (size_t n = 0; n < record.len; n++) {
		one("lines", PUR_OID_RECORD, record.data, n);
		assert_no_row();
	}
	pur_buf_free(&record);
	free(copy);
}

/* Of a type whose values all have one length, any other is refused. */
static void
test_bytes_of_a_wrong_length(void **state)
{
	static const struct {
		Oid type;
		size_t len;
	} rows[] = {
		{ PUR_OID_BOOL, 1 }, { PUR_OID_INT2, 2 },  { PUR_OID_INT4, 4 },
		{ PUR_OID_INT8, 8 }, { PUR_OID_UUID, 16 }, { PUR_OID_TIMESTAMPTZ, 8 },
		{ PUR_OID_DATE, 4 },
	};
	static const char zeros[20];
	struct pur_uuid id;
	int64_t n;
	bool b;

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		for (size_t len = 0; len < sizeof(zeros); len++) {
			one("x", rows[i].type, zeros, len);
			pur_buf_reset(&out);
			assert_int_equal(pur_row_put(&out, &query, r, 0, &style),
					 len == rows[i].len ? PUR_OK : PUR_EINTERNAL);
			if (len == rows[i].len)
				continue;
			assert_int_equal(pur_row_int(r, 0, "x", &n), -1);
			assert_int_equal(pur_row_bool(r, 0, "x", &b), -1);
			assert_int_equal(pur_row_uuid(r, 0, "x", &id), -1);
		}
	}
	one("x", PUR_OID_JSONB, "", 0); /* not even the version */
	assert_no_row();
}

/* The same within arrays, where the next element's bytes would be read. */
static void
test_elements_of_a_wrong_length(void **state)
{
	struct pur_buf b = array(PUR_OID_INT8, 2);

	(void)state;
	put_item(&b, "\7", 1);
	put_item(&b, "\0\0\0\0\0\0\0\7", 8);
	one_of("x", PUR_OID_INT8_ARRAY, &b);
	assert_no_row();
}

/* PostgreSQL has none, so they would only be a way to any depth. */
static void
test_arrays_of_arrays(void **state)
{
	static const Oid types[] = { PUR_OID_TEXT_ARRAY, PUR_OID_INT8_ARRAY, PUR_OID_UUID_ARRAY,
				     PUR_OID_RECORD_ARRAY };

	(void)state;
	for (size_t i = 0; i < N_OF(types); i++) {
		struct pur_buf inner = array(PUR_OID_TEXT, 0), b = array(types[i], 1);

		put_item(&b, inner.data, inner.len);
		pur_buf_free(&inner);
		one_of("x", PUR_OID_TEXT_ARRAY, &b);
		assert_no_row();
	}
}

/* Its last times and dates are past the integers they are counted in from 1970. */
static void
test_times_past_the_integers(void **state)
{
	(void)state;
	one("x", PUR_OID_TIMESTAMPTZ, "\x7f\xff\xff\xff\xff\xff\xff\xfe", 8);
	assert_no_row();
	one("x", PUR_OID_TIMESTAMPTZ, "\x7f\xfc\xa2\xfe\xc4\xc8\x20\x00", 8);
	assert_no_row();
	one("x", PUR_OID_TIMESTAMPTZ, "\x7f\xfc\xa2\xfe\xc4\xc8\x1f\xff", 8);
	assert_row("{\"x\":\"294247-01-10T04:00:54.775807Z\"}");
	one("x", PUR_OID_DATE, "\x7f\xff\xff\xfe", 4);
	assert_no_row();
}

static void
test_arrays_of_two_dimensions(void **state)
{
	struct pur_buf b = { .data = NULL };

	(void)state;
	put32(&b, 2);
	put32(&b, 0);
	put32(&b, PUR_OID_TEXT);
	for (int i = 0; i < 4; i++)
		put32(&b, 1);
	put_item(&b, "a", 1);
	one_of("x", PUR_OID_TEXT_ARRAY, &b);
	assert_no_row();
}

/* ---- rows ---- */

static void
test_a_row(void **state)
{
	static const struct column columns[] = {
		{ "id", PUR_OID_UUID },    { "_was", PUR_OID_TEXT },
		{ "name", PUR_OID_TEXT },  { "password", PUR_OID_TEXT },
		{ "total", PUR_OID_INT8 }, { "_revision", PUR_OID_INT8 },
	};

	(void)state;
	r = new_result(columns, N_OF(columns));
	for (int row = 0; row < 2; row++) {
		set_uuid(r, row, 0, ID);
		set_text(r, row, 1, "pending");
		set_text(r, row, 2, row == 0 ? "Ada" : "Grace");
		set_text(r, row, 3, "secret");
		set_int8(r, row, 4, row);
		set_bytes(r, row, 5, "?", 1); /* of a type that isn't written: nobody looks */
	}
	assert_row("{\"id\":\"" ID "\",\"name\":\"Ada\",\"total\":0}");
	assert_int_equal(pur_row_put(&out, &query, r, 1, &style), PUR_OK);
	assert_written(&out, "{\"id\":\"" ID "\",\"name\":\"Ada\",\"total\":0}"
			     "{\"id\":\"" ID "\",\"name\":\"Grace\",\"total\":1}");
}

static void
test_what_was_asked_for(void **state)
{
	static const struct column columns[] = { { "id", PUR_OID_INT8 },
						 { "name", PUR_OID_TEXT },
						 { "password", PUR_OID_TEXT },
						 { "nam", PUR_OID_TEXT } };
	static const struct {
		const char *only, *json;
	} rows[] = {
		{ NULL, "{\"id\":7,\"name\":\"Ada\",\"nam\":\"A\"}" },
		{ "id,name,nam", "{\"id\":7,\"name\":\"Ada\",\"nam\":\"A\"}" },
		{ "name,id", "{\"id\":7,\"name\":\"Ada\"}" },
		{ "name", "{\"name\":\"Ada\"}" },
		{ "nam", "{\"nam\":\"A\"}" },
		{ "names,ids", "{}" },
		{ "password", "{}" },
		{ "password,id", "{\"id\":7}" },
		{ "", "{}" },
	};

	(void)state;
	r = new_result(columns, N_OF(columns));
	set_int8(r, 0, 0, 7);
	set_text(r, 0, 1, "Ada");
	set_text(r, 0, 2, "secret");
	set_text(r, 0, 3, "A");
	for (size_t i = 0; i < N_OF(rows); i++) {
		style.only = rows[i].only;
		assert_row(rows[i].json);
	}
}

static void
test_what_a_state_allows(void **state)
{
	(void)state;
	style.res = &orders;
	one("status", PUR_OID_TEXT, "pending", 7);
	assert_row("{\"status\":\"pending\",\"allowed_actions\":[\"approve\",\"cancel\"]}");
	one("status", PUR_OID_TEXT, "approved", 8);
	assert_row("{\"status\":\"approved\",\"allowed_actions\":[\"cancel\"]}");
	one("status", PUR_OID_TEXT, "cancelled", 9);
	assert_row("{\"status\":\"cancelled\",\"allowed_actions\":[]}");
	one("status", PUR_OID_TEXT, NULL, 0);
	assert_row("{\"status\":null,\"allowed_actions\":[]}");
	style.only = "status";
	assert_row("{\"status\":null,\"allowed_actions\":[]}");
	/* A resource without states has a status like any other text. */
	style.res = &products;
	style.only = NULL;
	one("status", PUR_OID_TEXT, "pending", 7);
	assert_row("{\"status\":\"pending\"}");
}

/* What is kept in the query must not outlive what it says. */
static void
test_forgetting_how_rows_are_written(void **state)
{
	(void)state;
	one("a", PUR_OID_INT4, "\0\0\0\1", 4);
	assert_row("{\"a\":1}");
	assert_non_null(query.plan);
	pur_row_forget(&query);
	assert_null(query.plan);
	pur_row_forget(&query);
	one("b", PUR_OID_TEXT, "1", 1);
	assert_row("{\"b\":\"1\"}");
}

/* ---- what code writes itself ---- */

static void
test_members_of_answers_made_by_code(void **state)
{
	static const struct column columns[] = { { "name", PUR_OID_TEXT },
						 { "n", PUR_OID_INT8 },
						 { "none", PUR_OID_TEXT },
						 { "total", PUR_OID_INT8 } };
	int first = 1;

	(void)state;
	r = new_result(columns, N_OF(columns));
	pur_put_text(&out, &first, "a", "x\"y");
	pur_put_column(&out, &first, "early", r, 0, "name"); /* no row yet */
	set_text(r, 0, 0, "Ada");
	set_int8(r, 0, 1, -5);
	set_null(r, 0, 2);
	set_int8(r, 0, 3, 7);
	pur_put_column(&out, &first, "name", r, 0, "name");
	pur_put_column(&out, &first, "n", r, 0, "n");
	pur_put_column(&out, &first, "none", r, 0, "none");
	pur_put_column(&out, &first, "total", r, 0, "total");
	pur_put_column(&out, &first, "missing", r, 0, "nothing");
	pur_put_column(&out, &first, "never", NULL, 0, "name");
	assert_written(&out, "\"a\":\"x\\\"y\",\"early\":null,\"name\":\"Ada\",\"n\":-5,"
			     "\"none\":null,\"total\":7,\"missing\":null,\"never\":null");
}

/* Whatever column it is given, it leaves JSON behind. */
static void
test_columns_that_code_cannot_write(void **state)
{
	struct pur_buf record = line(false), b = array(PUR_OID_RECORD, 1);
	int first = 1;

	put_item(&b, record.data, record.len);
	one_of("lines", PUR_OID_RECORD_ARRAY, &b);
	pur_buf_puts(&out, "{");
	pur_put_column(&out, &first, "lines", r, 0, "lines");
	pur_buf_puts(&out, "}");
	pur_buf_free(&record);
	parse_json(*state, out.data, out.len);
}

/* ---- one value ---- */

static void
test_values_by_column(void **state)
{
	static const struct column columns[] = {
		{ "n8", PUR_OID_INT8 },        { "n4", PUR_OID_INT4 },   { "b", PUR_OID_BOOL },
		{ "id", PUR_OID_UUID },        { "t", PUR_OID_TEXT },    { "v", PUR_OID_VARCHAR },
		{ "_revision", PUR_OID_INT8 }, { "null", PUR_OID_INT8 },
	};
	struct pur_uuid expected = uuid_of(ID), id;
	int64_t n = 77;
	bool b = false;

	(void)state;
	r = new_result(columns, N_OF(columns));
	set_int8(r, 0, 0, INT64_MIN);
	set_int4(r, 0, 1, -7);
	set_bytes(r, 0, 2, "\1", 1);
	set_uuid(r, 0, 3, ID);
	set_text(r, 0, 4, "text");
	set_text(r, 0, 5, "");
	set_int8(r, 0, 6, 5);
	assert_int_equal(pur_rows_count(r), 1);
	assert_int_equal(pur_row_int(r, 0, "n8", &n), 0);
	assert_int_equal(n, INT64_MIN);
	assert_int_equal(pur_row_int(r, 0, "n4", &n), 0);
	assert_int_equal(n, -7);
	assert_int_equal(pur_row_int(r, 0, "_revision", &n), 0);
	assert_int_equal(n, 5);
	assert_int_equal(pur_row_bool(r, 0, "b", &b), 0);
	assert_true(b);
	assert_int_equal(pur_row_uuid(r, 0, "id", &id), 0);
	assert_memory_equal(id.b, expected.b, sizeof(id.b));
	assert_string_equal(pur_row_text(r, 0, "t"), "text");
	assert_string_equal(pur_row_text(r, 0, "v"), "");
}

static void
test_bytes_of_a_length(void **state)
{
	static const struct column columns[] = { { "b", PUR_OID_BYTEA }, { "t", PUR_OID_TEXT } };
	unsigned char out_of_it[4] = "....";

	(void)state;
	r = new_result(columns, N_OF(columns));
	set_bytes(r, 0, 0, "\0\1\2\3", 4);
	set_text(r, 0, 1, "text");
	assert_int_equal(pur_row_bytes(r, 0, "b", out_of_it, 3), -1);
	assert_int_equal(pur_row_bytes(r, 0, "b", out_of_it, 5), -1);
	assert_int_equal(pur_row_bytes(r, 0, "t", out_of_it, 4), -1);
	assert_int_equal(pur_row_bytes(r, 1, "b", out_of_it, 4), -1);
	assert_int_equal(pur_row_bytes(NULL, 0, "b", out_of_it, 4), -1);
	assert_memory_equal(out_of_it, "....", 4);
	assert_int_equal(pur_row_bytes(r, 0, "b", out_of_it, 4), 0);
	assert_memory_equal(out_of_it, "\0\1\2\3", 4);
}

static void
test_values_that_are_not_there(void **state)
{
	static const struct column columns[] = { { "n", PUR_OID_INT8 }, { "t", PUR_OID_TEXT } };
	struct pur_uuid id = { { 7 } };
	int64_t n = 77;
	bool b = true;

	(void)state;
	r = new_result(columns, N_OF(columns));
	assert_int_equal(pur_rows_count(NULL), 0);
	assert_int_equal(pur_rows_count(r), 0);
	assert_int_equal(pur_row_int(NULL, 0, "n", &n), -1);
	assert_int_equal(pur_row_int(r, 0, "n", &n), -1); /* no row */
	set_null(r, 0, 0);
	set_text(r, 0, 1, "text");
	assert_int_equal(pur_row_int(r, 0, "n", &n), -1); /* NULL */
	assert_int_equal(pur_row_int(r, 1, "n", &n), -1); /* no such row */
	assert_int_equal(pur_row_int(r, 0, "m", &n), -1); /* no such column */
	assert_int_equal(pur_row_int(r, 0, "t", &n), -1); /* another type */
	assert_int_equal(pur_row_bool(r, 0, "t", &b), -1);
	assert_int_equal(pur_row_bool(r, 0, "n", &b), -1);
	assert_int_equal(pur_row_uuid(r, 0, "t", &id), -1);
	assert_int_equal(pur_row_uuid(r, 0, "m", &id), -1);
	assert_null(pur_row_text(r, 0, "n"));
	assert_null(pur_row_text(r, 0, "m"));
	set_int8(r, 0, 0, 1);
	assert_null(pur_row_text(r, 0, "n"));
	assert_true(n == 77 && b && id.b[0] == 7);
}

/* A type that isn't written is logged: nobody has to read that here. */
static int
quiet(void **state)
{
	return pur_log_open("test", "/dev/null", PUR_ERROR) != 0 ? -1 : new_arena(state);
}

/* What a cursor holds: read back, it is the same value to the last microsecond. */
static void
test_values_as_text(void **state)
{
	static const struct column columns[] = {
		{ "n2", PUR_OID_INT2 }, { "n4", PUR_OID_INT4 },        { "n8", PUR_OID_INT8 },
		{ "id", PUR_OID_UUID }, { "at", PUR_OID_TIMESTAMPTZ }, { "day", PUR_OID_DATE },
		{ "t", PUR_OID_TEXT },  { "b", PUR_OID_BYTEA },        { "null", PUR_OID_TEXT },
	};
	static const struct {
		const char *column, *text;
	} rows[] = {
		{ "n2", "-2" },
		{ "n4", "-7" },
		{ "n8", "-9223372036854775808" },
		{ "id", ID },
		{ "at", "2000-01-01T00:00:00.000001Z" },
		{ "day", "1999-12-31" },
		{ "t", "a \"b\"\n" },
	};
	static const enum pur_type types[] = { PUR_INT,  PUR_INT,  PUR_INT, PUR_UUID,
					       PUR_TIME, PUR_DATE, PUR_TEXT };

	r = new_result(columns, N_OF(columns));
	assert_null(pur_row_as_text(*state, r, 0, "t")); /* no row yet */
	set_bytes(r, 0, 0, "\xff\xfe", 2);
	set_int4(r, 0, 1, -7);
	set_int8(r, 0, 2, INT64_MIN);
	set_uuid(r, 0, 3, ID);
	set_int8(r, 0, 4, 1);
	set_int4(r, 0, 5, -1);
	set_text(r, 0, 6, "a \"b\"\n");
	set_bytes(r, 0, 7, "\1", 1);
	for (size_t i = 0; i < N_OF(rows); i++) {
		const struct pur_field f = { .name = "f", .type = types[i] };
		const char *text = pur_row_as_text(*state, r, 0, rows[i].column), *problem;
		struct pur_value v;

		assert_string_equal(text, rows[i].text);
		assert_int_equal(pur_field_read_text(&f, text, &v, &problem), PUR_OK);
	}
	assert_null(pur_row_as_text(*state, r, 0, "b"));
	assert_null(pur_row_as_text(*state, r, 0, "null"));
	assert_null(pur_row_as_text(*state, r, 0, "none"));
	assert_null(pur_row_as_text(*state, r, 1, "t"));
	assert_null(pur_row_as_text(*state, NULL, 0, "t"));
}

static enum pur_rc
text_it(struct pur_arena *a)
{
	return pur_row_as_text(a, r, 0, "t") != NULL ? PUR_OK : PUR_ETOOLARGE;
}

static void
test_texts_in_a_small_arena(void **state)
{
	(void)state;
	one("t", PUR_OID_TEXT, "text", 4);
	with_every_ceiling(text_it, PUR_OK);
}

static void
test_columns_that_are_shown(void **state)
{
	static const struct {
		const char *only, *column;
		bool shows;
	} rows[] = {
		{ NULL, "id", true },          { NULL, "unknown", true },
		{ NULL, "password", false },   { NULL, "_revision", false },
		{ "id,name", "id", true },     { "id,name", "name", true },
		{ "id,name", "total", false }, { "id,names", "name", false },
		{ "name", "nam", false },      { "password", "password", false },
		{ "_was", "_was", false },     { "", "id", false },
		{ "total", "unknown", false },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		style.only = rows[i].only;
		if (pur_row_shows(rows[i].column, &style) != rows[i].shows)
			fail_msg("%s of %s", rows[i].column, rows[i].only);
	}
}

static void
test_one_value_as_json(void **state)
{
	static const struct column columns[] = { { "total", PUR_OID_INT8 },
						 { "name", PUR_OID_TEXT },
						 { "other", PUR_OID_INT8 },
						 { "status", PUR_OID_TEXT },
						 { "bytes", PUR_OID_BYTEA } };

	(void)state;
	r = new_result(columns, N_OF(columns));
	set_int8(r, 0, 0, 7);
	set_text(r, 0, 1, "a\"");
	set_int8(r, 0, 2, -8);
	set_bytes(r, 0, 4, "\1", 1);
	style.version = 2;
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			pur_buf_putc(&out, ' ');
		assert_int_equal(pur_row_put_value(&out, r, 0, i, &style), PUR_OK);
	}
	assert_written(&out, "{\"amount\":7,\"currency\":\"EUR\"} \"a\\\"\" -8 null");
	assert_int_equal(pur_row_put_value(&out, r, 0, 4, &style), PUR_EINTERNAL);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_plain_types),
		TEST(test_infinite_times_are_not_computed_with),
		TEST(test_types_that_are_not_written),
		TEST(test_money),
		TEST(test_arrays),
		TEST(test_nested_rows),
		TEST(test_an_object),
		TEST(test_columns_are_what_the_routes_fields_say),
		TEST(test_rows_that_no_field_describes),
		TEST(test_bytes_that_end_too_early),
		TEST(test_bytes_of_a_wrong_length),
		TEST(test_elements_of_a_wrong_length),
		TEST(test_arrays_of_arrays),
		TEST(test_times_past_the_integers),
		TEST(test_arrays_of_two_dimensions),
		TEST(test_a_row),
		TEST(test_what_was_asked_for),
		TEST(test_what_a_state_allows),
		TEST(test_forgetting_how_rows_are_written),
		TEST(test_members_of_answers_made_by_code),
		TEST(test_columns_that_code_cannot_write),
		TEST(test_values_by_column),
		TEST(test_values_that_are_not_there),
		TEST(test_bytes_of_a_length),
		TEST(test_values_as_text),
		TEST(test_texts_in_a_small_arena),
		TEST(test_columns_that_are_shown),
		TEST(test_one_value_as_json),
	};

	return cmocka_run_group_tests(tests, quiet, free_arena);
}
