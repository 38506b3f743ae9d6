/*
 * buf: a growing byte buffer that answers are written into.
 *
 * Writing never fails visibly: a buffer that could not grow remembers it, ignores what follows,
 * and is asked once, at the end (pur_buf_failed()). The data is not NUL-terminated.
 *
 * A zero-initialised buffer is ready for use. One whose data is the caller's own array (cap and
 * ceiling both its size) never allocates; it must not be reset or released.
 */
#ifndef PUR_BUF_H
#define PUR_BUF_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct pur_buf {
	char *data;
	size_t len, cap;
	size_t ceiling; /* most bytes it may hold; 0: no bound */
	int failed;
};

/* Grows so that `more` bytes fit. Returns 0 when they do; otherwise sets failed, returns -1. */
int pur_buf_reserve(struct pur_buf *b, size_t more);

static inline void
pur_buf_put(struct pur_buf *b, const void *data, size_t len)
{
	if (len == 0 || (b->cap - b->len < len && pur_buf_reserve(b, len) != 0))
		return;
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

static inline void
pur_buf_putc(struct pur_buf *b, char c)
{
	pur_buf_put(b, &c, 1);
}

static inline void
pur_buf_puts(struct pur_buf *b, const char *s)
{
	pur_buf_put(b, s, strlen(s));
}

/* Decimal, without the cost of printf. */
void pur_buf_put_int(struct pur_buf *b, int64_t n);

/* Needs room for one byte more than it writes. */
void pur_buf_printf(struct pur_buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* True when something did not fit since the last reset. */
static inline int
pur_buf_failed(const struct pur_buf *b)
{
	return b->failed;
}

/* Forgets the content; keeps up to 64 KiB of memory for the next use, releases the rest. */
void pur_buf_reset(struct pur_buf *b);

/* Releases the memory; the buffer may be used again. */
void pur_buf_free(struct pur_buf *b);

#endif
