/*
 * Tests of action: what handlers' code may do, and the batch it shares with the library: who is
 * asked for, what is sent, and what is known when.
 */
#include "action.h"
#include "fake_db.h"
#include "log.h"

#include <sodium.h>

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"
#define USER_ID "01890a5d-ac96-774b-bcce-b302099a0001"
#define SESSION_ID "01890a5d-ac96-774b-bcce-b302099a0002"

enum { LIST = 1, GET, ALL, GUARD };

static const struct pur_field owner_fields[] = { { .name = "id", .type = PUR_INT },
						 { .name = NULL } };

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_INT, .flags = PUR_READONLY },
	{ .name = "name", .type = PUR_TEXT },
	{ .name = "pin", .type = PUR_TEXT },
	{ .name = "owner",
	  .type = PUR_OBJECT,
	  .flags = PUR_READONLY,
	  .of = owner_fields,
	  .include = "(SELECT 1)" },
	{ .name = NULL },
};

static const struct pur_stmt stmts[] = {
	[LIST] = { PUR_LIST, "@tenant", "SELECT id{include} FROM t WHERE {active}" },
	[GET] = { PUR_ONE, "@tenant =n:int", "SELECT id{include} FROM t" },
	[ALL] = { PUR_MANY, "@tenant", "SELECT id FROM t" },
	[GUARD] = { PUR_ONE, "@tenant", "SELECT id, status FROM t" },
};

static enum pur_rc
act(struct pur_req *rq)
{
	(void)rq;
	return PUR_OK;
}

enum { R_LIST, R_ACT, R_PUBLIC, R_CREATE, R_GUARDED, R_LATER, R_STEP_UP };

static const struct pur_route routes[] = {
	[R_LIST] = { PUR_GET, "/things", "things:read", .stmts = { LIST }, .summary = "List" },
	[R_ACT] = { PUR_POST, "/things/act", "things:write", .run = act, .summary = "Act" },
	[R_PUBLIC] = { PUR_POST, "/login", PUR_PUBLIC, .run = act, .summary = "Log in" },
	[R_CREATE] = { PUR_POST, "/things", "things:write", .run = act, .effect = PUR_CREATES,
		       .summary = "Create" },
	[R_GUARDED] = { PUR_POST, "/things/{ref}/move", "things:write", .run = act, .guard = GUARD,
			.from = "new", .to = "old", .summary = "Move" },
	[R_LATER] = { PUR_POST, "/things/later", "things:write", .run = act, .effect = PUR_ACCEPTS,
		      .summary = "Act later" },
	[R_STEP_UP] = { PUR_DELETE, "/things/{ref}", "things:write", .run = act,
			.flags = PUR_STEP_UP, .effect = PUR_DELETES, .summary = "Delete" },
	{ PUR_METHOD_UNKNOWN },
};

static const struct pur_resource things = { .program = "things",
					    .title = "Thing",
					    .fields = fields,
					    .stmts = stmts,
					    .n_stmts = PUR_COUNT(stmts),
					    .routes = routes };

static const struct pur_program *program;
static const struct pur_conf conf = { .cookie_name = "__Host-purser",
				      .transaction = "implicit",
				      .proof_lifetime = 600 };
static struct pur_req rq;

static int
start(void **state)
{
	char message[256];

	if (sodium_init() < 0 || pur_log_open("test", "/dev/null", PUR_ERROR) != 0)
		return -1;
	program = pur_program_new(&things, message, sizeof(message));
	return program == NULL ? -1 : new_arena(state);
}

static int
setup(void **state)
{
	fake_reset();
	return reset_arena(state);
}

static int
teardown(void **state)
{
	(void)state;
	fake_reset();
	pur_buf_free(&rq.reply.body);
	pur_buf_free(&rq.reply.headers);
	memset(&rq, 0, sizeof(rq));
	return 0;
}

