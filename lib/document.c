/* document: a body's values as jsonb. */
#include "document.h"
#include "buf.h"
#include "json.h"
#include "timefmt.h"

static void put_member(struct pur_buf *b, int *first, const struct pur_field *f,
		       const struct pur_value *v);

/* A list of objects, as JSON. */
static void
put_rows(struct pur_buf *b, const struct pur_field *f, const struct pur_value *v)
{
	size_t width = pur_fields_count(f->of);

	pur_buf_putc(b, '[');
	for (size_t i = 0; i < v->n; i++) {
		int first = 1;

		pur_buf_puts(b, i > 0 ? ",{" : "{");
		for (size_t k = 0; k < width; k++)
			put_member(b, &first, &f->of[k], &v->items[i * width + k]);
		pur_buf_putc(b, '}');
	}
	pur_buf_putc(b, ']');
}

/* One member of @body: names are ours, text needs escaping, the rest is plain. */
static void
put_member(struct pur_buf *b, int *first, const struct pur_field *f, const struct pur_value *v)
{
	char id[PUR_UUID_TEXT];

	pur_json_put_name(b, first, f->name);
	if (v->null || v->type == PUR_NOTYPE) {
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
	int first = 1;

	if (b == NULL || pur_arena_defer(a, free_buf, b) != PUR_OK)
		return PUR_ETOOLARGE;
	pur_buf_puts(b, "\1{"); /* jsonb's version */
	for (size_t i = 0; values != NULL && i < pur_fields_count(fields); i++) {
		if ((fields[i].flags & PUR_WRITEONLY) == 0 && values[i].type != PUR_NOTYPE)
			put_member(b, &first, &fields[i], &values[i]);
	}
	pur_buf_putc(b, '}');
	*out = (struct pur_datum){ .data = b->data, .len = (int)b->len };
	return pur_buf_failed(b) ? PUR_ETOOLARGE : PUR_OK;
}
