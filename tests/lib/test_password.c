/*
 * Tests of password: what fits its hash and what doesn't, and that nobody's costs as much as
 * somebody's.
 */
#include "log.h"
#include "password.h"
#include "support.h"

#include <dlfcn.h>
#include <unistd.h>

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
	calls.hashed = 0;
	assert_false(pur_password_fits(NULL, GOOD, strlen(GOOD)));
	assert_int_equal(calls.compared, 1);
	assert_memory_equal(calls.last, LIMITS, strlen(LIMITS));
	snprintf(first, sizeof(first), "%s", calls.last);
	assert_false(pur_password_fits(NULL, "", 0));
	assert_int_equal(calls.compared, 2);
	assert_string_equal(calls.last, first);
	assert_int_equal(calls.hashed, 0); /* not even the first try costs more than a real one */
	assert_false(pur_password_is_old(first));
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

static void
test_hashes_of_old(void **state)
{
	static const char *const old[] = {
		"$argon2id$v=19$m=8192,t=1,p=1$cHVyc2VyIGRlY295IHNhbA$"
		"Tm9ib2R5J3MgcGFzc3dvcmQgZml0cyB0aGlzIG9uZS4",
		"$argon2id$v=19$m=65536,t=3,p=1$cHVyc2VyIGRlY295IHNhbA$"
		"Tm9ib2R5J3MgcGFzc3dvcmQgZml0cyB0aGlzIG9uZS4",
	};
	char hash[PUR_PASSWORD_HASH];

	(void)state;
	assert_int_equal(pur_password_hash(GOOD, strlen(GOOD), hash), PUR_OK);
	assert_false(pur_password_is_old(hash));
	for (size_t i = 0; i < N_OF(old); i++)
		assert_true(pur_password_is_old(old[i]));
}

/* ---- new ones ---- */

static char list[] = "/tmp/purser-test-words-XXXXXX";

static int
make_list(void **state)
{
	static const char words[] = "# comment\nsunshine\r\nDragon\n\npassword\ntrustno1\n"
				    "a phrase that leaked\nthe";
	int fd = mkstemp(list);

	(void)state;
	return fd < 0 || write(fd, words, sizeof(words) - 1) < 0 || close(fd) != 0 ||
		       pur_log_open("test", "/dev/null", PUR_ERROR) != 0
		   ? -1
		   : 0;
}

static int
remove_list(void **state)
{
	(void)state;
	return unlink(list);
}

static const char *
judge(const char *password)
{
	static const char *const nobody[4];

	return pur_password_fault(list, password, nobody);
}

static void
test_common_ones(void **state)
{
	static const char *const common[] = {
		"sunshine1234",     "Sunshine!!!!",         "1234SUNSHINE", "sunshinesunshine",
		"dragondragon99",   "p4$$w0rd2024",         "P@ssword-123", "passwordpassword",
		"Trustno1Trustno1", "A Phrase That Leaked",
	};

	(void)state;
	for (size_t i = 0; i < N_OF(common); i++) {
		const char *fault = judge(common[i]);

		if (fault == NULL || strstr(fault, "a word that many choose") == NULL)
			fail_msg("\"%s\": %s", common[i], fault != NULL ? fault : "taken");
	}
}

static void
test_dull_ones(void **state)
{
	static const char *const dull[] = { "aaaaaaaaaaaa", "123456789012", "abcabcabcabc",
					    "zyxwvutsrqpo", "äöüäöüäöüäöü", "111222333444" };

	(void)state;
	for (size_t i = 0; i < N_OF(dull); i++) {
		const char *fault = judge(dull[i]);

		if (fault == NULL || strstr(fault, "again and again") == NULL)
			fail_msg("\"%s\": %s", dull[i], fault != NULL ? fault : "taken");
	}
}

static void
test_ones_that_will_do(void **state)
{
	static const char *const fine[] = { GOOD,
					    "sunshine on the roof",
					    "48213-95027-sunshine",
					    "9f8a7c6e5d4b3a21",
					    "мой первый пароль",
					    "dragonfly wings",
					    "#comment42xyz" };
	char longest[4 * PUR_PASSWORD_MOST + 1] = "";

	(void)state;
	for (size_t i = 0; i < N_OF(fine); i++) {
		const char *fault = judge(fine[i]);

		if (fault != NULL)
			fail_msg("\"%s\": %s", fine[i], fault);
	}
	/* As many bytes as characters can have. */
	for (size_t i = 0; i < PUR_PASSWORD_MOST; i++) {
		const char last[] = { (char)(0x80 + i * 7 % 64), '\0' };

		strcat(longest, "\xf0\x9f\x8d");
		strcat(longest, last);
	}
	assert_null(judge(longest));
}

static void
test_names(void **state)
{
	static const char *const names[4] = { "ada.lovelace@example.org", "Sweet Spot", "joe",
					      NULL };

	(void)state;
	assert_non_null(pur_password_fault("", "7q-ADA.lovelace-7q", names));
	assert_non_null(pur_password_fault("", "my sweet spot 7q2", names));
	assert_null(
	    pur_password_fault("", "my 7q2x joe zz81k", names)); /* too short to mean them */
	assert_null(pur_password_fault("", "7q2-example.org-x", names));
	assert_null(pur_password_fault("", "7q2-sweets-0xx-8", names));
}

static void
test_lists_that_are_not_there(void **state)
{
	static const char *const nobody[4];
	char lists[128];

	(void)state;
	assert_null(pur_password_fault("/nonexistent/words", "sunshine1234", nobody));
	assert_null(pur_password_fault("", "sunshine1234", nobody));
	snprintf(lists, sizeof(lists), "  /nonexistent/words   %s ", list);
	assert_non_null(pur_password_fault(lists, "sunshine1234", nobody));
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
		cmocka_unit_test_setup(test_hashes_of_old, setup),
		cmocka_unit_test(test_common_ones),
		cmocka_unit_test(test_dull_ones),
		cmocka_unit_test(test_ones_that_will_do),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_lists_that_are_not_there),
	};

	return cmocka_run_group_tests(tests, make_list, remove_list);
}
