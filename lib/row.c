/* row: writes binary results as JSON. */
#include "row.h"
#include "id.h"
#include "json.h"
#include "log.h"
#include "oid.h"
#include "timefmt.h"
#include <endian.h>
#include <stdlib.h>

/* How one column is written. */
struct column {
	char *prefix; /* "name": with its quotes */
	size_t prefix_len;
	const struct pur_field *field; /* NULL: known by its SQL type alone */
	Oid type;
	bool hidden;
	bool status; /* allowed_actions follow */
};

struct plan {
	int n;
	struct column columns[];
};

/* A piece of binary input with its end. */
struct span {
	const char *p, *end;
};

static int16_t
get16(const char *p)
{
	uint16_t n;

	memcpy(&n, p, sizeof(n));
	return (int16_t)be16toh(n);
}

static int32_t
get32(const char *p)
{
	uint32_t n;

	memcpy(&n, p, sizeof(n));
	return (int32_t)be32toh(n);
}

static int64_t
get64(const char *p)
{
	uint64_t n;

	memcpy(&n, p, sizeof(n));
	return (int64_t)be64toh(n);
}

/* Takes a 32-bit number off a span. Returns false at its end. */
static bool
take32(struct span *s, int32_t *out)
{
	if (s->end - s->p < 4)
		return false;
	*out = get32(s->p);
	s->p += 4;
	return true;
}

static bool
resource_has_states(const struct pur_resource *res)
{
	for (const struct pur_route *r = res->routes; r->method != PUR_METHOD_UNKNOWN; r++) {
		if (r->from != NULL)
			return true;
	}
	return false;
}

static void
plan_column(struct column *c, const PGresult *r, int i, const struct pur_row_style *style)
{
	const char *name = PQfname(r, i);
	size_t len = strlen(name);
	int f = pur_field_find(style->fields, name, len);
	char *prefix = malloc(len + 4);

	if (prefix == NULL)
		abort(); /* once per statement and process, at its first use */
	c->prefix_len = (size_t)sprintf(prefix, "\"%s\":", name);
	c->prefix = prefix;
	c->type = PQftype(r, i);
	c->field = f >= 0 ? &style->fields[f] : NULL;
	c->hidden = name[0] == '_' || (c->field != NULL && (c->field->flags & PUR_WRITEONLY) != 0);
	c->status = strcmp(name, "status") == 0 && resource_has_states(style->res);
}

void
pur_row_forget(struct pur_query *q)
{
	struct plan *p = q->plan;

	for (int i = 0; p != NULL && i < p->n; i++)
		free(p->columns[i].prefix);
	free(p);
	q->plan = NULL;
}

static const struct plan *
plan_of(struct pur_query *q, const PGresult *r, const struct pur_row_style *style)
{
	struct plan *p = q->plan;
	int n = PQnfields(r);

	if (p != NULL && p->n == n)
		return p;
	pur_row_forget(q);
	p = calloc(1, sizeof(*p) + (size_t)n * sizeof(p->columns[0]));
	if (p == NULL)
		abort();
	p->n = n;
	for (int i = 0; i < n; i++)
		plan_column(&p->columns[i], r, i, style);
	q->plan = p;
	return p;
}

static bool put_value(struct pur_buf *b, Oid type, const struct pur_field *f, const char *p,
		      int len, const struct pur_row_style *style);

static void
put_integer(struct pur_buf *b, const struct pur_field *f, int64_t n,
	    const struct pur_row_style *style)
{
	if (f == NULL || f->type != PUR_MONEY || style->version < 2) {
		pur_buf_put_int(b, n);
		return;
	}
	pur_buf_puts(b, "{\"amount\":");
	pur_buf_put_int(b, n);
	pur_buf_puts(b, ",\"currency\":\"");
	pur_buf_puts(b, style->currency);
	pur_buf_puts(b, "\"}");
}

/* ROW(...): its values take their names from the field's .of, in order. */
static bool
put_record(struct pur_buf *b, const struct pur_field *f, struct span s,
	   const struct pur_row_style *style)
{
	const struct pur_field *of = f != NULL ? f->of : NULL;
	int32_t n, type, len;
	int first = 1;

	if (of == NULL || !take32(&s, &n))
		return false;
	pur_buf_putc(b, '{');
	for (int32_t i = 0; i < n; i++, of++) {
		while (of->name != NULL && (of->flags & PUR_WRITEONLY) != 0)
			of++;
		if (of->name == NULL || !take32(&s, &type) || !take32(&s, &len) ||
		    len > s.end - s.p)
			return false;
		pur_json_put_name(b, &first, of->name);
		if (!put_value(b, (Oid)type, of, s.p, len, style))
			return false;
		if (len > 0)
			s.p += len;
	}
	pur_buf_putc(b, '}');
	return true;
}