/* A request for a route, as it is when its input was judged. */
static void
request(struct pur_arena *a, int route)
{
	struct pur_reply reply = rq.reply;

	pur_reply_reset(&reply);
	rq = (struct pur_req){ .conf = &conf,
			       .program = program,
			       .arena = a,
			       .version = 1,
			       .in = { .path = "/api/v1/things", .request_id = "r-1" },
			       .path = { .route = &routes[route] },
			       .list = { .page = 1, .per_page = 10 },
			       .reply = reply };
	rq.input.route = &routes[route];
	rq.input.path = &rq.path;
	rq.input.id = uuid_of(ID);
	rq.results = pur_calloc(a, PUR_COUNT(stmts) + 1, sizeof(rq.results[0]));
	rq.sent = pur_calloc(a, PUR_COUNT(stmts) + 1, sizeof(rq.sent[0]));
	assert_true(rq.results != NULL && rq.sent != NULL);
}

static PGresult *
rows(int n)
{
	PGresult *r = new_result(&(struct column){ "id", PUR_OID_INT8 }, 1);

	for (int i = 0; i < n; i++)
		set_int8(r, i, 0, i);
	return r;
}

/* ---- the batch ---- */

static void
test_a_batch_begins_with_who_it_is(void **state)
{
	request(*state, R_ACT);
	STATEMENT_GIVES("authenticate", logged_in_as("admin"));
	assert_string_equal(pur_role(&rq), ""); /* nobody, as far as anybody knows */
	assert_int_equal(pur_do(&rq, ALL), PUR_OK);
	assert_int_equal(pur_do(&rq, ALL), PUR_OK);
	assert_string_equal(pur_role(&rq), "");
	assert_int_equal(pur_wait(&rq), PUR_OK);
	assert_done("begin authenticate s3 s3 flush");
	assert_string_equal(pur_role(&rq), "admin");
	assert_string_equal(rq.currency, "EUR");
	assert_memory_equal(rq.user.b, uuid_of(USER_ID).b, 16);
	assert_int_equal(pur_commit(&rq), PUR_OK);
	assert_int_equal(pur_commit(&rq), PUR_OK); /* there is none */
	assert_done("commit");
}

/* It isn't asked twice; a second batch enters as whoever it was. */
static void
test_a_second_batch_is_of_the_same_person(void **state)
{
	request(*state, R_ACT);
	STATEMENT_GIVES("authenticate", logged_in_as("admin"));
	assert_int_equal(pur_do(&rq, ALL), PUR_OK);
	assert_int_equal(pur_commit(&rq), PUR_OK);
	assert_int_equal(pur_do(&rq, ALL), PUR_OK);
	assert_int_equal(pur_commit(&rq), PUR_OK);
	assert_done("begin authenticate s3 commit begin enter s3 commit");
	assert_string_equal(fake.entered, USER_ID "  " SESSION_ID);
}

/* A key is asked for by scopes; it is nobody, and a second batch still knows which key it was. */
static void
test_a_batch_of_a_key(void **state)
{
	request(*state, R_ACT);
	rq.credential.key = true;
	STATEMENT_GIVES("authenticate_key", let_in_by_key());
	assert_int_equal(pur_do(&rq, ALL), PUR_OK);
	assert_int_equal(pur_commit(&rq), PUR_OK);
	assert_memory_equal(fake.roles.data, program->scopes[R_ACT].data,
			    program->scopes[R_ACT].len);
	assert_string_equal(pur_role(&rq), "");
	assert_string_equal(rq.currency, "EUR");
	assert_int_equal(pur_do(&rq, ALL), PUR_OK);
	assert_int_equal(pur_commit(&rq), PUR_OK);
	assert_done("begin authenticate_key s3 commit begin enter s3 commit");
	assert_string_equal(fake.entered, " " SESSION_ID " ");
}

