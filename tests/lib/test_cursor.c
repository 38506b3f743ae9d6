/*
 * Tests of cursor: values there and back, and that nothing but what was made for a scope is read
 * in it.
 */
#include "cursor.h"
#include "support.h"

#define SCOPE "tenant /orders -created_at"
#define N 3

static const unsigned char key[PUR_CURSOR_KEY] = "a key that is thirty-two bytes.";
static const char *const values[N] = { "2026-05-01T08:00:00.123456Z", "",
				       "01890a5d-ac96-774b-bcce-b302099a8057" };

static const char *
make(struct pur_arena *a)
{
	const char *text = pur_cursor_make(a, key, SCOPE, values, N);

	assert_non_null(text);
	return text;
}

static enum pur_rc
read_as(struct pur_arena *a, const char *scope, const char *text, int n)
{
	const char *got[N + 1];

	return pur_cursor_read(a, key, scope, text, got, n);
}

static void
test_there_and_back(void **state)
{
	const char *got[N], *text = make(*state);

	assert_int_equal(pur_cursor_read(*state, key, SCOPE, text, got, N), PUR_OK);
	for (int i = 0; i < N; i++)
		assert_string_equal(got[i], values[i]);
	/* It goes into a URL as it is, and is the same each time. */
	assert_int_equal(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789-_"),
			 strlen(text));
	assert_string_equal(make(*state), text);
}

/* Whatever byte stands anywhere instead of its own. */
static void
test_none_of_it_can_be_changed(void **state)
{
	const char *text = make(*state);
	char *changed = pur_strdup(*state, text);

	assert_non_null(changed);
	for (size_t at = 0; text[at] != '\0'; at++) {
		for (int c = 1; c < 256; c++) {
			changed[at] = (char)c;
			if (changed[at] != text[at] &&
			    read_as(*state, SCOPE, changed, N) != PUR_EINPUT)
				fail_msg("byte %02x at %zu is taken", (unsigned)c, at);
		}
		changed[at] = '\0';
		if (read_as(*state, SCOPE, changed, N) != PUR_EINPUT)
			fail_msg("%zu characters are taken", at);
		changed[at] = text[at];
	}
	assert_int_equal(read_as(*state, SCOPE, changed, N), PUR_OK);
	assert_int_equal(read_as(*state, SCOPE, pur_sprintf(*state, "%sA", text), N), PUR_EINPUT);
	assert_int_equal(read_as(*state, SCOPE, pur_sprintf(*state, "%s=", text), N), PUR_EINPUT);
	assert_int_equal(read_as(*state, SCOPE, pur_sprintf(*state, "%s\xff", text), N),
			 PUR_EINPUT);
}

static void
test_it_fits_nothing_else(void **state)
{
	static const char *const scopes[] = { "", "tenant", SCOPE " ",
					      "Tenant /orders -created_at" };
	const char *text = make(*state), *got[N];
	unsigned char other[PUR_CURSOR_KEY];

	for (size_t i = 0; i < N_OF(scopes); i++)
		assert_int_equal(read_as(*state, scopes[i], text, N), PUR_EINPUT);
	for (size_t i = 0; i < sizeof(other); i++) {
		memcpy(other, key, sizeof(other));
		other[i] ^= 1;
		assert_int_equal(pur_cursor_read(*state, other, SCOPE, text, got, N), PUR_EINPUT);
	}
	assert_int_equal(read_as(*state, SCOPE, text, N - 1), PUR_EINPUT);
	assert_int_equal(read_as(*state, SCOPE, text, N + 1), PUR_EINPUT);
}

/* What ends the scope and begins the values can't be moved. */
static void
test_scope_and_values_are_apart(void **state)
{
	static const char *const one[] = { "bc" };
	const char *text = pur_cursor_make(*state, key, "a", one, 1), *other;

	assert_int_equal(read_as(*state, "a", text, 1), PUR_OK);
	assert_int_equal(read_as(*state, "ab", text, 1), PUR_EINPUT);
	/* The hash stands first, 16 bytes in 21 characters and a bit: it is another one. */
	other = pur_cursor_make(*state, key, "ab", (const char *const[]){ "c" }, 1);
	assert_non_null(other);
	assert_memory_not_equal(text, other, 21);
}

static void
test_texts_that_are_no_cursor(void **state)
{
	static char text[PUR_CURSOR_MOST + 5];

	assert_int_equal(read_as(*state, SCOPE, "", N), PUR_EINPUT);
	assert_int_equal(read_as(*state, SCOPE, "cursor", N), PUR_EINPUT);
	for (size_t len = 1; len < sizeof(text); len++) {
		memset(text, 'A', len);
		assert_int_equal(read_as(*state, SCOPE, text, 1), PUR_EINPUT);
	}
}

/* As long as it may be, and one longer. */
static void
test_values_have_a_most(void **state)
{
	static char value[PUR_CURSOR_MOST];
	const char *one[] = { value }, *two[] = { value, "" }, *got[1], *text;
	size_t most = PUR_CURSOR_MOST / 4 * 3 - 16 - 1; /* with the hash, and its NUL */

	memset(value, 'x', most);
	text = pur_cursor_make(*state, key, SCOPE, one, 1);
	assert_non_null(text);
	assert_int_equal(strlen(text), PUR_CURSOR_MOST);
	assert_int_equal(pur_cursor_read(*state, key, SCOPE, text, got, 1), PUR_OK);
	assert_string_equal(got[0], value);
	assert_null(pur_cursor_make(*state, key, SCOPE, two, 2));
	value[most] = 'x';
	assert_null(pur_cursor_make(*state, key, SCOPE, one, 1));
}

static const char *made;

static enum pur_rc
make_it(struct pur_arena *a)
{
	return pur_cursor_make(a, key, SCOPE, values, N) != NULL ? PUR_OK : PUR_ETOOLARGE;
}

static enum pur_rc
read_it(struct pur_arena *a)
{
	return read_as(a, SCOPE, made, N);
}

static void
test_a_small_arena(void **state)
{
	made = make(*state);
	with_every_ceiling(make_it, PUR_OK);
	with_every_ceiling(read_it, PUR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_there_and_back, reset_arena),
		cmocka_unit_test_setup(test_none_of_it_can_be_changed, reset_arena),
		cmocka_unit_test_setup(test_it_fits_nothing_else, reset_arena),
		cmocka_unit_test_setup(test_scope_and_values_are_apart, reset_arena),
		cmocka_unit_test_setup(test_texts_that_are_no_cursor, reset_arena),
		cmocka_unit_test_setup(test_values_have_a_most, reset_arena),
		cmocka_unit_test_setup(test_a_small_arena, reset_arena),
	};

	return cmocka_run_group_tests(tests, new_arena, free_arena);
}
