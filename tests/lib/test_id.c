/*
 * Tests of id: the form of a version 7 UUID, its order under any clock, forks, and its text.
 */
#include "id.h"

#include <ctype.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* These stand in for the library's: a clock that can be set, and a count of fetches. */
static int64_t fake_ms = -1;
static int fetches;

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	if (fake_ms < 0 || clock != CLOCK_REALTIME)
		return (int)syscall(SYS_clock_gettime, clock, now);
	now->tv_sec = fake_ms / 1000;
	now->tv_nsec = fake_ms % 1000 * 1000000;
	return 0;
}

void
randombytes_buf(void *const out, const size_t size)
{
	fetches++;
	assert_int_equal(syscall(SYS_getrandom, out, size, 0), size);
}

static int64_t
ms_of(struct pur_uuid id)
{
	int64_t ms = 0;

	for (int i = 0; i < 6; i++)
		ms = ms << 8 | id.b[i];
	return ms;
}

static unsigned
counter_of(struct pur_uuid id)
{
	return (id.b[6] & 0xfu) << 8 | id.b[7];
}

static void
test_form(void **state)
{
	int64_t before = (int64_t)time(NULL) * 1000;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct pur_uuid id = pur_uuid_new();

		assert_int_equal(id.b[6] >> 4, 7);
		assert_int_equal(id.b[8] >> 6, 2);
		assert_true(ms_of(id) >= before);
		assert_true(ms_of(id) < before + 60000);
	}
}

static void
test_each_is_greater(void **state)
{
	struct pur_uuid last = pur_uuid_new();

	(void)state;
	for (int i = 0; i < 100000; i++) {
		struct pur_uuid id = pur_uuid_new();

		assert_true(memcmp(last.b, id.b, sizeof(id.b)) < 0);
		last = id;
	}
}

/* More ids than a counter has numbers: the millisecond is borrowed from the future. */
static void
test_stopped_clock(void **state)
{
	struct pur_uuid last, first;

	(void)state;
	fake_ms = INT64_C(2000000000000);
	first = last = pur_uuid_new();
	assert_int_equal(ms_of(first), fake_ms);
	assert_true(counter_of(first) <= 0x7ff);
	for (int i = 0; i < 10000; i++) {
		struct pur_uuid id = pur_uuid_new();

		assert_true(memcmp(last.b, id.b, sizeof(id.b)) < 0);
		if (ms_of(id) == ms_of(last))
			assert_int_equal(counter_of(id), counter_of(last) + 1);
		else
			assert_true(counter_of(last) == 0xfff && counter_of(id) <= 0x7ff);
		last = id;
	}
	assert_true(ms_of(last) > ms_of(first));
	assert_true(ms_of(last) <= ms_of(first) + 5);
	fake_ms = -1;
}

static void
test_clock_that_goes_back(void **state)
{
	struct pur_uuid last, id;

	(void)state;
	fake_ms = INT64_C(2100000000000);
	last = pur_uuid_new();
	fake_ms -= 3600000;
	for (int i = 0; i < 1000; i++) {
		id = pur_uuid_new();
		assert_true(memcmp(last.b, id.b, sizeof(id.b)) < 0);
		last = id;
	}
	fake_ms += 2 * 3600000;
	id = pur_uuid_new();
	assert_int_equal(ms_of(id), fake_ms);
	fake_ms = -1;
}

static void
test_counter_begins_anywhere(void **state)
{
	unsigned seen_set = 0, seen_clear = 0;

	(void)state;
	fake_ms = INT64_C(2200000000000);
	for (int i = 0; i < 200; i++, fake_ms++) {
		unsigned counter = counter_of(pur_uuid_new());

		seen_set |= counter;
		seen_clear |= ~counter;
	}
	assert_int_equal(seen_set, 0x7ff);
	assert_int_equal(seen_clear & 0x7ff, 0x7ff);
	fake_ms = -1;
}

/* Every random bit is sometimes 0 and sometimes 1. */
static void
test_tail_is_random(void **state)
{
	unsigned char set[8] = { 0 }, clear[8] = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct pur_uuid id = pur_uuid_new();

		for (int j = 0; j < 8; j++) {
			set[j] = (unsigned char)(set[j] | id.b[8 + j]);
			clear[j] = (unsigned char)(clear[j] | ~id.b[8 + j]);
		}
	}
	assert_int_equal(set[0], 0xbf);
	assert_int_equal(clear[0], 0x7f);
	for (int j = 1; j < 8; j++) {
		assert_int_equal(set[j], 0xff);
		assert_int_equal(clear[j], 0xff);
	}
}

