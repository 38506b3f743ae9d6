/* proof: tries, passwords and codes. */
#include "proof.h"
#include "datum.h"
#include "intake.h"
#include "log.h"
#include "network.h"
#include "oid.h"
#include "row.h"
#include <ctype.h>
#include <sodium.h>
#include <string.h>

static const Oid try_types[] = { PUR_OID_BYTEA, PUR_OID_BYTEA, PUR_OID_BOOL };
static const Oid own_types[] = { PUR_OID_UUID };
static const Oid use_types[] = { PUR_OID_UUID, PUR_OID_INT8, PUR_OID_TEXT };

static struct pur_query claim_try = { .name = "claim_try",
				      .sql = "SELECT claim_try($1, $2)::bigint AS wait",
				      .types = try_types,
				      .n = 2 };

static struct pur_query spare_try = {
	.name = "spare_try", .sql = "SELECT spare_try($1, $2, $3)", .types = try_types, .n = 3
};

static struct pur_query own_proof = {
	.name = "own_proof",
	.sql = "SELECT email, password_hash, account, holder, secret, enabled, last_step,"
	       " codes_left, clock FROM own_proof($1)",
	.types = own_types,
	.n = 1
};

static struct pur_query use_totp = {
	.name = "use_totp", .sql = "SELECT use_totp($1, $2, $3) AS used", .types = use_types, .n = 3
};

const unsigned char *
pur_proof_key(struct pur_req *rq, enum pur_key_purpose purpose)
{
	static unsigned char keys[PUR_KEY_TOTP + 1][PUR_KEY];
	static bool loaded[PUR_KEY_TOTP + 1];
	char message[512];

	if (!loaded[purpose] && pur_key_load(rq->conf->secret_file, purpose, keys[purpose], message,
					     sizeof(message)) != 0) {
		pur_log(PUR_ERROR, "no key", PUR_TEXT_ITEM("reason", message));
		(void)pur_fail(rq, PUR_EINTERNAL, NULL);
		return NULL;
	}
	loaded[purpose] = true;
	return keys[purpose];
}

/* Sends a statement of the library's in the request's batch. */
static enum pur_rc
send(struct pur_req *rq, struct pur_query *q, const struct pur_datum *binds, PGresult **out)
{
	enum pur_rc rc = pur_batch_begin(rq);

	if (rc != PUR_OK)
		return rc;
	rc = pur_db_send(rq->db, q, binds, out);
	return rc == PUR_OK ? PUR_OK : pur_batch_failed(rq, rc);
}

static struct pur_datum
hash_datum(const unsigned char hash[32])
{
	return (struct pur_datum){ (const char *)hash, 32 };
}

