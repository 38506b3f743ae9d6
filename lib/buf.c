/*
 * buf: how the buffer grows, and the formatting that is too much to inline.
 */
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define SMALLEST ((size_t)1024)
#define KEPT ((size_t)64 * 1024)

/* From here on nothing fits: what is written next comes to pur_buf_reserve() and ends there. */
static int
fail(struct pur_buf *b)
{
	b->failed = 1;
	b->cap = b->len;
	return -1;
}

int
pur_buf_reserve(struct pur_buf *b, size_t more)
{
	size_t need, cap;
	char *data;

	if (b->failed || __builtin_add_overflow(b->len, more, &need))
		return fail(b);
	if (need <= b->cap)
		return 0;
	if (b->ceiling != 0 && need > b->ceiling)
		return fail(b);
	cap = b->cap > SIZE_MAX / 2 ? need : b->cap * 2;
	if (cap < need)
		cap = need;
	if (cap < SMALLEST)
		cap = SMALLEST;
	if (b->ceiling != 0 && cap > b->ceiling)
		cap = b->ceiling;
	data = realloc(b->data, cap);
	if (data == NULL)
		return fail(b);
	b->data = data;
	b->cap = cap;
	return 0;
}

void
pur_buf_put_int(struct pur_buf *b, int64_t n)
{
	char text[20]; /* as long as INT64_MIN's */
	char *p = text + sizeof(text);
	uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;

	do {
		*--p = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest != 0);
	if (n < 0)
		*--p = '-';
	pur_buf_put(b, p, (size_t)(text + sizeof(text) - p));
}

void
pur_buf_printf(struct pur_buf *b, const char *format, ...)
{
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (len < 0) {
		fail(b);
		return;
	}
	/* One byte more, for the NUL that vsnprintf() insists on and we don't count. */
	if (pur_buf_reserve(b, (size_t)len + 1) != 0)
		return;
	va_start(ap, format);
	vsnprintf(b->data + b->len, (size_t)len + 1, format, ap);
	va_end(ap);
	b->len += (size_t)len;
}

void
pur_buf_reset(struct pur_buf *b)
{
	/* After a failure cap is not what was allocated. */
	if (b->failed || b->cap > KEPT)
		pur_buf_free(b);
	b->len = 0;
}

void
pur_buf_free(struct pur_buf *b)
{
	free(b->data);
	b->data = NULL;
	b->len = b->cap = 0;
	b->failed = 0;
}
