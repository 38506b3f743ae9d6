/* password: hashes and compares. */
#include "password.h"

/* A hash that no password fits: an unknown address costs as much time as a known one. */
static const char *
decoy(void)
{
	static char hash[PUR_PASSWORD_HASH];
	unsigned char secret[32];

	if (hash[0] == '\0') {
		randombytes_buf(secret, sizeof(secret));
		if (pur_password_hash((const char *)secret, sizeof(secret), hash) != PUR_OK)
			hash[0] = '\0';
	}
	return hash;
}

enum pur_rc
pur_password_hash(const char *password, size_t len, char out[PUR_PASSWORD_HASH])
{
	return crypto_pwhash_str(out, password, len, crypto_pwhash_OPSLIMIT_INTERACTIVE,
				 crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0
		   ? PUR_OK
		   : PUR_EUNAVAILABLE;
}

bool
pur_password_fits(const char *hash, const char *password, size_t len)
{
	int differs = crypto_pwhash_str_verify(hash != NULL ? hash : decoy(), password, len);

	return differs == 0 && hash != NULL;
}
