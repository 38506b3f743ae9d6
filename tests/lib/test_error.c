/*
 * Tests of error: the table is whole and in step, SQLSTATEs map, the first error stays.
 */
#include "error.h"

#include "arena.h"
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
test_every_error_has_a_row_of_its_own(void **state)
{
	(void)state;
	for (int rc = PUR_EBODY; rc <= PUR_EREPLAY; rc++) {
		const struct pur_error_info *info = pur_error_info(rc);

		assert_int_equal(info->rc, rc);
		assert_non_null(info->code);
		assert_non_null(info->message);
		assert_true(strlen(info->code) > 0 && strlen(info->message) > 0);
		assert_true(info->message[strlen(info->message) - 1] != '.');
		for (int other = PUR_EBODY; other < rc; other++)
			assert_string_not_equal(info->code, pur_error_info(other)->code);
	}
}

static void
test_rows_say_what_the_contract_says(void **state)
{
	static const struct {
		enum pur_rc rc;
		int status;
		const char *code;
	} rows[] = {
		{ PUR_EBODY, 400, "validation_failed" },
		{ PUR_EINPUT, 400, "invalid_input" },
		{ PUR_EJSON, 400, "invalid_json" },
		{ PUR_EAUTH, 401, "unauthorized" },
		{ PUR_EFORBIDDEN, 403, "forbidden" },
		{ PUR_ENOTFOUND, 404, "not_found" },
		{ PUR_EMETHOD, 405, "method_not_allowed" },
		{ PUR_EACCEPT, 406, "not_acceptable" },
		{ PUR_EDUPLICATE, 409, "duplicate" },
		{ PUR_ETRANSITION, 409, "invalid_transition" },
		{ PUR_EINPROGRESS, 409, "idempotency_in_progress" },
		{ PUR_ETENANT, 409, "tenant_required" },
		{ PUR_EINUSE, 409, "in_use" },
		{ PUR_ESTALE, 412, "precondition_failed" },
		{ PUR_ENEEDMATCH, 428, "precondition_required" },
		{ PUR_ETOOLARGE, 413, "too_large" },
		{ PUR_EMEDIA, 415, "unsupported_media_type" },
		{ PUR_ESTOCK, 422, "insufficient_stock" },
		{ PUR_EPICKUP, 422, "pickup_unavailable" },
		{ PUR_EMISMATCH, 422, "idempotency_mismatch" },
		{ PUR_ERULE, 422, "rule_violated" },
		{ PUR_ERATE, 429, "rate_limited" },
		{ PUR_EINTERNAL, 500, "internal_error" },
		{ PUR_EUNAVAILABLE, 503, "unavailable" },
		{ PUR_ESPACE, 507, "out_of_space" },
		{ PUR_ERETRY, 0, "retry" },
		{ PUR_EREPLAY, 0, "replay" },
	};

	(void)state;
	assert_int_equal(sizeof(rows) / sizeof(rows[0]), PUR_EREPLAY - PUR_EBODY + 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct pur_error_info *info = pur_error_info(rows[i].rc);

		assert_int_equal(info->status, rows[i].status);
		assert_string_equal(info->code, rows[i].code);
	}
}

static void
test_strange_codes_are_internal(void **state)
{
	static const int strange[] = { PUR_OK,          1,       -1,     PUR_EBODY - 1,
				       PUR_EREPLAY + 1, INT_MAX, INT_MIN };

	(void)state;
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++)
		assert_int_equal(pur_error_info(strange[i])->rc, PUR_EINTERNAL);
}

static void
test_sqlstates(void **state)
{
	static const struct {
		const char *state;
		enum pur_rc rc;
	} rows[] = {
		{ "PU208", PUR_EREPLAY },      { "PU401", PUR_EAUTH },
		{ "PU403", PUR_EFORBIDDEN },   { "PU404", PUR_ENOTFOUND },
		{ "PU409", PUR_EINPROGRESS },  { "PU422", PUR_EMISMATCH },
		{ "23505", PUR_EDUPLICATE },   { "23503", PUR_EINUSE },
		{ "23514", PUR_ERULE },        { "40001", PUR_ERETRY },
		{ "40P01", PUR_ERETRY },       { "22003", PUR_EBODY },
		{ "57014", PUR_EUNAVAILABLE }, { "55P03", PUR_EUNAVAILABLE },
		{ "57P01", PUR_EUNAVAILABLE }, { "57P02", PUR_EUNAVAILABLE },
		{ "57P03", PUR_EUNAVAILABLE }, { "57P05", PUR_EUNAVAILABLE },
		{ "08000", PUR_EUNAVAILABLE }, { "08006", PUR_EUNAVAILABLE },
		{ "53300", PUR_EUNAVAILABLE }, { "53200", PUR_EUNAVAILABLE },
		{ "25006", PUR_EUNAVAILABLE }, { "53100", PUR_ESPACE },
		{ "42601", PUR_EINTERNAL },    { "23502", PUR_EINTERNAL },
		{ "53000", PUR_EINTERNAL },    { "40002", PUR_EINTERNAL },
		{ "PU999", PUR_EINTERNAL },    { "", PUR_EINTERNAL },
		{ "08", PUR_EINTERNAL },       { "080061", PUR_EINTERNAL },
		{ "2350", PUR_EINTERNAL },     { "235050", PUR_EINTERNAL },
		{ NULL, PUR_EINTERNAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(pur_error_from_sqlstate(rows[i].state), rows[i].rc);
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
		cmocka_unit_test(test_every_error_has_a_row_of_its_own),
		cmocka_unit_test(test_rows_say_what_the_contract_says),
		cmocka_unit_test(test_strange_codes_are_internal),
		cmocka_unit_test(test_sqlstates),
		cmocka_unit_test_setup_teardown(test_first_error_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_message_is_the_tables, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_error_is_never_ok, setup, teardown),
		cmocka_unit_test_setup_teardown(test_details_keep_their_order, setup, teardown),
		cmocka_unit_test(test_full_arena_keeps_the_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
