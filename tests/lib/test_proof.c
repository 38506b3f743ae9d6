/*
 * Tests of proof: what is counted under which name, when a code is asked for and used up, and what
 * is taken back of a try that was right.
 */
#include "fake_db.h"
#include "log.h"
#include "proof.h"
#include "secret.h"

#include <sodium.h>

#define ACCOUNT "01890a5d-ac96-774b-bcce-b302099a8057"
#define CLOCK 1111111109 /* RFC 6238, appendix B */
#define CODE "081804"

static const unsigned char secret[] = "12345678901234567890";

static const struct pur_field body[] = {
	{ .name = "password", .type = PUR_TEXT },
	{ .name = "otp", .type = PUR_TEXT },
	{ .name = NULL },
};

static const struct pur_stmt stmts[] = { { PUR_NOSTMT } };

static enum pur_rc
act(struct pur_req *rq)
{
	(void)rq;
	return PUR_OK;
}

static const struct pur_route routes[] = {
	{ PUR_POST, "/login", PUR_PUBLIC, .run = act, .body = body, .summary = "Log in" },
	{ PUR_METHOD_UNKNOWN },
};

static const struct pur_resource logins = { .program = "logins",
					    .title = "Login",
					    .stmts = stmts,
					    .n_stmts = PUR_COUNT(stmts),
					    .routes = routes };

static const struct pur_program *program;
static struct pur_conf conf = { .cookie_name = "c", .transaction = "implicit" };
static struct pur_req rq;
static struct pur_value given[2];

/* What claim_try, spare_try and use_totp were given. */
static struct {
	unsigned char account[32], network[32];
	bool by_network, forgets, by_step;
	char code[40];
} saw;

static void
see(const struct pur_query *q, const struct pur_datum *binds)
{
	if (strcmp(q->name, "claim_try") == 0) {
		memcpy(saw.account, binds[0].data, 32);
		saw.by_network = binds[1].data != NULL;
		if (saw.by_network)
			memcpy(saw.network, binds[1].data, 32);
	}
	if (strcmp(q->name, "spare_try") == 0)
		saw.forgets = binds[2].data[0] != 0;
	if (strcmp(q->name, "use_totp") == 0) {
		saw.by_step = binds[1].data != NULL;
		assert_true((binds[1].data != NULL) != (binds[2].data != NULL));
		snprintf(saw.code, sizeof(saw.code), "%.*s", binds[2].len, binds[2].data);
	}
}

static int
start(void **state)
{
	char message[256];

	if (sodium_init() < 0 || pur_log_open("test", "/dev/null", PUR_ERROR) != 0)
		return -1;
	program = pur_program_new(&logins, message, sizeof(message));
	return program == NULL ? -1 : new_arena(state);
}

static int
setup(void **state)
{
	fake_reset();
	reset_arena(state);
	fake.saw = see;
	memset(&saw, 0, sizeof(saw));
	conf.secret_file = conf.unlimited_networks = conf.password_lists = "";
	memset(given, 0, sizeof(given));
	given[0] = (struct pur_value){ .type = PUR_TEXT, .given = true, .s = "x", .len = 1 };
	rq = (struct pur_req){ .conf = &conf,
			       .program = program,
			       .arena = *state,
			       .in = { .address = "192.0.2.7" },
			       .path = { .route = &routes[0] } };
	rq.input.fields = body;
	rq.input.body = given;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fake_reset();
	return 0;
}

static PGresult *
wait_of(int64_t seconds)
{
	PGresult *r = new_result(&(struct column){ "wait", PUR_OID_INT8 }, 1);

	set_int8(r, 0, 0, seconds);
	return r;
}

static PGresult *
whether(const char *name, bool yes)
{
	const struct column column = { name, PUR_OID_BOOL };
	PGresult *r = new_result(&column, 1);

	set_bytes(r, 0, 0, yes ? "\1" : "\0", 1);
	return r;
}

