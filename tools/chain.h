/*
 * chain: the hash chain of a tenant's events, recomputed here and not by the database, whose
 * functions whoever can write to it could change.
 */
#ifndef PURSER_CHAIN_H
#define PURSER_CHAIN_H

#include "command.h"
#include <sodium.h>
#include <stdint.h>

#define HEX (2 * crypto_hash_sha256_BYTES + 1)

/* Where a chain ends, or ended when its head was noted. */
struct head {
	char tenant[PUR_UUID_TEXT + 1];
	int64_t seq;    /* 0: there is nothing yet */
	char hash[HEX]; /* of that event; "" for none */
};

/* What is wrong with a chain, in words; "" when nothing is. */
struct verdict {
	int64_t events;
	char fault[300];
};

/* The columns that chain_hash() reads, in their order; for WHERE and ORDER BY behind them. */
#define CHAIN_COLUMNS                                                                              \
	"seq, encode(hash, 'hex'), hash_version, tenant_id, kind, object_type, object_id,"         \
	" actor_id, key_id, host(address), fields::text, request_id,"                              \
	" (extract(epoch FROM created_at) * 1000000)::bigint, array_to_string(fields, ',')"

/*
 * The hash that an event must have.
 * r, row: what CHAIN_COLUMNS gave. seq: its place. before: the hash before it in hex, "" for none.
 * hash: receives it in hex. Returns 0, or -1 for a version that isn't known.
 */
int chain_hash(const PGresult *r, int row, int64_t seq, const char *before, char hash[HEX]);

/*
 * Reads a tenant's whole chain, one row at a time.
 * end: where tenant_state says that it ends. kept: a head noted earlier, or NULL.
 * Returns 0 with the first fault in `v`, or -1 after a message.
 */
int chain_verify(PGconn *db, const struct head *end, const struct head *kept, struct verdict *v);

#endif
