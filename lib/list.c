/* list: SQL of a page, from constant fragments. */
#include "list.h"
#include "buf.h"
#include "oid.h"
#include "row.h"
#include <stdio.h>
#include <string.h>

#define PER_PAGE 20
#define PER_PAGE_MOST 100
#define PAGE_MOST 1000000
#define SQL_MOST 8192 /* bytes of a list's statement */
#define ARGS (PUR_ARGS + PUR_LIST_FILTERS + 2)

/* A statement this process has met, by its text. */
struct shape {
	struct pur_query query;
	Oid types[ARGS];
	char sql[SQL_MOST];
	size_t len; /* of sql; 0: the place is free */
	unsigned long used;
};

static struct shape shapes[PUR_LIST_SHAPES];
static unsigned long uses;

static const struct {
	const char *name, *op;
} operators[] = { { "", "=" },     { "in", "any" }, { "gt", ">" },
		  { "gte", ">=" }, { "lt", "<" },   { "lte", "<=" } };

static const char *
column(const struct pur_field *f)
{
	return f->column != NULL ? f->column : f->name;
}

static int
take_number(struct pur_arena *a, const struct pur_param *p, int64_t max, int64_t *out,
	    struct pur_error *e, bool *bad)
{
	struct pur_field f = { .name = p->name, .type = PUR_INT };
	const char *problem;
	struct pur_value v;

	if (pur_field_read_text(&f, p->value, &v, &problem) != PUR_OK || v.i < 1 || v.i > max) {
		pur_error_detail(e, a, p->name, "Must be an integer from 1 to %lld",
				 (long long)max);
		*bad = true;
	}
	*out = v.i;
	return 1;
}

static int
take_sort(struct pur_arena *a, struct pur_list *l, const struct pur_resource *res,
	  const char *words, struct pur_error *e, bool *bad)
{
	for (const char *p = words; l->n_sorts < PUR_LIST_SORTS;) {
		size_t len = strcspn(p, ",");
		bool descending = *p == '-';
		int f = pur_field_find(res->fields, p + descending, len - descending);

		if (f < 0 || (res->fields[f].flags & PUR_SORT) == 0) {
			if (e != NULL)
				pur_error_detail(e, a, "sort", "Can't be sorted by %.*s", (int)len,
						 p);
			*bad = true;
			return 1;
		}
		l->sorts[l->n_sorts++] = (struct pur_list_sort){ &res->fields[f], descending };
		if (p[len] == '\0')
			return 1;
		p += len + 1;
	}
	if (e != NULL)
		pur_error_detail(e, a, "sort", "At most %d fields", PUR_LIST_SORTS);
	*bad = true;
	return 1;
}

/* "a,b" as values of one field. */
static const char *
take_values(struct pur_arena *a, struct pur_list_filter *f, const char *text)
{
	char *copy = pur_strdup(a, text);
	const char *problem = NULL;
	size_t n = 1;

	for (const char *p = text; *p != '\0'; p++)
		n += *p == ',';
	f->values = pur_calloc(a, n, sizeof(*f->values));
	if (copy == NULL || f->values == NULL)
		return "Is too long";
	for (char *p = copy; problem == NULL; p += strlen(p) + 1) {
		size_t len = strcspn(p, ",");
		bool last = p[len] == '\0';

		p[len] = '\0';
		if (pur_field_read_text(f->field, p, &f->values[f->n++], &problem) != PUR_OK ||
		    last)
			break;
	}
	return problem;
}

