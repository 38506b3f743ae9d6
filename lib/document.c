/* document: a body's values as jsonb. */
#include "document.h"
#include "buf.h"
#include "json.h"
#include "timefmt.h"

static void put_object(struct pur_buf *b, const struct pur_field *fields,
		       const struct pur_value *values);

/* A list of objects, as JSON. */
static void
put_rows(struct pur_buf *b, const struct pur_field *f, const struct pur_value *v)
{
	size_t width = pur_fields_count(f->of);

	pur_buf_putc(b, '[');
	for (size_t i = 0; i < v->n; i++) {
		if (i > 0)
			pur_buf_putc(b, ',');
		put_object(b, f->of, &v->items[i * width]);
	}
	pur_buf_putc(b, ']');
}

/* One value: text needs escaping, the rest is plain. */
static void
put_value(struct pur_buf *b, const struct pur_field *f, const struct pur_value *v)
{
	char id[PUR_UUID_TEXT];

	if (v->null) {
		pur_buf_puts(b, "null");
		return;
	}
	switch (v->type) {
	case PUR_BOOL:
		pur_buf_puts(b, v->b ? "true" : "false");
		break;
	case PUR_INT:
	case PUR_MONEY:
		pur_buf_put_int(b, v->i);
		break;
	case PUR_UUID:
		pur_uuid_format(&v->uuid, id);
		pur_json_put_string(b, id, sizeof(id));
		break;
	case PUR_TIME:
	case PUR_DATE:
		pur_buf_putc(b, '"');
		if (v->type == PUR_TIME)
			pur_time_put(b, v->i);
		else
			pur_date_put(b, (int32_t)v->i);
		pur_buf_putc(b, '"');
		break;
	case PUR_ROWS:
		put_rows(b, f, v);
		break;
	case PUR_TEXTS:
		pur_buf_putc(b, '[');
		for (size_t i = 0; i < v->n; i++) {
			if (i > 0)
				pur_buf_putc(b, ',');
			pur_json_put_string(b, v->items[i].s, v->items[i].len);
		}
		pur_buf_putc(b, ']');
		break;
	default:
		pur_json_put_string(b, v->s, v->len);
	}
}

/* Names are ours; what is secret, or wasn't taken from the input, stays out at every depth. */
static void
put_object(struct pur_buf *b, const struct pur_field *fields, const struct pur_value *values)
{
	int first = 1;

	pur_buf_putc(b, '{');
	for (size_t i = 0; values != NULL && i < pur_fields_count(fields); i++) {
		if ((fields[i].flags & PUR_WRITEONLY) != 0 || values[i].type == PUR_NOTYPE)
			continue;
		pur_json_put_name(b, &first, fields[i].name);
		put_value(b, &fields[i], &values[i]);
	}
	pur_buf_putc(b, '}');
}

static void
free_buf(void *b)
{
	pur_buf_free(b);
}

enum pur_rc
pur_document(struct pur_arena *a, const struct pur_field *fields, const struct pur_value *values,
	     struct pur_datum *out)
{
	struct pur_buf *b = pur_alloc(a, sizeof(*b));

	if (b == NULL || pur_arena_defer(a, free_buf, b) != PUR_OK)
		return PUR_ETOOLARGE;
	pur_buf_putc(b, '\1'); /* jsonb's version */
	put_object(b, fields, values);
	*out = (struct pur_datum){ .data = b->data, .len = (int)b->len };
	return pur_buf_failed(b) ? PUR_ETOOLARGE : PUR_OK;
}
