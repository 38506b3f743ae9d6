/* tenants: what the commands share that read all tenants, or one. */
#include "command.h"
#include <stdio.h>

PGconn *
admin_read(void)
{
	PGconn *db = admin_connect();
	PGresult *r;

	if (db == NULL)
		return NULL;
	/* Whoever may not see every row is told so, and isn't shown some. */
	r = admin_run(db, "SET row_security = off", 0, NULL);
	if (r != NULL) {
		PQclear(r);
		r = admin_run(db, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", 0, NULL);
	}
	if (r == NULL) {
		PQfinish(db);
		return NULL;
	}
	PQclear(r);
	return db;
}

PGresult *
admin_tenants(PGconn *db, const char *slug)
{
	PGresult *r =
	    admin_run(db,
		      "SELECT t.id, coalesce(l.slug, t.id::text), coalesce(s.event_seq, 0),"
		      " encode(coalesce(s.event_hash, ''), 'hex') FROM tenants t"
		      " LEFT JOIN tenant_slugs l ON l.tenant_id = t.id"
		      " LEFT JOIN tenant_state s ON s.tenant_id = t.id"
		      " WHERE $1::text IS NULL OR l.slug = $1 ORDER BY 2",
		      1, &slug);

	if (r != NULL && PQntuples(r) == 0 && slug != NULL) {
		fprintf(stderr, "there is no tenant '%s'\n", slug);
		PQclear(r);
		return NULL;
	}
	return r;
}
