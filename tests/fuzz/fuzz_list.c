/*
 * fuzz_list: a query string as a list's filters, order and page. The SQL that is made of it holds
 * nothing but constant fragments, and every value is bound.
 */
#include "fuzz.h"
#include "list.h"

#include <ctype.h>

#define COLUMNS "SELECT o.id"
#define FROM " FROM orders o"
#define WHERE " WHERE o.tenant_id = "
#define LINES "(SELECT array_agg(ROW(l.quantity)) FROM lines l)"
#define CLIENT "(SELECT ROW(c.name) FROM clients c)"
#define BASE COLUMNS "{include}" FROM "{search}" WHERE "$1 AND o.{active}"
#define KEPT_TOTAL                                                                                 \
	"SELECT coalesce(sum(n), 0)::bigint AS n FROM tenant_counts"                               \
	" WHERE tenant_id = $1 AND resource = $2 AND status = ANY($3)"

/* Stands in for db.c's, so that no connection is needed. */
enum pur_rc
pur_db_forget(struct pur_db *db, struct pur_query *q)
{
	(void)db;
	HOLDS(q->sql != NULL);
	return PUR_OK;
}

static const char *const statuses[] = { "pending", "ready", NULL };

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .column = "o.id" },
	{ .name = "name", .type = PUR_TEXT, .flags = PUR_SORT | PUR_FILTER },
	{ .name = "slug", .type = PUR_SLUG, .flags = PUR_FILTER },
	{ .name = "email", .type = PUR_EMAIL, .flags = PUR_FILTER },
	{ .name = "status", .type = PUR_CHOICE, .choices = statuses, .flags = PUR_FILTER },
	{ .name = "total", .type = PUR_MONEY, .flags = PUR_SORT | PUR_FILTER },
	{ .name = "made", .type = PUR_TIME, .flags = PUR_SORT | PUR_FILTER, .column = "o.made" },
	{ .name = "day", .type = PUR_DATE, .flags = PUR_FILTER },
	{ .name = "active", .type = PUR_BOOL, .flags = PUR_FILTER },
	{ .name = "left",
	  .type = PUR_INT,
	  .flags = PUR_SORT | PUR_FILTER,
	  .column = "(o.a - o.b)" },
	{ .name = "owner", .type = PUR_UUID, .flags = PUR_FILTER },
	{ .name = "notes", .type = PUR_TEXT },
	{ .name = "lines", .type = PUR_ROWS, .flags = PUR_READONLY, .include = LINES },
	{ .name = "client", .type = PUR_OBJECT, .flags = PUR_READONLY, .include = CLIENT },
	{ .name = NULL },
};

static const struct pur_stmt stmts[] = {
	{ PUR_NOSTMT },
	{ PUR_LIST, "@tenant", BASE },
};

static const struct pur_resource counted = {
	.program = "orders",
	.fields = fields,
	.stmts = stmts,
	.n_stmts = 2,
	.counts = "orders",
	.search = "orders",
};

static const struct pur_resource uncounted = {
	.program = "orders", .fields = fields, .stmts = stmts, .n_stmts = 2, .search = "orders"
};

static const struct pur_route route = { .sort = "-made" };

/* All that a list's SQL may be made of; of two that begin alike the longer stands first. */
static const char *const fragments[] = {
	KEPT_TOTAL,
	"SELECT count(*) AS counted FROM (",
	"SELECT count(*) AS counted, bool_or(_more) AS _more FROM (",
	COLUMNS,
	FROM,
	WHERE,
	"o.active IS FALSE",
	"o.active",
	", search_orders(",
	", 500)",
	", found_rank AS _rank",
	", found_more AS _more",
	", count(*) OVER () AS _counted",
	"found_id",
	"found_rank",
	", " LINES " AS lines",
	", " CLIENT " AS client",
	") AS matching",
	" AND ",
	" OR (",
	" ORDER BY ",
	" LIMIT ",
	" OFFSET ",
	" = ANY ( ",
	" DESC",
	", ",
	" >= ",
	" <= ",
	" > ",
	" < ",
	" = ",
	")",
	"o.id",
	"name",
	"slug",
	"email",
	"status",
	"total",
	"o.made",
	"day",
	"active",
	"(o.a - o.b)",
	"(",
	"owner",
};

