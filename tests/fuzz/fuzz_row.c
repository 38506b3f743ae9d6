/*
 * fuzz_row: rows whose bytes are not what their types claim. A row is refused, or written as JSON
 * that our own scanner takes; no byte past a value's end is looked at.
 */
#include "fuzz.h"
#include "log.h"
#include "oid.h"
#include "row.h"

#include <libpq-fe.h>

#define COLUMNS 8

static const struct pur_field extras[] = { { .name = "note", .type = PUR_TEXT },
					   { .name = "price", .type = PUR_MONEY },
					   { .name = NULL } };

static const struct pur_field lines[] = {
	{ .name = "product_id", .type = PUR_UUID },
	{ .name = "pin", .type = PUR_TEXT, .flags = PUR_WRITEONLY },
	{ .name = "price", .type = PUR_MONEY },
	{ .name = "extras", .type = PUR_ROWS, .of = extras },
	{ .name = NULL },
};

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID },
	{ .name = "total", .type = PUR_MONEY },
	{ .name = "password", .type = PUR_TEXT, .flags = PUR_WRITEONLY },
	{ .name = "lines", .type = PUR_ROWS, .of = lines },
	{ .name = "status", .type = PUR_TEXT },
	{ .name = NULL },
};

static const struct pur_route routes[] = {
	{ PUR_POST, "/orders/{ref}/approve", .from = "pending", .to = "approved" },
	{ PUR_METHOD_UNKNOWN },
};

static const struct pur_resource resource = { .fields = fields, .routes = routes };

static const struct {
	const char *name;
	Oid type;
} kinds[] = {
	{ "id", PUR_OID_UUID },       { "total", PUR_OID_INT8 },
	{ "password", PUR_OID_TEXT }, { "lines", PUR_OID_RECORD_ARRAY },
	{ "status", PUR_OID_TEXT },   { "_revision", PUR_OID_INT8 },
	{ "a", PUR_OID_BOOL },        { "b", PUR_OID_INT2 },
	{ "c", PUR_OID_INT4 },        { "d", PUR_OID_DATE },
	{ "e", PUR_OID_TIMESTAMPTZ }, { "f", PUR_OID_TEXT_ARRAY },
	{ "g", PUR_OID_INT8_ARRAY },  { "h", PUR_OID_UUID_ARRAY },
	{ "lines", PUR_OID_RECORD },  { "total", PUR_OID_INT4 },
	{ "i", PUR_OID_VARCHAR },     { "j", PUR_OID_BPCHAR },
	{ "k", PUR_OID_BYTEA },       { "l", PUR_OID_JSONB },
};

/*
 * The row's values, each in an allocation of its own: reading past it is seen. libpq's NUL stands
 * behind text alone, where it is counted on.
 */
static struct {
	unsigned kind;
	char *data; /* NULL: SQL NULL */
	int len;
} columns[COLUMNS];

/*
 * Stands in for libpq's, which keeps a row's values in one block: there reading past one value
 * would only give the next.
 */
char *
PQgetvalue(const PGresult *r, int row, int column)
{
	static char none[] = "";

	HOLDS(r != NULL && row == 0 && column >= 0 && column < COLUMNS);
	return columns[column].data != NULL ? columns[column].data : none;
}

/* JSON that PostgreSQL made is written as it stands: it has no part in what is claimed here. */
static int
has_jsonb(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i + 2 <= size; i++) {
		if (data[i] == PUR_OID_JSONB >> 8 && data[i + 1] == (PUR_OID_JSONB & 0xff))
			return 1;
	}
	return 0;
}

static int
is_text(unsigned kind)
{
	return kinds[kind].type == PUR_OID_TEXT || kinds[kind].type == PUR_OID_VARCHAR ||
	       kinds[kind].type == PUR_OID_BPCHAR;
}

