/*
 * Tests of buf: growth, ceilings, numbers, and that a failure is remembered.
 */
#include "buf.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* A refused allocation is part of these tests, not a finding. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void
assert_holds(const struct pur_buf *b, const char *text)
{
	assert_false(pur_buf_failed(b));
	assert_int_equal(b->len, strlen(text));
	if (b->len > 0)
		assert_memory_equal(b->data, text, b->len);
}

static void
test_writes_follow_each_other(void **state)
{
	struct pur_buf b = { 0 };

	(void)state;
	assert_holds(&b, "");
	pur_buf_puts(&b, "");
	pur_buf_put(&b, NULL, 0);
	assert_holds(&b, "");
	pur_buf_puts(&b, "ab");
	pur_buf_putc(&b, 'c');
	pur_buf_put(&b, "d\0e", 3);
	pur_buf_printf(&b, "%d%s", 42, "x");
	pur_buf_printf(&b, "%s", "");
	assert_int_equal(b.len, 9);
	assert_memory_equal(b.data, "abcd\0e42x", 9);
	pur_buf_free(&b);
}

static void
test_growth_keeps_the_content(void **state)
{
	struct pur_buf b = { 0 };

	(void)state;
	for (int i = 0; i < 100000; i++)
		pur_buf_putc(&b, (char)('a' + i % 26));
	assert_false(pur_buf_failed(&b));
	assert_int_equal(b.len, 100000);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(b.data[i], 'a' + i % 26);
	pur_buf_printf(&b, "%070000d", 7);
	assert_int_equal(b.len, 170000);
	assert_int_equal(b.data[169999], '7');
	pur_buf_free(&b);
}

static void
test_reserve(void **state)
{
	struct pur_buf b = { 0 };
	char *data;

	(void)state;
	assert_int_equal(pur_buf_reserve(&b, 5000), 0);
	assert_true(b.cap >= 5000);
	data = b.data;
	for (int i = 0; i < 5000; i++)
		pur_buf_putc(&b, 'x');
	assert_ptr_equal(b.data, data);
	pur_buf_free(&b);
}

/* What printf writes ends at every distance from the end of the memory. */
static void
test_printf_at_the_edge(void **state)
{
	(void)state;
	for (size_t filled = 1015; filled <= 1024; filled++) {
		struct pur_buf b = { 0 };

		assert_int_equal(pur_buf_reserve(&b, 1), 0);
		assert_int_equal(b.cap, 1024);
		while (b.len < filled)
			pur_buf_putc(&b, 'x');
		pur_buf_printf(&b, "%s", "12345");
		assert_false(pur_buf_failed(&b));
		assert_int_equal(b.len, filled + 5);
		assert_memory_equal(b.data + filled, "12345", 5);
		pur_buf_free(&b);
	}
}

static void
test_ceiling_is_exact(void **state)
{
	struct pur_buf b = { .ceiling = 10 };

	(void)state;
	pur_buf_puts(&b, "01234");
	pur_buf_puts(&b, "56789");
	assert_holds(&b, "0123456789");
	pur_buf_putc(&b, 'x');
	assert_true(pur_buf_failed(&b));
	assert_int_equal(b.len, 10);
	pur_buf_free(&b);
}

/* A smaller write that would fit must not land behind a hole. */
static void
test_nothing_is_written_after_a_failure(void **state)
{
	struct pur_buf b = { .ceiling = 10 };

	(void)state;
	pur_buf_puts(&b, "0123");
	pur_buf_puts(&b, "too long for it");
	assert_true(pur_buf_failed(&b));
	pur_buf_putc(&b, 'x');
	pur_buf_put_int(&b, 1);
	pur_buf_printf(&b, "%d", 1);
	assert_int_equal(pur_buf_reserve(&b, 0), -1);
	assert_int_equal(b.len, 4);
	pur_buf_reset(&b);
	assert_false(pur_buf_failed(&b));
	pur_buf_puts(&b, "0123456789");
	assert_holds(&b, "0123456789");
	pur_buf_free(&b);
}

static void
test_sizes_that_cannot_be(void **state)
{
	struct pur_buf b = { 0 };
	volatile size_t all = SIZE_MAX;

	(void)state;
	pur_buf_puts(&b, "x");
	assert_int_equal(pur_buf_reserve(&b, all), -1);
	assert_true(pur_buf_failed(&b));
	pur_buf_reset(&b);
	pur_buf_puts(&b, "x");
	assert_int_equal(pur_buf_reserve(&b, all / 4), -1);
	assert_true(pur_buf_failed(&b));
	pur_buf_free(&b);
	assert_false(pur_buf_failed(&b));
}

static void
test_borrowed_array_is_never_replaced(void **state)
{
	char array[8];
	struct pur_buf b = { .data = array, .cap = sizeof(array), .ceiling = sizeof(array) };

	(void)state;
	pur_buf_puts(&b, "01234567");
	assert_holds(&b, "01234567");
	assert_int_equal(pur_buf_reserve(&b, 0), 0);
	assert_ptr_equal(b.data, array);
	pur_buf_putc(&b, 'x');
	assert_true(pur_buf_failed(&b));
	assert_ptr_equal(b.data, array);
	assert_int_equal(b.len, 8);
}

static void
test_numbers(void **state)
{
	static const int64_t numbers[] = { 0,         1,         -1,   9,          10,
					   -10,       99,        100,  1234567890, INT32_MIN,
					   INT64_MAX, INT64_MIN, -1000 };

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct pur_buf b = { 0 };
		char expected[32];

		snprintf(expected, sizeof(expected), "%" PRId64, numbers[i]);
		pur_buf_put_int(&b, numbers[i]);
		assert_holds(&b, expected);
		pur_buf_free(&b);
	}
}

static void
test_reset_keeps_little_and_releases_much(void **state)
{
	struct pur_buf b = { 0 };
	char *data;

	(void)state;
	assert_int_equal(pur_buf_reserve(&b, 65536), 0);
	assert_int_equal(b.cap, 65536);
	data = b.data;
	pur_buf_puts(&b, "old");
	pur_buf_reset(&b);
	assert_ptr_equal(b.data, data);
	assert_int_equal(b.len, 0);
	assert_int_equal(pur_buf_reserve(&b, 100000), 0);
	pur_buf_reset(&b);
	assert_null(b.data);
	assert_int_equal(b.cap, 0);
	pur_buf_puts(&b, "new");
	assert_holds(&b, "new");
	pur_buf_free(&b);
	pur_buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writes_follow_each_other),
		cmocka_unit_test(test_growth_keeps_the_content),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_printf_at_the_edge),
		cmocka_unit_test(test_ceiling_is_exact),
		cmocka_unit_test(test_nothing_is_written_after_a_failure),
		cmocka_unit_test(test_sizes_that_cannot_be),
		cmocka_unit_test(test_borrowed_array_is_never_replaced),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_reset_keeps_little_and_releases_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