/* How long ago the proof may be, as require_proof was told. */
static void
see_proof(const struct pur_query *q, const struct pur_datum *binds)
{
	if (strcmp(q->name, "require_proof") == 0)
		assert_memory_equal(binds[1].data, "\0\0\0\0\0\0\2\x58", 8);
}

/* A fresh proof is asked for once, behind who it is and before all else. */
static void
test_a_batch_that_takes_a_fresh_proof(void **state)
{
	request(*state, R_STEP_UP);
	fake.saw = see_proof;
	STATEMENT_GIVES("authenticate", logged_in_as("admin"));
	assert_int_equal(pur_do(&rq, ALL), PUR_OK);
	assert_int_equal(pur_commit(&rq), PUR_OK);
	assert_int_equal(pur_do(&rq, ALL), PUR_OK);
	assert_int_equal(pur_commit(&rq), PUR_OK);
	assert_done("begin authenticate require_proof s3 commit begin enter s3 commit");
}

static void
test_a_proof_that_is_too_old(void **state)
{
	request(*state, R_STEP_UP);
	STATEMENT_GIVES("authenticate", logged_in_as("admin"));
	STATEMENT_FAILS("require_proof", .rc = PUR_ESTEPUP);
	assert_int_equal(pur_do(&rq, ALL), PUR_OK);
	assert_int_equal(pur_commit(&rq), PUR_ESTEPUP);
	assert_int_equal(rq.error.rc, PUR_ESTEPUP);
}

static void
test_a_batch_in_one_snapshot(void **state)
{
	request(*state, R_LIST);
	rq.snapshot = rq.looks = true;
	STATEMENT_GIVES("authenticate", logged_in_as("admin"));
	assert_int_equal(pur_wait(&rq), PUR_OK);
	assert_done("begin snapshot authenticate plan_auto flush");
}

static void
test_what_is_shown(void **state)
{
	request(*state, R_ACT);
	rq.input.tenant = uuid_of(ID);
	assert_memory_equal(pur_tenant(&rq), uuid_of(ID).b, 16);
	pur_show(&rq, "key", "secret");
	assert_string_equal(rq.shown_name, "key");
	assert_string_equal(rq.shown, "secret");
}

static void
test_what_code_enters(void **state)
{
	struct pur_uuid tenant = uuid_of(ID), user = uuid_of(USER_ID);

	request(*state, R_PUBLIC);
	assert_int_equal(pur_do(&rq, ALL), PUR_OK);
	assert_int_equal(pur_commit(&rq), PUR_OK);
	assert_done("begin s3 commit");
	pur_enter(&rq, &tenant, &user);
	assert_int_equal(pur_do(&rq, ALL), PUR_OK);
	assert_done("begin enter s3");
	assert_memory_equal(rq.input.tenant.b, tenant.b, 16);
	assert_memory_equal(rq.user.b, user.b, 16);
	pur_enter(&rq, &tenant, NULL);
	assert_int_equal(rq.user.b[0], 0);
}

static void
test_a_batch_that_may_be_taken_back(void **state)
{
	request(*state, R_ACT);
	rq.looks = true;
	STATEMENT_GIVES("authenticate", logged_in_as("owner"));
	assert_int_equal(pur_wait(&rq), PUR_OK);
	assert_done("begin undoable authenticate flush");
}

static void
test_who_is_refused_is_nobody(void **state)
{
	request(*state, R_ACT);
	STATEMENT_FAILS("authenticate", .rc = PUR_EFORBIDDEN);
	assert_int_equal(pur_wait(&rq), PUR_EFORBIDDEN);
	assert_int_equal(pur_refused(&rq), PUR_EFORBIDDEN);
	assert_false(rq.authenticated || rq.in_batch);
	assert_string_equal(pur_role(&rq), "");
}

