/*
 * totp: one-time passwords by time (RFC 6238: SHA-1, 30 seconds, six digits), by liboath, and the
 * recovery codes that stand in for a lost device.
 */
#ifndef PUR_TOTP_H
#define PUR_TOTP_H

#include "arena.h"
#include "id.h"
#include "key.h"
#include <stdbool.h>
#include <stdint.h>

#define PUR_TOTP_SECRET 20 /* bytes; what RFC 4226, section 4, recommends */
#define PUR_TOTP_SEALED 60 /* a nonce before it, and a tag behind */
#define PUR_TOTP_CODES 10  /* recovery codes of one person */
#define PUR_TOTP_TYPED 40  /* most characters of a code as people type it */

/* A new secret. */
void pur_totp_new(unsigned char secret[PUR_TOTP_SECRET]);

/*
 * Seals a secret for the database, and opens it again: XChaCha20-Poly1305, bound to its holder, so
 * that a row's secret is of no use in another row. Opening returns false for what isn't whole.
 */
void pur_totp_seal(const unsigned char key[PUR_KEY], const struct pur_uuid *holder,
		   const unsigned char secret[PUR_TOTP_SECRET],
		   unsigned char sealed[PUR_TOTP_SEALED]);
bool pur_totp_open(const unsigned char key[PUR_KEY], const struct pur_uuid *holder,
		   const unsigned char *sealed, size_t len, unsigned char secret[PUR_TOTP_SECRET]);

/*
 * The secret for an authenticator app: in base32 (RFC 4648, section 6), and as an otpauth URI.
 * issuer, account: shown by the app. NULL without memory.
 */
const char *pur_totp_text(struct pur_arena *a, const unsigned char secret[PUR_TOTP_SECRET]);
const char *pur_totp_uri(struct pur_arena *a, const char *text, const char *issuer,
			 const char *account);

/* Whether what was typed has the looks of a code: six digits, with spaces or without. */
bool pur_totp_is_code(const char *typed);

/*
 * The step of time that a code is right for, of now, the one before and the one after, and later
 * than `last`; -1 for none. clock: seconds since 1970.
 */
int64_t pur_totp_step(const unsigned char secret[PUR_TOTP_SECRET], const char *typed, int64_t clock,
		      int64_t last);

/* A new recovery code, "abcd-efgh-ijkl-mnop": 80 random bits. */
const char *pur_recovery_new(struct pur_arena *a);

/*
 * The hash under which a recovery code is kept, whichever case, spaces or dashes it is typed with.
 * NULL without memory.
 */
const char *pur_recovery_hash(struct pur_arena *a, const unsigned char key[PUR_KEY],
			      const char *typed);

#endif
