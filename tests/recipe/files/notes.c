/*
 * notes: what the staff want to remember.
 * Life: created -> deleted (kept, hidden) -> restored.
 */
#include "purser.h"

enum { LIST = 1, GET, CREATE, UPDATE, DELETE, RESTORE };

static const struct pur_field fields[] = {
	PUR_FIRST_FIELDS,
	{ .name = "text", .type = PUR_TEXT },
	PUR_LAST_FIELDS,
};

#define COLUMNS                                                                                    \
	"t.id, t.name, t.slug, t.text, t.active, t.created_at, t.updated_at, t.deleted_at,"        \
	" t.revision AS _revision"

static const struct pur_stmt stmts[] = {
	[LIST] = PUR_LIST_OF("notes", COLUMNS),
	[GET] = PUR_GET_OF("notes", COLUMNS),
	[CREATE] = PUR_CREATE_OF("notes", "name, text, slug",
				 "r.name, r.text, " PUR_NEW_SLUG("notes"), COLUMNS),
	[UPDATE] =
	    PUR_UPDATE_OF("notes", "name, text, slug", "r.name, r.text, " PUR_OLD_SLUG, COLUMNS),
	[DELETE] = PUR_DELETE_OF("notes", COLUMNS),
	[RESTORE] = PUR_RESTORE_OF("notes", COLUMNS),
};

static const struct pur_constraint constraints[] = {
	PUR_SLUG_CONSTRAINTS("notes"),
	{ .name = NULL },
};

static const struct pur_route routes[] = {
	PUR_CRUD("notes", "note", "-created_at", CREATE),
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "notes", .title = "Note", .summary = "What the staff want to remember",
	    .constraints = constraints, .counts = "notes",
	    .key = { .name = "slug", .type = PUR_SLUG })
