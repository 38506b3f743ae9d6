/*
 * Tests of refer: which references of a body are looked at, by which statement, and what it means
 * when one isn't there.
 */
#include "refer.h"
#include "support.h"

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"
#define ID_BYTES "\x01\x89\x0a\x5d\xac\x96\x77\x4b\xbc\xce\xb3\x02\x09\x9a\x80\x57"

/* Stands in for db.c's, so that no connection is needed: remembers what was sent. */
static struct {
	int n, fails_at; /* counted from 1; 0: never */
	int locked;      /* looks that a lock was sent for */
	struct {
		struct pur_query *query;
		char tenant[16], id[16];
		PGresult **out;
	} calls[PUR_REFERS];
} sent;

enum pur_rc
pur_db_send(struct pur_db *db, struct pur_query *q, const struct pur_datum *binds, PGresult **out)
{
	(void)db;
	assert_true(sent.n < PUR_REFERS);
	assert_int_equal(q->n, 2);
	assert_int_equal(binds[0].len, 16);
	assert_int_equal(binds[1].len, 16);
	if (strstr(q->sql, "pg_advisory_xact_lock_shared") != NULL) {
		assert_int_equal(sent.locked, sent.n); /* before the look, each */
		assert_null(out);
		sent.locked++;
		return PUR_OK;
	}
	assert_int_equal(sent.locked, sent.n + 1);
	sent.calls[sent.n].query = q;
	memcpy(sent.calls[sent.n].tenant, binds[0].data, 16);
	memcpy(sent.calls[sent.n].id, binds[1].data, 16);
	sent.calls[sent.n].out = out;
	return ++sent.n == sent.fails_at ? PUR_EUNAVAILABLE : PUR_OK;
}

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY },
	{ .name = "category_id", .type = PUR_UUID, .refers = "categories" },
	{ .name = "owner_id", .type = PUR_UUID }, /* refers to nothing that is looked at */
	{ .name = "client_id", .type = PUR_UUID, .refers = "clients" },
	{ .name = "payer", .type = PUR_UUID, .refers = "clients" },
	{ .name = NULL },
};

enum { F_ID, F_CATEGORY, F_OWNER, F_CLIENT, F_PAYER, F_N };

static struct pur_value body[F_N];
static struct pur_input in = { .fields = fields, .body = body };
static struct pur_refers refers;
static struct pur_error error;

static int
setup(void **state)
{
	memset(&sent, 0, sizeof(sent));
	memset(&refers, 0, sizeof(refers));
	memset(&error, 0, sizeof(error));
	for (int i = 0; i < F_N; i++)
		body[i] = (struct pur_value){ .type = PUR_UUID, .null = true };
	memcpy(in.tenant.b, "0123456789abcdef", 16);
	return reset_arena(state);
}

static void
give(int field)
{
	body[field] = (struct pur_value){ .type = PUR_UUID, .given = true, .uuid = uuid_of(ID) };
}

/* ---- which ---- */

static void
test_those_that_are_given(void **state)
{
	(void)state;
	give(F_CATEGORY);
	give(F_OWNER);
	give(F_PAYER);
	pur_refers_find(&refers, fields, body);
	assert_int_equal(refers.n, 2);
	assert_ptr_equal(refers.fields[0], &fields[F_CATEGORY]);
	assert_ptr_equal(refers.fields[1], &fields[F_PAYER]);
}

static void
test_those_that_are_not(void **state)
{
	(void)state;
	refers.n = 3;                           /* of a body before */
	pur_refers_find(&refers, fields, body); /* null, all of them */
	assert_int_equal(refers.n, 0);
	memset(body, 0, sizeof(body)); /* absent from a PATCH */
	pur_refers_find(&refers, fields, body);
	assert_int_equal(refers.n, 0);
	pur_refers_find(&refers, fields, NULL);
	assert_int_equal(refers.n, 0);
	pur_refers_find(&refers, NULL, body);
	assert_int_equal(refers.n, 0);
}

static void
test_as_many_as_there_can_be(void **state)
{
	static struct pur_field many[PUR_REFERS + 1];
	struct pur_value values[PUR_REFERS];

	(void)state;
	for (int i = 0; i < PUR_REFERS; i++) {
		many[i] = fields[F_CLIENT];
		values[i] = (struct pur_value){ .type = PUR_UUID, .uuid = uuid_of(ID) };
	}
	pur_refers_find(&refers, many, values);
	assert_int_equal(refers.n, PUR_REFERS);
	assert_ptr_equal(refers.fields[PUR_REFERS - 1], &many[PUR_REFERS - 1]);
}

/* ---- how ---- */

