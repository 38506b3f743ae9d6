/*
 * Tests of secret: what becomes of passwords, tokens and links in a request.
 */
#include "fake_db.h"
#include "log.h"
#include "secret.h"

#include <sodium.h>

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"

enum { SEED = 1, MAIL, N_STMTS };

static const struct pur_field fields[] = { { .name = "password", .type = PUR_TEXT },
					   { .name = "token", .type = PUR_TEXT },
					   { .name = NULL } };
static const struct pur_route route = { PUR_POST, "/x", PUR_PUBLIC };
static struct pur_conf conf = {
	.secret_file = "", .cookie_name = "c", .transaction = "implicit", .password_lists = ""
};
static struct pur_value body[2];
static struct pur_req rq;
static PGresult *results[N_STMTS];
static const struct pur_resource res = { .program = "x", .routes = &route };
static struct pur_datum roles[1];
static const struct pur_program program = { .res = &res, .roles = roles, .scopes = roles };

static int
start(void **state)
{
	return sodium_init() < 0 || pur_log_open("test", "/dev/null", PUR_ERROR) != 0
		   ? -1
		   : new_arena(state);
}

static int
setup(void **state)
{
	fake_reset();
	conf.secret_file = "";
	memset(body, 0, sizeof(body));
	memset(results, 0, sizeof(results));
	rq = (struct pur_req){ .conf = &conf,
			       .program = &program,
			       .arena = *state,
			       .results = results,
			       .path = { .route = &route },
			       .input = { .fields = fields, .body = body } };
	rq.input.tenant = uuid_of(ID);
	return reset_arena(state);
}

static int
teardown(void **state)
{
	(void)state;
	for (int i = 0; i < N_STMTS; i++)
		PQclear(results[i]);
	pur_buf_free(&rq.reply.headers);
	fake_reset();
	return 0;
}

static void
give(int field, const char *text)
{
	body[field] =
	    (struct pur_value){ .type = PUR_TEXT, .given = true, .s = text, .len = strlen(text) };
}

/* The value of an argument that was set last. */
static const struct pur_value *
argument(const char *name)
{
	for (const struct pur_slot *s = rq.input.slots; s != NULL; s = s->next) {
		if (strcmp(s->name, name) == 0)
			return &s->value;
	}
	return NULL;
}

static void
test_a_password_becomes_a_hash(void **state)
{
	(void)state;
	give(0, "a password of some length");
	assert_int_equal(pur_hash_password(&rq, NULL), PUR_OK);
	assert_false(argument("hash")->null);
	assert_true(pur_password_fits(argument("hash")->s, body[0].s, body[0].len));
	assert_false(pur_password_fits(argument("hash")->s, "another password", 16));
}

static void
test_no_password_is_none(void **state)
{
	(void)state;
	assert_int_equal(pur_hash_password(&rq, NULL), PUR_OK);
	assert_true(argument("hash")->null);
	body[0] = (struct pur_value){ .type = PUR_TEXT, .given = true, .null = true };
	assert_int_equal(pur_hash_password(&rq, NULL), PUR_OK);
	assert_true(argument("hash")->null);
}

static void
test_a_new_token_is_of_the_tenant(void **state)
{
	struct pur_credential c;
	const char *token = pur_new_token(&rq);

	(void)state;
	assert_int_equal(pur_credential_read(NULL, token, &c), PUR_OK);
	assert_memory_equal(c.tenant.b, rq.input.tenant.b, 16);
	assert_int_equal(argument("token_hash")->len, PUR_TOKEN_HASH);
	assert_memory_equal(argument("token_hash")->s, c.hash, PUR_TOKEN_HASH);
	assert_string_not_equal(pur_new_token(&rq), token);
}

static void
test_who_came_with_a_cookie_gets_one(void **state)
{
	(void)state;
	pur_give_token(&rq, "ps_new", 60);
	assert_string_equal(rq.shown_name, "token");
	assert_string_equal(rq.shown, "ps_new");
	assert_int_equal(rq.reply.headers.len, 0);
	rq.shown_name = rq.shown = NULL;
	rq.credential.from_cookie = true;
	pur_give_token(&rq, "ps_new", 60);
	assert_null(rq.shown);
	pur_buf_putc(&rq.reply.headers, '\0');
	assert_non_null(strstr(rq.reply.headers.data, "c=ps_new; Max-Age=60;"));
}

static void
row_has_seed(const void *seed, size_t len)
{
	PQclear(results[SEED]);
	results[SEED] = new_result(&(struct column){ "seed", PUR_OID_BYTEA }, 1);
	set_bytes(results[SEED], 0, 0, seed, len);
}

static void
test_a_link_holds_by_its_seed(void **state)
{
	unsigned char key[PUR_KEY], seed[PUR_SEED] = "seed";
	struct pur_link l = { .kind = PUR_LINK_RESET, .where = { uuid_of(ID) } }, given;
	char text[PUR_LINK_TEXT + 1], message[64];

	(void)state;
	assert_int_equal(pur_key_load("", PUR_KEY_LINKS, key, message, sizeof(message)), 0);
	pur_link_seal(&l, key, seed);
	pur_link_format(&l, text);
	give(1, text);
	assert_false(pur_body_link(&rq, PUR_LINK_INVITATION, &given));
	assert_true(pur_body_link(&rq, PUR_LINK_RESET, &given));
	assert_false(pur_link_holds(&rq, &given, SEED)); /* no row */
	row_has_seed(seed, PUR_SEED - 1);
	assert_false(pur_link_holds(&rq, &given, SEED));
	row_has_seed("another seed of thirty-two bytes", PUR_SEED);
	assert_false(pur_link_holds(&rq, &given, SEED));
	row_has_seed(seed, PUR_SEED);
	assert_true(pur_link_holds(&rq, &given, SEED));
	assert_memory_equal(argument("seed")->s, seed, PUR_SEED);
	conf.secret_file = "/nowhere/secret"; /* no key, no link */
	assert_false(pur_link_holds(&rq, &given, SEED));
	assert_int_equal(pur_bad_link(&rq), PUR_ELINK);
	assert_int_equal(rq.error.rc, PUR_ELINK);
}

static void
test_a_mail_is_a_job_where_one_is_due(void **state)
{
	struct pur_uuid id = uuid_of(ID);

	(void)state;
	assert_int_equal(pur_send_mail(&rq, MAIL, "greeting", "user_id", &id), PUR_OK); /* no row */
	for (int due = 0; due < 2; due++) {
		PQclear(results[MAIL]);
		results[MAIL] = new_result(&(struct column){ "mail", PUR_OID_BOOL }, 1);
		set_bytes(results[MAIL], 0, 0, due ? "\1" : "\0", 1);
		assert_done("");
		assert_int_equal(pur_send_mail(&rq, MAIL, "greeting", "user_id", &id), PUR_OK);
	}
	assert_done("begin enqueue");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_password_becomes_a_hash),
		TEST(test_no_password_is_none),
		TEST(test_a_new_token_is_of_the_tenant),
		TEST(test_who_came_with_a_cookie_gets_one),
		TEST(test_a_link_holds_by_its_seed),
		TEST(test_a_mail_is_a_job_where_one_is_due),
	};

	return cmocka_run_group_tests(tests, start, free_arena);
}
