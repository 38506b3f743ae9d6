/*
 * Tests of route: which route a path has, versions, methods and 405, what {parts} are decoded to,
 * and the tricks that make no path of ours.
 */
#include "route.h"
#include "support.h"

enum { LIST, CREATE, GET, REPLACE, APPROVE, OWN, END_OWN, END_ONE, DEEP, ALIVE };

static const struct pur_route routes[] = {
	[LIST] = { PUR_GET, "/orders" },
	[CREATE] = { PUR_POST, "/orders" },
	[GET] = { PUR_GET, "/orders/{ref}" },
	[REPLACE] = { PUR_PUT, "/orders/{ref}" },
	[APPROVE] = { PUR_POST, "/orders/{ref}/approve" },
	[OWN] = { PUR_GET, "/sessions/{id}" },
	[END_OWN] = { PUR_DELETE, "/sessions/current" },
	[END_ONE] = { PUR_DELETE, "/sessions/{id}" },
	[DEEP] = { PUR_GET, "/a/{one}/{two}/{three}/{four}/z" },
	[ALIVE] = { PUR_GET, "/livez", .flags = PUR_ROOT },
	{ PUR_METHOD_UNKNOWN },
};

static const struct pur_resource res = { .program = "orders", .routes = routes };

static struct pur_match m;

static enum pur_rc
match(struct pur_arena *a, enum pur_method method, const char *path)
{
	memset(&m, 0x5a, sizeof(m));
	return pur_route_match(a, &res, method, path, &m);
}

static void
assert_match(struct pur_arena *a, enum pur_method method, const char *path, int route, int version)
{
	if (match(a, method, path) != PUR_OK)
		fail_msg("%s has no route", path);
	if (m.route != &routes[route])
		fail_msg("%s is %s", path, m.route->path);
	assert_int_equal(m.version, version);
}

static void
test_routes(void **state)
{
	assert_match(*state, PUR_GET, "/api/v1/orders", LIST, 1);
	assert_match(*state, PUR_POST, "/api/v1/orders", CREATE, 1);
	assert_match(*state, PUR_GET, "/api/v1/orders/7", GET, 1);
	assert_match(*state, PUR_PUT, "/api/v1/orders/7", REPLACE, 1);
	assert_match(*state, PUR_POST, "/api/v1/orders/7/approve", APPROVE, 1);
	assert_match(*state, PUR_GET, "/livez", ALIVE, 0);
	assert_match(*state, PUR_GET, "/api/v1/a/1/2/3/4/z", DEEP, 1);
}

static void
test_head_is_a_get_without_its_body(void **state)
{
	assert_match(*state, PUR_HEAD, "/api/v1/orders", LIST, 1);
	assert_match(*state, PUR_HEAD, "/livez", ALIVE, 0);
}

static void
test_versions(void **state)
{
	assert_match(*state, PUR_GET, "/api/v2/orders", LIST, 2);
	assert_match(*state, PUR_GET, "/api/v2/orders/7", GET, 2);
	assert_match(*state, PUR_GET, "/api/orders", LIST, 0);
	assert_match(*state, PUR_GET, "/api/orders/v1", GET, 0);
	assert_string_equal(pur_match_part(&m, "ref"), "v1");
}

