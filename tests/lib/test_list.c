/*
 * Tests of list: what a query may ask of a list, the SQL that is made of it, where its total comes
 * from, and the links between pages.
 */
#include "list.h"
#include "support.h"

/* Stands in for db.c's, so that no connection is needed. */
enum pur_rc
pur_db_forget(struct pur_db *db, struct pur_query *q)
{
	(void)db;
	(void)q;
	return PUR_OK;
}

static const char *const statuses[] = { "pending", "ready", NULL };

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .column = "o.id" },
	{ .name = "name", .type = PUR_TEXT, .flags = PUR_SORT | PUR_FILTER },
	{ .name = "status", .type = PUR_CHOICE, .choices = statuses, .flags = PUR_FILTER },
	{ .name = "total", .type = PUR_MONEY, .flags = PUR_SORT | PUR_FILTER },
	{ .name = "created_at", .type = PUR_TIME, .flags = PUR_SORT | PUR_FILTER },
	{ .name = "day", .type = PUR_DATE, .flags = PUR_FILTER },
	{ .name = "active", .type = PUR_BOOL, .flags = PUR_FILTER },
	{ .name = "left",
	  .type = PUR_INT,
	  .flags = PUR_SORT | PUR_FILTER,
	  .column = "(o.have - o.gone)" },
	{ .name = "owner_id", .type = PUR_UUID, .flags = PUR_FILTER },
	{ .name = "notes", .type = PUR_TEXT },
	{ .name = "owner", .type = PUR_OBJECT, .include = "(SELECT ROW(u.id) FROM users u)" },
	{ .name = "lines", .type = PUR_ROWS, .include = "(SELECT 1)" },
	{ .name = NULL },
};

enum { ID, NAME, STATUS, TOTAL, CREATED_AT, DAY, ACTIVE, LEFT, OWNER_ID, NOTES, OWNER, LINES };

#define ID_TEXT "01890a5d-ac96-774b-bcce-b302099a8057"
#define ID_BYTES "\x01\x89\x0a\x5d\xac\x96\x77\x4b\xbc\xce\xb3\x02\x09\x9a\x80\x57"

#define BASE "SELECT o.id FROM orders o WHERE o.tenant_id = $1"
#define VIEWED "SELECT o.id{include} FROM orders o{search} WHERE o.tenant_id = $1 AND o.{active}"

/* Rows that are not of the resource, but of a route's own. */
static const struct pur_field events[] = {
	{ .name = "seq", .type = PUR_INT, .flags = PUR_SORT, .column = "e.seq" },
	{ .name = NULL },
};

#define SEARCHED "SELECT o.id{include} FROM orders o{search} WHERE o.tenant_id = $1"
#define ITSELF                                                                                     \
	"SELECT id, rank, count(*) OVER () AS _counted, bool_or(more) OVER () AS _more"            \
	" FROM all_of($1) WHERE true"

static const struct pur_stmt stmts[] = {
	{ PUR_NOSTMT },
	{ PUR_LIST, "@tenant", BASE },
	{ PUR_LIST, "@tenant @address", BASE " AND o.address = $2" },
	{ PUR_LIST, "@tenant", VIEWED },
	{ PUR_LIST, "@tenant", SEARCHED },
	{ PUR_LIST, "@tenant", ITSELF },
};

static const struct pur_resource counted = { .program = "orders",
					     .fields = fields,
					     .stmts = stmts,
					     .n_stmts = PUR_COUNT(stmts),
					     .counts = "orders",
					     .search = "orders" };

static const struct pur_resource uncounted = {
	.program = "orders", .fields = fields, .stmts = stmts, .n_stmts = PUR_COUNT(stmts)
};

static const struct pur_route own = { .fields = events, .sort = "-seq" };
static const struct pur_route plain = { .path = "/orders" }, other = { .path = "/offers" };
static const unsigned char key[PUR_CURSOR_KEY] = "a key that is thirty-two bytes.";
static struct pur_match path;
static struct pur_bound base, narrow, viewed, searched, itself;
static struct pur_input in = { .route = &plain, .path = &path };
static struct pur_list list;
static struct pur_error error;
static bool bad;
static const char *sql; /* of the statement that is asked for something */

static int
compile(void **state)
{
	char message[128];

	if (pur_bind_compile(&counted, 1, NULL, NULL, &base, message, sizeof(message)) != 0 ||
	    pur_bind_compile(&counted, 2, NULL, NULL, &narrow, message, sizeof(message)) != 0 ||
	    pur_bind_compile(&counted, 3, NULL, NULL, &viewed, message, sizeof(message)) != 0 ||
	    pur_bind_compile(&counted, 4, NULL, NULL, &searched, message, sizeof(message)) != 0 ||
	    pur_bind_compile(&counted, 5, NULL, NULL, &itself, message, sizeof(message)) != 0)
		return -1;
	memcpy(in.tenant.b, "0123456789abcdef", 16);
	in.address = "::1";
	return new_arena(state);
}

static int
setup(void **state)
{
	memset(&list, 0, sizeof(list));
	memset(&error, 0, sizeof(error));
	bad = false;
	in.route = &plain;
	path.n = 0;
	sql = VIEWED;
	return reset_arena(state);
}

/* ---- what is asked for ---- */

/* As intake.c asks: what any read has, and then what lists have. */
static int
ask(struct pur_arena *a, const char *name, const char *value)
{
	const struct pur_param p = { name, value };

	return pur_view_take(a, &list, fields, sql, &p, &error, &bad) ||
	       pur_list_take(a, &list, fields, sql, &p, &error, &bad);
}

static void
want(struct pur_arena *a, const char *name, const char *value)
{
	if (ask(a, name, value) != 1 || bad)
		fail_msg("%s=%s is refused", name, value);
}

static void
refuse(struct pur_arena *a, const char *name, const char *value, const char *fault)
{
	setup(&(void *){ a });
	if (ask(a, name, value) != 1 || !bad)
		fail_msg("%s=%s is taken", name, value);
	assert_details(&error, fault);
	assert_int_equal(list.n_filters, 0);
}

static void
test_pages(void **state)
{
	static const char *const no_pages[] = { "0",  "-1",  "1000001",
						"x",  "",    "1.0",
						" 1", "1e3", "99999999999999999999" };

	want(*state, "page", "1");
	want(*state, "perPage", "100");
	assert_int_equal(list.page, 1);
	assert_int_equal(list.per_page, 100);
	want(*state, "page", "1000000");
	want(*state, "perPage", "1");
	assert_int_equal(list.page, 1000000);
	assert_int_equal(list.per_page, 1);
	for (size_t i = 0; i < N_OF(no_pages); i++)
		refuse(*state, "page", no_pages[i], "page: Must be an integer from 1 to 1000000");
	refuse(*state, "perPage", "0", "perPage: Must be an integer from 1 to 100");
	refuse(*state, "perPage", "101", "perPage: Must be an integer from 1 to 100");
}

