/*
 * Tests of bind: names of arguments resolved or refused, `{ref}` by id and by key, and what each
 * name is bound to in a request.
 */
#include "bind.h"
#include "support.h"

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"
#define ID_BYTES "\x01\x89\x0a\x5d\xac\x96\x77\x4b\xbc\xce\xb3\x02\x09\x9a\x80\x57"

static const struct pur_field lines[] = {
	{ .name = "product_id", .type = PUR_UUID },
	{ .name = "quantity", .type = PUR_INT },
	{ .name = "note", .type = PUR_TEXT },
	{ .name = "due", .type = PUR_DATE },
	{ .name = NULL },
};

static const char *const sizes[] = { "small", NULL };

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY },
	{ .name = "name", .type = PUR_TEXT },
	{ .name = "slug", .type = PUR_SLUG },
	{ .name = "email", .type = PUR_EMAIL },
	{ .name = "size", .type = PUR_CHOICE, .choices = sizes },
	{ .name = "count", .type = PUR_INT },
	{ .name = "price", .type = PUR_MONEY },
	{ .name = "ready", .type = PUR_BOOL },
	{ .name = "owner_id", .type = PUR_UUID },
	{ .name = "at", .type = PUR_TIME },
	{ .name = "day", .type = PUR_DATE },
	{ .name = "tags", .type = PUR_TEXTS },
	{ .name = "lines", .type = PUR_ROWS, .of = lines },
	{ .name = NULL },
};

enum {
	F_ID,
	F_NAME,
	F_SLUG,
	F_EMAIL,
	F_SIZE,
	F_COUNT,
	F_PRICE,
	F_READY,
	F_OWNER,
	F_AT,
	F_DAY,
	F_TAGS,
	F_LINES,
	F_N
};

static const struct pur_field params[] = {
	{ .name = "at", .type = PUR_TIME },
	{ .name = "all", .type = PUR_BOOL },
	{ .name = NULL },
};

/* ---- compiling ---- */

static char message[256];

/* Compiled statements live as long as the process; so the tests keep them, too. */
static struct pur_bound *
try_compile(const char *args, const char *sql, struct pur_field key)
{
	static struct pur_bound kept[96];
	static size_t n;
	const struct pur_stmt stmts[] = { { PUR_NOSTMT }, { PUR_ONE, args, sql } };
	const struct pur_resource res = {
		.program = "things", .stmts = stmts, .n_stmts = 2, .key = key
	};

	assert_true(n < N_OF(kept));
	message[0] = '\0';
	if (pur_bind_compile(&res, 1, fields, params, &kept[n], message, sizeof(message)) != 0)
		return NULL;
	return &kept[n++];
}

static struct pur_bound *
compile_keyed(const char *args, const char *sql, struct pur_field key)
{
	struct pur_bound *s = try_compile(args, sql, key);

	if (s == NULL)
		fail_msg("%s", message);
	return s;
}

static struct pur_bound *
compile(const char *args)
{
	return compile_keyed(args, "SELECT 1", (struct pur_field){ .name = NULL });
}

