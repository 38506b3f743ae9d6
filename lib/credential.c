/* credential: makes and reads bearer tokens. */
#include "credential.h"
#include <sodium.h>
#include <string.h>
#include <strings.h>

static const char session_prefix[] = "ps_";

static const char token_characters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static const char live_prefix[] = "pk_live_", test_prefix[] = "pk_test_";

#define PREFIX (sizeof(session_prefix) - 1)
#define KEY_PREFIX (sizeof(live_prefix) - 1)
#define SECRET 32
#define RAW (sizeof(struct pur_uuid) + SECRET)
#define SUM 4        /* bytes of a key's checksum */
#define SUM_TEXT 6   /* characters of it */
#define BODY_TEXT 64 /* characters of RAW */

static void
hash_token(const char *text, size_t len, unsigned char hash[PUR_TOKEN_HASH])
{
	crypto_generichash(hash, PUR_TOKEN_HASH, (const unsigned char *)text, len, NULL, 0);
}

/* Tenant and secret, as text behind a prefix. */
static void
put_body(const struct pur_uuid *tenant, char text[BODY_TEXT + 1])
{
	unsigned char raw[RAW];

	memcpy(raw, tenant->b, sizeof(tenant->b));
	randombytes_buf(raw + sizeof(tenant->b), SECRET);
	sodium_bin2base64(text, BODY_TEXT + 1, raw, sizeof(raw),
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(raw, sizeof(raw));
}

/* The checksum of a key's text up to it. */
static void
put_sum(const char *text, char sum[SUM_TEXT + 1])
{
	unsigned char hash[crypto_generichash_BYTES_MIN];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)text, PUR_KEY_TEXT - SUM_TEXT,
			   NULL, 0);
	sodium_bin2base64(sum, SUM_TEXT + 1, hash, SUM, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void
pur_token_new(const struct pur_uuid *tenant, char text[PUR_TOKEN_TEXT + 1],
	      unsigned char hash[PUR_TOKEN_HASH])
{
	memcpy(text, session_prefix, PREFIX);
	put_body(tenant, text + PREFIX);
	hash_token(text, PUR_TOKEN_TEXT, hash);
}

void
pur_key_new(const struct pur_uuid *tenant, bool test, char text[PUR_KEY_TEXT + 1],
	    unsigned char hash[PUR_TOKEN_HASH])
{
	memcpy(text, test ? test_prefix : live_prefix, KEY_PREFIX);
	put_body(tenant, text + KEY_PREFIX);
	put_sum(text, text + KEY_PREFIX + BODY_TEXT);
	hash_token(text, PUR_KEY_TEXT, hash);
}

/* What kind of token it is by its looks, and where its body begins; NULL: none of ours. */
static const char *
find_body(const char *token, struct pur_credential *c)
{
	char sum[SUM_TEXT + 1];
	size_t len = strspn(token, token_characters); /* libsodium lets bytes past 127 through */

	if (token[len] != '\0')
		return NULL;
	if (len == PUR_TOKEN_TEXT && strncmp(token, session_prefix, PREFIX) == 0)
		return token + PREFIX;
	c->test = strncmp(token, test_prefix, KEY_PREFIX) == 0;
	c->key = c->test || strncmp(token, live_prefix, KEY_PREFIX) == 0;
	if (!c->key || len != PUR_KEY_TEXT)
		return NULL;
	put_sum(token, sum);
	return strcmp(token + PUR_KEY_TEXT - SUM_TEXT, sum) == 0 ? token + KEY_PREFIX : NULL;
}

enum pur_rc
pur_credential_read(const char *authorization, const char *cookie, struct pur_credential *c)
{
	const char *token = cookie, *body;
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
	body = find_body(token, c);
	if (body == NULL || (c->key && c->from_cookie) ||
	    sodium_base642bin(raw, sizeof(raw), body, BODY_TEXT, NULL, &len, NULL,
			      sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
	    len != sizeof(raw))
		return PUR_EAUTH;
	memcpy(c->tenant.b, raw, sizeof(c->tenant.b));
	sodium_memzero(raw, sizeof(raw));
	hash_token(token, strlen(token), c->hash);
	return PUR_OK;
}

/* How links differ by their kind. */
static const struct {
	char prefix[4];
	size_t ids; /* of where */
} links[] = { [PUR_LINK_INVITATION] = { "pi_", 2 }, [PUR_LINK_RESET] = { "pr_", 1 } };

#define LINK_PREFIX (sizeof(links[0].prefix) - 1)
#define LINK_MOST (2 * sizeof(struct pur_uuid) + PUR_TOKEN_HASH)

void
pur_link_seal(struct pur_link *l, const unsigned char key[PUR_KEY],
	      const unsigned char seed[PUR_SEED])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, key, PUR_KEY, PUR_TOKEN_HASH);
	crypto_generichash_update(&state, (const unsigned char *)links[l->kind].prefix,
				  LINK_PREFIX);
	for (size_t i = 0; i < links[l->kind].ids; i++)
		crypto_generichash_update(&state, l->where[i].b, sizeof(l->where[i].b));
	crypto_generichash_update(&state, seed, PUR_SEED);
	crypto_generichash_final(&state, l->secret, PUR_TOKEN_HASH);
}

void
pur_link_format(const struct pur_link *l, char text[PUR_LINK_TEXT + 1])
{
	unsigned char raw[LINK_MOST];
	size_t ids = links[l->kind].ids * sizeof(struct pur_uuid);

	memcpy(raw, l->where, ids);
	memcpy(raw + ids, l->secret, sizeof(l->secret));
	memcpy(text, links[l->kind].prefix, LINK_PREFIX);
	sodium_bin2base64(text + LINK_PREFIX, PUR_LINK_TEXT + 1 - LINK_PREFIX, raw,
			  ids + sizeof(l->secret), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(raw, sizeof(raw));
}

enum pur_rc
pur_link_read(const char *text, enum pur_link_kind kind, struct pur_link *l)
{
	size_t ids = links[kind].ids * sizeof(struct pur_uuid), len = strlen(text), got;
	unsigned char raw[LINK_MOST];

	memset(l, 0, sizeof(*l));
	l->kind = kind;
	if (strncmp(text, links[kind].prefix, LINK_PREFIX) != 0 ||
	    strspn(text, token_characters) != len ||
	    sodium_base642bin(raw, sizeof(raw), text + LINK_PREFIX, len - LINK_PREFIX, NULL, &got,
			      NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
	    got != ids + sizeof(l->secret))
		return PUR_EAUTH;
	memcpy(l->where, raw, ids);
	memcpy(l->secret, raw + ids, sizeof(l->secret));
	sodium_memzero(raw, sizeof(raw));
	return PUR_OK;
}

bool
pur_link_fits(const struct pur_link *l, const unsigned char key[PUR_KEY],
	      const unsigned char seed[PUR_SEED])
{
	struct pur_link right = *l;

	pur_link_seal(&right, key, seed);
	return sodium_memcmp(right.secret, l->secret, sizeof(right.secret)) == 0;
}
