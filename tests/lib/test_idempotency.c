/*
 * Tests of idempotency: keys, fingerprints that no two requests share, what is sent to the
 * database for a claim, an answer and a replay, and the stored answer taken out of its row.
 */
#include "idempotency.h"
#include "support.h"

#include <sodium.h>

/* Stands in for db.c's: remembers what would have been sent. */
static struct {
	const struct pur_query *query;
	struct pur_datum data[8];
	PGresult **out;
	enum pur_rc rc;
} sent;

enum pur_rc
pur_db_send(struct pur_db *db, struct pur_query *q, const struct pur_datum *data, PGresult **out)
{
	(void)db;
	sent.query = q;
	memset(sent.data, 0, sizeof(sent.data));
	memcpy(sent.data, data, (size_t)q->n * sizeof(*data));
	sent.out = out;
	return sent.rc;
}

static struct pur_uuid tenant;
static struct pur_idempotency key;

static int
setup(void **state)
{
	memset(&sent, 0, sizeof(sent));
	memcpy(tenant.b, "0123456789abcdef", 16);
	key = (struct pur_idempotency){ .key = "k-1", .route = "POST /orders" };
	memset(key.fingerprint, 'f', sizeof(key.fingerprint));
	return reset_arena(state);
}

static int
start(void **state)
{
	return sodium_init() < 0 ? -1 : new_arena(state);
}

static void
test_keys(void **state)
{
	static const char *const bad[] = { "",     " ",           "a b",  "a\tb", "a\n",
					   "\x7f", "caf\xc3\xa9", "\x1f", "\x80", "a " };
	char text[257];

	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++) {
		if (pur_idempotency_key_valid(bad[i]))
			fail_msg("\"%s\" is taken", bad[i]);
	}
	assert_true(pur_idempotency_key_valid("!"));
	assert_true(pur_idempotency_key_valid("~"));
	assert_true(pur_idempotency_key_valid("01890a5d-ac96-774b-bcce-b302099a8057"));
	memset(text, 'k', sizeof(text));
	text[256] = '\0';
	assert_false(pur_idempotency_key_valid(text));
	text[255] = '\0';
	assert_true(pur_idempotency_key_valid(text));
}

/* The fingerprint of up to three texts. */
static void
fingerprint(unsigned char out[PUR_FINGERPRINT], const char *a, const char *b, const char *c)
{
	const char *const texts[] = { a, b, c };
	size_t lengths[3], n = 0;

	for (; n < 3 && texts[n] != NULL; n++)
		lengths[n] = strlen(texts[n]);
	pur_fingerprint(out, texts, lengths, n);
}

static void
test_a_fingerprint_is_always_the_same(void **state)
{
	unsigned char one[PUR_FINGERPRINT], other[PUR_FINGERPRINT];

	(void)state;
	fingerprint(one, "POST", "/orders", "{}");
	fingerprint(other, "POST", "/orders", "{}");
	assert_memory_equal(one, other, sizeof(one));
}

/* Where one text ends and the next begins is told apart, too. */
static void
test_no_two_requests_share_a_fingerprint(void **state)
{
	static const char *const requests[][3] = {
		{ NULL },
		{ "" },
		{ "", "" },
		{ "", "", "" },
		{ "POST" },
		{ "POST", "" },
		{ "", "POST" },
		{ "POST", "/orders" },
		{ "POST/", "orders" },
		{ "POST/orders", "" },
		{ "POST/orders" },
		{ "POST", "/orders", "" },
		{ "POST", "/orders", "{}" },
		{ "POST", "/orders{", "}" },
		{ "PUT", "/orders", "{}" },
	};
	unsigned char prints[N_OF(requests)][PUR_FINGERPRINT];

	(void)state;
	for (size_t i = 0; i < N_OF(requests); i++) {
		fingerprint(prints[i], requests[i][0], requests[i][1], requests[i][2]);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(prints[i], prints[j], PUR_FINGERPRINT);
	}
}

/* ---- what is sent ---- */

static void
assert_scope(void)
{
	ASSERT_BYTES(&sent.data[0], "0123456789abcdef");
	ASSERT_BYTES(&sent.data[1], "POST /orders");
	ASSERT_BYTES(&sent.data[2], "k-1");
}

static void
test_claiming_a_key(void **state)
{
	(void)state;
	assert_int_equal(pur_idempotency_claim(NULL, &tenant, &key), PUR_OK);
	assert_string_equal(sent.query->sql, "SELECT idempotency_claim($1, $2, $3, $4)");
	assert_int_equal(sent.query->n, 4);
	assert_int_equal(sent.query->types[0], PUR_OID_UUID);
	assert_int_equal(sent.query->types[1], PUR_OID_TEXT);
	assert_int_equal(sent.query->types[2], PUR_OID_TEXT);
	assert_int_equal(sent.query->types[3], PUR_OID_BYTEA);
	assert_scope();
	ASSERT_BYTES(&sent.data[3], "ffffffffffffffffffffffffffffffff");
	assert_null(sent.out);
	sent.rc = PUR_EUNAVAILABLE;
	assert_int_equal(pur_idempotency_claim(NULL, &tenant, &key), PUR_EUNAVAILABLE);
}

