/*
 * Tests of export: a list as a file, stretch by stretch in one snapshot, what stands before it, and
 * what ends it early.
 */
#include "action.h"
#include "export.h"
#include "fake_db.h"
#include "log.h"

#include <sodium.h>

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"
#define STRETCH 1000

enum { LIST = 1, ONE, SUBLIST };

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_INT, .flags = PUR_READONLY | PUR_SORT },
	{ .name = "name", .type = PUR_TEXT },
	{ .name = NULL },
};

static const struct pur_stmt stmts[] = {
	[LIST] = { PUR_LIST, "@tenant", "SELECT id, name FROM t WHERE tenant_id = $1" },
	[ONE] = { PUR_ONE, "@tenant", "SELECT id FROM t" },
	[SUBLIST] = { PUR_LIST, "@tenant", "SELECT id, name FROM u WHERE tenant_id = $1" },
};

enum { R_LIST, R_SUBLIST };

static const struct pur_route routes[] = {
	[R_LIST] = { PUR_GET, "/things", "things:read", .stmts = { LIST }, .summary = "List" },
	[R_SUBLIST] = { PUR_GET, "/things/{ref}/parts", "things:read", .stmts = { ONE, SUBLIST },
			.summary = "List" },
	{ PUR_METHOD_UNKNOWN },
};

static const struct pur_resource things = { .program = "things",
					    .title = "Thing",
					    .fields = fields,
					    .stmts = stmts,
					    .n_stmts = PUR_COUNT(stmts),
					    .routes = routes };

static const struct pur_program *program;
static const struct pur_conf conf = { .cookie_name = "__Host-purser", .transaction = "explicit" };
static struct pur_req rq;
static char statement[32]; /* what the list's is called: the first in it names it */

static int
start(void **state)
{
	char message[256];

	if (sodium_init() < 0 || pur_log_open("test", "/dev/null", PUR_ERROR) != 0)
		return -1;
	program = pur_program_new(&things, message, sizeof(message));
	return program == NULL ? -1 : new_arena(state);
}

/* A request for a list, as it is when its input was judged. */
static void
request(struct pur_arena *a, int route)
{
	struct pur_step rows, total;

	pur_reply_reset(&rq.reply);
	rq = (struct pur_req){ .conf = &conf,
			       .program = program,
			       .arena = a,
			       .version = 1,
			       .in = { .path = "/api/v1/things", .request_id = "r-1" },
			       .path = { .route = &routes[route] },
			       .accept = { .csv = 1 },
			       .snapshot = true,
			       .list = { .page = 1, .per_page = 20 },
			       .reply = rq.reply };
	rq.input.route = &routes[route];
	rq.input.path = &rq.path;
	rq.results = pur_calloc(a, PUR_COUNT(stmts) + 1, sizeof(rq.results[0]));
	rq.sent = pur_calloc(a, PUR_COUNT(stmts) + 1, sizeof(rq.sent[0]));
	assert_true(rq.results != NULL && rq.sent != NULL);
	/* The library names a shape's statement when it first makes it. */
	rq.list.cursor = "";
	assert_int_equal(pur_list_build(a, NULL, &rq.list, &things,
					&program->stmts[route == R_LIST ? LIST : SUBLIST],
					&rq.input, &rows, &total),
			 PUR_OK);
	snprintf(statement, sizeof(statement), "%s", rows.query->name);
	rq.list.cursor = NULL;
	STATEMENT_GIVES("authenticate", logged_in_as("viewer"));
}

static int
setup(void **state)
{
	fake_reset();
	return reset_arena(state);
}

/* The file is closed with the arena. */
static int
teardown(void **state)
{
	fake_reset();
	pur_buf_free(&rq.reply.body);
	pur_buf_free(&rq.reply.headers);
	memset(&rq, 0, sizeof(rq));
	return reset_arena(state);
}

/* n rows: from, from + 1, ... */
static PGresult *
rows(int from, int n)
{
	static const struct column columns[] = { { "id", PUR_OID_INT8 }, { "name", PUR_OID_TEXT } };
	PGresult *r = new_result(columns, N_OF(columns));

	for (int i = 0; i < n; i++) {
		set_int8(r, i, 0, from + i);
		set_text(r, i, 1, "a,b");
	}
	return r;
}

