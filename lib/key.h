/*
 * key: keys for single purposes, made from the installation's one secret.
 *
 * The secret is a file of at least PUR_KEY_SECRET bytes, best of /dev/urandom; each purpose has a
 * number (crypto_kdf of libsodium), so that one key tells nothing of another.
 */
#ifndef PUR_KEY_H
#define PUR_KEY_H

#include "rc.h"

#define PUR_KEY 32        /* bytes of a key */
#define PUR_KEY_SECRET 32 /* bytes of the secret that are used */

enum pur_key_purpose {
	PUR_KEY_CURSORS = 1,
	PUR_KEY_TRIES = 2,
	PUR_KEY_TOTP = 3,
	PUR_KEY_LINKS = 4,
};

/*
 * file: "" where there is no secret: the key is then one that everybody can make, and what is
 * signed with it is protected from mistakes alone.
 * Returns 0, or -1 with a message for the operator.
 */
int pur_key_load(const char *file, enum pur_key_purpose purpose, unsigned char key[PUR_KEY],
		 char *message, size_t size) PUR_MUST;

#endif
