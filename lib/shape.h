/*
 * shape: statements put together from constant fragments, kept prepared by their text.
 *
 * Where a request decides what a statement looks like (a list's filters and order, ?include=), its
 * text is built from fragments of the tables, never from the request; values are bound. A process
 * keeps PUR_SHAPES of them prepared, and the least recently used leaves.
 */
#ifndef PUR_SHAPE_H
#define PUR_SHAPE_H

#include "bind.h"
#include "buf.h"

#define PUR_SHAPES 64
#define PUR_SHAPE_ARGS (PUR_ARGS + 16)
#define PUR_INCLUDES 8 /* most that a request may ask for */
#define PUR_EXTRAS 3   /* that the library adds to them */

/* What a request wants to see besides, or instead. */
struct pur_view {
	const struct pur_field *includes[PUR_INCLUDES + PUR_EXTRAS];
	int n_includes;
	const char *search; /* what is added to FROM; NULL: nothing */
	bool deleted;       /* the deleted things alone */
};

/* A statement and its arguments, ready to be sent. */
struct pur_step {
	struct pur_query *query;
	struct pur_datum *binds;
};

/* What a statement is built in. Starts zeroed but for its arena. */
struct pur_shape {
	struct pur_arena *a;
	struct pur_buf sql;
	Oid types[PUR_SHAPE_ARGS];
	struct pur_datum *binds;
	int n;
};

/* True when a view asks for something that the statement's own text doesn't give. */
bool pur_view_differs(const struct pur_view *v);

/*
 * Begins with a statement of a handler and its arguments, as a view wants it. before: constant text
 * in front of it. Returns PUR_OK, PUR_ENOTFOUND (as pur_bind) or PUR_ETOOLARGE.
 */
enum pur_rc pur_shape_begin(struct pur_shape *s, struct pur_bound *base, const struct pur_input *in,
			    const struct pur_view *v, const char *before) PUR_MUST;

/* Makes a place for one more argument. Returns its number ($n); type and value are to be set. */
int pur_shape_arg(struct pur_shape *s, Oid type, struct pur_datum **bind);

/*
 * Ends it: finds the text among those prepared, or makes it one of them.
 * rc: what building came to; anything but PUR_OK is returned as it is.
 * db: where a statement that has to leave is forgotten.
 * Returns PUR_OK, PUR_ETOOLARGE or PUR_EUNAVAILABLE. The shape's own memory is released always.
 */
enum pur_rc pur_shape_end(struct pur_shape *s, struct pur_db *db, enum pur_rc rc,
			  struct pur_step *out) PUR_MUST;

#endif
