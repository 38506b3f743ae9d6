/* datum: C values in PostgreSQL's binary format. */
#include "datum.h"
#include "oid.h"
#include <endian.h>
#include <string.h>

Oid
pur_datum_oid(enum pur_type t)
{
	switch (t) {
	case PUR_BOOL:
		return PUR_OID_BOOL;
	case PUR_INT:
	case PUR_MONEY:
		return PUR_OID_INT8;
	case PUR_UUID:
		return PUR_OID_UUID;
	case PUR_TIME:
		return PUR_OID_TIMESTAMPTZ;
	case PUR_DATE:
		return PUR_OID_DATE;
	case PUR_BYTES:
		return PUR_OID_BYTEA;
	case PUR_TEXTS:
		return PUR_OID_TEXT_ARRAY;
	default:
		return PUR_OID_TEXT;
	}
}

Oid
pur_datum_array_oid(enum pur_type t)
{
	switch (pur_datum_oid(t)) {
	case PUR_OID_BOOL:
		return PUR_OID_BOOL_ARRAY;
	case PUR_OID_INT8:
		return PUR_OID_INT8_ARRAY;
	case PUR_OID_UUID:
		return PUR_OID_UUID_ARRAY;
	case PUR_OID_TIMESTAMPTZ:
		return PUR_OID_TIMESTAMPTZ_ARRAY;
	case PUR_OID_DATE:
		return PUR_OID_DATE_ARRAY;
	case PUR_OID_BYTEA:
		return PUR_OID_BYTEA_ARRAY;
	default:
		return PUR_OID_TEXT_ARRAY;
	}
}

struct pur_datum
pur_datum_text(const char *text)
{
	return (struct pur_datum){ .data = text, .len = text != NULL ? (int)strlen(text) : 0 };
}

struct pur_datum
pur_datum_uuid(const struct pur_uuid *id)
{
	return (struct pur_datum){ .data = (const char *)id->b, .len = sizeof(id->b) };
}

static enum pur_rc
put_number(struct pur_arena *a, int64_t n, struct pur_datum *out)
{
	uint64_t *be = pur_alloc(a, sizeof(*be));

	if (be == NULL)
		return PUR_ETOOLARGE;
	*be = htobe64((uint64_t)n);
	*out = (struct pur_datum){ .data = (const char *)be, .len = sizeof(*be) };
	return PUR_OK;
}

static enum pur_rc
put_date(struct pur_arena *a, int64_t days, struct pur_datum *out)
{
	uint32_t *be = pur_alloc(a, sizeof(*be));

	if (be == NULL)
		return PUR_ETOOLARGE;
	*be = htobe32((uint32_t)(int32_t)(days - PUR_PG_EPOCH_DAYS));
	*out = (struct pur_datum){ .data = (const char *)be, .len = sizeof(*be) };
	return PUR_OK;
}

enum pur_rc
pur_datum_value(struct pur_arena *a, const struct pur_value *v, struct pur_datum *out)
{
	if (v == NULL || v->null || v->type == PUR_NOTYPE) {
		*out = (struct pur_datum){ .data = NULL };
		return PUR_OK;
	}
	switch (v->type) {
	case PUR_BOOL:
		*out = (struct pur_datum){ .data = v->b ? "\1" : "\0", .len = 1 };
		return PUR_OK;
	case PUR_INT:
	case PUR_MONEY:
		return put_number(a, v->i, out);
	case PUR_TIME:
		return put_number(a, v->i - PUR_PG_EPOCH_MICROS, out);
	case PUR_DATE:
		return put_date(a, v->i, out);
	case PUR_UUID:
		*out = pur_datum_uuid(&v->uuid);
		return PUR_OK;
	case PUR_TEXTS:
		return pur_datum_array(a, PUR_TEXT, v->items, v->n, out);
	default:
		*out = (struct pur_datum){ .data = v->s, .len = (int)v->len };
		return PUR_OK;
	}
}

static char *
put32(char *p, int32_t n)
{
	uint32_t be = htobe32((uint32_t)n);

	memcpy(p, &be, sizeof(be));
	return p + sizeof(be);
}

/* The array format: dimensions, has NULLs, element type, length, lower bound, then elements. */
enum pur_rc
pur_datum_array(struct pur_arena *a, enum pur_type type, const struct pur_value *values, size_t n,
		struct pur_datum *out)
{
	struct pur_datum *items = pur_calloc(a, n + 1, sizeof(*items));
	size_t size = 20;
	bool nulls = false;
	char *data, *p;

	if (items == NULL)
		return PUR_ETOOLARGE;
	for (size_t i = 0; i < n; i++) {
		if (pur_datum_value(a, &values[i], &items[i]) != PUR_OK)
			return PUR_ETOOLARGE;
		nulls |= items[i].data == NULL;
		size += 4 + (size_t)items[i].len;
	}
	data = pur_alloc(a, size);
	if (data == NULL)
		return PUR_ETOOLARGE;
	p = put32(data, n > 0);
	p = put32(p, nulls);
	p = put32(p, (int32_t)pur_datum_oid(type));
	if (n > 0) {
		p = put32(p, (int32_t)n);
		p = put32(p, 1);
	}
	for (size_t i = 0; i < n; i++) {
		p = put32(p, items[i].data != NULL ? items[i].len : -1);
		if (items[i].data != NULL) {
			memcpy(p, items[i].data, (size_t)items[i].len);
			p += items[i].len;
		}
	}
	*out = (struct pur_datum){ .data = data, .len = (int)(p - data) };
	return PUR_OK;
}
