/* job: the one statement that enqueues. */
#include "job.h"
#include "oid.h"
#include <string.h>

#define ATTEMPTS 20

/* Without a target, as programs may not read the table: the only conflict there can be is that of
 * jobs_unique_key_key. */
static const char enqueue_sql[] =
    "INSERT INTO jobs (tenant_id, id, kind, payload, run_at, priority, max_attempts, unique_key,"
    " request_id) VALUES ($1, $2, $3, $4::jsonb, now() + $5 * interval '1 s', $6::int, $7::int, $8,"
    " $9) ON CONFLICT DO NOTHING";

static const Oid enqueue_types[] = { PUR_OID_UUID, PUR_OID_UUID, PUR_OID_TEXT,
				     PUR_OID_TEXT, PUR_OID_INT8, PUR_OID_INT8,
				     PUR_OID_INT8, PUR_OID_TEXT, PUR_OID_TEXT };

static struct pur_query enqueue = {
	.name = "enqueue", .sql = enqueue_sql, .types = enqueue_types, .n = 9
};

enum pur_rc
pur_job_send(struct pur_arena *a, struct pur_db *db, const struct pur_input *in,
	     const struct pur_job *job)
{
	struct pur_uuid id = pur_uuid_new();
	const int64_t numbers[] = { job->delay, job->priority,
				    job->attempts != 0 ? job->attempts : ATTEMPTS };
	struct pur_datum binds[] = { pur_datum_uuid(&in->tenant),
				     pur_datum_uuid(&id),
				     pur_datum_text(job->kind),
				     pur_datum_text(job->payload),
				     { NULL, 0 },
				     { NULL, 0 },
				     { NULL, 0 },
				     pur_datum_text(job->once),
				     pur_datum_text(in->request_id) };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct pur_value n = { .type = PUR_INT, .i = numbers[i] };

		if (pur_datum_value(a, &n, &binds[4 + i]) != PUR_OK)
			return PUR_ETOOLARGE;
	}
	return pur_db_send(db, &enqueue, binds, NULL);
}
