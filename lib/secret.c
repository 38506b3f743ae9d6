/* secret: hashes, tokens and links in a request. */
#include "secret.h"
#include "intake.h"
#include "log.h"
#include "row.h"
#include <sodium.h>

enum pur_rc
pur_hash_password(struct pur_req *rq, const char *const names[4])
{
	static const char *const nobody[4];
	const struct pur_value *password = pur_body(rq, "password");
	char *hash = pur_alloc(rq->arena, PUR_PASSWORD_HASH);
	const char *fault;
	enum pur_rc rc;

	pur_set_text(rq, "hash", NULL);
	if (hash == NULL)
		return pur_fail(rq, PUR_ETOOLARGE, NULL);
	if (!password->given || password->null)
		return PUR_OK;
	fault = pur_password_fault(rq->conf->password_lists, password->s,
				   names != NULL ? names : nobody);
	if (fault != NULL) {
		pur_fault(rq, "password", "%s", fault);
		return pur_intake_bad_body(rq);
	}
	rc = pur_password_hash(password->s, password->len, hash);
	pur_set_text(rq, "hash", hash);
	return rc == PUR_OK ? PUR_OK : pur_fail(rq, rc, NULL);
}

const char *
pur_new_token(struct pur_req *rq)
{
	char *token = pur_alloc(rq->arena, PUR_TOKEN_TEXT + 1);
	unsigned char *hash = pur_alloc(rq->arena, PUR_TOKEN_HASH);

	if (token == NULL || hash == NULL) {
		(void)pur_fail(rq, PUR_ETOOLARGE, NULL);
		return NULL;
	}
	pur_token_new(&rq->input.tenant, token, hash);
	pur_set_bytes(rq, "token_hash", hash, PUR_TOKEN_HASH);
	return token;
}

void
pur_give_token(struct pur_req *rq, const char *token, int64_t seconds)
{
	if (rq->credential.from_cookie)
		pur_set_cookie(rq, token, (long)seconds);
	else
		pur_show(rq, "token", token);
}

enum pur_rc
pur_send_mail(struct pur_req *rq, int stmt, const char *template, const char *name,
	      const struct pur_uuid *id)
{
	char text[PUR_UUID_TEXT + 1] = "";
	struct pur_job job = { .kind = "mail.send" };
	bool due = false;

	(void)!pur_row_bool(pur_rows(rq, stmt), 0, "mail", &due);
	if (!due)
		return PUR_OK;
	pur_uuid_format(id, text);
	job.payload =
	    pur_sprintf(rq->arena, "{\"template\":\"%s\",\"%s\":\"%s\"}", template, name, text);
	job.once = pur_sprintf(rq->arena, "%s %s", template, text);
	return job.payload != NULL && job.once != NULL ? pur_enqueue(rq, &job)
						       : pur_fail(rq, PUR_ETOOLARGE, NULL);
}

bool
pur_body_link(const struct pur_req *rq, enum pur_link_kind kind, struct pur_link *l)
{
	return pur_link_read(pur_body(rq, "token")->s, kind, l) == PUR_OK;
}

bool
pur_link_holds(struct pur_req *rq, const struct pur_link *l, int stmt)
{
	unsigned char key[PUR_KEY], *seed = pur_alloc(rq->arena, PUR_SEED);
	char message[256];
	bool holds;

	if (seed == NULL || pur_row_bytes(pur_rows(rq, stmt), 0, "seed", seed, PUR_SEED) != 0)
		return false;
	pur_set_bytes(rq, "seed", seed, PUR_SEED);
	if (pur_key_load(rq->conf->secret_file, PUR_KEY_LINKS, key, message, sizeof(message)) !=
	    0) {
		pur_log(PUR_ERROR, "no key for links", PUR_TEXT_ITEM("reason", message));
		return false;
	}
	holds = pur_link_fits(l, key, seed);
	sodium_memzero(key, sizeof(key));
	return holds;
}

enum pur_rc
pur_bad_link(struct pur_req *rq)
{
	pur_fault(rq, "token", "Is wrong, was used, or has expired");
	return pur_fail(rq, PUR_ELINK, NULL);
}