static void
test_names_and_their_types(void **state)
{
	static const struct {
		const char *name;
		enum pur_source source;
		Oid type;
	} rows[] = {
		{ "@tenant", PUR_FROM_TENANT, PUR_OID_UUID },
		{ "@id", PUR_FROM_ID, PUR_OID_UUID },
		{ "@from", PUR_FROM_STATES, PUR_OID_TEXT_ARRAY },
		{ "@to", PUR_FROM_TO, PUR_OID_TEXT },
		{ "@match", PUR_FROM_MATCH, PUR_OID_INT8_ARRAY },
		{ "@body", PUR_FROM_DOCUMENT, PUR_OID_JSONB },
		{ "@request", PUR_FROM_REQUEST, PUR_OID_TEXT },
		{ "@address", PUR_FROM_ADDRESS, PUR_OID_TEXT },
		{ "@agent", PUR_FROM_AGENT, PUR_OID_TEXT },
		{ "/ref", PUR_FROM_PATH, PUR_OID_UUID },
		{ "?at", PUR_FROM_QUERY, PUR_OID_TIMESTAMPTZ },
		{ "?all", PUR_FROM_QUERY, PUR_OID_BOOL },
		{ "name", PUR_FROM_FIELD, PUR_OID_TEXT },
		{ "slug", PUR_FROM_FIELD, PUR_OID_TEXT },
		{ "email", PUR_FROM_FIELD, PUR_OID_TEXT },
		{ "size", PUR_FROM_FIELD, PUR_OID_TEXT },
		{ "count", PUR_FROM_FIELD, PUR_OID_INT8 },
		{ "price", PUR_FROM_FIELD, PUR_OID_INT8 },
		{ "ready", PUR_FROM_FIELD, PUR_OID_BOOL },
		{ "owner_id", PUR_FROM_FIELD, PUR_OID_UUID },
		{ "at", PUR_FROM_FIELD, PUR_OID_TIMESTAMPTZ },
		{ "day", PUR_FROM_FIELD, PUR_OID_DATE },
		{ "tags", PUR_FROM_FIELD, PUR_OID_TEXT_ARRAY },
		{ "lines.product_id", PUR_FROM_ROWS, PUR_OID_UUID_ARRAY },
		{ "lines.quantity", PUR_FROM_ROWS, PUR_OID_INT8_ARRAY },
		{ "lines.note", PUR_FROM_ROWS, PUR_OID_TEXT_ARRAY },
		{ "lines.due", PUR_FROM_ROWS, PUR_OID_DATE_ARRAY },
		{ "lines.@id", PUR_FROM_ROW_IDS, PUR_OID_UUID_ARRAY },
		{ "=x:bool", PUR_FROM_SLOT, PUR_OID_BOOL },
		{ "=x:int", PUR_FROM_SLOT, PUR_OID_INT8 },
		{ "=x:text", PUR_FROM_SLOT, PUR_OID_TEXT },
		{ "=x:uuid", PUR_FROM_SLOT, PUR_OID_UUID },
		{ "=x:time", PUR_FROM_SLOT, PUR_OID_TIMESTAMPTZ },
		{ "=x:bytes", PUR_FROM_SLOT, PUR_OID_BYTEA },
	};
	char args[512] = "";
	struct pur_bound *s;

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		strcat(args, i % 3 == 0 ? "  " : " ");
		strcat(args, rows[i].name);
	}
	s = compile(args);
	assert_int_equal(s->n, N_OF(rows));
	assert_int_equal(s->keyed, -1);
	assert_int_equal(s->expect, PUR_ONE);
	assert_int_equal(s->by_id.n, N_OF(rows));
	assert_ptr_equal(s->by_id.types, s->id_types);
	assert_string_equal(s->by_id.name, "s1");
	assert_string_equal(s->by_id.sql, "SELECT 1");
	for (size_t i = 0; i < N_OF(rows); i++) {
		if (s->args[i].source != rows[i].source || s->id_types[i] != rows[i].type)
			fail_msg("%s is %d of type %u", rows[i].name, (int)s->args[i].source,
				 s->id_types[i]);
	}
}

static void
test_no_arguments(void **state)
{
	(void)state;
	assert_int_equal(compile("")->n, 0);
	assert_int_equal(compile(NULL)->n, 0);
	assert_int_equal(compile("  ")->n, 0);
}

static void
test_unknown_names_are_told(void **state)
{
	static const struct {
		const char *args, *unknown;
	} rows[] = {
		{ "nothing", "nothing" },
		{ "@tenant nam count", "nam" },
		{ "names", "names" },
		{ "@nobody", "@nobody" },
		{ "@Tenant", "@Tenant" },
		{ "@", "@" },
		{ "?name", "?name" },
		{ "?", "?" },
		{ "lines", "lines" },
		{ "lines.", "lines." },
		{ "lines.name", "lines.name" },
		{ "lines.@tenant", "lines.@tenant" },
		{ "lines.note.x", "lines.note.x" },
		{ "name.x", "name.x" },
		{ ".x", ".x" },
		{ "=x", "=x" },
		{ "=x:", "=x:" },
		{ "=x:json", "=x:json" },
		{ "=a_name_that_is_longer_than_any_may_be_here:int",
		  "=a_name_that_is_longer_than_any_may_be_here:int" },
		{ "/ref:", "/ref:" },
		{ "/ref:number", "/ref:number" },
		{ "/ref:slugs", "/ref:slugs" },
		{ "/ref:ints", "/ref:ints" },
		{ "/ref:INT", "/ref:INT" },
		{ "/a_name_that_is_longer_than_any_may_be_here_",
		  "/a_name_that_is_longer_than_any_may_be_here_" },
	};
	char expected[256];

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		if (try_compile(rows[i].args, "SELECT 1", (struct pur_field){ .name = NULL }) !=
		    NULL)
			fail_msg("%s is taken", rows[i].args);
		snprintf(expected, sizeof(expected), "things: statement 1: unknown argument '%s'",
			 rows[i].unknown);
		assert_string_equal(message, expected);
	}
}