/* Kind and length, a byte each, then the value; a length past all that is left is NULL. */
static int
take_row(struct input *in)
{
	int n = 0;

	while (in->left > 0 && n < COLUMNS) {
		struct input value;
		size_t len;

		columns[n].kind = take_byte(in) % N_OF(kinds);
		len = take_byte(in);
		columns[n].data = NULL;
		if (len <= in->left) {
			value = take_bytes(in, len);
			columns[n].data = calloc(value.left + is_text(columns[n].kind), 1);
			HOLDS(columns[n].data != NULL);
			memcpy(columns[n].data, value.p, value.left);
			columns[n].len = (int)value.left;
		}
		n++;
	}
	return n;
}

static PGresult *
make_result(int n)
{
	PGresult *r = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PGresAttDesc attributes[COLUMNS] = { { .name = NULL } };
	char names[COLUMNS][16];

	for (int i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "%s", kinds[columns[i].kind].name);
		attributes[i] = (PGresAttDesc){ .name = names[i],
						.typid = kinds[columns[i].kind].type,
						.typlen = -1,
						.atttypmod = -1,
						.format = 1 };
	}
	HOLDS(r != NULL && PQsetResultAttrs(r, n, attributes) == 1);
	for (int i = 0; i < n; i++)
		HOLDS(PQsetvalue(r, 0, i, columns[i].data,
				 columns[i].data != NULL ? columns[i].len : -1) == 1);
	return r;
}

static void
is_json(const struct pur_buf *b)
{
	struct pur_json_scan scan;
	struct pur_buf text = { .data = NULL };

	HOLDS(!pur_buf_failed(b));
	/* A NUL that PostgreSQL would never send is written as JSON has it, which we never read. */
	pur_buf_put(&text, b->data, b->len);
	pur_buf_putc(&text, '\0');
	HOLDS(pur_json_scan(b->data, b->len, &scan) == 0 || strstr(text.data, "\\u0000") != NULL);
	HOLDS(strstr(text.data, "\"password\":") == NULL && strstr(text.data, "\"pin\":") == NULL);
	HOLDS(strstr(text.data, "\"_revision\":") == NULL);
	pur_buf_free(&text);
}

static void
writes(const PGresult *r, const struct pur_row_style *style, int has_json)
{
	struct pur_query q = { .name = "q" };
	struct pur_buf b = { .data = NULL };
	enum pur_rc rc = pur_row_put(&b, &q, r, 0, style);

	HOLDS(rc == PUR_OK || rc == PUR_EINTERNAL);
	if (rc == PUR_OK && !has_json)
		is_json(&b);
	pur_row_forget(&q);
	pur_buf_free(&b);
}

/* Column by column, as code of handlers takes them. */
static void
takes(const PGresult *r, const char *name, int has_json)
{
	struct pur_buf b = { .data = NULL };
	struct pur_uuid id;
	int64_t number;
	int first = 1;
	bool yes;
	const char *text = pur_row_text(r, 0, name);
	int taken = (pur_row_int(r, 0, name, &number) == 0) +
		    (pur_row_bool(r, 0, name, &yes) == 0) + (pur_row_uuid(r, 0, name, &id) == 0) +
		    (text != NULL);

	HOLDS(taken <= 1);
	pur_buf_putc(&b, '{');
	pur_put_column(&b, &first, "x", r, 0, name);
	pur_buf_putc(&b, '}');
	if (!has_json)
		is_json(&b);
	pur_buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct pur_row_style style = {
		.res = &resource, .fields = fields, .version = 1, .currency = "EUR"
	};
	int has_json = has_jsonb(data, size), n;
	PGresult *r;

	HOLDS(pur_log_open("fuzz_row", "/dev/null", PUR_ERROR) == 0);
	if (take_byte(&in) % 2 == 1)
		style.version = 2;
	n = take_row(&in);
	for (int i = 0; i < n; i++)
		has_json |= kinds[columns[i].kind].type == PUR_OID_JSONB;
	r = make_result(n);
	writes(r, &style, has_json);
	style.only = "id,lines,l";
	writes(r, &style, has_json);
	for (int i = 0; i < n; i++)
		takes(r, kinds[columns[i].kind].name, has_json);
	PQclear(r);
	for (int i = 0; i < n; i++)
		free(columns[i].data);
	return 0;
}