static void
test_orders(void **state)
{
	want(*state, "sort", "-created_at,name");
	assert_int_equal(list.n_sorts, 2);
	assert_ptr_equal(list.sorts[0].field, &fields[CREATED_AT]);
	assert_true(list.sorts[0].descending);
	assert_ptr_equal(list.sorts[1].field, &fields[NAME]);
	assert_false(list.sorts[1].descending);
	setup(state);
	want(*state, "sort", "name,-total,left,-created_at");
	assert_int_equal(list.n_sorts, 4);
	refuse(*state, "sort", "name,-total,left,-created_at,name", "sort: At most 4 fields");
	refuse(*state, "sort", "notes", "sort: Can't be sorted by notes");
	refuse(*state, "sort", "name,nothing,x", "sort: Can't be sorted by nothing");
	refuse(*state, "sort", "status", "sort: Can't be sorted by status");
	refuse(*state, "sort", "-", "sort: Can't be sorted by -");
	refuse(*state, "sort", "--name", "sort: Can't be sorted by --name");
	refuse(*state, "sort", "+name", "sort: Can't be sorted by +name");
	refuse(*state, "sort", "", "sort: Can't be sorted by ");
	refuse(*state, "sort", "name,", "sort: Can't be sorted by ");
	refuse(*state, "sort", "name desc", "sort: Can't be sorted by name desc");
}

static void
test_filters(void **state)
{
	static const struct {
		const char *name, *value, *op;
		int field;
	} rows[] = {
		{ "name", "Ada", "=", NAME },
		{ "total[gt]", "-5", ">", TOTAL },
		{ "total[gte]", "1250", ">=", TOTAL },
		{ "created_at[lt]", "1970-01-01T00:00:01Z", "<", CREATED_AT },
		{ "day[lte]", "1970-01-02", "<=", DAY },
		{ "status[in]", "pending,ready", "any", STATUS },
		{ "active", "false", "=", ACTIVE },
		{ "name", "", "=", NAME },
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		want(*state, rows[i].name, rows[i].value);
		assert_int_equal(list.n_filters, i + 1);
		assert_ptr_equal(list.filters[i].field, &fields[rows[i].field]);
		assert_string_equal(list.filters[i].op, rows[i].op);
	}
	assert_string_equal(list.filters[0].value.s, "Ada");
	assert_int_equal(list.filters[1].value.i, -5);
	assert_int_equal(list.filters[2].value.i, 1250);
	assert_int_equal(list.filters[3].value.i, 1000000);
	assert_int_equal(list.filters[4].value.i, 1);
	assert_int_equal(list.filters[5].n, 2);
	assert_memory_equal(list.filters[5].values[0].s, "pending", 8);
	assert_memory_equal(list.filters[5].values[1].s, "ready", 6);
	assert_false(list.filters[6].value.b);
	assert_int_equal(list.filters[7].value.len, 0);
}

static void
test_filters_of_wrong_values(void **state)
{
	refuse(*state, "status", "gone", "status: Must be one of the values it can have");
	refuse(*state, "status[in]", "pending,gone,ready",
	       "status[in]: Must be one of the values it can have");
	refuse(*state, "status[in]", "", "status[in]: Must be one of the values it can have");
	refuse(*state, "status[in]", "pending,",
	       "status[in]: Must be one of the values it can have");
	refuse(*state, "status[in]", ",pending",
	       "status[in]: Must be one of the values it can have");
	refuse(*state, "total[gt]", "1.5", "total[gt]: Must be an integer");
	refuse(*state, "active", "yes", "active: Must be true or false");
	refuse(*state, "owner_id", "acme", "owner_id: Must be an id (UUID)");
	refuse(*state, "day", "2026-02-30", "day: Must be a date like 2026-05-01");
}

/* Not a list's: whoever asked says that it is unknown. */
static void
test_names_that_are_no_filters(void **state)
{
	static const char *const names[] = {
		"notes",     "nothing",        "nam",       "names",    "Name",      "name[",
		"name[]",    "name[gt",        "name[gtt]", "name[GT]", "name[gt]x", "name[gt][lt]",
		"name[ne]",  "[gt]",           "[]",        "",         "name[ gt]", "name]gt[",
		"name[any]", "name[=]",        "id",        "id[gt]",   "per_page",  "Page",
		"name[i]",   "name[\xc3\xa4]", "name.x",    "name[in",  "name[in]]",
	};

	for (size_t i = 0; i < N_OF(names); i++) {
		if (ask(*state, names[i], "1") != 0 || bad)
			fail_msg("%s is a list's", names[i]);
	}
	assert_int_equal(list.n_filters, 0);
	assert_null(error.details);
}

/* The request has room for so many; one more must not be written anywhere. */
static void
test_too_many_filters(void **state)
{
	struct pur_list before;

	want(*state, "sort", "name,-total,left,-created_at");
	for (int i = 0; i < PUR_LIST_FILTERS; i++)
		want(*state, "name", "Ada");
	before = list;
	for (int i = 0; i < 52; i++) {
		bad = false;
		assert_int_equal(ask(*state, "name", "Grace"), 1);
		assert_true(bad);
	}
	assert_memory_equal(&list, &before, sizeof(list));
	assert_string_equal(error.details->field, "name");
	assert_string_equal(error.details->message, "Too many filters");
}

static void
test_defaults(void **state)
{
	const struct pur_route newest = { .sort = "-created_at" }, any = { .sort = NULL };

	pur_list_finish(&list, fields, &newest);
	assert_int_equal(list.page, 1);
	assert_int_equal(list.per_page, 20);
	assert_int_equal(list.n_sorts, 1);
	assert_ptr_equal(list.sorts[0].field, &fields[CREATED_AT]);
	assert_true(list.sorts[0].descending);
	setup(state);
	pur_list_finish(&list, fields, &any);
	assert_int_equal(list.n_sorts, 0);
	setup(state);
	want(*state, "page", "3");
	want(*state, "perPage", "7");
	want(*state, "sort", "name");
	pur_list_finish(&list, fields, &newest);
	assert_int_equal(list.page, 3);
	assert_int_equal(list.per_page, 7);
	assert_int_equal(list.n_sorts, 1);
	assert_ptr_equal(list.sorts[0].field, &fields[NAME]);
}

/* ---- includes, and deleted things ---- */