static void
test_randomness_is_fetched_seldom(void **state)
{
	(void)state;
	fetches = 0;
	for (int i = 0; i < 1000; i++)
		pur_uuid_new();
	assert_true(fetches >= 1000 * 8 / 256);
	assert_true(fetches <= 1000 * 10 / 250);
}

static void
test_a_child_draws_its_own(void **state)
{
	struct pur_uuid ours, theirs;
	int ends[2], status;
	pid_t child;

	(void)state;
	pur_uuid_new();
	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		ours = pur_uuid_new();
		_exit(write(ends[1], &ours, sizeof(ours)) == sizeof(ours) ? 0 : 1);
	}
	ours = pur_uuid_new();
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(read(ends[0], &theirs, sizeof(theirs)), sizeof(theirs));
	assert_memory_not_equal(ours.b + 8, theirs.b + 8, 8);
	close(ends[0]);
	close(ends[1]);
}

static const char example[] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"; /* RFC 9562, A.6 */
static const unsigned char example_bytes[16] = {
	0x01, 0x7f, 0x22, 0xe2, 0x79, 0xb0, 0x7c, 0xc3,
	0x98, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f,
};

static void
test_parse(void **state)
{
	struct pur_uuid id;
	char upper[PUR_UUID_TEXT];

	(void)state;
	assert_int_equal(pur_uuid_parse(example, PUR_UUID_TEXT, &id), 0);
	assert_memory_equal(id.b, example_bytes, 16);
	for (int i = 0; i < PUR_UUID_TEXT; i++)
		upper[i] = (char)toupper((unsigned char)example[i]);
	memset(&id, 0, sizeof(id));
	assert_int_equal(pur_uuid_parse(upper, PUR_UUID_TEXT, &id), 0);
	assert_memory_equal(id.b, example_bytes, 16);
}

/* Any one character changed to anything that is neither a digit nor its dash. */
static void
test_parse_refuses(void **state)
{
	struct pur_uuid id, untouched;

	(void)state;
	memset(&id, 0x5a, sizeof(id));
	untouched = id;
	for (int i = 0; i < PUR_UUID_TEXT; i++) {
		for (int c = 0; c < 256; c++) {
			char text[PUR_UUID_TEXT];
			int dash = example[i] == '-';

			if (dash ? c == '-' : isxdigit(c))
				continue;
			memcpy(text, example, sizeof(text));
			text[i] = (char)c;
			assert_int_equal(pur_uuid_parse(text, sizeof(text), &id), -1);
		}
	}
	assert_int_equal(pur_uuid_parse(example, PUR_UUID_TEXT - 1, &id), -1);
	assert_int_equal(pur_uuid_parse(example, PUR_UUID_TEXT + 1, &id), -1);
	assert_int_equal(pur_uuid_parse("", 0, &id), -1);
	assert_int_equal(pur_uuid_parse("{17f22e2-79b0-7cc3-98c4-dc0c0c07398f}", 37, &id), -1);
	assert_memory_equal(id.b, untouched.b, 16);
}

static void
test_format(void **state)
{
	struct pur_uuid id, again;
	char text[PUR_UUID_TEXT + 1];

	(void)state;
	memcpy(id.b, example_bytes, 16);
	memset(text, '!', sizeof(text));
	pur_uuid_format(&id, text);
	assert_memory_equal(text, example, PUR_UUID_TEXT);
	assert_int_equal(text[PUR_UUID_TEXT], '!');
	for (int i = 0; i < 1000; i++) {
		randombytes_buf(id.b, sizeof(id.b));
		pur_uuid_format(&id, text);
		assert_int_equal(pur_uuid_parse(text, PUR_UUID_TEXT, &again), 0);
		assert_memory_equal(id.b, again.b, 16);
	}
}

static void
test_hex_value(void **state)
{
	static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";

	(void)state;
	for (int c = 0; c < 256; c++) {
		const char *at = c == 0 ? NULL : strchr(lower, c);
		const char *at_upper = c == 0 ? NULL : strchr(upper, c);
		int expected = -1;

		if (at != NULL)
			expected = (int)(at - lower);
		else if (at_upper != NULL)
			expected = (int)(at_upper - upper);
		assert_int_equal(pur_hex_value((char)c), expected);
	}
}

int
main(void)
{
	/* Those with a clock of the future come last: ids don't go back. */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_each_is_greater),
		cmocka_unit_test(test_tail_is_random),
		cmocka_unit_test(test_randomness_is_fetched_seldom),
		cmocka_unit_test(test_a_child_draws_its_own),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_hex_value),
		cmocka_unit_test(test_stopped_clock),
		cmocka_unit_test(test_clock_that_goes_back),
		cmocka_unit_test(test_counter_begins_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