static int
take_filter(struct pur_arena *a, struct pur_list *l, const struct pur_resource *res,
	    const struct pur_param *p, struct pur_error *e, bool *bad)
{
	size_t len = strcspn(p->name, "["), op_len = strlen(p->name + len);
	int f = pur_field_find(res->fields, p->name, len);
	struct pur_list_filter *filter = l->filters + l->n_filters;
	const char *problem = NULL, *op = NULL;

	if (f < 0 || (res->fields[f].flags & PUR_FILTER) == 0)
		return 0;
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		size_t n = strlen(operators[i].name);

		if (op_len == 0 ? n == 0
				: n > 0 && op_len == n + 2 && p->name[len + n + 1] == ']' &&
				      memcmp(p->name + len + 1, operators[i].name, n) == 0)
			op = operators[i].op;
	}
	if (op == NULL)
		return 0;
	if (l->n_filters == PUR_LIST_FILTERS) {
		pur_error_detail(e, a, p->name, "Too many filters");
		*bad = true;
		return 1;
	}
	*filter = (struct pur_list_filter){ .field = &res->fields[f], .op = op };
	if (strcmp(op, "any") == 0)
		problem = take_values(a, filter, p->value);
	else
		(void)!pur_field_read_text(filter->field, p->value, &filter->value, &problem);
	if (problem != NULL) {
		pur_error_detail(e, a, p->name, "%s", problem);
		*bad = true;
		return 1;
	}
	l->n_filters++;
	return 1;
}

int
pur_list_take(struct pur_arena *a, struct pur_list *l, const struct pur_resource *res,
	      const struct pur_param *p, struct pur_error *e, bool *bad)
{
	if (strcmp(p->name, "page") == 0)
		return take_number(a, p, PAGE_MOST, &l->page, e, bad);
	if (strcmp(p->name, "perPage") == 0)
		return take_number(a, p, PER_PAGE_MOST, &l->per_page, e, bad);
	if (strcmp(p->name, "sort") == 0)
		return take_sort(a, l, res, p->value, e, bad);
	return take_filter(a, l, res, p, e, bad);
}

void
pur_list_finish(struct pur_list *l, const struct pur_resource *res, const struct pur_route *route)
{
	bool bad = false;

	if (l->page == 0)
		l->page = 1;
	if (l->per_page == 0)
		l->per_page = PER_PAGE;
	if (l->n_sorts == 0 && route->sort != NULL)
		take_sort(NULL, l, res, route->sort, NULL, &bad);
}

/* Finds a statement by its text, or gives it the place of the one unused for longest. */
static enum pur_rc
find_shape(struct pur_db *db, const struct pur_buf *sql, const Oid *types, int n,
	   struct pur_query **out)
{
	struct shape *oldest = &shapes[0];

	if (sql->len >= SQL_MOST)
		return PUR_ETOOLARGE;
	for (struct shape *s = shapes; s < shapes + PUR_LIST_SHAPES; s++) {
		if (s->len == sql->len && memcmp(s->sql, sql->data, sql->len) == 0) {
			s->used = ++uses;
			*out = &s->query;
			return PUR_OK;
		}
		if (s->used < oldest->used)
			oldest = s;
	}
	if (oldest->len > 0 && pur_db_forget(db, &oldest->query) != PUR_OK)
		return PUR_EUNAVAILABLE;
	pur_row_forget(&oldest->query);
	memcpy(oldest->sql, sql->data, sql->len);
	oldest->sql[sql->len] = '\0';
	oldest->len = sql->len;
	oldest->used = ++uses;
	memcpy(oldest->types, types, (size_t)n * sizeof(types[0]));
	oldest->query = (struct pur_query){ .sql = oldest->sql, .types = oldest->types, .n = n };
	snprintf(oldest->query.name, sizeof(oldest->query.name), "list%d", (int)(oldest - shapes));
	*out = &oldest->query;
	return PUR_OK;
}

/* What a statement of a list is built in. */
struct builder {
	struct pur_arena *a;
	struct pur_buf sql;
	Oid types[ARGS];
	struct pur_datum *binds;
	int n;
};