static void
test_includes(void **state)
{
	want(*state, "include", "owner,lines");
	assert_int_equal(list.view.n_includes, 2);
	assert_ptr_equal(list.view.includes[0], &fields[OWNER]);
	assert_ptr_equal(list.view.includes[1], &fields[LINES]);
	refuse(*state, "include", "", "include: Can't include ");
	refuse(*state, "include", "nothing", "include: Can't include nothing");
	refuse(*state, "include", "owner,", "include: Can't include ");
	refuse(*state, "include", ",owner", "include: Can't include ");
	refuse(*state, "include", "owne", "include: Can't include owne");
	refuse(*state, "include", "owners", "include: Can't include owners");
	refuse(*state, "include", "owner lines", "include: Can't include owner lines");
	refuse(*state, "include", "owner,name",
	       "include: Can't include name"); /* is there anyway */
	/* A statement with no place for it takes none. */
	setup(state);
	sql = BASE;
	assert_int_equal(ask(*state, "include", "owner"), 0);
	assert_int_equal(list.view.n_includes, 0);
}

/* However often it is asked for, a column is there once. */
static void
test_nothing_is_included_twice(void **state)
{
	want(*state, "include", "owner,owner,lines,owner,lines,owner,owner,owner,owner,owner");
	want(*state, "include", "lines,owner");
	assert_int_equal(list.view.n_includes, 2);
	assert_ptr_equal(list.view.includes[0], &fields[OWNER]);
	assert_ptr_equal(list.view.includes[1], &fields[LINES]);
}

static void
test_includes_have_a_most(void **state)
{
	static char names[PUR_INCLUDES + 1][4];
	static struct pur_field many[PUR_INCLUDES + 2];
	char all[64] = "";
	struct pur_param p = { "include", all };

	for (int i = 0; i <= PUR_INCLUDES; i++) {
		snprintf(names[i], sizeof(names[i]), "i%d", i);
		many[i] = (struct pur_field){ .name = names[i], .include = "1" };
		strcat(strcat(all, i > 0 ? "," : ""), names[i]);
	}
	*strrchr(all, ',') = '\0';
	assert_int_equal(pur_view_take(*state, &list, many, VIEWED, &p, &error, &bad), 1);
	assert_false(bad);
	assert_int_equal(list.view.n_includes, PUR_INCLUDES);
	p.value = names[PUR_INCLUDES];
	assert_int_equal(pur_view_take(*state, &list, many, VIEWED, &p, &error, &bad), 1);
	assert_true(bad);
	assert_int_equal(list.view.n_includes, PUR_INCLUDES);
	assert_details(&error, "include: At most 8");
}

static void
test_deleted_things(void **state)
{
	static const char *const no_answers[] = { "", "yes", "1", "True", "true " };

	want(*state, "deleted", "true");
	assert_true(list.view.deleted);
	want(*state, "deleted", "false");
	assert_false(list.view.deleted);
	for (size_t i = 0; i < N_OF(no_answers); i++)
		refuse(*state, "deleted", no_answers[i], "deleted: Must be true or false");
	setup(state);
	sql = BASE; /* nothing is deleted there */
	assert_int_equal(ask(*state, "deleted", "true"), 0);
	assert_false(list.view.deleted);
}

/* ---- the SQL ---- */

static struct pur_step rows, total;

static void
build(struct pur_arena *a, const struct pur_resource *res, struct pur_bound *from)
{
	pur_list_finish(&list, pur_route_fields(res, in.route), in.route);
	assert_int_equal(pur_list_build(a, NULL, &list, res, from, &in, &rows, &total), PUR_OK);
}

static void
test_a_plain_page(void **state)
{
	build(*state, &counted, &base);
	assert_string_equal(rows.query->sql, BASE " ORDER BY o.id LIMIT $2 OFFSET $3");
	assert_int_equal(rows.query->n, 3);
	assert_int_equal(rows.query->types[0], PUR_OID_UUID);
	assert_int_equal(rows.query->types[1], PUR_OID_INT8);
	assert_int_equal(rows.query->types[2], PUR_OID_INT8);
	ASSERT_BYTES(&rows.binds[0], "0123456789abcdef");
	ASSERT_BYTES(&rows.binds[1], "\0\0\0\0\0\0\0\x14");
	ASSERT_BYTES(&rows.binds[2], "\0\0\0\0\0\0\0\0");
}

static void
test_a_page_far_behind(void **state)
{
	want(*state, "page", "1000000");
	want(*state, "perPage", "100");
	build(*state, &counted, &base);
	ASSERT_BYTES(&rows.binds[1], "\0\0\0\0\0\0\0\x64");
	ASSERT_BYTES(&rows.binds[2], "\0\0\0\0\x05\xf5\xe0\x9c"); /* 99,999,900 */
}

/* The id comes last, in the direction of the last field, so that pages never overlap. */
static void
test_order_in_sql(void **state)
{
	static const struct {
		const char *sort, *sql;
	} cases[] = {
		{ "name", "name, o.id" },
		{ "-name", "name DESC, o.id DESC" },
		{ "-left,name", "(o.have - o.gone) DESC, name, o.id" },
		{ "name,-total,left,-created_at",
		  "name, total DESC, (o.have - o.gone), created_at DESC, o.id DESC" },
	};
	char expected[256];

	for (size_t i = 0; i < N_OF(cases); i++) {
		setup(state);
		want(*state, "sort", cases[i].sort);
		build(*state, &counted, &base);
		snprintf(expected, sizeof(expected), BASE " ORDER BY %s LIMIT $2 OFFSET $3",
			 cases[i].sql);
		assert_string_equal(rows.query->sql, expected);
	}
}

static void
test_filters_in_sql(void **state)
{
	static const Oid types[] = { PUR_OID_UUID, PUR_OID_TEXT,        PUR_OID_INT8,
				     PUR_OID_INT8, PUR_OID_TIMESTAMPTZ, PUR_OID_DATE_ARRAY,
				     PUR_OID_BOOL, PUR_OID_UUID_ARRAY,  PUR_OID_INT8_ARRAY,
				     PUR_OID_INT8, PUR_OID_INT8 };

	want(*state, "name", "Ada'; DROP TABLE orders; --");
	want(*state, "total[gte]", "1");
	want(*state, "total[lt]", "9");
	want(*state, "created_at[gt]", "2000-01-01T00:00:00Z");
	want(*state, "day[in]", "2000-01-01,2000-01-02");
	want(*state, "active", "true");
	want(*state, "owner_id[in]", "01890a5d-ac96-774b-bcce-b302099a8057");
	want(*state, "left[in]", "-1,7");
	build(*state, &counted, &base);
	assert_string_equal(
	    rows.query->sql,
	    BASE " AND name = $2 AND total >= $3 AND total < $4 AND created_at > $5"
		 " AND day = ANY ( $6) AND active = $7 AND owner_id = ANY ( $8)"
		 " AND (o.have - o.gone) = ANY ( $9) ORDER BY o.id LIMIT $10 OFFSET $11");
	assert_int_equal(rows.query->n, N_OF(types));
	for (size_t i = 0; i < N_OF(types); i++)
		assert_int_equal(rows.query->types[i], types[i]);
	ASSERT_BYTES(&rows.binds[1], "Ada'; DROP TABLE orders; --");
	ASSERT_BYTES(&rows.binds[2], "\0\0\0\0\0\0\0\1");
	ASSERT_BYTES(&rows.binds[4], "\0\0\0\0\0\0\0\0");
	ASSERT_BYTES(&rows.binds[5], WORD("\1") WORD("\0") "\0\0\x04\x3a" WORD("\2") WORD("\1")
					 WORD("\4") "\0\0\0\0" WORD("\4") "\0\0\0\1");
	ASSERT_BYTES(&rows.binds[6], "\1");
	ASSERT_BYTES(&rows.binds[8],
		     WORD("\1") WORD("\0") WORD("\x14") WORD("\2") WORD("\1")
			 WORD("\x08") "\xff\xff\xff\xff\xff\xff\xff\xff" INT8_ITEM("\7"));
}

