/*
 * idempotency: the same write sent twice has one effect and one answer.
 *
 * The key is claimed before the effect, the answer is stored with it in one transaction. Scope:
 * tenant, actor and route; the request's fingerprint guards against another use of the same key.
 * Source: the contract's "Writes"; draft-ietf-httpapi-idempotency-key-header.
 */
#ifndef PUR_IDEMPOTENCY_H
#define PUR_IDEMPOTENCY_H

#include "bind.h"

#define PUR_FINGERPRINT 32

/* A key in its scope. */
struct pur_idempotency {
	const char *key;   /* NULL: the request bears none */
	const char *route; /* "POST /orders" */
	unsigned char fingerprint[PUR_FINGERPRINT];
};

/* An answer that is or will be stored. */
struct pur_stored {
	int status;
	const char *location, *etag; /* NULL: none */
	const char *body;
	size_t len;
};

/* True for 1..255 visible ASCII characters. */
bool pur_idempotency_key_valid(const char *key);

/* BLAKE2b-256 of n texts, each with its length, so that no two requests read the same. */
void pur_fingerprint(unsigned char out[PUR_FINGERPRINT], const char *const *texts,
		     const size_t *lengths, size_t n);

/*
 * Queues the claim. The batch then fails with PUR_EINPROGRESS while another request holds the
 * key, PUR_EMISMATCH when it was used for something else, PUR_EREPLAY when its answer is stored.
 */
enum pur_rc pur_idempotency_claim(struct pur_db *db, const struct pur_uuid *tenant,
				  const struct pur_idempotency *k) PUR_MUST;

/* Queues the storing of an answer; every number is bound from the arena. */
enum pur_rc pur_idempotency_store(struct pur_arena *a, struct pur_db *db,
				  const struct pur_uuid *tenant, const struct pur_idempotency *k,
				  const struct pur_stored *answer) PUR_MUST;

/* Queues the reading of a stored answer; pur_idempotency_stored() takes it out of the result. */
enum pur_rc pur_idempotency_fetch(struct pur_db *db, const struct pur_uuid *tenant,
				  const struct pur_idempotency *k, PGresult **out) PUR_MUST;

/*
 * PUR_OK; PUR_EERASED for one that was erased, PUR_EINTERNAL when there is none. Texts are borrowed
 * from the result.
 */
enum pur_rc pur_idempotency_stored(const PGresult *r, struct pur_stored *answer) PUR_MUST;

#endif
