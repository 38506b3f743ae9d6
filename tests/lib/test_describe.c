/*
 * Tests of describe: a program's tables as JSON, to the letter, and that it stays JSON whatever
 * words stand in them.
 */
#include "describe.h"
#include "support.h"

static enum pur_rc
act(struct pur_req *rq)
{
	(void)rq;
	return PUR_OK;
}

/* ---- a resource that has everything ---- */

static const char *const sizes[] = { "small", "large", NULL };

static const struct pur_field lines[] = {
	{ .name = "quantity", .type = PUR_INT, .flags = PUR_REQUIRED, .min = 1 },
	{ .name = NULL },
};

static const struct pur_field reason[] = { { .name = "reason", .type = PUR_TEXT },
					   { .name = NULL } };

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY },
	{ .name = "name",
	  .type = PUR_TEXT,
	  .flags = PUR_REQUIRED | PUR_SORT | PUR_FILTER | PUR_PERSONAL,
	  .max = 200,
	  .summary = "What people \"call\" it" },
	{ .name = "pin",
	  .type = PUR_TEXT,
	  .flags = PUR_WRITEONLY | PUR_ALWAYS | PUR_ONCE,
	  .min = -3,
	  .example = "\"1234\"" },
	{ .name = "at", .type = PUR_TIME, .flags = PUR_FUTURE },
	{ .name = "size", .type = PUR_CHOICE, .choices = sizes, .column = "o.size" },
	{ .name = "rate", .type = PUR_INT, .default_value = "0" },
	{ .name = "lines", .type = PUR_ROWS, .of = lines },
	{ .name = "email", .type = PUR_EMAIL, .flags = PUR_REQUIRED | PUR_FIXED },
	{ .name = "opens", .type = PUR_CLOCK },
	{ .name = "origins", .type = PUR_TEXTS, .fault = pur_origin_fault },
	{ .name = "client_id", .type = PUR_UUID, .refers = "clients" },
	{ .name = "client",
	  .type = PUR_OBJECT,
	  .flags = PUR_READONLY,
	  .include = "(SELECT 1)",
	  .of = reason },
	{ .name = NULL },
};

static const struct pur_field nothing[] = { { .name = NULL } };

static const struct pur_stmt stmts[] = {
	{ PUR_NOSTMT },
	{ PUR_LIST, "@tenant", "SELECT 1" },
	{ PUR_ONE, "@tenant /ref  reason", "SELECT \"a\"\n" },
	{ PUR_MANY, "", "SELECT 2", .crosses_tenants = true },
	{ PUR_EXEC, "@tenant", "SELECT 3" },
};

static const struct pur_constraint constraints[] = {
	{ "things_name_key", PUR_EDUPLICATE, "name", "Is taken" },
	{ "things_rate_check", PUR_ERULE, "rate", "Is too much" },
	{ .name = NULL },
};

static const struct pur_route routes[] = {
	{ PUR_GET, "/things", "things:read", .stmts = { 1 }, .body = reason, .params = reason,
	  .sort = "-name", .summary = "List" },
	{ PUR_POST, "/things/{ref}/move", "orders:approve", PUR_NO_STORE, .stmts = { 2 },
	  .guard = 2, .body = reason, .from = "new old", .to = "moved", .event = "thing.moved",
	  .errors = { PUR_ESTOCK, PUR_EDUPLICATE }, .summary = "Move" },
	{ PUR_POST, "/login", PUR_PUBLIC, PUR_NO_STORE, .run = act, .body = nothing,
	  .effect = PUR_CREATES, .flags = PUR_SECRET | PUR_COOKIE | PUR_SLOW, .summary = "Log in" },
	{ PUR_DELETE, "/things/{ref}", PUR_ANY_ROLE, .stmts = { 2 }, .effect = PUR_DELETES,
	  .retired = { "2026-11-01T00:00:00Z", "2027-11-01T00:00:00Z", "/api/v2/things" },
	  .summary = "Delete" },
	{ PUR_GET, "/livez", PUR_PUBLIC, .run = act, .flags = PUR_ROOT, .summary = "Live" },
	{ PUR_METHOD_UNKNOWN },
};

