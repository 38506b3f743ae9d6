/*
 * Tests of request: what is sent to the database for each kind of request, in which order what came
 * back decides, and what is left when it is refused.
 */
#include "action.h"
#include "fake_db.h"
#include "log.h"
#include "request.h"
#include "row.h"

#include <sodium.h>

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"

enum { LIST = 1, GET, CREATE, EXTRA, MOVE, WHY };

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_INT, .flags = PUR_READONLY },
	{ .name = "name", .type = PUR_TEXT },
	{ .name = "price", .type = PUR_MONEY },
	{ .name = "client_id", .type = PUR_UUID, .refers = "clients" },
	{ .name = NULL },
};

static const struct pur_stmt stmts[] = {
	[LIST] = { PUR_LIST, "@tenant", "SELECT id FROM t WHERE {active}" },
	[GET] = { PUR_ONE, "@tenant", "SELECT id, status, revision AS _revision FROM t" },
	[CREATE] = { PUR_ONE, "@tenant @id", "INSERT" },
	[EXTRA] = { PUR_EXEC, "@tenant @id", "INSERT" },
	[MOVE] = { PUR_ONE, "@tenant /ref @match @from @to", "UPDATE" },
	[WHY] = { PUR_MANY, "@tenant", "SELECT why" },
};

/* What the code of a route did, and does. */
static struct {
	int checked, explained;
	enum pur_rc check;
} code;

static enum pur_rc
check(struct pur_req *rq)
{
	code.checked++;
	return code.check == PUR_OK ? PUR_OK : pur_fail(rq, code.check, "Checked");
}

static enum pur_rc
explain(struct pur_req *rq)
{
	enum pur_rc rc = pur_refused(rq);

	code.explained++;
	if (pur_do(rq, WHY) != PUR_OK || pur_commit(rq) != PUR_OK)
		return rc;
	pur_fault(rq, "name", "%d reasons", pur_rows_count(pur_rows(rq, WHY)));
	return rc;
}

static enum pur_rc
act(struct pur_req *rq)
{
	enum pur_rc rc = pur_do(rq, GET);

	if (rc == PUR_OK)
		rc = pur_wait(rq);
	return rc == PUR_OK ? pur_answer(rq, GET) : rc;
}

static const struct pur_route routes[] = {
	{ PUR_GET, "/things", "things:read", .stmts = { LIST }, .summary = "List" },
	{ PUR_GET, "/things/{ref}", "things:read", .stmts = { GET }, .summary = "Get" },
	{ PUR_POST, "/things", "things:write", .stmts = { CREATE, EXTRA }, .effect = PUR_CREATES,
	  .check = NULL, .event = "thing.created", .summary = "Create" },
	{ PUR_POST, "/checked", "things:write", .stmts = { CREATE }, .effect = PUR_CREATES,
	  .check = check, .explain = explain, .event = "thing.created", .summary = "Create" },
	{ PUR_POST, "/things/{ref}/move", "things:write", .stmts = { MOVE }, .guard = GET,
	  .check = check, .body = fields, .from = "new", .to = "old", .event = "thing.moved",
	  .summary = "Move" },
	{ PUR_POST, "/things/{ref}/restore", "things:write", .stmts = { GET },
	  .effect = PUR_RESTORES, .event = "thing.restored", .summary = "Restore" },
	{ PUR_POST, "/act", "things:write", .run = act, .event = "thing.acted", .summary = "Act",
	  .retired = { "2026-11-01T00:00:00Z", "2027-11-01T00:00:00Z", "/api/v1/things" } },
	{ PUR_METHOD_UNKNOWN },
};

static const struct pur_resource things = { .program = "things",
					    .title = "Thing",
					    .fields = fields,
					    .stmts = stmts,
					    .n_stmts = PUR_COUNT(stmts),
					    .routes = routes };

static const struct pur_conf conf = { .cookie_name = "__Host-purser",
				      .transaction = "implicit",
				      .public_url = "https://localhost:8443" };
static const struct pur_program *program;
static char bearer[PUR_TOKEN_TEXT + 8];
static struct pur_req rq;

static int
start(void **state)
{
	struct pur_uuid tenant = pur_uuid_new();
	unsigned char hash[PUR_TOKEN_HASH];
	char message[256], token[PUR_TOKEN_TEXT + 1];

	if (sodium_init() < 0 || pur_log_open("test", "/dev/null", PUR_ERROR) != 0)
		return -1;
	program = pur_program_new(&things, message, sizeof(message));
	pur_token_new(&tenant, token, hash);
	snprintf(bearer, sizeof(bearer), "Bearer %s", token);
	return program == NULL ? -1 : new_arena(state);
}

