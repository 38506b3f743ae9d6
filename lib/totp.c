/* totp: codes of a moment, and codes for once. */
#include "totp.h"
#include <ctype.h>
#include <liboath/oath.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS 6
#define STEP 30     /* seconds */
#define RECOVERY 10 /* bytes of a recovery code */
#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES

_Static_assert(PUR_TOTP_SEALED ==
		   NONCE + PUR_TOTP_SECRET + crypto_aead_xchacha20poly1305_ietf_ABYTES,
	       "what is sealed is nonce, secret and tag");
_Static_assert(PUR_KEY == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "a key seals");

void
pur_totp_new(unsigned char secret[PUR_TOTP_SECRET])
{
	randombytes_buf(secret, PUR_TOTP_SECRET);
}

void
pur_totp_seal(const unsigned char key[PUR_KEY], const struct pur_uuid *holder,
	      const unsigned char secret[PUR_TOTP_SECRET], unsigned char sealed[PUR_TOTP_SEALED])
{
	randombytes_buf(sealed, NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE, NULL, secret, PUR_TOTP_SECRET,
						   holder->b, sizeof(holder->b), NULL, sealed, key);
}

bool
pur_totp_open(const unsigned char key[PUR_KEY], const struct pur_uuid *holder,
	      const unsigned char *sealed, size_t len, unsigned char secret[PUR_TOTP_SECRET])
{
	return len == PUR_TOTP_SEALED &&
	       crypto_aead_xchacha20poly1305_ietf_decrypt(secret, NULL, NULL, sealed + NONCE,
							  PUR_TOTP_SEALED - NONCE, holder->b,
							  sizeof(holder->b), sealed, key) == 0;
}

static const char *
base32(struct pur_arena *a, const unsigned char *bytes, size_t len)
{
	char *text = NULL;
	const char *copy;

	if (oath_base32_encode((const char *)bytes, len, &text, NULL) != OATH_OK)
		return NULL;
	copy = pur_strdup(a, text);
	sodium_memzero(text, strlen(text));
	free(text);
	return copy;
}

const char *
pur_totp_text(struct pur_arena *a, const unsigned char secret[PUR_TOTP_SECRET])
{
	return base32(a, secret, PUR_TOTP_SECRET);
}

/* All but what RFC 3986, section 2.3, lets stand as it is. */
static const char *
escape(struct pur_arena *a, const char *text)
{
	char *out = pur_alloc(a, 3 * strlen(text) + 1), *p = out;

	for (; out != NULL && *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (isalnum(c) || strchr("-._~", c) != NULL)
			*p++ = (char)c;
		else
			p += snprintf(p, 4, "%%%02X", c);
	}
	return out;
}

const char *
pur_totp_uri(struct pur_arena *a, const char *text, const char *issuer, const char *account)
{
	const char *by = escape(a, issuer), *whose = escape(a, account);

	if (by == NULL || whose == NULL)
		return NULL;
	return pur_sprintf(a, "otpauth://totp/%s:%s?secret=%s&issuer=%s", by, whose, text, by);
}

/* What was typed, without the spaces; "" where that is no code. */
static void
read_code(const char *typed, char code[DIGITS + 1])
{
	int n = 0;

	memset(code, 0, DIGITS + 1);
	for (; *typed != '\0'; typed++) {
		if (*typed == ' ')
			continue;
		if (*typed < '0' || *typed > '9' || n == DIGITS) {
			code[0] = '\0';
			return;
		}
		code[n++] = *typed;
	}
	if (n < DIGITS)
		code[0] = '\0';
}

bool
pur_totp_is_code(const char *typed)
{
	char code[DIGITS + 1];

	read_code(typed, code);
	return code[0] != '\0';
}

int64_t
pur_totp_step(const unsigned char secret[PUR_TOTP_SECRET], const char *typed, int64_t clock,
	      int64_t last)
{
	char code[DIGITS + 1], right[DIGITS + 1];
	int64_t found = -1;

	read_code(typed, code);
	/* All of them, whichever fits: how long it takes tells nothing. */
	for (int64_t step = clock / STEP - 1; step <= clock / STEP + 1; step++) {
		if (oath_hotp_generate((const char *)secret, PUR_TOTP_SECRET, (uint64_t)step,
				       DIGITS, false, OATH_HOTP_DYNAMIC_TRUNCATION,
				       right) == OATH_OK &&
		    sodium_memcmp(code, right, DIGITS) == 0 && step > last && found < 0)
			found = step;
	}
	sodium_memzero(right, sizeof(right));
	return code[0] != '\0' ? found : -1;
}

const char *
pur_recovery_new(struct pur_arena *a)
{
	unsigned char raw[RECOVERY];
	const char *text;
	char *code = pur_alloc(a, 20);

	randombytes_buf(raw, sizeof(raw));
	text = base32(a, raw, sizeof(raw));
	if (text == NULL || code == NULL)
		return NULL;
	snprintf(code, 20, "%.4s-%.4s-%.4s-%.4s", text, text + 4, text + 8, text + 12);
	for (char *p = code; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return code;
}

const char *
pur_recovery_hash(struct pur_arena *a, const unsigned char key[PUR_KEY], const char *typed)
{
	unsigned char hash[16];
	char *code = pur_alloc(a, strlen(typed) + 1), *p = code;
	char *hex = pur_alloc(a, 2 * sizeof(hash) + 1);

	if (code == NULL || hex == NULL)
		return NULL;
	for (; *typed != '\0'; typed++) {
		if (*typed != ' ' && *typed != '-')
			*p++ = (char)tolower((unsigned char)*typed);
	}
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)code, (size_t)(p - code), key,
			   PUR_KEY);
	return sodium_bin2hex(hex, 2 * sizeof(hash) + 1, hash, sizeof(hash));
}