static void
test_paths_that_are_none_of_ours(void **state)
{
	static const char *const paths[] = {
		"",
		"*",
		"/",
		"//",
		"orders",
		"api/v1/orders",
		"/api",
		"/api/",
		"/api/v1",
		"/api/v1/",
		"/orders",
		"/v1/orders",
		"/api/v1/order",
		"/api/v1/orderss",
		"/api/v1/orders/",
		"/api/v1//orders",
		"//api/v1/orders",
		"/api//v1/orders",
		"/api/v1/orders//approve",
		"/api/v1/orders/7/",
		"/api/v1/orders/7/approve/",
		"/api/v1/orders/7/approve/8",
		"/api/v1/orders/7/reject",
		"/api/v1/a/1/2/3/4/y",
		"/api/v1/a/1/2/3/4/5/z",
		"/api/v1/a/1/2/3/4/5/6/7/8/9/z",
		/* versions */
		"/api/v0/orders",
		"/api/v3/orders",
		"/api/v9/orders",
		"/api/v10/orders",
		"/api/v01/orders",
		"/api/v1.0/orders",
		"/api/v/orders",
		"/api/V1/orders",
		"/api/v1/v1/orders",
		/* case, and words that are not as they stand in the table */
		"/API/v1/orders",
		"/api/v1/Orders",
		"/api/v1/%6frders",
		"/api/v1/orders%2f7",
		"/api/v1/orders%00",
		"/api%2fv1%2forders",
		"/api/v1/orders;x=1",
		"/api/v1/orders ",
		"/api/v1/orders/7/appr%6fve",
		/* going up */
		"/api/v1/../orders",
		"/api/v1/orders/../orders",
		"/api/v1/./orders",
		"/api/v1/orders/..;/orders",
		"/api\\v1\\orders",
		/* a root route is not below /api, and the others are nowhere else */
		"/api/livez",
		"/api/v1/livez",
		"/livez/",
		"/livez/x",
	};

	for (size_t i = 0; i < N_OF(paths); i++) {
		if (match(*state, PUR_GET, paths[i]) != PUR_ENOTFOUND ||
		    match(*state, PUR_POST, paths[i]) != PUR_ENOTFOUND)
			fail_msg("%s has a route", paths[i]);
	}
}

static void
test_parts_that_cannot_be_decoded(void **state)
{
	static const char *const paths[] = {
		"/api/v1/orders/%",    "/api/v1/orders/%2",        "/api/v1/orders/%zz",
		"/api/v1/orders/%00",  "/api/v1/orders/7%00",      "/api/v1/orders/%ff",
		"/api/v1/orders/\xff", "/api/v1/orders/%ed%a0%80", "/api/v1/orders/%c0%af",
	};

	for (size_t i = 0; i < N_OF(paths); i++) {
		if (match(*state, PUR_GET, paths[i]) != PUR_ENOTFOUND)
			fail_msg("%s has a route", paths[i]);
	}
}

static void
test_other_methods_are_told(void **state)
{
	assert_int_equal(match(*state, PUR_DELETE, "/api/v1/orders"), PUR_EMETHOD);
	assert_int_equal(m.allowed, PUR_GET | PUR_POST);
	assert_int_equal(match(*state, PUR_OPTIONS, "/api/orders/7"), PUR_EMETHOD);
	assert_int_equal(m.allowed, PUR_GET | PUR_PUT);
	assert_int_equal(match(*state, PUR_GET, "/api/v2/orders/7/approve"), PUR_EMETHOD);
	assert_int_equal(m.allowed, PUR_POST);
	assert_int_equal(match(*state, PUR_METHOD_UNKNOWN, "/livez"), PUR_EMETHOD);
	assert_int_equal(m.allowed, PUR_GET);
	assert_int_equal(match(*state, PUR_HEAD, "/api/v1/orders/7/approve"), PUR_EMETHOD);
	assert_null(m.route);
	/* Where there is no such path, no method helps. */
	assert_int_equal(match(*state, PUR_OPTIONS, "/api/v1/nothing"), PUR_ENOTFOUND);
	assert_int_equal(m.allowed, 0);
}

static void
test_a_word_wins_over_a_part(void **state)
{
	assert_match(*state, PUR_DELETE, "/api/v1/sessions/current", END_OWN, 1);
	assert_int_equal(m.n, 0);
	assert_match(*state, PUR_DELETE, "/api/v1/sessions/currently", END_ONE, 1);
	assert_match(*state, PUR_DELETE, "/api/v1/sessions/c%75rrent", END_ONE, 1);
	assert_string_equal(pur_match_part(&m, "id"), "current");
	/* Then the word's methods are all there are. */
	assert_int_equal(match(*state, PUR_GET, "/api/v1/sessions/current"), PUR_EMETHOD);
	assert_int_equal(m.allowed, PUR_DELETE);
}