/* A statement that fails ends the batch; but that somebody was who they said is known then. */
static void
test_a_statement_that_fails(void **state)
{
	request(*state, R_ACT);
	STATEMENT_GIVES("authenticate", logged_in_as("owner"));
	STATEMENT_FAILS("s3", .rc = PUR_EDUPLICATE);
	assert_int_equal(pur_do(&rq, ALL), PUR_OK);
	assert_int_equal(pur_wait(&rq), PUR_EDUPLICATE);
	assert_true(rq.authenticated);
	assert_false(rq.in_batch);
	assert_string_equal(pur_role(&rq), "owner");
}

/* ---- who sees what is deleted ---- */

static void
test_what_is_deleted_is_for_owners_and_admins(void **state)
{
	request(*state, R_LIST);
	rq.list.view.deleted = true;
	STATEMENT_GIVES("authenticate", logged_in_as("admin"));
	assert_int_equal(pur_wait(&rq), PUR_OK);
	assert_done("begin authenticate plan_auto flush");
	ASSERT_BYTES(&fake.roles, WORD("\1") WORD("\0") WORD("\x19") WORD("\2") WORD("\1")
				      WORD("\5") "owner" WORD("\5") "admin");
	request(*state, R_LIST);
	assert_int_equal(pur_wait(&rq), PUR_OK);
	assert_int_equal(fake.roles.data[15], 6); /* everybody */
}

/* ---- statements ---- */

static void
test_a_statement_as_the_request_wants_to_see_it(void **state)
{
	request(*state, R_LIST);
	assert_int_equal(pur_do(&rq, GET), PUR_OK);
	assert_ptr_equal(rq.sent[GET], &program->stmts[GET].by_id);
	rq.list.view.includes[rq.list.view.n_includes++] = &fields[3];
	STATEMENT_GIVES("s3", rows(2));
	assert_int_equal(pur_do(&rq, GET), PUR_OK);
	assert_string_equal(rq.sent[GET]->sql, "SELECT id, (SELECT 1) AS owner FROM t");
	STATEMENT_GIVES(rq.sent[GET]->name, rows(1));
	/* A statement that has no place for it is sent as it is. */
	assert_int_equal(pur_do(&rq, ALL), PUR_OK);
	assert_ptr_equal(rq.sent[ALL], &program->stmts[ALL].by_id);
	assert_int_equal(pur_wait(&rq), PUR_OK);
	assert_int_equal(PQntuples(pur_rows(&rq, ALL)), 2);
	assert_int_equal(PQntuples(pur_rows(&rq, GET)), 1);
	assert_null(pur_rows(&rq, LIST));
}

static void
test_arguments_by_name(void **state)
{
	struct pur_uuid id = uuid_of(ID), again;
	const struct pur_slot *s;

	request(*state, R_ACT);
	pur_set_int(&rq, "n", 1);
	pur_set_int(&rq, "n", 2);
	pur_set_text(&rq, "text", "say");
	pur_set_text(&rq, "none", NULL);
	pur_set_bytes(&rq, "bytes", "\0\1", 2);
	pur_set_uuid(&rq, "id", &id);
	s = rq.input.slots;
	assert_string_equal(s->name, "id");
	assert_memory_equal(s->value.uuid.b, id.b, 16);
	s = s->next;
	assert_int_equal(s->value.type, PUR_BYTES);
	assert_int_equal(s->value.len, 2);
	s = s->next;
	assert_true(s->value.null);
	s = s->next;
	assert_string_equal(s->value.s, "say");
	assert_int_equal(s->value.len, 3);
	s = s->next;
	assert_int_equal(s->value.i, 2); /* the last is found first */
	again = pur_new_id(&rq);
	assert_memory_equal(again.b, id.b, 16);
	assert_ptr_equal(pur_arena_of(&rq), *state);
	assert_ptr_equal(pur_conf_of(&rq), &conf);
}