/* own_proof()'s row of somebody: with a second factor that is on, or without one. */
static PGresult *
somebody(bool account, bool enabled, int64_t last)
{
	static const struct column columns[] = {
		{ "email", PUR_OID_TEXT },     { "password_hash", PUR_OID_TEXT },
		{ "account", PUR_OID_BOOL },   { "holder", PUR_OID_UUID },
		{ "secret", PUR_OID_BYTEA },   { "enabled", PUR_OID_BOOL },
		{ "last_step", PUR_OID_INT8 }, { "codes_left", PUR_OID_INT8 },
		{ "clock", PUR_OID_INT8 },
	};
	PGresult *r = new_result(columns, N_OF(columns));
	unsigned char key[PUR_KEY], sealed[PUR_TOTP_SEALED];
	struct pur_uuid holder = uuid_of(ACCOUNT);
	char message[128];

	assert_int_equal(pur_key_load("", PUR_KEY_TOTP, key, message, sizeof(message)), 0);
	pur_totp_seal(key, &holder, secret, sealed);
	set_text(r, 0, 0, "ada@example.org");
	set_text(r, 0, 1, "no hash");
	set_bytes(r, 0, 2, account ? "\1" : "\0", 1);
	set_uuid(r, 0, 3, ACCOUNT);
	if (enabled)
		set_bytes(r, 0, 4, (const char *)sealed, sizeof(sealed));
	else
		set_null(r, 0, 4);
	set_bytes(r, 0, 5, enabled ? "\1" : "\0", 1);
	set_int8(r, 0, 6, last);
	set_int8(r, 0, 7, 10);
	set_int8(r, 0, 8, CLOCK);
	return r;
}

static void
assert_fault(const char *field, const char *message)
{
	assert_non_null(rq.error.details);
	assert_string_equal(rq.error.details->field, field);
	assert_string_equal(rq.error.details->message, message);
	assert_null(rq.error.details->next);
}

/* ---- tries ---- */

static void
test_what_is_counted(void **state)
{
	unsigned char account[32], network[32];

	(void)state;
	assert_int_equal(pur_proof_try(&rq, "Ada@Example.org"), PUR_OK);
	assert_done("begin claim_try");
	memcpy(account, saw.account, 32);
	memcpy(network, saw.network, 32);
	assert_true(saw.by_network);
	rq.in.address = "192.0.2.99"; /* a neighbour */
	assert_int_equal(pur_proof_try(&rq, "ada@example.org"), PUR_OK);
	assert_memory_equal(saw.account, account, 32);
	assert_memory_equal(saw.network, network, 32);
	rq.in.address = "198.51.100.7";
	assert_int_equal(pur_proof_try(&rq, "eda@example.org"), PUR_OK);
	assert_memory_not_equal(saw.account, account, 32);
	assert_memory_not_equal(saw.network, network, 32);
	conf.unlimited_networks = "198.51.100.0/24";
	assert_int_equal(pur_proof_try(&rq, "ada@example.org"), PUR_OK);
	assert_false(saw.by_network);
}

static void
test_who_has_to_wait(void **state)
{
	(void)state;
	STATEMENT_GIVES("claim_try", wait_of(7));
	assert_int_equal(pur_proof_try(&rq, "ada@example.org"), PUR_OK);
	assert_int_equal(pur_commit(&rq), PUR_OK);
	assert_int_equal(pur_proof_tried(&rq), PUR_ERATE);
	assert_int_equal(rq.retry_after, 7);
}

static void
test_who_has_not(void **state)
{
	(void)state;
	assert_int_equal(pur_proof_tried(&rq), PUR_EINTERNAL); /* nobody asked */
	rq.error.rc = PUR_OK;
	STATEMENT_GIVES("claim_try", wait_of(0));
	assert_int_equal(pur_proof_try(&rq, "ada@example.org"), PUR_OK);
	assert_int_equal(pur_commit(&rq), PUR_OK);
	assert_int_equal(pur_proof_tried(&rq), PUR_OK);
	assert_int_equal(rq.retry_after, 0);
}

