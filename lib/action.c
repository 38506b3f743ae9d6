/* action: what handlers' code uses, and the batch that it and the library share. */
#include "action.h"
#include "answer.h"
#include "event.h"
#include "oid.h"
#include "row.h"
#include <stdarg.h>
#include <string.h>

static const Oid authenticate_types[] = { PUR_OID_UUID, PUR_OID_BYTEA, PUR_OID_TEXT_ARRAY };

static struct pur_query authenticate = {
	.name = "authenticate",
	.sql = "SELECT user_id, session_id, role, currency, touch FROM authenticate($1, $2, $3)",
	.types = authenticate_types,
	.n = 3
};

static struct pur_query authenticate_key = {
	.name = "authenticate_key",
	.sql =
	    "SELECT user_id, session_id, role, currency, touch FROM authenticate_key($1, $2, $3)",
	.types = authenticate_types,
	.n = 3
};

static const Oid proof_types[] = { PUR_OID_UUID, PUR_OID_INT8 };

static struct pur_query require_proof = { .name = "require_proof",
					  .sql = "SELECT require_proof($1, $2::int)",
					  .types = proof_types,
					  .n = 2 };

static const Oid enter_types[] = { PUR_OID_TEXT, PUR_OID_TEXT, PUR_OID_TEXT, PUR_OID_TEXT };

static struct pur_query enter = { .name = "enter",
				  .sql = "SELECT set_config('app.current_tenant', $1, true),"
					 " set_config('app.current_user', $2, true),"
					 " set_config('app.current_key', $3, true),"
					 " set_config('app.current_session', $4, true)",
				  .types = enter_types,
				  .n = 4 };

static const Oid check_origin_types[] = { PUR_OID_UUID, PUR_OID_TEXT };

static struct pur_query check_origin = { .name = "check_origin",
					 .sql = "SELECT check_origin($1, $2)",
					 .types = check_origin_types,
					 .n = 2 };

/* A list's statements are planned for their values (plan_cache_mode of the connection is generic)
 */
static struct pur_query plan_auto = { .name = "plan_auto",
				      .sql = "SELECT set_config('plan_cache_mode', 'auto', true)" };

static enum pur_rc
send_enter(struct pur_req *rq)
{
	static const struct pur_uuid nobody;
	char tenant[PUR_UUID_TEXT + 1] = "", user[PUR_UUID_TEXT + 1] = "";
	char key[PUR_UUID_TEXT + 1] = "", session[PUR_UUID_TEXT + 1] = "";
	struct pur_datum binds[4];

	pur_uuid_format(&rq->input.tenant, tenant);
	if (memcmp(&rq->user, &nobody, sizeof(nobody)) != 0)
		pur_uuid_format(&rq->user, user);
	if (rq->authenticated)
		pur_uuid_format(&rq->session, rq->credential.key ? key : session);
	binds[0] = pur_datum_text(tenant);
	binds[1] = pur_datum_text(user);
	binds[2] = pur_datum_text(key);
	binds[3] = pur_datum_text(session);
	return pur_db_send(rq->db, &enter, binds, NULL);
}

/* Asked once, where the tenant becomes known: it refuses a page that the tenant doesn't list. */
static enum pur_rc
send_origin(struct pur_req *rq)
{
	struct pur_datum binds[] = { pur_datum_uuid(&rq->input.tenant),
				     pur_datum_text(rq->origin) };

	if (rq->origin == NULL || rq->authenticated)
		return PUR_OK;
	return pur_db_send(rq->db, &check_origin, binds, NULL);
}

