/*
 * Tests of password: what fits its hash and what doesn't, and that nobody's costs as much as
 * somebody's.
 */
#include "password.h"
#include "support.h"

#include <dlfcn.h>

/* libsodium's own, counted; or without memory. */
static struct {
	int hashed, compared;
	bool no_memory;
	char last[PUR_PASSWORD_HASH]; /* what was compared with */
} calls;

int
crypto_pwhash_str(char out[crypto_pwhash_STRBYTES], const char *const passwd,
		  unsigned long long len, unsigned long long opslimit, size_t memlimit)
{
	int (*real)(char *, const char *, unsigned long long, unsigned long long, size_t);

	*(void **)&real = dlsym(RTLD_NEXT, "crypto_pwhash_str");
	calls.hashed++;
	return calls.no_memory ? -1 : real(out, passwd, len, opslimit, memlimit);
}

int
crypto_pwhash_str_verify(const char str[crypto_pwhash_STRBYTES], const char *const passwd,
			 unsigned long long len)
{
	int (*real)(const char *, const char *, unsigned long long);

	*(void **)&real = dlsym(RTLD_NEXT, "crypto_pwhash_str_verify");
	calls.compared++;
	snprintf(calls.last, sizeof(calls.last), "%s", str);
	return real(str, passwd, len);
}

static int
setup(void **state)
{
	(void)state;
	memset(&calls, 0, sizeof(calls));
	return sodium_init() < 0 ? -1 : 0;
}

#define GOOD "correct horse battery"

/* What argon2id's INTERACTIVE limits look like: 64 MiB, twice. */
#define LIMITS "$argon2id$v=19$m=65536,t=2,p=1$"

static void
test_a_password_fits_its_hash(void **state)
{
	char hash[PUR_PASSWORD_HASH], again[PUR_PASSWORD_HASH];

	(void)state;
	assert_int_equal(pur_password_hash(GOOD, strlen(GOOD), hash), PUR_OK);
	assert_memory_equal(hash, LIMITS, strlen(LIMITS));
	assert_true(memchr(hash, '\0', sizeof(hash)) != NULL);
	assert_null(strstr(hash, GOOD));
	assert_true(pur_password_fits(hash, GOOD, strlen(GOOD)));
	/* Another salt every time: equal passwords don't show. */
	assert_int_equal(pur_password_hash(GOOD, strlen(GOOD), again), PUR_OK);
	assert_string_not_equal(hash, again);
	assert_true(pur_password_fits(again, GOOD, strlen(GOOD)));
}

static void
test_others_do_not(void **state)
{
	static const char *const others[] = { "", "correct horse batter", "correct horse batterY",
					      GOOD " " };
	char hash[PUR_PASSWORD_HASH];

	(void)state;
	assert_int_equal(pur_password_hash(GOOD, strlen(GOOD), hash), PUR_OK);
	for (size_t i = 0; i < N_OF(others); i++) {
		if (pur_password_fits(hash, others[i], strlen(others[i])))
			fail_msg("\"%s\" fits", others[i]);
	}
	/* The length counts, not a NUL. */
	assert_false(pur_password_fits(hash, GOOD "\0x", strlen(GOOD) + 2));
}

/* Of somebody unknown, or without a password: compared all the same, with a hash of the same cost.
 */
static void
test_nobodys_password(void **state)
{
	char first[PUR_PASSWORD_HASH];

	(void)state;
	assert_false(pur_password_fits(NULL, GOOD, strlen(GOOD)));
	assert_int_equal(calls.compared, 1);
	assert_memory_equal(calls.last, LIMITS, strlen(LIMITS));
	snprintf(first, sizeof(first), "%s", calls.last);
	calls.hashed = 0;
	assert_false(pur_password_fits(NULL, "", 0));
	assert_int_equal(calls.compared, 2);
	assert_int_equal(calls.hashed,
			 0); /* made once: the second try costs no more than a real one */
	assert_string_equal(calls.last, first);
}

static void
test_a_hash_that_is_none(void **state)
{
	static const char *const none[] = { "", "x", "$argon2id$", LIMITS };

	(void)state;
	for (size_t i = 0; i < N_OF(none); i++)
		assert_false(pur_password_fits(none[i], GOOD, strlen(GOOD)));
}

static void
test_without_memory(void **state)
{
	char hash[PUR_PASSWORD_HASH];

	(void)state;
	calls.no_memory = true;
	assert_int_equal(pur_password_hash(GOOD, strlen(GOOD), hash), PUR_EUNAVAILABLE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_password_fits_its_hash, setup),
		cmocka_unit_test_setup(test_others_do_not, setup),
		cmocka_unit_test_setup(test_nobodys_password, setup),
		cmocka_unit_test_setup(test_a_hash_that_is_none, setup),
		cmocka_unit_test_setup(test_without_memory, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
