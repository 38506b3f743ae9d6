/*
 * password: argon2id by libsodium (crypto_pwhash, RFC 9106), with its INTERACTIVE limits; and what
 * a new one must not be.
 *
 * Hashing and comparing take some 50 ms of a core and 64 MiB, on purpose: hold no lock meanwhile,
 * and better no transaction.
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

/* True for a hash that was made with other limits than new ones are. */
bool pur_password_is_old(const char *hash);

/*
 * Why a new password won't do, in words for people; NULL: it will.
 * lists: names of files, separated by spaces, with a word that people choose on each line; one that
 * can't be read is logged, and the password is judged without it.
 * names: of its person and their business, which it must not contain; NULL where there is none. An
 * e-mail address counts up to its '@'.
 */
const char *pur_password_fault(const char *lists, const char *password, const char *const names[4]);

#endif
