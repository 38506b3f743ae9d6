/*
 * plan: the changes that the schema is made of, and how far a database has come with them.
 *
 * sqitch deploys a plan in its order, so what a database has is the beginning of it: anything else
 * is another schema, or a newer one.
 */
#ifndef PURSER_PLAN_H
#define PURSER_PLAN_H

#include <libpq-fe.h>
#include <stddef.h>

/* Where the schema is installed. */
#define SCHEMA_FOLDER PUR_DATADIR "/purser/sql"

struct change {
	char name[128];
	char deployed[32]; /* when, in UTC; "" while it is not */
};

struct plan {
	struct change changes[1024];
	size_t n;
	size_t deployed;    /* how many of them the database has */
	char stranger[128]; /* what it has instead of the next one; "" where all is well */
};

/*
 * Reads FOLDER/sqitch.plan.
 * why: receives what is wrong and what to do, where something is. Returns 0, or -1.
 */
int plan_read(struct plan *plan, const char *folder, char *why, size_t size);

/* Holds the plan against the database. Returns 0, or -1 with `why`. */
int plan_compare(struct plan *plan, PGconn *db, char *why, size_t size);

/* The place of a change, counted from 0; plan->n where there is none of this name. */
size_t plan_find(const struct plan *plan, const char *name);

#endif