static void
test_there_is_a_most_of_arguments(void **state)
{
	char args[PUR_ARGS * 5 + 8] = "";

	(void)state;
	for (int i = 0; i < PUR_ARGS; i++)
		strcat(args, "name ");
	assert_int_equal(compile(args)->n, PUR_ARGS);
	strcat(args, "name");
	assert_null(try_compile(args, "SELECT 1", (struct pur_field){ .name = NULL }));
}

static const struct pur_field slug_key = { .name = "slug", .type = PUR_SLUG };
static const struct pur_field number_key = { .name = "number", .type = PUR_INT, .min = 1 };

static void
test_the_two_variants_of_a_key(void **state)
{
	struct pur_bound *s = compile_keyed(
	    "@tenant /ref count",
	    "UPDATE t SET n = $3 WHERE t.{ref} AND t.id = $1 OR x.{ref} AND {reference}", slug_key);

	(void)state;
	assert_int_equal(s->keyed, 1);
	assert_string_equal(
	    s->by_id.sql,
	    "UPDATE t SET n = $3 WHERE t.id = $2 AND t.id = $1 OR x.id = $2 AND {reference}");
	assert_string_equal(
	    s->by_key.sql,
	    "UPDATE t SET n = $3 WHERE t.slug = $2 AND t.id = $1 OR x.slug = $2 AND {reference}");
	assert_string_equal(s->by_id.name, "s1");
	assert_string_equal(s->by_key.name, "s1k");
	assert_int_equal(s->id_types[1], PUR_OID_UUID);
	assert_int_equal(s->key_types[1], PUR_OID_TEXT);
	assert_int_equal(s->key_types[2], PUR_OID_INT8);
	assert_int_equal(s->by_key.n, 3);
	s = compile_keyed("/product", "SELECT {product}", number_key);
	assert_string_equal(s->by_key.sql, "SELECT number = $1");
	assert_int_equal(s->key_types[0], PUR_OID_INT8);
	assert_int_equal(s->id_types[0], PUR_OID_UUID);
}

/* A resource without a key of its own is found by id alone. */
static void
test_a_key_that_the_resource_has_not(void **state)
{
	struct pur_bound *s =
	    compile_keyed("@tenant /ref", "SELECT {ref}", (struct pur_field){ .name = NULL });

	(void)state;
	assert_int_equal(s->keyed, 1);
	assert_string_equal(s->by_id.sql, "SELECT id = $2");
	assert_int_equal(s->id_types[1], PUR_OID_UUID);
	assert_null(s->by_key.sql);
	assert_null(s->key_text);
	/* Without `{ref}` in its text a part of the path is an id. */
	assert_int_equal(compile("@tenant /ref")->args[1].source, PUR_FROM_PATH);
}

/* The part of another resource, whose key is a slug, whatever the key of this one is. */
static void
test_parts_that_a_slug_may_stand_in(void **state)
{
	const struct pur_field none = { .name = NULL }, keys[] = { none, slug_key, number_key };

	(void)state;
	for (size_t i = 0; i < N_OF(keys); i++) {
		struct pur_bound *s =
		    compile_keyed("@tenant /client:slug", "SELECT c.{client}", keys[i]);

		assert_int_equal(s->keyed, 1);
		assert_int_equal(s->args[1].source, PUR_FROM_KEY);
		assert_string_equal(s->args[1].name, "client");
		assert_string_equal(s->by_id.sql, "SELECT c.id = $2");
		assert_string_equal(s->by_key.sql, "SELECT c.slug = $2");
		assert_int_equal(s->id_types[1], PUR_OID_UUID);
		assert_int_equal(s->key_types[1], PUR_OID_TEXT);
	}
}

