/*
 * event: records what happened, once, in the transaction it happened in.
 *
 * One statement takes the tenant's next sequence number (this is where a tenant's writes become
 * serial, so it comes last), chains the hash, inserts the event and keeps the exact totals. From
 * these rows come streams, webhooks and the audit trail. Never a value, only ids and field names.
 */
#ifndef PUR_EVENT_H
#define PUR_EVENT_H

#include "bind.h"

struct pur_event {
	const char *kind;          /* "order.approved" */
	struct pur_uuid object;    /* what it happened to */
	const char *const *fields; /* names of what changed */
	size_t n_fields;
	const char *counts;             /* resource in tenant_counts; NULL: nothing to count */
	const char *minus[2], *plus[2]; /* states that lose or gain one; "" is all; NULL: none */
};

/* Queues the event. PUR_OK, PUR_ETOOLARGE or what pur_db_send() gives. */
enum pur_rc pur_event_send(struct pur_arena *a, struct pur_db *db, const struct pur_input *in,
			   const struct pur_event *e) PUR_MUST;

#endif