static const struct pur_resource things = { .program = "things",
					    .title = "Thing",
					    .summary = "What there is",
					    .fields = fields,
					    .stmts = stmts,
					    .n_stmts = PUR_COUNT(stmts),
					    .routes = routes,
					    .constraints = constraints,
					    .counts = "things",
					    .key = { .name = "slug", .type = PUR_SLUG } };

static void
assert_described(const struct pur_resource *res, const char *expected)
{
	const struct pur_program program = { .res = res };
	struct pur_buf b = { .data = NULL };

	pur_describe(&program, &b);
	assert_written(&b, expected);
	pur_buf_free(&b);
}

static void
test_everything_a_table_can_say(void **state)
{
	(void)state;
	assert_described(
	    &things,
	    "{\"program\":\"things\",\"title\":\"Thing\",\"summary\":\"What there is\","
	    "\"key\":\"slug\",\"counts\":\"things\",\"fields\":["
	    "{\"name\":\"id\",\"type\":\"uuid\",\"read_only\":true},"
	    "{\"name\":\"name\",\"type\":\"text\",\"required\":true,\"sort\":true,\"filter\":true,"
	    "\"personal\":true,\"max\":200,\"summary\":\"What people \\\"call\\\" it\"},"
	    "{\"name\":\"pin\",\"type\":\"text\",\"write_only\":true,"
	    "\"always\":true,\"once\":true,\"min\":-3,\"example\":\"\\\"1234\\\"\"},"
	    "{\"name\":\"at\",\"type\":\"time\",\"future\":true},"
	    "{\"name\":\"size\",\"type\":\"choice\",\"choices\":[\"small\",\"large\"]},"
	    "{\"name\":\"rate\",\"type\":\"integer\",\"default\":\"0\"},"
	    "{\"name\":\"lines\",\"type\":\"rows\",\"of\":["
	    "{\"name\":\"quantity\",\"type\":\"integer\",\"required\":true,\"min\":1}]},"
	    "{\"name\":\"email\",\"type\":\"email\",\"required\":true,\"fixed\":true},"
	    "{\"name\":\"opens\",\"type\":\"clock\"},"
	    "{\"name\":\"origins\",\"type\":\"texts\",\"formed\":true},"
	    "{\"name\":\"client_id\",\"type\":\"uuid\",\"refers\":\"clients\"},"
	    "{\"name\":\"client\",\"type\":\"object\",\"read_only\":true,\"include\":true,"
	    "\"of\":[{\"name\":\"reason\",\"type\":\"text\"}]}],"
	    "\"constraints\":[\"duplicate\",\"rule_violated\"],"
	    "\"statements\":["
	    "{\"expect\":\"list\",\"args\":[\"@tenant\"],\"sql\":\"SELECT 1\"},"
	    "{\"expect\":\"one\",\"args\":[\"@tenant\",\"/ref\",\"reason\"],"
	    "\"sql\":\"SELECT \\\"a\\\"\\n\"},"
	    "{\"expect\":\"many\",\"args\":[],\"sql\":\"SELECT 2\",\"crosses_tenants\":true},"
	    "{\"expect\":\"exec\",\"args\":[\"@tenant\"],\"sql\":\"SELECT 3\"}],"
	    "\"routes\":["
	    "{\"method\":\"GET\",\"path\":\"/things\",\"summary\":\"List\","
	    "\"permission\":\"things:read\",\"roles\":[\"owner\",\"admin\",\"manager\",\"staff\","
	    "\"accountant\",\"viewer\"],\"cache\":\"private\",\"list\":true,"
	    "\"answer\":\"list\",\"sort\":\"-name\","
	    "\"params\":[{\"name\":\"reason\",\"type\":\"text\"}],\"errors\":[]},"
	    "{\"method\":\"POST\",\"path\":\"/things/{ref}/move\",\"summary\":\"Move\","
	    "\"permission\":\"orders:approve\",\"roles\":[\"owner\",\"admin\",\"manager\","
	    "\"staff\"],"
	    "\"cache\":\"no-store\",\"answer\":\"one\",\"guarded\":true,"
	    "\"effect\":\"changes\",\"event\":\"thing.moved\","
	    "\"from\":[\"new\",\"old\"],\"to\":\"moved\","
	    "\"body\":[{\"name\":\"reason\",\"type\":\"text\"}],"
	    "\"errors\":[\"insufficient_stock\",\"duplicate\"]},"
	    "{\"method\":\"POST\",\"path\":\"/login\",\"summary\":\"Log in\","
	    "\"permission\":\"public\",\"cache\":\"no-store\",\"answer\":\"one\",\"run\":true,"
	    "\"secret\":true,\"slow\":true,\"cookie\":true,\"effect\":\"creates\","
	    "\"body\":[],\"errors\":[]},"
	    "{\"method\":\"DELETE\",\"path\":\"/things/{ref}\",\"summary\":\"Delete\","
	    "\"permission\":\"any\",\"roles\":[\"owner\",\"admin\",\"manager\",\"staff\","
	    "\"accountant\",\"viewer\"],\"cache\":\"private\",\"answer\":\"one\","
	    "\"effect\":\"deletes\",\"errors\":[],"
	    "\"deprecated\":\"2026-11-01T00:00:00Z\",\"sunset\":\"2027-11-01T00:00:00Z\","
	    "\"successor\":\"/api/v2/things\"},"
	    "{\"method\":\"GET\",\"path\":\"/livez\",\"root\":true,\"summary\":\"Live\","
	    "\"permission\":\"public\",\"cache\":\"private\",\"answer\":\"one\","
	    "\"run\":true,\"errors\":[]}]}\n");
}

