/*
 * Tests of retire: what answers of something that will be gone say, and tables that can't be.
 */
#include "retire.h"
#include "support.h"

static struct pur_reply reply;

static const struct pur_retirement nothing,
    route = { "2026-11-01T00:00:00Z", "2027-05-01T08:30:00Z", "/api/v1/things" },
    version = { "2026-05-01T10:30:00+02:00", NULL, NULL };

static void
assert_told(struct pur_arena *a, const struct pur_retirement *r, const struct pur_retirement *v,
	    const char *expected)
{
	pur_reply_reset(&reply);
	pur_retirement_tell(a, &reply, r, v);
	assert_written(&reply.headers, expected);
}

static void
test_what_is_told(void **state)
{
	assert_told(*state, &nothing, &nothing, "");
	assert_told(*state, &route, &nothing,
		    "Deprecation: @1793491200\r\n"
		    "Sunset: Sat, 01 May 2027 08:30:00 GMT\r\n"
		    "Link: </api/v1/things>; rel=\"successor-version\"\r\n");
	assert_told(*state, &nothing, &version, "Deprecation: @1777624200\r\n");
	pur_buf_free(&reply.headers);
}

/* A route knows better than its version, whole. */
static void
test_a_route_goes_before_its_version(void **state)
{
	const struct pur_retirement soon = { "2026-11-02T00:00:00Z", NULL, NULL };

	assert_told(*state, &soon, &route, "Deprecation: @1793577600\r\n");
	pur_buf_free(&reply.headers);
}

static void
test_without_memory_nothing_is_told(void **state)
{
	struct pur_arena *none = pur_arena_new(0);

	(void)state;
	assert_told(none, &version, &nothing, "");
	pur_arena_free(none);
	pur_buf_free(&reply.headers);
}

static void
test_tables_that_cannot_be(void **state)
{
	static const struct {
		struct pur_retirement r;
		const char *fault;
	} rows[] = {
		{ { NULL, NULL, NULL }, NULL },
		{ { "2026-11-01T00:00:00Z", NULL, NULL }, NULL },
		{ { "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z", "/api/v2" }, NULL },
		{ { "2026-11-01T00:00:00Z", "2026-10-31T23:59:59Z", NULL },
		  "its .sunset is before .deprecated" },
		{ { "2026-11-01", NULL, NULL }, "its .deprecated is not a time" },
		{ { "2026-11-01T00:00:00Z", "soon", NULL }, "its .sunset is not a time" },
		{ { NULL, "2026-11-01T00:00:00Z", NULL },
		  "has a .sunset or .successor without .deprecated" },
		{ { NULL, NULL, "/api/v2" }, "has a .sunset or .successor without .deprecated" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		const char *fault = pur_retirement_fault(&rows[i].r);

		if (rows[i].fault == NULL)
			assert_null(fault);
		else
			assert_string_equal(fault, rows[i].fault);
	}
	for (int v = 0; v <= PUR_VERSIONS; v++)
		assert_null(pur_retirement_fault(&pur_versions[v]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_told),
		cmocka_unit_test(test_a_route_goes_before_its_version),
		cmocka_unit_test(test_without_memory_nothing_is_told),
		cmocka_unit_test(test_tables_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, new_arena, free_arena);
}
