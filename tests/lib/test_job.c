/*
 * Tests of job: what is sent to the database for work to be done later.
 */
#include "job.h"
#include "support.h"

#include <sodium.h>

/* Stands in for db.c's: remembers what would have been sent. */
static struct {
	const struct pur_query *query;
	struct pur_datum data[9];
	unsigned char id[16]; /* data[1] lives no longer than the call */
	enum pur_rc rc;
} sent;

enum pur_rc
pur_db_send(struct pur_db *db, struct pur_query *q, const struct pur_datum *data, PGresult **out)
{
	(void)db;
	assert_null(out);
	sent.query = q;
	assert_int_equal(q->n, N_OF(sent.data));
	memcpy(sent.data, data, sizeof(sent.data));
	memcpy(sent.id, data[1].data, sizeof(sent.id));
	return sent.rc;
}

static const struct pur_input in = { .tenant = { "0123456789abcde" }, .request_id = "request-1" };

static int
setup(void **state)
{
	memset(&sent, 0, sizeof(sent));
	return sodium_init() < 0 ? -1 : reset_arena(state);
}

static int64_t
number(int i)
{
	uint64_t n;

	assert_int_equal(sent.data[i].len, sizeof(n));
	memcpy(&n, sent.data[i].data, sizeof(n));
	return (int64_t)be64toh(n);
}

static void
assert_text(int i, const char *expected)
{
	if (expected == NULL) {
		assert_null(sent.data[i].data);
		return;
	}
	assert_int_equal(sent.data[i].len, strlen(expected));
	assert_memory_equal(sent.data[i].data, expected, strlen(expected));
}

static void
test_a_job_of_the_usual_kind(void **state)
{
	struct pur_job job = { .kind = "mail.send", .payload = "{}" };

	assert_int_equal(pur_job_send(*state, NULL, &in, &job), PUR_OK);
	assert_memory_equal(sent.data[0].data, in.tenant.b, 16);
	assert_int_equal(sent.data[1].len, 16);
	assert_text(2, "mail.send");
	assert_text(3, "{}");
	assert_int_equal(number(4), 0);
	assert_int_equal(number(5), 0);
	assert_int_equal(number(6), 20);
	assert_text(7, NULL);
	assert_text(8, "request-1");
}

static void
test_a_job_with_wishes(void **state)
{
	struct pur_job job = { .kind = "order.expire",
			       .payload = "{\"a\":1}",
			       .delay = 3600,
			       .priority = -5,
			       .attempts = 3,
			       .once = "order 7" };

	assert_int_equal(pur_job_send(*state, NULL, &in, &job), PUR_OK);
	assert_int_equal(number(4), 3600);
	assert_int_equal(number(5), -5);
	assert_int_equal(number(6), 3);
	assert_text(7, "order 7");
}

static void
test_each_job_has_an_id_of_its_own(void **state)
{
	struct pur_job job = { .kind = "k", .payload = "{}" };
	unsigned char first[16];

	assert_int_equal(pur_job_send(*state, NULL, &in, &job), PUR_OK);
	memcpy(first, sent.id, sizeof(first));
	assert_int_equal(first[6] >> 4, 7);
	assert_int_equal(pur_job_send(*state, NULL, &in, &job), PUR_OK);
	assert_memory_not_equal(sent.id, first, sizeof(first));
}

static void
test_what_the_database_says(void **state)
{
	struct pur_job job = { .kind = "k", .payload = "{}" };

	sent.rc = PUR_EUNAVAILABLE;
	assert_int_equal(pur_job_send(*state, NULL, &in, &job), PUR_EUNAVAILABLE);
}

static enum pur_rc
enqueue(struct pur_arena *a)
{
	struct pur_job job = { .kind = "k", .payload = "{}" };

	return pur_job_send(a, NULL, &in, &job);
}

static void
test_without_memory(void **state)
{
	(void)state;
	with_every_ceiling(enqueue, PUR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_job_of_the_usual_kind, setup),
		cmocka_unit_test_setup(test_a_job_with_wishes, setup),
		cmocka_unit_test_setup(test_each_job_has_an_id_of_its_own, setup),
		cmocka_unit_test_setup(test_what_the_database_says, setup),
		cmocka_unit_test_setup(test_without_memory, setup),
	};

	return cmocka_run_group_tests(tests, new_arena, free_arena);
}
