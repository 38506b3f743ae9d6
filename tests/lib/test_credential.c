/*
 * Tests of credential: tokens there and back, where a request may bear one, and every way a token
 * can be ill-formed.
 */
#include "credential.h"
#include "support.h"

#include <sodium.h>

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
	assert_int_equal(strspn(token + 3, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					   "0123456789-_"),
			 PUR_TOKEN_TEXT - 3);
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
	};

	return cmocka_run_group_tests(tests, make_token, NULL);
}