static void
test_includes_and_the_deleted(void **state)
{
	static const char text[] =
	    "SELECT id{include} FROM t{search} WHERE t.{ref} AND t.{active}{include}";
	struct pur_bound *s = compile_keyed("/ref", text, slug_key);
	char *expanded;

	(void)state;
	assert_string_equal(s->by_id.sql, "SELECT id FROM t WHERE t.id = $1 AND t.active");
	assert_string_equal(s->by_key.sql, "SELECT id FROM t WHERE t.slug = $1 AND t.active");
	assert_string_equal(s->id_text, "SELECT id{include} FROM t{search} WHERE t.id = $1"
					" AND t.{active}{include}");
	assert_string_equal(s->key_text, "SELECT id{include} FROM t{search} WHERE t.slug = $1"
					 " AND t.{active}{include}");
	expanded = pur_bind_expand(s->key_text, ", 1 AS one", ", search($2)", true);
	assert_string_equal(expanded, "SELECT id, 1 AS one FROM t, search($2) WHERE t.slug = $1"
				      " AND t.active IS FALSE, 1 AS one");
	free(expanded);
	expanded = pur_bind_expand("", ", 1 AS one", ", search($2)", false);
	assert_string_equal(expanded, "");
	free(expanded);
}

/* A text may be as long as it needs to be. */
static void
test_a_long_text_with_many_keys(void **state)
{
	struct pur_buf text = { .data = NULL }, expected = { .data = NULL };

	(void)state;
	for (int i = 0; i < 1000; i++) {
		pur_buf_puts(&text, "a.{ref} ");
		pur_buf_puts(&expected, "a.slug = $1 ");
	}
	pur_buf_putc(&text, '\0');
	pur_buf_putc(&expected, '\0');
	assert_string_equal(compile_keyed("/ref", text.data, slug_key)->by_key.sql, expected.data);
	pur_buf_free(&text);
	pur_buf_free(&expected);
}

/* ---- a request's values ---- */

/* A request with nothing in it, to be filled in by each test. */
static struct pur_route route;
static struct pur_match path;
static struct pur_value body[F_N];
static struct pur_input in;

static int
setup(void **state)
{
	route = (struct pur_route){ .method = PUR_POST, .params = params };
	path = (struct pur_match){ .route = &route };
	memset(body, 0, sizeof(body));
	in = (struct pur_input){ .route = &route, .path = &path };
	return reset_arena(state);
}

/* Binds a statement of one argument. */
static struct pur_datum
bind_one(struct pur_arena *a, const char *arg)
{
	struct pur_bound *s = compile(arg);
	struct pur_query *q;
	struct pur_datum *binds;

	assert_int_equal(pur_bind(a, s, &in, &q, &binds), PUR_OK);
	assert_ptr_equal(q, &s->by_id);
	return binds[0];
}

static void
test_arguments_of_the_session(void **state)
{
	static const struct pur_value revisions[] = { INT(5), INT(7) };
	struct pur_datum b;

	in.tenant = uuid_of(ID);
	in.request_id = "r-1";
	in.address = "::1";
	in.agent = "curl";
	route.from = "pending approved";
	route.to = "cancelled";
	in.match = revisions;
	in.n_match = 2;
	b = bind_one(*state, "@tenant");
	ASSERT_BYTES(&b, ID_BYTES);
	b = bind_one(*state, "@request");
	ASSERT_BYTES(&b, "r-1");
	b = bind_one(*state, "@address");
	ASSERT_BYTES(&b, "::1");
	b = bind_one(*state, "@agent");
	ASSERT_BYTES(&b, "curl");
	b = bind_one(*state, "@to");
	ASSERT_BYTES(&b, "cancelled");
	b = bind_one(*state, "@from");
	ASSERT_BYTES(&b, WORD("\1") WORD("\0") WORD("\x19") WORD("\2") WORD("\1")
			     WORD("\7") "pending" WORD("\x08") "approved");
	b = bind_one(*state, "@match");
	ASSERT_BYTES(&b, WORD("\1") WORD("\0") WORD("\x14") WORD("\2") WORD("\1") INT8_ITEM("\5")
			     INT8_ITEM("\7"));
	in.id = uuid_of(ID);
	b = bind_one(*state, "@id");
	ASSERT_BYTES(&b, ID_BYTES);
}