/* The first statement of a batch behind a login, and with it what the route asks for besides. */
static enum pur_rc
send_authenticate(struct pur_req *rq, const struct pur_datum *binds)
{
	struct pur_value seconds = { .type = PUR_INT, .i = rq->conf->proof_lifetime };
	struct pur_datum proof[] = { pur_datum_uuid(&rq->credential.tenant), { NULL } };
	enum pur_rc rc = pur_db_send(rq->db, rq->credential.key ? &authenticate_key : &authenticate,
				     binds, &rq->auth);

	if (rc != PUR_OK || (rq->path.route->flags & PUR_STEP_UP) == 0)
		return rc;
	rc = pur_datum_value(rq->arena, &seconds, &proof[1]);
	return rc == PUR_OK ? pur_db_send(rq->db, &require_proof, proof, NULL) : rc;
}

/* Who it is, or who it was found to be before. */
static enum pur_rc
send_identity(struct pur_req *rq, const struct pur_datum *roles)
{
	size_t route = (size_t)(rq->path.route - rq->program->res->routes);
	const struct pur_program *p = rq->program;
	bool by_scope = rq->credential.key && !rq->list.view.deleted;
	struct pur_datum binds[] = { pur_datum_uuid(&rq->credential.tenant),
				     { (const char *)rq->credential.hash, PUR_TOKEN_HASH },
				     by_scope ? p->scopes[route] : *roles };
	enum pur_rc rc;

	if (roles->data != NULL && !rq->authenticated)
		rc = send_authenticate(rq, binds);
	else if (rq->authenticated || rq->entered)
		rc = send_enter(rq);
	else
		return PUR_OK;
	return rc == PUR_OK ? send_origin(rq) : rc;
}

enum pur_rc
pur_batch_begin(struct pur_req *rq)
{
	size_t route = (size_t)(rq->path.route - rq->program->res->routes);
	const struct pur_program *p = rq->program;
	bool deleted = rq->list.view.deleted; /* for leaders; no scope has a role's name */
	enum pur_rc rc;

	if (rq->in_batch)
		return PUR_OK;
	rc = rq->snapshot ? pur_db_begin_snapshot(rq->db, rq->arena)
	     : rq->looks  ? pur_db_begin_undoable(rq->db, rq->arena)
			  : pur_db_begin(rq->db, rq->arena);
	if (rc == PUR_OK)
		rc = send_identity(rq, deleted ? &p->leaders : &p->roles[route]);
	if (rc == PUR_OK && pur_route_lists(rq->program->res, rq->path.route) &&
	    strcmp(rq->conf->transaction, "implicit") == 0)
		rc = pur_db_send(rq->db, &plan_auto, NULL, NULL);
	rq->in_batch = rc == PUR_OK;
	return rc == PUR_OK ? PUR_OK : pur_batch_failed(rq, rc);
}

enum pur_rc
pur_batch_failed(struct pur_req *rq, enum pur_rc rc)
{
	rq->in_batch = false;
	/* Where the credential was good and a later statement failed, that much is known. */
	pur_batch_learn(rq);
	return pur_answer_db_error(rq, rc);
}

void
pur_batch_learn(struct pur_req *rq)
{
	if (rq->auth == NULL || rq->authenticated)
		return;
	rq->authenticated = true;
	(void)!pur_row_uuid(rq->auth, 0, "user_id", &rq->user);
	(void)!pur_row_uuid(rq->auth, 0, "session_id", &rq->session);
	(void)!pur_row_bool(rq->auth, 0, "touch", &rq->touch);
	rq->role = pur_row_text(rq->auth, 0, "role");
	rq->currency = pur_row_text(rq->auth, 0, "currency");
}

struct pur_uuid
pur_new_id(const struct pur_req *rq)
{
	return rq->input.id;
}

struct pur_arena *
pur_arena_of(const struct pur_req *rq)
{
	return rq->arena;
}

const struct pur_conf *
pur_conf_of(const struct pur_req *rq)
{
	return rq->conf;
}

const char *
pur_role(const struct pur_req *rq)
{
	return rq->role != NULL ? rq->role : "";
}

enum pur_rc
pur_refused(const struct pur_req *rq)
{
	return rq->error.rc;
}

