/*
 * datum: C values as arguments of statements, in PostgreSQL's binary format.
 * Source: PostgreSQL 15, src/backend/utils/adt (the *_recv functions).
 */
#ifndef PUR_DATUM_H
#define PUR_DATUM_H

#include "db.h"
#include "field.h"

/* SQL type of a value's type. */
Oid pur_datum_oid(enum pur_type t);
Oid pur_datum_array_oid(enum pur_type t);

/* One value in binary format. PUR_OK or PUR_ETOOLARGE. */
enum pur_rc pur_datum_value(struct pur_arena *a, const struct pur_value *v,
			    struct pur_datum *out) PUR_MUST;

/* An array of n values of one type. PUR_OK or PUR_ETOOLARGE. */
enum pur_rc pur_datum_array(struct pur_arena *a, enum pur_type type, const struct pur_value *values,
			    size_t n, struct pur_datum *out) PUR_MUST;

/* Shorthands for arguments the library itself makes. text NULL: SQL NULL. */
struct pur_datum pur_datum_text(const char *text);
struct pur_datum pur_datum_uuid(const struct pur_uuid *id);

#endif
