/*
 * Tests of program: a good table is compiled, and each kind of bad one is refused with a message
 * that names the place.
 */
#include "permission.h"
#include "program.h"
#include "support.h"

enum { LIST = 1, GET, CREATE, STOCK, MOVE };

static const struct pur_field lines[] = { { .name = "quantity", .type = PUR_INT },
					  { .name = NULL } };

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY },
	{ .name = "name", .type = PUR_TEXT, .flags = PUR_SORT },
	{ .name = "notes", .type = PUR_TEXT },
	{ .name = "lines", .type = PUR_ROWS, .of = lines },
	{ .name = NULL },
};

static const struct pur_field reason[] = { { .name = "reason", .type = PUR_TEXT },
					   { .name = NULL } };

static const struct pur_field days[] = { { .name = "days", .type = PUR_INT }, { .name = NULL } };

static const struct pur_stmt stmts[] = {
	[LIST] = { PUR_LIST, "@tenant ?days", "SELECT 1" },
	[GET] = { PUR_ONE, "@tenant /ref", "SELECT t.{ref}" },
	[CREATE] = { PUR_ONE, "@tenant @id name lines.quantity lines.@id", "INSERT" },
	[STOCK] = { PUR_EXEC, "@tenant @id", "INSERT" },
	[MOVE] = { PUR_ONE, "@tenant /ref @match @from @to reason", "UPDATE t.{ref}" },
};

static enum pur_rc
act(struct pur_req *rq)
{
	(void)rq;
	return PUR_OK;
}

static const struct pur_route routes[] = {
	{ PUR_GET, "/things", "things:read", .stmts = { LIST }, .params = days, .sort = "-name",
	  .summary = "List" },
	{ PUR_GET, "/things/{ref}", "things:read", .stmts = { GET }, .summary = "Get" },
	{ PUR_POST, "/things", "things:write", .stmts = { CREATE, STOCK }, .effect = PUR_CREATES,
	  .to = "new", .event = "thing.created", .summary = "Create" },
	{ PUR_POST, "/things/{ref}/move", "orders:approve", .stmts = { MOVE }, .guard = GET,
	  .body = reason, .from = "new", .to = "moved", .event = "thing.moved", .summary = "Move" },
	{ PUR_POST, "/login", PUR_PUBLIC, .run = act, .summary = "Log in" },
	{ PUR_DELETE, "/login", PUR_ANY_ROLE, .run = act, .summary = "Log out" },
	{ PUR_METHOD_UNKNOWN },
};

static const struct pur_resource things = {
	.program = "things",
	.title = "Thing",
	.fields = fields,
	.stmts = stmts,
	.n_stmts = PUR_COUNT(stmts),
	.routes = routes,
	.key = { .name = "slug", .type = PUR_SLUG },
};

static void
test_a_good_table_is_compiled(void **state)
{
	static const struct pur_program *p;
	char message[256] = "";

	(void)state;
	p = pur_program_new(&things, message, sizeof(message));
	if (p == NULL)
		fail_msg("%s", message);
	assert_ptr_equal(p->res, &things);
	assert_string_equal(p->stmts[GET].by_id.sql, "SELECT t.id = $2");
	assert_string_equal(p->stmts[GET].by_key.sql, "SELECT t.slug = $2");
	assert_string_equal(p->stmts[MOVE].by_id.name, "s5");
	assert_int_equal(p->stmts[LIST].args[1].source, PUR_FROM_QUERY);
	assert_int_equal(p->stmts[CREATE].args[3].source, PUR_FROM_ROWS);
	assert_int_equal(p->stmts[MOVE].args[5].source, PUR_FROM_FIELD);
	assert_int_equal(p->stmts[STOCK].expect, PUR_EXEC);
	/* Who may: as the text[] that authenticate() takes. */
	ASSERT_BYTES(&p->roles[3],
		     WORD("\1") WORD("\0") WORD("\x19") WORD("\4") WORD("\1") WORD(
			 "\5") "owner" WORD("\5") "admin" WORD("\7") "manager" WORD("\5") "staff");
	ASSERT_BYTES(&p->roles[2], WORD("\1") WORD("\0") WORD("\x19") WORD("\3") WORD("\1")
				       WORD("\5") "owner" WORD("\5") "admin" WORD("\7") "manager");
	/* Which keys may: any of the scopes would do; none where only people may. */
	ASSERT_BYTES(&p->scopes[0], WORD("\1") WORD("\0") WORD("\x19") WORD("\2") WORD("\1")
					WORD("\x0b") "things:read" WORD("\x08") "things:*");
	ASSERT_BYTES(&p->scopes[3], WORD("\1") WORD("\0") WORD("\x19") WORD("\3") WORD("\1")
					WORD("\x0e") "orders:approve" WORD(
					    "\x0c") "orders:write" WORD("\x08") "orders:*");
	assert_sql_null(&p->scopes[4]);
	ASSERT_BYTES(&p->scopes[5], WORD("\0") WORD("\0") WORD("\x19"));
	/* Who sees what is deleted. */
	ASSERT_BYTES(&p->leaders, WORD("\1") WORD("\0") WORD("\x19") WORD("\2") WORD("\1")
				      WORD("\5") "owner" WORD("\5") "admin");
	assert_sql_null(&p->roles[4]);
	assert_int_equal(p->roles[5].data[15], 6);
}

