/*
 * Tests of answer: envelopes with their ETag, Location and Link, 304, why a guarded write hit
 * nothing, and what an error of the database means to a client.
 */
#include "answer.h"
#include "log.h"
#include "row.h"
#include "support.h"

#include <sodium.h>

/* Stand in for db.c's, so that no connection is needed. */
static struct pur_db_error db_error;

const struct pur_db_error *
pur_db_error(const struct pur_db *db)
{
	(void)db;
	return &db_error;
}

enum pur_rc
pur_db_forget(struct pur_db *db, struct pur_query *q)
{
	(void)db;
	(void)q;
	return PUR_EUNAVAILABLE;
}

enum pur_rc
pur_db_send(struct pur_db *db, struct pur_query *q, const struct pur_datum *data, PGresult **out)
{
	(void)db;
	(void)q;
	(void)data;
	(void)out;
	return PUR_EUNAVAILABLE;
}

enum { LIST = 1, GET, CREATE, ALL, N_STMTS };

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY },
	{ .name = "slug", .type = PUR_SLUG },
	{ .name = "total", .type = PUR_MONEY },
	{ .name = NULL },
};

static const struct pur_stmt stmts[] = {
	[LIST] = { PUR_LIST, "@tenant", "SELECT 1" },
	[GET] = { PUR_ONE, "@tenant", "SELECT 1" },
	[CREATE] = { PUR_ONE, "@tenant", "INSERT" },
	[ALL] = { PUR_MANY, "@tenant", "SELECT 1" },
};

enum { R_LIST, R_GET, R_STOCK, R_SECRET, R_CREATE, R_APPROVE, R_RESTORE, R_OWN };

static const struct pur_field own_fields[] = { { .name = "id", .type = PUR_UUID },
					       { .name = NULL } };

static const struct pur_route routes[] = {
	[R_LIST] = { PUR_GET, "/orders", "orders:read", .stmts = { LIST } },
	[R_GET] = { PUR_GET, "/orders/{ref}", "orders:read", .stmts = { GET } },
	[R_STOCK] = { PUR_GET, "/stock", "orders:read", PUR_NO_STORE, .stmts = { GET } },
	[R_SECRET] = { PUR_GET, "/secret", "orders:read", .stmts = { GET }, .flags = PUR_SECRET },
	[R_CREATE] = { PUR_POST, "/orders", "orders:create", .stmts = { CREATE },
		       .effect = PUR_CREATES },
	[R_APPROVE] = { PUR_POST, "/orders/{ref}/approve", "orders:approve", .stmts = { GET },
			.from = "pending ready", .to = "approved" },
	[R_RESTORE] = { PUR_POST, "/orders/{ref}/restore", "orders:write", .stmts = { GET },
			.effect = PUR_RESTORES },
	[R_OWN] = { PUR_GET, "/orders/{ref}/history", "orders:read", .stmts = { GET },
		    .fields = own_fields },
	{ PUR_METHOD_UNKNOWN },
};

static const struct pur_constraint constraints[] = {
	{ "orders_slug_key", PUR_EDUPLICATE, "slug", "Is taken" },
	{ "orders_total_check", PUR_EBODY, "total", "Must be %s" },
	{ "orders.id", PUR_EBODY, NULL, NULL },
	{ "stock_not_oversold", PUR_ESTOCK, NULL, NULL },
	{ "22023", PUR_EBODY, "zone", "Is nowhere" },
	{ .name = NULL },
};

static const struct pur_resource orders = { .program = "orders",
					    .title = "Order",
					    .fields = fields,
					    .stmts = stmts,
					    .n_stmts = N_STMTS,
					    .routes = routes,
					    .constraints = constraints };

static const struct pur_program program = { .res = &orders };

static struct pur_query query;
static struct pur_req rq;
static PGresult *results[N_STMTS];
static struct pur_query *sent[N_STMTS] = { NULL, &query, &query, &query, &query };

static int
start(void **state)
{
	if (sodium_init() < 0 || pur_log_open("test", "/dev/null", PUR_ERROR) != 0)
		return -1;
	return new_arena(state);
}