/* Roles and scopes, in one array. */
static void
test_who_may(void **state)
{
	const struct pur_field none = { .name = NULL };
	struct pur_datum b = bind_one(*state, "@may:users:write");

	ASSERT_BYTES(&b, WORD("\1") WORD("\0") WORD("\x19") WORD("\5") WORD("\1")
			     WORD("\5") "owner" WORD("\5") "admin" WORD("\x0b") "users:write" WORD(
				 "\x0b") "users:write" WORD("\7") "users:*");
	assert_null(try_compile("@may:users", "SELECT 1", none));
	assert_null(try_compile("@may:", "SELECT 1", none));
}

static void
test_arguments_of_the_session_that_are_not_there(void **state)
{
	static const char *const names[] = { "@to", "@match", "@request", "@address", "@agent" };
	struct pur_datum b;

	for (size_t i = 0; i < N_OF(names); i++) {
		b = bind_one(*state, names[i]);
		assert_sql_null(&b);
	}
	b = bind_one(*state, "@from");
	ASSERT_BYTES(&b, WORD("\0") WORD("\0") WORD("\x19"));
}

/* An If-Match that holds no ETag of ours matches nothing: an empty list, not NULL. */
static void
test_a_match_of_nothing(void **state)
{
	static const struct pur_value none[1];
	struct pur_datum b;

	in.match = none;
	in.n_match = 0;
	b = bind_one(*state, "@match");
	ASSERT_BYTES(&b, WORD("\0") WORD("\0") WORD("\x14"));
}

/* route.h: "its User-Agent, cut to 200". */
static void
test_the_user_agent_is_cut(void **state)
{
	char agent[301];
	struct pur_datum b;

	memset(agent, 'x', 300);
	agent[300] = '\0';
	in.agent = agent;
	b = bind_one(*state, "@agent");
	assert_int_equal(b.len, 200);
}

/* A character of several bytes stays whole, or goes. */
static void
test_the_user_agent_is_cut_between_characters(void **state)
{
	char agent[300];
	struct pur_datum b;

	for (int before = 195; before <= 201; before++) {
		memset(agent, 'x', sizeof(agent));
		snprintf(agent + before, sizeof(agent) - (size_t)before, "\xf0\x9f\x98\x80 more");
		in.agent = agent;
		b = bind_one(*state, "@agent");
		assert_true(b.len <= 200 && b.len >= 197);
		assert_true(pur_utf8_valid(b.data, (size_t)b.len));
		assert_memory_equal(b.data, agent, (size_t)b.len);
	}
}

/* A header may hold any bytes; PostgreSQL ends a statement with 22021 where a text isn't UTF-8. */
static void
test_the_user_agent_is_utf8_for_the_database(void **state)
{
	struct pur_datum b;

	in.agent = "caf\xe9/1.0 \xff";
	b = bind_one(*state, "@agent");
	assert_true(b.data == NULL || pur_utf8_valid(b.data, (size_t)b.len));
}

static void
test_arguments_of_the_body(void **state)
{
	struct pur_datum b = bind_one(*state, "name");

	assert_sql_null(&b); /* no body at all */
	in.fields = fields;
	in.body = body;
	b = bind_one(*state, "count");
	assert_sql_null(&b); /* absent */
	body[F_NAME] = TEXT("Ada");
	body[F_COUNT] = INT(3);
	b = bind_one(*state, "name");
	ASSERT_BYTES(&b, "Ada");
	b = bind_one(*state, "count");
	ASSERT_BYTES(&b, "\0\0\0\0\0\0\0\3");
	/* Another route may run the statement with a body that hasn't the field. */
	in.fields = lines;
	b = bind_one(*state, "name");
	assert_sql_null(&b);
}

static void
test_arguments_of_the_query(void **state)
{
	struct pur_value query[] = { { .type = PUR_NOTYPE }, { .type = PUR_BOOL, .b = true } };
	struct pur_datum b = bind_one(*state, "?all");

	assert_sql_null(&b);
	in.query = query;
	b = bind_one(*state, "?all");
	ASSERT_BYTES(&b, "\1");
	b = bind_one(*state, "?at");
	assert_sql_null(&b);
	route.params = NULL;
	b = bind_one(*state, "?all");
	assert_sql_null(&b);
}

