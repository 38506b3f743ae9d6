/*
 * crud: the statements and routes that every resource of the plain kind has, as constants.
 *
 * For a tenant table with id, name, slug, active, deleted_at, revision, created_at and updated_at,
 * whose handler calls its statements LIST, GET, CREATE, UPDATE, DELETE and RESTORE and names the
 * row `t` in its columns:
 *
 *   #define COLUMNS "t.id, t.name, ..., t.revision AS _revision"
 *   static const struct pur_field fields[] = { PUR_FIRST_FIELDS, ..., PUR_LAST_FIELDS };
 *   static const struct pur_stmt stmts[] = {
 *           [LIST] = PUR_LIST_OF("products", COLUMNS),
 *           [GET] = PUR_GET_OF("products", COLUMNS),
 *           [CREATE] = PUR_CREATE_OF("products", "name, price", "r.name, r.price", COLUMNS),
 *           [UPDATE] = PUR_UPDATE_OF("products", "name, price", "r.name, r.price", COLUMNS),
 *           [DELETE] = PUR_DELETE_OF("products", COLUMNS),
 *           [RESTORE] = PUR_RESTORE_OF("products", COLUMNS),
 *   };
 *   static const struct pur_route routes[] = {
 *           PUR_CRUD("products", "product", "name", CREATE),
 *           { .method = PUR_METHOD_UNKNOWN },
 *   };
 *
 * `r` is the row that the body makes: for a new thing of all its fields, for a changed one the row
 * that is there with the given fields merged in (RFC 7396), so one UPDATE serves PUT and PATCH.
 */
#ifndef PUR_CRUD_H
#define PUR_CRUD_H

#include "route.h"
#include "sql.h"

/* The first fields of such a resource, and its last. */
#define PUR_FIRST_FIELDS                                                                           \
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY | PUR_ALWAYS },                    \
	    { .name = "name",                                                                      \
	      .type = PUR_TEXT,                                                                    \
	      .max = 200,                                                                          \
	      .flags = PUR_REQUIRED | PUR_SORT | PUR_FILTER,                                       \
	      .summary = "What people call it" },                                                  \
	{                                                                                          \
		.name = "slug", .type = PUR_SLUG, .flags = PUR_FILTER | PUR_ALWAYS,                \
		.summary = "Its name in URLs; made from name when absent"                          \
	}
#define PUR_LAST_FIELDS                                                                            \
	{ .name = "active", .type = PUR_BOOL, .flags = PUR_READONLY | PUR_ALWAYS },                \
	    { .name = "created_at",                                                                \
	      .type = PUR_TIME,                                                                    \
	      .flags = PUR_READONLY | PUR_ALWAYS | PUR_SORT | PUR_FILTER },                        \
	    { .name = "updated_at", .type = PUR_TIME, .flags = PUR_READONLY | PUR_ALWAYS },        \
	    { .name = "deleted_at", .type = PUR_TIME, .flags = PUR_READONLY },                     \
	{                                                                                          \
		.name = NULL                                                                       \
	}

/* What a unique index on the slug means. */
#define PUR_SLUG_CONSTRAINTS(table)                                                                \
	{ table "_slug_key", PUR_EDUPLICATE, "slug", "Is taken" },                                 \
	{                                                                                          \
		table "_slug_check", PUR_EBODY, "slug", "Can't be made from this name; give one"   \
	}

#define PUR_LIST_OF(table, columns) PUR_LIST_FROM(table " t", columns)
/* The same with ?q=, of a resource with .search. */
#define PUR_SEARCH_LIST_OF(table, columns) PUR_LIST_FROM(table " t{search}", columns)
#define PUR_LIST_FROM(from, columns)                                                               \
	{                                                                                          \
		PUR_LIST, "@tenant",                                                               \
		    "SELECT " columns "{include} FROM " from                                       \
		    " WHERE t.tenant_id = $1 AND t.{active}"                                       \
	}

#define PUR_GET_OF(table, columns)                                                                 \
	{                                                                                          \
		PUR_ONE, "@tenant /ref",                                                           \
		    "SELECT " columns "{include} FROM " table                                      \
		    " t WHERE t.tenant_id = $1 AND t.{ref} AND t.active"                           \
	}

