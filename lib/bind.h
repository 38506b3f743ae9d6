/*
 * bind: from the names in a statement's `args` to PostgreSQL's binary arguments.
 *
 * At start every statement is compiled: names are resolved against the tables (an unknown one
 * stops the program), `{ref}` is replaced. In a request the compiled arguments take their values
 * from a struct pur_input.
 */
#ifndef PUR_BIND_H
#define PUR_BIND_H

#include "datum.h"
#include "route.h"

#define PUR_ARGS 40 /* most arguments of one statement */

/* A value that code sets for an argument `=name:type`. */
struct pur_slot {
	struct pur_slot *next;
	const char *name;
	struct pur_value value;
};

/* What arguments are taken from in one request. */
struct pur_input {
	const struct pur_route *route;
	const struct pur_match *path;
	struct pur_uuid tenant;
	struct pur_uuid id;            /* of what this request creates */
	const struct pur_value *match; /* If-Match's revisions; NULL: the header isn't there */
	size_t n_match;
	const char *request_id, *address, *agent;
	const struct pur_field *fields; /* the body's */
	const struct pur_value *body;   /* one for each of fields; NULL: no body */
	const struct pur_value *query;  /* one for each of the route's params */
	struct pur_slot *slots;
};

enum pur_source {
	PUR_FROM_TENANT,
	PUR_FROM_ID,
	PUR_FROM_STATES,
	PUR_FROM_TO,
	PUR_FROM_MATCH,
	PUR_FROM_DOCUMENT, /* @body */
	PUR_FROM_REQUEST,
	PUR_FROM_ADDRESS,
	PUR_FROM_AGENT,
	PUR_FROM_ALLOWED, /* @may:permission */
	PUR_FROM_PATH,
	PUR_FROM_KEY, /* a part of the path that `{name}` stands for in the text */
	PUR_FROM_QUERY,
	PUR_FROM_FIELD,
	PUR_FROM_ROWS,    /* list.name */
	PUR_FROM_ROW_IDS, /* list.@id */
	PUR_FROM_SLOT,
};

struct pur_arg {
	enum pur_source source;
	enum pur_type type;
	char name[40]; /* of the part, field, parameter or slot */
	char sub[40];  /* list.sub */
};

/* A statement, ready to be sent. */
struct pur_bound {
	enum pur_expect expect;
	struct pur_query by_id;   /* `{ref}` compares the id, or doesn't stand there at all */
	struct pur_query by_key;  /* `{ref}` compares the human key; without text: there is none */
	char *id_text, *key_text; /* their texts with {include}, {search} and {active} in them */
	int keyed;                /* index of the argument behind `{ref}`; -1: none */
	struct pur_arg args[PUR_ARGS];
	Oid id_types[PUR_ARGS], key_types[PUR_ARGS];
	int n;
};

/*
 * Compiles statement `index` of a resource, looking for its fields in `fields` (a body) and
 * `params` (may be NULL).
 * out: filled; its texts live as long as the process.
 * message: says what is wrong with the table. Returns 0, or -1.
 */
int pur_bind_compile(const struct pur_resource *res, int index, const struct pur_field *fields,
		     const struct pur_field *params, struct pur_bound *out, char *message,
		     size_t size) PUR_MUST;

/*
 * A statement's text with `{include}`, `{search}` and `{active}` replaced.
 * include, search: what is added to the columns and to FROM, "" for nothing. deleted: look at
 * deleted things instead.
 * Returns a text to free(), or NULL without memory.
 */
char *pur_bind_expand(const char *text, const char *include, const char *search,
		      bool deleted) PUR_MUST;

/* Releases what compiling has taken. */
void pur_bind_release(struct pur_bound *s);

/*
 * Chooses the variant of a statement and makes its arguments.
 * q: the query to send. binds: out->n, in the arena.
 * Returns PUR_OK, PUR_ENOTFOUND (the path's key can't be one), or PUR_ETOOLARGE.
 */
enum pur_rc pur_bind(struct pur_arena *a, struct pur_bound *s, const struct pur_input *in,
		     struct pur_query **q, struct pur_datum **binds) PUR_MUST;

#endif
