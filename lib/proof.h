/*
 * proof: how somebody shows who they are, by password and code; and how often one may try.
 *
 * Every try is counted, and committed, before it is judged: against the address that was given,
 * known or not, and against the network it comes from. Whoever was right takes theirs back. The
 * database's own functions (sql/deploy/logins.sql) do it, so what programs call is what they were
 * granted.
 *
 *   pur_proof_try -> pur_commit -> pur_proof_tried -> the password -> pur_enter
 *     -> pur_proof_second -> what was asked for
 */
#ifndef PUR_PROOF_H
#define PUR_PROOF_H

#include "action.h"
#include "key.h"
#include "password.h"
#include "totp.h"

/* Queues the counting of a try at an address. Returns PUR_OK, or an error of the request. */
enum pur_rc pur_proof_try(struct pur_req *rq, const char *email) PUR_MUST;

/* Once committed: PUR_OK, or PUR_ERATE with the seconds to wait. */
enum pur_rc pur_proof_tried(struct pur_req *rq) PUR_MUST;

/*
 * Queues taking the try back: it was right. forget: and with it all wrong ones before, as only
 * somebody's own password may do; one that a tenant gave would let its people guess for ever.
 * A rehearsal's is committed at once, as its try was; what was queued before is undone then.
 */
enum pur_rc pur_proof_spare(struct pur_req *rq, bool forget) PUR_MUST;

/*
 * Behind a right password, as the one who acts: asks for the code, where they have to give one,
 * uses it up, and takes the try back. otp: NULL where none was given. Without one the refusal is
 * committed, and no try lost. Returns PUR_OK or `refusal`, with a fault of the field `otp`.
 */
enum pur_rc pur_proof_second(struct pur_req *rq, const char *otp, enum pur_rc refusal) PUR_MUST;

/*
 * Of somebody who is logged in: the password they log in with, and the code. Faults of the fields
 * `password` and `otp`. What was queued before is committed.
 */
enum pur_rc pur_proof_again(struct pur_req *rq) PUR_MUST;

/* The same of the password alone, in another field; the try is taken back. */
enum pur_rc pur_proof_password(struct pur_req *rq, const char *field) PUR_MUST;

/* After pur_proof_again(): own_proof()'s row. */
const PGresult *pur_proof_of(const struct pur_req *rq);

/* The key of a purpose, or NULL with an error in the request. */
const unsigned char *pur_proof_key(struct pur_req *rq, enum pur_key_purpose purpose);

/* Sets an argument `=name:bytes` to the sealed secret as it was read; false where there is none. */
bool pur_proof_sealed(struct pur_req *rq, const char *name);

/*
 * Opens the second factor of the one who acts, as it was read. Returns PUR_OK, or PUR_EINTERNAL
 * where the secret that it was sealed with is another.
 */
enum pur_rc pur_proof_open(struct pur_req *rq, unsigned char secret[PUR_TOTP_SECRET]) PUR_MUST;

/* Queues the reading of own_proof() and waits. */
enum pur_rc pur_proof_read(struct pur_req *rq) PUR_MUST;

#endif
