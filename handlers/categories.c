/*
 * categories: the shelves that products are shown under.
 * Life: created -> deleted (kept, hidden) -> restored.
 */
#include "purser.h"

enum { LIST = 1, GET, CREATE, UPDATE, DELETE, RESTORE };

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY },
	{ .name = "name",
	  .type = PUR_TEXT,
	  .max = 200,
	  .flags = PUR_REQUIRED | PUR_SORT | PUR_FILTER,
	  .summary = "What people call it" },
	{ .name = "slug",
	  .type = PUR_SLUG,
	  .flags = PUR_FILTER,
	  .summary = "Its name in URLs; made from name when absent" },
	{ .name = "position",
	  .type = PUR_INT,
	  .max = 1000000,
	  .default_value = "0",
	  .flags = PUR_SORT | PUR_FILTER,
	  .summary = "Where it stands among the others" },
	{ .name = "active", .type = PUR_BOOL, .flags = PUR_READONLY },
	{ .name = "created_at", .type = PUR_TIME, .flags = PUR_READONLY | PUR_SORT | PUR_FILTER },
	{ .name = "updated_at", .type = PUR_TIME, .flags = PUR_READONLY },
	{ .name = "deleted_at", .type = PUR_TIME, .flags = PUR_READONLY },
	{ .name = NULL },
};

#define COLUMNS                                                                                    \
	"t.id, t.name, t.slug, t.position, t.active, t.created_at, t.updated_at, t.deleted_at,"    \
	" t.revision AS _revision"
#define NAMES "name, position, slug"
#define VALUES "r.name, r.position, "

static const struct pur_stmt stmts[] = {
	[LIST] = PUR_LIST_OF("categories", COLUMNS),
	[GET] = PUR_GET_OF("categories", COLUMNS),
	[CREATE] = PUR_CREATE_OF("categories", NAMES, VALUES PUR_NEW_SLUG("categories"), COLUMNS),
	[UPDATE] = PUR_UPDATE_OF("categories", NAMES, VALUES PUR_OLD_SLUG, COLUMNS),
	[DELETE] = PUR_DELETE_OF("categories", COLUMNS),
	[RESTORE] = PUR_RESTORE_OF("categories", COLUMNS),
};

static const struct pur_constraint constraints[] = {
	{ "categories_slug_key", PUR_EDUPLICATE, "slug", "Is taken" },
	{ "categories_slug_check", PUR_EBODY, "slug", "Can't be made from this name; give one" },
	{ .name = NULL },
};

static const struct pur_route routes[] = {
	PUR_CRUD("categories", "category", "position", CREATE),
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "categories", .title = "Category", .summary = "Shelves of the catalogue",
	    .constraints = constraints, .counts = "categories",
	    .key = { .name = "slug", .type = PUR_SLUG })
