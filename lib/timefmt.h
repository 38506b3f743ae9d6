/*
 * timefmt: instants and dates as text.
 * An instant is microseconds since 1970-01-01T00:00:00Z, a date is days since 1970-01-01, both in
 * the proleptic Gregorian calendar. Source: RFC 3339, section 5.6; RFC 9110, section 5.6.7.
 */
#ifndef PUR_TIMEFMT_H
#define PUR_TIMEFMT_H

#include "buf.h"
#include <stddef.h>
#include <stdint.h>

/* Now, by the system's clock. */
int64_t pur_time_now(void);

/*
 * Reads an RFC 3339 date-time ("2026-05-01T08:30:00Z", with any offset, up to six digits of a
 * second's fraction; years 1 to 9999; a leap second reads as the next minute's start, its fraction
 * too). Returns 0, or -1 when it is not one.
 */
int pur_time_parse(const char *text, size_t len, int64_t *micros);

/* Reads YYYY-MM-DD, years 1 to 9999. Returns 0, or -1. */
int pur_date_parse(const char *text, size_t len, int32_t *days);

/* Writes YYYY-MM-DDTHH:MM:SS[.ffffff]Z; the fraction only when there is one, without end zeros. */
void pur_time_put(struct pur_buf *b, int64_t micros);

/* Writes an HTTP-date ("Fri, 01 May 2026 08:30:00 GMT"); the fraction is cut off. */
void pur_time_put_http(struct pur_buf *b, int64_t micros);

/* Writes YYYY-MM-DD. */
void pur_date_put(struct pur_buf *b, int32_t days);

#endif
