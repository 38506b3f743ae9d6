/*
 * Tests of shape: a statement's text as a request wants to see its rows, its arguments, and which
 * statements are kept prepared.
 */
#include "row.h"
#include "shape.h"
#include "support.h"

/* Stands in for db.c's, so that no connection is needed: remembers what had to leave. */
static struct {
	int n;
	const struct pur_query *last;
	enum pur_rc rc;
} forgotten;

enum pur_rc
pur_db_forget(struct pur_db *db, struct pur_query *q)
{
	(void)db;
	forgotten.n++;
	forgotten.last = q;
	return forgotten.rc;
}

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_INT },
	{ .name = "lines", .type = PUR_ROWS, .include = "(SELECT array_agg(1))" },
	{ .name = "client", .type = PUR_OBJECT, .include = "(SELECT ROW(c.id) FROM c)" },
	{ .name = NULL },
};

enum { F_ID, F_LINES, F_CLIENT };

enum { PLAIN = 1, VIEWED, WHOLE, NEARLY, N_STMTS };

static const struct pur_stmt stmts[] = {
	[PLAIN] = { PUR_ONE, "@tenant", "SELECT 1" },
	[VIEWED] = { PUR_ONE, "@tenant /ref",
		     "SELECT id{include} FROM t WHERE t.{ref} AND t.{active}" },
	[WHOLE] = { PUR_ONE, "@tenant", "SELECT id, (SELECT 1) AS lines{include} FROM t" },
	[NEARLY] = { PUR_ONE, "@tenant",
		     "SELECT a AS lines_total, b AS linesx, c AS outlines, c AS lines2{include}" },
};

static const struct pur_resource things = { .program = "things",
					    .fields = fields,
					    .stmts = stmts,
					    .n_stmts = PUR_COUNT(stmts),
					    .key = { .name = "slug", .type = PUR_SLUG } };

static struct pur_bound bound[N_STMTS];
static struct pur_match path = { .names = { "{ref}" }, .n = 1 };
static struct pur_input in = { .path = &path };
static struct pur_view view;
static struct pur_step step;

static int
compile(void **state)
{
	char message[128];

	for (int i = 1; i < N_STMTS; i++) {
		if (pur_bind_compile(&things, i, NULL, NULL, &bound[i], message, sizeof(message)) !=
		    0)
			return -1;
	}
	memcpy(in.tenant.b, "0123456789abcdef", 16);
	return new_arena(state);
}

static int
setup(void **state)
{
	memset(&forgotten, 0, sizeof(forgotten));
	memset(&view, 0, sizeof(view));
	path.values[0] = ID;
	return reset_arena(state);
}

/* Builds a statement of the table as the view wants it, with something in front and behind. */
static enum pur_rc
build(struct pur_arena *a, int stmt, const char *before, const char *behind)
{
	struct pur_shape s = { .a = a };
	enum pur_rc rc = pur_shape_begin(&s, &bound[stmt], &in, &view, before);

	if (rc == PUR_OK)
		pur_buf_puts(&s.sql, behind);
	return pur_shape_end(&s, NULL, rc, &step);
}

static void
assert_built(struct pur_arena *a, int stmt, const char *sql)
{
	assert_int_equal(build(a, stmt, "", ""), PUR_OK);
	assert_string_equal(step.query->sql, sql);
}

static void
include(int field)
{
	view.includes[view.n_includes++] = &fields[field];
}

/* ---- texts ---- */

static void
test_whether_a_view_differs(void **state)
{
	(void)state;
	assert_false(pur_view_differs(&view));
	view.deleted = true;
	assert_true(pur_view_differs(&view));
	view.deleted = false;
	include(F_LINES);
	assert_true(pur_view_differs(&view));
}

static void
test_the_statement_as_it_is(void **state)
{
	assert_built(*state, PLAIN, "SELECT 1");
	assert_int_equal(step.query->n, 1);
	assert_int_equal(step.query->types[0], PUR_OID_UUID);
	ASSERT_BYTES(&step.binds[0], "0123456789abcdef");
	assert_built(*state, VIEWED, "SELECT id FROM t WHERE t.id = $2 AND t.active");
	assert_int_equal(build(*state, PLAIN, "SELECT count(*) FROM (", ") AS x"), PUR_OK);
	assert_string_equal(step.query->sql, "SELECT count(*) FROM (SELECT 1) AS x");
}

