/*
 * route: the tables a handler is made of, and finding the route of a request.
 *
 * A resource is data: its fields, its SQL statements, its routes. Everything the library knows
 * of a resource it reads from these tables; `--describe` prints them.
 */
#ifndef PUR_ROUTE_H
#define PUR_ROUTE_H

#include "field.h"
#include "http.h"
#include "rc.h"

struct pur_req;

/* What a statement is expected to give. */
enum pur_expect {
	PUR_NOSTMT = 0,
	PUR_ONE,  /* one row; none is "not found" or "not in that state" */
	PUR_MANY, /* any number of rows */
	PUR_LIST, /* any number of rows; the library adds filters, order and page */
	PUR_EXEC, /* rows are not looked at */
};

/*
 * A statement. args names what $1..$n are bound to, separated by spaces:
 *   @tenant     the credential's tenant          @id      a new UUIDv7, one a request
 *   @from, @to  the route's states (text[], text) @match   If-Match's revisions (bigint[]), or NULL
 *   @body       the given fields as jsonb         @request the request's id
 *   @may:clients:read  the roles and scopes that have a permission (text[])
 *   @address    the client's address              @agent   its User-Agent, cut to 200
 *   /name       a part of the path: an id, or the resource's key where `{name}` stands in the text
 *   /name:slug  the same with a slug, whatever the resource's key
 *   /name:int   a number
 *   ?name       a parameter of the query (the route's .params)
 *   name        a field of the body               list.name  that field of each of a list's rows
 *   list.@id    a new UUIDv7 for each row         =name:type  set by code with pur_set_...()
 *
 * In the text, `{ref}` stands for a comparison of the row's key with /ref ("p.{ref}"). A read's
 * text may have `{include}` behind its columns, for what ?include= adds, and `{active}`
 * ("t.{active}") where it looks at things that aren't deleted, or with ?deleted=true that are. A
 * list's may have `{search}` behind the one table of its FROM, for ?q=.
 */
struct pur_stmt {
	enum pur_expect expect;
	const char *args;
	const char *sql;
	bool crosses_tenants; /* needs no @tenant: a definer function guards it, or nothing is read
			       */
};

enum pur_cache {
	PUR_PRIVATE = 0, /* private, no-cache, with an ETag */
	PUR_NO_STORE,
};

/* What a write does to the number of things there are (`total` of the lists). */
enum pur_effect {
	PUR_CHANGES = 0,
	PUR_CREATES, /* answers 201 with Location */
	PUR_DELETES,
	PUR_RESTORES,
	PUR_ACCEPTS, /* answers 202: what was asked for is done later */
};

/* That something will be gone. Times are RFC 3339. */
struct pur_retirement {
	const char *deprecated; /* from when on it should not be used any more; NULL: it may */
	const char *sunset;     /* when it will answer no more; NULL: nobody knows */
	const char *successor;  /* URL, or path, of what to use instead; or NULL */
};

#define PUR_STMTS 6 /* most statements of one route */

struct pur_route {
	enum pur_method method;
	const char *path;       /* below /api/v1: "/orders/{ref}/approve" */
	const char *permission; /* "orders:read", or PUR_PUBLIC, or PUR_ANY_ROLE; of several,
				   separated by spaces, any one will do */
	enum pur_cache cache;
	int stmts[PUR_STMTS]; /* run in this order; the last that gives rows is the answer */
	int guard;            /* read after a write that hit no row: why not? (404, 412, 409) */
	enum pur_rc (*run)(struct pur_req *rq);     /* instead of stmts */
	enum pur_rc (*check)(struct pur_req *rq);   /* after the statements: may still refuse */
	enum pur_rc (*explain)(struct pur_req *rq); /* after a refusal: its details */
	enum pur_effect effect;
	const struct pur_field *fields; /* of its answer's rows; NULL: the resource's. What .run
					   writes itself is described by them */
	const struct pur_field *body;   /* NULL: the resource's fields when it creates, PUTs or
					   PATCHes, and otherwise nothing */
	const struct pur_field *params; /* query parameters besides the library's own */
	const char *from, *to;          /* states: "pending approved" -> "cancelled"; what creates
					   has .to alone */
	const char *event;              /* what is recorded: "order.approved" */
	const char *sort;               /* a list's order when none is asked for: "-created_at" */
	unsigned flags;                 /* of enum pur_route_flag */
	const char *summary;            /* one line for the documentation */
	enum pur_rc errors[6];          /* beyond those the library can tell by itself */
	struct pur_retirement retired;
};