static void
test_what_a_route_reads_and_answers(void **state)
{
	const struct pur_route put = { .method = PUR_PUT }, patch = { .method = PUR_PATCH };
	const struct pur_route delete = { .method = PUR_DELETE, .effect = PUR_DELETES };

	(void)state;
	assert_null(pur_route_body(&things, &routes[0]));
	assert_ptr_equal(pur_route_body(&things, &routes[2]), fields);
	assert_ptr_equal(pur_route_body(&things, &routes[3]), reason);
	assert_null(pur_route_body(&things, &routes[4]));
	assert_ptr_equal(pur_route_body(&things, &put), fields);
	assert_ptr_equal(pur_route_body(&things, &patch), fields);
	assert_null(pur_route_body(&things, &delete));
	assert_int_equal(pur_route_answer(&things, &routes[0]), LIST);
	assert_int_equal(pur_route_answer(&things, &routes[2]), CREATE); /* STOCK gives no rows */
	assert_int_equal(pur_route_answer(&things, &routes[4]), 0);
	assert_true(pur_route_lists(&things, &routes[0]));
	assert_false(pur_route_lists(&things, &routes[1]));
	assert_false(pur_route_lists(&things, &routes[4]));
}

/* ---- bad tables ---- */

static char message[256];

/* Tries a route and a statement in a table of their own. Programs live as long as the process. */
static bool
is_taken(struct pur_route route, struct pur_stmt stmt)
{
	static const struct pur_program *kept[32];
	static size_t n;
	static struct pur_route table[2];
	static struct pur_stmt statements[2];
	static struct pur_resource res;

	table[0] = route;
	statements[1] = stmt;
	res = (struct pur_resource){ .program = "things",
				     .fields = fields,
				     .stmts = statements,
				     .n_stmts = 2,
				     .routes = table,
				     .key = { .name = "slug", .type = PUR_SLUG } };
	message[0] = '\0';
	assert_true(n < N_OF(kept));
	kept[n] = pur_program_new(&res, message, sizeof(message));
	if (kept[n] == NULL)
		return false;
	n++;
	return true;
}

static const struct pur_stmt get = { PUR_ONE, "@tenant", "SELECT 1" };

#define GOOD .path = "/things", .permission = "things:write", .summary = "Do", .stmts = { 1 }