static void
test_includes_in_their_order(void **state)
{
	include(F_CLIENT);
	assert_built(*state, VIEWED,
		     "SELECT id, (SELECT ROW(c.id) FROM c) AS client FROM t"
		     " WHERE t.id = $2 AND t.active");
	include(F_LINES);
	assert_built(*state, VIEWED,
		     "SELECT id, (SELECT ROW(c.id) FROM c) AS client,"
		     " (SELECT array_agg(1)) AS lines FROM t WHERE t.id = $2 AND t.active");
	/* A statement that has no place for more stays as it is. */
	assert_built(*state, PLAIN, "SELECT 1");
}

/* A column that would be there twice would be a member of the answer twice. */
static void
test_what_the_statement_has_is_not_included(void **state)
{
	include(F_LINES);
	assert_built(*state, WHOLE, "SELECT id, (SELECT 1) AS lines FROM t");
	include(F_CLIENT);
	assert_built(*state, WHOLE,
		     "SELECT id, (SELECT 1) AS lines, (SELECT ROW(c.id) FROM c) AS client FROM t");
}

/* And one whose name only begins or ends like it is another. */
static void
test_names_like_that_of_an_include(void **state)
{
	include(F_LINES);
	assert_built(*state, NEARLY,
		     "SELECT a AS lines_total, b AS linesx, c AS outlines, c AS lines2,"
		     " (SELECT array_agg(1)) AS lines");
}

static void
test_deleted_things_by_either_key(void **state)
{
	view.deleted = true;
	assert_built(*state, VIEWED, "SELECT id FROM t WHERE t.id = $2 AND t.active IS FALSE");
	assert_int_equal(step.query->types[1], PUR_OID_UUID);
	path.values[0] = "acme";
	assert_built(*state, VIEWED, "SELECT id FROM t WHERE t.slug = $2 AND t.active IS FALSE");
	assert_int_equal(step.query->types[1], PUR_OID_TEXT);
	ASSERT_BYTES(&step.binds[1], "acme");
	path.values[0] = "Acme";
	assert_int_equal(build(*state, VIEWED, "", ""), PUR_ENOTFOUND);
}

/* ---- arguments ---- */

static void
test_places_for_more_arguments(void **state)
{
	struct pur_shape s = { .a = *state };
	struct pur_datum *first, *second;

	assert_int_equal(pur_shape_begin(&s, &bound[VIEWED], &in, &view, ""), PUR_OK);
	assert_int_equal(pur_shape_arg(&s, PUR_OID_TEXT, &first), 3);
	assert_int_equal(pur_shape_arg(&s, PUR_OID_INT8, &second), 4);
	*first = pur_datum_text("one");
	*second = pur_datum_text("two");
	pur_buf_puts(&s.sql, " AND $3 AND $4");
	assert_int_equal(pur_shape_end(&s, NULL, PUR_OK, &step), PUR_OK);
	assert_string_equal(step.query->sql,
			    "SELECT id FROM t WHERE t.id = $2 AND t.active AND $3 AND $4");
	assert_int_equal(step.query->n, 4);
	assert_int_equal(step.query->types[1], PUR_OID_UUID);
	assert_int_equal(step.query->types[2], PUR_OID_TEXT);
	assert_int_equal(step.query->types[3], PUR_OID_INT8);
	ASSERT_BYTES(&step.binds[0], "0123456789abcdef");
	ASSERT_BYTES(&step.binds[2], "one");
	ASSERT_BYTES(&step.binds[3], "two");
}

/* ---- ends that are none ---- */

static void
test_what_went_wrong_before_stays_so(void **state)
{
	struct pur_shape s = { .a = *state };

	pur_buf_puts(&s.sql, "SELECT 'half of it'");
	assert_int_equal(pur_shape_end(&s, NULL, PUR_ENOTFOUND, &step), PUR_ENOTFOUND);
	assert_null(s.sql.data);
	assert_int_equal(forgotten.n, 0);
}

static void
test_a_text_has_a_most(void **state)
{
	char spaces[8200];

	memset(spaces, ' ', sizeof(spaces));
	spaces[8191 - strlen("SELECT 1")] = '\0';
	assert_int_equal(build(*state, PLAIN, "", spaces), PUR_OK);
	assert_int_equal(strlen(step.query->sql), 8191);
	spaces[8191 - strlen("SELECT 1")] = ' ';
	spaces[8192 - strlen("SELECT 1")] = '\0';
	assert_int_equal(build(*state, PLAIN, "", spaces), PUR_ETOOLARGE);
}

/* ---- which statements are kept ---- */

