/*
 * search: everything at once, by words: clients, products, orders, as far as whoever asks may read
 * them. Each of them has ?q= on its own list, too.
 */
#include "purser.h"

enum { SEARCH = 1 };

static const char *const types[] = { "client", "product", "order", NULL };

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY },
	{ .name = "type",
	  .type = PUR_CHOICE,
	  .choices = types,
	  .flags = PUR_READONLY | PUR_FILTER,
	  .summary = "What it is: its list is named after it" },
	{ .name = "title", .type = PUR_TEXT, .flags = PUR_READONLY | PUR_PERSONAL },
	{ .name = "subtitle",
	  .type = PUR_TEXT,
	  .flags = PUR_READONLY | PUR_PERSONAL,
	  .summary = "What tells it from others of this title" },
	{ .name = "rank",
	  .type = PUR_INT,
	  .flags = PUR_READONLY | PUR_SORT,
	  .summary = "How well it fits, from 0 to 899; from 600: all its words are there" },
	{ .name = NULL },
};

static const struct pur_field params[] = { PUR_SEARCH_PARAM, { .name = NULL } };

#define MOST "100" /* things of one kind */

/* Things of one kind, as rows of `fields`: none where the actor is not among those who may. */
#define FOUND(type, things, title, subtitle, may)                                                  \
	"SELECT '" type "' AS type, t.id, " title " AS title, " subtitle " AS subtitle,"           \
	" f.found_rank AS rank, f.found_more AS more FROM search_" things                          \
	"($1, CASE WHEN a.words && " may " THEN $2 END, " MOST ") f JOIN " things                  \
	" t ON t.tenant_id = $1 AND t.id = f.found_id"

/* The role of a person, the scopes of a key. */
#define ACTOR                                                                                      \
	"(SELECT ARRAY(SELECT u.role FROM users u WHERE u.tenant_id = $1 AND u.id = " PUR_ACTOR    \
	") || ARRAY(SELECT unnest(k.scopes) FROM api_keys k WHERE k.tenant_id = $1"                \
	" AND k.id = " PUR_ACTING_KEY ") AS words) a"

static const struct pur_stmt stmts[] = {
	[SEARCH] = { PUR_LIST, "@tenant ?q @may:clients:read @may:products:read @may:orders:read",
		     "SELECT id, type, title, subtitle, rank, count(*) OVER () AS _counted,"
		     " bool_or(more) OVER () AS _more FROM " ACTOR ", LATERAL (" FOUND(
			 "client", "clients", "t.name", "t.email",
			 "$3") " AND t.active"
			       " UNION ALL " FOUND("product", "products", "t.name", "t.sku",
						   "$4") " AND t.active"
							 " UNION ALL " FOUND(
							     "order", "orders", "t.customer_name",
							     "'#' || t.number",
							     "$5") ") found WHERE true" },
};

static const struct pur_route routes[] = {
	{ PUR_GET, "/search", "clients:read products:read orders:read", PUR_NO_STORE,
	  .stmts = { SEARCH }, .params = params, .sort = "-rank",
	  .summary = "Search everything, what fits best first" },
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "search", .title = "Search", .summary = "Everything at once, by words")