static void
test_as_little_as_a_table_can_say(void **state)
{
	const struct pur_resource res = {
		.program = "none",
		.fields = nothing,
		.stmts = stmts,
		.n_stmts = 1,
		.routes = &(struct pur_route){ PUR_METHOD_UNKNOWN },
	};

	(void)state;
	assert_described(&res,
			 "{\"program\":\"none\",\"fields\":[],\"statements\":[],\"routes\":[]}\n");
}

static void
test_it_is_json(void **state)
{
	const struct pur_program program = { .res = &things };
	struct pur_buf b = { .data = NULL };
	struct json_object *value, *routes_value;

	pur_describe(&program, &b);
	value = parse_json(*state, b.data, b.len);
	assert_true(json_object_object_get_ex(value, "routes", &routes_value));
	assert_int_equal(json_object_array_length(routes_value), 5);
	pur_buf_free(&b);
}

/* What the library does with a secret's answer, the description says of it. */
static void
test_a_secret_is_never_stored(void **state)
{
	static const struct pur_route secret[] = {
		{ PUR_POST, "/keys", PUR_PUBLIC, .run = act, .flags = PUR_SECRET,
		  .summary = "Make" },
		{ PUR_METHOD_UNKNOWN },
	};
	const struct pur_resource res = {
		.program = "keys", .fields = nothing, .stmts = stmts, .n_stmts = 1, .routes = secret
	};

	(void)state;
	assert_described(&res,
			 "{\"program\":\"keys\",\"fields\":[],\"statements\":[],\"routes\":["
			 "{\"method\":\"POST\",\"path\":\"/keys\",\"summary\":\"Make\","
			 "\"permission\":\"public\",\"cache\":\"no-store\",\"answer\":\"one\","
			 "\"run\":true,\"secret\":true,"
			 "\"effect\":\"changes\",\"errors\":[]}]}\n");
}

/* What asks for a fresh proof says so. */
static void
test_a_step_up_is_told(void **state)
{
	static const struct pur_route guarded[] = {
		{ PUR_DELETE, "/keys/{ref}", PUR_ANY_ROLE, .run = act, .flags = PUR_STEP_UP,
		  .effect = PUR_DELETES, .summary = "End" },
		{ PUR_METHOD_UNKNOWN },
	};
	const struct pur_resource res = { .program = "keys",
					  .fields = nothing,
					  .stmts = stmts,
					  .n_stmts = 1,
					  .routes = guarded };

	(void)state;
	assert_described(
	    &res,
	    "{\"program\":\"keys\",\"fields\":[],\"statements\":[],\"routes\":["
	    "{\"method\":\"DELETE\",\"path\":\"/keys/{ref}\",\"summary\":\"End\","
	    "\"permission\":\"any\",\"roles\":[\"owner\",\"admin\",\"manager\","
	    "\"staff\",\"accountant\",\"viewer\"],\"cache\":\"private\","
	    "\"answer\":\"one\",\"run\":true,\"step_up\":true,\"effect\":\"deletes\",\"errors\":[]}]}\n");
}

