/* cursor: values, a hash, and base64url around them. */
#include "cursor.h"
#include <sodium.h>
#include <string.h>

static const char characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#define HASH 16 /* bytes, before the values */
#define RAW_MOST (PUR_CURSOR_MOST / 4 * 3)

static void
hash_of(const unsigned char key[PUR_CURSOR_KEY], const char *scope, const unsigned char *values,
	size_t len, unsigned char out[HASH])
{
	crypto_generichash_state st;

	crypto_generichash_init(&st, key, PUR_CURSOR_KEY, HASH);
	crypto_generichash_update(&st, (const unsigned char *)scope, strlen(scope) + 1);
	crypto_generichash_update(&st, values, len);
	crypto_generichash_final(&st, out, HASH);
}

const char *
pur_cursor_make(struct pur_arena *a, const unsigned char key[PUR_CURSOR_KEY], const char *scope,
		const char *const *values, int n)
{
	unsigned char raw[RAW_MOST];
	size_t len = HASH, size;
	char *text;

	for (int i = 0; i < n; i++) {
		size_t one = strlen(values[i]) + 1;

		if (one > sizeof(raw) - len)
			return NULL;
		memcpy(raw + len, values[i], one);
		len += one;
	}
	hash_of(key, scope, raw + HASH, len - HASH, raw);
	size = sodium_base64_encoded_len(len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	text = pur_alloc(a, size);
	if (text == NULL)
		return NULL;
	return sodium_bin2base64(text, size, raw, len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

enum pur_rc
pur_cursor_read(struct pur_arena *a, const unsigned char key[PUR_CURSOR_KEY], const char *scope,
		const char *text, const char **values, int n)
{
	unsigned char raw[RAW_MOST], hash[HASH];
	size_t size = strspn(text, characters); /* libsodium lets bytes past 127 through */
	size_t len, at = 0;
	char *copy;

	if (text[size] != '\0' || size > PUR_CURSOR_MOST ||
	    sodium_base642bin(raw, sizeof(raw), text, size, NULL, &len, NULL,
			      sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
	    len <= HASH || raw[len - 1] != '\0')
		return PUR_EINPUT;
	hash_of(key, scope, raw + HASH, len - HASH, hash);
	if (sodium_memcmp(hash, raw, HASH) != 0)
		return PUR_EINPUT;
	len -= HASH;
	copy = pur_alloc(a, len);
	if (copy == NULL)
		return PUR_ETOOLARGE;
	memcpy(copy, raw + HASH, len);
	for (int i = 0; i < n; i++, at += strlen(copy + at) + 1) {
		if (at == len)
			return PUR_EINPUT;
		values[i] = copy + at;
	}
	return at == len ? PUR_OK : PUR_EINPUT;
}
