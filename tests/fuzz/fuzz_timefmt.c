/*
 * fuzz_timefmt: what is read is written and read back the same, and what is written is what the C
 * library writes.
 */
#include "fuzz.h"
#include "timefmt.h"

#include <time.h>

#define FIRST INT64_C(-62135596800000000) /* 0001-01-01T00:00:00Z */
#define LAST INT64_C(253402300799999999)  /* 9999-12-31T23:59:59.999999Z */

static void
is_written(struct pur_buf *b, const char *expected)
{
	HOLDS(!pur_buf_failed(b) && b->len == strlen(expected) &&
	      memcmp(b->data, expected, b->len) == 0);
	pur_buf_reset(b);
}

/* Any number is written; those of RFC 3339's years are read back, and are the C library's. */
static void
writes_times(struct pur_buf *b, int64_t micros)
{
	time_t seconds = (time_t)(micros / 1000000 - (micros % 1000000 < 0));
	char expected[64], date[32];
	int64_t back = 0;
	struct tm tm;

	pur_time_put(b, micros);
	if (micros >= FIRST && micros <= LAST) {
		HOLDS(pur_time_parse(b->data, b->len, &back) == 0 && back == micros);
		HOLDS(gmtime_r(&seconds, &tm) != NULL);
		HOLDS(strftime(date, sizeof(date), "%m-%dT%H:%M:%S", &tm) > 0);
		snprintf(expected, sizeof(expected), "%04d-%s", tm.tm_year + 1900, date);
		HOLDS(b->len > 19 && memcmp(b->data, expected, 19) == 0);
	}
	pur_buf_reset(b);
	pur_time_put_http(b, micros);
	if (micros >= FIRST && micros <= LAST) {
		HOLDS(strftime(date, sizeof(date), "%a, %d %b ", &tm) > 0);
		snprintf(expected, sizeof(expected), "%s%04d %02d:%02d:%02d GMT", date,
			 tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
		is_written(b, expected);
	}
	pur_buf_reset(b);
}

static void
writes_dates(struct pur_buf *b, int32_t days)
{
	int32_t back = 0;

	pur_date_put(b, days);
	if (days >= FIRST / 1000000 / 86400 && days <= LAST / 1000000 / 86400)
		HOLDS(pur_date_parse(b->data, b->len, &back) == 0 && back == days);
	pur_buf_reset(b);
}

/* A time with an offset is the same local time in UTC, but for the offset. */
static void
holds_of_offset(const char *text, size_t len, int64_t micros)
{
	char utc[64], at[6] = "";
	int64_t local = 0, offset;
	int hours, minutes;

	if (len < 6 || len > sizeof(utc) || strchr("+-", text[len - 6]) == NULL)
		return;
	memcpy(utc, text, len - 6);
	utc[len - 6] = 'Z';
	memcpy(at, text + len - 5, 5); /* text has no NUL at its end */
	HOLDS(sscanf(at, "%2d:%2d", &hours, &minutes) == 2);
	offset = (hours * 60 + minutes) * INT64_C(60000000) * (text[len - 6] == '-' ? -1 : 1);
	/* A leap second is one in UTC alone. */
	if (pur_time_parse(utc, len - 5, &local) == 0)
		HOLDS(local - offset == micros);
	else
		HOLDS(memcmp(text + 16, ":60", 3) == 0);
}

/* Reading knows one way to write what it takes, up to the offset, the fraction and case. */
static void
reads_texts(struct pur_buf *b, const char *text, size_t len)
{
	int64_t micros = 0;
	int32_t days = 0;

	if (pur_time_parse(text, len, &micros) == 0) {
		HOLDS(micros >= FIRST && micros <= LAST);
		writes_times(b, micros);
		holds_of_offset(text, len, micros);
	}
	if (pur_date_parse(text, len, &days) == 0) {
		pur_date_put(b, days);
		HOLDS(b->len == len && memcmp(b->data, text, len) == 0);
		pur_buf_reset(b);
		HOLDS(pur_time_parse(text, len, &micros) != 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pur_buf b = { .data = NULL };
	int64_t micros = 0;
	int32_t days = 0;

	reads_texts(&b, (const char *)data, size);
	memcpy(&micros, data, size < sizeof(micros) ? size : sizeof(micros));
	memcpy(&days, data, size < sizeof(days) ? size : sizeof(days));
	writes_times(&b, micros);
	writes_times(&b, FIRST + (int64_t)((uint64_t)micros % (uint64_t)(LAST - FIRST + 1)));
	writes_dates(&b, days);
	writes_dates(&b, days % 4000000);
	pur_buf_free(&b);
	return 0;
}
