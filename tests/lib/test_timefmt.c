/*
 * Tests of timefmt: the calendar against the C library's, what reads as an instant and what
 * doesn't, and the text that is written.
 */
#include "timefmt.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))
#define SECOND INT64_C(1000000)
#define FIRST_DAY (-719162)
#define LAST_DAY 2932896

/* Parses a copy of exactly that size, so that a byte read past the end is seen. */
static int
parse_time(const char *text, int64_t *micros)
{
	size_t len = strlen(text);
	char *copy = malloc(len == 0 ? 1 : len);
	int result;

	assert_non_null(copy);
	memcpy(copy, text, len);
	result = pur_time_parse(copy, len, micros);
	free(copy);
	return result;
}

static const char *
time_text(int64_t micros)
{
	static char text[64];
	struct pur_buf b = { .data = text, .cap = sizeof(text) - 1, .ceiling = sizeof(text) - 1 };

	pur_time_put(&b, micros);
	assert_false(pur_buf_failed(&b));
	text[b.len] = '\0';
	return text;
}

static const char *
date_text(int32_t days)
{
	static char text[64];
	struct pur_buf b = { .data = text, .cap = sizeof(text) - 1, .ceiling = sizeof(text) - 1 };

	pur_date_put(&b, days);
	assert_false(pur_buf_failed(&b));
	text[b.len] = '\0';
	return text;
}

static const char *
http_text(int64_t micros)
{
	static char text[64];
	struct pur_buf b = { .data = text, .cap = sizeof(text) - 1, .ceiling = sizeof(text) - 1 };

	pur_time_put_http(&b, micros);
	assert_false(pur_buf_failed(&b));
	text[b.len] = '\0';
	return text;
}

static void
assert_same_day(int32_t day)
{
	time_t seconds = (time_t)day * 86400;
	struct tm tm;
	char expected[64];
	int32_t days;

	assert_non_null(gmtime_r(&seconds, &tm));
	snprintf(expected, sizeof(expected), "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1,
		 tm.tm_mday);
	assert_string_equal(date_text(day), expected);
	assert_int_equal(pur_date_parse(expected, strlen(expected), &days), 0);
	assert_int_equal(days, day);
}

/* Every day from 1899 to 2101, and samples of all the years there are. */
static void
test_calendar_is_the_c_librarys(void **state)
{
	(void)state;
	for (int32_t day = -25933; day < 48213; day++)
		assert_same_day(day);
	for (int32_t day = FIRST_DAY; day <= LAST_DAY; day += 97)
		assert_same_day(day);
	assert_same_day(LAST_DAY);
}

static void
test_dates(void **state)
{
	static const struct {
		const char *text;
		int32_t days;
	} rows[] = {
		{ "1970-01-01", 0 },         { "1969-12-31", -1 },       { "2000-02-29", 11016 },
		{ "2024-02-29", 19782 },     { "2026-05-01", 20574 },    { "1900-03-01", -25508 },
		{ "0001-01-01", FIRST_DAY }, { "9999-12-31", LAST_DAY },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		int32_t days = 0;

		assert_int_equal(pur_date_parse(rows[i].text, strlen(rows[i].text), &days), 0);
		assert_int_equal(days, rows[i].days);
		assert_string_equal(date_text(rows[i].days), rows[i].text);
	}
}

static void
test_dates_that_are_none(void **state)
{
	static const char *const texts[] = {
		"",
		"2026",
		"2026-05",
		"2026-05-",
		"2026-5-1",
		"2026-05-1",
		"2026-05-011",
		"2026-05-01 ",
		" 2026-05-01",
		"2026/05/01",
		"20260501",
		"2026-00-01",
		"2026-13-01",
		"2026-05-00",
		"2026-05-32",
		"2026-04-31",
		"2026-02-29",
		"1900-02-29",
		"2100-02-29",
		"0000-01-01",
		"10000-01-01",
		"-001-01-01",
		"2026-05-0x",
		"2026-05-01T",
		"2026-05-3/",
		"2026-05-1:",
		"+026-05-01",
		"2026-+5-01",
		"\331\242026-05-01",
	};

	(void)state;
	for (size_t i = 0; i < N_OF(texts); i++) {
		int32_t days = 77;

		assert_int_equal(pur_date_parse(texts[i], strlen(texts[i]), &days), -1);
		assert_int_equal(days, 77);
	}
	assert_int_equal(pur_date_parse(NULL, 0, &(int32_t){ 0 }), -1);
}