/* A request for a route, as it is when the database has answered. */
static void
request(struct pur_arena *a, int route)
{
	struct pur_reply reply = rq.reply;

	pur_reply_reset(&reply);
	rq = (struct pur_req){ .program = &program,
			       .arena = a,
			       .version = 1,
			       .in = { .path = "/api/v1/orders", .request_id = "r-1" },
			       .path = { .route = &routes[route] },
			       .results = results,
			       .sent = sent,
			       .list = { .page = 1, .per_page = 10 },
			       .reply = reply };
	rq.input.id = uuid_of(ID);
}

static int
setup(void **state)
{
	query = (struct pur_query){ .name = "q" };
	memset(&db_error, 0, sizeof(db_error));
	return reset_arena(state);
}

static int
teardown(void **state)
{
	(void)state;
	for (int i = 0; i < N_STMTS; i++) {
		PQclear(results[i]);
		results[i] = NULL;
	}
	PQclear(rq.total);
	pur_row_forget(&query);
	pur_buf_free(&rq.reply.body);
	pur_buf_free(&rq.reply.headers);
	memset(&rq, 0, sizeof(rq));
	return 0;
}

/* Rows (7, revision 5), (8, revision 6) ... */
static PGresult *
rows(int n)
{
	static const struct column columns[] = { { "total", PUR_OID_INT8 },
						 { "_revision", PUR_OID_INT8 } };
	PGresult *r = new_result(columns, N_OF(columns));

	for (int i = 0; i < n; i++) {
		set_int8(r, i, 0, 7 + i);
		set_int8(r, i, 1, 5 + i);
	}
	return r;
}

static PGresult *
total_of(int64_t n)
{
	PGresult *r = new_result(&(struct column){ "n", PUR_OID_INT8 }, 1);

	set_int8(r, 0, 0, n);
	return r;
}

static void
make(int stmt)
{
	assert_int_equal(pur_answer_make(&rq, stmt), PUR_OK);
	assert_int_equal(rq.answer, stmt);
	assert_int_equal(rq.error.rc, PUR_OK);
}

/* ---- envelopes ---- */

static void
test_one_thing(void **state)
{
	results[GET] = rows(1);
	request(*state, R_GET);
	pur_buf_puts(&rq.reply.body, "what stood there before");
	make(GET);
	assert_written(&rq.reply.body, "{\"data\":{\"total\":7}}");
	assert_int_equal(rq.reply.status, 200);
	assert_string_equal(rq.reply.etag, "\"5\"");
	assert_string_equal(rq.reply.cache, "private, no-cache");
	assert_null(rq.reply.location);
	assert_int_equal(rq.reply.headers.len, 0);
}

static void
test_as_the_request_asked_for_it(void **state)
{
	results[GET] = rows(1);
	request(*state, R_GET);
	rq.version = 2;
	rq.currency = "EUR";
	make(GET);
	assert_written(&rq.reply.body,
		       "{\"data\":{\"total\":{\"amount\":7,\"currency\":\"EUR\"}}}");
	request(*state, R_GET);
	rq.only = "id";
	make(GET);
	assert_written(&rq.reply.body, "{\"data\":{}}");
	assert_string_equal(rq.reply.etag, "\"5\"");
}

/* A secret stands there once, whatever else was asked for. */
static void
test_what_is_shown_once(void **state)
{
	static const char *const only[] = { NULL, "total", "id" };
	static const char *const bodies[] = { "{\"data\":{\"total\":7,\"key\":\"pk\\\"1\"}}",
					      "{\"data\":{\"total\":7,\"key\":\"pk\\\"1\"}}",
					      "{\"data\":{\"key\":\"pk\\\"1\"}}" };

	results[GET] = rows(1);
	for (size_t i = 0; i < N_OF(only); i++) {
		request(*state, R_GET);
		rq.only = only[i];
		rq.shown_name = "key";
		rq.shown = "pk\"1";
		make(GET);
		assert_written(&rq.reply.body, bodies[i]);
	}
}

/* The money of the resource is a plain number where the route's own fields don't say money. */
static void
test_rows_of_a_routes_own_fields(void **state)
{
	results[GET] = rows(1);
	request(*state, R_OWN);
	rq.version = 2;
	rq.currency = "EUR";
	make(GET);
	assert_written(&rq.reply.body, "{\"data\":{\"total\":7}}");
}