enum pur_rc
pur_refuse_instead(struct pur_req *rq, enum pur_rc rc, const char *message)
{
	rq->error.rc = PUR_OK;
	return pur_error_set(&rq->error, rq->arena, rc, "%s", message);
}

const struct pur_value *
pur_body(const struct pur_req *rq, const char *name)
{
	int f = rq->input.body != NULL ? pur_field_find(rq->input.fields, name, strlen(name)) : -1;

	return f >= 0 ? &rq->input.body[f] : NULL;
}

static void
set(struct pur_req *rq, const char *name, struct pur_value value)
{
	struct pur_slot *s = pur_alloc(rq->arena, sizeof(*s));

	if (s == NULL)
		return; /* the arena remembers, and the request ends with 413 */
	*s = (struct pur_slot){ .next = rq->input.slots, .name = name, .value = value };
	rq->input.slots = s;
}

void
pur_set_text(struct pur_req *rq, const char *name, const char *text)
{
	set(rq, name,
	    (struct pur_value){ .type = PUR_TEXT,
				.null = text == NULL,
				.s = text,
				.len = text != NULL ? strlen(text) : 0 });
}

void
pur_set_bytes(struct pur_req *rq, const char *name, const void *data, size_t len)
{
	set(rq, name, (struct pur_value){ .type = PUR_BYTES, .s = data, .len = len });
}

void
pur_set_uuid(struct pur_req *rq, const char *name, const struct pur_uuid *id)
{
	set(rq, name, (struct pur_value){ .type = PUR_UUID, .uuid = *id });
}

void
pur_set_int(struct pur_req *rq, const char *name, int64_t n)
{
	set(rq, name, (struct pur_value){ .type = PUR_INT, .i = n });
}

/* A statement as it is, or as the request wants to see its rows. */
static enum pur_rc
bind(struct pur_req *rq, struct pur_bound *s, struct pur_step *out)
{
	struct pur_shape shape = { .a = rq->arena };
	enum pur_rc rc;

	if (!pur_view_differs(&rq->list.view) || strstr(s->id_text, "{include}") == NULL)
		return pur_bind(rq->arena, s, &rq->input, &out->query, &out->binds);
	rc = pur_shape_begin(&shape, s, &rq->input, &rq->list.view, "");
	return pur_shape_end(&shape, rq->db, rc, out);
}

enum pur_rc
pur_do(struct pur_req *rq, int stmt)
{
	struct pur_bound *s = &rq->program->stmts[stmt];
	struct pur_step step;
	enum pur_rc rc = bind(rq, s, &step);

	if (rc != PUR_OK)
		return pur_refuse(rq, rc);
	rq->sent[stmt] = step.query;
	rc = pur_batch_begin(rq);
	if (rc != PUR_OK)
		return rc;
	rc = pur_db_send(rq->db, step.query, step.binds, &rq->results[stmt]);
	return rc == PUR_OK ? PUR_OK : pur_batch_failed(rq, rc);
}

enum pur_rc
pur_wait(struct pur_req *rq)
{
	enum pur_rc rc = pur_batch_begin(rq);

	if (rc != PUR_OK)
		return rc;
	rc = pur_db_flush(rq->db);
	if (rc != PUR_OK)
		return pur_batch_failed(rq, rc);
	pur_batch_learn(rq);
	return PUR_OK;
}

enum pur_rc
pur_commit(struct pur_req *rq)
{
	enum pur_rc rc = rq->in_batch ? pur_db_commit(rq->db) : PUR_OK;

	rq->in_batch = false;
	if (rc != PUR_OK)
		return pur_batch_failed(rq, rc);
	pur_batch_learn(rq);
	return PUR_OK;
}

const PGresult *
pur_rows(const struct pur_req *rq, int stmt)
{
	return rq->results[stmt];
}

void
pur_enter(struct pur_req *rq, const struct pur_uuid *tenant, const struct pur_uuid *user)
{
	rq->input.tenant = *tenant;
	rq->user = user != NULL ? *user : (struct pur_uuid){ { 0 } };
	rq->entered = true;
}