/*
 * Passes over one fragment or placeholder; NULL where none stands. *seen counts placeholders: they
 * come in order, and what a cursor is compared with twice comes again.
 */
static const char *
fragment_end(const char *sql, int *seen)
{
	long n;

	for (size_t i = 0; i < N_OF(fragments); i++) {
		size_t len = strlen(fragments[i]);

		if (strncmp(sql, fragments[i], len) == 0) {
			/* Those that hold some begin a statement. */
			for (size_t k = 0; k < len; k++)
				*seen += fragments[i][k] == '$';
			return sql + len;
		}
	}
	if (sql[0] != '$' || !isdigit((unsigned char)sql[1]))
		return NULL;
	n = strtol(sql + 1, NULL, 10);
	HOLDS(n >= 1 && n <= *seen + 1);
	if (n > *seen)
		*seen = (int)n;
	return sql + 1 + strspn(sql + 1, "0123456789");
}

/* Or not at all: two columns of one name would be two members of one name in the answer. */
static void
is_there_once(const char *sql, const char *words)
{
	const char *at = strstr(sql, words);

	HOLDS(at == NULL || strstr(at + 1, words) == NULL);
}

static void
holds_of_step(const struct pur_step *step)
{
	int seen = 0;

	for (const char *p = step->query->sql; *p != '\0';) {
		p = fragment_end(p, &seen);
		HOLDS(p != NULL);
	}
	HOLDS(seen == step->query->n);
	is_there_once(step->query->sql, " AS lines");
	is_there_once(step->query->sql, " AS client");
	for (int i = 0; i < step->query->n; i++)
		HOLDS(step->query->types[i] != 0 && step->binds[i].data != NULL);
}

static struct pur_match path;
static const struct pur_input asked = { .route = &route,
					.path = &path,
					.tenant = { "0123456789abcde" } };

/* Whatever stands there is no cursor of this list, unless it is the beginning. */
static void
seeks(struct pur_arena *a, struct pur_list *l)
{
	static const unsigned char key[PUR_CURSOR_KEY] = "key";
	struct pur_error e = { .rc = PUR_OK };
	enum pur_rc rc = pur_list_seek(a, l, fields, &asked, key, &e);

	HOLDS(rc == PUR_OK || rc == PUR_EINPUT || pur_arena_exhausted(a));
	HOLDS(l->n_at == 0);
	HOLDS(rc != PUR_OK || l->cursor == NULL || l->cursor[0] == '\0');
	HOLDS((e.details != NULL) == (rc == PUR_EINPUT) || pur_arena_exhausted(a));
	holds_of_details(&e);
}

/* As if a cursor had been read: behind a row of such values. */
static void
begins_behind_a_row(struct pur_list *l)
{
	for (int i = 0; i <= l->n_sorts; i++) {
		const struct pur_field *f = i < l->n_sorts ? l->sorts[i].field : &fields[0];
		const char *problem, *text = f->type == PUR_UUID
						 ? "01890a5d-ac96-774b-bcce-b302099a8057"
					     : f->type == PUR_TIME ? "2026-05-01T08:00:00Z"
								   : "7";

		HOLDS(pur_field_read_text(f, text, &l->at[i], &problem) == PUR_OK);
	}
	l->n_at = l->n_sorts + 1;
}