/* What is included changes without the thing: its revision says nothing of it. */
static void
test_what_is_included_is_in_the_etag(void **state)
{
	results[GET] = rows(1);
	request(*state, R_GET);
	rq.list.view.n_includes = 1;
	make(GET);
	assert_int_equal(strlen(rq.reply.etag), 34);
	request(*state, R_GET);
	rq.list.view.deleted = true;
	make(GET);
	assert_string_equal(rq.reply.etag, "\"5\"");
}

static void
test_a_created_thing(void **state)
{
	results[CREATE] = rows(1);
	request(*state, R_CREATE);
	make(CREATE);
	assert_int_equal(rq.reply.status, 201);
	assert_string_equal(rq.reply.location, "/api/v1/orders/" ID);
	assert_string_equal(rq.reply.etag, "\"5\"");
	assert_written(&rq.reply.body, "{\"data\":{\"total\":7}}");
}

static void
test_a_page(void **state)
{
	results[LIST] = rows(2);
	request(*state, R_LIST);
	rq.total = total_of(12);
	rq.in.query = "a=b";
	make(LIST);
	assert_written(&rq.reply.body, "{\"data\":[{\"total\":7},{\"total\":8}],\"total\":12,"
				       "\"page\":1,\"perPage\":10}");
	assert_written(&rq.reply.headers, "Link: </api/v1/orders?a=b&page=1>; rel=\"first\", "
					  "</api/v1/orders?a=b&page=2>; rel=\"next\", "
					  "</api/v1/orders?a=b&page=2>; rel=\"last\"\r\n");
	PQclear(rq.total);
	PQclear(results[LIST]);
	results[LIST] = rows(0);
	request(*state, R_LIST);
	rq.total = total_of(0);
	make(LIST);
	assert_written(&rq.reply.body, "{\"data\":[],\"total\":0,\"page\":1,\"perPage\":10}");
}

/* Behind PUR_LIST_COUNTED nothing is counted: the total says so. */
static void
test_a_page_of_very_many(void **state)
{
	PGresult *r = new_result(&(struct column){ "counted", PUR_OID_INT8 }, 1);

	set_int8(r, 0, 0, PUR_LIST_COUNTED + 1);
	results[LIST] = rows(1);
	request(*state, R_LIST);
	rq.total = r;
	make(LIST);
	assert_written(&rq.reply.body, "{\"data\":[{\"total\":7}],\"total\":100000,"
				       "\"totalCapped\":true,\"page\":1,\"perPage\":10}");
	set_int8(r, 0, 0, PUR_LIST_COUNTED);
	request(*state, R_LIST);
	rq.total = r;
	make(LIST);
	assert_written(&rq.reply.body, "{\"data\":[{\"total\":7}],\"total\":100000,"
				       "\"page\":1,\"perPage\":10}");
}

static PGresult *
rows_with_ids(int n)
{
	static const struct column columns[] = { { "id", PUR_OID_UUID },
						 { "total", PUR_OID_INT8 } };
	PGresult *r = new_result(columns, N_OF(columns));

	for (int i = 0; i < n; i++) {
		set_uuid(r, i, 0, ID);
		set_int8(r, i, 1, 7 + i);
	}
	return r;
}

static void
request_by_cursor(struct pur_arena *a, const char *words)
{
	static const unsigned char key[PUR_CURSOR_KEY] = "key";

	request(a, R_LIST);
	rq.cursor_key = key;
	rq.in.query = words;
	rq.only = "total";
	rq.list.per_page = 2;
	rq.list.cursor = "";
	rq.list.scope = "scope";
}

/* One row more than asked says that there are more; it isn't shown. */
static void
test_a_page_by_cursor(void **state)
{
	static const char *const last[] = { ID };
	const char *cursor;

	results[LIST] = rows_with_ids(3);
	request_by_cursor(*state, "cursor=&a=b");
	make(LIST);
	cursor = pur_cursor_make(*state, rq.cursor_key, "scope", last, 1);
	assert_written(&rq.reply.body,
		       pur_sprintf(*state,
				   "{\"data\":[{\"total\":7},{\"total\":8}],\"perPage\":2,"
				   "\"nextCursor\":\"%s\"}",
				   cursor));
	assert_written(
	    &rq.reply.headers,
	    pur_sprintf(*state, "Link: </api/v1/orders?a=b&cursor=%s>; rel=\"next\"\r\n", cursor));
	PQclear(results[LIST]);
	for (int n = 0; n <= 2; n++) {
		results[LIST] = rows_with_ids(n);
		request_by_cursor(*state, NULL);
		make(LIST);
		assert_written(
		    &rq.reply.body,
		    pur_sprintf(*state, "{\"data\":[%s%s],\"perPage\":2,\"nextCursor\":null}",
				n > 0 ? "{\"total\":7}" : "", n > 1 ? ",{\"total\":8}" : ""));
		assert_int_equal(rq.reply.headers.len, 0);
		if (n < 2)
			PQclear(results[LIST]);
	}
}

