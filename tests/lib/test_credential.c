/*
 * Tests of credential: tokens and API keys there and back, where a request may bear one, and every
 * way a token can be ill-formed.
 */
#include "credential.h"
#include "support.h"

#include <sodium.h>

#define CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

static struct pur_uuid tenant;
static char token[PUR_TOKEN_TEXT + 1];
static unsigned char hash[PUR_TOKEN_HASH];

static int
make_token(void **state)
{
	(void)state;
	if (sodium_init() < 0)
		return -1;
	tenant = pur_uuid_new();
	pur_token_new(&tenant, token, hash);
	return 0;
}

static void
assert_borne(const char *authorization, const char *cookie, bool from_cookie)
{
	struct pur_credential c;

	memset(&c, 0x5a, sizeof(c));
	assert_int_equal(pur_credential_read(authorization, cookie, &c), PUR_OK);
	assert_true(c.given);
	assert_int_equal(c.from_cookie, from_cookie);
	assert_memory_equal(c.tenant.b, tenant.b, sizeof(tenant.b));
	assert_memory_equal(c.hash, hash, sizeof(hash));
}

/* Nothing of a bad token is left to work with. */
static void
assert_refused(const char *authorization, const char *cookie)
{
	static const struct pur_credential nothing;
	struct pur_credential c;

	memset(&c, 0x5a, sizeof(c));
	if (pur_credential_read(authorization, cookie, &c) != PUR_EAUTH)
		fail_msg("\"%s\" is taken", authorization != NULL ? authorization : cookie);
	assert_true(c.given);
	assert_memory_equal(c.tenant.b, nothing.tenant.b, sizeof(nothing.tenant.b));
	assert_memory_equal(c.hash, nothing.hash, sizeof(nothing.hash));
}

static void
test_tokens_are_as_the_contract_says(void **state)
{
	unsigned char expected[PUR_TOKEN_HASH];

	(void)state;
	assert_int_equal(strlen(token), PUR_TOKEN_TEXT);
	assert_memory_equal(token, "ps_", 3);
	assert_int_equal(strspn(token + 3, CHARACTERS), PUR_TOKEN_TEXT - 3);
	crypto_generichash(expected, sizeof(expected), (unsigned char *)token, PUR_TOKEN_TEXT, NULL,
			   0);
	assert_memory_equal(hash, expected, sizeof(expected));
}

static void
test_no_two_tokens_are_alike(void **state)
{
	char other[PUR_TOKEN_TEXT + 1];
	unsigned char other_hash[PUR_TOKEN_HASH];

	(void)state;
	pur_token_new(&tenant, other, other_hash);
	assert_memory_equal(other, token, 3 + 16 * 8 / 6); /* the tenant stands in clear */
	assert_string_not_equal(other, token);
	assert_memory_not_equal(other_hash, hash, sizeof(hash));
}

static void
test_where_a_request_bears_one(void **state)
{
	char header[128];
	struct pur_credential c;

	(void)state;
	snprintf(header, sizeof(header), "Bearer %s", token);
	assert_borne(header, NULL, false);
	assert_borne(header, "ps_something else", false); /* the header wins */
	assert_borne(NULL, token, true);
	snprintf(header, sizeof(header), "bEARER   %s", token);
	assert_borne(header, NULL, false);
	memset(&c, 0x5a, sizeof(c));
	assert_int_equal(pur_credential_read(NULL, NULL, &c), PUR_OK);
	assert_false(c.given);
	assert_false(c.from_cookie);
	assert_refused("Basic YTpi", token); /* and wins when it is bad */
}

static void
test_headers_that_bear_none(void **state)
{
	static const struct {
		const char *before, *after;
	} rows[] = {
		{ "", "" },
		{ "Bearer", "" },
		{ "Bearer\t", "" },
		{ " Bearer ", "" },
		{ "Token ", "" },
		{ "Basic ", "" },
		{ "Bearer \"", "\"" },
		{ "Bearer ", " " },
		{ "Bearer ", ", Bearer" },
	};
	char header[128];

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		snprintf(header, sizeof(header), "%s%s%s", rows[i].before, token, rows[i].after);
		assert_refused(header, NULL);
	}
	assert_refused("", NULL);
	assert_refused("Bearer", NULL);
	assert_refused("Bearer ", NULL);
}

