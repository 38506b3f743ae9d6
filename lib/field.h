/*
 * field: what a resource's members are, and the one place where input is judged by it.
 *
 * A table of fields drives validation, the binding of SQL arguments, the writing of rows, filters,
 * sorting and documentation. No I/O here.
 */
#ifndef PUR_FIELD_H
#define PUR_FIELD_H

#include "arena.h"
#include "error.h"
#include "id.h"
#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

enum pur_type {
	PUR_NOTYPE = 0,
	PUR_BOOL,
	PUR_INT,    /* JSON integer; min and max bound it */
	PUR_MONEY,  /* integer minor units; in v2 {"amount": 1250, "currency": "EUR"} */
	PUR_TEXT,   /* min and max bound its code points; max 0: 10,000 */
	PUR_SLUG,   /* [a-z0-9-], 1..100, never UUID-shaped */
	PUR_EMAIL,  /* addr-spec as browsers take it (HTML, 4.10.5.1.5), at most 254 */
	PUR_CHOICE, /* one of .choices */
	PUR_UUID,
	PUR_TIME,   /* RFC 3339 instant */
	PUR_DATE,   /* YYYY-MM-DD */
	PUR_CLOCK,  /* time of day, HH:MM, 00:00 to 24:00 */
	PUR_ROWS,   /* list of objects with the fields .of; min and max bound their number */
	PUR_OBJECT, /* one object with the fields .of; in answers alone */
	PUR_TEXTS,  /* list of strings, each of 1..100 bytes, or as .fault says */
	PUR_BYTES,  /* for SQL arguments made by code; never in JSON */
};

enum pur_field_flag {
	PUR_REQUIRED = 1 << 0,  /* must be there in POST and PUT, never null */
	PUR_READONLY = 1 << 1,  /* the server sets it: 400 in POST and PATCH, ignored in PUT */
	PUR_WRITEONLY = 1 << 2, /* never in an answer: passwords */
	PUR_FUTURE = 1 << 3,    /* an instant later than now */
	PUR_SORT = 1 << 4,      /* lists may be sorted by it; an index must lead there */
	PUR_FILTER = 1 << 5,    /* lists may be filtered by it */
	PUR_PERSONAL = 1 << 6,  /* a person's: its value never leaves the row */
	PUR_FIXED = 1 << 7,     /* taken when a thing is made, read-only ever after */
	PUR_NOTBLANK = 1 << 8,  /* a text of more than spaces */
	PUR_ALWAYS = 1 << 12,   /* never null in an answer; of required fields that goes without */
	PUR_ONCE = 1 << 13, /* shown by routes with PUR_SECRET alone; at times, if not PUR_ALWAYS */
};

#define PUR_REFERS 8 /* most fields of one body with .refers */

struct pur_field {
	const char *name; /* in JSON, and of the SQL argument and result column */
	enum pur_type type;
	unsigned flags; /* of enum pur_field_flag */
	int64_t min, max;
	const char *const *choices; /* PUR_CHOICE: NULL-terminated */
	const struct pur_field *of; /* PUR_ROWS: a table that ends with a NULL name */
	const char *default_value;  /* JSON text used when absent or null; NULL: SQL NULL */
	const char *column;         /* SQL of it in lists' WHERE and ORDER BY; NULL: its name */
	const char *refers;         /* PUR_UUID in a body: the table that must have it, active */
	const char *(*fault)(const char *text); /* of PUR_TEXT in a body, or each of PUR_TEXTS:
				      what else is wrong, or NULL */
	const char *include; /* SQL of it, where ?include= has to ask for it; read-only */
	const char *summary; /* one line for the documentation */
	const char *example; /* JSON text; NULL: one that its type suggests */
};

/* A value that passed its field. */
struct pur_value {
	enum pur_type type;
	bool given; /* stood in the input */
	bool null;
	union {
		bool b;
		int64_t i; /* PUR_INT, PUR_MONEY; PUR_TIME in microseconds and PUR_DATE in days
			      since 1970 */
		struct {
			const char
			    *s; /* valid UTF-8 with a NUL behind it, for PUR_BYTES any bytes */
			size_t len;
		};
		struct pur_uuid uuid;
		struct {
			struct pur_value
			    *items; /* PUR_ROWS: rows x fields of .of; PUR_TEXTS: one each */
			size_t n;   /* rows, or texts */
		};
	};
};

/* A currency that a body names (version 2), and the first place where it does. */
struct pur_currency {
	const char *code; /* ISO 4217, as it came; NULL: none */
	const char *path; /* "lines[0].unit_price" */
};

/* How a body is read. */
enum pur_body_mode {
	PUR_BODY_CREATE,  /* POST: read-only fields are refused, absent ones take their default */
	PUR_BODY_REPLACE, /* PUT: read-only fields are ignored, absent ones take their default */
	PUR_BODY_MERGE,   /* PATCH: read-only fields are refused, absent ones stay absent */
};

/* Number of fields in a table that ends with a NULL name; NULL has none. */
size_t pur_fields_count(const struct pur_field *fields);

/* Index of a name, or -1. */
int pur_field_find(const struct pur_field *fields, const char *name, size_t len);

/*
 * Reads a body by a table of fields: all faults are found and added to e's details with paths as
 * "lines[0].quantity". Values point into `body`, which must live as long as they.
 *
 * version: 1, or 2 where money is an object; its currency is not judged here but returned through
 * currency (the first that stood in the input, else untouched; may be NULL).
 * now: microseconds since 1970, for PUR_FUTURE.
 * values: one for each field, in the arena.
 * Returns PUR_OK, PUR_EBODY with details, or PUR_ETOOLARGE (arena full).
 */
enum pur_rc pur_fields_read(struct pur_arena *a, const struct pur_field *fields,
			    struct json_object *body, enum pur_body_mode mode, int version,
			    int64_t now, struct pur_value **values, struct pur_currency *currency,
			    struct pur_error *e) PUR_MUST;

/*
 * Reads a query parameter's or path part's text as a value of a field.
 * out: its value, which points into text. problem: a message for people when it is not one.
 * Returns PUR_OK or PUR_EINPUT.
 */
enum pur_rc pur_field_read_text(const struct pur_field *f, const char *text, struct pur_value *out,
				const char **problem) PUR_MUST;

/*
 * The same for a parameter of a route, which is held to all that its field says.
 * a: where a message is made; refused is all that is read when it is full. now: microseconds since
 * 1970.
 */
enum pur_rc pur_field_read_param(struct pur_arena *a, const struct pur_field *f, const char *text,
				 int64_t now, struct pur_value *out, const char **problem) PUR_MUST;

/* True when `s` is [a-z0-9-]{1,100} and not UUID-shaped. */
bool pur_slug_valid(const char *s, size_t len);

/* What is wrong with a text that shall be three capitals (ISO 4217), or like "de" and "de-CH" (RFC
 * 5646, and no more of it than it takes to format numbers and dates); NULL: nothing. */
const char *pur_currency_fault(const char *text);
const char *pur_locale_fault(const char *text);

/* Name of a type as documentation spells it ("integer", "rfc3339", ...). */
const char *pur_type_name(enum pur_type t);

#endif
