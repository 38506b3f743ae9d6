/*
 * row: results of the database, as JSON and as C values.
 *
 * Results are in PostgreSQL's binary format; a column is written by its SQL type, under its name.
 * A column whose name begins with '_' is for the library and code alone and is never written:
 * `_revision` becomes the ETag, `_was` the state before a transition.
 * Source: PostgreSQL 15, src/backend/utils/adt (the *_send functions).
 */
#ifndef PUR_ROW_H
#define PUR_ROW_H

#include "buf.h"
#include "db.h"
#include "route.h"

/* How rows are to look in this answer. */
struct pur_row_style {
	const struct pur_resource *res; /* whose states they are */
	const struct pur_field *fields; /* what the columns are, by name */
	int version;                    /* 2 writes money as {"amount", "currency"} */
	const char *currency;           /* the tenant's, ISO 4217; used in version 2 */
	const char *only;               /* names wanted, "id,name"; NULL for all */
};

/*
 * Writes one row as a JSON object. Nested rows, ROW(...) arrays, take their names in order from the
 * field's .of; a resource with states gets `allowed_actions` behind its `status`.
 * q: the query that gave the result; how its columns are written is kept there.
 * Returns PUR_OK, or PUR_EINTERNAL (logged) for a type this library doesn't write.
 */
enum pur_rc pur_row_put(struct pur_buf *b, struct pur_query *q, const PGresult *r, int row,
			const struct pur_row_style *style) PUR_MUST;

/*
 * For answers that code writes: a member of an object, with the comma where *first is 0. A column
 * is written by its SQL type, null where there is no such row or column.
 */
void pur_put_text(struct pur_buf *b, int *first, const char *name, const char *text);
void pur_put_column(struct pur_buf *b, int *first, const char *name, const PGresult *r, int row,
		    const char *column);

/* True when an answer has a column: it isn't hidden, and fields= wants it. */
bool pur_row_shows(const char *column, const struct pur_row_style *style);

/* Writes one value as JSON. Returns PUR_OK, or PUR_EINTERNAL for a type that isn't written. */
enum pur_rc pur_row_put_value(struct pur_buf *b, const PGresult *r, int row, int column,
			      const struct pur_row_style *style) PUR_MUST;

/* Releases what was kept in a query about how its rows are written. */
void pur_row_forget(struct pur_query *q);

/* Writes ["approve","reject"]: the actions of a resource that a state allows. */
void pur_actions_put(struct pur_buf *b, const struct pur_resource *res, const char *status);

/*
 * One value by its column's name. They return 0, or -1 when there is no such row or column, it is
 * NULL, or not of that type; out is untouched then.
 */
int pur_row_int(const PGresult *r, int row, const char *column, int64_t *out);
int pur_row_bool(const PGresult *r, int row, const char *column, bool *out);
int pur_row_uuid(const PGresult *r, int row, const char *column, struct pur_uuid *out);

/* A bytea of exactly `len` bytes. Returns as those above. */
int pur_row_bytes(const PGresult *r, int row, const char *column, unsigned char *out, int len);

/*
 * A value as text that pur_field_read_text() reads back: of integers, times, dates, ids and text.
 * In the arena; NULL where there is no such column, it is NULL or of another type.
 */
const char *pur_row_as_text(struct pur_arena *a, const PGresult *r, int row, const char *column);

/* Text, with a NUL, borrowed from the result; NULL as -1 above. */
const char *pur_row_text(const PGresult *r, int row, const char *column);

/* Rows of a result; 0 for NULL. */
int pur_rows_count(const PGresult *r);

#endif