const struct pur_uuid *
pur_tenant(const struct pur_req *rq)
{
	return &rq->input.tenant;
}

enum pur_rc
pur_enqueue(struct pur_req *rq, const struct pur_job *job)
{
	enum pur_rc rc = pur_batch_begin(rq);

	if (rc != PUR_OK)
		return rc;
	rc = pur_job_send(rq->arena, rq->db, &rq->input, job);
	return rc == PUR_OK ? PUR_OK : pur_batch_failed(rq, rc);
}

enum pur_rc
pur_move(struct pur_req *rq, const struct pur_uuid *tenant, const struct pur_uuid *user)
{
	bool in_batch = rq->in_batch;
	enum pur_rc rc;

	pur_enter(rq, tenant, user);
	if (!in_batch)
		return pur_batch_begin(rq);
	rc = send_enter(rq);
	return rc == PUR_OK ? PUR_OK : pur_batch_failed(rq, rc);
}

enum pur_rc
pur_record(struct pur_req *rq, const struct pur_uuid *object)
{
	struct pur_event e = { .kind = rq->path.route->event, .object = *object };
	enum pur_rc rc = pur_event_send(rq->arena, rq->db, &rq->input, &e);

	return rc == PUR_OK ? pur_wait(rq) : pur_batch_failed(rq, rc);
}

const struct pur_uuid *
pur_actor(const struct pur_req *rq)
{
	return &rq->user;
}

void
pur_show(struct pur_req *rq, const char *name, const char *text)
{
	rq->shown_name = name;
	rq->shown = text;
}

void
pur_object(struct pur_req *rq, const struct pur_uuid *id)
{
	rq->object = *id;
	rq->has_object = true;
}

enum pur_rc
pur_answer(struct pur_req *rq, int stmt)
{
	int guard = rq->path.route->guard;

	if (rq->program->res->stmts[stmt].expect == PUR_ONE &&
	    pur_rows_count(rq->results[stmt]) == 0)
		return pur_answer_guard(rq, guard != 0 ? rq->results[guard] : NULL);
	return pur_answer_make(rq, stmt);
}

enum pur_rc
pur_respond(struct pur_req *rq, int stmt)
{
	enum pur_rc rc = pur_do(rq, stmt);

	if (rc == PUR_OK)
		rc = pur_wait(rq);
	return rc == PUR_OK ? pur_answer(rq, stmt) : rc;
}

struct pur_buf *
pur_answer_begin(struct pur_req *rq)
{
	pur_buf_reset(&rq->reply.body);
	rq->reply.status = pur_answer_status(rq->path.route);
	rq->reply.cache = pur_answer_cache(rq->path.route);
	if (rq->reply.status == 201)
		pur_answer_created(rq);
	return &rq->reply.body;
}

void
pur_set_cookie(struct pur_req *rq, const char *token, long seconds)
{
	const char *value =
	    pur_sprintf(rq->arena, "%s=%s; Max-Age=%ld; Path=/; Secure; HttpOnly; SameSite=Lax",
			rq->conf->cookie_name, token, seconds);

	if (value != NULL)
		pur_reply_header(&rq->reply, "Set-Cookie", value);
}

enum pur_rc
pur_fail(struct pur_req *rq, enum pur_rc rc, const char *message, ...)
{
	char *text = NULL;
	va_list ap;

	if (message != NULL) {
		va_start(ap, message);
		text = pur_vsprintf(rq->arena, message, ap);
		va_end(ap);
	}
	return pur_error_set(&rq->error, rq->arena, rc, text != NULL ? "%s" : NULL, text);
}

void
pur_fault(struct pur_req *rq, const char *field, const char *message, ...)
{
	char *text;
	va_list ap;

	va_start(ap, message);
	text = pur_vsprintf(rq->arena, message, ap);
	va_end(ap);
	pur_error_detail(&rq->error, rq->arena, field, "%s", text != NULL ? text : "");
}