#define MAY_1 (20574 * INT64_C(86400) * SECOND)
#define HOUR (3600 * SECOND)
#define MINUTE (60 * SECOND)

static void
test_instants(void **state)
{
	static const struct {
		const char *text;
		int64_t micros;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-05-01T08:30:00Z", MAY_1 + 8 * HOUR + 30 * MINUTE },
		{ "2026-05-01t08:30:00z", MAY_1 + 8 * HOUR + 30 * MINUTE },
		{ "2026-05-01T08:30:00+00:00", MAY_1 + 8 * HOUR + 30 * MINUTE },
		{ "2026-05-01T08:30:00-00:00", MAY_1 + 8 * HOUR + 30 * MINUTE },
		{ "2026-05-01T08:30:00+02:00", MAY_1 + 6 * HOUR + 30 * MINUTE },
		{ "2026-05-01T08:30:00-09:30", MAY_1 + 18 * HOUR },
		{ "2026-05-01T00:00:00+23:59", MAY_1 - 24 * HOUR + MINUTE },
		{ "2026-05-01T23:59:59.999999Z", MAY_1 + 24 * HOUR - 1 },
		{ "2026-05-01T00:00:00.5Z", MAY_1 + 500000 },
		{ "2026-05-01T00:00:00.000001Z", MAY_1 + 1 },
		{ "2026-05-01T00:00:00.100Z", MAY_1 + 100000 },
		{ "1969-12-31T23:59:59.5Z", -500000 },
		{ "0001-01-01T00:00:00Z", FIRST_DAY * INT64_C(86400) * SECOND },
		{ "9999-12-31T23:59:59.999999Z", (LAST_DAY + INT64_C(1)) * 86400 * SECOND - 1 },
		/* Leap seconds: real ones, and one that ends a month somewhere west of Greenwich.
		 */
		{ "2016-12-31T23:59:60Z", INT64_C(1483228800) * SECOND },
		{ "2016-12-31T23:59:60.75Z", INT64_C(1483228800) * SECOND },
		{ "2017-01-01T00:59:60+01:00", INT64_C(1483228800) * SECOND },
		{ "2015-06-30T15:59:60-08:00", INT64_C(1435708800) * SECOND },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		int64_t micros = 77;

		if (parse_time(rows[i].text, &micros) != 0 || micros != rows[i].micros)
			fail_msg("%s: %" PRId64, rows[i].text, micros);
	}
}

static void
test_instants_that_are_none(void **state)
{
	static const char *const texts[] = {
		"",
		"2026-05-01",
		"2026-05-01T",
		"2026-05-01T08:30Z",
		"2026-05-01T08:30:00",
		"2026-05-01 08:30:00Z",
		"2026-05-01T8:30:00Z",
		"2026-05-01T24:00:00Z",
		"2026-05-01T08:60:00Z",
		"2026-05-01T08:30:61Z",
		"2026-05-01T08:30:60Z",
		"2026-05-01T23:59:60Z",
		"2016-12-30T23:59:60Z",
		"2016-12-31T23:59:60+01:00",
		"9999-12-31T23:59:60Z",
		"2026-05-01T08:30:00.Z",
		"2026-05-01T08:30:00,5Z",
		"2026-05-01T08:30:00.1234567Z",
		"2026-05-01T08:30:00.5",
		"2026-05-01T08:30:00.-5Z",
		"2026-05-01T08:30:00ZZ",
		"2026-05-01T08:30:00Z ",
		" 2026-05-01T08:30:00Z",
		"2026-05-01T08:30:00+2:00",
		"2026-05-01T08:30:00+0200",
		"2026-05-01T08:30:00+02",
		"2026-05-01T08:30:00+02:0",
		"2026-05-01T08:30:00+24:00",
		"2026-05-01T08:30:00+02:60",
		"2026-05-01T08:30:00 02:00",
		"2026-02-29T00:00:00Z",
		"0000-12-31T23:00:00Z",
		"0001-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01",
		"10000-01-01T00:00:00Z",
	};

	(void)state;
	for (size_t i = 0; i < N_OF(texts); i++) {
		int64_t micros = 77;

		if (parse_time(texts[i], &micros) != -1)
			fail_msg("%s was taken", texts[i]);
		assert_int_equal(micros, 77);
	}
}

