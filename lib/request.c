/* request: one request from match to reply; nothing else knows the whole way. */
#include "request.h"
#include "action.h"
#include "answer.h"
#include "event.h"
#include "export.h"
#include "intake.h"
#include "log.h"
#include "oid.h"
#include "retire.h"
#include "row.h"
#include "timefmt.h"
#include <stdio.h>
#include <string.h>

/* Queues the statements of a route. */
static enum pur_rc
send_statements(struct pur_req *rq)
{
	const struct pur_resource *res = rq->program->res;
	const struct pur_route *route = rq->path.route;
	enum pur_rc rc = PUR_OK;

	for (int i = 0; i < PUR_STMTS && route->stmts[i] != 0 && rc == PUR_OK; i++) {
		int stmt = route->stmts[i];
		struct pur_step rows, total;

		if (res->stmts[stmt].expect != PUR_LIST) {
			rc = pur_do(rq, stmt);
			continue;
		}
		rc = pur_list_build(rq->arena, rq->db, &rq->list, res, &rq->program->stmts[stmt],
				    &rq->input, &rows, &total);
		if (rc != PUR_OK)
			return pur_refuse(rq, rc);
		rq->sent[stmt] = rows.query;
		rc = pur_db_send(rq->db, rows.query, rows.binds, &rq->results[stmt]);
		if (rc == PUR_OK && total.query != NULL)
			rc = pur_db_send(rq->db, total.query, total.binds, &rq->total);
		if (rc != PUR_OK)
			return pur_batch_failed(rq, rc);
	}
	return rc == PUR_OK && route->guard != 0 ? pur_do(rq, route->guard) : rc;
}

/* Which states of tenant_counts a write moves. */
static void
count(const struct pur_req *rq, const PGresult *r, struct pur_event *e)
{
	const char *status = pur_row_text(r, 0, "status"), *was = pur_row_text(r, 0, "_was");

	e->counts = rq->program->res->counts;
	switch (rq->path.route->effect) {
	case PUR_CREATES:
	case PUR_RESTORES:
		e->plus[0] = "";
		e->plus[1] = status != NULL ? status : rq->path.route->to;
		break;
	case PUR_DELETES:
		e->minus[0] = "";
		e->minus[1] = status;
		break;
	default:
		if (rq->path.route->to == NULL || status == NULL || was == NULL)
			e->counts = NULL;
		e->minus[0] = was;
		e->plus[0] = status;
	}
}

/* The names of the fields a write was given. */
static enum pur_rc
changed_fields(struct pur_req *rq, struct pur_event *e)
{
	size_t n = rq->input.body != NULL ? pur_fields_count(rq->input.fields) : 0;
	const char **names = pur_calloc(rq->arena, n + 1, sizeof(*names));

	if (names == NULL)
		return pur_refuse(rq, PUR_ETOOLARGE);
	for (size_t i = 0; i < n; i++) {
		if (rq->input.body[i].given)
			names[e->n_fields++] = rq->input.fields[i].name;
	}
	e->fields = names;
	return PUR_OK;
}

/* Queues the event of a write whose answer is `stmt`, or 0 while that isn't known yet. */
static enum pur_rc
send_event(struct pur_req *rq, int stmt)
{
	const PGresult *r = stmt != 0 ? rq->results[stmt] : NULL;
	struct pur_event e = { .kind = rq->path.route->event, .object = rq->input.id };
	enum pur_rc rc;

	if (e.kind == NULL)
		return PUR_OK;
	if (rq->has_object)
		e.object = rq->object;
	else if (r != NULL)
		(void)!pur_row_uuid(r, 0, PQfname(r, 0), &e.object);
	count(rq, r, &e);
	rc = changed_fields(rq, &e);
	if (rc == PUR_OK)
		rc = pur_batch_begin(rq);
	if (rc != PUR_OK)
		return rc;
	rc = pur_event_send(rq->arena, rq->db, &rq->input, &e);
	return rc == PUR_OK ? PUR_OK : pur_batch_failed(rq, rc);
}

