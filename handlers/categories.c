/*
 * categories: the shelves that products are shown under.
 * Life: created -> deleted (kept, hidden) -> restored.
 */
#include "purser.h"

enum { LIST = 1, GET, CREATE, UPDATE, DELETE, RESTORE };

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY },
	{ .name = "name", .type = PUR_TEXT, .max = 200,
	  .flags = PUR_REQUIRED | PUR_SORT | PUR_FILTER, .summary = "What people call it" },
	{ .name = "slug", .type = PUR_SLUG, .flags = PUR_FILTER,
	  .summary = "Its name in URLs; made from name when absent" },
	{ .name = "position", .type = PUR_INT, .max = 1000000, .default_value = "0",
	  .flags = PUR_SORT | PUR_FILTER, .summary = "Where it stands among the others" },
	{ .name = "active", .type = PUR_BOOL, .flags = PUR_READONLY },
	{ .name = "created_at", .type = PUR_TIME, .flags = PUR_READONLY | PUR_SORT | PUR_FILTER },
	{ .name = "updated_at", .type = PUR_TIME, .flags = PUR_READONLY },
	{ .name = "deleted_at", .type = PUR_TIME, .flags = PUR_READONLY },
	{ .name = NULL },
};

#define COLUMNS                                                                                    \
	"c.id, c.name, c.slug, c.position, c.active, c.created_at, c.updated_at, c.deleted_at,"        \
	" c.revision AS _revision"

static const struct pur_stmt stmts[] = {
	[LIST] = { PUR_LIST, "@tenant",
	           "SELECT " COLUMNS " FROM categories c WHERE c.tenant_id = $1 AND c.active" },
	[GET] = { PUR_ONE, "@tenant /ref",
	          "SELECT " COLUMNS " FROM categories c"
	          " WHERE c.tenant_id = $1 AND c.{ref} AND c.active" },
	[CREATE] = { PUR_ONE, "@tenant @id @body",
	             "INSERT INTO categories AS c (tenant_id, id, name, slug, position)"
	             " SELECT $1, $2, r.name, " PUR_NEW_SLUG("categories", "r.slug", "r.name")
	             ", r.position FROM jsonb_populate_record(NULL::categories, $3) AS r"
	             " RETURNING " COLUMNS },
	[UPDATE] = { PUR_ONE, "@tenant /ref @match @body",
	             "UPDATE categories c SET (name, slug, position) ="
	             " (SELECT r.name, coalesce(r.slug, c.slug), r.position"
	             "  FROM jsonb_populate_record(c, $4) AS r),"
	             " revision = c.revision + 1, updated_at = now()"
	             " WHERE c.tenant_id = $1 AND c.{ref} AND c.active"
	             " AND " PUR_MATCHES("$3", "c.revision") " RETURNING " COLUMNS },
	[DELETE] = { PUR_ONE, "@tenant /ref @match",
	             "UPDATE categories c SET active = false, deleted_at = now(),"
	             " revision = c.revision + 1, updated_at = now()"
	             " WHERE c.tenant_id = $1 AND c.{ref} AND c.active"
	             " AND " PUR_MATCHES("$3", "c.revision") " RETURNING " COLUMNS },
	[RESTORE] = { PUR_ONE, "@tenant /ref",
	              "UPDATE categories c SET active = true, deleted_at = NULL,"
	              " revision = c.revision + 1, updated_at = now()"
	              " WHERE c.tenant_id = $1 AND c.id = (SELECT d.id FROM categories d"
	              "  WHERE d.tenant_id = $1 AND d.{ref} AND NOT d.active"
	              "  ORDER BY d.deleted_at DESC LIMIT 1) RETURNING " COLUMNS },
};

static const struct pur_constraint constraints[] = {
	{ "categories_slug_key", PUR_EDUPLICATE, "slug", "Is taken" },
	{ "categories_slug_check", PUR_EBODY, "slug", "Can't be made from this name; give one" },
	{ .name = NULL },
};

static const struct pur_route routes[] = {
	{ PUR_GET, "/categories", "categories:read", .stmts = { LIST }, .sort = "position",
	  .summary = "List categories" },
	{ PUR_POST, "/categories", "categories:write", .stmts = { CREATE }, .effect = PUR_CREATES,
	  .event = "category.created", .errors = { PUR_EDUPLICATE }, .summary = "Create a category" },
	{ PUR_GET, "/categories/{ref}", "categories:read", .stmts = { GET },
	  .summary = "Get one category" },
	{ PUR_PUT, "/categories/{ref}", "categories:write", .stmts = { UPDATE }, .guard = GET,
	  .event = "category.updated", .errors = { PUR_EDUPLICATE }, .summary = "Replace a category" },
	{ PUR_PATCH, "/categories/{ref}", "categories:write", .stmts = { UPDATE }, .guard = GET,
	  .event = "category.updated", .errors = { PUR_EDUPLICATE },
	  .summary = "Change fields of a category" },
	{ PUR_DELETE, "/categories/{ref}", "categories:write", .stmts = { DELETE }, .guard = GET,
	  .effect = PUR_DELETES, .event = "category.deleted", .summary = "Delete a category" },
	{ PUR_POST, "/categories/{ref}/restore", "categories:write", .stmts = { RESTORE },
	  .effect = PUR_RESTORES, .event = "category.restored", .errors = { PUR_EDUPLICATE },
	  .summary = "Undo the deletion of a category" },
	{ .method = PUR_METHOD_UNKNOWN },
};

static const struct pur_resource categories = {
	.program = "categories",
	.title = "Category",
	.summary = "Shelves of the catalogue",
	.fields = fields,
	.stmts = stmts,
	.n_stmts = PUR_COUNT(stmts),
	.routes = routes,
	.constraints = constraints,
	.counts = "categories",
	.key = { .name = "slug", .type = PUR_SLUG },
};

int
main(int argc, char **argv)
{
	return pur_main(argc, argv, &categories);
}
