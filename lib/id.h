/*
 * id: UUIDs, and their text.
 * Source: RFC 9562, section 5.7 (version 7) and 6.2 (method 1, a counter within a millisecond).
 */
#ifndef PUR_ID_H
#define PUR_ID_H

#include <stddef.h>

struct pur_uuid {
	unsigned char b[16]; /* network byte order */
};

#define PUR_UUID_TEXT 36 /* characters, without a NUL */

/*
 * Makes a version 7 UUID. Within a process each is greater than the one before, also within one
 * millisecond and when the clock goes back. Safe after fork(); not for several threads at once.
 */
struct pur_uuid pur_uuid_new(void);

/*
 * Reads the 8-4-4-4-12 form, upper or lower case, any version.
 * Returns 0, or -1 when `text` of `len` bytes is not exactly that; out is untouched then.
 */
int pur_uuid_parse(const char *text, size_t len, struct pur_uuid *out);

/* Writes PUR_UUID_TEXT lower-case characters to `text`; adds no NUL. */
void pur_uuid_format(const struct pur_uuid *id, char *text);

/* The value of a hexadecimal digit, or -1. */
int pur_hex_value(char c);

#endif