static void
test_a_statement_for_each_table(void **state)
{
	struct pur_query *categories = pur_refer_query(&fields[F_CATEGORY]);
	struct pur_query *clients = pur_refer_query(&fields[F_CLIENT]);

	(void)state;
	assert_string_equal(categories->sql, "SELECT id FROM categories WHERE tenant_id = $1"
					     " AND id = $2 AND active");
	assert_string_equal(clients->sql,
			    "SELECT id FROM clients WHERE tenant_id = $1 AND id = $2 AND active");
	assert_string_not_equal(categories->name, clients->name);
	assert_int_equal(clients->n, 2);
	assert_int_equal(clients->types[0], PUR_OID_UUID);
	assert_int_equal(clients->types[1], PUR_OID_UUID);
	assert_ptr_equal(pur_refer_query(&fields[F_PAYER]), clients);
	assert_ptr_equal(pur_refer_query(&fields[F_CATEGORY]), categories);
}

static void
test_one_look_at_each(void **state)
{
	give(F_CATEGORY);
	give(F_PAYER);
	body[F_PAYER].uuid.b[15]++;
	pur_refers_find(&refers, fields, body);
	assert_int_equal(pur_refers_send(*state, NULL, &in, &refers), PUR_OK);
	assert_int_equal(sent.n, 2);
	assert_ptr_equal(sent.calls[0].query, pur_refer_query(&fields[F_CATEGORY]));
	assert_ptr_equal(sent.calls[1].query, pur_refer_query(&fields[F_PAYER]));
	assert_memory_equal(sent.calls[0].tenant, "0123456789abcdef", 16);
	assert_memory_equal(sent.calls[1].tenant, "0123456789abcdef", 16);
	assert_memory_equal(sent.calls[0].id, ID_BYTES, 16);
	assert_memory_equal(sent.calls[1].id, body[F_PAYER].uuid.b, 16);
	assert_ptr_equal(sent.calls[0].out, &refers.found[0]);
	assert_ptr_equal(sent.calls[1].out, &refers.found[1]);
}

static void
test_a_look_that_fails_is_the_last(void **state)
{
	give(F_CATEGORY);
	give(F_CLIENT);
	give(F_PAYER);
	pur_refers_find(&refers, fields, body);
	sent.fails_at = 2;
	assert_int_equal(pur_refers_send(*state, NULL, &in, &refers), PUR_EUNAVAILABLE);
	assert_int_equal(sent.n, 2);
}

static enum pur_rc
send_it(struct pur_arena *a)
{
	memset(&sent, 0, sizeof(sent));
	return pur_refers_send(a, NULL, &in, &refers);
}

static void
test_a_small_arena(void **state)
{
	(void)state;
	give(F_CATEGORY);
	give(F_PAYER);
	pur_refers_find(&refers, fields, body);
	with_every_ceiling(send_it, PUR_OK);
}

/* ---- the verdict ---- */

static PGresult *
rows(int n)
{
	PGresult *r = new_result(&(struct column){ "id", PUR_OID_UUID }, 1);

	for (int i = 0; i < n; i++)
		set_uuid(r, i, 0, ID);
	return r;
}

static void
test_what_is_there(void **state)
{
	give(F_CATEGORY);
	give(F_PAYER);
	pur_refers_find(&refers, fields, body);
	refers.found[0] = rows(1);
	refers.found[1] = rows(1);
	assert_int_equal(pur_refers_judge(*state, &refers, &error), PUR_OK);
	assert_null(error.details);
	PQclear(refers.found[0]);
	PQclear(refers.found[1]);
}

static void
test_all_that_is_missing_is_told(void **state)
{
	give(F_CATEGORY);
	give(F_CLIENT);
	give(F_PAYER);
	pur_refers_find(&refers, fields, body);
	refers.found[0] = rows(0);
	refers.found[1] = rows(1);
	refers.found[2] = rows(0);
	assert_int_equal(pur_refers_judge(*state, &refers, &error), PUR_EBODY);
	assert_details(&error, "category_id: No such category\npayer: No such thing");
	for (int i = 0; i < 3; i++)
		PQclear(refers.found[i]);
}

/* The batch ended before it was looked for: nobody can say. */
static void
test_what_was_not_looked_for(void **state)
{
	assert_int_equal(pur_refers_judge(*state, &refers, &error), PUR_OK);
	give(F_CATEGORY);
	pur_refers_find(&refers, fields, body);
	assert_int_equal(pur_refers_judge(*state, &refers, &error), PUR_OK);
	assert_null(error.details);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_those_that_are_given, setup),
		cmocka_unit_test_setup(test_those_that_are_not, setup),
		cmocka_unit_test_setup(test_as_many_as_there_can_be, setup),
		cmocka_unit_test_setup(test_a_statement_for_each_table, setup),
		cmocka_unit_test_setup(test_one_look_at_each, setup),
		cmocka_unit_test_setup(test_a_look_that_fails_is_the_last, setup),
		cmocka_unit_test_setup(test_a_small_arena, setup),
		cmocka_unit_test_setup(test_what_is_there, setup),
		cmocka_unit_test_setup(test_all_that_is_missing_is_told, setup),
		cmocka_unit_test_setup(test_what_was_not_looked_for, setup),
	};

	return cmocka_run_group_tests(tests, new_arena, free_arena);
}