static void
test_without_the_secret(void **state)
{
	(void)state;
	/* Keys are kept, so in a process of its own purpose: cursors' key is asked for here alone.
	 */
	conf.secret_file = "/nonexistent/secret";
	assert_null(pur_proof_key(&rq, PUR_KEY_CURSORS));
	assert_int_equal(rq.error.rc, PUR_EINTERNAL);
}

/* ---- the second factor ---- */

static void
test_who_has_none_is_not_asked(void **state)
{
	(void)state;
	STATEMENT_GIVES("own_proof", somebody(true, false, 0));
	assert_int_equal(pur_proof_second(&rq, NULL, PUR_EAUTH), PUR_OK);
	assert_done("begin own_proof flush spare_try");
	assert_true(saw.forgets);
}

static void
test_a_given_password_forgets_nothing(void **state)
{
	(void)state;
	STATEMENT_GIVES("own_proof", somebody(false, false, 0));
	assert_int_equal(pur_proof_second(&rq, "123456", PUR_EAUTH), PUR_OK);
	assert_done("begin own_proof flush spare_try");
	assert_false(saw.forgets);
}

/* Refused, and yet committed: the try was no wrong one. Those before it stay. */
static void
test_a_code_is_missing(void **state)
{
	(void)state;
	STATEMENT_GIVES("own_proof", somebody(true, true, 0));
	assert_int_equal(pur_proof_second(&rq, NULL, PUR_EAUTH), PUR_EAUTH);
	assert_done("begin own_proof flush spare_try commit");
	assert_false(saw.forgets);
	assert_fault("otp", "Is required");
}

static void
test_a_right_code(void **state)
{
	(void)state;
	STATEMENT_GIVES("own_proof", somebody(true, true, 0));
	STATEMENT_GIVES("use_totp", whether("used", true));
	assert_int_equal(pur_proof_second(&rq, CODE, PUR_EAUTH), PUR_OK);
	assert_done("begin own_proof flush use_totp flush spare_try");
	assert_true(saw.by_step && saw.forgets);
}

static void
test_a_code_that_somebody_was_quicker_with(void **state)
{
	(void)state;
	STATEMENT_GIVES("own_proof", somebody(true, true, 0));
	STATEMENT_GIVES("use_totp", whether("used", false));
	assert_int_equal(pur_proof_second(&rq, CODE, PUR_EAUTH), PUR_EAUTH);
	assert_done("begin own_proof flush use_totp flush");
	assert_fault("otp", "Is wrong, or was used before");
}

static void
test_a_wrong_code(void **state)
{
	(void)state;
	STATEMENT_GIVES("own_proof", somebody(true, true, 0));
	assert_int_equal(pur_proof_second(&rq, "081805", PUR_EBODY), PUR_EBODY);
	assert_done("begin own_proof flush");
	assert_fault("otp", "Is wrong, or was used before");
}

static void
test_a_used_code(void **state)
{
	(void)state;
	STATEMENT_GIVES("own_proof", somebody(true, true, CLOCK / 30));
	assert_int_equal(pur_proof_second(&rq, CODE, PUR_EAUTH), PUR_EAUTH);
	assert_done("begin own_proof flush");
}

static void
test_a_recovery_code(void **state)
{
	(void)state;
	STATEMENT_GIVES("own_proof", somebody(true, true, 0));
	STATEMENT_GIVES("use_totp", whether("used", true));
	assert_int_equal(pur_proof_second(&rq, "ABCD-efgh-ijkl-mnop", PUR_EAUTH), PUR_OK);
	assert_false(saw.by_step);
	assert_string_equal(saw.code, pur_recovery_hash(rq.arena, pur_proof_key(&rq, PUR_KEY_TOTP),
							"abcdefghijklmnop"));
}

static void
test_a_secret_that_was_sealed_otherwise(void **state)
{
	PGresult *r = somebody(true, true, 0);

	(void)state;
	set_uuid(r, 0, 3, "01890a5d-ac96-774b-bcce-b302099a8058");
	STATEMENT_GIVES("own_proof", r);
	assert_int_equal(pur_proof_second(&rq, CODE, PUR_EAUTH), PUR_EINTERNAL);
}

