/*
 * password: argon2id by libsodium (crypto_pwhash, RFC 9106), with its INTERACTIVE limits.
 *
 * Both take some 50 ms of a core and 64 MiB, on purpose: hold no lock meanwhile, and better no
 * transaction.
 */
#ifndef PUR_PASSWORD_H
#define PUR_PASSWORD_H

#include "rc.h"
#include <sodium.h>
#include <stdbool.h>

#define PUR_PASSWORD_HASH crypto_pwhash_STRBYTES
#define PUR_PASSWORD_LEAST 12 /* characters of a new one */
#define PUR_PASSWORD_MOST 128

/* Hashes a new password. out: a text. Returns PUR_OK, or PUR_EUNAVAILABLE without memory. */
enum pur_rc pur_password_hash(const char *password, size_t len,
			      char out[PUR_PASSWORD_HASH]) PUR_MUST;

/*
 * True when the password fits the hash. hash NULL: nobody's, which takes as long as somebody's and
 * is false.
 */
bool pur_password_fits(const char *hash, const char *password, size_t len);

#endif