/* A cursor can't be made of rows that don't have what they are sorted by. */
static void
test_a_page_that_no_cursor_ends(void **state)
{
	results[LIST] = rows(3);
	request_by_cursor(*state, NULL);
	assert_int_equal(pur_answer_make(&rq, LIST), PUR_EINTERNAL);
}

static void
test_all_rows(void **state)
{
	results[ALL] = rows(2);
	request(*state, R_LIST);
	make(ALL);
	assert_written(&rq.reply.body, "{\"data\":[{\"total\":7},{\"total\":8}]}");
	assert_int_equal(rq.reply.headers.len, 0);
	PQclear(results[ALL]);
	results[ALL] = rows(0);
	make(ALL);
	assert_written(&rq.reply.body, "{\"data\":[]}");
}

static void
test_rows_that_cannot_be_written(void **state)
{
	static const int kinds[] = { LIST, GET, ALL };
	PGresult *r = new_result(&(struct column){ "total", PUR_OID_BYTEA }, 1);

	set_bytes(r, 0, 0, "x", 1);
	for (size_t i = 0; i < N_OF(kinds); i++) {
		request(*state, R_GET);
		results[kinds[i]] = r;
		assert_int_equal(pur_answer_make(&rq, kinds[i]), PUR_EINTERNAL);
		assert_int_equal(rq.error.rc, PUR_EINTERNAL);
		results[kinds[i]] = NULL;
	}
	PQclear(r);
}

/* ---- ETags ---- */

static void
test_an_etag_of_the_bytes_where_there_is_no_revision(void **state)
{
	char first[40];

	results[ALL] = rows(1);
	request(*state, R_LIST);
	make(ALL);
	assert_int_equal(strlen(rq.reply.etag), 34);
	snprintf(first, sizeof(first), "%s", rq.reply.etag);
	request(*state, R_LIST);
	make(ALL);
	assert_string_equal(rq.reply.etag, first);
	PQclear(results[ALL]);
	results[ALL] = rows(2);
	request(*state, R_LIST);
	make(ALL);
	assert_string_not_equal(rq.reply.etag, first);
}

static void
test_what_must_not_be_stored_has_no_hash(void **state)
{
	results[ALL] = rows(1);
	request(*state, R_STOCK);
	make(ALL);
	assert_null(rq.reply.etag);
	assert_string_equal(rq.reply.cache, "no-store");
	request(*state, R_SECRET);
	make(ALL);
	assert_string_equal(rq.reply.cache, "no-store");
	request(*state, R_RESTORE);
	make(ALL);
	assert_null(rq.reply.etag);
}

static void
test_not_modified(void **state)
{
	static const struct {
		int route, status;
		const char *if_none_match, *etag;
		int then;
	} cases[] = {
		{ R_GET, 200, "\"5\"", "\"5\"", 304 },
		{ R_GET, 200, "W/\"5\"", "\"5\"", 304 },
		{ R_GET, 200, "\"4\", \"5\"", "\"5\"", 304 },
		{ R_GET, 200, "*", "\"5\"", 304 },
		{ R_GET, 200, "\"4\"", "\"5\"", 200 },
		{ R_GET, 200, "5", "\"5\"", 200 },
		{ R_GET, 200, NULL, "\"5\"", 200 },
		{ R_GET, 200, "\"5\"", NULL, 200 },
		{ R_GET, 404, "\"5\"", "\"5\"", 404 },
		{ R_APPROVE, 200, "\"5\"", "\"5\"", 200 }, /* a write has happened */
		{ R_CREATE, 201, "\"5\"", "\"5\"", 201 },
	};

	for (size_t i = 0; i < N_OF(cases); i++) {
		request(*state, cases[i].route);
		rq.reply.status = cases[i].status;
		rq.reply.etag = cases[i].etag;
		rq.in.if_none_match = cases[i].if_none_match;
		pur_buf_puts(&rq.reply.body, "{}");
		pur_answer_validate(&rq);
		assert_int_equal(rq.reply.status, cases[i].then);
		assert_int_equal(rq.reply.body.len, cases[i].then == 304 ? 0 : 2);
	}
}