static void
test_a_route_whose_rows_are_its_own(void **state)
{
	in.route = &own;
	build(*state, &counted, &base);
	assert_string_equal(rows.query->sql,
			    BASE " ORDER BY e.seq DESC, e.seq DESC LIMIT $2 OFFSET $3");
}

#define COUNTED(sql) "SELECT count(*) AS counted FROM (" sql ") AS matching"

#define SEEN(include, active)                                                                      \
	"SELECT o.id" include " FROM orders o WHERE o.tenant_id = $1 AND o." active

static void
test_views_in_sql(void **state)
{
	build(*state, &counted, &viewed);
	assert_string_equal(rows.query->sql,
			    SEEN("", "active") " ORDER BY o.id LIMIT $2 OFFSET $3");
	want(*state, "include", "lines,owner");
	build(*state, &counted, &viewed);
	assert_string_equal(rows.query->sql,
			    SEEN(", (SELECT 1) AS lines, (SELECT ROW(u.id) FROM users u) AS owner",
				 "active") " ORDER BY o.id LIMIT $2 OFFSET $3");
	want(*state, "deleted", "true");
	want(*state, "name", "Ada");
	build(*state, &counted, &viewed);
	assert_string_equal(
	    rows.query->sql,
	    SEEN(", (SELECT 1) AS lines, (SELECT ROW(u.id) FROM users u) AS owner",
		 "active IS FALSE") " AND name = $2 ORDER BY o.id LIMIT $3 OFFSET $4");
	/* How many there are doesn't depend on what is shown of each. */
	assert_string_equal(total.query->sql,
			    COUNTED(SEEN("", "active IS FALSE") " AND name = $2 LIMIT $3"));
}

/* ---- cursors ---- */

/* A row of the list, with a value for each field that it can be sorted by. */
static PGresult *
a_row(void)
{
	static const struct column columns[] = { { "id", PUR_OID_UUID },
						 { "name", PUR_OID_TEXT },
						 { "total", PUR_OID_INT8 },
						 { "left", PUR_OID_INT4 },
						 { "created_at", PUR_OID_TIMESTAMPTZ } };
	PGresult *r = new_result(columns, N_OF(columns));

	set_uuid(r, 0, 0, ID_TEXT);
	set_text(r, 0, 1, "Ada, \"x\"");
	set_int8(r, 0, 2, -5);
	set_int4(r, 0, 3, 7);
	set_int8(r, 0, 4, 1); /* a microsecond: none is lost */
	return r;
}

static enum pur_rc
seek(struct pur_arena *a, const char *cursor)
{
	list.cursor = cursor;
	list.n_at = 0;
	memset(&error, 0, sizeof(error));
	return pur_list_seek(a, &list, fields, &in, key, &error);
}

/* Makes the cursor behind a_row(), and begins there. */
static const char *
begin_behind(struct pur_arena *a, int sorts)
{
	PGresult *r = a_row();
	const char *cursor;

	assert_int_equal(seek(a, ""), PUR_OK);
	assert_int_equal(list.n_at, 0);
	cursor = pur_list_cursor(a, &list, fields, r, 0, key);
	PQclear(r);
	assert_non_null(cursor);
	assert_int_equal(seek(a, cursor), PUR_OK);
	assert_int_equal(list.n_at, sorts + 1);
	return cursor;
}

static void
test_a_list_by_cursor(void **state)
{
	want(*state, "cursor", "");
	assert_string_equal(list.cursor, "");
	assert_int_equal(seek(*state, list.cursor), PUR_OK);
	want(*state, "perPage", "100");
	want(*state, "page", "7"); /* of a list by cursor there are no pages */
	build(*state, &counted, &base);
	assert_string_equal(rows.query->sql, BASE " ORDER BY o.id LIMIT $2");
	ASSERT_BYTES(&rows.binds[1], "\0\0\0\0\0\0\0\x65"); /* one more tells that more follow */
	assert_null(total.query);
	build(*state, &uncounted, &base);
	assert_null(total.query);
	list.cursor = NULL;
	assert_int_equal(pur_list_seek(*state, &list, fields, &in, key, &error), PUR_OK);
	assert_null(error.details);
}