static int
setup(void **state)
{
	fake_reset();
	memset(&code, 0, sizeof(code));
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

/* Everybody who asks is an admin, unless a test says otherwise first. */
static void
handle(struct pur_arena *a, const char *method, const char *path, const char *query,
       const char *body)
{
	struct pur_reply reply = rq.reply;

	STATEMENT_GIVES("authenticate", logged_in_as("admin"));
	rq = (struct pur_req){ .conf = &conf,
			       .program = program,
			       .arena = a,
			       .in = { .method = method,
				       .path = path,
				       .query = query,
				       .authorization = bearer,
				       .content_type = "application/json",
				       .body = body,
				       .body_len = body != NULL ? strlen(body) : 0,
				       .request_id = "r-1" },
			       .reply = reply };
	pur_request_handle(&rq);
}

static void
assert_error(int status, const char *body)
{
	assert_int_equal(rq.reply.status, status);
	assert_written(&rq.reply.body, body);
}

static PGresult *
rows(int n)
{
	PGresult *r = new_result(&(struct column){ "id", PUR_OID_INT8 }, 1);

	for (int i = 0; i < n; i++)
		set_int8(r, i, 0, i);
	return r;
}

static PGresult *
in_state(const char *status)
{
	static const struct column columns[] = { { "id", PUR_OID_INT8 },
						 { "status", PUR_OID_TEXT } };
	PGresult *r = new_result(columns, N_OF(columns));

	set_int8(r, 0, 0, 7);
	set_text(r, 0, 1, status);
	return r;
}

static PGresult *
a_reference(bool there)
{
	PGresult *r = new_result(&(struct column){ "id", PUR_OID_UUID }, 1);

	if (there)
		set_uuid(r, 0, 0, ID);
	return r;
}

/* The client is the first that this process refers to. */
#define BODY "{\"name\":\"Ada\",\"client_id\":\"" ID "\"}"
#define NO_CLIENT                                                                                  \
	"{\"error\":\"validation_failed\",\"message\":\"Thing could not be created\","             \
	"\"details\":[{\"field\":\"client_id\",\"message\":\"No such client\"}]}"

/* ---- reads ---- */

static void
test_one_thing_in_one_trip(void **state)
{
	STATEMENT_GIVES("s2", in_state("new"));
	handle(*state, "GET", "/api/v1/things/" ID, NULL, NULL);
	assert_done("begin authenticate s2 commit");
	assert_int_equal(rq.reply.status, 200);
	assert_written(&rq.reply.body, "{\"data\":{\"id\":7,\"status\":\"new\","
				       "\"allowed_actions\":[\"move\"]}}");
}

static void
test_no_such_thing(void **state)
{
	handle(*state, "GET", "/api/v1/things/" ID, NULL, NULL);
	assert_done("begin authenticate s2 commit");
	assert_int_equal(rq.reply.status, 404);
}

static void
test_a_list_and_its_total_in_one_trip(void **state)
{
	handle(*state, "GET", "/api/v1/things", "deleted=true", NULL);
	assert_done("begin authenticate plan_auto shape0 shape1 commit");
	assert_int_equal(rq.reply.status, 200);
	assert_int_equal(fake.roles.data[15], 2); /* owner and admin */
}

static void
test_a_wrong_query_is_told_to_those_who_may_ask(void **state)
{
	handle(*state, "GET", "/api/v1/things", "color=red", NULL);
	assert_done("begin authenticate plan_auto commit");
	assert_int_equal(rq.reply.status, 400);
	fake_reset();
	STATEMENT_FAILS("authenticate", .rc = PUR_EAUTH);
	handle(*state, "GET", "/api/v1/things", "color=red", NULL);
	assert_int_equal(rq.reply.status, 401);
}

/* ---- what creates ---- */

static void
test_a_new_thing_in_one_trip(void **state)
{
	STATEMENT_GIVES("s3", rows(1));
	handle(*state, "POST", "/api/v1/things", NULL, "{\"name\":\"Ada\"}");
	assert_done("begin authenticate s3 s4 record commit");
	assert_int_equal(rq.reply.status, 201);
}

static void
test_what_is_referred_to_is_looked_at_first(void **state)
{
	STATEMENT_GIVES("refer0", a_reference(true));
	STATEMENT_GIVES("s3", rows(1));
	handle(*state, "POST", "/api/v1/things", NULL, BODY);
	assert_done("begin undoable authenticate refer_stay refer0 s3 s4 flush record commit");
	assert_int_equal(rq.reply.status, 201);
}

static void
test_a_reference_to_nothing_leaves_nothing(void **state)
{
	STATEMENT_GIVES("refer0", a_reference(false));
	STATEMENT_GIVES("s3", rows(1));
	handle(*state, "POST", "/api/v1/things", NULL, BODY);
	assert_done("begin undoable authenticate refer_stay refer0 s3 s4 flush rollback");
	assert_error(400, NO_CLIENT);
}

/* A foreign key may have noticed it before we did. */
static void
test_a_reference_that_a_key_refuses(void **state)
{
	STATEMENT_GIVES("refer0", a_reference(false));
	STATEMENT_FAILS("s3", .rc = PUR_EINUSE, .constraint = "things_client_id_fkey");
	handle(*state, "POST", "/api/v1/things", NULL, BODY);
	assert_error(400, NO_CLIENT);
}

static void
test_a_rehearsal(void **state)
{
	STATEMENT_GIVES("s3", rows(1));
	handle(*state, "POST", "/api/v1/things", "dry_run=true", "{\"name\":\"Ada\"}");
	assert_done("begin undoable authenticate s3 s4 flush record rehearse");
	assert_int_equal(rq.reply.status, 201);
}

static void
test_money_of_another_currency(void **state)
{
	STATEMENT_GIVES("s3", rows(1));
	handle(*state, "POST", "/api/v2/things", NULL,
	       "{\"price\":{\"amount\":1,\"currency\":\"JPY\"}}");
	assert_done("begin undoable authenticate s3 s4 flush rollback");
	assert_error(400, "{\"error\":\"validation_failed\","
			  "\"message\":\"Thing could not be created\","
			  "\"details\":[{\"field\":\"price\",\"message\":\"Must be in EUR\"}]}");
}

/* ---- what code has to say ---- */

static void
test_a_check_judges_what_statements_gave(void **state)
{
	STATEMENT_GIVES("s3", rows(1));
	handle(*state, "POST", "/api/v1/checked", NULL, "{}");
	assert_done("begin undoable authenticate s3 flush record commit");
	assert_int_equal(rq.reply.status, 201);
	assert_int_equal(code.checked, 1);
	assert_int_equal(code.explained, 0);
	code.check = PUR_ERULE;
	handle(*state, "POST", "/api/v1/checked", NULL, "{}");
	assert_done("begin undoable authenticate s3 flush rollback"
		    " begin undoable enter s6 commit");
	assert_error(422, "{\"error\":\"rule_violated\",\"message\":\"Checked\","
			  "\"details\":[{\"field\":\"name\",\"message\":\"0 reasons\"}]}");
	assert_int_equal(code.explained, 1);
}

/* A thing that isn't there, a reference that isn't, and then the check: it is asked last. */
static void
test_a_check_comes_last(void **state)
{
	handle(*state, "POST", "/api/v1/things/" ID "/move", NULL, BODY);
	assert_done("begin undoable authenticate refer_stay refer0 s5 s2 flush rollback");
	assert_int_equal(rq.reply.status, 404);
	STATEMENT_GIVES("s5", rows(1));
	STATEMENT_GIVES("refer0", a_reference(false));
	handle(*state, "POST", "/api/v1/things/" ID "/move", NULL, BODY);
	assert_int_equal(rq.reply.status, 400);
	assert_int_equal(code.checked, 0);
	STATEMENT_GIVES("refer0", a_reference(true));
	fake.trace[0] = '\0';
	handle(*state, "POST", "/api/v1/things/" ID "/move", NULL, BODY);
	assert_done("begin undoable authenticate refer_stay refer0 s5 s2 flush record commit");
	assert_int_equal(rq.reply.status, 200);
	assert_int_equal(code.checked, 1);
}

static void
test_a_state_that_does_not_allow_it(void **state)
{
	STATEMENT_GIVES("s2", in_state("old"));
	STATEMENT_GIVES("refer0", a_reference(false));
	handle(*state, "POST", "/api/v1/things/" ID "/move", NULL, BODY);
	assert_error(409, "{\"error\":\"invalid_transition\","
			  "\"message\":\"Thing is old; that can only be done when new\","
			  "\"status\":\"old\",\"allowed_actions\":[],\"details\":[]}");
}

static void
test_code_that_answers(void **state)
{
	STATEMENT_GIVES("s2", in_state("new"));
	handle(*state, "POST", "/api/v1/act", NULL, NULL);
	assert_done("begin undoable authenticate s2 flush record commit");
	assert_int_equal(rq.reply.status, 200);
	fake_reset();
	handle(*state, "POST", "/api/v1/act", NULL, NULL);
	assert_done("begin undoable authenticate s2 flush rollback");
	assert_int_equal(rq.reply.status, 404);
}

/* ---- If-Match, where no statement asks for it ---- */

static PGresult *
at_revision(int64_t revision)
{
	static const struct column columns[] = { { "id", PUR_OID_INT8 },
						 { "_revision", PUR_OID_INT8 } };
	PGresult *r = new_result(columns, N_OF(columns));

	set_int8(r, 0, 0, 7);
	set_int8(r, 0, 1, revision);
	return r;
}

static int
match(struct pur_arena *a, const char *method, const char *path, const char *if_match)
{
	struct pur_reply reply = rq.reply;

	STATEMENT_GIVES("authenticate", logged_in_as("admin"));
	rq = (struct pur_req){ .conf = &conf,
			       .program = program,
			       .arena = a,
			       .in = { .method = method,
				       .path = path,
				       .authorization = bearer,
				       .content_type = "application/json",
				       .if_match = if_match,
				       .request_id = "r-1" },
			       .reply = reply };
	pur_request_handle(&rq);
	return rq.reply.status;
}

static void
test_what_an_action_answers_is_held_against_it(void **state)
{
	STATEMENT_GIVES("s2", at_revision(5));
	assert_int_equal(match(*state, "POST", "/api/v1/act", "\"5\""), 200);
	assert_done("begin undoable authenticate s2 flush record commit");
	assert_int_equal(match(*state, "POST", "/api/v1/act", "W/\"5\""), 200);
	assert_int_equal(match(*state, "POST", "/api/v1/act", "*"), 200);
	fake.trace[0] = '\0';
	assert_int_equal(match(*state, "POST", "/api/v1/act", "\"4\""), 412);
	assert_done("begin undoable authenticate s2 flush rollback");
}

static void
test_what_has_no_revision_is_matched_by_none(void **state)
{
	STATEMENT_GIVES("s2", in_state("new"));
	assert_int_equal(match(*state, "POST", "/api/v1/act", "\"1\""), 412);
	assert_int_equal(match(*state, "POST", "/api/v1/act", "*"), 200);
}

/* Undoing a deletion raises the revision by one. */
static void
test_a_restore_is_held_against_what_was_deleted(void **state)
{
	STATEMENT_GIVES("s2", at_revision(5));
	assert_int_equal(match(*state, "POST", "/api/v1/things/" ID "/restore", "\"4\""), 200);
	assert_int_equal(match(*state, "POST", "/api/v1/things/" ID "/restore", "\"5\""), 412);
}

/* Where a statement asks, the row it gave was the right one; what is new has none; reads don't ask.
 */
static void
test_what_is_left_to_others(void **state)
{
	STATEMENT_GIVES("s5", at_revision(5));
	STATEMENT_GIVES("s3", rows(1));
	STATEMENT_GIVES("s2", at_revision(5));
	assert_int_equal(match(*state, "POST", "/api/v1/things/" ID "/move", "\"4\""), 200);
	assert_int_equal(match(*state, "POST", "/api/v1/things", "\"4\""), 201);
	assert_int_equal(match(*state, "GET", "/api/v1/things/" ID, "\"4\""), 200);
}

/* ---- once more ---- */

static void
test_a_deadlock_is_tried_once_more(void **state)
{
	STATEMENT_FAILS("s3", .rc = PUR_ERETRY, .times = 1);
	STATEMENT_GIVES("s3", rows(1));
	handle(*state, "POST", "/api/v1/things", NULL, "{}");
	assert_done("begin authenticate s3 s4 record commit"
		    " begin authenticate s3 s4 record commit");
	assert_int_equal(rq.reply.status, 201);
	fake_reset();
	STATEMENT_FAILS("s3", .rc = PUR_ERETRY);
	handle(*state, "POST", "/api/v1/things", NULL, "{}");
	assert_done("begin authenticate s3 s4 record commit"
		    " begin authenticate s3 s4 record commit");
	assert_int_equal(rq.reply.status, 503);
}

/* What the first try saw says nothing of the second, which may not have seen anything. */
static void
test_a_second_try_forgets_what_the_first_saw(void **state)
{
	STATEMENT_GIVES("refer0", a_reference(false));
	STATEMENT_FAILS("s3", .rc = PUR_ERETRY);
	fake.lost_at = 2;
	handle(*state, "POST", "/api/v1/things", NULL, BODY);
	assert_done("begin undoable authenticate refer_stay refer0 s3 s4 flush begin undoable");
	assert_int_equal(rq.reply.status, 503);
}

/* ---- keys, and lists as files ---- */

static void
handle_with_key(struct pur_arena *a, bool test, const char *method, const char *path,
		const char *body, const char *accept)
{
	struct pur_uuid tenant = pur_uuid_new();
	unsigned char hash[PUR_TOKEN_HASH];
	char *header = pur_alloc(a, PUR_KEY_TEXT + 8);

	assert_non_null(header);
	memcpy(header, "Bearer ", 7);
	pur_key_new(&tenant, test, header + 7, hash);
	STATEMENT_GIVES("authenticate_key", let_in_by_key());
	rq = (struct pur_req){ .conf = &conf,
			       .program = program,
			       .arena = a,
			       .in = { .method = method,
				       .path = path,
				       .authorization = header,
				       .accept = accept,
				       .content_type = "application/json",
				       .body = body,
				       .body_len = body != NULL ? strlen(body) : 0,
				       .request_id = "r-1" },
			       .reply = rq.reply };
	pur_request_handle(&rq);
}

static void
test_a_key_reads_and_is_touched(void **state)
{
	STATEMENT_GIVES("s2", in_state("new"));
	handle_with_key(*state, true, "GET", "/api/v1/things/" ID, NULL, NULL);
	assert_int_equal(rq.reply.status, 200);
	assert_done("begin authenticate_key s2 commit");
	rq.touch = true;
	pur_request_after(&rq);
	assert_done("begin touch_key commit");
}

/* A list as a file is read in one snapshot; without one, its first page. */
static void
test_a_list_as_a_file(void **state)
{
	handle_with_key(*state, false, "GET", "/api/v1/things", NULL, "text/csv");
	assert_int_equal(rq.reply.status, 200);
	assert_non_null(rq.reply.file);
	assert_string_equal(rq.reply.type, "text/csv; charset=utf-8");
	assert_memory_equal(fake.trace, "begin snapshot authenticate_key ", 32);
	fake.trace[0] = '\0';
	handle_with_key(*state, false, "GET", "/api/v1/things", NULL, "text/csv, */*");
	assert_int_equal(rq.reply.status, 200);
	assert_null(rq.reply.file);
	assert_memory_equal(fake.trace, "begin authenticate_key ", 23);
}

/* ---- pages of other origins ---- */

static void
handle_from(struct pur_arena *a, const char *origin, const char *method, const char *path,
	    const char *body)
{
	STATEMENT_GIVES("authenticate", logged_in_as("admin"));
	rq = (struct pur_req){ .conf = &conf,
			       .program = program,
			       .arena = a,
			       .in = { .method = method,
				       .path = path,
				       .authorization = bearer,
				       .content_type = "application/json",
				       .origin = origin,
				       .body = body,
				       .body_len = body != NULL ? strlen(body) : 0,
				       .request_id = "r-1" },
			       .reply = rq.reply };
	pur_request_handle(&rq);
	pur_buf_putc(&rq.reply.headers, '\0');
}

static bool
says(const char *header)
{
	return strstr(rq.reply.headers.data, header) != NULL;
}

static void
test_a_page_of_another_origin_in_the_same_trip(void **state)
{
	STATEMENT_GIVES("s2", in_state("new"));
	handle_from(*state, "https://shop.example", "GET", "/api/v1/things/" ID, NULL);
	assert_done("begin authenticate check_origin s2 commit");
	assert_int_equal(rq.reply.status, 200);
	assert_true(says("Access-Control-Allow-Origin: https://shop.example\r\n"));
	handle_from(*state, "https://localhost:8443", "GET", "/api/v1/things/" ID, NULL);
	assert_done("begin authenticate s2 commit");
	assert_false(says("Access-Control"));
}

/* Nothing of it is done, nothing of it can be read, and nobody explains. */
static void
test_a_page_that_the_tenant_does_not_list(void **state)
{
	STATEMENT_FAILS("check_origin", .rc = PUR_EFORBIDDEN, .constraint = "origin");
	handle_from(*state, "https://evil.example", "POST", "/api/v1/checked", "{}");
	assert_done("begin undoable authenticate check_origin s3 flush");
	assert_error(403, "{\"error\":\"forbidden\","
			  "\"message\":\"Pages of this origin may not do this\",\"details\":[]}");
	assert_false(says("Access-Control"));
	assert_true(says("X-Purser-Charge: "));
	assert_int_equal(code.explained, 0);
	handle_from(*state, "https://evil.example", "POST", "/api/v1/checked", "[");
	assert_int_equal(rq.reply.status, 403);
}

/* What a tenant had no say in is everybody's, and nobody's quota. */
static void
test_a_page_that_is_not_logged_in(void **state)
{
	STATEMENT_FAILS("authenticate", .rc = PUR_EAUTH);
	handle_from(*state, "https://anybody.example", "GET", "/api/v1/things", NULL);
	assert_int_equal(rq.reply.status, 401);
	assert_true(says("Access-Control-Allow-Origin: https://anybody.example\r\n"));
	assert_false(says("X-Purser-Charge"));
	handle_from(*state, "null", "GET", "/api/v1/things", NULL);
	assert_false(says("Access-Control"));
}

static void
test_a_preflight_asks_no_database(void **state)
{
	handle_from(*state, "https://anybody.example", "OPTIONS", "/api/v1/things", NULL);
	assert_done("");
	assert_int_equal(rq.reply.status, 204);
	assert_true(says("Access-Control-Allow-Origin: https://anybody.example\r\n"));
	assert_true(says("Access-Control-Allow-Methods: GET, HEAD, POST, OPTIONS\r\n"));
	assert_true(says("Access-Control-Allow-Headers: Authorization, Content-Type, "));
	handle_from(*state, NULL, "OPTIONS", "/api/v1/things", NULL);
	assert_true(says("Allow: GET, HEAD, POST, OPTIONS\r\n"));
	assert_false(says("Access-Control"));
}

/* ---- what will be gone ---- */

static void
test_a_route_that_is_being_retired(void **state)
{
	handle_from(*state, NULL, "POST", "/api/v1/act", NULL);
	assert_true(says("Deprecation: @1793491200\r\n"
			 "Sunset: Mon, 01 Nov 2027 00:00:00 GMT\r\n"
			 "Link: </api/v1/things>; rel=\"successor-version\"\r\n"));
	handle_from(*state, NULL, "GET", "/api/v1/things", NULL);
	assert_false(says("Deprecation"));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_one_thing_in_one_trip),
		TEST(test_no_such_thing),
		TEST(test_a_list_and_its_total_in_one_trip),
		TEST(test_a_wrong_query_is_told_to_those_who_may_ask),
		TEST(test_a_new_thing_in_one_trip),
		TEST(test_what_is_referred_to_is_looked_at_first),
		TEST(test_a_reference_to_nothing_leaves_nothing),
		TEST(test_a_reference_that_a_key_refuses),
		TEST(test_a_rehearsal),
		TEST(test_money_of_another_currency),
		TEST(test_a_check_judges_what_statements_gave),
		TEST(test_a_check_comes_last),
		TEST(test_a_state_that_does_not_allow_it),
		TEST(test_code_that_answers),
		TEST(test_what_an_action_answers_is_held_against_it),
		TEST(test_what_has_no_revision_is_matched_by_none),
		TEST(test_a_restore_is_held_against_what_was_deleted),
		TEST(test_what_is_left_to_others),
		TEST(test_a_deadlock_is_tried_once_more),
		TEST(test_a_second_try_forgets_what_the_first_saw),
		TEST(test_a_key_reads_and_is_touched),
		TEST(test_a_list_as_a_file),
		TEST(test_a_page_of_another_origin_in_the_same_trip),
		TEST(test_a_page_that_the_tenant_does_not_list),
		TEST(test_a_page_that_is_not_logged_in),
		TEST(test_a_preflight_asks_no_database),
		TEST(test_a_route_that_is_being_retired),
	};

	return cmocka_run_group_tests(tests, start, free_arena);
}
