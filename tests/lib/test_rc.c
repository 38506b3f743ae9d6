/*
 * Tests of rc: the table is whole and in step, SQLSTATEs map.
 */
#include "rc.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
test_every_error_has_a_row_of_its_own(void **state)
{
	(void)state;
	for (int rc = PUR_EBODY; rc <= PUR_EREPLAY; rc++) {
		const struct pur_rc_info *info = pur_rc_info(rc);

		assert_int_equal(info->rc, rc);
		assert_non_null(info->code);
		assert_non_null(info->message);
		assert_true(strlen(info->code) > 0 && strlen(info->message) > 0);
		assert_true(info->message[strlen(info->message) - 1] != '.');
		for (int other = PUR_EBODY; other < rc; other++)
			assert_string_not_equal(info->code, pur_rc_info(other)->code);
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
		{ PUR_ESTEPUP, 403, "step_up_required" },
		{ PUR_ENOTFOUND, 404, "not_found" },
		{ PUR_EMETHOD, 405, "method_not_allowed" },
		{ PUR_EACCEPT, 406, "not_acceptable" },
		{ PUR_EDUPLICATE, 409, "duplicate" },
		{ PUR_ETRANSITION, 409, "invalid_transition" },
		{ PUR_EINPROGRESS, 409, "idempotency_in_progress" },
		{ PUR_ETENANT, 409, "tenant_required" },
		{ PUR_EINUSE, 409, "in_use" },
		{ PUR_EERASED, 409, "answer_erased" },
		{ PUR_ESTALE, 412, "precondition_failed" },
		{ PUR_ENEEDMATCH, 428, "precondition_required" },
		{ PUR_ETOOLARGE, 413, "too_large" },
		{ PUR_EMEDIA, 415, "unsupported_media_type" },
		{ PUR_ESTOCK, 422, "insufficient_stock" },
		{ PUR_EPICKUP, 422, "pickup_unavailable" },
		{ PUR_EMISMATCH, 422, "idempotency_mismatch" },
		{ PUR_ELASTOWNER, 422, "last_owner" },
		{ PUR_ELINK, 422, "invalid_link" },
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
		const struct pur_rc_info *info = pur_rc_info(rows[i].rc);

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
		assert_int_equal(pur_rc_info(strange[i])->rc, PUR_EINTERNAL);
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
		{ "PU4SU", PUR_ESTEPUP },      { NULL, PUR_EINTERNAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(pur_rc_from_sqlstate(rows[i].state), rows[i].rc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_error_has_a_row_of_its_own),
		cmocka_unit_test(test_rows_say_what_the_contract_says),
		cmocka_unit_test(test_strange_codes_are_internal),
		cmocka_unit_test(test_sqlstates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