static void
test_arguments_set_by_code(void **state)
{
	struct pur_slot first = { .name = "n", .value = INT(1) };
	struct pur_slot other = { .next = &first, .name = "m", .value = NOTHING };
	struct pur_slot again = { .next = &other, .name = "n", .value = INT(2) };
	struct pur_datum b = bind_one(*state, "=n:int");

	assert_sql_null(&b);
	in.slots = &again;
	b = bind_one(*state, "=n:int");
	ASSERT_BYTES(&b, "\0\0\0\0\0\0\0\2");
	b = bind_one(*state, "=m:int");
	assert_sql_null(&b);
	b = bind_one(*state, "=nn:int");
	assert_sql_null(&b);
}

static void
test_columns_of_rows(void **state)
{
	struct pur_value rows[] = {
		{ .type = PUR_UUID }, INT(7),  TEXT("a"), { .type = PUR_NOTYPE },
		{ .type = PUR_UUID }, NOTHING, TEXT(""),  { .type = PUR_DATE, .i = 10957 },
	};
	struct pur_datum b;

	in.fields = fields;
	in.body = body;
	body[F_LINES] = (struct pur_value){ .type = PUR_ROWS, .items = rows, .n = 2 };
	b = bind_one(*state, "lines.quantity");
	ASSERT_BYTES(&b, WORD("\1") WORD("\1") WORD("\x14") WORD("\2") WORD("\1") INT8_ITEM("\7")
			     NULL_ITEM);
	b = bind_one(*state, "lines.note");
	ASSERT_BYTES(&b, WORD("\1") WORD("\0") WORD("\x19") WORD("\2") WORD("\1")
			     WORD("\1") "a" WORD("\0"));
	b = bind_one(*state, "lines.due");
	ASSERT_BYTES(&b, WORD("\1") WORD("\1") "\0\0\x04\x3a" WORD("\2") WORD("\1")
			     NULL_ITEM WORD("\4") WORD("\0"));
	body[F_LINES].n = 0;
	b = bind_one(*state, "lines.quantity");
	ASSERT_BYTES(&b, WORD("\0") WORD("\0") WORD("\x14"));
	body[F_LINES] = (struct pur_value){ .type = PUR_ROWS, .null = true, .items = NULL };
	b = bind_one(*state, "lines.quantity");
	ASSERT_BYTES(&b, WORD("\0") WORD("\0") WORD("\x14"));
	in.body = NULL;
	b = bind_one(*state, "lines.quantity");
	ASSERT_BYTES(&b, WORD("\0") WORD("\0") WORD("\x14"));
}

static void
test_new_ids_for_rows(void **state)
{
	struct pur_value rows[2 * 4] = { { .type = PUR_NOTYPE } };
	struct pur_datum b;

	in.fields = fields;
	in.body = body;
	body[F_LINES] = (struct pur_value){ .type = PUR_ROWS, .items = rows, .n = 2 };
	b = bind_one(*state, "lines.@id");
	assert_int_equal(b.len, 20 + 2 * 20);
	assert_memory_equal(b.data, WORD("\1") WORD("\0") "\0\0\x0b\x86" WORD("\2") WORD("\1"), 20);
	assert_memory_equal(b.data + 20, WORD("\x10"), 4);
	assert_int_equal(b.data[24 + 6] & 0xf0, 0x70); /* version 7 */
	assert_true(memcmp(b.data + 24, b.data + 44, 16) < 0);
}

/* What it looks like, test_document.c tests: here, that it is that of this request's body. */
static void
test_the_body_as_a_document(void **state)
{
	struct pur_datum b = bind_one(*state, "@body");

	ASSERT_BYTES(&b, "\1{}"); /* no body at all */
	in.fields = fields;
	in.body = body;
	body[F_NAME] = TEXT("Ada");
	body[F_COUNT] = INT(-3);
	b = bind_one(*state, "@body");
	ASSERT_BYTES(&b, "\1{\"name\":\"Ada\",\"count\":-3}");
}

/* ---- which variant ---- */

static void
assert_chosen(struct pur_arena *a, struct pur_bound *s, const char *value, const char *sql,
	      const void *bytes, size_t len)
{
	struct pur_query *q;
	struct pur_datum *binds;

	path.names[0] = "{ref}/more";
	path.values[0] = value;
	path.n = 1;
	if (pur_bind(a, s, &in, &q, &binds) != PUR_OK)
		fail_msg("%s is nothing's key", value);
	assert_string_equal(q->sql, sql);
	assert_bytes(&binds[0], bytes, len);
}