/* A rehearsal uses nothing up, and yet takes its try back. */
static void
test_a_rehearsal(void **state)
{
	(void)state;
	rq.dry_run = true;
	STATEMENT_GIVES("own_proof", somebody(true, true, 0));
	STATEMENT_GIVES("use_totp", whether("used", true));
	assert_int_equal(pur_proof_second(&rq, CODE, PUR_EAUTH), PUR_OK);
	assert_done("begin own_proof flush use_totp flush rollback begin spare_try commit");
}

/* ---- once more, by whoever is logged in ---- */

static void
test_a_wrong_password_stays_counted(void **state)
{
	(void)state;
	STATEMENT_GIVES("own_proof", somebody(true, false, 0));
	STATEMENT_GIVES("claim_try", wait_of(0));
	assert_int_equal(pur_proof_again(&rq), PUR_EBODY);
	assert_done("begin own_proof flush claim_try commit");
	assert_fault("password", "Is not the one you have");
}

static void
test_whoever_waits_is_not_judged(void **state)
{
	(void)state;
	STATEMENT_GIVES("own_proof", somebody(true, false, 0));
	STATEMENT_GIVES("claim_try", wait_of(2));
	assert_int_equal(pur_proof_again(&rq), PUR_ERATE);
	assert_done("begin own_proof flush claim_try commit");
	assert_null(rq.error.details);
}

static void
test_a_right_password_again(void **state)
{
	PGresult *r = somebody(true, true, 0);
	char hash[PUR_PASSWORD_HASH];

	(void)state;
	assert_int_equal(pur_password_hash("x", 1, hash), PUR_OK);
	set_text(r, 0, 1, hash);
	given[1] = (struct pur_value){ .type = PUR_TEXT, .given = true, .s = CODE, .len = 6 };
	STATEMENT_GIVES("own_proof", r);
	STATEMENT_GIVES("claim_try", wait_of(0));
	STATEMENT_GIVES("use_totp", whether("used", true));
	assert_int_equal(pur_proof_again(&rq), PUR_OK);
	assert_done("begin own_proof flush claim_try commit begin use_totp flush spare_try");
}

static void
test_nobody_proves_nothing(void **state)
{
	(void)state;
	assert_int_equal(pur_proof_again(&rq), PUR_EINTERNAL); /* own_proof() has no row */
}

/* ---- new passwords ---- */

static void
test_new_passwords(void **state)
{
	const char *const names[4] = { "ada@example.org", "Sweet Spot", NULL, NULL };

	(void)state;
	given[0].s = "xq7-SWEET spot-22";
	assert_int_equal(pur_hash_password(&rq, names), PUR_EBODY);
	assert_fault("password", "Must not contain your address or the name of the business");
	rq.error = (struct pur_error){ .rc = PUR_OK };
	given[0].s = "a password of one's own";
	given[0].len = strlen(given[0].s);
	assert_int_equal(pur_hash_password(&rq, names), PUR_OK);
	assert_string_equal(rq.input.slots->name, "hash");
	assert_true(pur_password_fits(rq.input.slots->value.s, given[0].s, given[0].len));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_counted),
		TEST(test_who_has_to_wait),
		TEST(test_who_has_not),
		TEST(test_without_the_secret),
		TEST(test_who_has_none_is_not_asked),
		TEST(test_a_given_password_forgets_nothing),
		TEST(test_a_code_is_missing),
		TEST(test_a_right_code),
		TEST(test_a_code_that_somebody_was_quicker_with),
		TEST(test_a_wrong_code),
		TEST(test_a_used_code),
		TEST(test_a_recovery_code),
		TEST(test_a_secret_that_was_sealed_otherwise),
		TEST(test_a_rehearsal),
		TEST(test_a_wrong_password_stays_counted),
		TEST(test_whoever_waits_is_not_judged),
		TEST(test_a_right_password_again),
		TEST(test_nobody_proves_nothing),
		TEST(test_new_passwords),
	};

	return cmocka_run_group_tests(tests, start, free_arena);
}