static void
test_bad_routes_are_told(void **state)
{
	static const struct {
		struct pur_route route;
		const char *message;
	} rows[] = {
		{ { PUR_GET, "things", "things:read", .stmts = { 1 }, .summary = "Get" },
		  "things: GET things: the path must begin with '/'" },
		{ { PUR_GET, "", "things:read", .stmts = { 1 }, .summary = "Get" },
		  "things: GET : the path must begin with '/'" },
		{ { PUR_GET, "/things", .stmts = { 1 }, .summary = "Get" },
		  "things: GET /things: has no .permission" },
		{ { PUR_GET, "/things", "", .stmts = { 1 }, .summary = "Get" },
		  "things: GET /things: no role has its .permission" },
		{ { PUR_GET, "/things", "things", .stmts = { 1 }, .summary = "Get" },
		  "things: GET /things: no role has its .permission" },
		{ { PUR_PUT, "/things/{ref}", "things:writ", .stmts = { 1 }, .summary = "Put" },
		  "things: PUT /things/{ref}: no role has its .permission" },
		{ { PUR_GET, "/things", "things:read", .stmts = { 1 } },
		  "things: GET /things: has no .summary" },
		{ { PUR_POST, "/things", PUR_PUBLIC, .stmts = { LIST }, .flags = PUR_STEP_UP,
		    .summary = "x" },
		  "things: POST /things: nobody is logged in who could step up" },
		{ { PUR_GET, "/things", "things:read", .summary = "Get" },
		  "things: GET /things: needs either .stmts or .run" },
		{ { PUR_GET, "/things", "things:read", .stmts = { 1 }, .run = act,
		    .summary = "Get" },
		  "things: GET /things: needs either .stmts or .run" },
		{ { PUR_POST, GOOD, .to = "moved" },
		  "things: POST /things: has .to without .from" },
		{ { PUR_DELETE, GOOD, .to = "gone", .effect = PUR_DELETES },
		  "things: DELETE /things: has .to without .from" },
		{ { PUR_GET, GOOD, .event = "thing.read" },
		  "things: GET /things: a read can't have an .event" },
		{ { PUR_GET, "/things", "things:read", .stmts = { 2 }, .summary = "Get" },
		  "things: GET /things: names a statement that isn't there" },
		{ { PUR_GET, "/things", "things:read", .stmts = { 1, -1 }, .summary = "Get" },
		  "things: GET /things: names a statement that isn't there" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		if (is_taken(rows[i].route, get))
			fail_msg("is taken: not \"%s\"", rows[i].message);
		assert_string_equal(message, rows[i].message);
	}
}

static void
test_what_creates_may_have_a_state_it_begins_in(void **state)
{
	(void)state;
	assert_true(is_taken(
	    (struct pur_route){ PUR_POST, GOOD, .to = "new", .effect = PUR_CREATES }, get));
	assert_true(
	    is_taken((struct pur_route){ PUR_POST, GOOD, .from = "new", .to = "old" }, get));
	assert_true(is_taken((struct pur_route){ PUR_POST, GOOD, .from = "new" }, get));
}

static void
test_orders_that_cannot_be(void **state)
{
	static const char *const bad[] = {
		"nothing", "-nothing", "notes", "--name", "-", "", "Name"
	};
	const struct pur_stmt list = { PUR_LIST, "@tenant", "SELECT 1" };

	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++) {
		assert_false(is_taken((struct pur_route){ PUR_GET, GOOD, .sort = bad[i] }, list));
		assert_string_equal(message,
				    "things: GET /things: its .sort is not a field with PUR_SORT");
	}
	assert_true(is_taken((struct pur_route){ PUR_GET, GOOD, .sort = "name" }, list));
	assert_true(is_taken((struct pur_route){ PUR_GET, GOOD, .sort = "-name" }, list));
	assert_true(is_taken((struct pur_route){ PUR_GET, GOOD }, list));
}