static void
test_parts_are_decoded(void **state)
{
	static const struct {
		const char *path, *value;
	} rows[] = {
		{ "/api/v1/orders/7", "7" },
		{ "/api/v1/orders/a%20b", "a b" },
		{ "/api/v1/orders/a+b", "a+b" },
		{ "/api/v1/orders/%2F..%2f", "/../" },
		{ "/api/v1/orders/..", ".." },
		{ "/api/v1/orders/..;", "..;" },
		{ "/api/v1/orders/%7bref%7D", "{ref}" },
		{ "/api/v1/orders/%25%32%66", "%2f" },
		{ "/api/v1/orders/caf%C3%A9", "caf\xc3\xa9" },
		{ "/api/v1/orders/caf\xc3\xa9", "caf\xc3\xa9" },
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		assert_match(*state, PUR_GET, rows[i].path, GET, 1);
		assert_string_equal(pur_match_part(&m, "ref"), rows[i].value);
	}
}

static void
test_parts_by_name(void **state)
{
	assert_match(*state, PUR_GET, "/api/v1/a/1/2/3/4/z", DEEP, 1);
	assert_int_equal(m.n, 4);
	assert_string_equal(pur_match_part(&m, "one"), "1");
	assert_string_equal(pur_match_part(&m, "two"), "2");
	assert_string_equal(pur_match_part(&m, "three"), "3");
	assert_string_equal(pur_match_part(&m, "four"), "4");
	assert_null(pur_match_part(&m, "on"));
	assert_null(pur_match_part(&m, "ones"));
	assert_null(pur_match_part(&m, ""));
}

static enum pur_rc
match_deep(struct pur_arena *a)
{
	return match(a, PUR_GET, "/api/v1/a/1/2/3/4/z");
}

static void
test_a_small_arena(void **state)
{
	(void)state;
	with_every_ceiling(match_deep, PUR_OK);
}

static void
test_actions(void **state)
{
	static const struct {
		const char *path, *action;
	} rows[] = {
		{ "/orders", "" },
		{ "/orders/{ref}", "" },
		{ "/orders/{ref}/approve", "approve" },
		{ "/orders/{ref}/{line}", "" },
		{ "/sessions/current", "" },
		{ "/webhooks/{id}/deliveries/{id}/replay", "replay" },
		{ "approve", "" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++)
		assert_string_equal(pur_route_action(&(struct pur_route){ .path = rows[i].path }),
				    rows[i].action);
}

static void
test_words(void **state)
{
	static const char words[] = "pending approved  ready";

	(void)state;
	assert_true(pur_words_have(words, "pending", 7));
	assert_true(pur_words_have(words, "approved", 8));
	assert_true(pur_words_have(words, "ready", 5));
	assert_true(pur_words_have(words, "readymade", 5));
	assert_false(pur_words_have(words, "read", 4));
	assert_false(pur_words_have(words, "end", 3));
	assert_false(pur_words_have(words, "pending approved", 16));
	assert_false(pur_words_have(words, "", 0));
	assert_false(pur_words_have("", "a", 1));
	assert_false(pur_words_have(NULL, "a", 1));
}

static void
test_fields_of_a_route(void **state)
{
	static const struct pur_field all[] = { { .name = "a" }, { .name = NULL } };
	static const struct pur_field own[] = { { .name = "b" }, { .name = NULL } };
	const struct pur_resource some = { .fields = all };

	(void)state;
	assert_ptr_equal(pur_route_fields(&some, &(struct pur_route){ PUR_GET }), all);
	assert_ptr_equal(pur_route_fields(&some, &(struct pur_route){ PUR_GET, .fields = own }),
			 own);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_head_is_a_get_without_its_body),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_paths_that_are_none_of_ours),
		cmocka_unit_test(test_parts_that_cannot_be_decoded),
		cmocka_unit_test(test_other_methods_are_told),
		cmocka_unit_test(test_a_word_wins_over_a_part),
		cmocka_unit_test(test_parts_are_decoded),
		cmocka_unit_test(test_parts_by_name),
		cmocka_unit_test(test_a_small_arena),
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_fields_of_a_route),
	};

	return cmocka_run_group_tests(tests, new_arena, free_arena);
}
