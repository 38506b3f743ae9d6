/*
 * fuzz_credential: the Authorization header and the session cookie, a line each. A token is taken
 * only as it was made: its tenant, its hash and a key's checksum are held against libsodium's.
 */
#include "credential.h"
#include "fuzz.h"

#include <sodium.h>

#define PREFIX 3         /* "ps_" */
#define KEY_PREFIX 8     /* "pk_live_" */
#define SUM 6            /* characters of a key's checksum */
#define TENANT_DIGITS 20 /* of base64, that hold nothing but 15 bytes of the tenant */

static void
is_key(const struct pur_credential *c, const char *key)
{
	unsigned char hash[crypto_generichash_BYTES_MIN];
	char sum[SUM + 1];

	HOLDS(strlen(key) == PUR_KEY_TEXT && !c->from_cookie);
	HOLDS(strncmp(key, c->test ? "pk_test_" : "pk_live_", KEY_PREFIX) == 0);
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)key, PUR_KEY_TEXT - SUM, NULL,
			   0);
	sodium_bin2base64(sum, sizeof(sum), hash, 4, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	HOLDS(strcmp(key + PUR_KEY_TEXT - SUM, sum) == 0);
}

static void
is_of_token(const struct pur_credential *c, const char *token)
{
	unsigned char hash[PUR_TOKEN_HASH];
	size_t len = strlen(token), prefix = c->key ? KEY_PREFIX : PREFIX;
	char tenant[32];

	if (c->key)
		is_key(c, token);
	else
		HOLDS(len == PUR_TOKEN_TEXT && strncmp(token, "ps_", PREFIX) == 0 && !c->test);
	HOLDS(strspn(token + prefix, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789-_") == len - prefix);
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)token, len, NULL, 0);
	HOLDS(memcmp(hash, c->hash, sizeof(hash)) == 0);
	sodium_bin2base64(tenant, sizeof(tenant), c->tenant.b, 15,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	HOLDS(memcmp(tenant, token + prefix, TENANT_DIGITS) == 0);
}

static void
reads(const char *authorization, const char *cookie)
{
	struct pur_credential c;
	enum pur_rc rc = pur_credential_read(authorization, cookie, &c);
	const char *token = cookie;

	HOLDS(rc == PUR_OK || rc == PUR_EAUTH);
	HOLDS(c.given == (authorization != NULL || cookie != NULL));
	HOLDS(c.from_cookie == (authorization == NULL && cookie != NULL));
	HOLDS(c.given || rc == PUR_OK);
	if (rc == PUR_OK && c.given) {
		if (authorization != NULL)
			token = strrchr(authorization, ' ') + 1;
		is_of_token(&c, token);
	}
}

/* Whatever the tenant, its token is read as that tenant's, from either place. */
static void
reads_what_is_made(const uint8_t *data, size_t size)
{
	struct pur_uuid tenant = { { 0 } };
	unsigned char hash[PUR_TOKEN_HASH];
	char bearer[7 + PUR_TOKEN_TEXT + 1] = "Bearer ";
	struct pur_credential c;

	memcpy(tenant.b, data, size < sizeof(tenant.b) ? size : sizeof(tenant.b));
	pur_token_new(&tenant, bearer + 7, hash);
	for (int by_cookie = 0; by_cookie < 2; by_cookie++) {
		HOLDS(pur_credential_read(by_cookie ? NULL : bearer, bearer + 7, &c) == PUR_OK);
		HOLDS(memcmp(&c.tenant, &tenant, sizeof(tenant)) == 0);
		HOLDS(memcmp(c.hash, hash, sizeof(hash)) == 0);
		is_of_token(&c, bearer + 7);
	}
}

/* The same of keys, which no cookie is; one character changed, it is none. */
static void
reads_keys_that_are_made(const uint8_t *data, size_t size)
{
	struct pur_uuid tenant = { { 0 } };
	unsigned char hash[PUR_TOKEN_HASH];
	char bearer[7 + PUR_KEY_TEXT + 1] = "Bearer ", *digit;
	struct pur_credential c;

	memcpy(tenant.b, data, size < sizeof(tenant.b) ? size : sizeof(tenant.b));
	for (int test = 0; test < 2; test++) {
		pur_key_new(&tenant, test, bearer + 7, hash);
		HOLDS(pur_credential_read(bearer, NULL, &c) == PUR_OK);
		HOLDS(c.key && c.test == (test == 1));
		HOLDS(memcmp(&c.tenant, &tenant, sizeof(tenant)) == 0);
		HOLDS(memcmp(c.hash, hash, sizeof(hash)) == 0);
		is_of_token(&c, bearer + 7);
		HOLDS(pur_credential_read(NULL, bearer + 7, &c) == PUR_EAUTH);
		digit = bearer + 7 + (size > 0 ? data[0] % PUR_KEY_TEXT : 0);
		*digit = *digit == 'A' ? 'B' : 'A';
		HOLDS(pur_credential_read(bearer, NULL, &c) == PUR_EAUTH);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	char *authorization = text_of(take_until(&in, '\n')), *cookie = text_of(in);

	HOLDS(sodium_init() >= 0);
	reads(NULL, NULL);
	reads(authorization, NULL);
	reads(authorization, cookie);
	reads(NULL, cookie);
	reads_what_is_made(data, size);
	reads_keys_that_are_made(data, size);
	free(authorization);
	free(cookie);
	return 0;
}