static bool
is_array(Oid type)
{
	return type == PUR_OID_RECORD_ARRAY || type == PUR_OID_TEXT_ARRAY ||
	       type == PUR_OID_UUID_ARRAY || type == PUR_OID_INT8_ARRAY;
}

/*
 * A one-dimensional array of anything that can be written but an array, which PostgreSQL has none
 * of: so how deep this goes is for the table of fields to say, not for the bytes.
 */
static bool
put_array(struct pur_buf *b, const struct pur_field *f, struct span s,
	  const struct pur_row_style *style)
{
	int32_t dimensions, nulls, type, n = 0, lower, len;

	if (!take32(&s, &dimensions) || !take32(&s, &nulls) || !take32(&s, &type) ||
	    is_array((Oid)type))
		return false;
	if (dimensions > 1 || (dimensions == 1 && (!take32(&s, &n) || !take32(&s, &lower))))
		return false;
	pur_buf_putc(b, '[');
	for (int32_t i = 0; i < n; i++) {
		if (i > 0)
			pur_buf_putc(b, ',');
		if (!take32(&s, &len) || len > s.end - s.p ||
		    !put_value(b, (Oid)type, f, s.p, len, style))
			return false;
		if (len > 0)
			s.p += len;
	}
	pur_buf_putc(b, ']');
	return true;
}

static void
put_uuid(struct pur_buf *b, const char *p)
{
	struct pur_uuid id;
	char text[PUR_UUID_TEXT + 2];

	memcpy(id.b, p, sizeof(id.b));
	text[0] = text[PUR_UUID_TEXT + 1] = '"';
	pur_uuid_format(&id, text + 1);
	pur_buf_put(b, text, sizeof(text));
}

/*
 * 'infinity', which JSON has no word for, is null. PostgreSQL's last times, in the year 294246, are
 * past int64 when counted from 1970: they are not written.
 */
static bool
put_time(struct pur_buf *b, int64_t micros)
{
	if (micros == INT64_MAX || micros == INT64_MIN) {
		pur_buf_put(b, "null", 4);
		return true;
	}
	if (__builtin_add_overflow(micros, PUR_PG_EPOCH_MICROS, &micros))
		return false;
	pur_buf_putc(b, '"');
	pur_time_put(b, micros);
	pur_buf_putc(b, '"');
	return true;
}

static bool
put_date(struct pur_buf *b, int32_t days)
{
	if (days == INT32_MAX || days == INT32_MIN) {
		pur_buf_put(b, "null", 4);
		return true;
	}
	if (__builtin_add_overflow(days, PUR_PG_EPOCH_DAYS, &days))
		return false;
	pur_buf_putc(b, '"');
	pur_date_put(b, days);
	pur_buf_putc(b, '"');
	return true;
}

/* True when a value of the type can have so many bytes. */
static bool
has_length_of(Oid type, int len)
{
	switch (type) {
	case PUR_OID_BOOL:
		return len == 1;
	case PUR_OID_INT2:
		return len == 2;
	case PUR_OID_INT4:
	case PUR_OID_DATE:
		return len == 4;
	case PUR_OID_INT8:
	case PUR_OID_TIMESTAMPTZ:
		return len == 8;
	case PUR_OID_UUID:
		return len == 16;
	case PUR_OID_JSONB:
		return len > 0;
	default:
		return true;
	}
}