static void
test_where_a_cursor_begins(void **state)
{
	static const struct {
		const char *sort, *seek, *order;
		int sorts;
	} cases[] = {
		{ NULL, "(o.id) > ($2)", "o.id LIMIT $3", 0 },
		{ "name", "(name, o.id) > ($2, $3)", "name, o.id LIMIT $4", 1 },
		{ "-name", "(name, o.id) < ($2, $3)", "name DESC, o.id DESC LIMIT $4", 1 },
		{ "-left,-total", "((o.have - o.gone), total, o.id) < ($2, $3, $4)",
		  "(o.have - o.gone) DESC, total DESC, o.id DESC LIMIT $5", 2 },
		{ "-left,name",
		  "((o.have - o.gone) < $2 OR ((o.have - o.gone) = $2 AND (name > $3 OR (name = $3"
		  " AND (o.id > $4)))))",
		  "(o.have - o.gone) DESC, name, o.id LIMIT $5", 2 },
		{ "name,-total,left,-created_at",
		  "(name > $2 OR (name = $2 AND (total < $3 OR (total = $3 AND"
		  " ((o.have - o.gone) > $4 OR ((o.have - o.gone) = $4 AND (created_at < $5"
		  " OR (created_at = $5 AND (o.id < $6)))))))))",
		  "name, total DESC, (o.have - o.gone), created_at DESC, o.id DESC LIMIT $7", 4 },
	};
	char expected[512];

	for (size_t i = 0; i < N_OF(cases); i++) {
		setup(state);
		if (cases[i].sort != NULL)
			want(*state, "sort", cases[i].sort);
		begin_behind(*state, cases[i].sorts);
		build(*state, &counted, &base);
		snprintf(expected, sizeof(expected), BASE " AND %s ORDER BY %s", cases[i].seek,
			 cases[i].order);
		assert_string_equal(rows.query->sql, expected);
		assert_int_equal(rows.query->n, 1 + cases[i].sorts + 1 + 1);
		assert_null(total.query);
	}
	/* Values as they were, each of its column's type; behind the filters'. */
	assert_int_equal(rows.query->types[1], PUR_OID_TEXT);
	ASSERT_BYTES(&rows.binds[1], "Ada, \"x\"");
	assert_int_equal(rows.query->types[2], PUR_OID_INT8);
	ASSERT_BYTES(&rows.binds[2], "\xff\xff\xff\xff\xff\xff\xff\xfb");
	assert_int_equal(rows.query->types[3], PUR_OID_INT8);
	ASSERT_BYTES(&rows.binds[3], "\0\0\0\0\0\0\0\7");
	assert_int_equal(rows.query->types[4], PUR_OID_TIMESTAMPTZ);
	ASSERT_BYTES(&rows.binds[4], "\0\0\0\0\0\0\0\1");
	assert_int_equal(rows.query->types[5], PUR_OID_UUID);
	ASSERT_BYTES(&rows.binds[5], ID_BYTES);
	setup(state);
	want(*state, "active", "true");
	begin_behind(*state, 0);
	build(*state, &counted, &base);
	assert_string_equal(rows.query->sql,
			    BASE " AND active = $2 AND (o.id) > ($3) ORDER BY o.id LIMIT $4");
}

/* An export goes on behind a row without a cursor's text. */
static void
test_going_on_behind_a_row(void **state)
{
	PGresult *r = a_row(), *poor = new_result(&(struct column){ "id", PUR_OID_UUID }, 1);

	set_uuid(poor, 0, 0, ID_TEXT);
	want(*state, "sort", "-created_at");
	assert_int_equal(seek(*state, ""), PUR_OK);
	assert_int_equal(pur_list_go_on(*state, &list, fields, r, 0), PUR_OK);
	assert_int_equal(list.n_at, 2);
	build(*state, &counted, &base);
	assert_string_equal(rows.query->sql, BASE " AND (created_at, o.id) < ($2, $3)"
						  " ORDER BY created_at DESC, o.id DESC LIMIT $4");
	ASSERT_BYTES(&rows.binds[1], "\0\0\0\0\0\0\0\1");
	ASSERT_BYTES(&rows.binds[2], ID_BYTES);
	/* What a row doesn't have, nothing can be behind. */
	assert_int_equal(pur_list_go_on(*state, &list, fields, poor, 0), PUR_EINTERNAL);
	assert_int_equal(pur_list_go_on(*state, &list, fields, r, 1), PUR_EINTERNAL);
	assert_null(pur_list_cursor(*state, &list, fields, poor, 0, key));
	PQclear(poor);
	PQclear(r);
}

static void
assert_fits(struct pur_arena *a, const char *cursor, bool fits)
{
	assert_int_equal(seek(a, cursor), fits ? PUR_OK : PUR_EINPUT);
	assert_int_equal(list.n_at > 0, fits);
	assert_details(&error, fits ? "" : "cursor: Is not a cursor of this list");
}

/* What the list in this test is asked for. */
static void
ask_for_it(struct pur_arena *a, const char *sort)
{
	setup(&(void *){ a });
	want(a, "sort", sort);
	want(a, "name[gte]", "A");
	path.n = 1;
	path.values[0] = "acme";
}

static void
test_a_cursor_is_of_one_list(void **state)
{
	struct pur_arena *a = pur_arena_new(1 << 20); /* setup() empties the other one */
	unsigned char wrong[PUR_CURSOR_KEY] = "another";
	const char *cursor;

	assert_non_null(a);
	ask_for_it(*state, "-total,name");
	cursor = pur_strdup(a, begin_behind(*state, 2));
	ask_for_it(*state, "-total,name");
	want(*state, "perPage", "3"); /* may change on the way */
	want(*state, "include", "owner");
	assert_fits(*state, cursor, true);

	ask_for_it(*state, "total,name");
	assert_fits(*state, cursor, false);
	ask_for_it(*state, "-total,-name");
	assert_fits(*state, cursor, false);
	ask_for_it(*state, "-left,name");
	assert_fits(*state, cursor, false);
	ask_for_it(*state, "-total");
	assert_fits(*state, cursor, false);
	ask_for_it(*state, "-total,name,left");
	assert_fits(*state, cursor, false);

	ask_for_it(*state, "-total,name");
	want(*state, "active", "true");
	assert_fits(*state, cursor, false);
	ask_for_it(*state, "-total,name");
	list.n_filters = 0;
	assert_fits(*state, cursor, false);
	want(*state, "name[gt]", "A");
	assert_fits(*state, cursor, false);
	list.n_filters = 0;
	want(*state, "name[gte]", "B");
	assert_fits(*state, cursor, false);
	list.n_filters = 0;
	want(*state, "name[gte]", "A");
	assert_fits(*state, cursor, true);

	want(*state, "deleted", "true");
	assert_fits(*state, cursor, false);
	want(*state, "deleted", "false");
	in.tenant.b[15] ^= 1;
	assert_fits(*state, cursor, false);
	in.tenant.b[15] ^= 1;
	in.route = &other;
	assert_fits(*state, cursor, false);
	in.route = &plain;
	path.values[0] = "acne";
	assert_fits(*state, cursor, false);
	path.n = 0;
	assert_fits(*state, cursor, false);
	path.n = 1;
	path.values[0] = "acme";
	assert_fits(*state, cursor, true);
	assert_int_equal(pur_list_seek(*state, &list, fields, &in, wrong, &error), PUR_EINPUT);
	assert_fits(*state, "x", false);
	pur_arena_free(a);
}

/* One filter's value can't pass for another filter. */
static void
test_filters_of_a_cursor_are_apart(void **state)
{
	struct pur_arena *a = pur_arena_new(1 << 20);
	const char *cursor;

	assert_non_null(a);
	want(*state, "name", "x&name=y");
	cursor = pur_strdup(a, begin_behind(*state, 0));
	setup(state);
	want(*state, "name", "x");
	want(*state, "name", "y");
	assert_fits(*state, cursor, false);
	pur_arena_free(a);
}

