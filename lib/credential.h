/*
 * credential: tokens that carry their tenant's id in clear beside a 256-bit secret.
 *
 * Text: a prefix that says its kind ("ps_" for sessions) and base64url (RFC 4648, section 5, no
 * padding) of 16 bytes tenant id and 32 bytes secret. The database keeps a BLAKE2b-256 (RFC 7693)
 * hash of the whole text; who reads the database can log in as nobody.
 *
 * The token in a mail's link ("pi_" an invitation, "pr_" a password's reset) is like it, but for
 * its secret: that is a keyed BLAKE2b of what stands before it and of a random seed. The database
 * keeps the seed, so that who writes the mail can make the token; it is stored nowhere, and neither
 * the database alone nor the installation's secret alone gives it away.
 */
#ifndef PUR_CREDENTIAL_H
#define PUR_CREDENTIAL_H

#include "id.h"
#include "key.h"
#include "rc.h"
#include <stdbool.h>

#define PUR_TOKEN_TEXT 67 /* characters, without a NUL */
#define PUR_TOKEN_HASH 32
#define PUR_KEY_TEXT 78  /* characters of an API key, without a NUL */
#define PUR_LINK_TEXT 89 /* characters of a link's token at most, without a NUL */
#define PUR_SEED 32      /* bytes of a link's seed */

struct pur_credential {
	bool given;       /* the request bears one, right or wrong */
	bool from_cookie; /* and it came by itself, from a browser */
	bool key;         /* it is an API key */
	bool test;        /* of the kind that only rehearses */
	struct pur_uuid tenant;
	unsigned char hash[PUR_TOKEN_HASH];
};

/* What a link is for. */
enum pur_link_kind { PUR_LINK_INVITATION, PUR_LINK_RESET };

struct pur_link {
	enum pur_link_kind kind;
	struct pur_uuid where[2]; /* an invitation's tenant and user; a reset's id */
	unsigned char secret[PUR_TOKEN_HASH];
};

/* Makes a session token for a tenant. text: PUR_TOKEN_TEXT characters and a NUL. */
void pur_token_new(const struct pur_uuid *tenant, char text[PUR_TOKEN_TEXT + 1],
		   unsigned char hash[PUR_TOKEN_HASH]);

/*
 * Makes an API key for a tenant: pk_live_ or pk_test_, then as a token, and a checksum by which a
 * scanner can tell a real one. text: PUR_KEY_TEXT characters and a NUL.
 */
void pur_key_new(const struct pur_uuid *tenant, bool test, char text[PUR_KEY_TEXT + 1],
		 unsigned char hash[PUR_TOKEN_HASH]);

/*
 * Reads what a request bears.
 * authorization: the header (RFC 6750, 2.1: "Bearer <token>"), or NULL.
 * cookie: the session cookie's value, or NULL; looked at only without an Authorization header.
 * Returns PUR_OK (c->given tells whether there is one), or PUR_EAUTH when it cannot be a token.
 */
enum pur_rc pur_credential_read(const char *authorization, const char *cookie,
				struct pur_credential *c) PUR_MUST;

/* Fills in the secret of a link, whose kind and where are set. key: PUR_KEY_LINKS. */
void pur_link_seal(struct pur_link *l, const unsigned char key[PUR_KEY],
		   const unsigned char seed[PUR_SEED]);

/* The token of a link. text: at most PUR_LINK_TEXT characters and a NUL. */
void pur_link_format(const struct pur_link *l, char text[PUR_LINK_TEXT + 1]);

/* Reads a token of that kind. Returns PUR_OK, or PUR_EAUTH when it cannot be one. */
enum pur_rc pur_link_read(const char *text, enum pur_link_kind kind, struct pur_link *l) PUR_MUST;

/* True when the secret of a link that was read is the one which its seed gives. */
bool pur_link_fits(const struct pur_link *l, const unsigned char key[PUR_KEY],
		   const unsigned char seed[PUR_SEED]);

#endif
