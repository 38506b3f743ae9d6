/*
 * arena: a chain of blocks that memory is cut from, front to back.
 *
 * Bytes of a block that are not handed out are always zero: a block begins zeroed, and giving
 * memory back wipes what was used. So handing out costs no memset, and nothing that one request
 * held (passwords, tokens) is still there in the next.
 */
#include "arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* gcc tells of AddressSanitizer by a macro, clang by a feature. */
#ifdef __SANITIZE_ADDRESS__
#define HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif

#ifdef HAVE_ASAN
#include <sanitizer/asan_interface.h>
#define REDZONE 16 /* kept between two allocations, so that running over one is seen */
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define REDZONE 0
#endif

#define ALIGNMENT alignof(max_align_t)
#define FIRST_BLOCK ((size_t)16 * 1024)
#define LARGEST_BLOCK ((size_t)256 * 1024)

struct block {
	struct block *next;
	size_t size; /* of data */
	size_t used;
	alignas(max_align_t) unsigned char data[];
};

struct deferred {
	struct deferred *next;
	void (*release)(void *);
	void *thing;
};

struct pur_arena {
	struct block *first;   /* kept when the arena is reset */
	struct block *current; /* small allocations are cut from this one */
	struct block *large;   /* one allocation each */
	struct deferred *deferred;
	size_t ceiling;
	size_t used;
	int exhausted;
};

static struct block *
block_new(size_t size)
{
	struct block *b;

	if (size > SIZE_MAX - sizeof(*b))
		return NULL;
	b = calloc(1, sizeof(*b) + size);
	if (b == NULL)
		return NULL;
	b->size = size;
	ASAN_POISON_MEMORY_REGION(b->data, size);
	return b;
}

/* Cuts bytes off a block that has them; size is a multiple of ALIGNMENT. */
static void *
block_cut(struct block *b, size_t size, size_t asked)
{
	void *p = b->data + b->used;

	b->used += size;
	ASAN_UNPOISON_MEMORY_REGION(p, asked);
	return p;
}

static void
block_wipe(struct block *b)
{
	ASAN_UNPOISON_MEMORY_REGION(b->data, b->size);
	explicit_bzero(b->data, b->used);
	b->used = 0;
}

static void
blocks_free(struct block *b)
{
	struct block *next;

	for (; b != NULL; b = next) {
		next = b->next;
		block_wipe(b);
		free(b);
	}
}

struct pur_arena *
pur_arena_new(size_t ceiling)
{
	struct pur_arena *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->first = a->current = block_new(FIRST_BLOCK);
	if (a->first == NULL) {
		free(a);
		return NULL;
	}
	a->ceiling = ceiling;
	return a;
}

/* An allocation too large to share a block gets one of its own, and wastes no rest of another. */
static void *
alloc_large(struct pur_arena *a, size_t size, size_t asked)
{
	struct block *b = block_new(size);

	if (b == NULL)
		return NULL;
	b->next = a->large;
	a->large = b;
	return block_cut(b, size, asked);
}

static void *
alloc_small(struct pur_arena *a, size_t size, size_t asked)
{
	struct block *b = a->current;

	if (b->size - b->used < size) {
		b = block_new(b->size < LARGEST_BLOCK ? b->size * 2 : LARGEST_BLOCK);
		if (b == NULL)
			return NULL;
		a->current->next = b;
		a->current = b;
	}
	return block_cut(b, size, asked);
}

static void *
refuse(struct pur_arena *a)
{
	a->exhausted = 1;
	return NULL;
}

void *
pur_alloc(struct pur_arena *a, size_t asked)
{
	size_t size, room;
	void *p;

	if (asked > a->ceiling - a->used)
		return refuse(a);
	/* Nothing takes a place too: each allocation has an address of its own. */
	size = asked == 0 ? ALIGNMENT : (asked + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (size < asked || size > a->ceiling - a->used)
		return refuse(a);
	room = size + REDZONE;
	if (room < size)
		return refuse(a);
	p = room > FIRST_BLOCK / 4 ? alloc_large(a, room, asked) : alloc_small(a, room, asked);
	if (p == NULL)
		return refuse(a);
	a->used += size;
	return p;
}

void *
pur_calloc(struct pur_arena *a, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		return refuse(a);
	return pur_alloc(a, total);
}

char *
pur_strndup(struct pur_arena *a, const char *s, size_t len)
{
	char *copy;

	if (len == SIZE_MAX)
		return refuse(a);
	copy = pur_alloc(a, len + 1);
	if (copy != NULL && len > 0)
		memcpy(copy, s, len);
	return copy;
}

char *
pur_strdup(struct pur_arena *a, const char *s)
{
	return pur_strndup(a, s, strlen(s));
}

char *
pur_vsprintf(struct pur_arena *a, const char *format, va_list ap)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0)
		return refuse(a);
	text = pur_alloc(a, (size_t)len + 1);
	if (text != NULL)
		vsnprintf(text, (size_t)len + 1, format, ap);
	return text;
}

char *
pur_sprintf(struct pur_arena *a, const char *format, ...)
{
	va_list ap;
	char *text;

	va_start(ap, format);
	text = pur_vsprintf(a, format, ap);
	va_end(ap);
	return text;
}

enum pur_rc
pur_arena_defer(struct pur_arena *a, void (*release)(void *), void *thing)
{
	struct deferred *d;

	if (thing == NULL)
		return PUR_OK;
	d = pur_alloc(a, sizeof(*d));
	if (d == NULL) {
		release(thing);
		return PUR_ETOOLARGE;
	}
	d->release = release;
	d->thing = thing;
	d->next = a->deferred;
	a->deferred = d;
	return PUR_OK;
}

int
pur_arena_exhausted(const struct pur_arena *a)
{
	return a->exhausted;
}

size_t
pur_arena_used(const struct pur_arena *a)
{
	return a->used;
}

void
pur_arena_reset(struct pur_arena *a)
{
	struct deferred *d;

	while ((d = a->deferred) != NULL) {
		a->deferred = d->next;
		d->release(d->thing);
	}
	blocks_free(a->large);
	blocks_free(a->first->next);
	block_wipe(a->first);
	ASAN_POISON_MEMORY_REGION(a->first->data, a->first->size);
	a->first->next = NULL;
	a->current = a->first;
	a->large = NULL;
	a->used = 0;
	a->exhausted = 0;
}

void
pur_arena_free(struct pur_arena *a)
{
	if (a == NULL)
		return;
	pur_arena_reset(a);
	blocks_free(a->first);
	free(a);
}
