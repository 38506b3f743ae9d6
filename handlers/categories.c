/*
 * categories: the shelves that products are shown under.
 * Life: created -> deleted (kept, hidden) -> restored.
 */
#include "purser.h"

enum { LIST = 1, GET, CREATE, UPDATE, DELETE, RESTORE };

static const struct pur_field fields[] = {
	PUR_FIRST_FIELDS,
	{ .name = "position",
	  .type = PUR_INT,
	  .max = 1000000,
	  .default_value = "0",
	  .flags = PUR_SORT | PUR_FILTER,
	  .summary = "Where it stands among the others" },
	PUR_LAST_FIELDS,
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
	PUR_SLUG_CONSTRAINTS("categories"),
	{ .name = NULL },
};

static const struct pur_route routes[] = {
	PUR_CRUD("categories", "category", "position", CREATE),
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "categories", .title = "Category", .summary = "Shelves of the catalogue",
	    .constraints = constraints, .counts = "categories",
	    .key = { .name = "slug", .type = PUR_SLUG })
