/*
 * Tests of key: one secret gives each purpose a key of its own, always the same, and a file that
 * won't do is named.
 */
#include "key.h"
#include "support.h"

#include <sodium.h>
#include <unistd.h>

static char file[] = "/tmp/purser-test-key-XXXXXX";
static char message[512];

static int
make_file(void **state)
{
	int fd = mkstemp(file);

	(void)state;
	return sodium_init() < 0 || fd < 0 || close(fd) != 0 ? -1 : 0;
}

static int
remove_file(void **state)
{
	(void)state;
	return unlink(file);
}

static void
write_secret(const char *bytes, size_t len)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	message[0] = '\0';
}

static void
load(const char *name, int purpose, unsigned char key[PUR_KEY])
{
	if (pur_key_load(name, (enum pur_key_purpose)purpose, key, message, sizeof(message)) != 0)
		fail_msg("%s", message);
}

#define SECRET "0123456789abcdef0123456789\0bcdef" /* any bytes */

static void
test_a_key_is_derived(void **state)
{
	unsigned char key[PUR_KEY], expected[PUR_KEY];

	(void)state;
	write_secret(SECRET, PUR_KEY_SECRET);
	load(file, PUR_KEY_CURSORS, key);
	/* As docs and other programs would have it. */
	assert_int_equal(crypto_kdf_derive_from_key(expected, sizeof(expected), 1, "purser__",
						    (const unsigned char *)SECRET),
			 0);
	assert_memory_equal(key, expected, sizeof(key));
	/* What stands behind the secret doesn't count. */
	write_secret(SECRET "more\n", PUR_KEY_SECRET + 5);
	load(file, PUR_KEY_CURSORS, key);
	assert_memory_equal(key, expected, sizeof(key));
}

static void
test_each_purpose_and_secret_has_its_own(void **state)
{
	unsigned char key[PUR_KEY], other[PUR_KEY];
	char secret[PUR_KEY_SECRET];

	(void)state;
	write_secret(SECRET, PUR_KEY_SECRET);
	load(file, PUR_KEY_CURSORS, key);
	load(file, PUR_KEY_CURSORS + 1, other);
	assert_memory_not_equal(key, other, sizeof(key));
	for (size_t i = 0; i < sizeof(secret); i++) {
		memcpy(secret, SECRET, sizeof(secret));
		secret[i] ^= 1;
		write_secret(secret, sizeof(secret));
		load(file, PUR_KEY_CURSORS, other);
		assert_memory_not_equal(key, other, sizeof(key));
	}
}

static void
test_without_a_secret(void **state)
{
	unsigned char key[PUR_KEY], again[PUR_KEY], zero[PUR_KEY] = { 0 };

	(void)state;
	load("", PUR_KEY_CURSORS, key);
	load("", PUR_KEY_CURSORS, again);
	assert_memory_equal(key, again, sizeof(key));
	assert_memory_not_equal(key, zero, sizeof(key));
}

static void
assert_refused(const char *name, const char *expected)
{
	unsigned char key[PUR_KEY];

	assert_int_equal(pur_key_load(name, PUR_KEY_CURSORS, key, message, sizeof(message)), -1);
	assert_string_equal(message, expected);
}

static void
test_files_that_will_not_do(void **state)
{
	char expected[256];

	(void)state;
	assert_refused("/nowhere/secret", "secret_file /nowhere/secret: No such file or directory");
	snprintf(expected, sizeof(expected),
		 "secret_file %s: has fewer than 32 bytes; make it by head -c 32 /dev/urandom",
		 file);
	write_secret("", 0);
	assert_refused(file, expected);
	write_secret(SECRET, PUR_KEY_SECRET - 1);
	assert_refused(file, expected);
	assert_refused("/", "secret_file /: has fewer than 32 bytes; make it by head -c 32 "
			    "/dev/urandom");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_key_is_derived),
		cmocka_unit_test(test_each_purpose_and_secret_has_its_own),
		cmocka_unit_test(test_without_a_secret),
		cmocka_unit_test(test_files_that_will_not_do),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
