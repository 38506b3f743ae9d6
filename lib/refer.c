/* refer: one look per reference, by a statement made from the field table. */
#include "refer.h"
#include "oid.h"
#include "row.h"
#include "sql.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const Oid types[] = { PUR_OID_UUID, PUR_OID_UUID };

/* A statement of its own, so that the look behind it sees what whoever held the lock has left. */
static struct pur_query stay = { .name = "refer_stay",
				 .sql = "SELECT pg_advisory_xact_lock_shared(" PUR_REFER_KEY(
				     "$1", "$2") ")",
				 .types = types,
				 .n = 2 };

/* The statements of this process, by table. */
static struct {
	struct pur_query query;
	const char *table;
	char sql[160];
} known[PUR_REFERS];

void
pur_refers_find(struct pur_refers *r, const struct pur_field *fields,
		const struct pur_value *values)
{
	r->n = 0;
	for (size_t i = 0; values != NULL && i < pur_fields_count(fields); i++) {
		if (fields[i].refers != NULL && values[i].type == PUR_UUID && !values[i].null &&
		    r->n < PUR_REFERS)
			r->fields[r->n++] = &fields[i];
	}
}

struct pur_query *
pur_refer_query(const struct pur_field *f)
{
	for (size_t i = 0; i < PUR_REFERS; i++) {
		if (known[i].table != NULL && strcmp(known[i].table, f->refers) == 0)
			return &known[i].query;
		if (known[i].table != NULL)
			continue;
		snprintf(known[i].sql, sizeof(known[i].sql),
			 "SELECT id FROM %s WHERE tenant_id = $1 AND id = $2 AND active",
			 f->refers);
		known[i].table = f->refers;
		known[i].query = (struct pur_query){ .sql = known[i].sql, .types = types, .n = 2 };
		snprintf(known[i].query.name, sizeof(known[i].query.name), "refer%zu", i);
		return &known[i].query;
	}
	abort(); /* a program that refers to more tables than that: seen at start */
}

enum pur_rc
pur_refers_send(struct pur_arena *a, struct pur_db *db, const struct pur_input *in,
		struct pur_refers *r)
{
	enum pur_rc rc = PUR_OK;

	for (int i = 0; i < r->n && rc == PUR_OK; i++) {
		struct pur_datum *binds = pur_calloc(a, 2, sizeof(*binds));

		if (binds == NULL)
			return PUR_ETOOLARGE;
		binds[0] = pur_datum_uuid(&in->tenant);
		binds[1] = pur_datum_uuid(&in->body[r->fields[i] - in->fields].uuid);
		rc = pur_db_send(db, &stay, binds, NULL);
		if (rc == PUR_OK)
			rc = pur_db_send(db, pur_refer_query(r->fields[i]), binds, &r->found[i]);
	}
	return rc;
}

enum pur_rc
pur_refers_judge(struct pur_arena *a, const struct pur_refers *r, struct pur_error *e)
{
	enum pur_rc rc = PUR_OK;

	for (int i = 0; i < r->n; i++) {
		const char *name = r->fields[i]->name, *id = strstr(name, "_id");

		if (r->found[i] == NULL || pur_rows_count(r->found[i]) > 0)
			continue;
		pur_error_detail(e, a, name, "No such %.*s", id != NULL ? (int)(id - name) : 5,
				 id != NULL ? name : "thing");
		rc = PUR_EBODY;
	}
	return rc;
}