/* Which reads take ?include= and ?deleted=, and whose fields their rows have. */
static void
test_what_a_read_can_be_asked(void **state)
{
	static const struct pur_stmt viewed[] = {
		{ PUR_NOSTMT },
		{ PUR_LIST, "@tenant", "SELECT 1{include} FROM t{search} WHERE {active}" },
		{ PUR_ONE, "@tenant", "SELECT 1{include} WHERE {active}" },
		{ PUR_LIST, "@tenant", "SELECT 1 WHERE active" },
	};
	static const struct pur_route asked[] = {
		{ PUR_GET, "/all", PUR_PUBLIC, .stmts = { 1 }, .summary = "All" },
		{ PUR_GET, "/one", PUR_PUBLIC, .stmts = { 2 }, .summary = "One" },
		{ PUR_POST, "/one", PUR_PUBLIC, .stmts = { 2 }, .summary = "Do" },
		{ PUR_GET, "/own", PUR_PUBLIC, .stmts = { 3 }, .fields = reason, .summary = "Own" },
		{ PUR_METHOD_UNKNOWN },
	};
	const struct pur_resource res = {
		.program = "x", .fields = nothing, .stmts = viewed, .n_stmts = 1, .routes = asked
	};

	(void)state;
	assert_described(
	    &res,
	    "{\"program\":\"x\",\"fields\":[],\"statements\":[],\"routes\":["
	    "{\"method\":\"GET\",\"path\":\"/all\",\"summary\":\"All\",\"permission\":\"public\","
	    "\"cache\":\"private\",\"list\":true,\"answer\":\"list\","
	    "\"deleted\":true,\"search\":true,"
	    "\"includes\":true,\"errors\":[]},"
	    "{\"method\":\"GET\",\"path\":\"/one\",\"summary\":\"One\",\"permission\":\"public\","
	    "\"cache\":\"private\",\"answer\":\"one\",\"includes\":true,\"errors\":[]},"
	    "{\"method\":\"POST\",\"path\":\"/one\",\"summary\":\"Do\",\"permission\":\"public\","
	    "\"cache\":\"private\",\"answer\":\"one\",\"effect\":\"changes\",\"errors\":[]},"
	    "{\"method\":\"GET\",\"path\":\"/own\",\"summary\":\"Own\",\"permission\":\"public\","
	    "\"cache\":\"private\",\"list\":true,\"answer\":\"list\","
	    "\"fields\":[{\"name\":\"reason\",\"type\":\"text\"}],\"errors\":[]}]}\n");
}

/* A choice without choices is a bad table, but what is printed of it can still be read. */
static void
test_a_choice_of_nothing(void **state)
{
	static const char *const none[] = { NULL };
	static const struct pur_field choice[] = {
		{ .name = "size", .type = PUR_CHOICE, .choices = none },
		{ .name = NULL },
	};
	const struct pur_resource res = {
		.program = "none",
		.fields = choice,
		.stmts = stmts,
		.n_stmts = 1,
		.routes = &(struct pur_route){ PUR_METHOD_UNKNOWN },
	};
	const struct pur_program program = { .res = &res };
	struct pur_buf b = { .data = NULL };

	pur_describe(&program, &b);
	parse_json(*state, b.data, b.len);
	pur_buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything_a_table_can_say),
		cmocka_unit_test(test_as_little_as_a_table_can_say),
		cmocka_unit_test(test_it_is_json),
		cmocka_unit_test(test_a_secret_is_never_stored),
		cmocka_unit_test(test_a_step_up_is_told),
		cmocka_unit_test(test_what_a_read_can_be_asked),
		cmocka_unit_test(test_a_choice_of_nothing),
	};

	return cmocka_run_group_tests(tests, new_arena, free_arena);
}
