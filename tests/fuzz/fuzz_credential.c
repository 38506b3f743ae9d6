/*
 * fuzz_credential: the Authorization header and the session cookie, a line each. A token is taken
 * only as it was made: its tenant and hash are held against libsodium's.
 */
#include "credential.h"
#include "fuzz.h"

#include <sodium.h>

#define PREFIX 3         /* "ps_" */
#define TENANT_DIGITS 20 /* of base64, that hold nothing but 15 bytes of the tenant */

static void
is_of_token(const struct pur_credential *c, const char *token)
{
	unsigned char hash[PUR_TOKEN_HASH];
	char tenant[32];

	HOLDS(strlen(token) == PUR_TOKEN_TEXT && strncmp(token, "ps_", PREFIX) == 0);
	HOLDS(strspn(token + PREFIX, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789-_") == PUR_TOKEN_TEXT - PREFIX);
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)token, PUR_TOKEN_TEXT, NULL,
			   0);
	HOLDS(memcmp(hash, c->hash, sizeof(hash)) == 0);
	sodium_bin2base64(tenant, sizeof(tenant), c->tenant.b, 15,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	HOLDS(memcmp(tenant, token + PREFIX, TENANT_DIGITS) == 0);
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
	free(authorization);
	free(cookie);
	return 0;
}
