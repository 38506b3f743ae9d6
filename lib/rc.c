/*
 * rc: the tables of errors and SQLSTATEs.
 */
#include "rc.h"

#include <string.h>

/* Each row finds its own place, so the table cannot get out of step with the enum. */
#define ROW(rc, status, code, message) [-PUR_EBODY + (rc)] = { (rc), (status), (code), (message) }

static const struct pur_rc_info infos[] = {
	ROW(PUR_EBODY, 400, "validation_failed", "The body has errors"),
	ROW(PUR_EINPUT, 400, "invalid_input", "The path, query or a header has errors"),
	ROW(PUR_EJSON, 400, "invalid_json", "The body is not valid JSON"),
	ROW(PUR_EAUTH, 401, "unauthorized", "Log in first"),
	ROW(PUR_EFORBIDDEN, 403, "forbidden", "Your role does not allow this"),
	ROW(PUR_ESTEPUP, 403, "step_up_required",
	    "Give your password once more: POST /sessions/current/step-up"),
	ROW(PUR_ENOTFOUND, 404, "not_found", "No such thing"),
	ROW(PUR_EMETHOD, 405, "method_not_allowed", "This method is not allowed here"),
	ROW(PUR_EACCEPT, 406, "not_acceptable", "None of the accepted media types can be given"),
	ROW(PUR_EDUPLICATE, 409, "duplicate", "This exists already"),
	ROW(PUR_ETRANSITION, 409, "invalid_transition", "The status does not allow this"),
	ROW(PUR_EINPROGRESS, 409, "idempotency_in_progress",
	    "The first request with this key still runs"),
	ROW(PUR_ETENANT, 409, "tenant_required", "You belong to several tenants: name one"),
	ROW(PUR_EINUSE, 409, "in_use", "Something else still refers to this"),
	ROW(PUR_EERASED, 409, "answer_erased",
	    "This was done; its stored answer is erased with the person it told of"),
	ROW(PUR_ESTALE, 412, "precondition_failed", "This has changed since you read it"),
	ROW(PUR_ENEEDMATCH, 428, "precondition_required", "Send If-Match with the ETag you read"),
	ROW(PUR_ETOOLARGE, 413, "too_large", "The request is too large"),
	ROW(PUR_EMEDIA, 415, "unsupported_media_type", "This Content-Type is not supported"),
	ROW(PUR_ESTOCK, 422, "insufficient_stock", "There is not enough in stock"),
	ROW(PUR_EPICKUP, 422, "pickup_unavailable", "Pickup is not possible at that time"),
	ROW(PUR_EMISMATCH, 422, "idempotency_mismatch", "This key was used for another request"),
	ROW(PUR_ELASTOWNER, 422, "last_owner", "The last owner can't be taken away"),
	ROW(PUR_ELINK, 422, "invalid_link", "This link does not work any more"),
	ROW(PUR_ERULE, 422, "rule_violated", "A rule does not allow this"),
	ROW(PUR_ERATE, 429, "rate_limited", "Too many requests: try again later"),
	ROW(PUR_EINTERNAL, 500, "internal_error", "Something went wrong on our side"),
	ROW(PUR_EUNAVAILABLE, 503, "unavailable", "Not available right now: try again soon"),
	ROW(PUR_ESPACE, 507, "out_of_space", "There is no space left"),
	ROW(PUR_ERETRY, 0, "retry", "The transaction has to run again"),
	ROW(PUR_EREPLAY, 0, "replay", "This request has a stored answer"),
};

_Static_assert(sizeof(infos) / sizeof(infos[0]) == PUR_EREPLAY - PUR_EBODY + 1,
	       "the table ends with the enum");

/* A whole SQLSTATE, or the beginning that several share. */
static const struct {
	char prefix[6];
	enum pur_rc rc;
} states[] = {
	{ "PU208", PUR_EREPLAY },      { "PU401", PUR_EAUTH },      { "PU403", PUR_EFORBIDDEN },
	{ "PU4SU", PUR_ESTEPUP },      { "PU404", PUR_ENOTFOUND },  { "PU409", PUR_EINPROGRESS },
	{ "PU422", PUR_EMISMATCH },    { "23505", PUR_EDUPLICATE }, /* unique_violation */
	{ "23503", PUR_EINUSE },                                    /* foreign_key_violation */
	{ "23514", PUR_ERULE },                                     /* check_violation */
	{ "26000", PUR_ERETRY },       /* its Parse was skipped in a batch that failed before it */
	{ "40001", PUR_ERETRY },       /* serialization_failure */
	{ "40P01", PUR_ERETRY },       /* deadlock_detected */
	{ "22003", PUR_EBODY },        /* numeric_value_out_of_range */
	{ "08", PUR_EUNAVAILABLE },    /* connection exceptions */
	{ "25006", PUR_EUNAVAILABLE }, /* read_only_sql_transaction: we talk to a standby */
	{ "53100", PUR_ESPACE },       /* disk_full */
	{ "53200", PUR_EUNAVAILABLE }, /* out_of_memory */
	{ "53300", PUR_EUNAVAILABLE }, /* too_many_connections */
	{ "55P03", PUR_EUNAVAILABLE }, /* lock_not_available: lock timeout */
	{ "57014", PUR_EUNAVAILABLE }, /* query_canceled: statement timeout */
	{ "57P", PUR_EUNAVAILABLE },   /* the server stops, crashed or starts */
};

#define N_STATES (sizeof(states) / sizeof(states[0]))

const struct pur_rc_info *
pur_rc_info(enum pur_rc rc)
{
	if (rc < PUR_EBODY || rc > PUR_EREPLAY)
		rc = PUR_EINTERNAL;
	return &infos[rc - PUR_EBODY];
}

enum pur_rc
pur_rc_from_sqlstate(const char *state)
{
	if (state == NULL || strlen(state) != 5)
		return PUR_EINTERNAL;
	for (size_t i = 0; i < N_STATES; i++) {
		if (strncmp(state, states[i].prefix, strlen(states[i].prefix)) == 0)
			return states[i].rc;
	}
	return PUR_EINTERNAL;
}
