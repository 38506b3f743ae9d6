/*
 * cursor: where a list's page ended, as an opaque text that only we can make.
 *
 * It holds the values that the last row was sorted by, as text, and a keyed hash (BLAKE2b) over
 * them and over what the list was asked for, so that it fits no other list, order, filter or
 * tenant.
 */
#ifndef PUR_CURSOR_H
#define PUR_CURSOR_H

#include "arena.h"
#include "rc.h"
#include <stddef.h>

#define PUR_CURSOR_KEY 32    /* bytes */
#define PUR_CURSOR_MOST 5600 /* characters of a cursor */

/*
 * Makes one. scope: what it is bound to, any text. values: n texts.
 * Returns the text, in the arena, or NULL (arena full, or values too long for a cursor).
 */
const char *pur_cursor_make(struct pur_arena *a, const unsigned char key[PUR_CURSOR_KEY],
			    const char *scope, const char *const *values, int n) PUR_MUST;

/*
 * Reads one. values: filled with n texts in the arena.
 * Returns PUR_OK; PUR_EINPUT when it isn't one of ours for this scope with n values; PUR_ETOOLARGE.
 */
enum pur_rc pur_cursor_read(struct pur_arena *a, const unsigned char key[PUR_CURSOR_KEY],
			    const char *scope, const char *text, const char **values,
			    int n) PUR_MUST;

#endif