/* ---- guards ---- */

/* A guard's row: revision 5 in a state. */
static PGresult *
guard_of(const char *status)
{
	static const struct column columns[] = { { "status", PUR_OID_TEXT },
						 { "_revision", PUR_OID_INT8 } };
	PGresult *r = new_result(columns, N_OF(columns));

	set_text(r, 0, 0, status);
	set_int8(r, 0, 1, 5);
	return r;
}

static const struct pur_value five[] = { INT(5) }, others[] = { INT(4), INT(6) };

static void
match_of(const struct pur_value *revisions, size_t n)
{
	rq.input.match = revisions;
	rq.input.n_match = n;
}

static void
test_no_such_thing(void **state)
{
	results[GET] = rows(0);
	request(*state, R_APPROVE);
	match_of(others, 2);
	assert_int_equal(pur_answer_guard(&rq, results[GET]), PUR_ENOTFOUND);
	request(*state, R_APPROVE);
	assert_int_equal(pur_answer_guard(&rq, NULL), PUR_ENOTFOUND);
	assert_null(rq.error_extra);
}

static void
test_a_stale_revision_wins_over_the_state(void **state)
{
	results[GET] = guard_of("cancelled");
	request(*state, R_APPROVE);
	match_of(others, 2);
	assert_int_equal(pur_answer_guard(&rq, results[GET]), PUR_ESTALE);
	request(*state, R_APPROVE);
	match_of(others, 0); /* an If-Match of no ETag of ours */
	assert_int_equal(pur_answer_guard(&rq, results[GET]), PUR_ESTALE);
	assert_null(rq.error_extra);
}

static void
test_the_state_does_not_allow_it(void **state)
{
	results[GET] = guard_of("cancelled");
	request(*state, R_APPROVE);
	match_of(five, 1);
	assert_int_equal(pur_answer_guard(&rq, results[GET]), PUR_ETRANSITION);
	assert_string_equal(rq.error.message,
			    "Order is cancelled; that can only be done when pending ready");
	assert_string_equal(rq.error_extra, "\"status\":\"cancelled\",\"allowed_actions\":[]");
	PQclear(results[GET]);
	results[GET] = guard_of("ready");
	request(*state, R_APPROVE);
	assert_int_equal(pur_answer_guard(&rq, results[GET]), PUR_ETRANSITION);
	assert_string_equal(rq.error_extra,
			    "\"status\":\"ready\",\"allowed_actions\":[\"approve\"]");
}

static void
test_a_guard_of_what_has_no_states(void **state)
{
	results[GET] = guard_of("cancelled");
	request(*state, R_RESTORE);
	match_of(five, 1);
	assert_int_equal(pur_answer_guard(&rq, results[GET]), PUR_ENOTFOUND);
	PQclear(results[GET]);
	results[GET] = rows(1); /* no column `status` */
	request(*state, R_APPROVE);
	assert_int_equal(pur_answer_guard(&rq, results[GET]), PUR_ENOTFOUND);
}

/* ---- errors of the database ---- */

static enum pur_rc
fail_with(struct pur_arena *a, int route, enum pur_rc rc, const char *constraint)
{
	request(a, route);
	snprintf(db_error.constraint, sizeof(db_error.constraint), "%s", constraint);
	return pur_answer_db_error(&rq, rc);
}