static void
test_fields_of_the_body(void **state)
{
	static const struct pur_value body[] = { NOTHING, TEXT("Ada"), NOTHING, NOTHING };

	request(*state, R_ACT);
	assert_null(pur_body(&rq, "name"));
	rq.input.fields = fields;
	rq.input.body = body;
	assert_ptr_equal(pur_body(&rq, "name"), &body[1]);
	assert_null(pur_body(&rq, "nam"));
}

/* ---- what is left behind ---- */

static void
test_a_job_is_of_the_batch(void **state)
{
	static const struct pur_job job = { .kind = "k", .payload = "{}" };

	request(*state, R_ACT);
	STATEMENT_GIVES("authenticate", logged_in_as("admin"));
	assert_int_equal(pur_enqueue(&rq, &job), PUR_OK);
	assert_int_equal(pur_do(&rq, ALL), PUR_OK);
	assert_int_equal(pur_enqueue(&rq, &job), PUR_OK);
	assert_int_equal(pur_wait(&rq), PUR_OK);
	assert_done("begin authenticate enqueue s3 enqueue flush");
	STATEMENT_FAILS("enqueue", .rc = PUR_EUNAVAILABLE);
	assert_int_equal(pur_enqueue(&rq, &job), PUR_OK);
	assert_int_equal(pur_wait(&rq), PUR_EUNAVAILABLE);
	assert_int_equal(pur_refused(&rq), PUR_EUNAVAILABLE);
}

/* Each event in its tenant: the setting goes before it, and it is waited for. */
static void
test_events_in_several_tenants(void **state)
{
	struct pur_uuid tenants[] = { uuid_of(ID), uuid_of(SESSION_ID) }, user = uuid_of(USER_ID);

	request(*state, R_PUBLIC);
	for (size_t i = 0; i < N_OF(tenants); i++) {
		assert_int_equal(pur_move(&rq, &tenants[i], &user), PUR_OK);
		assert_memory_equal(rq.input.tenant.b, tenants[i].b, 16);
		assert_string_equal(fake.entered, USER_ID "  ");
		assert_int_equal(pur_record(&rq, &user), PUR_OK);
	}
	assert_done("begin enter record flush enter record flush");
	STATEMENT_FAILS("record", .rc = PUR_EUNAVAILABLE);
	assert_int_equal(pur_record(&rq, &user), PUR_EUNAVAILABLE);
}

/* ---- answers ---- */

static void
test_an_answer_of_rows(void **state)
{
	request(*state, R_ACT);
	STATEMENT_GIVES("s2", rows(1));
	STATEMENT_GIVES("s3", rows(0));
	assert_int_equal(pur_do(&rq, GET), PUR_OK);
	assert_int_equal(pur_do(&rq, ALL), PUR_OK);
	assert_int_equal(pur_wait(&rq), PUR_OK);
	assert_int_equal(pur_answer(&rq, GET), PUR_OK);
	assert_written(&rq.reply.body, "{\"data\":{\"id\":0}}");
	assert_int_equal(rq.answer, GET);
	/* Of any number of rows none is one. */
	assert_int_equal(pur_answer(&rq, ALL), PUR_OK);
	assert_written(&rq.reply.body, "{\"data\":[]}");
}

static void
test_an_answer_without_its_row(void **state)
{
	static const struct column columns[] = { { "id", PUR_OID_INT8 },
						 { "status", PUR_OID_TEXT } };
	PGresult *guard = new_result(columns, N_OF(columns));

	request(*state, R_ACT); /* nothing tells why */
	assert_int_equal(pur_do(&rq, GET), PUR_OK);
	assert_int_equal(pur_wait(&rq), PUR_OK);
	assert_int_equal(pur_answer(&rq, GET), PUR_ENOTFOUND);
	assert_int_equal(pur_refused(&rq), PUR_ENOTFOUND);
	set_int8(guard, 0, 0, 1);
	set_text(guard, 0, 1, "old");
	STATEMENT_GIVES("s4", guard);
	request(*state, R_GUARDED); /* the guard does */
	assert_int_equal(pur_do(&rq, GET), PUR_OK);
	assert_int_equal(pur_do(&rq, GUARD), PUR_OK);
	assert_int_equal(pur_wait(&rq), PUR_OK);
	assert_int_equal(pur_answer(&rq, GET), PUR_ETRANSITION);
	assert_string_equal(rq.error.message, "Thing is old; that can only be done when new");
}

