/*
 * events: what happened in a tenant, in order and without gaps. Who has read up to one asks for
 * those after it, and misses none. The audit trail is the same rows, with where they came from and
 * the hash that chains each to the one before.
 */
#include "purser.h"

enum { LIST = 1, AUDIT, AUDIT_ONE };

static const struct pur_field fields[] = { PUR_EVENT_FIELDS, { .name = NULL } };

static const struct pur_field audit_fields[] = {
	PUR_EVENT_FIELDS,
	{ .name = "key_id",
	  .type = PUR_UUID,
	  .flags = PUR_READONLY | PUR_FILTER,
	  .column = "e.key_id",
	  .summary = "The API key that acted; null where a user did" },
	{ .name = "address",
	  .type = PUR_TEXT,
	  .flags = PUR_READONLY | PUR_PERSONAL,
	  .summary = "The client's network address" },
	{ .name = "hash",
	  .type = PUR_TEXT,
	  .flags = PUR_READONLY,
	  .summary = "SHA-256 over this event and the hash before it, in hex" },
	{ .name = "hash_version",
	  .type = PUR_INT,
	  .flags = PUR_READONLY,
	  .summary = "What the hash is taken of; purser-audit(1) says it" },
	{ .name = NULL },
};

#define AUDITED                                                                                    \
	PUR_EVENTS_AND(", e.key_id, host(e.address) AS address, encode(e.hash, 'hex') AS hash,"    \
		       " e.hash_version")

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
	[AUDIT] = { PUR_LIST, "@tenant", AUDITED },
	[AUDIT_ONE] = { PUR_ONE, "@tenant /seq:int", AUDITED " AND e.seq = $2" },
};

static const struct pur_route routes[] = {
	{ PUR_GET, "/events", "events:read", PUR_NO_STORE, .stmts = { LIST }, .params = params,
	  .sort = "seq", .summary = "List what happened, oldest first" },
	{ PUR_GET, "/audit", "audit:read", PUR_NO_STORE, .stmts = { AUDIT }, .fields = audit_fields,
	  .sort = "-seq", .summary = "List the audit trail, newest first" },
	{ PUR_GET, "/audit/{seq}", "audit:read", PUR_NO_STORE, .stmts = { AUDIT_ONE },
	  .fields = audit_fields, .summary = "Get one entry of the audit trail" },
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "events", .title = "Event", .summary = "What happened, in order")