static void
test_storing_an_answer(void **state)
{
	const struct pur_stored answer = { .status = 201,
					   .location = "/api/v1/orders/7",
					   .body = "{\"data\":{}} and more",
					   .len = 11 };

	assert_int_equal(pur_idempotency_store(*state, NULL, &tenant, &key, &answer), PUR_OK);
	assert_int_equal(sent.query->n, 8);
	assert_non_null(strstr(sent.query->sql, "INSERT INTO idempotency_keys"));
	assert_int_equal(sent.query->types[4], PUR_OID_INT8);
	assert_int_equal(sent.query->types[7], PUR_OID_TEXT);
	assert_scope();
	ASSERT_BYTES(&sent.data[3], "ffffffffffffffffffffffffffffffff");
	ASSERT_BYTES(&sent.data[4], "\0\0\0\0\0\0\0\xc9");
	ASSERT_BYTES(&sent.data[5], "/api/v1/orders/7");
	assert_sql_null(&sent.data[6]);
	ASSERT_BYTES(&sent.data[7], "{\"data\":{}}");
	sent.rc = PUR_EUNAVAILABLE;
	assert_int_equal(pur_idempotency_store(*state, NULL, &tenant, &key, &answer),
			 PUR_EUNAVAILABLE);
}

static void
test_fetching_an_answer(void **state)
{
	PGresult *r = NULL;

	(void)state;
	assert_int_equal(pur_idempotency_fetch(NULL, &tenant, &key, &r), PUR_OK);
	assert_int_equal(sent.query->n, 3);
	assert_non_null(strstr(sent.query->sql, "SELECT status, location, etag, body FROM"));
	assert_scope();
	assert_ptr_equal(sent.out, &r);
}

static enum pur_rc
store_it(struct pur_arena *a)
{
	return pur_idempotency_store(a, NULL, &tenant, &key, &(struct pur_stored){ .status = 200 });
}

static void
test_a_small_arena(void **state)
{
	(void)state;
	with_every_ceiling(store_it, PUR_OK);
}

/* ---- what comes back ---- */

static const struct column columns[] = { { "status", PUR_OID_INT4 },
					 { "location", PUR_OID_TEXT },
					 { "etag", PUR_OID_TEXT },
					 { "body", PUR_OID_TEXT } };

static void
test_a_stored_answer(void **state)
{
	PGresult *r = new_result(columns, N_OF(columns));
	struct pur_stored answer;

	(void)state;
	memset(&answer, 0x5a, sizeof(answer));
	set_int4(r, 0, 0, 201);
	set_text(r, 0, 1, "/api/v1/orders/7");
	set_null(r, 0, 2);
	set_text(r, 0, 3, "{\"data\":{}}");
	assert_int_equal(pur_idempotency_stored(r, &answer), PUR_OK);
	assert_int_equal(answer.status, 201);
	assert_string_equal(answer.location, "/api/v1/orders/7");
	assert_null(answer.etag);
	assert_int_equal(answer.len, 11);
	assert_string_equal(answer.body, "{\"data\":{}}");
	set_null(r, 0, 1);
	set_text(r, 0, 2, "\"5\"");
	assert_int_equal(pur_idempotency_stored(r, &answer), PUR_OK);
	assert_null(answer.location);
	assert_string_equal(answer.etag, "\"5\"");
	set_null(r, 0, 3); /* with the person it told of */
	assert_int_equal(pur_idempotency_stored(r, &answer), PUR_EERASED);
	PQclear(r);
}

static void
test_no_stored_answer(void **state)
{
	PGresult *r = new_result(columns, N_OF(columns));
	struct pur_stored answer;

	(void)state;
	assert_int_equal(pur_idempotency_stored(NULL, &answer), PUR_EINTERNAL);
	assert_int_equal(pur_idempotency_stored(r, &answer), PUR_EINTERNAL);
	set_null(r, 0, 0);
	assert_int_equal(pur_idempotency_stored(r, &answer), PUR_EINTERNAL);
	PQclear(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_a_fingerprint_is_always_the_same),
		cmocka_unit_test(test_no_two_requests_share_a_fingerprint),
		cmocka_unit_test_setup(test_claiming_a_key, setup),
		cmocka_unit_test_setup(test_storing_an_answer, setup),
		cmocka_unit_test_setup(test_fetching_an_answer, setup),
		cmocka_unit_test_setup(test_a_small_arena, setup),
		cmocka_unit_test(test_a_stored_answer),
		cmocka_unit_test(test_no_stored_answer),
	};

	return cmocka_run_group_tests(tests, start, free_arena);
}
