/*
 * error: what went wrong in a request, for people to read.
 */
#ifndef PUR_ERROR_H
#define PUR_ERROR_H

#include "arena.h"
#include "rc.h"

/* One fault of the input. */
struct pur_detail {
	struct pur_detail *next;
	const char *field;   /* path in the body ("lines[0].quantity") or parameter name */
	const char *message; /* what it must be: "Must be in the future" */
};

/* What went wrong in a request. Zero-initialised means nothing did; lives in the arena. */
struct pur_error {
	enum pur_rc rc;
	const char *message;        /* for people; NULL: the table's */
	struct pur_detail *details; /* in the order they were found */
	struct pur_detail *last;
};

/*
 * Says what went wrong. The first error stays: later calls change nothing and return the first
 * one's code, so that `return pur_error_set(...)` is safe anywhere.
 *
 * message: printf-style, copied into the arena; NULL for the table's.
 * Returns rc (or the rc that was there), never PUR_OK.
 */
enum pur_rc pur_error_set(struct pur_error *e, struct pur_arena *a, enum pur_rc rc,
			  const char *message, ...) __attribute__((format(printf, 4, 5)));

/*
 * Adds a fault to the details; sets no code. field and message are copied into the arena. A full
 * arena drops the fault silently: the error's code is what matters.
 */
void pur_error_detail(struct pur_error *e, struct pur_arena *a, const char *field,
		      const char *message, ...) __attribute__((format(printf, 4, 5)));

#endif