/* As many arguments as there can be: the list's own, all filters, limit and offset or a cursor. */
static void
test_all_filters_there_can_be(void **state)
{
	struct pur_route sorted = { .sort = NULL };

	for (int i = 0; i < PUR_LIST_FILTERS; i++)
		want(*state, "name", "Ada");
	build(*state, &uncounted, &narrow);
	assert_int_equal(rows.query->n, 2 + PUR_LIST_FILTERS + 2);
	assert_int_equal(total.query->n, 2 + PUR_LIST_FILTERS + 1);
	ASSERT_BYTES(&rows.binds[1], "::1");
	ASSERT_BYTES(&rows.binds[13], "Ada");
	want(*state, "sort", "name,-total,left,-created_at");
	pur_list_finish(&list, fields, &sorted);
	begin_behind(*state, 4);
	build(*state, &uncounted, &narrow);
	assert_int_equal(rows.query->n, 2 + PUR_LIST_FILTERS + 5 + 1);
	ASSERT_BYTES(&rows.binds[18], ID_BYTES);
}

/* ---- searching ---- */

static void
test_what_can_be_searched_for(void **state)
{
	char long_one[202];

	memset(long_one, 'x', 201);
	long_one[201] = '\0';
	want(*state, "q", "crème brûlée");
	assert_string_equal(list.q, "crème brûlée");
	refuse(*state, "q", "", "q: Must not be empty");
	refuse(*state, "q", " \t ", "q: Must not be blank");
	refuse(*state, "q", long_one, "q: Must have at most 200 characters");
	long_one[200] = '\0';
	setup(state);
	want(*state, "q", long_one);
	/* Of a list that isn't searched it is unknown. */
	sql = BASE;
	assert_int_equal(ask(*state, "q", "ada"), 0);
}

#define HITS(columns)                                                                              \
	"SELECT o.id, found_rank AS _rank" columns " FROM orders o, search_orders($1, $2, 500)"    \
	" WHERE o.tenant_id = $1 AND o.id = found_id"
#define OWN_COUNT ", found_more AS _more, count(*) OVER () AS _counted"
#define SEARCH_COUNTED(sql)                                                                        \
	"SELECT count(*) AS counted, bool_or(_more) AS _more FROM (SELECT o.id, found_more AS"     \
	" _more FROM orders o, search_orders($1, $2, 500) WHERE o.tenant_id = $1"                  \
	" AND o.id = found_id" sql ") AS matching"

static void
test_a_search_in_sql(void **state)
{
	sql = SEARCHED;
	want(*state, "q", "ada; --");
	build(*state, &counted, &searched);
	assert_string_equal(
	    rows.query->sql,
	    HITS(OWN_COUNT) " ORDER BY found_rank DESC, o.id DESC LIMIT $3 OFFSET $4");
	assert_int_equal(rows.query->types[1], PUR_OID_TEXT);
	ASSERT_BYTES(&rows.binds[1], "ada; --");
	assert_null(total.query); /* the first page counts */
	/* Filters are behind it, and an order that was asked for stands. */
	setup(state);
	sql = SEARCHED;
	want(*state, "sort", "name");
	want(*state, "q", "ada");
	want(*state, "status", "pending");
	want(*state, "page", "2");
	build(*state, &counted, &searched);
	assert_string_equal(rows.query->sql,
			    HITS("") " AND status = $3 ORDER BY name, o.id LIMIT $4 OFFSET $5");
	/* No total that is kept is that of a search. */
	assert_string_equal(total.query->sql, SEARCH_COUNTED(" AND status = $3 LIMIT $4"));
	ASSERT_BYTES(&total.binds[1], "ada");
	ASSERT_BYTES(&total.binds[2], "pending");
}

static void
test_a_search_by_cursor(void **state)
{
	static const struct column columns[] = { { "id", PUR_OID_UUID },
						 { "_rank", PUR_OID_INT4 } };
	PGresult *r = new_result(columns, N_OF(columns));
	const char *cursor;

	set_uuid(r, 0, 0, ID_TEXT);
	set_int4(r, 0, 1, 640);
	sql = SEARCHED;
	want(*state, "q", "ada");
	pur_list_finish(&list, fields, &plain);
	assert_int_equal(seek(*state, ""), PUR_OK);
	cursor = pur_list_cursor(*state, &list, fields, r, 0, key);
	PQclear(r);
	assert_non_null(cursor);
	assert_int_equal(seek(*state, cursor), PUR_OK);
	build(*state, &counted, &searched);
	assert_string_equal(rows.query->sql,
			    HITS("") " AND (found_rank, o.id) < ($3, $4)"
				     " ORDER BY found_rank DESC, o.id DESC LIMIT $5");
	ASSERT_BYTES(&rows.binds[2], "\0\0\0\0\0\0\2\x80");
	assert_null(total.query);
	/* It is no cursor of another search, nor of none. */
	list.q = "adam";
	assert_int_equal(seek(*state, cursor), PUR_EINPUT);
	list.q = NULL;
	assert_int_equal(seek(*state, cursor), PUR_EINPUT);
}

/* A statement that searches by itself says so by its columns. */
static void
test_a_list_that_searches_itself(void **state)
{
	build(*state, &uncounted, &itself);
	assert_string_equal(rows.query->sql, ITSELF " ORDER BY o.id LIMIT $2 OFFSET $3");
	assert_null(total.query);
	list.page = 2;
	build(*state, &uncounted, &itself);
	assert_string_equal(total.query->sql,
			    "SELECT count(*) AS counted, bool_or(_more) AS _more FROM (" ITSELF
			    " LIMIT $2) AS matching");
}

static void
assert_found(const char *column, bool more, bool capped)
{
	const struct column columns[] = { { column, PUR_OID_INT8 }, { "_more", PUR_OID_BOOL } };
	PGresult *r = new_result(columns, N_OF(columns));
	int64_t got = 77;

	set_int8(r, 0, 0, 500);
	set_bytes(r, 0, 1, more ? "\1" : "\0", 1);
	assert_int_equal(pur_list_total(r, &got), capped);
	assert_int_equal(got, 500);
	PQclear(r);
}

static void
test_totals_of_a_search(void **state)
{
	(void)state;
	assert_found("_counted", false, false);
	assert_found("_counted", true, true);
	assert_found("counted", false, false);
	assert_found("counted", true, true);
}

/* ---- totals ---- */

#define KEPT                                                                                       \
	"SELECT coalesce(sum(n), 0)::bigint AS n FROM tenant_counts"                               \
	" WHERE tenant_id = $1 AND resource = $2 AND status = ANY($3)"

static void
assert_kept_total(const void *states, size_t len)
{
	assert_string_equal(total.query->sql, KEPT);
	assert_int_equal(total.query->n, 3);
	ASSERT_BYTES(&total.binds[0], "0123456789abcdef");
	ASSERT_BYTES(&total.binds[1], "orders");
	assert_bytes(&total.binds[2], states, len);
}

