/*
 * timefmt: calendar arithmetic, and the text of instants and dates.
 *
 * Years are counted from March here, so that a leap day is the last of its year; the calendar
 * repeats every 400 years, an era.
 */
#include "timefmt.h"

#include <time.h>

#define SECOND INT64_C(1000000)
#define DAY_SECONDS 86400
#define ERA_DAYS 146097
#define EPOCH_DAYS 719468   /* from 0000-03-01 to 1970-01-01 */
#define FIRST_DAY (-719162) /* 0001-01-01 */
#define LAST_DAY 2932896    /* 9999-12-31 */

struct civil {
	int64_t year;
	int month, day; /* from 1 */
};

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t
days_of(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = floor_div(y, 400);
	int64_t y_of_era = y - era * 400;
	int m = (month + 9) % 12; /* March is 0 */
	int64_t day_of_year = (153 * m + 2) / 5 + day - 1;

	return era * ERA_DAYS + y_of_era * 365 + y_of_era / 4 - y_of_era / 100 + day_of_year -
	       EPOCH_DAYS;
}

static struct civil
civil_of(int64_t days)
{
	struct civil c;
	int64_t era, day_of_era, y_of_era, day_of_year;
	int m;

	days += EPOCH_DAYS;
	era = floor_div(days, ERA_DAYS);
	day_of_era = days - era * ERA_DAYS;
	y_of_era =
	    (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	day_of_year = day_of_era - (365 * y_of_era + y_of_era / 4 - y_of_era / 100);
	m = (int)((5 * day_of_year + 2) / 153);
	c.day = (int)(day_of_year - (153 * m + 2) / 5 + 1);
	c.month = m < 10 ? m + 3 : m - 9;
	c.year = era * 400 + y_of_era + (c.month <= 2);
	return c;
}

static int
month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

int64_t
pur_time_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * SECOND + now.tv_nsec / 1000;
}

/* ---- reading ---- */

struct cursor {
	const char *p, *end;
};

/* Reads exactly n digits as a number from least to most. Returns it, or -1. */
static int
read_number(struct cursor *c, int n, int least, int most)
{
	int value = 0;

	for (; n > 0; n--, c->p++) {
		if (c->p == c->end || *c->p < '0' || *c->p > '9')
			return -1;
		value = value * 10 + (*c->p - '0');
	}
	return value < least || value > most ? -1 : value;
}

static int
read_either(struct cursor *c, char wanted, char other)
{
	if (c->p == c->end || (*c->p != wanted && *c->p != other))
		return -1;
	c->p++;
	return 0;
}

static int
read_date(struct cursor *c, int64_t *days)
{
	int year, month, day;

	if ((year = read_number(c, 4, 1, 9999)) < 0 || read_either(c, '-', '-') != 0 ||
	    (month = read_number(c, 2, 1, 12)) < 0 || read_either(c, '-', '-') != 0 ||
	    (day = read_number(c, 2, 1, month_days(year, month))) < 0)
		return -1;
	*days = days_of(year, month, day);
	return 0;
}

/* A second's fraction in microseconds; without one, 0. */
static int
read_fraction(struct cursor *c)
{
	int value = 0, unit = 100000;

	if (read_either(c, '.', '.') != 0)
		return 0;
	do {
		int digit = read_number(c, 1, 0, 9);

		if (digit < 0 || unit == 0)
			return -1;
		value += digit * unit;
		unit /= 10;
	} while (c->p < c->end && *c->p >= '0' && *c->p <= '9');
	return value;
}

/* Seconds that local time is ahead of UTC. */
static int
read_offset(struct cursor *c, int *seconds)
{
	int sign, hours, minutes;

	*seconds = 0;
	if (read_either(c, 'Z', 'z') == 0)
		return 0;
	sign = c->p < c->end && *c->p == '-' ? -1 : 1;
	if (read_either(c, '+', '-') != 0 || (hours = read_number(c, 2, 0, 23)) < 0 ||
	    read_either(c, ':', ':') != 0 || (minutes = read_number(c, 2, 0, 59)) < 0)
		return -1;
	*seconds = sign * (hours * 3600 + minutes * 60);
	return 0;
}