/* Under what tries are counted. Addresses are the same in any case. */
static enum pur_rc
find_counters(struct pur_req *rq, const char *email)
{
	const unsigned char *key = pur_proof_key(rq, PUR_KEY_TRIES);
	struct pur_proof *p = &rq->proof;
	unsigned char network[PUR_NETWORK];
	char *lower = pur_strdup(rq->arena, email);

	if (key == NULL)
		return PUR_EINTERNAL;
	if (lower == NULL)
		return pur_fail(rq, PUR_ETOOLARGE, NULL);
	for (char *c = lower; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	crypto_generichash(p->account, sizeof(p->account), (unsigned char *)lower, strlen(lower),
			   key, PUR_KEY);
	p->by_network = !pur_networks_have(rq->conf->unlimited_networks, rq->in.address) &&
			pur_network_of(rq->in.address, network);
	if (p->by_network)
		crypto_generichash(p->network, sizeof(p->network), network, sizeof(network), key,
				   PUR_KEY);
	return PUR_OK;
}

enum pur_rc
pur_proof_try(struct pur_req *rq, const char *email)
{
	enum pur_rc rc = find_counters(rq, email);
	struct pur_datum binds[] = { hash_datum(rq->proof.account), hash_datum(rq->proof.network) };

	if (!rq->proof.by_network)
		binds[1] = (struct pur_datum){ NULL };
	return rc == PUR_OK ? send(rq, &claim_try, binds, &rq->proof.claimed) : rc;
}

enum pur_rc
pur_proof_tried(struct pur_req *rq)
{
	int64_t wait = 0;

	if (pur_row_int(rq->proof.claimed, 0, "wait", &wait) != 0)
		return pur_fail(rq, PUR_EINTERNAL, NULL);
	if (wait == 0)
		return PUR_OK;
	rq->retry_after = wait;
	return pur_fail(rq, PUR_ERATE, "Too many tries: try again later");
}

enum pur_rc
pur_proof_spare(struct pur_req *rq, bool forget)
{
	char raw = (char)forget;
	struct pur_datum binds[] = { hash_datum(rq->proof.account),
				     hash_datum(rq->proof.network),
				     { &raw, 1 } };

	enum pur_rc rc;

	if (!rq->proof.by_network)
		binds[1] = (struct pur_datum){ NULL };
	if (rq->dry_run) {
		pur_db_rollback(rq->db);
		rq->in_batch = false;
	}
	rc = send(rq, &spare_try, binds, NULL);
	return rc == PUR_OK && rq->dry_run ? pur_commit(rq) : rc;
}

const PGresult *
pur_proof_of(const struct pur_req *rq)
{
	return rq->proof.own;
}

enum pur_rc
pur_proof_read(struct pur_req *rq)
{
	struct pur_datum binds[] = { pur_datum_uuid(&rq->input.tenant) };
	enum pur_rc rc = send(rq, &own_proof, binds, &rq->proof.own);

	if (rc == PUR_OK)
		rc = pur_wait(rq);
	if (rc == PUR_OK && pur_rows_count(rq->proof.own) == 0)
		rc = pur_fail(rq, PUR_EINTERNAL, NULL);
	return rc;
}

bool
pur_proof_sealed(struct pur_req *rq, const char *name)
{
	const PGresult *own = rq->proof.own;
	int column = PQfnumber(own, "secret");

	if (PQgetisnull(own, 0, column))
		return false;
	pur_set_bytes(rq, name, PQgetvalue(own, 0, column), (size_t)PQgetlength(own, 0, column));
	return true;
}

enum pur_rc
pur_proof_open(struct pur_req *rq, unsigned char secret[PUR_TOTP_SECRET])
{
	const PGresult *own = rq->proof.own;
	const unsigned char *key = pur_proof_key(rq, PUR_KEY_TOTP);
	int column = PQfnumber(own, "secret");
	struct pur_uuid holder;

	if (key == NULL)
		return PUR_EINTERNAL;
	if (pur_row_uuid(own, 0, "holder", &holder) != 0 ||
	    !pur_totp_open(key, &holder, (const unsigned char *)PQgetvalue(own, 0, column),
			   (size_t)PQgetlength(own, 0, column), secret)) {
		pur_log(PUR_ERROR, "a second factor was sealed by another secret_file",
			PUR_TEXT_ITEM("request", rq->in.request_id));
		return pur_fail(rq, PUR_EINTERNAL, NULL);
	}
	return PUR_OK;
}

static enum pur_rc
refuse_code(struct pur_req *rq, const char *why, enum pur_rc refusal)
{
	pur_fault(rq, "otp", "%s", why);
	return refusal == PUR_EBODY ? pur_intake_bad_body(rq)
				    : pur_fail(rq, refusal, "A one-time password is needed");
}

/* What use_totp() is told of a code: its step, or the hash of a recovery code. */
static enum pur_rc
read_otp(struct pur_req *rq, const char *otp, struct pur_datum binds[3], bool *fits)
{
	unsigned char secret[PUR_TOTP_SECRET];
	const unsigned char *key;
	struct pur_value step = { .type = PUR_INT, .i = -1 };
	int64_t clock = 0, last = 0;
	const char *hash;
	enum pur_rc rc;

	if (!pur_totp_is_code(otp)) {
		key = pur_proof_key(rq, PUR_KEY_TOTP);
		hash = key != NULL ? pur_recovery_hash(rq->arena, key, otp) : NULL;
		if (hash == NULL)
			return pur_fail(rq, PUR_ETOOLARGE, NULL);
		binds[2] = pur_datum_text(hash);
		*fits = true; /* as far as can be seen from here */
		return PUR_OK;
	}
	rc = pur_proof_open(rq, secret);
	if (rc != PUR_OK)
		return rc;
	(void)!pur_row_int(rq->proof.own, 0, "clock", &clock);
	(void)!pur_row_int(rq->proof.own, 0, "last_step", &last);
	step.i = pur_totp_step(secret, otp, clock, last);
	sodium_memzero(secret, sizeof(secret));
	*fits = step.i >= 0;
	return pur_datum_value(rq->arena, &step, &binds[1]);
}

/* Uses a code up; the row's lock decides between several at once. */
static enum pur_rc
use_code(struct pur_req *rq, const char *otp, enum pur_rc refusal)
{
	struct pur_datum binds[3] = { pur_datum_uuid(&rq->input.tenant), { NULL }, { NULL } };
	bool fits = false, used = false;
	enum pur_rc rc = read_otp(rq, otp, binds, &fits);

	if (rc != PUR_OK)
		return rc;
	if (fits) {
		rc = send(rq, &use_totp, binds, &rq->proof.used);
		if (rc == PUR_OK)
			rc = pur_wait(rq);
		if (rc != PUR_OK)
			return rc;
		(void)!pur_row_bool(rq->proof.used, 0, "used", &used);
	}
	return used ? PUR_OK : refuse_code(rq, "Is wrong, or was used before", refusal);
}

enum pur_rc
pur_proof_second(struct pur_req *rq, const char *otp, enum pur_rc refusal)
{
	bool enabled = false, account = false;
	enum pur_rc rc = rq->proof.own == NULL ? pur_proof_read(rq) : PUR_OK;

	if (rc != PUR_OK)
		return rc;
	(void)!pur_row_bool(rq->proof.own, 0, "enabled", &enabled);
	(void)!pur_row_bool(rq->proof.own, 0, "account", &account);
	if (enabled && otp == NULL) {
		/* Not all: else codes could be guessed for ever by whoever has the password. */
		rc = pur_proof_spare(rq, false);
		if (rc == PUR_OK)
			rc = pur_commit(rq);
		return rc == PUR_OK ? refuse_code(rq, "Is required", refusal) : rc;
	}
	if (enabled)
		rc = use_code(rq, otp, refusal);
	return rc == PUR_OK ? pur_proof_spare(rq, account) : rc;
}

static const char *
text_of(const struct pur_value *v)
{
	return v != NULL && v->given && !v->null ? v->s : NULL;
}

/* Whether a field has the password of the one who acts; counted as a try. */
static enum pur_rc
try_password(struct pur_req *rq, const char *field)
{
	const struct pur_value *password = pur_body(rq, field);
	enum pur_rc rc = pur_proof_read(rq);

	if (rc == PUR_OK)
		rc = pur_proof_try(rq, pur_row_text(rq->proof.own, 0, "email"));
	if (rc == PUR_OK)
		rc = pur_commit(rq);
	if (rc == PUR_OK)
		rc = pur_proof_tried(rq);
	if (rc != PUR_OK)
		return rc;
	if (!pur_password_fits(pur_row_text(rq->proof.own, 0, "password_hash"), password->s,
			       password->len)) {
		pur_fault(rq, field, "Is not the one you have");
		return pur_intake_bad_body(rq);
	}
	return PUR_OK;
}

enum pur_rc
pur_proof_again(struct pur_req *rq)
{
	enum pur_rc rc = try_password(rq, "password");

	return rc == PUR_OK ? pur_proof_second(rq, text_of(pur_body(rq, "otp")), PUR_EBODY) : rc;
}

enum pur_rc
pur_proof_password(struct pur_req *rq, const char *field)
{
	bool account = false;
	enum pur_rc rc = try_password(rq, field);

	if (rc != PUR_OK)
		return rc;
	(void)!pur_row_bool(rq->proof.own, 0, "account", &account);
	rc = pur_proof_spare(rq, account);
	return rc == PUR_OK ? pur_commit(rq) : rc; /* whatever is refused after it */
}