static void
test_constraints_have_their_own_words(void **state)
{
	assert_int_equal(fail_with(*state, R_APPROVE, PUR_EDUPLICATE, "orders_slug_key"),
			 PUR_EDUPLICATE);
	assert_details(&rq.error, "slug: Is taken");
	assert_int_equal(fail_with(*state, R_CREATE, PUR_ERULE, "orders_total_check"), PUR_EBODY);
	assert_details(&rq.error, "total: Must be %s"); /* words, not a format */
	assert_string_equal(rq.error.message, "Order could not be created");
	assert_int_equal(fail_with(*state, R_APPROVE, PUR_EINTERNAL, "orders.id"), PUR_EBODY);
	assert_details(&rq.error, "");
	assert_string_equal(rq.error.message, "Order could not be changed");
	assert_int_equal(fail_with(*state, R_CREATE, PUR_ERULE, "stock_not_oversold"), PUR_ESTOCK);
	assert_details(&rq.error, "");
}

/* An error that has no constraint goes by its SQLSTATE; one that has, by that alone. */
static void
test_states_have_their_own_words(void **state)
{
	snprintf(db_error.state, sizeof(db_error.state), "22023");
	assert_int_equal(fail_with(*state, R_CREATE, PUR_EINTERNAL, ""), PUR_EBODY);
	assert_details(&rq.error, "zone: Is nowhere");
	assert_int_equal(fail_with(*state, R_CREATE, PUR_EINTERNAL, "unknown_check"),
			 PUR_EINTERNAL);
	assert_details(&rq.error, "");
	snprintf(db_error.state, sizeof(db_error.state), "22024");
	assert_int_equal(fail_with(*state, R_CREATE, PUR_EINTERNAL, ""), PUR_EINTERNAL);
}

/*
 * What is referred to and isn't there is told first: the statement may well have failed for it. But
 * whether to try once more is not a matter of words.
 */
static void
test_a_missing_reference_is_the_reason(void **state)
{
	static const struct pur_field client = { .name = "client_id", .refers = "clients" };
	PGresult *none = rows(0);

	snprintf(db_error.constraint, sizeof(db_error.constraint), "orders_slug_key");
	request(*state, R_CREATE);
	rq.refers = (struct pur_refers){ .fields = { &client }, .found = { none }, .n = 1 };
	assert_int_equal(pur_answer_db_error(&rq, PUR_EDUPLICATE), PUR_EBODY);
	assert_string_equal(rq.error.message, "Order could not be created");
	assert_details(&rq.error, "client_id: No such client");
	request(*state, R_CREATE);
	rq.refers = (struct pur_refers){ .fields = { &client }, .found = { none }, .n = 1 };
	assert_int_equal(pur_answer_db_error(&rq, PUR_ERETRY), PUR_ERETRY);
	assert_int_equal(rq.error.rc, PUR_OK);
	db_error.constraint[0] = '\0';
	request(*state, R_CREATE); /* not looked for: the batch failed before it */
	rq.refers = (struct pur_refers){ .fields = { &client }, .n = 1 };
	assert_int_equal(pur_answer_db_error(&rq, PUR_EUNAVAILABLE), PUR_EUNAVAILABLE);
	PQclear(none);
}

/* What nobody has words for must not blame the client. */
static void
test_other_errors(void **state)
{
	static const struct {
		enum pur_rc rc;
		const char *constraint;
		enum pur_rc means;
	} cases[] = {
		{ PUR_ERULE, "unknown_check", PUR_EINTERNAL },
		{ PUR_EINUSE, "unknown_fkey", PUR_EINTERNAL },
		{ PUR_ERULE, "", PUR_EINTERNAL },
		{ PUR_ERULE, "orders_slug_ke", PUR_EINTERNAL },
		{ PUR_ERULE, "orders_slug_keys", PUR_EINTERNAL },
		{ PUR_EDUPLICATE, "unknown_key", PUR_EDUPLICATE },
		{ PUR_EAUTH, "", PUR_EAUTH },
		{ PUR_EFORBIDDEN, "", PUR_EFORBIDDEN },
		{ PUR_EBODY, "", PUR_EBODY },
		{ PUR_EMISMATCH, "", PUR_EMISMATCH },
		{ PUR_EUNAVAILABLE, "", PUR_EUNAVAILABLE },
		{ PUR_ESPACE, "", PUR_ESPACE },
		{ PUR_EINTERNAL, "", PUR_EINTERNAL },
	};

	for (size_t i = 0; i < N_OF(cases); i++) {
		assert_int_equal(fail_with(*state, R_CREATE, cases[i].rc, cases[i].constraint),
				 cases[i].means);
		assert_int_equal(rq.error.rc, cases[i].means);
		assert_null(rq.error.details);
	}
}