static enum pur_rc
send_stored_answer(struct pur_req *rq)
{
	struct pur_stored answer = { .status = rq->reply.status,
				     .location = rq->reply.location,
				     .etag = rq->reply.etag,
				     .body = rq->reply.body.data,
				     .len = rq->reply.body.len };
	enum pur_rc rc;

	if (rq->key.key == NULL || rq->dry_run)
		return PUR_OK;
	rc = pur_idempotency_store(rq->arena, rq->db, &rq->input.tenant, &rq->key, &answer);
	return rc == PUR_OK ? PUR_OK : pur_batch_failed(rq, rc);
}

/* In v2 money names its currency, which must be the tenant's. */
static enum pur_rc
check_currency(struct pur_req *rq)
{
	if (rq->currency_given.code == NULL || rq->currency == NULL ||
	    strcmp(rq->currency_given.code, rq->currency) == 0)
		return PUR_OK;
	pur_fault(rq, rq->currency_given.path, "Must be in %s", rq->currency);
	return pur_intake_bad_body(rq);
}

/* Ends the transaction: for good, or as if it had never been. */
static enum pur_rc
finish(struct pur_req *rq)
{
	enum pur_rc rc;

	if (pur_arena_exhausted(rq->arena))
		return pur_refuse(rq, PUR_ETOOLARGE);
	if (!rq->in_batch)
		return PUR_OK;
	rc = rq->dry_run ? pur_db_rehearse(rq->db) : pur_db_commit(rq->db);
	rq->in_batch = false;
	if (rc != PUR_OK)
		return pur_batch_failed(rq, rc);
	pur_batch_learn(rq);
	return PUR_OK;
}

/* The first of a route's statements that had to give a row and gave none; 0 for none. */
static int
missed(const struct pur_req *rq)
{
	const int *stmts = rq->path.route->stmts;

	for (int i = 0; i < PUR_STMTS && stmts[i] != 0; i++) {
		if (rq->program->res->stmts[stmts[i]].expect == PUR_ONE &&
		    pur_rows_count(rq->results[stmts[i]]) == 0)
			return stmts[i];
	}
	return 0;
}

/* The answer of statements that were sent together. */
static enum pur_rc
answer_at_once(struct pur_req *rq)
{
	if (missed(rq) != 0)
		return pur_refuse(rq, rq->path.route->method == PUR_GET ? PUR_ENOTFOUND
									: PUR_EINTERNAL);
	return pur_answer_make(rq, pur_route_answer(rq->program->res, rq->path.route));
}

/* Reads, and writes that cannot miss: everything in one flush. */
static enum pur_rc
run_at_once(struct pur_req *rq)
{
	enum pur_rc rc = send_statements(rq);

	if (rc == PUR_OK)
		rc = send_event(rq, 0);
	if (rc == PUR_OK)
		rc = finish(rq);
	return rc == PUR_OK ? answer_at_once(rq) : rc;
}

static enum pur_rc
send_refers(struct pur_req *rq)
{
	enum pur_rc rc = rq->refers.n > 0 ? pur_batch_begin(rq) : PUR_OK;

	if (rc != PUR_OK || rq->refers.n == 0)
		return rc;
	rc = pur_refers_send(rq->arena, rq->db, &rq->input, &rq->refers);
	return rc == PUR_OK ? PUR_OK : pur_batch_failed(rq, rc);
}

/* Whether a statement that was sent has asked for If-Match's revisions itself. */
static bool
has_asked(const struct pur_req *rq)
{
	for (int i = 1; i < rq->program->res->n_stmts; i++) {
		const struct pur_bound *s = &rq->program->stmts[i];

		for (int k = 0; rq->sent[i] != NULL && k < s->n; k++) {
			if (s->args[k].source == PUR_FROM_MATCH)
				return true;
		}
	}
	return false;
}

/*
 * If-Match for a write whose statements don't ask for it: held against the revision that the
 * answer tells, which a restore has raised by one. What has no revision is matched by none.
 */
static enum pur_rc
check_match(struct pur_req *rq, int answer)
{
	const struct pur_route *route = rq->path.route;
	int64_t revision = 0;

	if (rq->input.match == NULL || route->method == PUR_GET || route->effect == PUR_CREATES ||
	    strcmp(route->permission, PUR_PUBLIC) == 0 || has_asked(rq))
		return PUR_OK;
	if (answer != 0 && pur_row_int(rq->results[answer], 0, "_revision", &revision) == 0 &&
	    pur_answer_matches(rq, revision - (route->effect == PUR_RESTORES)))
		return PUR_OK;
	return pur_refuse(rq, PUR_ESTALE);
}