static void
test_tokens_of_another_shape(void **state)
{
	char text[PUR_TOKEN_TEXT + 16];

	(void)state;
	assert_refused(NULL, "");
	assert_refused(NULL, "ps_");
	for (int len = 0; len < PUR_TOKEN_TEXT; len++) {
		snprintf(text, sizeof(text), "%.*s", len, token);
		assert_refused(NULL, text);
	}
	snprintf(text, sizeof(text), "%sA", token);
	assert_refused(NULL, text);
	snprintf(text, sizeof(text), "%s====", token);
	assert_refused(NULL, text);
	snprintf(text, sizeof(text), "pk_%s", token + 3);
	assert_refused(NULL, text);
	snprintf(text, sizeof(text), "PS_%s", token + 3);
	assert_refused(NULL, text);
	snprintf(text, sizeof(text), "ps-%s", token + 3);
	assert_refused(NULL, text);
}

/* Each character of a token counts: none may stand there that base64url has not. */
static void
test_characters_that_no_token_has(void **state)
{
	static const char wrong[] = "+/= .,%\n\r\t\x7f\xc3";
	char text[PUR_TOKEN_TEXT + 1];

	(void)state;
	for (size_t at = 3; at < PUR_TOKEN_TEXT; at++) {
		for (const char *c = wrong; *c != '\0'; c++) {
			memcpy(text, token, sizeof(text));
			text[at] = *c;
			assert_refused(NULL, text);
		}
	}
}

/* Another character that base64url has makes another token: the hash tells. */
static void
test_every_character_counts(void **state)
{
	char text[PUR_TOKEN_TEXT + 1];
	struct pur_credential c;

	(void)state;
	for (size_t at = 3; at < PUR_TOKEN_TEXT; at++) {
		memcpy(text, token, sizeof(text));
		text[at] = text[at] == 'A' ? 'B' : 'A';
		assert_int_equal(pur_credential_read(NULL, text, &c), PUR_OK);
		assert_memory_not_equal(c.hash, hash, sizeof(hash));
	}
}

/* ---- API keys ---- */

