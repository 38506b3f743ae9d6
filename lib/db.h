/*
 * db: one connection to PostgreSQL, used as a pipeline.
 *
 * Statements of a request are queued and travel in one flush; from the first statement to
 * pur_db_commit() they are one transaction. The connection opens lazily, heals itself with
 * growing, jittered pauses, and is closed when long unused.
 * Source: PostgreSQL 15, chapter 34.5 (pipeline mode).
 *
 *   pur_db_begin -> pur_db_send ... [-> pur_db_flush -> pur_db_send ...] -> pur_db_commit
 *
 * Batches that only read may overlap: each is sent with its end, and none waits for the one before.
 *
 *   pur_db_begin -> pur_db_send ... -> pur_db_commit_later, several times -> pur_db_await
 *
 * After any function here has failed the transaction is gone (or, for a connection lost in
 * pur_db_commit(), unknown): nothing needs to be undone, the next pur_db_begin() starts afresh.
 */
#ifndef PUR_DB_H
#define PUR_DB_H

#include "arena.h"
#include "conf.h"
#include "rc.h"
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

struct pur_db;

/* A statement as the server knows it. The structure lives as long as the connection object. */
struct pur_query {
	char name[32]; /* of the prepared statement; unique in the connection */
	const char *sql;
	const Oid *types; /* of $1..$n */
	int n;
	unsigned prepared; /* the connection's generation it is prepared in; 0: in none */
	void *plan;        /* how rows are written, kept by whoever writes them (row.h) */
};

/* One bound argument, in PostgreSQL's binary format. */
struct pur_datum {
	const char *data; /* NULL: SQL NULL */
	int len;
};

/* What the server said when a statement failed. Empty strings where it said nothing. */
struct pur_db_error {
	char state[6];        /* SQLSTATE */
	char constraint[128]; /* its name; "table.column" for NOT NULL */
	char message[256];    /* for the log alone */
};

/* What one request cost. */
struct pur_db_cost {
	int64_t micros; /* waited for the server */
	int trips;      /* flushes that were waited for */
	int statements;
};

#define PUR_DB_FLIGHT 8 /* most batches under way at once */

/* How a batch ended that wasn't waited for. */
struct pur_db_outcome {
	enum pur_rc rc; /* as of pur_db_commit() */
	struct pur_db_error error;
	struct pur_db_cost cost;
};

/*
 * Makes a connection object for a role; connects to nothing yet.
 * conf: read at each connect; must outlive the object. Returns NULL without memory.
 */
struct pur_db *pur_db_new(const struct pur_conf *conf, const char *role) PUR_MUST;
void pur_db_free(struct pur_db *db);

/*
 * Connects if there is no live connection, and begins a batch.
 * arena: results are released with it.
 * Returns PUR_OK, or PUR_EUNAVAILABLE (at once while a reconnect would be too early).
 */
enum pur_rc pur_db_begin(struct pur_db *db, struct pur_arena *arena) PUR_MUST;

/*
 * The same for a batch that pur_db_rollback() or pur_db_rehearse() may take back: an explicit
 * transaction, where pur_db_begin() makes do with a pipeline's implicit one, which is cheaper.
 */
enum pur_rc pur_db_begin_undoable(struct pur_db *db, struct pur_arena *arena) PUR_MUST;

/* The same in one snapshot for all its statements: what is read in several of them fits together.
 */
enum pur_rc pur_db_begin_snapshot(struct pur_db *db, struct pur_arena *arena) PUR_MUST;

/*
 * Queues a statement, preparing it first where this connection hasn't yet.
 * binds: q->n of them, copied.
 * out: receives the result (binary format, released with the arena) at the next flush or commit;
 * NULL when it doesn't matter.
 * Returns PUR_OK, PUR_EUNAVAILABLE or PUR_EINTERNAL (more than 16 queued).
 */
enum pur_rc pur_db_send(struct pur_db *db, struct pur_query *q, const struct pur_datum *binds,
			PGresult **out) PUR_MUST;

/*
 * Sends what is queued and waits for its results; the transaction stays open.
 * Returns PUR_OK, or what the first error means: the error a SQLSTATE stands for,
 * PUR_EUNAVAILABLE when the connection was lost or the server took too long.
 */
enum pur_rc pur_db_flush(struct pur_db *db) PUR_MUST;

/* The same, and commits. PUR_OK means: committed, durable. */
enum pur_rc pur_db_commit(struct pur_db *db) PUR_MUST;

/* Whether another batch may be sent before those under way have been awaited. */
bool pur_db_may_overlap(const struct pur_db *db);

/*
 * Ends a batch without waiting: for one that only reads, of pur_db_begin(). Its results are there
 * after pur_db_await(), and nothing else may be done with the connection but to begin the next.
 * It may end in PUR_ERETRY because one before it has failed.
 * Returns PUR_OK, or PUR_EUNAVAILABLE.
 */
enum pur_rc pur_db_commit_later(struct pur_db *db) PUR_MUST;

/* Sends what is under way and waits for all of it. outcomes: one for each, in their order. */
void pur_db_await(struct pur_db *db, struct pur_db_outcome *outcomes);

/* Makes an outcome's error and cost those of pur_db_error() and pur_db_cost(). */
void pur_db_recall(struct pur_db *db, const struct pur_db_outcome *o);

/*
 * Checks deferred constraints, then rolls back what was done since pur_db_begin().
 * Returns PUR_OK, or the error that a commit would have given.
 */
enum pur_rc pur_db_rehearse(struct pur_db *db) PUR_MUST;

/* Ends an open batch without effect; fine at any time. */
void pur_db_rollback(struct pur_db *db);

/* From here on results are released with another arena: those of one stretch of many. */
void pur_db_keep_in(struct pur_db *db, struct pur_arena *arena);

/* The last error's details. Borrowed, until the next error. */
const struct pur_db_error *pur_db_error(const struct pur_db *db);

/* What was spent since the last pur_db_begin() or the last call; resets to zero. */
struct pur_db_cost pur_db_cost(struct pur_db *db);

/* Queues the preparing of a statement alone: does the server take it? Errors as pur_db_send(). */
enum pur_rc pur_db_prepare(struct pur_db *db, struct pur_query *q) PUR_MUST;

/* Forgets a prepared statement, here and on the server, to prepare another in its place. */
enum pur_rc pur_db_forget(struct pur_db *db, struct pur_query *q) PUR_MUST;

/* Closes the connection when it was unused for conf->database_idle seconds. */
void pur_db_tidy(struct pur_db *db);

#endif
