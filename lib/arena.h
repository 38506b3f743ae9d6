/*
 * arena: memory that lives exactly as long as a request.
 *
 * Everything a request needs is cut from one arena and given back at once; foreign things
 * (PGresult, json_object, descriptors) are handed over with pur_arena_defer(). A ceiling bounds
 * what one request can take. Bytes that are not handed out are poisoned under AddressSanitizer;
 * what was handed out is wiped when it is taken back, so that no secret outlives its request.
 */
#ifndef PUR_ARENA_H
#define PUR_ARENA_H

#include "rc.h"
#include <stdarg.h>
#include <stddef.h>

struct pur_arena;

/*
 * Makes an arena that hands out at most `ceiling` bytes between two resets.
 * Returns NULL when the system has no memory. Release with pur_arena_free().
 */
struct pur_arena *pur_arena_new(size_t ceiling) PUR_MUST;

/*
 * Hands out `size` zeroed bytes, aligned for any type; they live until the next reset.
 * Returns NULL past the ceiling or when the system has no memory; pur_arena_exhausted() is true
 * from then on.
 */
void *
pur_alloc(struct pur_arena *a, size_t size) PUR_MUST
__attribute__((malloc, alloc_size(2)));

/* The same for n elements of `size` bytes; NULL too when n * size overflows. */
void *
pur_calloc(struct pur_arena *a, size_t n, size_t size) PUR_MUST
__attribute__((malloc, alloc_size(2, 3)));

/* Copies a string (s of len bytes; a NUL is added). NULL as pur_alloc(). */
char *pur_strndup(struct pur_arena *a, const char *s, size_t len) PUR_MUST;
char *pur_strdup(struct pur_arena *a, const char *s) PUR_MUST;

/* Formats into the arena. NULL as pur_alloc(). */
char *
pur_sprintf(struct pur_arena *a, const char *format, ...) PUR_MUST
__attribute__((format(printf, 2, 3)));
char *
pur_vsprintf(struct pur_arena *a, const char *format, va_list ap) PUR_MUST
__attribute__((format(printf, 2, 0)));

/*
 * Calls release(thing) at the next reset, last deferred first. When there is no memory to
 * remember it, release(thing) is called at once and PUR_ETOOLARGE returned: the caller must not
 * use thing then. A NULL thing is ignored.
 */
enum pur_rc pur_arena_defer(struct pur_arena *a, void (*release)(void *), void *thing) PUR_MUST;

/* True once an allocation was refused since the last reset. */
int pur_arena_exhausted(const struct pur_arena *a);

/* Bytes handed out since the last reset, each allocation rounded up to the alignment. */
size_t pur_arena_used(const struct pur_arena *a);

/*
 * Runs what was deferred and takes all memory back. Keeps one block for the next request, so that
 * a process in its stride allocates nothing.
 */
void pur_arena_reset(struct pur_arena *a);

/* Resets and releases the arena itself. NULL is fine. */
void pur_arena_free(struct pur_arena *a);

#endif
