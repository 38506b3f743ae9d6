/*
 * list: pages, order and filters of a collection.
 *
 * A list's statement is a shape (shape.h): the handler's own text, and behind it fragments of the
 * field table for each filter and for the order. Values are always bound.
 */
#ifndef PUR_LIST_H
#define PUR_LIST_H

#include "cursor.h"
#include "shape.h"

#define PUR_LIST_FILTERS 12
#define PUR_LIST_SORTS 4
#define PUR_LIST_COUNTED 100000 /* rows that are counted where no total is kept */
#define PUR_LIST_FOUND 500      /* rows that a search goes through */

struct pur_list_filter {
	const struct pur_field *field;
	const char *op; /* "=", ">", ">=", "<", "<="; "any" for [in] */
	struct pur_value value;
	struct pur_value *values; /* of "any" */
	size_t n;
	const char *text; /* as it came */
};

struct pur_list_sort {
	const struct pur_field *field;
	bool descending;
};

/* What a request asks of a read: of a list all of it, of one thing the view alone. */
struct pur_list {
	int64_t page, per_page;
	struct pur_list_filter filters[PUR_LIST_FILTERS];
	int n_filters;
	struct pur_list_sort sorts[PUR_LIST_SORTS];
	int n_sorts;
	struct pur_view view;
	const char *q;                           /* what is searched for; NULL: nothing */
	const char *cursor;                      /* as it came, "" for the beginning; NULL: pages */
	struct pur_value at[PUR_LIST_SORTS + 1]; /* where it begins: sorts' values, then the id */
	int n_at;                                /* 0: at the beginning */
	const char *scope;                       /* what its cursors are bound to */
};

/*
 * Takes one query parameter, when it is one of a read's: include=; and of a list's: page, perPage,
 * cursor, sort, q, deleted, name=, name[op]=.
 * fields, sql: of the rows, and the text of the statement that gives them.
 * Return 1 when it was (a fault in it stands in e's details then and *bad is set), 0 when it is
 * none of these. l starts zeroed; pur_list_finish() fills in what nobody asked for.
 */
int pur_view_take(struct pur_arena *a, struct pur_list *l, const struct pur_field *fields,
		  const char *sql, const struct pur_param *p, struct pur_error *e, bool *bad);
int pur_list_take(struct pur_arena *a, struct pur_list *l, const struct pur_field *fields,
		  const char *sql, const struct pur_param *p, struct pur_error *e, bool *bad);

/* What ?q= adds to FROM: text is SQL. "" where the resource has none, NULL when the arena is full.
 */
const char *pur_list_search(struct pur_arena *a, const struct pur_resource *res, const char *text);

/* Defaults: page 1, 20 a page, the route's order; of a search, what fits best. */
void pur_list_finish(struct pur_list *l, const struct pur_field *fields,
		     const struct pur_route *route);

/*
 * Reads the cursor, once all else of the list is known. in: for the route and the tenant.
 * Returns PUR_OK, also where there is none; PUR_EINPUT when it isn't one of this list's, with a
 * detail; PUR_ETOOLARGE.
 */
enum pur_rc pur_list_seek(struct pur_arena *a, struct pur_list *l, const struct pur_field *fields,
			  const struct pur_input *in, const unsigned char key[PUR_CURSOR_KEY],
			  struct pur_error *e) PUR_MUST;

/* Goes on behind a row, as its cursor would. PUR_OK, or PUR_EINTERNAL. */
enum pur_rc pur_list_go_on(struct pur_arena *a, struct pur_list *l, const struct pur_field *fields,
			   const PGresult *r, int row) PUR_MUST;

/* The cursor behind a row; NULL when the arena is full. */
const char *pur_list_cursor(struct pur_arena *a, const struct pur_list *l,
			    const struct pur_field *fields, const PGresult *r, int row,
			    const unsigned char key[PUR_CURSOR_KEY]);

/*
 * Makes the two statements of a page: its rows, and what pur_list_total() reads. With a cursor
 * there is no total, and one row more than asked tells whether more follow; the first page of a
 * search counts its rows itself: its query is NULL then.
 * base: the list's own statement with its arguments.
 * db: where a statement that has to leave the cache is forgotten.
 * Returns PUR_OK, PUR_ENOTFOUND (as pur_bind), PUR_ETOOLARGE, or PUR_EUNAVAILABLE.
 */
enum pur_rc pur_list_build(struct pur_arena *a, struct pur_db *db, const struct pur_list *l,
			   const struct pur_resource *res, struct pur_bound *base,
			   const struct pur_input *in, struct pur_step *rows,
			   struct pur_step *total) PUR_MUST;

/*
 * How many there are. Returns true when there are more, and they were counted no further than
 * PUR_LIST_COUNTED: where filters ask for what no total is kept of; or than a search goes.
 */
bool pur_list_total(const PGresult *r, int64_t *total);

/*
 * The Link header (RFC 8288) with first, prev, next and last. path and query as they came.
 * NULL when the arena is full.
 */
const char *pur_list_links(struct pur_arena *a, const struct pur_list *l, const char *path,
			   const char *query, int64_t total);

/* The Link header of a list by cursor: the next page. NULL when the arena is full. */
const char *pur_list_next_link(struct pur_arena *a, const char *path, const char *query,
			       const char *cursor);

#endif
