/*
 * fuzz: what the targets share. A target is one function that libFuzzer, or replay.c, calls with
 * bytes; it reads them as its parser does and asserts what has to hold for whatever they are.
 */
#ifndef PUR_FUZZ_H
#define PUR_FUZZ_H

#include "arena.h"
#include "error.h"
#include "http.h"
#include "json.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The target. Always returns 0; what it finds wrong ends the process. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Unlike assert() never compiled out, and a crash that libFuzzer keeps the input of. */
#define HOLDS(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__,          \
				#condition);                                                       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- taking the input apart ---- */

struct input {
	const uint8_t *p;
	size_t left;
};

/* The next byte; 0 at the end. */
static inline unsigned
take_byte(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->p++;
}

/* Up to n bytes. */
static inline struct input
take_bytes(struct input *in, size_t n)
{
	struct input taken = { in->p, n < in->left ? n : in->left };

	in->p += taken.left;
	in->left -= taken.left;
	return taken;
}

/* Up to the next `end`, which is passed over, or all that is left. */
static inline struct input
take_until(struct input *in, char end)
{
	const uint8_t *at = in->left > 0 ? memchr(in->p, end, in->left) : NULL;
	struct input taken = take_bytes(in, at != NULL ? (size_t)(at - in->p) : in->left);

	take_bytes(in, at != NULL);
	return taken;
}

/* A string as FastCGI's parameters are: up to the first NUL, in an allocation that ends with it. */
static inline char *
text_of(struct input in)
{
	char *text = strndup(in.left > 0 ? (const char *)in.p : "", in.left);

	HOLDS(text != NULL);
	return text;
}

/*
 * An arena for one input. Its first byte chooses how much memory there is, so that running out of
 * it is tried everywhere: an even one is enough, an odd one is next to nothing.
 */
static inline struct pur_arena *
take_arena(struct input *in)
{
	unsigned n = take_byte(in);
	struct pur_arena *a = pur_arena_new(n % 2 == 0 ? (size_t)16 << 20 : n * (size_t)24);

	HOLDS(a != NULL);
	return a;
}

/* Nothing is too large but for want of memory. */
static inline void
holds_of_memory(const struct pur_arena *a, enum pur_rc rc)
{
	HOLDS(rc != PUR_ETOOLARGE || pur_arena_exhausted(a));
}

/* ---- what must be true of all that is told to a client ---- */

static inline void
holds_of_text(const char *text)
{
	HOLDS(text != NULL && pur_utf8_valid(text, strlen(text)));
}

static inline void
holds_of_details(const struct pur_error *e)
{
	for (const struct pur_detail *d = e->details; d != NULL; d = d->next) {
		holds_of_text(d->field);
		holds_of_text(d->message);
		HOLDS(d->message[0] != '\0');
	}
}

#endif
