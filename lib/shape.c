/* shape: statements built from fragments, and the cache of those prepared. */
#include "shape.h"
#include "row.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SQL_MOST 8192 /* bytes of a statement */

/* A statement this process has met, by its text. */
struct kept {
	struct pur_query query;
	Oid types[PUR_SHAPE_ARGS];
	char sql[SQL_MOST];
	size_t len; /* of sql; 0: the place is free */
	unsigned long used;
};

static struct kept all[PUR_SHAPES];
static unsigned long uses;

bool
pur_view_differs(const struct pur_view *v)
{
	return v->n_includes > 0 || v->search != NULL || v->deleted;
}

/* Finds a statement by its text, or gives it the place of the one unused for longest. */
static enum pur_rc
find(struct pur_db *db, const struct pur_shape *s, struct pur_query **out)
{
	struct kept *oldest = &all[0];

	if (s->sql.len >= SQL_MOST)
		return PUR_ETOOLARGE;
	for (struct kept *k = all; k < all + PUR_SHAPES; k++) {
		if (k->len == s->sql.len && memcmp(k->sql, s->sql.data, s->sql.len) == 0) {
			k->used = ++uses;
			*out = &k->query;
			return PUR_OK;
		}
		if (k->used < oldest->used)
			oldest = k;
	}
	if (oldest->len > 0 && pur_db_forget(db, &oldest->query) != PUR_OK)
		return PUR_EUNAVAILABLE;
	pur_row_forget(&oldest->query);
	memcpy(oldest->sql, s->sql.data, s->sql.len);
	oldest->sql[s->sql.len] = '\0';
	oldest->len = s->sql.len;
	oldest->used = ++uses;
	memcpy(oldest->types, s->types, (size_t)s->n * sizeof(s->types[0]));
	oldest->query = (struct pur_query){ .sql = oldest->sql, .types = oldest->types, .n = s->n };
	snprintf(oldest->query.name, sizeof(oldest->query.name), "shape%d", (int)(oldest - all));
	*out = &oldest->query;
	return PUR_OK;
}

/* Whether a text has a column of that name: " AS lines", and not " AS lines_total". */
static bool
has_column(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = text; (p = strstr(p, " AS ")) != NULL;) {
		p += strlen(" AS ");
		if (strncmp(p, name, len) == 0 && !isalnum((unsigned char)p[len]) && p[len] != '_')
			return true;
	}
	return false;
}

/* ", <sql> AS <name>" for each that the text doesn't have already. */
static void
put_includes(struct pur_buf *b, const struct pur_view *v, const char *text)
{
	for (int i = 0; i < v->n_includes; i++) {
		const struct pur_field *f = v->includes[i];

		if (!has_column(text, f->name))
			pur_buf_printf(b, ", %s AS %s", f->include, f->name);
	}
}

enum pur_rc
pur_shape_begin(struct pur_shape *s, struct pur_bound *base, const struct pur_input *in,
		const struct pur_view *v, const char *before)
{
	struct pur_buf include = { .data = NULL };
	struct pur_datum *own;
	struct pur_query *q;
	char *text = NULL;
	enum pur_rc rc = pur_bind(s->a, base, in, &q, &own);

	if (rc != PUR_OK)
		return rc;
	s->binds = pur_calloc(s->a, PUR_SHAPE_ARGS, sizeof(*s->binds));
	if (s->binds == NULL)
		return PUR_ETOOLARGE;
	memcpy(s->binds, own, (size_t)q->n * sizeof(*own));
	memcpy(s->types, q->types, (size_t)q->n * sizeof(*q->types));
	s->n = q->n;
	pur_buf_puts(&s->sql, before);
	if (!pur_view_differs(v)) {
		pur_buf_puts(&s->sql, q->sql);
		return PUR_OK;
	}
	put_includes(&include, v, q->sql);
	pur_buf_putc(&include, '\0');
	if (!pur_buf_failed(&include))
		text =
		    pur_bind_expand(q == &base->by_key ? base->key_text : base->id_text,
				    include.data, v->search != NULL ? v->search : "", v->deleted);
	if (text != NULL)
		pur_buf_puts(&s->sql, text);
	pur_buf_free(&include);
	free(text);
	return text != NULL ? PUR_OK : PUR_ETOOLARGE;
}

int
pur_shape_arg(struct pur_shape *s, Oid type, struct pur_datum **bind)
{
	s->types[s->n] = type;
	*bind = &s->binds[s->n];
	return ++s->n;
}

enum pur_rc
pur_shape_end(struct pur_shape *s, struct pur_db *db, enum pur_rc rc, struct pur_step *out)
{
	if (rc == PUR_OK && pur_buf_failed(&s->sql))
		rc = PUR_ETOOLARGE;
	if (rc == PUR_OK)
		rc = find(db, s, &out->query);
	out->binds = s->binds;
	pur_buf_free(&s->sql);
	return rc;
}
