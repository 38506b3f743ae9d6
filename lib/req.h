/*
 * req: one request and all that is learnt of it on its way. Handlers use action.h instead.
 */
#ifndef PUR_REQ_H
#define PUR_REQ_H

#include "conf.h"
#include "credential.h"
#include "idempotency.h"
#include "list.h"
#include "program.h"
#include "refer.h"
#include "reply.h"

/* What came over the wire. Strings live as long as the request; NULL where there was nothing. */
struct pur_incoming {
	const char *method, *path, *query;
	const char *content_type, *content_encoding, *accept, *authorization, *cookie;
	const char *if_match, *if_none_match, *idempotency_key;
	const char *origin, *sec_fetch_site, *user_agent;
	const char *request_id, *address;
	const char *body;
	size_t body_len;
	bool too_large; /* the body was longer than the limit and not read */
};

/* What is counted and looked at while somebody proves who they are (proof.h). */
struct pur_proof {
	unsigned char account[32], network[32]; /* keyed hashes that tries are counted under */
	bool by_network;
	PGresult *claimed, *own, *used;
};

struct pur_req {
	/* the process's, for every request the same */
	const struct pur_conf *conf;
	const struct pur_program *program;
	const unsigned char *cursor_key;
	bool (*peer_gone)(
	    const struct pur_req *rq); /* whether nobody waits any more; may be NULL */
	int peer;                      /* the connection's descriptor */
	struct pur_db *db;
	struct pur_arena *arena;

	/* this request's */
	struct pur_incoming in;
	int64_t begun; /* microseconds since 1970 */
	struct pur_match path;
	struct pur_accept accept;
	int version;
	const char *origin; /* of a page that isn't ours; "null": of nobody's; or NULL */
	struct pur_credential credential;
	struct pur_error error;
	const char *error_extra; /* further members of an error's body */
	int64_t retry_after;     /* seconds, with PUR_ERATE */

	/* what it asks for */
	struct pur_input input;
	struct pur_list list;
	struct pur_value *query; /* of the route's params */
	const char *only;        /* fields= */
	bool dry_run;
	bool snapshot; /* its statements all see the same */
	bool looks;    /* what its statements give decides whether they stay */
	struct pur_idempotency key;
	struct pur_currency currency_given; /* in v2: the currency that stood in the body */
	struct pur_refers refers;

	/* how far it has come (request.h) */
	enum pur_rc verdict;           /* of what came before the database */
	bool judged;                   /* the route is known: a refusal is told after the login */
	bool flying;                   /* its statements are under way */
	struct pur_db_outcome outcome; /* of those */

	/* what the database said */
	bool in_batch, authenticated, entered;
	PGresult *auth;
	PGresult **results; /* by the statement's number */
	PGresult *total;
	struct pur_query **sent; /* which variant gave each result */
	struct pur_uuid user, session;
	const char *role, *currency;
	bool touch;
	bool origin_refused; /* the tenant doesn't list it */
	bool again;          /* this is the second try */

	/* what an action did */
	struct pur_proof proof;
	int answer; /* the statement whose rows are the answer; 0: none, or not yet */
	struct pur_uuid object;
	bool has_object;
	const char *shown_name, *shown; /* a secret that the answer shows this once */

	struct pur_reply reply;
};

/* Shorthands: sets the request's error; a fault in its details. */
#define pur_refuse(rq, rc) pur_error_set(&(rq)->error, (rq)->arena, (rc), NULL)

static inline const struct pur_resource *
pur_req_resource(const struct pur_req *rq)
{
	return rq->program->res;
}

#endif