enum pur_route_flag {
	PUR_ROOT = 1 << 0,   /* the path is not below /api */
	PUR_SECRET = 1 << 1, /* the answer holds a secret: Idempotency-Key is refused, no-store */
	PUR_SLOW = 1 << 2, /* hashes a password, say: served by processes of its own, which exports
			      share, so that it doesn't hold the others up */
	PUR_STEP_UP = 1 << 3, /* wants a login or step-up of late; no key has one */
	PUR_COOKIE = 1 << 8,  /* the answer may set the session's cookie */
};

#define PUR_PUBLIC "public"
#define PUR_ANY_ROLE "any"

/* A constraint of the schema, and what it means to a client. */
struct pur_constraint {
	const char *name;  /* "products_slug_key", "orders.client_id" for NOT NULL, or a SQLSTATE */
	enum pur_rc rc;    /* PUR_EDUPLICATE */
	const char *field; /* "slug" */
	const char *message; /* "Is taken" */
};

struct pur_resource {
	const char *program; /* also the suffix of its database role */
	const char *title;   /* one thing of it, for messages: "Order" */
	const char *summary;
	const struct pur_field *fields;
	const struct pur_stmt *stmts;             /* counted from 1 */
	int n_stmts;                              /* PUR_COUNT(stmts) */
	const struct pur_route *routes;           /* ends with method 0 */
	const struct pur_constraint *constraints; /* ends with a NULL name */
	const char *counts; /* `resource` in tenant_counts, where exact totals are kept */
	const char *search; /* "orders", where lists take ?q= by search_orders() of the schema */
	struct pur_field
	    key; /* the human key besides the UUID: { .name = "slug", .type = PUR_SLUG } */
};

/* The parameter ?q=. */
#define PUR_SEARCH_PARAM                                                                           \
	{                                                                                          \
		.name = "q", .type = PUR_TEXT, .max = 200, .flags = PUR_REQUIRED | PUR_NOTBLANK,   \
		.summary = "Words, of which the last may be a beginning; accents and a wrong "     \
			   "letter don't matter"                                                   \
	}

#define PUR_COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

#define PUR_PATH_PARTS 4 /* most {parts} of a path */

/* A route found, and the parts of its path. */
struct pur_match {
	const struct pur_route *route;
	int version;                        /* from /api/v<n>; 0 when the URL names none */
	unsigned allowed;                   /* methods that this path has; 0: no such path */
	const char *names[PUR_PATH_PARTS];  /* "{ref}": points into the pattern, not terminated */
	const char *values[PUR_PATH_PARTS]; /* decoded, in the arena */
	int n;
};

/*
 * Finds the route of a request.
 * path: the raw path of the request line, without the query.
 * m: filled; `allowed` tells 404 from 405, and literal parts win over {parts}.
 * Returns PUR_OK, PUR_ENOTFOUND (also for what cannot be decoded), PUR_EMETHOD or PUR_ETOOLARGE.
 */
enum pur_rc pur_route_match(struct pur_arena *a, const struct pur_resource *res,
			    enum pur_method method, const char *path, struct pur_match *m) PUR_MUST;

/* The decoded value of a path's part by name, or NULL. */
const char *pur_match_part(const struct pur_match *m, const char *name);

/* The fields of a route's answer. */
const struct pur_field *pur_route_fields(const struct pur_resource *res, const struct pur_route *r);

/* The action a route is ("approve" of "/orders/{ref}/approve"), or "" for none. */
const char *pur_route_action(const struct pur_route *r);

/* True when a word stands in a list of words separated by spaces. */
bool pur_words_have(const char *words, const char *word, size_t len);

#endif