#define TEXT_ARRAY(n) WORD("\1") WORD("\0") WORD("\x19") WORD(n) WORD("\1")
#define ASSERT_KEPT_TOTAL(literal) assert_kept_total((literal), sizeof(literal) - 1)

static void
test_totals_that_are_kept(void **state)
{
	build(*state, &counted, &base);
	ASSERT_KEPT_TOTAL(TEXT_ARRAY("\1") WORD("\0"));
	want(*state, "status", "pending");
	build(*state, &counted, &base);
	ASSERT_KEPT_TOTAL(TEXT_ARRAY("\1") WORD("\7") "pending");
	setup(state);
	want(*state, "status[in]", "pending,ready");
	build(*state, &counted, &base);
	ASSERT_KEPT_TOTAL(TEXT_ARRAY("\2") WORD("\7") "pending" WORD("\5") "ready");
}

static void
test_totals_that_are_counted(void **state)
{
	static const struct {
		const char *name, *value, *where;
	} cases[] = {
		{ "name", "Ada", " AND name = $2" },
		{ "status[gt]", "pending", " AND status > $2" },
		{ "active", "true", " AND active = $2" },
	};
	char expected[256];

	for (size_t i = 0; i < N_OF(cases); i++) {
		setup(state);
		want(*state, cases[i].name, cases[i].value);
		build(*state, &counted, &base);
		snprintf(expected, sizeof(expected), COUNTED(BASE "%s LIMIT $3"), cases[i].where);
		assert_string_equal(total.query->sql, expected);
		assert_int_equal(total.query->n, 3);
		ASSERT_BYTES(&total.binds[2], "\0\0\0\0\0\1\x86\xa1"); /* 100,001 */
	}
	setup(state);
	want(*state, "status", "pending");
	want(*state, "name", "Ada");
	build(*state, &counted, &base);
	assert_string_equal(total.query->sql,
			    COUNTED(BASE " AND status = $2 AND name = $3 LIMIT $4"));
	ASSERT_BYTES(&total.binds[2], "Ada");
}

/* What isn't counted at all, or is only a part of what is. */
static void
test_totals_nobody_keeps(void **state)
{
	build(*state, &uncounted, &base);
	assert_string_equal(total.query->sql, COUNTED(BASE " LIMIT $2"));
	assert_int_equal(total.query->n, 2);
	build(*state, &counted, &narrow);
	assert_string_equal(total.query->sql, COUNTED(BASE " AND o.address = $2 LIMIT $3"));
	assert_int_equal(total.query->n, 3);
	/* What is kept is the number of those that aren't deleted. */
	want(*state, "deleted", "true");
	build(*state, &counted, &viewed);
	assert_string_equal(total.query->sql, COUNTED(SEEN("", "active IS FALSE") " LIMIT $2"));
	setup(state);
	build(*state, &counted, &viewed);
	assert_string_equal(total.query->sql, KEPT);
}

static void
assert_total(const char *column, int64_t n, bool capped, int64_t expected)
{
	PGresult *r = new_result(&(struct column){ column, PUR_OID_INT8 }, 1);
	int64_t got = 77;

	set_int8(r, 0, 0, n);
	assert_int_equal(pur_list_total(r, &got), capped);
	assert_int_equal(got, expected);
	PQclear(r);
}

static void
test_totals_have_a_most_where_they_are_counted(void **state)
{
	int64_t got = 77;

	(void)state;
	assert_total("n", 5, false, 5);
	assert_total("n", 7000000, false, 7000000); /* is kept: no matter how many */
	assert_total("counted", 0, false, 0);
	assert_total("counted", PUR_LIST_COUNTED, false, PUR_LIST_COUNTED);
	assert_total("counted", PUR_LIST_COUNTED + 1, true, PUR_LIST_COUNTED);
	assert_false(pur_list_total(NULL, &got));
	assert_int_equal(got, 0);
}

/* ---- links ---- */

static void
assert_links(struct pur_arena *a, int64_t page, const char *query, int64_t of, const char *expected)
{
	list.page = page;
	list.per_page = 10;
	assert_string_equal(pur_list_links(a, &list, "/api/v1/orders", query, of), expected);
}

#define LINK(query, rel) "</api/v1/orders?" query ">; rel=\"" rel "\""

static void
test_links(void **state)
{
	assert_links(*state, 1, "", 0, LINK("page=1", "first") ", " LINK("page=1", "last"));
	assert_links(*state, 1, "", 10, LINK("page=1", "first") ", " LINK("page=1", "last"));
	assert_links(
	    *state, 1, "", 11,
	    LINK("page=1", "first") ", " LINK("page=2", "next") ", " LINK("page=2", "last"));
	assert_links(*state, 2, "page=2", 30,
		     LINK("page=1", "first") ", " LINK("page=1", "prev") ", " LINK(
			 "page=3", "next") ", " LINK("page=3", "last"));
	assert_links(
	    *state, 3, "page=3", 30,
	    LINK("page=1", "first") ", " LINK("page=2", "prev") ", " LINK("page=3", "last"));
	/* Behind the end the way back leads to what there is. */
	assert_links(
	    *state, 9, "page=9", 30,
	    LINK("page=1", "first") ", " LINK("page=3", "prev") ", " LINK("page=3", "last"));
	assert_links(
	    *state, 2, "page=2", 0,
	    LINK("page=1", "first") ", " LINK("page=1", "prev") ", " LINK("page=1", "last"));
}

static void
test_links_keep_the_rest_of_the_query(void **state)
{
	static const struct {
		const char *query, *rest;
	} cases[] = {
		{ "perPage=10", "perPage=10&" },
		{ "perPage=10&page=2", "perPage=10&" },
		{ "page=2&perPage=10&sort=-a%2Cb", "perPage=10&sort=-a%2Cb&" },
		{ "a=1&page=2&b=2&page=3&&", "a=1&b=2&" },
		{ "pages=1&homepage=2", "pages=1&homepage=2&" },
		{ "page=2", "" },
		{ "&&", "" },
		{ "q=a>b<c>;rel=\"d\"", "q=a%3Eb%3Cc%3E;rel=%22d%22&" },
		{ "q=\xc3\xa9 \\^`{|}\r\n\x7f", "q=%C3%A9%20%5C%5E%60%7B%7C%7D%0D%0A%7F&" },
		{ "q=!$'()*+,-./:;=?@[]_~%20", "q=!$'()*+,-./:;=?@[]_~%20&" },
	};

	for (size_t i = 0; i < N_OF(cases); i++) {
		const char *rest = cases[i].rest;

		assert_links(*state, 1, cases[i].query, 5,
			     pur_sprintf(*state,
					 "</api/v1/orders?%spage=1>; rel=\"first\", "
					 "</api/v1/orders?%spage=1>; rel=\"last\"",
					 rest, rest));
	}
}

