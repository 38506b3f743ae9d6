/*
 * rc: every way something can end other than well, in one list.
 *
 * A function that can fail returns an enum pur_rc. One table gives each its HTTP status and its
 * code of the contract, one table gives each SQLSTATE its error. What a person should read stands
 * in a struct pur_error (error.h).
 */
#ifndef PUR_RC_H
#define PUR_RC_H

#include <stddef.h>

/* The caller has to look at what is returned. */
#define PUR_MUST __attribute__((warn_unused_result))

enum pur_rc {
	PUR_OK = 0,
	PUR_EBODY = -100, /* 400 validation_failed: the body is wrong in itself */
	PUR_EINPUT,       /* 400 invalid_input: path, query or header is wrong in itself */
	PUR_EJSON,        /* 400 invalid_json: not JSON, or not strictly */
	PUR_EAUTH,        /* 401 unauthorized */
	PUR_EFORBIDDEN,   /* 403 forbidden */
	PUR_ESTEPUP,      /* 403 step_up_required: the last proof of who it is is too old */
	PUR_ENOTFOUND,    /* 404 not_found */
	PUR_EMETHOD,      /* 405 method_not_allowed */
	PUR_EACCEPT,      /* 406 not_acceptable */
	PUR_EDUPLICATE,   /* 409 duplicate */
	PUR_ETRANSITION,  /* 409 invalid_transition */
	PUR_EINPROGRESS,  /* 409 idempotency_in_progress */
	PUR_ETENANT,      /* 409 tenant_required: the person belongs to several tenants */
	PUR_EINUSE,       /* 409 in_use: something else still points at it */
	PUR_EERASED,      /* 409 answer_erased: this key's answer held what was erased */
	PUR_ESTALE,       /* 412 precondition_failed */
	PUR_ENEEDMATCH,   /* 428 precondition_required */
	PUR_ETOOLARGE,    /* 413 too_large */
	PUR_EMEDIA,       /* 415 unsupported_media_type */
	PUR_ESTOCK,       /* 422 insufficient_stock */
	PUR_EPICKUP,      /* 422 pickup_unavailable */
	PUR_EMISMATCH,    /* 422 idempotency_mismatch */
	PUR_ELASTOWNER,   /* 422 last_owner: a tenant keeps one */
	PUR_ELINK,        /* 422 invalid_link: of a mail, that works no more */
	PUR_ERULE,        /* 422 rule_violated: a business rule the schema holds */
	PUR_ERATE,        /* 429 rate_limited */
	PUR_EINTERNAL,    /* 500 internal_error */
	PUR_EUNAVAILABLE, /* 503 unavailable */
	PUR_ESPACE,       /* 507 out_of_space */
	PUR_ERETRY,       /* no answer: serialization failure or deadlock, run the request again */
	PUR_EREPLAY,      /* no answer: this Idempotency-Key has a stored answer, send that */
};

/* What the contract says of one error. */
struct pur_rc_info {
	enum pur_rc rc;
	int status;          /* HTTP status; 0 for those that never reach a client */
	const char *code;    /* `error` in the body */
	const char *message; /* used when nothing better was said */
};

/*
 * Looks up an error. Returns a constant; an rc that is not in the list gives PUR_EINTERNAL's.
 */
const struct pur_rc_info *pur_rc_info(enum pur_rc rc);

/*
 * Gives the error a SQLSTATE stands for (PostgreSQL 15, Appendix A; PU401, PU403, PU4SU, PU404,
 * PU409, PU422 and PU208 are raised by our own functions). Unknown or NULL: PUR_EINTERNAL.
 */
enum pur_rc pur_rc_from_sqlstate(const char *state);

#endif