/* These are for the library: nothing is told to anybody yet. */
static void
test_what_is_no_refusal(void **state)
{
	assert_int_equal(fail_with(*state, R_CREATE, PUR_ERETRY, "orders_slug_key"), PUR_ERETRY);
	assert_int_equal(rq.error.rc, PUR_OK);
	assert_int_equal(fail_with(*state, R_CREATE, PUR_EREPLAY, ""), PUR_EREPLAY);
	assert_int_equal(rq.error.rc, PUR_OK);
}

/* A slug that we made ourselves is made once more; one that was given is the client's matter. */
static void
test_a_slug_that_nobody_gave(void **state)
{
	struct pur_value body[3] = { { .type = PUR_NOTYPE } };

	snprintf(db_error.constraint, sizeof(db_error.constraint), "orders_slug_key");
	request(*state, R_CREATE);
	rq.input.fields = fields;
	rq.input.body = body;
	assert_int_equal(pur_answer_db_error(&rq, PUR_EDUPLICATE), PUR_ERETRY);
	assert_int_equal(rq.error.rc, PUR_OK);
	rq.again = true;
	assert_int_equal(pur_answer_db_error(&rq, PUR_EDUPLICATE), PUR_EDUPLICATE);
	request(*state, R_CREATE);
	rq.input.fields = fields;
	rq.input.body = body;
	body[1].given = true;
	assert_int_equal(pur_answer_db_error(&rq, PUR_EDUPLICATE), PUR_EDUPLICATE);
	request(*state, R_RESTORE);
	rq.input.fields = fields;
	rq.input.body = body;
	body[1].given = false;
	assert_int_equal(pur_answer_db_error(&rq, PUR_EDUPLICATE), PUR_EDUPLICATE);
}

/* ---- a small arena ---- */

/* The body isn't in the arena, the headers are: they may be missing, nothing else. */
static void
test_a_small_arena(void **state)
{
	(void)state;
	results[LIST] = rows(2);
	results[CREATE] = rows(1);
	results[GET] = guard_of("cancelled");
	for (size_t ceiling = 0; ceiling < 1024; ceiling += 16) {
		struct pur_arena *a = pur_arena_new(ceiling);

		assert_non_null(a);
		pur_row_forget(&query);
		request(a, R_LIST);
		assert_int_equal(pur_answer_make(&rq, LIST), PUR_OK);
		pur_row_forget(&query);
		request(a, R_CREATE);
		assert_int_equal(pur_answer_make(&rq, CREATE), PUR_OK);
		assert_written(&rq.reply.body, "{\"data\":{\"total\":7}}");
		request(a, R_APPROVE);
		assert_int_equal(pur_answer_guard(&rq, results[GET]), PUR_ETRANSITION);
		assert_int_equal(fail_with(a, R_CREATE, PUR_ERULE, "orders_total_check"),
				 PUR_EBODY);
		pur_arena_free(a);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_one_thing),
		TEST(test_as_the_request_asked_for_it),
		TEST(test_what_is_shown_once),
		TEST(test_rows_of_a_routes_own_fields),
		TEST(test_what_is_included_is_in_the_etag),
		TEST(test_a_created_thing),
		TEST(test_a_page),
		TEST(test_a_page_of_very_many),
		TEST(test_a_page_by_cursor),
		TEST(test_a_page_that_no_cursor_ends),
		TEST(test_all_rows),
		TEST(test_rows_that_cannot_be_written),
		TEST(test_an_etag_of_the_bytes_where_there_is_no_revision),
		TEST(test_what_must_not_be_stored_has_no_hash),
		TEST(test_not_modified),
		TEST(test_no_such_thing),
		TEST(test_a_stale_revision_wins_over_the_state),
		TEST(test_the_state_does_not_allow_it),
		TEST(test_a_guard_of_what_has_no_states),
		TEST(test_constraints_have_their_own_words),
		TEST(test_states_have_their_own_words),
		TEST(test_a_missing_reference_is_the_reason),
		TEST(test_other_errors),
		TEST(test_what_is_no_refusal),
		TEST(test_a_slug_that_nobody_gave),
		TEST(test_a_small_arena),
	};

	return cmocka_run_group_tests(tests, start, free_arena);
}