static enum pur_rc
put_filters(struct builder *b, const struct pur_list *l)
{
	enum pur_rc rc = PUR_OK;

	for (const struct pur_list_filter *f = l->filters;
	     f < l->filters + l->n_filters && rc == PUR_OK; f++) {
		bool any = strcmp(f->op, "any") == 0;

		pur_buf_printf(&b->sql, " AND %s %s $%d%s", column(f->field),
			       any ? "= ANY (" : f->op, b->n + 1, any ? ")" : "");
		b->types[b->n] =
		    any ? pur_datum_array_oid(f->field->type) : pur_datum_oid(f->field->type);
		rc = any ? pur_datum_array(b->a, f->field->type, f->values, f->n, &b->binds[b->n])
			 : pur_datum_value(b->a, &f->value, &b->binds[b->n]);
		b->n++;
	}
	return rc;
}

static enum pur_rc
put_number(struct builder *b, const char *keyword, int64_t n)
{
	struct pur_value v = { .type = PUR_INT, .i = n };

	pur_buf_printf(&b->sql, " %s $%d", keyword, b->n + 1);
	b->types[b->n] = pur_datum_oid(PUR_INT);
	return pur_datum_value(b->a, &v, &b->binds[b->n++]);
}

/* The order asked for, and the thing's id last, so that pages never overlap. */
static enum pur_rc
put_order(struct builder *b, const struct pur_list *l, const struct pur_resource *res)
{
	bool descending = l->n_sorts > 0 && l->sorts[l->n_sorts - 1].descending;
	enum pur_rc rc;

	pur_buf_puts(&b->sql, " ORDER BY ");
	for (int i = 0; i < l->n_sorts; i++)
		pur_buf_printf(&b->sql, "%s%s, ", column(l->sorts[i].field),
			       l->sorts[i].descending ? " DESC" : "");
	pur_buf_printf(&b->sql, "%s%s", column(&res->fields[0]), descending ? " DESC" : "");
	rc = put_number(b, "LIMIT", l->per_page);
	return rc == PUR_OK ? put_number(b, "OFFSET", (l->page - 1) * l->per_page) : rc;
}

/* Starts with the list's own statement and its arguments. */
static enum pur_rc
begin(struct builder *b, struct pur_bound *base, const struct pur_input *in, const char *before)
{
	struct pur_query *q;
	struct pur_datum *own;
	enum pur_rc rc = pur_bind(b->a, base, in, &q, &own);

	if (rc != PUR_OK)
		return rc;
	b->binds = pur_calloc(b->a, ARGS, sizeof(*b->binds));
	if (b->binds == NULL)
		return PUR_ETOOLARGE;
	memcpy(b->binds, own, (size_t)q->n * sizeof(*own));
	memcpy(b->types, q->types, (size_t)q->n * sizeof(*q->types));
	b->n = q->n;
	pur_buf_puts(&b->sql, before);
	pur_buf_puts(&b->sql, q->sql);
	return PUR_OK;
}

static enum pur_rc
end(struct builder *b, struct pur_db *db, enum pur_rc rc, struct pur_list_step *out)
{
	if (rc == PUR_OK && pur_buf_failed(&b->sql))
		rc = PUR_ETOOLARGE;
	if (rc == PUR_OK)
		rc = find_shape(db, &b->sql, b->types, b->n, &out->query);
	out->binds = b->binds;
	pur_buf_free(&b->sql);
	return rc;
}

/* The state the filters ask for, when tenant_counts can answer them; false when they ask more. */
static bool
counted_states(const struct pur_list *l, struct pur_value states[1],
	       const struct pur_value **values, size_t *n)
{
	states[0] = (struct pur_value){ .type = PUR_TEXT, .s = "", .len = 0 };
	*values = states;
	*n = 1;
	if (l->n_filters == 0)
		return true;
	if (l->n_filters > 1 || strcmp(l->filters[0].field->name, "status") != 0)
		return false;
	if (strcmp(l->filters[0].op, "any") == 0) {
		*values = l->filters[0].values;
		*n = l->filters[0].n;
		return true;
	}
	states[0] = l->filters[0].value;
	return strcmp(l->filters[0].op, "=") == 0;
}