static void
assert_no_key(struct pur_arena *a, struct pur_bound *s, const char *value)
{
	struct pur_query *q;
	struct pur_datum *binds;

	path.names[0] = "{ref}/more";
	path.values[0] = value;
	path.n = 1;
	if (pur_bind(a, s, &in, &q, &binds) != PUR_ENOTFOUND)
		fail_msg("%s is a key", value);
}

static void
test_an_id_or_a_slug(void **state)
{
	struct pur_bound *s = compile_keyed("/ref", "SELECT {ref}", slug_key);

	assert_chosen(*state, s, ID, "SELECT id = $1", ID_BYTES, 16);
	assert_chosen(*state, s, "01890A5D-AC96-774B-BCCE-B302099A8057", "SELECT id = $1", ID_BYTES,
		      16);
	assert_chosen(*state, s, "acme", "SELECT slug = $1", "acme", 4);
	assert_chosen(*state, s, "01890a5d-ac96-774b-bcce-b302099a805", "SELECT slug = $1",
		      "01890a5d-ac96-774b-bcce-b302099a805", 35);
	assert_no_key(*state, s, "Acme");
	assert_no_key(*state, s, "a/b");
	assert_no_key(*state, s, "..");
	assert_no_key(*state, s, "");
}

static void
test_an_id_or_a_number(void **state)
{
	struct pur_bound *s = compile_keyed("/ref", "SELECT {ref}", number_key);

	assert_chosen(*state, s, ID, "SELECT id = $1", ID_BYTES, 16);
	assert_chosen(*state, s, "456", "SELECT number = $1", "\0\0\0\0\0\0\1\xc8", 8);
	assert_no_key(*state, s, "456a");
	assert_no_key(*state, s, "4.5");
	assert_no_key(*state, s, "99999999999999999999");
	assert_no_key(*state, s, "acme");
}

static void
test_an_id_or_the_slug_of_another_resource(void **state)
{
	struct pur_bound *s = compile_keyed("/ref:slug", "SELECT {ref}", number_key);

	assert_chosen(*state, s, ID, "SELECT id = $1", ID_BYTES, 16);
	assert_chosen(*state, s, "acme", "SELECT slug = $1", "acme", 4);
	assert_chosen(*state, s, "456", "SELECT slug = $1", "456", 3);
	assert_no_key(*state, s, "Acme");
}

static void
test_an_id_where_there_is_no_key(void **state)
{
	struct pur_bound *s =
	    compile_keyed("/ref", "SELECT {ref}", (struct pur_field){ .name = NULL });

	assert_chosen(*state, s, ID, "SELECT id = $1", ID_BYTES, 16);
	assert_no_key(*state, s, "acme");
	assert_no_key(*state, s, "456");
	assert_no_key(*state, s, "");
}

static void
test_parts_that_are_ids(void **state)
{
	struct pur_bound *s = compile("/ref");

	assert_chosen(*state, s, ID, "SELECT 1", ID_BYTES, 16);
	assert_no_key(*state, s, "acme");
	assert_no_key(*state, s, "7");
	path.n = 0;
	assert_int_equal(
	    pur_bind(*state, s, &in, &(struct pur_query *){ NULL }, &(struct pur_datum *){ NULL }),
	    PUR_ENOTFOUND);
	s = compile_keyed("/ref", "SELECT {ref}", slug_key);
	assert_int_equal(
	    pur_bind(*state, s, &in, &(struct pur_query *){ NULL }, &(struct pur_datum *){ NULL }),
	    PUR_ENOTFOUND);
}

/* ---- a small arena ---- */

static struct pur_bound *everything;

static enum pur_rc
bind_everything(struct pur_arena *a)
{
	struct pur_query *q;
	struct pur_datum *binds;

	return pur_bind(a, everything, &in, &q, &binds);
}

