/* event: the one statement that records an event. */
#include "event.h"
#include "oid.h"
#include <string.h>

/*
 * Everything hangs on `state`, so that its lock is always taken first. The hash (version 2) covers
 * the one before and all that the row says; `purser audit verify` computes it again.
 */
static const char record_sql[] =
    "WITH state AS ("
    " UPDATE tenant_state SET event_seq = event_seq + 1,"
    "  event_hash = sha256(event_hash || convert_to(concat_ws('|', 2, $1::uuid, event_seq + 1,"
    "   $2::text, split_part($2, '.', 1), $3::uuid,"
    "   coalesce(current_setting('app.current_user', true), ''),"
    "   coalesce(current_setting('app.current_key', true), ''), coalesce(host($4::inet), ''),"
    "   $5::text[]::text, coalesce($6::text, ''), (extract(epoch FROM now()) * 1000000)::bigint),"
    "   'UTF8')),"
    "  updated_at = now()"
    " WHERE tenant_id = $1 RETURNING tenant_id, event_seq, event_hash"
    "), less AS ("
    " UPDATE tenant_counts c SET n = c.n - 1, updated_at = now() FROM state"
    " WHERE c.tenant_id = $1 AND state.tenant_id = $1 AND c.resource = $7 AND c.status = ANY ($8)"
    " RETURNING c.n"
    "), more AS ("
    " INSERT INTO tenant_counts (tenant_id, resource, status, n)"
    " SELECT state.tenant_id, $7, s.status, 1 FROM state, unnest($9::text[]) AS s (status)"
    " ON CONFLICT (tenant_id, resource, status)"
    " DO UPDATE SET n = tenant_counts.n + 1, updated_at = now() RETURNING n"
    ") INSERT INTO events (tenant_id, seq, kind, object_type, object_id, address, fields,"
    " request_id, hash, hash_version)"
    " SELECT tenant_id, event_seq, $2, split_part($2, '.', 1), $3, $4::inet, $5, $6, event_hash, 2"
    " FROM state RETURNING seq";

static const Oid record_types[] = { PUR_OID_UUID, PUR_OID_TEXT,       PUR_OID_UUID,
				    PUR_OID_TEXT, PUR_OID_TEXT_ARRAY, PUR_OID_TEXT,
				    PUR_OID_TEXT, PUR_OID_TEXT_ARRAY, PUR_OID_TEXT_ARRAY };

static struct pur_query record = {
	.name = "record", .sql = record_sql, .types = record_types, .n = 9
};

static enum pur_rc
bind_names(struct pur_arena *a, const char *const *names, size_t n, struct pur_datum *out)
{
	struct pur_value *values = pur_calloc(a, n + 1, sizeof(*values));
	size_t kept = 0;

	if (values == NULL)
		return PUR_ETOOLARGE;
	for (size_t i = 0; i < n; i++) {
		if (names[i] != NULL)
			values[kept++] = (struct pur_value){ .type = PUR_TEXT,
							     .s = names[i],
							     .len = strlen(names[i]) };
	}
	return pur_datum_array(a, PUR_TEXT, values, kept, out);
}

enum pur_rc
pur_event_send(struct pur_arena *a, struct pur_db *db, const struct pur_input *in,
	       const struct pur_event *e)
{
	struct pur_datum binds[] = { pur_datum_uuid(&in->tenant),
				     pur_datum_text(e->kind),
				     pur_datum_uuid(&e->object),
				     pur_datum_text(in->address),
				     { NULL, 0 },
				     pur_datum_text(in->request_id),
				     pur_datum_text(e->counts),
				     { NULL, 0 },
				     { NULL, 0 } };
	size_t counted = e->counts != NULL ? 2 : 0;

	if (bind_names(a, e->fields, e->n_fields, &binds[4]) != PUR_OK ||
	    bind_names(a, e->minus, counted, &binds[7]) != PUR_OK ||
	    bind_names(a, e->plus, counted, &binds[8]) != PUR_OK)
		return PUR_ETOOLARGE;
	return pur_db_send(db, &record, binds, NULL);
}