static void
test_instants_written(void **state)
{
	static const struct {
		int64_t micros;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ -1, "1969-12-31T23:59:59.999999Z" },
		{ 1, "1970-01-01T00:00:00.000001Z" },
		{ 500000, "1970-01-01T00:00:00.5Z" },
		{ 120000, "1970-01-01T00:00:00.12Z" },
		{ 999990, "1970-01-01T00:00:00.99999Z" },
		{ MAY_1 + 8 * HOUR + 30 * MINUTE, "2026-05-01T08:30:00Z" },
		{ MAY_1 - 1, "2026-04-30T23:59:59.999999Z" },
		{ FIRST_DAY * INT64_C(86400) * SECOND, "0001-01-01T00:00:00Z" },
		/* Past RFC 3339's years: no contract, but no harm either. */
		{ FIRST_DAY * INT64_C(86400) * SECOND - 1, "0000-12-31T23:59:59.999999Z" },
		{ (LAST_DAY + INT64_C(1)) * 86400 * SECOND, "10000-01-01T00:00:00Z" },
		{ INT64_MAX, "294247-01-10T04:00:54.775807Z" },
		{ INT64_MIN, "-290308-12-21T19:59:05.224192Z" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++)
		assert_string_equal(time_text(rows[i].micros), rows[i].text);
}

static void
test_dates_at_the_ends_of_int32(void **state)
{
	(void)state;
	assert_string_equal(date_text(INT32_MAX), "5881580-07-11");
	assert_string_equal(date_text(INT32_MIN), "-5877641-06-23");
}

static void
test_there_and_back(void **state)
{
	const int64_t least = FIRST_DAY * INT64_C(86400) * SECOND;
	const int64_t most = (LAST_DAY + INT64_C(1)) * 86400 * SECOND;

	(void)state;
	for (int64_t micros = least; micros < most; micros += INT64_C(31415926535897)) {
		int64_t again;

		assert_int_equal(parse_time(time_text(micros), &again), 0);
		assert_true(again == micros);
	}
}

static void
test_http_dates(void **state)
{
	(void)state;
	/* The example of RFC 9110, 5.6.7. */
	assert_string_equal(http_text(INT64_C(784111777) * SECOND),
			    "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_string_equal(http_text(0), "Thu, 01 Jan 1970 00:00:00 GMT");
	assert_string_equal(http_text(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
	assert_string_equal(http_text(MAY_1 + 999999), "Fri, 01 May 2026 00:00:00 GMT");
	for (int32_t day = 0; day < 2000; day += 13) {
		time_t seconds = (time_t)day * 86400;
		struct tm tm;
		char expected[64];

		assert_non_null(gmtime_r(&seconds, &tm));
		assert_true(strftime(expected, sizeof(expected), "%a, %d %b %Y %T GMT", &tm) > 0);
		assert_string_equal(http_text(seconds * SECOND), expected);
	}
}

static void
test_now(void **state)
{
	int64_t before = (int64_t)time(NULL) * SECOND;
	int64_t now = pur_time_now();

	(void)state;
	/* time() may lag behind by a tick of the kernel's coarse clock. */
	assert_true(now >= before);
	assert_true(now < before + 60 * SECOND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calendar_is_the_c_librarys),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_dates_that_are_none),
		cmocka_unit_test(test_instants),
		cmocka_unit_test(test_instants_that_are_none),
		cmocka_unit_test(test_instants_written),
		cmocka_unit_test(test_dates_at_the_ends_of_int32),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_http_dates),
		cmocka_unit_test(test_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