/* len -1: NULL. Returns false for a type that isn't written, and for bytes that are none of it. */
static bool
put_value(struct pur_buf *b, Oid type, const struct pur_field *f, const char *p, int len,
	  const struct pur_row_style *style)
{
	if (len < 0) {
		pur_buf_put(b, "null", 4);
		return true;
	}
	if (!has_length_of(type, len))
		return false;
	switch (type) {
	case PUR_OID_BOOL:
		pur_buf_puts(b, *p != 0 ? "true" : "false");
		return true;
	case PUR_OID_INT2:
		put_integer(b, f, get16(p), style);
		return true;
	case PUR_OID_INT4:
		put_integer(b, f, get32(p), style);
		return true;
	case PUR_OID_INT8:
		put_integer(b, f, get64(p), style);
		return true;
	case PUR_OID_TEXT:
	case PUR_OID_BPCHAR:
	case PUR_OID_VARCHAR:
		pur_json_put_string(b, p, (size_t)len);
		return true;
	case PUR_OID_UUID:
		put_uuid(b, p);
		return true;
	case PUR_OID_TIMESTAMPTZ:
		return put_time(b, get64(p));
	case PUR_OID_DATE:
		return put_date(b, get32(p));
	case PUR_OID_JSONB: /* a version byte stands before the text */
		pur_buf_put(b, p + 1, (size_t)len - 1);
		return true;
	case PUR_OID_RECORD:
		return put_record(b, f, (struct span){ p, p + len }, style);
	case PUR_OID_RECORD_ARRAY:
	case PUR_OID_TEXT_ARRAY:
	case PUR_OID_UUID_ARRAY:
	case PUR_OID_INT8_ARRAY:
		return put_array(b, f, (struct span){ p, p + len }, style);
	default:
		return false;
	}
}

/* True when a list of names, "id,name", has one. */
static bool
names_have(const char *names, const char *name, size_t len)
{
	for (const char *p = names; p != NULL; p = strchr(p, ','), p = p != NULL ? p + 1 : NULL) {
		if (strncmp(p, name, len) == 0 && (p[len] == ',' || p[len] == '\0'))
			return true;
	}
	return false;
}

void
pur_actions_put(struct pur_buf *b, const struct pur_resource *res, const char *status)
{
	int first = 1;

	pur_buf_putc(b, '[');
	for (const struct pur_route *r = res->routes; r->method != PUR_METHOD_UNKNOWN; r++) {
		const char *action = pur_route_action(r);

		if (r->from == NULL || action[0] == '\0' ||
		    !pur_words_have(r->from, status, strlen(status)))
			continue;
		if (!first)
			pur_buf_putc(b, ',');
		first = 0;
		pur_json_put_string(b, action, strlen(action));
	}
	pur_buf_putc(b, ']');
}

enum pur_rc
pur_row_put(struct pur_buf *b, struct pur_query *q, const PGresult *r, int row,
	    const struct pur_row_style *style)
{
	const struct plan *plan = plan_of(q, r, style);
	char before = '{';

	for (int i = 0; i < plan->n; i++) {
		const struct column *c = &plan->columns[i];
		int len = PQgetisnull(r, row, i) ? -1 : PQgetlength(r, row, i);

		if (c->hidden || (style->only != NULL &&
				  !names_have(style->only, c->prefix + 1, c->prefix_len - 3)))
			continue;
		pur_buf_putc(b, before);
		before = ',';
		pur_buf_put(b, c->prefix, c->prefix_len);
		if (!put_value(b, c->type, c->field, PQgetvalue(r, row, i), len, style)) {
			pur_log(PUR_ERROR,
				"a column has a type or shape that rows can't be written from",
				PUR_TEXT_ITEM("statement", q->name),
				PUR_TEXT_ITEM("column", PQfname(r, i)));
			return PUR_EINTERNAL;
		}
		if (c->status) {
			pur_buf_puts(b, ",\"allowed_actions\":");
			pur_actions_put(b, style->res, PQgetvalue(r, row, i));
		}
	}
	if (before == '{')
		pur_buf_putc(b, '{');
	pur_buf_putc(b, '}');
	return PUR_OK;
}

void
pur_put_text(struct pur_buf *b, int *first, const char *name, const char *text)
{
	pur_json_put_name(b, first, name);
	pur_json_put_string(b, text, strlen(text));
}

void
pur_put_column(struct pur_buf *b, int *first, const char *name, const PGresult *r, int row,
	       const char *column)
{
	static const struct pur_row_style plain = { .version = 1 };
	int c = row < pur_rows_count(r) ? PQfnumber(r, column) : -1;
	bool none = c < 0 || PQgetisnull(r, row, c);

	size_t before;

	pur_json_put_name(b, first, name);
	before = b->len;
	if (none || !put_value(b, PQftype(r, c), NULL, PQgetvalue(r, row, c),
			       PQgetlength(r, row, c), &plain)) {
		b->len = before; /* not the half of what can't be written whole */
		pur_buf_puts(b, "null");
	}
}

/* The value of a column, or NULL, also when it has not the length of its type. */
static const char *
value_of(const PGresult *r, int row, const char *column, Oid *type)
{
	int c = r != NULL && row < PQntuples(r) ? PQfnumber(r, column) : -1;

	if (c < 0 || PQgetisnull(r, row, c))
		return NULL;
	*type = PQftype(r, c);
	return has_length_of(*type, PQgetlength(r, row, c)) ? PQgetvalue(r, row, c) : NULL;
}

