/*
 * support: what the tests of several modules share: arenas, results as libpq brings them, bytes
 * as PostgreSQL sends them, and faults as one text.
 */
#ifndef PUR_TEST_SUPPORT_H
#define PUR_TEST_SUPPORT_H

#include "arena.h"
#include "buf.h"
#include "db.h"
#include "error.h"
#include "field.h"
#include "id.h"
#include "json.h"
#include "oid.h"

#include <endian.h>
#include <libpq-fe.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- arenas ---- */

static inline int
new_arena(void **state)
{
	*state = pur_arena_new((size_t)16 << 20);
	return *state == NULL ? -1 : 0;
}

static inline int
free_arena(void **state)
{
	pur_arena_free(*state);
	return 0;
}

static inline int
reset_arena(void **state)
{
	pur_arena_reset(*state);
	return 0;
}

/*
 * Runs something with every ceiling of memory there can be, from nothing up to the first that is
 * enough: each smaller one must end with PUR_ETOOLARGE.
 */
static inline void
with_every_ceiling(enum pur_rc (*run)(struct pur_arena *a), enum pur_rc enough)
{
	enum pur_rc rc = PUR_ETOOLARGE;
	size_t ceiling;

	for (ceiling = 0; rc == PUR_ETOOLARGE; ceiling += 16) {
		struct pur_arena *a = pur_arena_new(ceiling);

		assert_non_null(a);
		assert_true(ceiling < (size_t)1 << 20);
		rc = run(a);
		assert_int_equal(pur_arena_exhausted(a), rc == PUR_ETOOLARGE);
		pur_arena_free(a);
	}
	assert_int_equal(rc, enough);
	assert_true(ceiling > 16);
}

/* ---- texts ---- */

static inline void
assert_written(const struct pur_buf *b, const char *expected)
{
	assert_false(pur_buf_failed(b));
	if (b->len != strlen(expected) || (b->len > 0 && memcmp(b->data, expected, b->len) != 0))
		fail_msg("%.*s\n  is not\n%s", (int)b->len, b->data, expected);
}

/* The faults of an error, one a line: "lines[0].quantity: Is required". */
static inline void
assert_details(const struct pur_error *e, const char *expected)
{
	struct pur_buf b = { .data = NULL };

	for (const struct pur_detail *d = e->details; d != NULL; d = d->next)
		pur_buf_printf(&b, "%s%s: %s", d == e->details ? "" : "\n", d->field, d->message);
	assert_written(&b, expected);
	pur_buf_free(&b);
}

static inline struct json_object *
parse_json(struct pur_arena *a, const char *text, size_t len)
{
	struct json_object *value;
	const char *problem;

	if (pur_json_parse(a, text, len, &value, &problem) != PUR_OK)
		fail_msg("%s in %.*s", problem, (int)len, text);
	return value;
}

static inline struct pur_uuid
uuid_of(const char *text)
{
	struct pur_uuid id;

	assert_int_equal(pur_uuid_parse(text, strlen(text), &id), 0);
	return id;
}

/* ---- what PostgreSQL sends: numbers in network order ---- */

static inline void
put16(struct pur_buf *b, int16_t n)
{
	uint16_t be = htobe16((uint16_t)n);

	pur_buf_put(b, &be, sizeof(be));
}

static inline void
put32(struct pur_buf *b, int32_t n)
{
	uint32_t be = htobe32((uint32_t)n);

	pur_buf_put(b, &be, sizeof(be));
}

static inline void
put64(struct pur_buf *b, int64_t n)
{
	uint64_t be = htobe64((uint64_t)n);

	pur_buf_put(b, &be, sizeof(be));
}

/* ---- values, and arguments in binary ---- */

#define INT(n) ((struct pur_value){ .type = PUR_INT, .i = (n) })
#define TEXT(literal)                                                                              \
	((struct pur_value){ .type = PUR_TEXT, .s = (literal), .len = sizeof(literal) - 1 })
#define NOTHING ((struct pur_value){ .type = PUR_INT, .null = true, .i = 7 })

/* Pieces of arrays: a number of 32 bits by its last byte, int8 values by theirs. */
#define WORD(n) "\0\0\0" n
#define NULL_ITEM "\xff\xff\xff\xff"
#define INT8_ITEM(n) WORD("\x08") "\0\0\0\0\0\0\0" n

static inline void
assert_bytes(const struct pur_datum *d, const void *expected, size_t len)
{
	assert_non_null(d->data);
	assert_int_equal(d->len, len);
	assert_memory_equal(d->data, expected, len);
}

#define ASSERT_BYTES(datum, literal) assert_bytes((datum), (literal), sizeof(literal) - 1)

static inline void
assert_sql_null(const struct pur_datum *d)
{
	assert_null(d->data);
	assert_int_equal(d->len, 0);
}

/* ---- results ---- */

struct column {
	const char *name;
	Oid type;
};

/* A result without rows yet; n columns. Release with PQclear(). */
static inline PGresult *
new_result(const struct column *columns, int n)
{
	PGresult *r = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PGresAttDesc attributes[32] = { { .name = NULL } };
	char names[32][64];

	assert_non_null(r);
	assert_true(n <= 32);
	for (int i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "%s", columns[i].name);
		attributes[i] = (PGresAttDesc){ .name = names[i],
						.typid = columns[i].type,
						.typlen = -1,
						.atttypmod = -1,
						.format = 1 };
	}
	assert_int_equal(PQsetResultAttrs(r, n, attributes), 1);
	return r;
}

/* Sets a value; a new row begins with its first one. What isn't set is NULL. */
static inline void
set_bytes(PGresult *r, int row, int column, const void *data, size_t len)
{
	char *copy = malloc(len + 1);

	assert_non_null(copy);
	memcpy(copy, data, len);
	assert_int_equal(PQsetvalue(r, row, column, copy, (int)len), 1);
	free(copy);
}

static inline void
set_text(PGresult *r, int row, int column, const char *text)
{
	set_bytes(r, row, column, text, strlen(text));
}

static inline void
set_null(PGresult *r, int row, int column)
{
	assert_int_equal(PQsetvalue(r, row, column, NULL, -1), 1);
}

static inline void
set_int8(PGresult *r, int row, int column, int64_t n)
{
	uint64_t be = htobe64((uint64_t)n);

	set_bytes(r, row, column, &be, sizeof(be));
}

static inline void
set_int4(PGresult *r, int row, int column, int32_t n)
{
	uint32_t be = htobe32((uint32_t)n);

	set_bytes(r, row, column, &be, sizeof(be));
}

static inline void
set_uuid(PGresult *r, int row, int column, const char *text)
{
	struct pur_uuid id = uuid_of(text);

	set_bytes(r, row, column, id.b, sizeof(id.b));
}

#endif
