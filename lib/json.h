/*
 * json: strict reading, and writing straight into a buffer.
 *
 * json-c parses, but on its own accepts NaN, duplicate members, raw NUL and bad UTF-8; so a
 * scanner of ours looks first, and what json-c kept is counted against what the scanner saw.
 * Source: RFC 8259; the limits are Purser's contract.
 */
#ifndef PUR_JSON_H
#define PUR_JSON_H

#include "arena.h"
#include "buf.h"
#include <json-c/json.h>
#include <stddef.h>
#include <stdint.h>

#define PUR_JSON_DEPTH 16 /* arrays and objects within each other */

/* What the scanner saw. */
struct pur_json_scan {
	size_t members;      /* of all objects together */
	size_t offset;       /* of the byte that is wrong, from 0 */
	const char *problem; /* NULL when the text is right; else a constant for people */
};

/*
 * Checks a whole text: exactly one RFC 8259 value with white space around it, UTF-8 without
 * surrogates or overlong forms (RFC 3629), no U+0000 (raw or escaped), no lone surrogate in
 * escapes, numbers as the grammar says, depth at most PUR_JSON_DEPTH. Duplicate members are not
 * seen here. Returns 0 when it is right, -1 with problem and offset otherwise.
 */
int pur_json_scan(const char *text, size_t len, struct pur_json_scan *scan) PUR_MUST;

/*
 * Scans, parses, refuses duplicate members. Not for several threads at once.
 *
 * out: the value, released with the arena; a JSON null gives NULL.
 * problem: on PUR_EJSON a message for people, in the arena ("Unexpected character at byte 17").
 * Returns PUR_OK, PUR_EJSON or PUR_ETOOLARGE (arena full, or no memory).
 */
enum pur_rc pur_json_parse(struct pur_arena *a, const char *text, size_t len,
			   struct json_object **out, const char **problem) PUR_MUST;

/*
 * Gives an integer's value. json-c puts a number past its range at the nearest end of it without a
 * word (STRICT or not), so what it reads must not be trusted there: INT64_MIN is refused for all
 * that may hide behind it. Returns 0, or -1 when value is no integer (1.0 and 1e2 are none) or
 * past int64; out is untouched then.
 */
int pur_json_int64(const struct json_object *value, int64_t *out) PUR_MUST;

/* True when `text` of `len` bytes is UTF-8 without U+0000. */
int pur_utf8_valid(const char *text, size_t len);

/* Number of code points; text must be valid UTF-8. */
size_t pur_utf8_length(const char *text, size_t len);

/*
 * Writes a JSON string with its quotes; control characters, quote and backslash are escaped, each
 * byte that is not UTF-8 becomes U+FFFD.
 */
void pur_json_put_string(struct pur_buf *b, const char *s, size_t len);

/* Writes "name": for the next value of an object; writes the comma when *first is 0. */
void pur_json_put_name(struct pur_buf *b, int *first, const char *name);

#endif