/* A reference in the path, too, may hold what nginx lets through. */
static void
test_links_keep_the_path(void **state)
{
	list.page = 1;
	list.per_page = 10;
	assert_string_equal(pur_list_links(*state, &list, "/api/v1/clients/a>b/orders", "", 0),
			    "</api/v1/clients/a%3Eb/orders?page=1>; rel=\"first\", "
			    "</api/v1/clients/a%3Eb/orders?page=1>; rel=\"last\"");
}

static void
test_the_link_of_a_cursor(void **state)
{
	static const struct {
		const char *query, *link;
	} cases[] = {
		{ "", "</api/v1/a%3Eb?cursor=Xy_-9>; rel=\"next\"" },
		{ "cursor=", "</api/v1/a%3Eb?cursor=Xy_-9>; rel=\"next\"" },
		{ "perPage=2&cursor=abc&sort=-a",
		  "</api/v1/a%3Eb?perPage=2&sort=-a&cursor=Xy_-9>; rel=\"next\"" },
		{ "cursors=1&q=<>",
		  "</api/v1/a%3Eb?cursors=1&q=%3C%3E&cursor=Xy_-9>; rel=\"next\"" },
	};

	for (size_t i = 0; i < N_OF(cases); i++)
		assert_string_equal(
		    pur_list_next_link(*state, "/api/v1/a>b", cases[i].query, "Xy_-9"),
		    cases[i].link);
}

/* ---- a small arena ---- */

static enum pur_rc
next_it(struct pur_arena *a)
{
	return pur_list_next_link(a, "/api/v1/orders", "a=1&cursor=2", "3") != NULL ? PUR_OK
										    : PUR_ETOOLARGE;
}

static const char *cursor_kept;

static enum pur_rc
seek_it(struct pur_arena *a)
{
	return seek(a, cursor_kept);
}

static enum pur_rc
cursor_it(struct pur_arena *a)
{
	PGresult *r = a_row();
	const char *cursor = pur_list_cursor(a, &list, fields, r, 0, key);

	PQclear(r);
	return cursor != NULL ? PUR_OK : PUR_ETOOLARGE;
}

static enum pur_rc
build_it(struct pur_arena *a)
{
	return pur_list_build(a, NULL, &list, &counted, &base, &in, &rows, &total);
}

static enum pur_rc
link_it(struct pur_arena *a)
{
	return pur_list_links(a, &list, "/api/v1/orders", "a=1&page=2", 100) != NULL
		   ? PUR_OK
		   : PUR_ETOOLARGE;
}

static enum pur_rc
take_it(struct pur_arena *a)
{
	struct pur_list l = { .page = 0 };
	struct pur_error e = { .rc = PUR_OK };
	const struct pur_param p = { "name[in]", "one,two,three,four" };
	bool wrong = false;

	assert_int_equal(pur_list_take(a, &l, fields, BASE, &p, &e, &wrong), 1);
	return wrong ? PUR_ETOOLARGE : PUR_OK;
}

static void
test_a_small_arena(void **state)
{
	want(*state, "status[in]", "pending,ready");
	pur_list_finish(&list, fields, &(struct pur_route){ .sort = "-total" });
	with_every_ceiling(build_it, PUR_OK);
	want(*state, "name", "Ada");
	want(*state, "total[gt]", "5");
	with_every_ceiling(build_it, PUR_OK);
	list.page = 2;
	with_every_ceiling(link_it, PUR_OK);
	with_every_ceiling(take_it, PUR_OK);
	with_every_ceiling(next_it, PUR_OK);
	cursor_kept = begin_behind(*state, 1);
	with_every_ceiling(build_it, PUR_OK);
	with_every_ceiling(seek_it, PUR_OK);
	assert_int_equal(seek(*state, cursor_kept), PUR_OK);
	with_every_ceiling(cursor_it, PUR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_pages, setup),
		cmocka_unit_test_setup(test_orders, setup),
		cmocka_unit_test_setup(test_filters, setup),
		cmocka_unit_test_setup(test_filters_of_wrong_values, setup),
		cmocka_unit_test_setup(test_names_that_are_no_filters, setup),
		cmocka_unit_test_setup(test_too_many_filters, setup),
		cmocka_unit_test_setup(test_includes, setup),
		cmocka_unit_test_setup(test_defaults, setup),
		cmocka_unit_test_setup(test_includes, setup),
		cmocka_unit_test_setup(test_nothing_is_included_twice, setup),
		cmocka_unit_test_setup(test_includes_have_a_most, setup),
		cmocka_unit_test_setup(test_deleted_things, setup),
		cmocka_unit_test_setup(test_a_plain_page, setup),
		cmocka_unit_test_setup(test_a_page_far_behind, setup),
		cmocka_unit_test_setup(test_order_in_sql, setup),
		cmocka_unit_test_setup(test_filters_in_sql, setup),
		cmocka_unit_test_setup(test_a_route_whose_rows_are_its_own, setup),
		cmocka_unit_test_setup(test_views_in_sql, setup),
		cmocka_unit_test_setup(test_what_can_be_searched_for, setup),
		cmocka_unit_test_setup(test_a_search_in_sql, setup),
		cmocka_unit_test_setup(test_a_search_by_cursor, setup),
		cmocka_unit_test_setup(test_a_list_that_searches_itself, setup),
		cmocka_unit_test_setup(test_totals_of_a_search, setup),
		cmocka_unit_test_setup(test_a_list_by_cursor, setup),
		cmocka_unit_test_setup(test_where_a_cursor_begins, setup),
		cmocka_unit_test_setup(test_going_on_behind_a_row, setup),
		cmocka_unit_test_setup(test_a_cursor_is_of_one_list, setup),
		cmocka_unit_test_setup(test_filters_of_a_cursor_are_apart, setup),
		cmocka_unit_test_setup(test_all_filters_there_can_be, setup),
		cmocka_unit_test_setup(test_totals_that_are_kept, setup),
		cmocka_unit_test_setup(test_totals_that_are_counted, setup),
		cmocka_unit_test_setup(test_totals_nobody_keeps, setup),
		cmocka_unit_test_setup(test_totals_have_a_most_where_they_are_counted, setup),
		cmocka_unit_test_setup(test_links, setup),
		cmocka_unit_test_setup(test_links_keep_the_rest_of_the_query, setup),
		cmocka_unit_test_setup(test_links_keep_the_path, setup),
		cmocka_unit_test_setup(test_the_link_of_a_cursor, setup),
		cmocka_unit_test_setup(test_a_small_arena, setup),
	};

	return cmocka_run_group_tests(tests, compile, free_arena);
}
