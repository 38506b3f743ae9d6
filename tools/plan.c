/* plan: reads sqitch's plan and its registry. */
#include "plan.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line of the plan: a change begins with its name; pragmas (%), tags (@), comments (#) don't. */
static void
read_line(struct plan *plan, const char *line)
{
	size_t len;

	line += strspn(line, " \t+"); /* "+name" is another way to write a change */
	len = strcspn(line, " \t\n");
	if (len == 0 || strchr("%@#", *line) != NULL || len >= sizeof(plan->changes[0].name) ||
	    plan->n == sizeof(plan->changes) / sizeof(plan->changes[0]))
		return;
	snprintf(plan->changes[plan->n++].name, sizeof(plan->changes[0].name), "%.*s", (int)len,
		 line);
}

int
plan_read(struct plan *plan, const char *folder, char *why, size_t size)
{
	char path[PATH_MAX], *line = NULL;
	size_t room = 0;
	FILE *file;

	memset(plan, 0, sizeof(*plan));
	snprintf(path, sizeof(path), "%s/sqitch.plan", folder);
	file = fopen(path, "re");
	if (file == NULL) {
		snprintf(why, size, "can't read %s: %s; `make install` puts the schema there", path,
			 strerror(errno));
		return -1;
	}
	while (getline(&line, &room, file) >= 0)
		read_line(plan, line);
	free(line);
	fclose(file);
	if (plan->n > 0)
		return 0;
	snprintf(why, size, "%s names no change: `make install` puts a whole one there", path);
	return -1;
}

static PGresult *
query(PGconn *db, const char *sql, char *why, size_t size)
{
	PGresult *r = PQexec(db, sql);

	if (PQresultStatus(r) == PGRES_TUPLES_OK)
		return r;
	snprintf(why, size, "sqitch's record of changes can't be read: %s",
		 PQresultErrorMessage(r));
	why[strcspn(why, "\n")] = '\0';
	PQclear(r);
	return NULL;
}

int
plan_compare(struct plan *plan, PGconn *db, char *why, size_t size)
{
	PGresult *r =
	    query(db, "SELECT WHERE to_regclass('sqitch.changes') IS NOT NULL", why, size);
	int known = r != NULL ? PQntuples(r) : -1;

	plan->deployed = 0;
	plan->stranger[0] = '\0';
	PQclear(r);
	if (known <= 0)
		return known;
	r = query(db,
		  "SELECT change, to_char(committed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')"
		  " FROM sqitch.changes WHERE project = 'purser' ORDER BY committed_at",
		  why, size);
	if (r == NULL)
		return -1;
	for (int i = 0; i < PQntuples(r) && plan->stranger[0] == '\0'; i++) {
		struct change *c = &plan->changes[i];

		if (i < (int)plan->n && strcmp(PQgetvalue(r, i, 0), c->name) == 0) {
			snprintf(c->deployed, sizeof(c->deployed), "%s", PQgetvalue(r, i, 1));
			plan->deployed++;
		} else {
			snprintf(plan->stranger, sizeof(plan->stranger), "%s", PQgetvalue(r, i, 0));
		}
	}
	PQclear(r);
	return 0;
}

size_t
plan_find(const struct plan *plan, const char *name)
{
	size_t i = 0;

	while (i < plan->n && strcmp(plan->changes[i].name, name) != 0)
		i++;
	return i;
}