/* Another checksum, as this text would have it. */
static void
set_sum(char key[PUR_KEY_TEXT + 1])
{
	unsigned char sum[crypto_generichash_BYTES_MIN];

	crypto_generichash(sum, sizeof(sum), (unsigned char *)key, 72, NULL, 0);
	sodium_bin2base64(key + 72, 7, sum, 4, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static void
test_keys_are_as_the_contract_says(void **state)
{
	static const char *const prefixes[] = { "pk_live_", "pk_test_" };
	char key[PUR_KEY_TEXT + 1], again[PUR_KEY_TEXT + 1], header[128], tenant_text[32];
	unsigned char key_hash[PUR_TOKEN_HASH], expected[PUR_TOKEN_HASH];
	struct pur_credential c;

	(void)state;
	for (int test = 0; test < 2; test++) {
		pur_key_new(&tenant, test, key, key_hash);
		assert_int_equal(strlen(key), PUR_KEY_TEXT);
		assert_memory_equal(key, prefixes[test], 8);
		assert_int_equal(strspn(key + 8, CHARACTERS), PUR_KEY_TEXT - 8);
		crypto_generichash(expected, sizeof(expected), (unsigned char *)key, PUR_KEY_TEXT,
				   NULL, 0);
		assert_memory_equal(key_hash, expected, sizeof(expected));
		sodium_bin2base64(tenant_text, sizeof(tenant_text), tenant.b, 15,
				  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
		assert_memory_equal(key + 8, tenant_text, 20);
		memcpy(again, key, sizeof(again));
		set_sum(again);
		assert_string_equal(again, key);

		snprintf(header, sizeof(header), "Bearer %s", key);
		memset(&c, 0x5a, sizeof(c));
		assert_int_equal(pur_credential_read(header, NULL, &c), PUR_OK);
		assert_true(c.given && c.key);
		assert_false(c.from_cookie);
		assert_int_equal(c.test, test);
		assert_memory_equal(c.tenant.b, tenant.b, sizeof(tenant.b));
		assert_memory_equal(c.hash, key_hash, sizeof(key_hash));

		pur_key_new(&tenant, test, again, expected);
		assert_string_not_equal(again, key);
		assert_memory_not_equal(expected, key_hash, sizeof(expected));
	}
	snprintf(header, sizeof(header), "Bearer %s", token);
	assert_int_equal(pur_credential_read(header, NULL, &c), PUR_OK);
	assert_false(c.key || c.test);
}

/* A browser sends cookies by itself; a key is for programs, which send headers. */
static void
test_no_cookie_is_a_key(void **state)
{
	char key[PUR_KEY_TEXT + 1], header[128];
	unsigned char key_hash[PUR_TOKEN_HASH];
	struct pur_credential c;

	(void)state;
	for (int test = 0; test < 2; test++) {
		pur_key_new(&tenant, test, key, key_hash);
		assert_refused(NULL, key);
		snprintf(header, sizeof(header), "Bearer %s", key);
		assert_int_equal(pur_credential_read(header, key, &c), PUR_OK);
		assert_true(c.key);
	}
}

/* The checksum tells a mistyped key, and one of the other kind, from a real one. */
static void
test_every_character_of_a_key_is_checked(void **state)
{
	char key[PUR_KEY_TEXT + 1], text[7 + PUR_KEY_TEXT + 8] = "Bearer ";
	unsigned char key_hash[PUR_TOKEN_HASH];
	struct pur_credential c;

	(void)state;
	pur_key_new(&tenant, false, key, key_hash);
	for (size_t at = 0; at < PUR_KEY_TEXT; at++) {
		memcpy(text + 7, key, sizeof(key));
		text[7 + at] = text[7 + at] == 'A' ? 'B' : 'A';
		assert_refused(text, NULL);
		snprintf(text + 7, sizeof(text) - 7, "%.*s", (int)at, key);
		assert_refused(text, NULL);
	}
	snprintf(text + 7, sizeof(text) - 7, "%sA", key);
	assert_refused(text, NULL);
	snprintf(text + 7, sizeof(text) - 7, "pk_test_%s", key + 8);
	assert_refused(text, NULL);
	set_sum(text + 7); /* with a checksum of its own it is a key that nobody has */
	assert_int_equal(pur_credential_read(text, NULL, &c), PUR_OK);
	assert_memory_not_equal(c.hash, key_hash, sizeof(key_hash));
	snprintf(text + 7, sizeof(text) - 7, "pk_life_%s", key + 8);
	set_sum(text + 7);
	assert_refused(text, NULL);
}

/* ---- links ---- */

static const unsigned char link_key[PUR_KEY] = "a key of thirty-two bytes, or 32";
static const unsigned char seed[PUR_SEED] = "the seed that a row of a link h";

static struct pur_link
sealed(enum pur_link_kind kind, char text[PUR_LINK_TEXT + 1])
{
	struct pur_link l = { .kind = kind, .where = { tenant } };

	if (kind == PUR_LINK_INVITATION)
		l.where[1] = pur_uuid_new();
	pur_link_seal(&l, link_key, seed);
	pur_link_format(&l, text);
	return l;
}

static void
test_links_there_and_back(void **state)
{
	static const struct {
		enum pur_link_kind kind;
		const char *prefix;
		size_t len;
	} kinds[] = { { PUR_LINK_INVITATION, "pi_", 3 + 86 }, { PUR_LINK_RESET, "pr_", 3 + 64 } };
	char text[PUR_LINK_TEXT + 1];
	struct pur_link made, l;

	(void)state;
	for (size_t i = 0; i < N_OF(kinds); i++) {
		made = sealed(kinds[i].kind, text);
		assert_int_equal(strlen(text), kinds[i].len);
		assert_memory_equal(text, kinds[i].prefix, 3);
		assert_int_equal(pur_link_read(text, kinds[i].kind, &l), PUR_OK);
		assert_memory_equal(&l, &made, sizeof(l));
		assert_true(pur_link_fits(&l, link_key, seed));
		/* What is for one thing is for nothing else. */
		assert_int_equal(pur_link_read(text, kinds[1 - i].kind, &l), PUR_EAUTH);
	}
}

/* The worker, and other programs, make the same token of the same row. */
static void
test_a_link_is_a_keyed_hash(void **state)
{
	unsigned char said[3 + 16 + PUR_SEED], expected[PUR_TOKEN_HASH];
	char text[PUR_LINK_TEXT + 1];
	struct pur_link l = sealed(PUR_LINK_RESET, text);

	(void)state;
	memcpy(said, "pr_", 3);
	memcpy(said + 3, tenant.b, 16);
	memcpy(said + 19, seed, PUR_SEED);
	crypto_generichash(expected, sizeof(expected), said, sizeof(said), link_key, PUR_KEY);
	assert_memory_equal(l.secret, expected, sizeof(expected));
}

/* Each of them matters: the key, the seed, what it is for and every byte of the token. */
static void
test_links_that_do_not_fit(void **state)
{
	unsigned char other_key[PUR_KEY], other_seed[PUR_SEED];
	char text[PUR_LINK_TEXT + 1];
	struct pur_link made = sealed(PUR_LINK_INVITATION, text), l = made;

	(void)state;
	memcpy(other_key, link_key, PUR_KEY);
	memcpy(other_seed, seed, PUR_SEED);
	other_key[PUR_KEY - 1] ^= 1;
	other_seed[0] ^= 1;
	assert_false(pur_link_fits(&l, other_key, seed));
	assert_false(pur_link_fits(&l, link_key, other_seed));
	l.kind = PUR_LINK_RESET;
	assert_false(pur_link_fits(&l, link_key, seed));
	for (size_t i = 0; i < 16 + 16; i++) {
		l = made;
		l.where[i / 16].b[i % 16] ^= 1;
		assert_false(pur_link_fits(&l, link_key, seed));
	}
	for (size_t i = 0; i < sizeof(l.secret); i++) {
		l = made;
		l.secret[i] ^= 0x80;
		assert_false(pur_link_fits(&l, link_key, seed));
	}
}

static void
test_texts_that_are_no_link(void **state)
{
	static const char *const bad[] = {
		"", "pr_", "pr", "pr_AAAA", "ps_", "pr_\xff\xff", "pr_="
	};
	char text[PUR_LINK_TEXT + 3], made[PUR_LINK_TEXT + 1];
	struct pur_link l;

	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++)
		assert_int_equal(pur_link_read(bad[i], PUR_LINK_RESET, &l), PUR_EAUTH);
	(void)sealed(PUR_LINK_RESET, made);
	for (size_t len = 0; len < strlen(made); len++) {
		snprintf(text, sizeof(text), "%.*s", (int)len, made);
		assert_int_equal(pur_link_read(text, PUR_LINK_RESET, &l), PUR_EAUTH);
		snprintf(text, sizeof(text), "%.*s%c%s", (int)len, made, 0xc3, made + len + 1);
		assert_int_equal(pur_link_read(text, PUR_LINK_RESET, &l), PUR_EAUTH);
	}
	snprintf(text, sizeof(text), "%sA", made);
	assert_int_equal(pur_link_read(text, PUR_LINK_RESET, &l), PUR_EAUTH);
	snprintf(text, sizeof(text), "%s=", made);
	assert_int_equal(pur_link_read(text, PUR_LINK_RESET, &l), PUR_EAUTH);
	(void)sealed(PUR_LINK_INVITATION, made); /* the longest there is */
	snprintf(text, sizeof(text), "%sAA", made);
	assert_int_equal(pur_link_read(text, PUR_LINK_INVITATION, &l), PUR_EAUTH);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens_are_as_the_contract_says),
		cmocka_unit_test(test_no_two_tokens_are_alike),
		cmocka_unit_test(test_where_a_request_bears_one),
		cmocka_unit_test(test_headers_that_bear_none),
		cmocka_unit_test(test_tokens_of_another_shape),
		cmocka_unit_test(test_characters_that_no_token_has),
		cmocka_unit_test(test_every_character_counts),
		cmocka_unit_test(test_keys_are_as_the_contract_says),
		cmocka_unit_test(test_no_cookie_is_a_key),
		cmocka_unit_test(test_every_character_of_a_key_is_checked),
		cmocka_unit_test(test_links_there_and_back),
		cmocka_unit_test(test_a_link_is_a_keyed_hash),
		cmocka_unit_test(test_links_that_do_not_fit),
		cmocka_unit_test(test_texts_that_are_no_link),
	};

	return cmocka_run_group_tests(tests, make_token, NULL);
}