static void
test_a_small_arena(void **state)
{
	static const struct pur_value revisions[] = { INT(5) };
	struct pur_value rows[4] = { { .type = PUR_NOTYPE } }, tags[] = { TEXT("a"), TEXT("b") };
	struct pur_slot slot = { .name = "n", .value = INT(1) };

	(void)state;
	everything = compile_keyed("@tenant /ref @match @from @to @body /id tags day at lines.@id"
				   " lines.quantity =n:int ?at @agent",
				   "SELECT {ref}", number_key);
	in.fields = fields;
	in.body = body;
	body[F_NAME] = TEXT("Ada");
	body[F_TAGS] = (struct pur_value){ .type = PUR_TEXTS, .items = tags, .n = 2 };
	body[F_AT] = (struct pur_value){ .type = PUR_TIME, .i = 1500000 };
	body[F_DAY] = (struct pur_value){ .type = PUR_DATE, .i = -1 };
	body[F_LINES] = (struct pur_value){ .type = PUR_ROWS, .items = rows, .n = 1 };
	in.match = revisions;
	in.n_match = 1;
	in.slots = &slot;
	in.agent = "curl";
	route.from = "pending";
	path.n = 2;
	path.names[0] = "{ref}";
	path.values[0] = "456";
	path.names[1] = "{id}";
	path.values[1] = ID;
	with_every_ceiling(bind_everything, PUR_OK);
	path.values[0] = ID;
	with_every_ceiling(bind_everything, PUR_OK);
}

/* A number, whatever the resource's key is. */
static void
test_parts_that_are_numbers(void **state)
{
	static const char *const wrong[] = {
		"", "x", "7x", "4.5", "1e3", " 7", "7 ", "+7", "0x7", "99999999999999999999", ID,
	};
	const struct pur_field keys[] = { { .name = NULL }, slug_key, number_key };

	for (size_t k = 0; k < N_OF(keys); k++) {
		struct pur_bound *s = compile_keyed("/ref:int", "SELECT $1", keys[k]);

		assert_int_equal(s->by_id.types[0], PUR_OID_INT8);
		assert_chosen(*state, s, "456", "SELECT $1", "\0\0\0\0\0\0\1\xc8", 8);
		assert_chosen(*state, s, "0", "SELECT $1", "\0\0\0\0\0\0\0\0", 8);
		assert_chosen(*state, s, "-1", "SELECT $1", "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
		for (size_t i = 0; i < N_OF(wrong); i++)
			assert_no_key(*state, s, wrong[i]);
	}
	path.n = 0;
	assert_int_equal(pur_bind(*state, compile("/ref:int"), &in, &(struct pur_query *){ NULL },
				  &(struct pur_datum *){ NULL }),
			 PUR_ENOTFOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_and_their_types),
		cmocka_unit_test(test_no_arguments),
		cmocka_unit_test(test_unknown_names_are_told),
		cmocka_unit_test(test_there_is_a_most_of_arguments),
		cmocka_unit_test(test_the_two_variants_of_a_key),
		cmocka_unit_test(test_a_key_that_the_resource_has_not),
		cmocka_unit_test(test_parts_that_a_slug_may_stand_in),
		cmocka_unit_test(test_includes_and_the_deleted),
		cmocka_unit_test(test_a_long_text_with_many_keys),
		cmocka_unit_test_setup(test_who_may, setup),
		cmocka_unit_test_setup(test_arguments_of_the_session, setup),
		cmocka_unit_test_setup(test_arguments_of_the_session_that_are_not_there, setup),
		cmocka_unit_test_setup(test_a_match_of_nothing, setup),
		cmocka_unit_test_setup(test_the_user_agent_is_cut, setup),
		cmocka_unit_test_setup(test_the_user_agent_is_cut_between_characters, setup),
		cmocka_unit_test_setup(test_the_user_agent_is_utf8_for_the_database, setup),
		cmocka_unit_test_setup(test_arguments_of_the_body, setup),
		cmocka_unit_test_setup(test_arguments_of_the_query, setup),
		cmocka_unit_test_setup(test_arguments_set_by_code, setup),
		cmocka_unit_test_setup(test_columns_of_rows, setup),
		cmocka_unit_test_setup(test_new_ids_for_rows, setup),
		cmocka_unit_test_setup(test_the_body_as_a_document, setup),
		cmocka_unit_test_setup(test_an_id_or_a_slug, setup),
		cmocka_unit_test_setup(test_an_id_or_a_number, setup),
		cmocka_unit_test_setup(test_an_id_or_the_slug_of_another_resource, setup),
		cmocka_unit_test_setup(test_an_id_where_there_is_no_key, setup),
		cmocka_unit_test_setup(test_parts_that_are_ids, setup),
		cmocka_unit_test_setup(test_parts_that_are_numbers, setup),
		cmocka_unit_test_setup(test_a_small_arena, setup),
	};

	return cmocka_run_group_tests(tests, new_arena, free_arena);
}
