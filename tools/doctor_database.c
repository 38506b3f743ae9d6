/* doctor_database: the server, how it is set, and the schema in it. */
#include "doctor.h"
#include "plan.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LEAST_VERSION 150000
#define CLOCK_APART 2.0 /* seconds */

static bool
skip(struct doctor *d, const char *check)
{
	if (d->db == NULL)
		tell_skipped(d, check, "the database can't be reached");
	return d->db == NULL;
}

void
check_database(struct doctor *d)
{
	char why[1024];
	int version;

	d->db = admin_try(why, sizeof(why));
	if (d->db == NULL) {
		tell_fault(d, "database", "%.*s", (int)strcspn(why, "\n"), why);
		tell_mend("start PostgreSQL, or name the administrator's conninfo in PURSER_DB");
		return;
	}
	version = PQserverVersion(d->db);
	if (version < LEAST_VERSION) {
		tell_fault(d, "database", "PostgreSQL %d is too old", version / 10000);
		tell_mend("upgrade the cluster to PostgreSQL %d or later", LEAST_VERSION / 10000);
	}
	tell_well(d, "database", "PostgreSQL %s, %s", PQparameterStatus(d->db, "server_version"),
		  PQdb(d->db));
}

/* Settings without which a crash loses what was acknowledged; those of roles and databases too. */
void
check_durability(struct doctor *d)
{
	static const char sql[] =
	    "SELECT name, 'the server', 'ALTER SYSTEM SET ' || name || ' = on; SELECT pg_reload_conf()'"
	    " FROM pg_settings WHERE setting = 'off'"
	    " AND name IN ('fsync', 'full_page_writes', 'synchronous_commit')"
	    " UNION ALL SELECT 'synchronous_commit',"
	    " coalesce('role ' || r.rolname, 'database ' || b.datname),"
	    " CASE WHEN r.oid IS NULL THEN format('ALTER DATABASE %I RESET synchronous_commit', b.datname)"
	    " ELSE format('ALTER ROLE %I%s RESET synchronous_commit', r.rolname,"
	    " ' IN DATABASE ' || quote_ident(b.datname)) END"
	    " FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole"
	    " LEFT JOIN pg_database b ON b.oid = s.setdatabase"
	    " WHERE s.setconfig && ARRAY['synchronous_commit=off', 'synchronous_commit=false',"
	    " 'synchronous_commit=no', 'synchronous_commit=0']"
	    " AND (b.oid IS NULL OR b.datname = current_database())"
	    " AND (r.oid IS NULL OR r.rolname LIKE 'purser\\_%')";
	PGresult *r = skip(d, "durability") ? NULL : doctor_query(d, "durability", sql, NULL);

	if (r == NULL)
		return;
	for (int i = 0; i < PQntuples(r); i++) {
		tell_fault(d, "durability", "%s is off for %s: a crash loses acknowledged writes",
			   PQgetvalue(r, i, 0), PQgetvalue(r, i, 1));
		tell_mend("%s", PQgetvalue(r, i, 2));
	}
	PQclear(r);
	tell_well(d, "durability", "fsync, full_page_writes and synchronous_commit are on");
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void
check_clock(struct doctor *d)
{
	double before = now(), after, theirs, apart;
	PGresult *r =
	    skip(d, "clock")
		? NULL
		: doctor_query(d, "clock", "SELECT extract(epoch FROM clock_timestamp())", NULL);

	if (r == NULL)
		return;
	after = now();
	theirs = strtod(PQgetvalue(r, 0, 0), NULL);
	PQclear(r);
	apart = theirs < before ? theirs - before : theirs > after ? theirs - after : 0;
	if (apart > CLOCK_APART || apart < -CLOCK_APART) {
		tell_fault(d, "clock", "the database's clock is %.1f s %s this machine's",
			   apart > 0 ? apart : -apart, apart > 0 ? "ahead of" : "behind");
		tell_mend("keep both machines' time by NTP, such as systemd-timesyncd or chrony");
	}
	tell_well(d, "clock", "at most %.1f s from the database's", CLOCK_APART);
}

/* A business whose zone the server doesn't know can be told no time of day. */
void
check_time_zones(struct doctor *d)
{
	static const char sql[] = "SELECT s.time_zone, min(l.slug), count(*) FROM purser.settings s"
				  " JOIN purser.tenant_slugs l ON l.tenant_id = s.tenant_id"
				  " WHERE NOT EXISTS (SELECT FROM pg_timezone_names z "
				  " WHERE lower(z.name) = lower(s.time_zone))"
				  " GROUP BY 1 ORDER BY 1";
	PGresult *r;

	if (skip(d, "time zones"))
		return;
	r = doctor_query(d, "time zones", "SELECT WHERE to_regclass('purser.settings') IS NOT NULL",
			 NULL);
	if (r != NULL && PQntuples(r) == 0) {
		tell_skipped(d, "time zones", "there is no schema yet");
		PQclear(r);
		return;
	}
	PQclear(r);
	r = r != NULL ? doctor_query(d, "time zones", sql, NULL) : NULL;
	for (int i = 0; i < PQntuples(r); i++) {
		tell_fault(d, "time zones", "PostgreSQL doesn't know %s, which %s has (%s in all)",
			   PQgetvalue(r, i, 0), PQgetvalue(r, i, 1), PQgetvalue(r, i, 2));
		tell_mend(
		    "apt-get install tzdata on its machine, or set the business another zone");
	}
	if (r != NULL)
		tell_well(d, "time zones", "PostgreSQL knows those of all businesses");
	PQclear(r);
}

void
check_migrations(struct doctor *d)
{
	static struct plan plan;
	char why[1024];

	if (skip(d, "migrations"))
		return;
	if (plan_read(&plan, SCHEMA_FOLDER, why, sizeof(why)) != 0 ||
	    plan_compare(&plan, d->db, why, sizeof(why)) != 0) {
		tell_fault(d, "migrations", "%s", why);
		tell_mend("purser migrate --status shows what is installed and what deployed");
	} else if (plan.stranger[0] != '\0') {
		tell_fault(d, "migrations", "the database has the change %s, this version has not",
			   plan.stranger);
		tell_mend("install the version of Purser that the database was migrated to");
	} else if (plan.deployed < plan.n) {
		tell_fault(d, "migrations",
			   "%zu of %zu changes are not deployed, beginning with %s",
			   plan.n - plan.deployed, plan.n, plan.changes[plan.deployed].name);
		tell_mend("purser migrate");
	}
	tell_well(d, "migrations", "all %zu changes are deployed", plan.n);
}

/*
 * Every table with a tenant, but for the one that finds tenants by their slug, which is granted to
 * no program.
 */
#define TENANT_TABLES                                                                              \
	" FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'"   \
	" WHERE c.relnamespace = to_regnamespace('purser') AND c.relkind IN ('r', 'p')"            \
	" AND c.relname <> 'tenant_slugs'"

/* A policy that keeps a statement within its tenant, for what it reads and what it writes. */
#define HOLDS(expression) "pg_get_expr(p." expression ", p.polrelid) LIKE '%app.current_tenant%'"

static void
check_low_walls(struct doctor *d)
{
	static const char sql[] =
	    "SELECT c.oid::regclass, CASE WHEN NOT c.relrowsecurity THEN 'ENABLE'"
	    " WHEN NOT c.relforcerowsecurity THEN 'FORCE' ELSE '' END" TENANT_TABLES
	    " AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT"
	    " FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd = '*'"
	    " AND " HOLDS("polqual") " AND " HOLDS("polwithcheck") ")) ORDER BY 1::text";
	PGresult *r = doctor_query(d, "walls", sql, NULL);

	for (int i = 0; i < PQntuples(r); i++) {
		const char *table = PQgetvalue(r, i, 0), *verb = PQgetvalue(r, i, 1);

		if (*verb != '\0') {
			tell_fault(d, "walls", "row-level security of %s is not %sD", table, verb);
			tell_mend("ALTER TABLE %s %s ROW LEVEL SECURITY", table, verb);
		} else {
			tell_fault(d, "walls", "%s has no policy that holds tenants apart", table);
			tell_mend("CALL purser.secure_tenant_table('%s')", table);
		}
	}
	PQclear(r);
}

/* A permissive policy adds to the others: one that anybody who logs in has opens the wall. */
static void
check_doors(struct doctor *d)
{
	static const char sql[] =
	    "SELECT c.oid::regclass, quote_ident(p.polname) FROM pg_policy p"
	    " JOIN pg_class t ON t.oid = p.polrelid, LATERAL (SELECT c.oid" TENANT_TABLES
	    " AND c.oid = t.oid) c WHERE p.polpermissive"
	    " AND NOT coalesce(" HOLDS("polqual") ", " HOLDS(
		"polwithcheck") ", false)"
				" AND EXISTS (SELECT FROM unnest(p.polroles) x, pg_roles r"
				" WHERE r.rolcanlogin AND NOT r.rolsuper AND NOT r.rolbypassrls"
				" AND (x = 0 OR pg_has_role(r.oid, x, 'MEMBER'))) ORDER BY 1::text, 2";
	PGresult *r = doctor_query(d, "walls", sql, NULL);

	for (int i = 0; i < PQntuples(r); i++) {
		const char *table = PQgetvalue(r, i, 0), *policy = PQgetvalue(r, i, 1);

		tell_fault(d, "walls", "the policy %s of %s shows rows of all tenants to logins",
			   policy, table);
		tell_mend("DROP POLICY %s ON %s", policy, table);
	}
	PQclear(r);
}

void
check_walls(struct doctor *d)
{
	if (skip(d, "walls"))
		return;
	check_low_walls(d);
	check_doors(d);
	tell_well(d, "walls", "row-level security is on, and forced, for every tenant table");
}
