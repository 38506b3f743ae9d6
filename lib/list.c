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

static const struct {
	const char *name, *op;
} operators[] = { { "", "=" },     { "in", "any" }, { "gt", ">" },
		  { "gte", ">=" }, { "lt", "<" },   { "lte", "<=" } };

/* What a search adds to a row: how well it fits, whether there may be others, and how many are. */
enum { RANK, MORE, COUNTED };
static const struct pur_field found[] = {
	[RANK] = { .name = "_rank",
		   .type = PUR_INT,
		   .column = "found_rank",
		   .include = "found_rank" },
	[MORE] = { .name = "_more", .type = PUR_BOOL, .include = "found_more" },
	[COUNTED] = { .name = "_counted", .type = PUR_INT, .include = "count(*) OVER ()" },
};

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
take_sort(struct pur_arena *a, struct pur_list *l, const struct pur_field *fields,
	  const char *words, struct pur_error *e, bool *bad)
{
	for (const char *p = words; l->n_sorts < PUR_LIST_SORTS;) {
		size_t len = strcspn(p, ",");
		bool descending = *p == '-';
		int f = pur_field_find(fields, p + descending, len - descending);

		if (f < 0 || (fields[f].flags & PUR_SORT) == 0) {
			if (e != NULL)
				pur_error_detail(e, a, "sort", "Can't be sorted by %.*s", (int)len,
						 p);
			*bad = true;
			return 1;
		}
		l->sorts[l->n_sorts++] = (struct pur_list_sort){ &fields[f], descending };
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
take_filter(struct pur_arena *a, struct pur_list *l, const struct pur_field *fields,
	    const struct pur_param *p, struct pur_error *e, bool *bad)
{
	size_t len = strcspn(p->name, "["), op_len = strlen(p->name + len);
	int f = pur_field_find(fields, p->name, len);
	struct pur_list_filter *filter = l->filters + l->n_filters;
	const char *problem = NULL, *op = NULL;

	if (f < 0 || (fields[f].flags & PUR_FILTER) == 0)
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
	*filter = (struct pur_list_filter){ .field = &fields[f], .op = op, .text = p->value };
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

/* Adds what is asked for, once. Returns false where there is no room for more. */
static bool
include(struct pur_view *v, const struct pur_field *f)
{
	for (int i = 0; i < v->n_includes; i++) {
		if (v->includes[i] == f)
			return true;
	}
	if (v->n_includes == PUR_INCLUDES)
		return false;
	v->includes[v->n_includes++] = f;
	return true;
}

/* include=client,lines */
static int
take_includes(struct pur_arena *a, struct pur_list *l, const struct pur_field *fields,
	      const char *words, struct pur_error *e, bool *bad)
{
	for (const char *p = words;; p++) {
		size_t len = strcspn(p, ",");
		int f = pur_field_find(fields, p, len);

		if (f < 0 || fields[f].include == NULL) {
			pur_error_detail(e, a, "include", "Can't include %.*s", (int)len, p);
			break;
		}
		if (!include(&l->view, &fields[f])) {
			pur_error_detail(e, a, "include", "At most %d", PUR_INCLUDES);
			break;
		}
		p += len;
		if (*p == '\0')
			return 1;
	}
	*bad = true;
	return 1;
}

static int
take_deleted(struct pur_arena *a, struct pur_list *l, const char *value, struct pur_error *e,
	     bool *bad)
{
	l->view.deleted = strcmp(value, "true") == 0;
	if (!l->view.deleted && strcmp(value, "false") != 0) {
		pur_error_detail(e, a, "deleted", "Must be true or false");
		*bad = true;
	}
	return 1;
}

static int
take_search(struct pur_arena *a, struct pur_list *l, const char *value, struct pur_error *e,
	    bool *bad)
{
	static const struct pur_field q = PUR_SEARCH_PARAM;
	const char *problem;
	struct pur_value v;

	if (pur_field_read_param(a, &q, value, 0, &v, &problem) != PUR_OK) {
		pur_error_detail(e, a, q.name, "%s", problem);
		*bad = true;
	}
	l->q = value;
	return 1;
}

int
pur_view_take(struct pur_arena *a, struct pur_list *l, const struct pur_field *fields,
	      const char *sql, const struct pur_param *p, struct pur_error *e, bool *bad)
{
	if (strcmp(p->name, "include") == 0 && strstr(sql, "{include}") != NULL)
		return take_includes(a, l, fields, p->value, e, bad);
	return 0;
}

int
pur_list_take(struct pur_arena *a, struct pur_list *l, const struct pur_field *fields,
	      const char *sql, const struct pur_param *p, struct pur_error *e, bool *bad)
{
	if (strcmp(p->name, "page") == 0)
		return take_number(a, p, PAGE_MOST, &l->page, e, bad);
	if (strcmp(p->name, "perPage") == 0)
		return take_number(a, p, PER_PAGE_MOST, &l->per_page, e, bad);
	if (strcmp(p->name, "cursor") == 0) {
		l->cursor = p->value;
		return 1;
	}
	if (strcmp(p->name, "sort") == 0)
		return take_sort(a, l, fields, p->value, e, bad);
	if (strcmp(p->name, "q") == 0 && strstr(sql, "{search}") != NULL)
		return take_search(a, l, p->value, e, bad);
	if (strcmp(p->name, "deleted") == 0 && strstr(sql, "{active}") != NULL)
		return take_deleted(a, l, p->value, e, bad);
	return take_filter(a, l, fields, p, e, bad);
}

void
pur_list_finish(struct pur_list *l, const struct pur_field *fields, const struct pur_route *route)
{
	bool bad = false;

	if (l->page == 0)
		l->page = 1;
	if (l->per_page == 0)
		l->per_page = PER_PAGE;
	if (l->n_sorts == 0 && l->q != NULL)
		l->sorts[l->n_sorts++] = (struct pur_list_sort){ &found[RANK], true };
	else if (l->n_sorts == 0 && route->sort != NULL)
		take_sort(NULL, l, fields, route->sort, NULL, &bad);
}

/* Everything that makes it this list and no other. */
static const char *
scope_of(struct pur_arena *a, const struct pur_list *l, const struct pur_input *in)
{
	char tenant[PUR_UUID_TEXT + 1] = "";
	const char *s;

	pur_uuid_format(&in->tenant, tenant);
	s = pur_sprintf(a, "%s %s%s", tenant, in->route->path, l->view.deleted ? " deleted" : "");
	for (int i = 0; i < in->path->n && s != NULL; i++)
		s = pur_sprintf(a, "%s /%s", s, in->path->values[i]);
	for (int i = 0; i < l->n_sorts && s != NULL; i++)
		s = pur_sprintf(a, "%s %s%s", s, l->sorts[i].descending ? "-" : "",
				l->sorts[i].field->name);
	for (int i = 0; i < l->n_filters && s != NULL; i++)
		s = pur_sprintf(a, "%s&%s%s%zu:%s", s, l->filters[i].field->name, l->filters[i].op,
				strlen(l->filters[i].text), l->filters[i].text);
	if (l->q != NULL && s != NULL)
		s = pur_sprintf(a, "%s?%s", s, l->q);
	return s;
}

/* The field that a cursor's value belongs to: a sort's, and last the id's. */
static const struct pur_field *
field_at(const struct pur_list *l, const struct pur_field *fields, int i)
{
	return i < l->n_sorts ? l->sorts[i].field : &fields[0];
}

enum pur_rc
pur_list_seek(struct pur_arena *a, struct pur_list *l, const struct pur_field *fields,
	      const struct pur_input *in, const unsigned char key[PUR_CURSOR_KEY],
	      struct pur_error *e)
{
	const char *texts[PUR_LIST_SORTS + 1], *problem;
	int n = l->n_sorts + 1;
	enum pur_rc rc = PUR_OK;

	if (l->cursor == NULL)
		return PUR_OK;
	l->scope = scope_of(a, l, in);
	if (l->scope == NULL)
		return PUR_ETOOLARGE;
	if (l->cursor[0] == '\0')
		return PUR_OK;
	rc = pur_cursor_read(a, key, l->scope, l->cursor, texts, n);
	for (int i = 0; i < n && rc == PUR_OK; i++)
		rc = pur_field_read_text(field_at(l, fields, i), texts[i], &l->at[i], &problem);
	if (rc == PUR_EINPUT)
		pur_error_detail(e, a, "cursor", "Is not a cursor of this list");
	l->n_at = rc == PUR_OK ? n : 0;
	return rc;
}

const char *
pur_list_cursor(struct pur_arena *a, const struct pur_list *l, const struct pur_field *fields,
		const PGresult *r, int row, const unsigned char key[PUR_CURSOR_KEY])
{
	const char *texts[PUR_LIST_SORTS + 1];

	for (int i = 0; i <= l->n_sorts; i++) {
		texts[i] = pur_row_as_text(a, r, row, field_at(l, fields, i)->name);
		if (texts[i] == NULL)
			return NULL;
	}
	return pur_cursor_make(a, key, l->scope, texts, l->n_sorts + 1);
}

enum pur_rc
pur_list_go_on(struct pur_arena *a, struct pur_list *l, const struct pur_field *fields,
	       const PGresult *r, int row)
{
	const char *problem;

	for (int i = 0; i <= l->n_sorts; i++) {
		const struct pur_field *f = field_at(l, fields, i);
		const char *text = pur_row_as_text(a, r, row, f->name);

		if (text == NULL || pur_field_read_text(f, text, &l->at[i], &problem) != PUR_OK)
			return PUR_EINTERNAL;
	}
	l->n_at = l->n_sorts + 1;
	return PUR_OK;
}

const char *
pur_list_search(struct pur_arena *a, const struct pur_resource *res, const char *text)
{
	return res->search == NULL
		   ? ""
		   : pur_sprintf(a, ", search_%s($1, %s, %d)", res->search, text, PUR_LIST_FOUND);
}

/*
 * Begins a statement of the list, as a view wants it, and of what is searched for. columns: what
 * is added of a search, by number in `found`.
 */
static enum pur_rc
begin(struct pur_shape *s, const struct pur_list *l, const struct pur_resource *res,
      struct pur_bound *base, const struct pur_input *in, struct pur_view v, const char *before,
      int first, int last)
{
	const struct pur_field *fields = pur_route_fields(res, in->route);
	struct pur_datum *bind;
	enum pur_rc rc;

	if (l->q == NULL)
		return pur_shape_begin(s, base, in, &v, before);
	v.search = pur_list_search(s->a, res, pur_sprintf(s->a, "$%d", base->n + 1));
	if (v.search == NULL)
		return PUR_ETOOLARGE;
	for (int i = first; i <= last; i++)
		v.includes[v.n_includes++] = &found[i];
	rc = pur_shape_begin(s, base, in, &v, before);
	if (rc != PUR_OK)
		return rc;
	pur_shape_arg(s, pur_datum_oid(PUR_TEXT), &bind);
	*bind = pur_datum_text(l->q);
	pur_buf_printf(&s->sql, " AND %s = found_id", column(&fields[0]));
	return PUR_OK;
}

static enum pur_rc
put_filters(struct pur_shape *s, const struct pur_list *l)
{
	enum pur_rc rc = PUR_OK;

	for (const struct pur_list_filter *f = l->filters;
	     f < l->filters + l->n_filters && rc == PUR_OK; f++) {
		bool any = strcmp(f->op, "any") == 0;
		enum pur_type t = f->field->type;
		struct pur_datum *bind;
		int n = pur_shape_arg(s, any ? pur_datum_array_oid(t) : pur_datum_oid(t), &bind);

		pur_buf_printf(&s->sql, " AND %s %s $%d%s", column(f->field),
			       any ? "= ANY (" : f->op, n, any ? ")" : "");
		rc = any ? pur_datum_array(s->a, t, f->values, f->n, bind)
			 : pur_datum_value(s->a, &f->value, bind);
	}
	return rc;
}

static enum pur_rc
put_number(struct pur_shape *s, const char *keyword, int64_t n)
{
	struct pur_value v = { .type = PUR_INT, .i = n };
	struct pur_datum *bind;
	int arg = pur_shape_arg(s, pur_datum_oid(PUR_INT), &bind);

	pur_buf_printf(&s->sql, " %s $%d", keyword, arg);
	return pur_datum_value(s->a, &v, bind);
}

/* The direction of a sort; the id goes the way of the last one. */
static bool
descends(const struct pur_list *l, int i)
{
	int last = l->n_sorts - 1;

	return last >= 0 && l->sorts[i < last ? i : last].descending;
}

/* The column that a cursor's i-th value is compared with, and the value as $n. */
static enum pur_rc
put_value(struct pur_shape *s, const struct pur_list *l, const struct pur_field *fields, int i,
	  int args[])
{
	struct pur_datum *bind;

	args[i] = pur_shape_arg(s, pur_datum_oid(field_at(l, fields, i)->type), &bind);
	return pur_datum_value(s->a, &l->at[i], bind);
}

/*
 * Behind the cursor. In one direction by comparing rows, which an index follows; else each column
 * where those before it are equal.
 */
static enum pur_rc
put_seek(struct pur_shape *s, const struct pur_list *l, const struct pur_field *fields)
{
	int n = l->n_at, args[PUR_LIST_SORTS + 1];
	bool same = true;
	enum pur_rc rc = PUR_OK;

	for (int i = 0; i < n && rc == PUR_OK; i++) {
		rc = put_value(s, l, fields, i, args);
		same &= descends(l, i) == descends(l, 0);
	}
	if (n == 0 || rc != PUR_OK)
		return rc;
	if (same) {
		pur_buf_puts(&s->sql, " AND (");
		for (int i = 0; i < n; i++)
			pur_buf_printf(&s->sql, "%s%s", i > 0 ? ", " : "",
				       column(field_at(l, fields, i)));
		pur_buf_printf(&s->sql, ") %s (", descends(l, 0) ? "<" : ">");
		for (int i = 0; i < n; i++)
			pur_buf_printf(&s->sql, "%s$%d", i > 0 ? ", " : "", args[i]);
		pur_buf_putc(&s->sql, ')');
		return rc;
	}
	pur_buf_puts(&s->sql, " AND ");
	for (int i = 0; i < n; i++) {
		const char *c = column(field_at(l, fields, i));

		pur_buf_printf(&s->sql, "(%s %s $%d", c, descends(l, i) ? "<" : ">", args[i]);
		if (i < n - 1)
			pur_buf_printf(&s->sql, " OR (%s = $%d AND ", c, args[i]);
	}
	for (int i = 0; i < 2 * n - 1; i++)
		pur_buf_putc(&s->sql, ')');
	return rc;
}

/* The order asked for, and the thing's id last, so that pages never overlap. */
static enum pur_rc
put_order(struct pur_shape *s, const struct pur_list *l, const struct pur_field *fields)
{
	enum pur_rc rc;

	pur_buf_puts(&s->sql, " ORDER BY ");
	for (int i = 0; i <= l->n_sorts; i++)
		pur_buf_printf(&s->sql, "%s%s%s", i > 0 ? ", " : "", column(field_at(l, fields, i)),
			       descends(l, i) ? " DESC" : "");
	rc = put_number(s, "LIMIT", l->per_page + (l->cursor != NULL));
	if (rc != PUR_OK || l->cursor != NULL)
		return rc;
	return put_number(s, "OFFSET", (l->page - 1) * l->per_page);
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
		 const struct pur_value *states, size_t n, struct pur_step *out)
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

/* Whether it is a search's, which says how many it found; or one of several, as in /search. */
static bool
searches(const struct pur_list *l, const struct pur_bound *base)
{
	return l->q != NULL || strstr(base->id_text, " AS _more") != NULL;
}

/* The total by counting; of a search with whether it may have missed some. */
static enum pur_rc
build_counted_total(struct pur_arena *a, struct pur_db *db, const struct pur_list *l,
		    const struct pur_resource *res, struct pur_bound *base,
		    const struct pur_input *in, struct pur_step *out)
{
	const struct pur_view plain = { .deleted = l->view.deleted };
	struct pur_shape s = { .a = a };
	enum pur_rc rc =
	    begin(&s, l, res, base, in, plain,
		  !searches(l, base) ? "SELECT count(*) AS counted FROM ("
				     : "SELECT count(*) AS counted, bool_or(_more) AS _more FROM (",
		  MORE, MORE);

	if (rc == PUR_OK)
		rc = put_filters(&s, l);
	if (rc == PUR_OK)
		rc = put_number(&s, "LIMIT", PUR_LIST_COUNTED + 1);
	pur_buf_puts(&s.sql, ") AS matching");
	return pur_shape_end(&s, db, rc, out);
}

enum pur_rc
pur_list_build(struct pur_arena *a, struct pur_db *db, const struct pur_list *l,
	       const struct pur_resource *res, struct pur_bound *base, const struct pur_input *in,
	       struct pur_step *rows, struct pur_step *total)
{
	const struct pur_field *fields = pur_route_fields(res, in->route);
	/* Searching costs more than counting what was found, so the first page does both. */
	bool counts = searches(l, base) && l->cursor == NULL && l->page == 1;
	struct pur_shape page = { .a = a };
	struct pur_value one[1];
	const struct pur_value *states;
	size_t n;
	enum pur_rc rc = begin(&page, l, res, base, in, l->view, "", RANK, counts ? COUNTED : RANK);

	if (rc == PUR_OK)
		rc = put_filters(&page, l);
	if (rc == PUR_OK)
		rc = put_seek(&page, l, fields);
	if (rc == PUR_OK)
		rc = put_order(&page, l, fields);
	rc = pur_shape_end(&page, db, rc, rows);
	total->query = NULL;
	if (rc != PUR_OK || l->cursor != NULL || counts)
		return rc;
	if (res->counts != NULL && base->n == 1 && !l->view.deleted && l->q == NULL &&
	    counted_states(l, one, &states, &n))
		return build_kept_total(a, res, in, states, n, total);
	return build_counted_total(a, db, l, res, base, in, total);
}

/*
 * What may stand in a URL (RFC 3986, 2) as it is, the rest percent-encoded: nginx lets more
 * through, and a '>' would end the link.
 */
static const char *
as_url(struct pur_arena *a, const char *s)
{
	static const char hex[] = "0123456789ABCDEF";
	char *out = pur_alloc(a, strlen(s) * 3 + 1), *to = out;

	for (; out != NULL && *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c > ' ' && c < 0x7f && strchr("\"<>\\^`{|}", c) == NULL) {
			*to++ = (char)c;
		} else {
			*to++ = '%';
			*to++ = hex[c >> 4];
			*to++ = hex[c & 0xf];
		}
	}
	return out;
}

bool
pur_list_total(const PGresult *r, int64_t *total)
{
	bool more = false;

	*total = 0;
	if (pur_rows_count(r) == 0)
		return false;
	if (pur_row_bool(r, 0, "_more", &more) == 0 && pur_row_int(r, 0, "_counted", total) == 0)
		return more;
	if (pur_row_int(r, 0, "counted", total) != 0) {
		(void)!pur_row_int(r, 0, "n", total);
		return false;
	}
	if (*total <= PUR_LIST_COUNTED)
		return more;
	*total = PUR_LIST_COUNTED;
	return true;
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

/* The query without one parameter ("page="). */
static const char *
without(struct pur_arena *a, const char *query, const char *name)
{
	char *out = pur_strdup(a, query), *to = out;

	if (out == NULL)
		return NULL;
	for (const char *p = query; *p != '\0';) {
		size_t len = strcspn(p, "&");

		if (strncmp(p, name, strlen(name)) != 0 && len > 0) {
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
	const char *rest = without(a, query, "page="), *s = "";

	rest = rest != NULL ? as_url(a, rest) : NULL;
	path = as_url(a, path);
	if (rest == NULL || path == NULL)
		return NULL;
	s = link_to(a, s, path, rest, 1, "first");
	if (l->page > 1)
		s = link_to(a, s, path, rest, l->page - 1 < last ? l->page - 1 : last, "prev");
	if (l->page < last)
		s = link_to(a, s, path, rest, l->page + 1, "next");
	return link_to(a, s, path, rest, last, "last");
}

const char *
pur_list_next_link(struct pur_arena *a, const char *path, const char *query, const char *cursor)
{
	const char *rest = without(a, query, "cursor=");

	rest = rest != NULL ? as_url(a, rest) : NULL;
	path = as_url(a, path);
	return rest == NULL || path == NULL
		   ? NULL
		   : pur_sprintf(a, "<%s?%s%scursor=%s>; rel=\"next\"", path, rest,
				 rest[0] != '\0' ? "&" : "", cursor);
}