/* Writes that look first: the transaction stays open while the answer is built. */
static enum pur_rc
run_in_two(struct pur_req *rq, int answer)
{
	const struct pur_route *route = rq->path.route;
	enum pur_rc rc = send_refers(rq);

	if (rc == PUR_OK)
		rc = route->run != NULL ? route->run(rq) : send_statements(rq);
	if (rc == PUR_OK && route->run == NULL)
		rc = pur_wait(rq);
	if (rc == PUR_OK)
		rc = check_currency(rq);
	if (rc != PUR_OK)
		return rc;
	if (missed(rq) != 0)
		return pur_answer_guard(rq, route->guard != 0 ? rq->results[route->guard] : NULL);
	rc = check_match(rq, answer != 0 ? answer : rq->answer);
	if (rc != PUR_OK)
		return rc;
	if (pur_refers_judge(rq->arena, &rq->refers, &rq->error) != PUR_OK)
		return pur_intake_bad_body(rq);
	if (route->check != NULL)
		rc = route->check(rq);
	if (rc != PUR_OK)
		return rc;
	if (answer != 0)
		rc = pur_answer_make(rq, answer);
	if (rc == PUR_OK)
		rc = send_event(rq, rq->answer);
	if (rc == PUR_OK)
		rc = send_stored_answer(rq);
	return rc == PUR_OK ? finish(rq) : rc;
}

/* A refusal found before the database: given only to those whose credential is good. */
static enum pur_rc
refuse_after_login(struct pur_req *rq, enum pur_rc verdict)
{
	struct pur_error kept = rq->error;
	enum pur_rc rc;

	if (strcmp(rq->path.route->permission, PUR_PUBLIC) == 0)
		return verdict;
	rq->error = (struct pur_error){ .rc = PUR_OK };
	rc = pur_batch_begin(rq);
	if (rc == PUR_OK)
		rc = pur_commit(rq); /* of nothing, so that a rehearsal has nothing to take back */
	if (rc != PUR_OK)
		return rc;
	rq->error = kept;
	return verdict;
}

/*
 * A refusal of ours in the midst of a batch: what was queued is taken back. A read has queued
 * nothing to take back, but maybe the question whether the credential is good, which comes first.
 */
static enum pur_rc
give_up(struct pur_req *rq, enum pur_rc verdict)
{
	const struct pur_route *route = rq->path.route;

	if (route->method != PUR_GET || strcmp(route->permission, PUR_PUBLIC) == 0 ||
	    rq->authenticated) {
		pur_db_rollback(rq->db);
		rq->in_batch = false;
	}
	return rq->authenticated ? verdict : refuse_after_login(rq, verdict);
}

static enum pur_rc
replay(struct pur_req *rq)
{
	PGresult *r = NULL;
	struct pur_stored answer;
	enum pur_rc rc = pur_batch_begin(rq);

	if (rc != PUR_OK)
		return rc;
	rc = pur_idempotency_fetch(rq->db, &rq->input.tenant, &rq->key, &r);
	if (rc != PUR_OK)
		return pur_batch_failed(rq, rc);
	rc = finish(rq);
	if (rc != PUR_OK || (rc = pur_idempotency_stored(r, &answer)) != PUR_OK)
		return pur_refuse(rq, rc);
	pur_reply_reset(&rq->reply);
	rq->reply.status = answer.status;
	rq->reply.location = answer.location;
	rq->reply.etag = answer.etag;
	rq->reply.cache = pur_answer_cache(rq->path.route);
	pur_buf_put(&rq->reply.body, answer.body, answer.len);
	pur_reply_header(&rq->reply, "Idempotent-Replayed", "true");
	return PUR_OK;
}

/* A list as a file. */
static bool
exports(const struct pur_req *rq)
{
	return rq->accept.csv || rq->accept.ndjson;
}