int
pur_time_parse(const char *text, size_t len, int64_t *micros)
{
	struct cursor c = { .p = text, .end = len == 0 ? text : text + len };
	int hour, minute, second, fraction, offset;
	int64_t days, total;

	if (read_date(&c, &days) != 0 || read_either(&c, 'T', 't') != 0 ||
	    (hour = read_number(&c, 2, 0, 23)) < 0 || read_either(&c, ':', ':') != 0 ||
	    (minute = read_number(&c, 2, 0, 59)) < 0 || read_either(&c, ':', ':') != 0 ||
	    (second = read_number(&c, 2, 0, 60)) < 0 || (fraction = read_fraction(&c)) < 0 ||
	    read_offset(&c, &offset) != 0 || c.p != c.end)
		return -1;
	total = days * DAY_SECONDS + hour * 3600 + minute * 60 + second - offset;
	if (total < (int64_t)FIRST_DAY * DAY_SECONDS ||
	    total >= (LAST_DAY + INT64_C(1)) * DAY_SECONDS)
		return -1;
	if (second == 60) {
		/* Leap seconds end a month of UTC, and nothing else. */
		if (total % DAY_SECONDS != 0 || civil_of(total / DAY_SECONDS).day != 1)
			return -1;
		fraction = 0;
	}
	*micros = total * SECOND + fraction;
	return 0;
}

int
pur_date_parse(const char *text, size_t len, int32_t *days)
{
	struct cursor c = { .p = text, .end = len == 0 ? text : text + len };
	int64_t n;

	if (read_date(&c, &n) != 0 || c.p != c.end)
		return -1;
	*days = (int32_t)n;
	return 0;
}

/* ---- writing ---- */

static void
put_two(struct pur_buf *b, int n)
{
	char text[2] = { (char)('0' + n / 10), (char)('0' + n % 10) };

	pur_buf_put(b, text, sizeof(text));
}

/* At least four digits; years that RFC 3339 doesn't know are still told apart. */
static void
put_year(struct pur_buf *b, int64_t year)
{
	if (year < 0) {
		pur_buf_putc(b, '-');
		year = -year;
	}
	if (year > 9999) {
		pur_buf_put_int(b, year);
		return;
	}
	put_two(b, (int)year / 100);
	put_two(b, (int)year % 100);
}

static void
put_date(struct pur_buf *b, struct civil c)
{
	put_year(b, c.year);
	pur_buf_putc(b, '-');
	put_two(b, c.month);
	pur_buf_putc(b, '-');
	put_two(b, c.day);
}

static void
put_clock(struct pur_buf *b, int second_of_day)
{
	put_two(b, second_of_day / 3600);
	pur_buf_putc(b, ':');
	put_two(b, second_of_day / 60 % 60);
	pur_buf_putc(b, ':');
	put_two(b, second_of_day % 60);
}

static void
put_fraction(struct pur_buf *b, int micros)
{
	char text[7] = ".";
	size_t len = sizeof(text);

	if (micros == 0)
		return;
	for (size_t i = 6; i > 0; i--, micros /= 10)
		text[i] = (char)('0' + micros % 10);
	while (text[len - 1] == '0')
		len--;
	pur_buf_put(b, text, len);
}

void
pur_time_put(struct pur_buf *b, int64_t micros)
{
	int64_t seconds = floor_div(micros, SECOND);
	int64_t days = floor_div(seconds, DAY_SECONDS);

	put_date(b, civil_of(days));
	pur_buf_putc(b, 'T');
	put_clock(b, (int)(seconds - days * DAY_SECONDS));
	put_fraction(b, (int)((micros % SECOND + SECOND) % SECOND));
	pur_buf_putc(b, 'Z');
}

void
pur_time_put_http(struct pur_buf *b, int64_t micros)
{
	/* 1970-01-01 was a Thursday. */
	static const char weekdays[7][4] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	int64_t seconds = floor_div(micros, SECOND);
	int64_t days = floor_div(seconds, DAY_SECONDS);
	struct civil c = civil_of(days);

	pur_buf_puts(b, weekdays[days - floor_div(days, 7) * 7]);
	pur_buf_puts(b, ", ");
	put_two(b, c.day);
	pur_buf_putc(b, ' ');
	pur_buf_puts(b, months[c.month - 1]);
	pur_buf_putc(b, ' ');
	put_year(b, c.year);
	pur_buf_putc(b, ' ');
	put_clock(b, (int)(seconds - days * DAY_SECONDS));
	pur_buf_puts(b, " GMT");
}

void
pur_date_put(struct pur_buf *b, int32_t days)
{
	put_date(b, civil_of(days));
}
