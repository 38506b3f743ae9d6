/* idempotency: claims keys, stores answers, finds them again. */
#include "idempotency.h"
#include "oid.h"
#include "row.h"
#include <sodium.h>
#include <string.h>

/* Who acts, for the key's scope: a user, an API key, or all zero for nobody. */
#define ACTOR                                                                                      \
	"coalesce(nullif(current_setting('app.current_user', true), ''),"                          \
	" nullif(current_setting('app.current_key', true), ''),"                                   \
	" '00000000-0000-0000-0000-000000000000')::uuid"

static const Oid types[] = { PUR_OID_UUID, PUR_OID_TEXT, PUR_OID_TEXT, PUR_OID_BYTEA,
			     PUR_OID_INT8, PUR_OID_TEXT, PUR_OID_TEXT, PUR_OID_TEXT };

static struct pur_query claim = { .name = "key_claim",
				  .sql = "SELECT idempotency_claim($1, $2, $3, $4)",
				  .types = types,
				  .n = 4 };

static struct pur_query store = {
	.name = "key_store",
	.sql = "INSERT INTO idempotency_keys (tenant_id, actor_id, route, key, fingerprint, status,"
	       " location, etag, body) VALUES ($1, " ACTOR ", $2, $3, $4, $5, $6, $7, $8)",
	.types = types,
	.n = 8
};

static struct pur_query fetch = {
	.name = "key_fetch",
	.sql = "SELECT status, location, etag, body FROM idempotency_keys WHERE tenant_id = $1"
	       " AND actor_id = " ACTOR " AND route = $2 AND key = $3",
	.types = types,
	.n = 3
};

bool
pur_idempotency_key_valid(const char *key)
{
	size_t len = strlen(key);

	for (const char *p = key; *p != '\0'; p++) {
		if (*p < '!' || *p > '~')
			return false;
	}
	return len >= 1 && len <= 255;
}

void
pur_fingerprint(unsigned char out[PUR_FINGERPRINT], const char *const *texts, const size_t *lengths,
		size_t n)
{
	crypto_generichash_state st;

	crypto_generichash_init(&st, NULL, 0, PUR_FINGERPRINT);
	for (size_t i = 0; i < n; i++) {
		crypto_generichash_update(&st, (const unsigned char *)&lengths[i],
					  sizeof(lengths[i]));
		crypto_generichash_update(&st, (const unsigned char *)texts[i], lengths[i]);
	}
	crypto_generichash_final(&st, out, PUR_FINGERPRINT);
}

enum pur_rc
pur_idempotency_claim(struct pur_db *db, const struct pur_uuid *tenant,
		      const struct pur_idempotency *k)
{
	const struct pur_datum binds[] = { pur_datum_uuid(tenant),
					   pur_datum_text(k->route),
					   pur_datum_text(k->key),
					   { (const char *)k->fingerprint, PUR_FINGERPRINT } };

	return pur_db_send(db, &claim, binds, NULL);
}

enum pur_rc
pur_idempotency_store(struct pur_arena *a, struct pur_db *db, const struct pur_uuid *tenant,
		      const struct pur_idempotency *k, const struct pur_stored *answer)
{
	struct pur_value status = { .type = PUR_INT, .i = answer->status };
	struct pur_datum binds[] = { pur_datum_uuid(tenant),
				     pur_datum_text(k->route),
				     pur_datum_text(k->key),
				     { (const char *)k->fingerprint, PUR_FINGERPRINT },
				     { NULL, 0 },
				     pur_datum_text(answer->location),
				     pur_datum_text(answer->etag),
				     { answer->body, (int)answer->len } };
	enum pur_rc rc = pur_datum_value(a, &status, &binds[4]);

	return rc == PUR_OK ? pur_db_send(db, &store, binds, NULL) : rc;
}

enum pur_rc
pur_idempotency_fetch(struct pur_db *db, const struct pur_uuid *tenant,
		      const struct pur_idempotency *k, PGresult **out)
{
	const struct pur_datum binds[] = { pur_datum_uuid(tenant), pur_datum_text(k->route),
					   pur_datum_text(k->key) };

	return pur_db_send(db, &fetch, binds, out);
}

enum pur_rc
pur_idempotency_stored(const PGresult *r, struct pur_stored *answer)
{
	int64_t status;

	if (pur_row_int(r, 0, "status", &status) != 0)
		return PUR_EINTERNAL;
	answer->status = (int)status;
	answer->location = pur_row_text(r, 0, "location");
	answer->etag = pur_row_text(r, 0, "etag");
	answer->body = pur_row_text(r, 0, "body");
	if (answer->body == NULL)
		return PUR_EERASED;
	answer->len = strlen(answer->body);
	return PUR_OK;
}
