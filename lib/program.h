/*
 * program: a resource's tables, checked and compiled once at start.
 */
#ifndef PUR_PROGRAM_H
#define PUR_PROGRAM_H

#include "bind.h"

struct pur_program {
	const struct pur_resource *res;
	struct pur_bound *stmts; /* by the statement's number; [0] is unused */
	struct pur_datum *roles; /* by the route's index: text[] of its roles; data NULL: public */
	struct pur_datum
	    *scopes; /* by the route's index: text[] of an API key's scopes that would do */
	struct pur_datum leaders; /* text[] of the roles that see what is deleted */
	bool keeps_revisions;     /* a statement gives one: else If-Match can't match */
	struct pur_arena *memory; /* what the roles point into */
};

/*
 * Checks the tables and compiles them. What makes a table bad: an argument nobody can resolve, a
 * route without permission or summary, both or neither of .stmts and .run, a statement without
 * @tenant that doesn't say .crosses_tenants, a sort, event or search that can't be, a field that
 * can't be what it says.
 * message: what is wrong and where. Returns the program, for the life of the process, or NULL.
 */
const struct pur_program *pur_program_new(const struct pur_resource *res, char *message,
					  size_t size) PUR_MUST;

/* The fields a route reads its body by; NULL when it takes none. */
const struct pur_field *pur_route_body(const struct pur_resource *res, const struct pur_route *r);

/* The last of a route's statements that gives rows; 0 for none. */
int pur_route_answer(const struct pur_resource *res, const struct pur_route *r);

/* True for a route whose answer is a list. */
bool pur_route_lists(const struct pur_resource *res, const struct pur_route *r);

#endif
