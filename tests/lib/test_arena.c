/*
 * Tests of arena: zeroed and aligned memory, the ceiling, deferred releases, wiping, poisoning.
 */
#include "arena.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef __SANITIZE_ADDRESS__
#define HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif

#ifdef HAVE_ASAN
#include <sanitizer/asan_interface.h>

/* A refused allocation is part of these tests, not a finding. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}
#endif

#define MIB ((size_t)1 << 20)

static int
setup(void **state)
{
	*state = pur_arena_new(16 * MIB);
	return *state == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	pur_arena_free(*state);
	return 0;
}

static int
is_filled(const unsigned char *p, size_t n, unsigned char with)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] != with)
			return 0;
	}
	return 1;
}

/* Small, block-sized and large ones: each zeroed, aligned, and nobody else's. */
static void
test_memory_is_zeroed_aligned_and_apart(void **state)
{
	static const size_t sizes[] = { 1, 7, 16, 17, 100, 4000, 4096, 4097, 16384, 70000, 3 };
	unsigned char *kept[sizeof(sizes) / sizeof(sizes[0]) * 50];
	const size_t n_sizes = sizeof(sizes) / sizeof(sizes[0]);
	const size_t n = sizeof(kept) / sizeof(kept[0]);

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < n; i++) {
			size_t size = sizes[i % n_sizes];

			kept[i] = pur_alloc(*state, size);
			assert_non_null(kept[i]);
			assert_int_equal((uintptr_t)kept[i] % _Alignof(max_align_t), 0);
			assert_true(is_filled(kept[i], size, 0));
			memset(kept[i], (int)(i % 255 + 1), size);
		}
		for (size_t i = 0; i < n; i++)
			assert_true(
			    is_filled(kept[i], sizes[i % n_sizes], (unsigned char)(i % 255 + 1)));
		pur_arena_reset(*state);
	}
}

static void
test_nothing_has_an_address_too(void **state)
{
	char *p = pur_alloc(*state, 0);
	char *q = pur_alloc(*state, 0);

	assert_non_null(p);
	assert_non_null(q);
	assert_ptr_not_equal(p, q);
}

static void
test_used_counts_what_is_handed_out(void **state)
{
	size_t step = _Alignof(max_align_t);

	assert_int_equal(pur_arena_used(*state), 0);
	assert_non_null(pur_alloc(*state, 1));
	assert_int_equal(pur_arena_used(*state), step);
	assert_non_null(pur_alloc(*state, 10 * step));
	assert_int_equal(pur_arena_used(*state), 11 * step);
	assert_non_null(pur_alloc(*state, MIB));
	assert_int_equal(pur_arena_used(*state), 11 * step + MIB);
	pur_arena_reset(*state);
	assert_int_equal(pur_arena_used(*state), 0);
}

static void
test_ceiling_is_exact_and_heals(void **state)
{
	struct pur_arena *a = pur_arena_new(1024);

	(void)state;
	assert_non_null(a);
	for (int round = 0; round < 2; round++) {
		assert_non_null(pur_alloc(a, 1008));
		assert_null(pur_alloc(a, 17));
		assert_true(pur_arena_exhausted(a));
		assert_non_null(pur_alloc(a, 16));
		assert_null(pur_alloc(a, 0));
		assert_true(pur_arena_exhausted(a));
		assert_int_equal(pur_arena_used(a), 1024);
		pur_arena_reset(a);
		assert_false(pur_arena_exhausted(a));
	}
	pur_arena_free(a);
}

static void
test_ceiling_holds_for_many_small_ones(void **state)
{
	struct pur_arena *a = pur_arena_new(MIB);
	size_t n = 0;

	(void)state;
	assert_non_null(a);
	while (pur_alloc(a, 16) != NULL)
		n++;
	assert_int_equal(n, MIB / 16);
	pur_arena_free(a);
}

static void
test_sizes_that_overflow(void **state)
{
	struct pur_arena *a = pur_arena_new(SIZE_MAX);
	volatile size_t all = SIZE_MAX;
	size_t used;

	(void)state;
	assert_non_null(a);
	assert_non_null(pur_calloc(a, 3, 5));
	used = pur_arena_used(a);
	assert_null(pur_alloc(a, all));
	assert_null(pur_alloc(a, all - 15));
	assert_null(pur_alloc(a, all / 4));
	assert_null(pur_calloc(a, all / 2, 3));
	assert_null(pur_calloc(a, all, all));
	assert_null(pur_strndup(a, "", all));
	assert_true(pur_arena_exhausted(a));
	assert_int_equal(pur_arena_used(a), used);
	pur_arena_reset(a);
	assert_null(pur_calloc(a, all / 4, 8));
	assert_true(pur_arena_exhausted(a));
	pur_arena_free(a);
}

static void
test_arrays(void **state)
{
	int *p = pur_calloc(*state, 1000, sizeof(*p));

	assert_non_null(p);
	assert_true(is_filled((unsigned char *)p, 1000 * sizeof(*p), 0));
	assert_non_null(pur_calloc(*state, 0, 8));
	assert_non_null(pur_calloc(*state, 8, 0));
	assert_false(pur_arena_exhausted(*state));
}

static void
test_strings(void **state)
{
	char *long_text;

	assert_string_equal(pur_strdup(*state, "purser"), "purser");
	assert_string_equal(pur_strdup(*state, ""), "");
	assert_string_equal(pur_strndup(*state, "purser", 3), "pur");
	assert_string_equal(pur_strndup(*state, NULL, 0), "");
	assert_memory_equal(pur_strndup(*state, "a\0b", 3), "a\0b", 4);
	assert_string_equal(pur_sprintf(*state, "%s-%d", "a", 42), "a-42");
	assert_string_equal(pur_sprintf(*state, "%s", ""), "");
	long_text = pur_sprintf(*state, "%09999d", 1);
	assert_non_null(long_text);
	assert_int_equal(strlen(long_text), 9999);
	assert_int_equal(long_text[9998], '1');
}

