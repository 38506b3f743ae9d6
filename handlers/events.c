/*
 * events: what happened in a tenant, in order and without gaps. Who has read up to one asks for
 * those after it, and misses none.
 */
#include "purser.h"

enum { LIST = 1 };

static const struct pur_field fields[] = { PUR_EVENT_FIELDS };

static const struct pur_field params[] = {
	{ .name = "after",
	  .type = PUR_INT,
	  .default_value = "0",
	  .max = INT64_MAX,
	  .summary = "The seq of the last event that was read" },
	{ .name = NULL },
};

static const struct pur_stmt stmts[] = {
	[LIST] = { PUR_LIST, "@tenant ?after", PUR_EVENTS " AND e.seq > $2" },
};

static const struct pur_route routes[] = {
	{ PUR_GET, "/events", "events:read", PUR_NO_STORE, .stmts = { LIST }, .params = params,
	  .sort = "seq", .summary = "List what happened, oldest first" },
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "events", .title = "Event", .summary = "What happened, in order")