/* One try at the request. */
static enum pur_rc
run(struct pur_req *rq)
{
	const struct pur_route *route = rq->path.route;
	int answer = pur_route_answer(rq->program->res, route);
	enum pur_rc rc;

	if (rq->key.key != NULL && !rq->dry_run) {
		rc = pur_batch_begin(rq);
		if (rc == PUR_OK &&
		    (rc = pur_idempotency_claim(rq->db, &rq->input.tenant, &rq->key)) != PUR_OK)
			rc = pur_batch_failed(rq, rc);
		if (rc != PUR_OK)
			return rc;
	}
	/* Public code decides for itself whether it needs the database. */
	rc = route->run != NULL && strcmp(route->permission, PUR_PUBLIC) == 0 ? PUR_OK
									      : pur_batch_begin(rq);
	if (rc == PUR_OK && exports(rq))
		rc = pur_export(rq);
	else if (rc == PUR_OK)
		rc = rq->looks ? run_in_two(rq, answer) : run_at_once(rq);
	if (rq->in_batch)
		rc = give_up(rq, rc);
	if (rc == PUR_EREPLAY)
		return replay(rq);
	if (rc != PUR_OK && rc != PUR_ERETRY && route->explain != NULL && rq->authenticated &&
	    !rq->origin_refused)
		rc = route->explain(rq);
	return rc;
}

/* Forgets what a failed try has left. */
static void
start_over(struct pur_req *rq)
{
	size_t n = (size_t)rq->program->res->n_stmts + 1;

	rq->error = (struct pur_error){ .rc = PUR_OK };
	rq->authenticated = rq->entered = rq->has_object = rq->origin_refused = false;
	rq->answer = 0;
	rq->proof = (struct pur_proof){ .by_network = false };
	rq->again = true;
	rq->auth = rq->total = NULL;
	memset(rq->results, 0, n * sizeof(rq->results[0]));
	memset(rq->refers.found, 0, sizeof(rq->refers.found));
	pur_reply_reset(&rq->reply);
}

/*
 * If-Match for what never has a revision matches nothing. Told before anything is done: an action
 * may count how often it was tried.
 */
static bool
matches_nothing(const struct pur_req *rq)
{
	const struct pur_route *route = rq->path.route;

	return rq->input.match != NULL && route->method != PUR_GET &&
	       route->effect != PUR_CREATES && strcmp(route->permission, PUR_PUBLIC) != 0 &&
	       strchr(route->path, '{') == NULL && !rq->program->keeps_revisions;
}

/* What a request is, before the database has a part in it. */
static enum pur_rc
judge(struct pur_req *rq)
{
	size_t n = (size_t)rq->program->res->n_stmts + 1;
	const struct pur_route *route;
	enum pur_rc rc = pur_intake_route(rq);

	if (rc != PUR_OK)
		return rc;
	rq->results = pur_calloc(rq->arena, n, sizeof(rq->results[0]));
	rq->sent = pur_calloc(rq->arena, n, sizeof(rq->sent[0]));
	if (rq->results == NULL || rq->sent == NULL)
		return pur_refuse(rq, PUR_ETOOLARGE);
	rq->judged = true;
	rc = pur_intake_input(rq);
	if (rc == PUR_OK && matches_nothing(rq))
		rc = pur_refuse(rq, PUR_ESTALE);
	route = rq->path.route;
	rq->looks = route->guard != 0 || route->run != NULL || route->check != NULL ||
		    rq->key.key != NULL || rq->dry_run || rq->currency_given.code != NULL ||
		    rq->refers.n > 0 || (route->event != NULL && route->effect != PUR_CREATES);
	rq->snapshot = exports(rq);
	return rc;
}

/*
 * Sends the statements of a read and leaves. Where not all of them could be made the others go
 * nevertheless: whether the credential is good is among them, and decides what is told.
 */
static void
fly(struct pur_req *rq)
{
	rq->verdict = pur_batch_begin(rq);
	if (rq->verdict == PUR_OK)
		rq->verdict = send_statements(rq);
	if (rq->in_batch && pur_db_commit_later(rq->db) == PUR_OK)
		rq->flying = true;
	else if (rq->in_batch)
		rq->verdict = pur_batch_failed(rq, PUR_EUNAVAILABLE);
	rq->in_batch = false;
	rq->judged = rq->flying; /* else it is the database that refused */
}