static void
builds(struct pur_arena *a, const struct pur_list *l, const struct pur_resource *res)
{
	static struct pur_bound base;
	struct pur_step rows, total;
	char message[128];
	enum pur_rc rc;

	if (base.n == 0)
		HOLDS(pur_bind_compile(&counted, 1, NULL, NULL, &base, message, sizeof(message)) ==
		      0);
	rc = pur_list_build(a, NULL, l, res, &base, &asked, &rows, &total);
	HOLDS(rc == PUR_OK || (rc == PUR_ETOOLARGE && pur_arena_exhausted(a)));
	if (rc == PUR_OK) {
		holds_of_step(&rows);
		HOLDS((strstr(rows.query->sql, "active IS FALSE") != NULL) == l->view.deleted);
		HOLDS((total.query == NULL) ==
		      (l->cursor != NULL || (l->q != NULL && l->page == 1)));
		HOLDS((strstr(rows.query->sql, "search_orders(") != NULL) == (l->q != NULL));
		if (total.query != NULL) {
			holds_of_step(&total);
			HOLDS((strstr(total.query->sql, "active IS FALSE") != NULL) ==
			      l->view.deleted);
		}
		for (int i = 0; i < l->view.n_includes; i++)
			HOLDS(strstr(rows.query->sql, l->view.includes[i]->include) != NULL);
	}
}

/* A header of pages: URLs in <>, each followed by its relation, nothing of the query outside. */
static void
links(struct pur_arena *a, const struct pur_list *l, const char *query, int64_t total)
{
	const char *p = pur_list_links(a, l, "/api/v1/orders", query, total);

	HOLDS(p != NULL || pur_arena_exhausted(a));
	while (p != NULL && *p != '\0') {
		size_t len = strcspn(p + 1, ">");

		HOLDS(strncmp(p, "</api/v1/orders?", 16) == 0);
		for (size_t i = 1; i <= len; i++)
			HOLDS(isgraph((unsigned char)p[i]) && strchr("<\"\\", p[i]) == NULL);
		p += len + 1;
		HOLDS(strncmp(p, ">; rel=\"", 8) == 0);
		p += 8 + strspn(p + 8, "abcdefghijklmnopqrstuvwxyz");
		HOLDS(strncmp(p, "\", <", 4) == 0 || strcmp(p, "\"") == 0);
		p += p[1] == ',' ? 3 : 1;
	}
}

static void
holds_of_list(const struct pur_list *l)
{
	HOLDS(l->page >= 1 && l->per_page >= 1 && l->per_page <= 100);
	for (int i = 0; i < l->n_filters; i++)
		HOLDS((l->filters[i].field->flags & PUR_FILTER) != 0);
	for (int i = 0; i < l->n_sorts; i++)
		HOLDS((l->sorts[i].field->flags & PUR_SORT) != 0 ||
		      (l->q != NULL && strcmp(l->sorts[i].field->name, "_rank") == 0));
	HOLDS(l->q == NULL || l->q[0] != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct pur_arena *a = take_arena(&in);
	const struct pur_resource *res = take_byte(&in) % 2 == 0 ? &counted : &uncounted;
	char *query = text_of(in);
	struct pur_list l = { .page = 0 };
	struct pur_error e = { .rc = PUR_OK };
	struct pur_param *params = NULL;
	bool bad = false;
	size_t n = 0;

	if (pur_query_parse(a, query, &params, &n) != PUR_OK)
		bad = true;
	for (size_t i = 0; i < n; i++) {
		if (!pur_view_take(a, &l, fields, BASE, &params[i], &e, &bad))
			bad |= pur_list_take(a, &l, fields, BASE, &params[i], &e, &bad) == 0;
		HOLDS(l.n_filters >= 0 && l.n_filters <= PUR_LIST_FILTERS);
		HOLDS(l.n_sorts >= 0 && l.n_sorts <= PUR_LIST_SORTS);
		HOLDS(l.view.n_includes >= 0 && l.view.n_includes <= PUR_INCLUDES);
	}
	holds_of_details(&e);
	if (!bad) {
		pur_list_finish(&l, fields, &route);
		holds_of_list(&l);
		seeks(a, &l);
		builds(a, &l, res);
		if (l.cursor != NULL) {
			begins_behind_a_row(&l);
			builds(a, &l, res);
		}
		links(a, &l, query, (int64_t)size * size);
	}
	free(query);
	pur_arena_free(a);
	return 0;
}