static void
test_bad_statements_are_told(void **state)
{
	static const struct {
		struct pur_stmt stmt;
		const char *message;
	} rows[] = {
		{ { PUR_NOSTMT, "@tenant", "SELECT 1" }, "things: statement 1: is empty" },
		{ { PUR_ONE, "@tenant", NULL }, "things: statement 1: is empty" },
		{ { PUR_ONE, "@tenant nothing", "SELECT 1" },
		  "things: statement 1: unknown argument 'nothing'" },
		{ { PUR_ONE, "@tenant ?days", "SELECT 1" },
		  "things: statement 1: unknown argument '?days'" },
		{ { PUR_ONE, "@tenant name", "SELECT 1" }, /* the route reads no body */
		  "things: statement 1: unknown argument 'name'" },
		{ { PUR_ONE, "@user", "SELECT 1" },
		  "things: statement 1: unknown argument '@user'" },
		{ { PUR_ONE, "", "SELECT 1" }, "things: statement 1: binds no @tenant" },
		{ { PUR_LIST, "@tenant", "SELECT id FROM things{search}" }, /* of which table? */
		  "things: statement 1: {search} needs a list, @tenant as $1, and .search" },
		{ { PUR_ONE, NULL, "SELECT 1" }, "things: statement 1: binds no @tenant" },
		{ { PUR_ONE, "@id @from =tenants:uuid", "SELECT 1" },
		  "things: statement 1: binds no @tenant" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		if (is_taken((struct pur_route){ PUR_POST, GOOD }, rows[i].stmt))
			fail_msg("is taken: not \"%s\"", rows[i].message);
		assert_string_equal(message, rows[i].message);
	}
}

static void
test_statements_beyond_a_tenant_say_so(void **state)
{
	const struct pur_route route = { PUR_POST, GOOD };

	(void)state;
	assert_true(
	    is_taken(route, (struct pur_stmt){ PUR_ONE, "", "SELECT 1", .crosses_tenants = true }));
	/* Where code has entered a tenant, it binds that one. */
	assert_true(is_taken(route, (struct pur_stmt){ PUR_ONE, "=tenant:uuid", "SELECT 1" }));
}

/* Each of these would make every request of the route fail, or end the process. */

static void
test_a_guard_that_is_not_there(void **state)
{
	(void)state;
	assert_false(is_taken((struct pur_route){ PUR_POST, GOOD, .guard = 2 }, get));
	assert_string_equal(message, "things: POST /things: names a statement that isn't there");
	assert_false(is_taken((struct pur_route){ PUR_POST, GOOD, .guard = -1 }, get));
}

static void
test_a_part_that_no_path_has(void **state)
{
	const struct pur_stmt stmt = { PUR_ONE, "@tenant /reff", "SELECT 1" };

	(void)state;
	assert_false(is_taken((struct pur_route){ PUR_GET, "/things/{ref}", "things:read",
						  .stmts = { 1 }, .summary = "Get" },
			      stmt));
	assert_string_equal(message, "things: statement 1: unknown argument '/reff'");
}

static void
test_a_route_whose_statements_give_no_rows(void **state)
{
	(void)state;
	assert_false(is_taken((struct pur_route){ PUR_POST, GOOD },
			      (struct pur_stmt){ PUR_EXEC, "@tenant", "SELECT 1" }));
}

static void
test_two_keys_in_one_statement(void **state)
{
	const struct pur_stmt stmt = { PUR_ONE, "@tenant /client /ref", "SELECT {client}, {ref}" };

	(void)state;
	assert_false(is_taken((struct pur_route){ PUR_GET, "/clients/{client}/things/{ref}",
						  "things:read", .stmts = { 1 }, .summary = "Get" },
			      stmt));
}

/* A default is read as if a client had sent it; a wrong one would be held against the client. */
static void
test_defaults_that_their_field_would_refuse(void **state)
{
	static const char *const sizes[] = { "small", NULL };
	static const struct pur_field bad[] = {
		{ .name = "size", .type = PUR_CHOICE, .choices = sizes, .default_value = "small" },
		{ .name = "size",
		  .type = PUR_CHOICE,
		  .choices = sizes,
		  .default_value = "\"large\"" },
		{ .name = "day", .type = PUR_DATE, .default_value = "\"tomorrow\"" },
		{ .name = "count", .type = PUR_INT, .default_value = "many" },
		{ .name = "count", .type = PUR_INT, .default_value = "-1" },
		{ .name = "ready", .type = PUR_BOOL, .default_value = "yes" },
	};
	static struct pur_field body[2];

	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++) {
		body[0] = bad[i];
		if (is_taken((struct pur_route){ PUR_POST, GOOD, .body = body }, get))
			fail_msg("%s of %s is taken", bad[i].default_value, bad[i].name);
		assert_non_null(strstr(message, bad[i].name));
	}
}

