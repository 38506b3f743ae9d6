/*
 * history: what happened to one thing, as a list; the rows are those of events.
 *
 * For a route /things/{ref}/history, whose handler finds the thing by a statement before it:
 *
 *   [HISTORY] = PUR_HISTORY_OF("SELECT t.id FROM things t WHERE t.tenant_id = $1 AND t.{ref}"),
 *   { PUR_GET, "/things/{ref}/history", "things:read", PUR_NO_STORE, .stmts = { FIND, HISTORY },
 *     .fields = history, .sort = "seq", ... },
 */
#ifndef PUR_HISTORY_H
#define PUR_HISTORY_H

#include "route.h"

/* What an event shows of itself. Never a value: names of fields alone. */
#define PUR_EVENT_FIELDS                                                                           \
	{ .name = "seq",                                                                           \
	  .type = PUR_INT,                                                                         \
	  .flags = PUR_READONLY | PUR_ALWAYS | PUR_SORT | PUR_FILTER,                              \
	  .column = "e.seq",                                                                       \
	  .summary = "Its place among all events of the tenant; without gaps" },                   \
	    { .name = "kind",                                                                      \
	      .type = PUR_TEXT,                                                                    \
	      .flags = PUR_READONLY | PUR_ALWAYS | PUR_FILTER,                                     \
	      .column = "e.kind",                                                                  \
	      .summary = "What happened, as order.approved" },                                     \
	    { .name = "object_type",                                                               \
	      .type = PUR_TEXT,                                                                    \
	      .flags = PUR_READONLY | PUR_ALWAYS | PUR_FILTER,                                     \
	      .column = "e.object_type" },                                                         \
	    { .name = "object_id",                                                                 \
	      .type = PUR_UUID,                                                                    \
	      .flags = PUR_READONLY | PUR_ALWAYS | PUR_FILTER,                                     \
	      .column = "e.object_id",                                                             \
	      .summary = "What it happened to" },                                                  \
	    { .name = "actor_id",                                                                  \
	      .type = PUR_UUID,                                                                    \
	      .flags = PUR_READONLY | PUR_FILTER,                                                  \
	      .column = "e.actor_id",                                                              \
	      .summary = "The user who did it; null for nobody's" },                               \
	    { .name = "actor", .type = PUR_TEXT, .flags = PUR_READONLY, .summary = "Their name" }, \
	    { .name = "fields",                                                                    \
	      .type = PUR_TEXTS,                                                                   \
	      .flags = PUR_READONLY | PUR_ALWAYS,                                                  \
	      .summary = "Names of the fields that were given" },                                  \
	    { .name = "request_id", .type = PUR_TEXT, .flags = PUR_READONLY },                     \
	{                                                                                          \
		.name = "created_at", .type = PUR_TIME,                                            \
		.flags = PUR_READONLY | PUR_ALWAYS | PUR_FILTER, .column = "e.created_at"          \
	}

/* Events with their actors' names, and more columns; behind it goes " AND ..." on e. */
#define PUR_EVENTS_AND(columns)                                                                    \
	"SELECT e.seq, e.kind, e.object_type, e.object_id, e.actor_id, u.name AS actor, e.fields," \
	" e.request_id, e.created_at" columns " FROM events e"                                     \
	" LEFT JOIN users u ON u.tenant_id = $1 AND u.id = e.actor_id WHERE e.tenant_id = $1"
#define PUR_EVENTS PUR_EVENTS_AND("")

#define PUR_HISTORY_OF(id)                                                                         \
	{                                                                                          \
		PUR_LIST, "@tenant /ref", PUR_EVENTS " AND e.object_id = (" id ")"                 \
	}

#endif