/* The total out of tenant_counts: exact, and as cheap for a million rows as for ten. */
static enum pur_rc
build_kept_total(struct pur_arena *a, const struct pur_resource *res, const struct pur_input *in,
		 const struct pur_value *states, size_t n, struct pur_list_step *out)
{
	static const Oid types[] = { PUR_OID_UUID, PUR_OID_TEXT, PUR_OID_TEXT_ARRAY };
	static struct pur_query query = {
		.name = "kept_total",
		.sql = "SELECT coalesce(sum(n), 0)::bigint AS n FROM tenant_counts"
		       " WHERE tenant_id = $1 AND resource = $2 AND status = ANY($3)",
		.types = types,
		.n = 3
	};

	out->query = &query;
	out->binds = pur_calloc(a, 3, sizeof(*out->binds));
	if (out->binds == NULL)
		return PUR_ETOOLARGE;
	out->binds[0] = pur_datum_uuid(&in->tenant);
	out->binds[1] = pur_datum_text(res->counts);
	return pur_datum_array(a, PUR_TEXT, states, n, &out->binds[2]);
}

enum pur_rc
pur_list_build(struct pur_arena *a, struct pur_db *db, const struct pur_list *l,
	       const struct pur_resource *res, struct pur_bound *base, const struct pur_input *in,
	       struct pur_list_step *rows, struct pur_list_step *total)
{
	struct builder page = { .a = a }, count = { .a = a };
	struct pur_value one[1];
	const struct pur_value *states;
	size_t n;
	enum pur_rc rc = begin(&page, base, in, "");

	if (rc == PUR_OK)
		rc = put_filters(&page, l);
	if (rc == PUR_OK)
		rc = put_order(&page, l, res);
	rc = end(&page, db, rc, rows);
	if (rc != PUR_OK)
		return rc;
	if (res->counts != NULL && base->n == 1 && counted_states(l, one, &states, &n))
		return build_kept_total(a, res, in, states, n, total);
	rc = begin(&count, base, in, "SELECT count(*) AS n FROM (");
	if (rc == PUR_OK)
		rc = put_filters(&count, l);
	pur_buf_puts(&count.sql, ") AS matching");
	return end(&count, db, rc, total);
}

/* Appends <path?query with page=n>; rel=... */
static const char *
link_to(struct pur_arena *a, const char *before, const char *path, const char *query, int64_t page,
	const char *rel)
{
	return before == NULL ? NULL
			      : pur_sprintf(a, "%s%s<%s?%s%spage=%lld>; rel=\"%s\"", before,
					    before[0] != '\0' ? ", " : "", path, query,
					    query[0] != '\0' ? "&" : "", (long long)page, rel);
}

/* The query without its page. */
static const char *
without_page(struct pur_arena *a, const char *query)
{
	char *out = pur_strdup(a, query), *to = out;

	if (out == NULL)
		return NULL;
	for (const char *p = query; *p != '\0';) {
		size_t len = strcspn(p, "&");

		if (strncmp(p, "page=", 5) != 0 && len > 0) {
			if (to > out)
				*to++ = '&';
			memmove(to, p, len);
			to += len;
		}
		p += len;
		p += *p == '&';
	}
	*to = '\0';
	return out;
}

const char *
pur_list_links(struct pur_arena *a, const struct pur_list *l, const char *path, const char *query,
	       int64_t total)
{
	int64_t last = total > 0 ? (total + l->per_page - 1) / l->per_page : 1;
	const char *rest = without_page(a, query), *s = "";

	if (rest == NULL)
		return NULL;
	s = link_to(a, s, path, rest, 1, "first");
	if (l->page > 1)
		s = link_to(a, s, path, rest, l->page - 1 < last ? l->page - 1 : last, "prev");
	if (l->page < last)
		s = link_to(a, s, path, rest, l->page + 1, "next");
	return link_to(a, s, path, rest, last, "last");
}
