/*
 * clients: those a tenant knows by name. Their orders are served by orders.
 * Life: created -> deleted (kept, hidden) -> restored. Exporting, erasing and merging them is
 * privacy's.
 */
#include "purser.h"

enum { LIST = 1, GET, CREATE, UPDATE, DELETE, RESTORE };

static const struct pur_field fields[] = {
	PUR_FIRST_FIELDS,
	{ .name = "email", .type = PUR_EMAIL, .flags = PUR_FILTER | PUR_PERSONAL },
	{ .name = "phone", .type = PUR_TEXT, .max = 50, .flags = PUR_PERSONAL },
	{ .name = "address", .type = PUR_TEXT, .max = 1000, .flags = PUR_PERSONAL },
	{ .name = "notes", .type = PUR_TEXT, .max = 10000, .flags = PUR_PERSONAL },
	{ .name = "tags", .type = PUR_TEXTS, .max = 20, .default_value = "[]" },
	{ .name = "merged_into",
	  .type = PUR_UUID,
	  .flags = PUR_READONLY,
	  .summary = "The client that has the orders of this one now" },
	{ .name = "erased_at",
	  .type = PUR_TIME,
	  .flags = PUR_READONLY,
	  .summary = "When all that told of the person was erased" },
	PUR_LAST_FIELDS,
};

#define COLUMNS                                                                                    \
	"t.id, t.name, t.slug, t.email, t.phone, t.address, t.notes, t.tags,"                      \
	" t.merged_into, t.erased_at, t.active, t.created_at, t.updated_at, t.deleted_at,"         \
	" t.revision AS _revision"
#define NAMES "name, email, phone, address, notes, tags, slug"
#define VALUES "r.name, r.email, r.phone, r.address, r.notes, r.tags, "

static const struct pur_stmt stmts[] = {
	[LIST] = PUR_SEARCH_LIST_OF("clients", COLUMNS),
	[GET] = PUR_GET_OF("clients", COLUMNS),
	[CREATE] = PUR_CREATE_OF("clients", NAMES, VALUES PUR_NEW_SLUG("clients"), COLUMNS),
	[UPDATE] = PUR_UPDATE_OF("clients", NAMES, VALUES PUR_OLD_SLUG, COLUMNS),
	[DELETE] = PUR_DELETE_OF("clients", COLUMNS),
	[RESTORE] = PUR_RESTORE_OF("clients", COLUMNS),
};

static const struct pur_constraint constraints[] = {
	PUR_SLUG_CONSTRAINTS("clients"),
	{ "clients_merged_into_check", PUR_ERULE, "merged_into",
	  "Has the orders of this client now; it can't come back" },
	{ .name = NULL },
};

static const struct pur_route routes[] = {
	PUR_CRUD("clients", "client", "name", CREATE),
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "clients", .title = "Client", .summary = "Those a tenant knows by name",
	    .constraints = constraints, .counts = "clients", .search = "clients",
	    .key = { .name = "slug", .type = PUR_SLUG })