static void
test_fields_that_cannot_be_what_they_say(void **state)
{
	static const struct pur_field item[] = {
		{ .name = "product_id", .type = PUR_UUID, .refers = "products" }, { .name = NULL }
	};
	static const struct {
		struct pur_field field;
		const char *message;
	} rows[] = {
		{ { .name = "client", .type = PUR_SLUG, .refers = "clients" },
		  "things: field client: only an id that stands by itself can have .refers" },
		{ { .name = "items", .type = PUR_ROWS, .of = item },
		  "things: field product_id: only an id that stands by itself can have .refers" },
		{ { .name = "items", .type = PUR_ROWS }, "things: field items: has no .of" },
		{ { .name = "client", .type = PUR_OBJECT, .flags = PUR_READONLY },
		  "things: field client: has no .of" },
		{ { .name = "client", .type = PUR_OBJECT, .of = lines },
		  "things: field client: an object must be read-only" },
	};
	static struct pur_field body[2];

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		body[0] = rows[i].field;
		if (is_taken((struct pur_route){ PUR_POST, GOOD, .body = body }, get))
			fail_msg("is taken: not \"%s\"", rows[i].message);
		assert_string_equal(message, rows[i].message);
	}
	body[0] = (struct pur_field){ .name = "client_id", .type = PUR_UUID, .refers = "clients" };
	assert_true(is_taken((struct pur_route){ PUR_POST, GOOD, .body = body }, get));
	body[0] = (struct pur_field){
		.name = "client", .type = PUR_OBJECT, .flags = PUR_READONLY, .of = lines
	};
	assert_true(is_taken((struct pur_route){ PUR_POST, GOOD, .body = body }, get));
}

/* Each reference is looked at, or none would notice that one isn't. */
static void
test_more_references_than_are_looked_at(void **state)
{
	static struct pur_field body[PUR_REFERS + 2];

	(void)state;
	for (int i = 0; i < PUR_REFERS; i++)
		body[i] = (struct pur_field){ .name = "client_id",
					      .type = PUR_UUID,
					      .refers = "clients" };
	assert_true(is_taken((struct pur_route){ PUR_POST, GOOD, .body = body }, get));
	body[PUR_REFERS] =
	    (struct pur_field){ .name = "ninth_id", .type = PUR_UUID, .refers = "clients" };
	assert_false(is_taken((struct pur_route){ PUR_POST, GOOD, .body = body }, get));
	assert_string_equal(message,
			    "things: field ninth_id: is one reference too many for one body");
}

static void
test_retirements_that_cannot_be(void **state)
{
	const struct pur_retirement good = { .deprecated = "2026-11-01T00:00:00Z",
					     .sunset = "2027-11-01T00:00:00Z" };
	const struct pur_retirement bad = { .deprecated = "2026-11-01" };

	(void)state;
	assert_true(is_taken((struct pur_route){ PUR_POST, GOOD, .retired = good }, get));
	assert_false(is_taken((struct pur_route){ PUR_POST, GOOD, .retired = bad }, get));
	assert_string_equal(message, "things: POST /things: its .deprecated is not a time");
}

/* A list is sorted by a field of the rows it gives. */
static void
test_orders_of_a_routes_own_rows(void **state)
{
	static const struct pur_field own[] = {
		{ .name = "seq", .type = PUR_INT, .flags = PUR_SORT }, { .name = NULL }
	};
	const struct pur_stmt list = { PUR_LIST, "@tenant", "SELECT 1" };

	(void)state;
	assert_true(
	    is_taken((struct pur_route){ PUR_GET, GOOD, .fields = own, .sort = "-seq" }, list));
	assert_false(
	    is_taken((struct pur_route){ PUR_GET, GOOD, .fields = own, .sort = "name" }, list));
	assert_false(is_taken((struct pur_route){ PUR_GET, GOOD, .sort = "seq" }, list));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_good_table_is_compiled),
		cmocka_unit_test(test_what_a_route_reads_and_answers),
		cmocka_unit_test(test_bad_routes_are_told),
		cmocka_unit_test(test_what_creates_may_have_a_state_it_begins_in),
		cmocka_unit_test(test_orders_that_cannot_be),
		cmocka_unit_test(test_bad_statements_are_told),
		cmocka_unit_test(test_statements_beyond_a_tenant_say_so),
		cmocka_unit_test(test_a_guard_that_is_not_there),
		cmocka_unit_test(test_a_part_that_no_path_has),
		cmocka_unit_test(test_a_route_whose_statements_give_no_rows),
		cmocka_unit_test(test_two_keys_in_one_statement),
		cmocka_unit_test(test_defaults_that_their_field_would_refuse),
		cmocka_unit_test(test_fields_that_cannot_be_what_they_say),
		cmocka_unit_test(test_more_references_than_are_looked_at),
		cmocka_unit_test(test_retirements_that_cannot_be),
		cmocka_unit_test(test_orders_of_a_routes_own_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