/* Each number is another statement. */
static struct pur_query *
numbered(struct pur_arena *a, int number)
{
	char behind[16];

	snprintf(behind, sizeof(behind), " + %d", number);
	assert_int_equal(build(a, PLAIN, "", behind), PUR_OK);
	return step.query;
}

static void
test_the_least_recently_used_statement_leaves(void **state)
{
	struct pur_query *kept[PUR_SHAPES], *q;

	for (int i = 0; i < PUR_SHAPES; i++)
		kept[i] = numbered(*state, i);
	forgotten.n = 0;
	for (int i = 0; i < PUR_SHAPES; i++) {
		assert_ptr_equal(numbered(*state, i), kept[i]);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(kept[i]->name, kept[j]->name);
	}
	assert_int_equal(forgotten.n, 0);
	numbered(*state, 0);
	kept[1]->prepared = 7;
	q = numbered(*state, PUR_SHAPES);
	assert_int_equal(forgotten.n, 1);
	assert_ptr_equal(forgotten.last, kept[1]);
	assert_int_equal(q->prepared, 0);
	assert_ptr_equal(numbered(*state, PUR_SHAPES), q);
	assert_ptr_equal(numbered(*state, 0), kept[0]);
	assert_int_equal(forgotten.n, 1);
	numbered(*state, 1);
	assert_int_equal(forgotten.n, 2);
	assert_ptr_equal(forgotten.last, kept[2]);
}

/* How its rows are written leaves with it; the leak checker sees whether all of it. */
static void
test_a_statement_leaves_with_all_it_has(void **state)
{
	const struct column column = { "id", PUR_OID_INT8 };
	const struct pur_row_style style = {
		.res =
		    &(struct pur_resource){ .routes = &(struct pur_route){ PUR_METHOD_UNKNOWN } },
		.fields = fields,
		.version = 1
	};
	PGresult *r = new_result(&column, 1);
	struct pur_buf b = { .data = NULL };

	set_int8(r, 0, 0, 7);
	for (int i = 0; i < 3 * PUR_SHAPES; i++) {
		struct pur_query *q = numbered(*state, 1000 + i);

		assert_null(q->plan);
		assert_int_equal(pur_row_put(&b, q, r, 0, &style), PUR_OK);
		assert_non_null(q->plan);
	}
	assert_true(forgotten.n >= 2 * PUR_SHAPES);
	pur_buf_free(&b);
	PQclear(r);
}

static void
test_a_statement_that_cannot_leave_stays(void **state)
{
	struct pur_query *kept[PUR_SHAPES];
	const char *sql;

	for (int i = 0; i < PUR_SHAPES; i++)
		kept[i] = numbered(*state, 2000 + i);
	sql = kept[0]->sql;
	forgotten.n = 0;
	forgotten.rc = PUR_EUNAVAILABLE;
	assert_int_equal(build(*state, PLAIN, "", " + one more"), PUR_EUNAVAILABLE);
	assert_int_equal(forgotten.n, 1);
	assert_ptr_equal(kept[0]->sql, sql);
	assert_ptr_equal(numbered(*state, 2000), kept[0]);
	assert_int_equal(forgotten.n, 1);
}

/* ---- a small arena ---- */

static enum pur_rc
build_viewed(struct pur_arena *a)
{
	return build(a, VIEWED, "", "");
}

static void
test_a_small_arena(void **state)
{
	(void)state;
	with_every_ceiling(build_viewed, PUR_OK);
	include(F_LINES);
	path.values[0] = "acme";
	with_every_ceiling(build_viewed, PUR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_whether_a_view_differs, setup),
		cmocka_unit_test_setup(test_the_statement_as_it_is, setup),
		cmocka_unit_test_setup(test_includes_in_their_order, setup),
		cmocka_unit_test_setup(test_what_the_statement_has_is_not_included, setup),
		cmocka_unit_test_setup(test_names_like_that_of_an_include, setup),
		cmocka_unit_test_setup(test_deleted_things_by_either_key, setup),
		cmocka_unit_test_setup(test_places_for_more_arguments, setup),
		cmocka_unit_test_setup(test_what_went_wrong_before_stays_so, setup),
		cmocka_unit_test_setup(test_a_text_has_a_most, setup),
		cmocka_unit_test_setup(test_the_least_recently_used_statement_leaves, setup),
		cmocka_unit_test_setup(test_a_statement_leaves_with_all_it_has, setup),
		cmocka_unit_test_setup(test_a_statement_that_cannot_leave_stays, setup),
		cmocka_unit_test_setup(test_a_small_arena, setup),
	};

	return cmocka_run_group_tests(tests, compile, free_arena);
}