/* All that is in the file, which is as long as it says. */
static const char *
content(struct pur_arena *a)
{
	size_t len = (size_t)rq.reply.file_len;
	char *text = pur_alloc(a, len + 2);

	assert_non_null(text);
	assert_non_null(rq.reply.file);
	assert_int_equal(fread(text, 1, len + 1, rq.reply.file), len);
	text[len] = '\0';
	return text;
}

/* What was done, with one statement of the list in it. */
static void
assert_read_once(const char *before, const char *after)
{
	char expected[256];

	snprintf(expected, sizeof(expected), "%s %s %s", before, statement, after);
	assert_done(expected);
}

static void
test_a_short_list(void **state)
{
	request(*state, R_LIST);
	STATEMENT_GIVES(statement, rows(1, 2));
	assert_int_equal(pur_export(&rq), PUR_OK);
	assert_read_once("begin snapshot authenticate flush", "flush commit");
	assert_int_equal(rq.reply.status, 200);
	assert_string_equal(rq.reply.type, "text/csv; charset=utf-8");
	assert_string_equal(rq.reply.cache, "no-store");
	assert_string_equal(content(*state), "id,name\r\n1,\"a,b\"\r\n2,\"a,b\"\r\n");
	assert_false(rq.in_batch);
	assert_ptr_equal(fake.arena,
			 rq.arena); /* what comes later is kept with the request again */
}

static void
test_as_lines_of_json(void **state)
{
	request(*state, R_LIST);
	rq.accept.csv = 0;
	rq.accept.ndjson = 1;
	rq.only = "id";
	STATEMENT_GIVES(statement, rows(1, 2));
	assert_int_equal(pur_export(&rq), PUR_OK);
	assert_string_equal(rq.reply.type, "application/x-ndjson");
	assert_string_equal(content(*state), "{\"id\":1}\n{\"id\":2}\n");
}

static void
test_nothing_at_all(void **state)
{
	request(*state, R_LIST);
	STATEMENT_GIVES(statement, rows(1, 0));
	assert_int_equal(pur_export(&rq), PUR_OK);
	assert_string_equal(content(*state), "id,name\r\n");
	request(*state, R_LIST);
	rq.accept.csv = 0;
	assert_int_equal(pur_export(&rq), PUR_OK);
	assert_string_equal(content(*state), "");
}

/* A row more than a stretch has says that there are more; it comes with the next. */
static void
test_a_list_of_several_stretches(void **state)
{
	char next[32];
	const char *text, *p;

	request(*state, R_LIST);
	rq.only = "id";
	STATEMENT_GIVES(statement, rows(1, STRETCH + 1));
	/* The statement behind a row is another one, and so has another name. */
	rq.list.n_at = 1;
	rq.list.at[0] = INT(1);
	rq.list.cursor = "";
	{
		struct pur_step step, total;

		assert_int_equal(pur_list_build(*state, NULL, &rq.list, &things,
						&program->stmts[LIST], &rq.input, &step, &total),
				 PUR_OK);
		snprintf(next, sizeof(next), "%s", step.query->name);
	}
	rq.list.n_at = 0;
	assert_string_not_equal(next, statement);
	fake_says(&(struct fake_result){ .name = next,
					 .rows = rows(STRETCH + 1, STRETCH + 1),
					 .then = rows(2 * STRETCH + 1, 1) });
	assert_int_equal(pur_export(&rq), PUR_OK);
	assert_done(pur_sprintf(*state,
				"begin snapshot authenticate flush %s flush %s flush %s flush"
				" commit",
				statement, next, next));
	text = content(*state);
	assert_memory_equal(text, "id\r\n", 4);
	p = text + 4;
	for (int i = 1; i <= 2 * STRETCH + 1; i++) {
		char line[16];
		size_t len = (size_t)snprintf(line, sizeof(line), "%d\r\n", i);

		assert_memory_equal(p, line, len);
		p += len;
	}
	assert_int_equal(*p, '\0');
	assert_int_equal(rq.list.at[0].i, 2 * STRETCH);
}