/* What has come of it. */
static enum pur_rc
land(struct pur_req *rq)
{
	pur_db_recall(rq->db, &rq->outcome);
	if (rq->outcome.rc != PUR_OK) {
		rq->error = (struct pur_error){ .rc = PUR_OK };
		return pur_batch_failed(rq, rq->outcome.rc);
	}
	pur_batch_learn(rq);
	if (pur_arena_exhausted(rq->arena))
		return pur_refuse(rq, PUR_ETOOLARGE);
	return rq->verdict == PUR_OK ? answer_at_once(rq) : rq->verdict;
}

static enum pur_rc
answer(struct pur_req *rq)
{
	enum pur_rc rc;

	if (!rq->flying && rq->verdict != PUR_OK)
		return rq->judged ? refuse_after_login(rq, rq->verdict) : rq->verdict;
	rc = rq->flying ? land(rq) : run(rq);
	if (rc == PUR_ERETRY) { /* serialization failure or deadlock: nothing was done, once more */
		start_over(rq);
		rc = run(rq);
	}
	return rc == PUR_ERETRY ? pur_refuse(rq, PUR_EUNAVAILABLE) : rc;
}

/* What the path's methods are, for Allow; of a page of another origin that asks first, too. */
static void
put_allow(struct pur_req *rq)
{
	static const enum pur_method methods[] = { PUR_GET, PUR_POST, PUR_PUT, PUR_PATCH,
						   PUR_DELETE };
	char allow[64] = "";
	size_t len = 0;

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if ((rq->path.allowed & methods[i]) != 0)
			len += (size_t)snprintf(allow + len, sizeof(allow) - len, "%s, %s",
						pur_method_name(methods[i]),
						methods[i] == PUR_GET ? "HEAD, " : "");
	}
	snprintf(allow + len, sizeof(allow) - len, "OPTIONS");
	pur_reply_header(&rq->reply, "Allow", allow);
	if (rq->origin == NULL || pur_method_parse(rq->in.method) != PUR_OPTIONS)
		return;
	pur_reply_header(&rq->reply, "Access-Control-Allow-Methods", allow);
	pur_reply_header(&rq->reply, "Access-Control-Allow-Headers",
			 "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match,"
			 " Last-Event-ID, X-Request-Id");
	pur_reply_header(&rq->reply, "Access-Control-Max-Age", "7200");
}

/*
 * Which page may read the answer (Fetch, 3.2): one of an origin that the tenant lists. Where no
 * tenant became known the answer is the same for everybody, and so may everybody read it: a page
 * learns that its login has run out, and nobody which tenant lists what. No cookie goes along
 * (there is no Access-Control-Allow-Credentials), so a page gets nothing for what it isn't given.
 */
static void
put_origin(struct pur_req *rq)
{
	if (rq->origin != NULL && !rq->origin_refused && strcmp(rq->origin, "null") != 0)
		pur_reply_header(&rq->reply, "Access-Control-Allow-Origin", rq->origin);
}

static void
put_retry_after(struct pur_req *rq)
{
	char seconds[24];

	snprintf(seconds, sizeof(seconds), "%lld", (long long)rq->retry_after);
	pur_reply_header(&rq->reply, "Retry-After", seconds);
}

/* Makes the reply of an error that the request ended with. */
static void
reply_error(struct pur_req *rq, enum pur_rc rc)
{
	if (rq->error.rc == PUR_OK)
		rq->error.rc = rc;
	if (rc == PUR_EMETHOD && pur_method_parse(rq->in.method) == PUR_OPTIONS) {
		pur_reply_reset(&rq->reply);
		put_allow(rq);
		rq->reply.status = 204;
		return;
	}
	pur_reply_reset(&rq->reply);
	pur_reply_error(&rq->reply, &rq->error, rq->accept.problem, rq->error_extra,
			rq->in.request_id);
	if (rc == PUR_EMETHOD)
		put_allow(rq);
	if (rc == PUR_EAUTH)
		pur_reply_header(&rq->reply, "WWW-Authenticate", "Bearer");
	if (rc == PUR_EUNAVAILABLE || rc == PUR_ESPACE)
		pur_reply_header(&rq->reply, "Retry-After", "1");
	if (rc == PUR_ERATE)
		put_retry_after(rq);
}

/* The tenant's id as text, once it is known for sure; else NULL. */
static const char *
known_tenant(const struct pur_req *rq, char text[PUR_UUID_TEXT + 1])
{
	if (!rq->authenticated && !rq->entered)
		return NULL;
	pur_uuid_format(&rq->input.tenant, text);
	text[PUR_UUID_TEXT] = '\0';
	return text;
}

