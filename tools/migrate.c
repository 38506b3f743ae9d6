/* migrate: `purser migrate` brings the database to the schema that is installed, by sqitch. */
#include "command.h"
#include "plan.h"
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define PENDING 1 /* exit status of --status */

struct asked {
	const char *folder, *to;
	int status, verify;
};

static int
print_status(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct change *c = &plan->changes[i];

		printf("%-16s  %s\n", c->deployed[0] != '\0' ? c->deployed : "pending", c->name);
	}
	printf("%zu deployed, %zu pending\n", plan->deployed, plan->n - plan->deployed);
	return plan->deployed == plan->n ? EX_OK : PENDING;
}

/* Whatever makes the schema owns it, and programs refuse to run where that is not the admin. */
static int
may_migrate(PGconn *db)
{
	if (strcmp(PQuser(db), "purser_admin") == 0)
		return 1;
	fprintf(
	    stderr,
	    "PURSER_DB logs in as %s: the schema must belong to purser_admin, so name that user\n",
	    PQuser(db));
	return 0;
}

/* sqitch and psql shall reach the same database in the same way, a password not by arguments. */
static void
export_connection(PGconn *db)
{
	PQconninfoOption *all = PQconninfo(db);

	for (const PQconninfoOption *o = all; o != NULL && o->keyword != NULL; o++) {
		if (o->envvar != NULL && o->val != NULL)
			setenv(o->envvar, o->val, 1);
	}
	PQconninfoFree(all);
}

/* sqitch writes down who deployed; nobody's own settings shall change what it does. */
static void
export_identity(void)
{
	const struct passwd *who = getpwuid(getuid());
	const char *name = who != NULL ? who->pw_name : "purser";
	char host[128] = "localhost", address[256];

	gethostname(host, sizeof(host) - 1);
	snprintf(address, sizeof(address), "%s@%s", name, host);
	setenv("SQITCH_FULLNAME", name, 0);
	setenv("SQITCH_EMAIL", address, 0);
	setenv("SQITCH_USER_CONFIG", "/dev/null", 1);
	setenv("SQITCH_SYSTEM_CONFIG", "/dev/null", 1);
}

static int
explain(int sqitch, const struct asked *asked)
{
	if (sqitch == 0)
		return EX_OK;
	if (sqitch == RUN_MISSING) {
		fprintf(stderr, "sqitch is not installed: apt-get install sqitch libdbd-pg-perl\n");
		return EX_UNAVAILABLE;
	}
	if (asked->verify)
		fprintf(stderr,
			"the database is not as its changes made it: sqitch says above how\n");
	else
		fprintf(
		    stderr,
		    "not all is deployed: sqitch says above why. Changes before that one stay;\n"
		    "once it is mended, run purser migrate again\n");
	return EX_DATAERR;
}

/*
 * One sqitch at a time changes a database: another one waits, and says so. A change that fails
 * takes back itself alone, for those before it may hold data by then.
 */
static int
run_sqitch(PGconn *db, const struct asked *asked)
{
	const char *argv[16] = { "sqitch", "--chdir", asked->folder };
	int n = 3;

	argv[n++] = asked->verify ? "verify" : "deploy";
	argv[n++] = "--target", argv[n++] = "db:pg:";
	if (!asked->verify) {
		argv[n++] = "--verify";
		argv[n++] = "--mode", argv[n++] = "change";
	}
	if (asked->to != NULL)
		argv[n++] = "--to-change", argv[n++] = asked->to;
	export_connection(db);
	export_identity();
	return explain(run_program(argv, 0, (uid_t)-1, NULL), asked);
}

static int
deploy(PGconn *db, const struct plan *plan, const struct asked *asked)
{
	if (plan->stranger[0] != '\0') {
		fprintf(stderr,
			"the database has the change '%s', which has no such place in %s: it was\n"
			"deployed from another or a newer version of Purser. Install that one\n",
			plan->stranger, asked->folder);
		return EX_DATAERR;
	}
	if (asked->status)
		return print_status(plan);
	if (!asked->verify &&
	    plan->deployed > (asked->to != NULL ? plan_find(plan, asked->to) : plan->n - 1)) {
		printf("nothing to do: %s is deployed\n", asked->to != NULL ? asked->to : "all");
		return EX_OK;
	}
	return run_sqitch(db, asked);
}

static int
read_arguments(int argc, char **argv, struct asked *asked)
{
	const struct option_value options[] = { { .name = "status", .flag = &asked->status },
						{ .name = "verify", .flag = &asked->verify },
						{ .name = "to", .value = &asked->to },
						{ NULL } };
	const char *named = NULL;

	if (read_options(argc, argv, options, &named) != 0)
		return EX_USAGE;
	if (asked->status + asked->verify + (asked->to != NULL) > 1) {
		fprintf(stderr, "--status, --verify and --to exclude each other\n");
		return EX_USAGE;
	}
	if (named != NULL)
		asked->folder = named;
	return 0;
}

int
migrate_command(int argc, char **argv)
{
	struct asked asked = { .folder = SCHEMA_FOLDER };
	static struct plan plan;
	char why[1024];
	PGconn *db;
	int status = EX_DATAERR;

	if (read_arguments(argc, argv, &asked) != 0)
		return EX_USAGE;
	if (plan_read(&plan, asked.folder, why, sizeof(why)) != 0) {
		fprintf(stderr, "%s\n", why);
		return EX_NOINPUT;
	}
	if (asked.to != NULL && plan_find(&plan, asked.to) == plan.n) {
		fprintf(stderr, "there is no change '%s': purser migrate --status lists them\n",
			asked.to);
		return EX_USAGE;
	}
	db = admin_connect();
	if (db == NULL) {
		fprintf(stderr,
			"In a new cluster a superuser makes database and administrator first:\n"
			"psql -X -f %s/bootstrap.sql postgres\n",
			asked.folder);
		return EX_UNAVAILABLE;
	}
	if (!asked.status && !may_migrate(db))
		status = EX_NOPERM;
	else if (plan_compare(&plan, db, why, sizeof(why)) == 0)
		status = deploy(db, &plan, &asked);
	else
		fprintf(stderr, "%s\n", why);
	PQfinish(db);
	return status;
}