#define PUR_CREATE_OF(table, names, values, columns)                                               \
	{                                                                                          \
		PUR_ONE, "@tenant @id @body",                                                      \
		    "INSERT INTO " table " AS t (tenant_id, id, " names ") SELECT $1, $2, " values \
		    " FROM jsonb_populate_record(NULL::" table ", $3) AS r RETURNING " columns     \
	}

#define PUR_UPDATE_OF(table, names, values, columns)                                                          \
	{                                                                                                     \
		PUR_ONE, "@tenant /ref @match @body",                                                         \
		    "UPDATE " table " t SET (" names ") = (SELECT " values                                    \
		    " FROM jsonb_populate_record(t, $4) AS r), revision = t.revision + 1, updated_at = now()" \
		    " WHERE t.tenant_id = $1 AND t.{ref} AND t.active AND " PUR_MATCHES(                      \
			"$3", "t.revision") " RETURNING " columns                                             \
	}

#define PUR_DELETE_OF(table, columns)                                                              \
	{                                                                                          \
		PUR_ONE, "@tenant /ref @match",                                                    \
		    "UPDATE " table                                                                \
		    " t SET active = false, deleted_at = now(), revision = t.revision + 1,"        \
		    " updated_at = now() WHERE t.tenant_id = $1 AND t.{ref} AND t.active"          \
		    " AND " PUR_MATCHES("$3", "t.revision") " RETURNING " columns                  \
	}

/* A slug may have been deleted several times: the latest comes back. */
#define PUR_RESTORE_OF(table, columns)                                                                           \
	{                                                                                                        \
		PUR_ONE, "@tenant /ref",                                                                         \
		    "UPDATE " table                                                                              \
		    " t SET active = true, deleted_at = NULL, revision = t.revision + 1,"                        \
		    " updated_at = now() WHERE t.tenant_id = $1 AND t.id = (SELECT d.id FROM " table             \
		    " d WHERE d.tenant_id = $1 AND d.{ref} AND NOT d.active ORDER BY d.deleted_at DESC LIMIT 1)" \
		    " RETURNING " columns                                                                        \
	}

/* The seven routes of /things; ... are the statements that create one. */
#define PUR_CRUD(things, thing, order, ...)                                                        \
	{ PUR_GET,           "/" things,      things ":read",                                      \
	  .stmts = { LIST }, .sort = (order), .summary = "List " things },                         \
	    { PUR_POST,                                                                            \
	      "/" things,                                                                          \
	      things ":write",                                                                     \
	      .stmts = { __VA_ARGS__ },                                                            \
	      .effect = PUR_CREATES,                                                               \
	      .event = thing ".created",                                                           \
	      .errors = { PUR_EDUPLICATE },                                                        \
	      .summary = "Create a " thing },                                                      \
	    { PUR_GET, "/" things "/{ref}", things ":read", .stmts = { GET },                      \
	      .summary = "Get one " thing },                                                       \
	    { PUR_PUT,                                                                             \
	      "/" things "/{ref}",                                                                 \
	      things ":write",                                                                     \
	      .stmts = { UPDATE },                                                                 \
	      .guard = GET,                                                                        \
	      .event = thing ".updated",                                                           \
	      .errors = { PUR_EDUPLICATE },                                                        \
	      .summary = "Replace a " thing },                                                     \
	    { PUR_PATCH,                                                                           \
	      "/" things "/{ref}",                                                                 \
	      things ":write",                                                                     \
	      .stmts = { UPDATE },                                                                 \
	      .guard = GET,                                                                        \
	      .event = thing ".updated",                                                           \
	      .errors = { PUR_EDUPLICATE },                                                        \
	      .summary = "Change fields of a " thing },                                            \
	    { PUR_DELETE,                                                                          \
	      "/" things "/{ref}",                                                                 \
	      things ":write",                                                                     \
	      .stmts = { DELETE },                                                                 \
	      .guard = GET,                                                                        \
	      .effect = PUR_DELETES,                                                               \
	      .event = thing ".deleted",                                                           \
	      .summary = "Delete a " thing },                                                      \
	{                                                                                          \
		PUR_POST, "/" things "/{ref}/restore", things ":write",                            \
		    .stmts = { RESTORE }, .effect = PUR_RESTORES, .event = thing ".restored",      \
		    .errors = { PUR_EDUPLICATE }, .summary = "Undo the deletion of a " thing       \
	}

#endif
