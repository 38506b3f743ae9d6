/*
 * Tests of totp: RFC 6238's own codes, when one is right, and what becomes of a secret.
 */
#include "support.h"
#include "totp.h"

#include <sodium.h>

/* RFC 6238, appendix B: the secret, and its codes' last six digits. */
static const unsigned char secret[] = "12345678901234567890";
static const unsigned char key[PUR_KEY] = { 1, 2, 3 };

static int
start(void **state)
{
	return sodium_init() < 0 ? -1 : new_arena(state);
}

static void
test_codes_of_the_standard(void **state)
{
	static const struct {
		int64_t clock;
		const char *code;
	} rows[] = {
		{ 1111111109, "081804" }, { 1111111111, "050471" },  { 1234567890, "005924" },
		{ 2000000000, "279037" }, { 20000000000, "353130" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		int64_t clock = rows[i].clock, step = clock / 30;

		assert_int_equal(pur_totp_step(secret, rows[i].code, clock, 0), step);
		/* A step early and a step late, no more. */
		assert_int_equal(pur_totp_step(secret, rows[i].code, clock - 30, 0), step);
		assert_int_equal(pur_totp_step(secret, rows[i].code, clock + 30, 0), step);
		assert_int_equal(pur_totp_step(secret, rows[i].code, clock - 60, 0), -1);
		assert_int_equal(pur_totp_step(secret, rows[i].code, clock + 60, 0), -1);
		/* None that was used, nor one before that. */
		assert_int_equal(pur_totp_step(secret, rows[i].code, clock, step - 1), step);
		assert_int_equal(pur_totp_step(secret, rows[i].code, clock, step), -1);
	}
}

static void
test_what_people_type(void **state)
{
	static const char *const codes[] = { "081804", "081 804", " 0 8 1 8 0 4 " };
	static const char *const others[] = {
		"", " ", "08180", "0818044", "08180a", "-81804", "081804x", "abcd-efgh-ijkl-mnop"
	};

	(void)state;
	for (size_t i = 0; i < N_OF(codes); i++) {
		assert_true(pur_totp_is_code(codes[i]));
		assert_int_equal(pur_totp_step(secret, codes[i], 1111111109, 0), 1111111109 / 30);
	}
	for (size_t i = 0; i < N_OF(others); i++) {
		if (pur_totp_is_code(others[i]) ||
		    pur_totp_step(secret, others[i], 1111111109, 0) != -1)
			fail_msg("\"%s\" is a code", others[i]);
	}
	assert_int_equal(pur_totp_step(secret, "081805", 1111111109, 0), -1);
}

static void
test_a_sealed_secret(void **state)
{
	const struct pur_uuid holder = { { 7 } }, other = { { 8 } };
	const unsigned char wrong[PUR_KEY] = { 1, 2, 4 };
	unsigned char sealed[PUR_TOTP_SEALED], again[PUR_TOTP_SEALED], opened[PUR_TOTP_SECRET];

	(void)state;
	pur_totp_seal(key, &holder, secret, sealed);
	pur_totp_seal(key, &holder, secret, again);
	assert_memory_not_equal(sealed, again, sizeof(sealed));
	assert_null(memmem(sealed, sizeof(sealed), secret, 8));
	assert_true(pur_totp_open(key, &holder, sealed, sizeof(sealed), opened));
	assert_memory_equal(opened, secret, PUR_TOTP_SECRET);
	assert_false(pur_totp_open(wrong, &holder, sealed, sizeof(sealed), opened));
	assert_false(pur_totp_open(key, &other, sealed, sizeof(sealed), opened));
	assert_false(pur_totp_open(key, &holder, sealed, sizeof(sealed) - 1, opened));
	for (size_t i = 0; i < sizeof(sealed); i++) {
		sealed[i] ^= 1;
		assert_false(pur_totp_open(key, &holder, sealed, sizeof(sealed), opened));
		sealed[i] ^= 1;
	}
}

static void
test_what_an_app_reads(void **state)
{
	unsigned char made[PUR_TOTP_SECRET], other[PUR_TOTP_SECRET];
	const char *text = pur_totp_text(*state, secret);

	assert_string_equal(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
	assert_string_equal(pur_totp_uri(*state, text, "Sweet Spot", "ada+1@example.org"),
			    "otpauth://totp/Sweet%20Spot:ada%2B1%40example.org"
			    "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Sweet%20Spot");
	pur_totp_new(made);
	pur_totp_new(other);
	assert_memory_not_equal(made, other, sizeof(made));
}

static void
test_recovery_codes(void **state)
{
	struct pur_arena *a = *state;
	const char *code = pur_recovery_new(a), *hash = pur_recovery_hash(a, key, code);
	const unsigned char wrong[PUR_KEY] = { 9 };

	assert_int_equal(strlen(code), 19);
	for (int i = 0; i < 19; i++)
		assert_true(i % 5 == 4
				? code[i] == '-'
				: strchr("abcdefghijklmnopqrstuvwxyz234567", code[i]) != NULL);
	assert_string_not_equal(code, pur_recovery_new(a));
	assert_int_equal(strlen(hash), 32);
	assert_string_equal(pur_recovery_hash(a, key, "ABCD EFGH ijklmnop"),
			    pur_recovery_hash(a, key, "abcd-efgh-ijkl-mnop"));
	assert_string_not_equal(pur_recovery_hash(a, key, "abcd-efgh-ijkl-mnoq"),
				pur_recovery_hash(a, key, "abcd-efgh-ijkl-mnop"));
	assert_string_not_equal(hash, pur_recovery_hash(a, wrong, code));
}

static enum pur_rc
make_everything(struct pur_arena *a)
{
	const char *text = pur_totp_text(a, secret);
	const char *uri = text != NULL ? pur_totp_uri(a, text, "Purser", "a@b.example") : NULL;
	const char *code = uri != NULL ? pur_recovery_new(a) : NULL;
	const char *hash = code != NULL ? pur_recovery_hash(a, key, code) : NULL;

	return hash != NULL ? PUR_OK : PUR_ETOOLARGE;
}

static void
test_without_memory(void **state)
{
	(void)state;
	with_every_ceiling(make_everything, PUR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes_of_the_standard),
		cmocka_unit_test(test_what_people_type),
		cmocka_unit_test(test_a_sealed_secret),
		cmocka_unit_test(test_what_an_app_reads),
		cmocka_unit_test(test_recovery_codes),
		cmocka_unit_test(test_without_memory),
	};

	return cmocka_run_group_tests(tests, start, free_arena);
}