/* For nginx's log and limits; it keeps these headers to itself. */
static void
tell_nginx(struct pur_req *rq)
{
	char tenant[PUR_UUID_TEXT + 1];

	if (rq->path.route != NULL)
		pur_reply_header(&rq->reply, "X-Purser-Route", rq->path.route->path);
	if (known_tenant(rq, tenant) != NULL)
		pur_reply_header(&rq->reply, "X-Purser-Tenant", tenant);
	if (rq->authenticated)
		pur_reply_header(&rq->reply, "X-Purser-Charge", tenant);
}

static void
log_request(struct pur_req *rq)
{
	struct pur_db_cost cost = pur_db_cost(rq->db);
	const struct pur_route *r = rq->path.route;
	char tenant[PUR_UUID_TEXT + 1];

	pur_log(PUR_INFO, "request", PUR_TEXT_ITEM("request", rq->in.request_id),
		PUR_TEXT_ITEM("tenant", known_tenant(rq, tenant)),
		PUR_TEXT_ITEM("method", pur_method_name(pur_method_parse(rq->in.method))),
		PUR_TEXT_ITEM("route", r != NULL ? r->path : NULL),
		PUR_INT_ITEM("status", rq->reply.status),
		PUR_INT_ITEM("us", pur_time_now() - rq->begun), PUR_INT_ITEM("db_us", cost.micros),
		PUR_INT_ITEM("trips", cost.trips), PUR_INT_ITEM("statements", cost.statements));
}

/* The process's part of a request stays, all else starts afresh. */
static void
begin(struct pur_req *rq)
{
	struct pur_reply reply = rq->reply;

	*rq = (struct pur_req){ .conf = rq->conf,
				.program = rq->program,
				.cursor_key = rq->cursor_key,
				.peer_gone = rq->peer_gone,
				.peer = rq->peer,
				.db = rq->db,
				.arena = rq->arena,
				.in = rq->in,
				.begun = pur_time_now(),
				.reply = reply };
	pur_reply_reset(&rq->reply);
}

bool
pur_request_start(struct pur_req *rq)
{
	begin(rq);
	rq->verdict = judge(rq);
	if (rq->verdict == PUR_OK && rq->path.route->method == PUR_GET && !rq->looks &&
	    !rq->snapshot && pur_db_may_overlap(rq->db))
		fly(rq);
	return rq->flying;
}

void
pur_request_finish(struct pur_req *rq)
{
	enum pur_rc rc = answer(rq);

	if (rc == PUR_OK && pur_buf_failed(&rq->reply.body))
		rc = pur_refuse(rq, PUR_EINTERNAL);
	if (rc != PUR_OK)
		reply_error(rq, rc);
	else
		pur_answer_validate(rq);
	put_origin(rq);
	if (rq->path.route != NULL)
		pur_retirement_tell(rq->arena, &rq->reply, &rq->path.route->retired,
				    &pur_versions[rq->version]);
	tell_nginx(rq);
	log_request(rq);
}

void
pur_request_handle(struct pur_req *rq)
{
	if (pur_request_start(rq))
		pur_db_await(rq->db, &rq->outcome);
	pur_request_finish(rq);
}

void
pur_request_after(struct pur_req *rq)
{
	static const Oid types[] = { PUR_OID_UUID, PUR_OID_UUID };
	static struct pur_query touch = {
		.name = "touch", .sql = "SELECT touch_session($1, $2)", .types = types, .n = 2
	};
	static struct pur_query touch_key = {
		.name = "touch_key", .sql = "SELECT touch_key($1, $2)", .types = types, .n = 2
	};
	struct pur_datum binds[] = { pur_datum_uuid(&rq->input.tenant),
				     pur_datum_uuid(&rq->session) };

	if (!rq->touch || pur_db_begin(rq->db, rq->arena) != PUR_OK ||
	    pur_db_send(rq->db, rq->credential.key ? &touch_key : &touch, binds, NULL) != PUR_OK ||
	    pur_db_commit(rq->db) != PUR_OK)
		return;
	(void)pur_db_cost(rq->db);
}
