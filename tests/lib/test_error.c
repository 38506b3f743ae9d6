/*
 * Tests of error: the first one stays, details keep their order.
 */
#include "error.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int
setup(void **state)
{
	*state = pur_arena_new(1 << 20);
	return *state == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	pur_arena_free(*state);
	return 0;
}

static void
test_first_error_stays(void **state)
{
	struct pur_error e = { 0 };

	assert_int_equal(pur_error_set(&e, *state, PUR_ERULE, "Rule %d of %s", 7, "nine"),
			 PUR_ERULE);
	assert_string_equal(e.message, "Rule 7 of nine");
	assert_int_equal(pur_error_set(&e, *state, PUR_EINTERNAL, "later"), PUR_ERULE);
	assert_int_equal(e.rc, PUR_ERULE);
	assert_string_equal(e.message, "Rule 7 of nine");
}

static void
test_no_message_is_the_tables(void **state)
{
	struct pur_error e = { 0 };

	assert_int_equal(pur_error_set(&e, *state, PUR_EAUTH, NULL), PUR_EAUTH);
	assert_null(e.message);
}

static void
test_an_error_is_never_ok(void **state)
{
	struct pur_error e = { 0 };

	assert_int_equal(pur_error_set(&e, *state, PUR_OK, NULL), PUR_EINTERNAL);
	assert_int_equal(e.rc, PUR_EINTERNAL);
}

static void
test_details_keep_their_order(void **state)
{
	struct pur_error e = { 0 };
	char field[] = "lines[0].quantity";

	pur_error_detail(&e, *state, field, "Must be at least %d", 1);
	memset(field, 'x', sizeof(field) - 1);
	pur_error_detail(&e, *state, "pickup_date", "Must be in the future");
	pur_error_detail(&e, *state, "", "third");
	assert_int_equal(e.rc, PUR_OK);
	assert_string_equal(e.details->field, "lines[0].quantity");
	assert_string_equal(e.details->message, "Must be at least 1");
	assert_string_equal(e.details->next->field, "pickup_date");
	assert_string_equal(e.details->next->next->message, "third");
	assert_null(e.details->next->next->next);
	assert_ptr_equal(e.last, e.details->next->next);
}

static void
test_full_arena_keeps_the_code(void **state)
{
	struct pur_arena *tiny = pur_arena_new(0);
	struct pur_arena *no_message = pur_arena_new(32);
	struct pur_arena *no_field = pur_arena_new(48);
	struct pur_error e = { 0 };

	(void)state;
	assert_non_null(tiny);
	assert_non_null(no_message);
	assert_non_null(no_field);
	assert_true(sizeof(struct pur_detail) <= 32);
	pur_error_detail(&e, tiny, "field", "message");
	pur_error_detail(&e, no_message, "field", "message");
	pur_error_detail(&e, no_field, "field", "message");
	assert_null(e.details);
	assert_null(e.last);
	assert_int_equal(pur_error_set(&e, tiny, PUR_EBODY, "copied nowhere"), PUR_EBODY);
	assert_null(e.message);
	pur_arena_free(tiny);
	pur_arena_free(no_message);
	pur_arena_free(no_field);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_first_error_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_message_is_the_tables, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_error_is_never_ok, setup, teardown),
		cmocka_unit_test_setup_teardown(test_details_keep_their_order, setup, teardown),
		cmocka_unit_test(test_full_arena_keeps_the_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