/* It is the whole list, whichever page was asked for; where a cursor stands it begins behind it. */
static void
test_pages_do_not_count(void **state)
{
	request(*state, R_LIST);
	rq.list.page = 7;
	rq.list.per_page = 3;
	STATEMENT_GIVES(statement, rows(1, 5));
	assert_int_equal(pur_export(&rq), PUR_OK);
	assert_int_equal(rq.list.per_page, STRETCH);
	assert_string_equal(content(*state),
			    "id,name\r\n1,\"a,b\"\r\n2,\"a,b\"\r\n3,\"a,b\"\r\n4,\"a,b\"\r\n"
			    "5,\"a,b\"\r\n");
}

static void
test_what_the_list_belongs_to(void **state)
{
	request(*state, R_SUBLIST);
	STATEMENT_GIVES(statement, rows(1, 1));
	STATEMENT_GIVES("s2", rows(9, 1));
	assert_int_equal(pur_export(&rq), PUR_OK);
	assert_read_once("begin snapshot authenticate s2 flush", "flush commit");
	assert_string_equal(content(*state), "id,name\r\n1,\"a,b\"\r\n");
}

static void
test_what_the_list_belongs_to_is_not_there(void **state)
{
	request(*state, R_SUBLIST);
	STATEMENT_GIVES(statement, rows(1, 1));
	STATEMENT_GIVES("s2", rows(9, 0));
	assert_int_equal(pur_export(&rq), PUR_ENOTFOUND);
	assert_done("begin snapshot authenticate s2 flush");
	assert_int_equal(rq.error.rc, PUR_ENOTFOUND);
	assert_null(rq.reply.file);
}

static bool
gone(const struct pur_req *r)
{
	assert_ptr_equal(r, &rq);
	return true;
}

/* Nobody waits any more: the rest isn't read. A list that is read already is answered. */
static void
test_a_peer_that_is_gone(void **state)
{
	request(*state, R_LIST);
	rq.peer_gone = gone;
	STATEMENT_GIVES(statement, rows(1, STRETCH + 1));
	assert_int_equal(pur_export(&rq), PUR_EUNAVAILABLE);
	assert_read_once("begin snapshot authenticate flush", "flush");
	assert_null(rq.reply.file);
	fake_reset();
	request(*state, R_LIST);
	rq.peer_gone = gone;
	STATEMENT_GIVES(statement, rows(1, STRETCH));
	assert_int_equal(pur_export(&rq), PUR_OK);
}

static void
test_a_database_that_fails(void **state)
{
	request(*state, R_LIST);
	STATEMENT_FAILS(statement, .rc = PUR_EUNAVAILABLE);
	assert_int_equal(pur_export(&rq), PUR_EUNAVAILABLE);
	assert_null(rq.reply.file);
	fake_reset();
	request(*state, R_LIST);
	fake_reset();
	STATEMENT_FAILS("authenticate", .rc = PUR_EAUTH);
	assert_int_equal(pur_export(&rq), PUR_EAUTH);
	assert_done("begin snapshot authenticate flush");
	assert_null(rq.reply.file);
}

static void
test_rows_that_cannot_be_written(void **state)
{
	PGresult *r = new_result(&(struct column){ "name", PUR_OID_BYTEA }, 1);

	set_bytes(r, 0, 0, "\1", 1);
	request(*state, R_LIST);
	STATEMENT_GIVES(statement, r);
	assert_int_equal(pur_export(&rq), PUR_EINTERNAL);
	assert_null(rq.reply.file);
}

/* What a list is sorted by must be in its rows, or there is no going on behind one. */
static void
test_rows_that_nothing_can_be_behind(void **state)
{
	PGresult *r = new_result(&(struct column){ "name", PUR_OID_TEXT }, 1);

	for (int i = 0; i <= STRETCH; i++)
		set_text(r, i, 0, "x");
	request(*state, R_LIST);
	STATEMENT_GIVES(statement, r);
	assert_int_equal(pur_export(&rq), PUR_EINTERNAL);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_short_list),
		TEST(test_as_lines_of_json),
		TEST(test_nothing_at_all),
		TEST(test_a_list_of_several_stretches),
		TEST(test_pages_do_not_count),
		TEST(test_what_the_list_belongs_to),
		TEST(test_what_the_list_belongs_to_is_not_there),
		TEST(test_a_peer_that_is_gone),
		TEST(test_a_database_that_fails),
		TEST(test_rows_that_cannot_be_written),
		TEST(test_rows_that_nothing_can_be_behind),
	};

	return cmocka_run_group_tests(tests, start, free_arena);
}
