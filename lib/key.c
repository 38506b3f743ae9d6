/* key: reads the secret and derives from it. */
#include "key.h"
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

_Static_assert(PUR_KEY_SECRET == crypto_kdf_KEYBYTES, "libsodium's KDF takes keys of that length");

static int
read_secret(const char *file, unsigned char secret[PUR_KEY_SECRET], char *message, size_t size)
{
	FILE *f = fopen(file, "re");
	size_t n = 0;

	if (f == NULL) {
		snprintf(message, size, "secret_file %s: %s", file, strerror(errno));
		return -1;
	}
	setvbuf(f, NULL, _IONBF, 0); /* no copy is left in a buffer */
	n = fread(secret, 1, PUR_KEY_SECRET, f);
	fclose(f);
	if (n == PUR_KEY_SECRET)
		return 0;
	snprintf(message, size,
		 "secret_file %s: has fewer than %d bytes; make it by head -c %d "
		 "/dev/urandom",
		 file, PUR_KEY_SECRET, PUR_KEY_SECRET);
	return -1;
}

int
pur_key_load(const char *file, enum pur_key_purpose purpose, unsigned char key[PUR_KEY],
	     char *message, size_t size)
{
	unsigned char secret[PUR_KEY_SECRET] = { 0 };
	int rc = file[0] != '\0' ? read_secret(file, secret, message, size) : 0;

	if (rc == 0)
		crypto_kdf_derive_from_key(key, PUR_KEY, (uint64_t)purpose, "purser__", secret);
	sodium_memzero(secret, sizeof(secret));
	return rc;
}
