/* credential: makes and reads bearer tokens. */
#include "credential.h"
#include <sodium.h>
#include <string.h>
#include <strings.h>

static const char session_prefix[] = "ps_";

static const char token_characters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#define PREFIX (sizeof(session_prefix) - 1)
#define SECRET 32
#define RAW (sizeof(struct pur_uuid) + SECRET)

static void
hash_token(const char *text, unsigned char hash[PUR_TOKEN_HASH])
{
	crypto_generichash(hash, PUR_TOKEN_HASH, (const unsigned char *)text, PUR_TOKEN_TEXT, NULL,
			   0);
}

void
pur_token_new(const struct pur_uuid *tenant, char text[PUR_TOKEN_TEXT + 1],
	      unsigned char hash[PUR_TOKEN_HASH])
{
	unsigned char raw[RAW];

	memcpy(raw, tenant->b, sizeof(tenant->b));
	randombytes_buf(raw + sizeof(tenant->b), SECRET);
	memcpy(text, session_prefix, PREFIX);
	sodium_bin2base64(text + PREFIX, PUR_TOKEN_TEXT + 1 - PREFIX, raw, sizeof(raw),
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(raw, sizeof(raw));
	hash_token(text, hash);
}

enum pur_rc
pur_credential_read(const char *authorization, const char *cookie, struct pur_credential *c)
{
	const char *token = cookie;
	unsigned char raw[RAW];
	size_t len;

	memset(c, 0, sizeof(*c));
	c->given = authorization != NULL || cookie != NULL;
	c->from_cookie = authorization == NULL && cookie != NULL;
	if (!c->given)
		return PUR_OK;
	if (authorization != NULL) {
		if (strncasecmp(authorization, "Bearer ", 7) != 0)
			return PUR_EAUTH;
		token = authorization + 7 + strspn(authorization + 7, " ");
	}
	/* libsodium lets some bytes past 127 through. */
	if (strlen(token) != PUR_TOKEN_TEXT || strspn(token, token_characters) != PUR_TOKEN_TEXT ||
	    strncmp(token, session_prefix, PREFIX) != 0 ||
	    sodium_base642bin(raw, sizeof(raw), token + PREFIX, PUR_TOKEN_TEXT - PREFIX, NULL, &len,
			      NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
	    len != sizeof(raw))
		return PUR_EAUTH;
	memcpy(c->tenant.b, raw, sizeof(c->tenant.b));
	sodium_memzero(raw, sizeof(raw));
	hash_token(token, c->hash);
	return PUR_OK;
}