static void
test_an_answer_by_hand(void **state)
{
	request(*state, R_CREATE);
	pur_buf_puts(&rq.reply.body, "what stood there before");
	pur_buf_puts(pur_answer_begin(&rq), "{}");
	assert_written(&rq.reply.body, "{}");
	assert_int_equal(rq.reply.status, 201);
	assert_string_equal(rq.reply.location, "/api/v1/things/" ID);
	request(*state, R_ACT);
	pur_answer_begin(&rq);
	assert_int_equal(rq.reply.status, 200);
	assert_null(rq.reply.location);
	request(*state, R_LATER);
	pur_answer_begin(&rq);
	assert_int_equal(rq.reply.status, 202);
	assert_null(rq.reply.location);
}

static void
test_what_the_event_is_about(void **state)
{
	struct pur_uuid id = uuid_of(ID);

	request(*state, R_ACT);
	assert_false(rq.has_object);
	pur_object(&rq, &id);
	assert_true(rq.has_object);
	assert_memory_equal(rq.object.b, id.b, 16);
}

static void
test_cookies(void **state)
{
	request(*state, R_ACT);
	pur_set_cookie(&rq, "ps_x", 60);
	assert_written(&rq.reply.headers, "Set-Cookie: __Host-purser=ps_x; Max-Age=60; Path=/; "
					  "Secure; HttpOnly; SameSite=Lax\r\n");
}

static void
test_refusals(void **state)
{
	request(*state, R_ACT);
	pur_fault(&rq, "name", "Must be %d of %s", 7, "%s");
	pur_fault(&rq, "pin", "Is wrong");
	assert_int_equal(pur_refused(&rq), PUR_OK);
	assert_int_equal(pur_fail(&rq, PUR_EBODY, "It %s", "%d"), PUR_EBODY);
	assert_string_equal(rq.error.message, "It %d"); /* words, not a format */
	assert_details(&rq.error, "name: Must be 7 of %s\npin: Is wrong");
	assert_int_equal(pur_fail(&rq, PUR_ERULE, NULL), PUR_EBODY); /* the first one stays */
	request(*state, R_ACT);
	assert_int_equal(pur_fail(&rq, PUR_ELASTOWNER, NULL), PUR_ELASTOWNER);
	assert_null(rq.error.message);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_batch_begins_with_who_it_is),
		TEST(test_a_second_batch_is_of_the_same_person),
		TEST(test_a_batch_of_a_key),
		TEST(test_a_batch_in_one_snapshot),
		TEST(test_what_is_shown),
		TEST(test_what_code_enters),
		TEST(test_a_batch_that_takes_a_fresh_proof),
		TEST(test_a_proof_that_is_too_old),
		TEST(test_a_batch_that_may_be_taken_back),
		TEST(test_who_is_refused_is_nobody),
		TEST(test_a_statement_that_fails),
		TEST(test_what_is_deleted_is_for_owners_and_admins),
		TEST(test_a_statement_as_the_request_wants_to_see_it),
		TEST(test_arguments_by_name),
		TEST(test_fields_of_the_body),
		TEST(test_a_job_is_of_the_batch),
		TEST(test_events_in_several_tenants),
		TEST(test_an_answer_of_rows),
		TEST(test_an_answer_without_its_row),
		TEST(test_an_answer_by_hand),
		TEST(test_what_the_event_is_about),
		TEST(test_cookies),
		TEST(test_refusals),
	};

	return cmocka_run_group_tests(tests, start, free_arena);
}
