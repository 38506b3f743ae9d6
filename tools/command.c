/* command: options and the database connection of the operator's commands. */
#include "command.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static const struct option_value *
find_option(const struct option_value *options, const char *arg)
{
	for (const struct option_value *o = options; o->name != NULL; o++) {
		if (strncmp(arg, "--", 2) == 0 && strcmp(arg + 2, o->name) == 0)
			return o;
	}
	return NULL;
}

int
read_options(int argc, char **argv, const struct option_value *options, const char **plain)
{
	for (int i = 1; i < argc; i++) {
		const struct option_value *o = find_option(options, argv[i]);

		if (o != NULL && o->value == NULL) {
			*o->flag = 1;
		} else if (o != NULL && i + 1 < argc) {
			*o->value = argv[++i];
		} else if (o == NULL && argv[i][0] != '-' && plain != NULL && *plain == NULL) {
			*plain = argv[i];
		} else {
			fprintf(stderr,
				o != NULL ? "%s needs a value\n" : "unexpected argument '%s'\n",
				argv[i]);
			return EX_USAGE;
		}
	}
	for (const struct option_value *o = options; o->name != NULL; o++) {
		if (o->required && o->value != NULL && *o->value == NULL) {
			fprintf(stderr, "--%s is missing; purser --help shows how it is used\n",
				o->name);
			return EX_USAGE;
		}
	}
	return 0;
}

PGconn *
admin_try(char *why, size_t size)
{
	const char *conninfo = getenv("PURSER_DB");
	PGconn *db;
	PGresult *r;

	if (conninfo == NULL) {
		snprintf(why, size,
			 "PURSER_DB is not set: it holds a libpq conninfo of the administrator,"
			 " such as host=/run/postgresql dbname=purser user=purser_admin\n");
		return NULL;
	}
	db = PQconnectdb(conninfo);
	r = PQstatus(db) == CONNECTION_OK ? PQexec(db, "SET search_path = purser") : NULL;
	if (PQresultStatus(r) != PGRES_COMMAND_OK) {
		snprintf(why, size, "can't connect with PURSER_DB: %s", PQerrorMessage(db));
		PQfinish(db);
		db = NULL;
	}
	PQclear(r);
	return db;
}

PGconn *
admin_connect(void)
{
	char why[1024];
	PGconn *db = admin_try(why, sizeof(why));

	if (db == NULL)
		fputs(why, stderr);
	return db;
}

PGresult *
admin_run(PGconn *db, const char *sql, int n, const char *const *args)
{
	PGresult *r = PQexecParams(db, sql, n, NULL, args, NULL, NULL, 0);
	ExecStatusType status = PQresultStatus(r);

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return r;
	fprintf(stderr, "the database refused: %s", PQresultErrorMessage(r));
	PQclear(r);
	return NULL;
}

void
new_id(char text[PUR_UUID_TEXT + 1])
{
	struct pur_uuid id = pur_uuid_new();

	pur_uuid_format(&id, text);
	text[PUR_UUID_TEXT] = '\0';
}