int
pur_row_int(const PGresult *r, int row, const char *column, int64_t *out)
{
	Oid type = 0;
	const char *p = value_of(r, row, column, &type);

	if (p == NULL || (type != PUR_OID_INT8 && type != PUR_OID_INT4))
		return -1;
	*out = type == PUR_OID_INT8 ? get64(p) : get32(p);
	return 0;
}

int
pur_row_bool(const PGresult *r, int row, const char *column, bool *out)
{
	Oid type = 0;
	const char *p = value_of(r, row, column, &type);

	if (p == NULL || type != PUR_OID_BOOL)
		return -1;
	*out = *p != 0;
	return 0;
}

int
pur_row_uuid(const PGresult *r, int row, const char *column, struct pur_uuid *out)
{
	Oid type = 0;
	const char *p = value_of(r, row, column, &type);

	if (p == NULL || type != PUR_OID_UUID)
		return -1;
	memcpy(out->b, p, sizeof(out->b));
	return 0;
}

int
pur_row_bytes(const PGresult *r, int row, const char *column, unsigned char *out, int len)
{
	Oid type = 0;
	const char *p = value_of(r, row, column, &type);

	if (p == NULL || type != PUR_OID_BYTEA || PQgetlength(r, row, PQfnumber(r, column)) != len)
		return -1;
	memcpy(out, p, (size_t)len);
	return 0;
}

const char *
pur_row_text(const PGresult *r, int row, const char *column)
{
	Oid type = 0;
	const char *p = value_of(r, row, column, &type);

	if (p == NULL ||
	    (type != PUR_OID_TEXT && type != PUR_OID_VARCHAR && type != PUR_OID_BPCHAR))
		return NULL;
	return p;
}

int
pur_rows_count(const PGresult *r)
{
	return r != NULL ? PQntuples(r) : 0;
}

static void
free_buf(void *b)
{
	pur_buf_free(b);
}

const char *
pur_row_as_text(struct pur_arena *a, const PGresult *r, int row, const char *column)
{
	struct pur_buf *b = pur_alloc(a, sizeof(*b));
	char id[PUR_UUID_TEXT];
	struct pur_uuid uuid;
	Oid type = 0;
	const char *p = value_of(r, row, column, &type);

	if (b == NULL || p == NULL || pur_arena_defer(a, free_buf, b) != PUR_OK)
		return NULL;
	switch (type) {
	case PUR_OID_INT2:
		pur_buf_put_int(b, get16(p));
		break;
	case PUR_OID_INT4:
		pur_buf_put_int(b, get32(p));
		break;
	case PUR_OID_INT8:
		pur_buf_put_int(b, get64(p));
		break;
	case PUR_OID_TIMESTAMPTZ:
		pur_time_put(b, get64(p) + PUR_PG_EPOCH_MICROS);
		break;
	case PUR_OID_DATE:
		pur_date_put(b, get32(p) + PUR_PG_EPOCH_DAYS);
		break;
	case PUR_OID_UUID:
		memcpy(uuid.b, p, sizeof(uuid.b));
		pur_uuid_format(&uuid, id);
		pur_buf_put(b, id, sizeof(id));
		break;
	case PUR_OID_TEXT:
		pur_buf_puts(b, p);
		break;
	default:
		return NULL;
	}
	pur_buf_putc(b, '\0');
	return pur_buf_failed(b) ? NULL : b->data;
}

bool
pur_row_shows(const char *column, const struct pur_row_style *style)
{
	size_t len = strlen(column);
	int f = pur_field_find(style->fields, column, len);

	if (column[0] == '_' || (f >= 0 && (style->fields[f].flags & PUR_WRITEONLY) != 0))
		return false;
	return style->only == NULL || names_have(style->only, column, len);
}

enum pur_rc
pur_row_put_value(struct pur_buf *b, const PGresult *r, int row, int column,
		  const struct pur_row_style *style)
{
	const char *name = PQfname(r, column);
	int f = pur_field_find(style->fields, name, strlen(name));
	int len = PQgetisnull(r, row, column) ? -1 : PQgetlength(r, row, column);

	return put_value(b, PQftype(r, column), f >= 0 ? &style->fields[f] : NULL,
			 PQgetvalue(r, row, column), len, style)
		   ? PUR_OK
		   : PUR_EINTERNAL;
}