static void
test_strings_past_the_ceiling(void **state)
{
	struct pur_arena *a = pur_arena_new(16);

	(void)state;
	assert_non_null(a);
	assert_null(pur_strdup(a, "0123456789abcdef"));
	assert_null(pur_sprintf(a, "%016d", 0));
	assert_true(pur_arena_exhausted(a));
	assert_string_equal(pur_strdup(a, "0123456789abcde"), "0123456789abcde");
	pur_arena_free(a);
}

static char order[16];
static size_t n_order;

static void
note(void *thing)
{
	order[n_order++] = *(char *)thing;
}

static void
test_deferred_run_backwards_and_once(void **state)
{
	char names[] = "abc";

	n_order = 0;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pur_arena_defer(*state, note, &names[i]), PUR_OK);
	assert_int_equal(pur_arena_defer(*state, note, NULL), PUR_OK);
	assert_int_equal(n_order, 0);
	pur_arena_reset(*state);
	assert_int_equal(n_order, 3);
	assert_memory_equal(order, "cba", 3);
	pur_arena_reset(*state);
	assert_int_equal(n_order, 3);
}

static void
test_deferred_see_their_memory(void **state)
{
	char *name = pur_strdup(*state, "x");

	n_order = 0;
	assert_non_null(name);
	assert_int_equal(pur_arena_defer(*state, note, name), PUR_OK);
	pur_arena_reset(*state);
	assert_int_equal(order[0], 'x');
}

static void
test_deferred_run_when_the_arena_ends(void **state)
{
	struct pur_arena *a = pur_arena_new(MIB);
	char name = 'z';

	(void)state;
	n_order = 0;
	assert_non_null(a);
	assert_int_equal(pur_arena_defer(a, note, &name), PUR_OK);
	pur_arena_free(a);
	assert_int_equal(n_order, 1);
	pur_arena_free(NULL);
}

static void
test_what_cannot_be_deferred_is_released_at_once(void **state)
{
	struct pur_arena *a = pur_arena_new(0);
	char name = 'q';

	(void)state;
	n_order = 0;
	assert_non_null(a);
	assert_int_equal(pur_arena_defer(a, note, &name), PUR_ETOOLARGE);
	assert_int_equal(n_order, 1);
	assert_int_equal(order[0], 'q');
	assert_int_equal(pur_arena_defer(a, note, NULL), PUR_OK);
	pur_arena_free(a);
	assert_int_equal(n_order, 1);
}

/* The first block is kept, and what it held is gone. */
static void
test_reset_keeps_the_block_and_wipes_it(void **state)
{
	char *secret = pur_strdup(*state, "correct horse battery staple");
	char *again;

	assert_non_null(secret);
	pur_arena_reset(*state);
	again = pur_alloc(*state, sizeof("correct horse battery staple"));
	assert_ptr_equal(again, secret);
	assert_true(is_filled((unsigned char *)again, sizeof("correct horse battery staple"), 0));
}

static void
test_reset_after_many_blocks(void **state)
{
	char *first = pur_alloc(*state, 16);

	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 2000; i++)
			assert_non_null(pur_alloc(*state, 1000));
		pur_arena_reset(*state);
		assert_ptr_equal(pur_alloc(*state, 16), first);
	}
}

#ifdef HAVE_ASAN
static void
test_bytes_not_handed_out_are_poisoned(void **state)
{
	char *p = pur_alloc(*state, 20);
	char *q = pur_alloc(*state, 32);
	char *large = pur_alloc(*state, 100000);

	assert_null(__asan_region_is_poisoned(p, 20));
	assert_true(__asan_address_is_poisoned(p + 20));
	assert_null(__asan_region_is_poisoned(q, 32));
	assert_true(__asan_address_is_poisoned(q + 32));
	assert_null(__asan_region_is_poisoned(large, 100000));
	assert_true(__asan_address_is_poisoned(large + 100000));
	pur_arena_reset(*state);
	assert_true(__asan_address_is_poisoned(p));
	assert_true(__asan_address_is_poisoned(q));
	assert_true(__asan_address_is_poisoned(large));
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_memory_is_zeroed_aligned_and_apart, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_nothing_has_an_address_too, setup, teardown),
		cmocka_unit_test_setup_teardown(test_used_counts_what_is_handed_out, setup,
						teardown),
		cmocka_unit_test(test_ceiling_is_exact_and_heals),
		cmocka_unit_test(test_ceiling_holds_for_many_small_ones),
		cmocka_unit_test(test_sizes_that_overflow),
		cmocka_unit_test_setup_teardown(test_arrays, setup, teardown),
		cmocka_unit_test_setup_teardown(test_strings, setup, teardown),
		cmocka_unit_test(test_strings_past_the_ceiling),
		cmocka_unit_test_setup_teardown(test_deferred_run_backwards_and_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_deferred_see_their_memory, setup, teardown),
		cmocka_unit_test(test_deferred_run_when_the_arena_ends),
		cmocka_unit_test(test_what_cannot_be_deferred_is_released_at_once),
		cmocka_unit_test_setup_teardown(test_reset_keeps_the_block_and_wipes_it, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_reset_after_many_blocks, setup, teardown),
#ifdef HAVE_ASAN
		cmocka_unit_test_setup_teardown(test_bytes_not_handed_out_are_poisoned, setup,
						teardown),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
