/* db: one PostgreSQL connection in pipeline mode. */
#include "db.h"
#include "log.h"
#include "timefmt.h"
#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define QUEUE 16                  /* statements of a caller between two flushes */
#define ENDS 10                   /* room for what begins and ends a batch, and for forgetting */
#define CONNECT_WAIT 3000         /* milliseconds for a connection to come up */
#define BACKOFF_FIRST (50 * 1000) /* microseconds */
#define BACKOFF_MOST (2000 * 1000)

/* The state of the batch. */
enum phase { IDLE, OPEN };

struct pending {
	struct pur_query *query; /* to be marked prepared; NULL for an execution */
	PGresult **out;          /* of an execution whose rows are wanted */
	char forget[32];         /* name of a statement to be forgotten */
};

/* What was queued between a beginning and its end. */
struct batch {
	struct pur_arena *arena;
	struct pending queue[2 * (QUEUE + ENDS)];
	int queued;
	int asked;       /* how many of them were a caller's statements */
	int64_t sent_at; /* when it was left to itself; 0: it was not */
	struct pur_db_cost cost;
};

struct pur_db {
	const struct pur_conf *conf;
	char role[64];
	PGconn *conn;
	unsigned generation; /* counts connections */
	enum phase phase;
	struct batch batches[PUR_DB_FLIGHT + 1]; /* the last is never begun */
	int flying;                   /* the first so many are under way, the next is at hand */
	bool sole;                    /* none may follow until those have come down */
	char forgotten[ENDS / 2][32]; /* statements the server has still to forget */
	int n_forgotten;
	bool worn; /* it has more to forget than we can remember: a new connection is due */
	bool explicit_tx;
	bool begun; /* a statement of this batch was queued or sent */
	bool in_tx; /* the server may be in an explicit transaction */
	struct pur_db_error error;
	int64_t last_used, retry_at, backoff;
};

static unsigned generations; /* of all connections of the process: queries outlive any of them */

static struct pur_query begin_query = { .name = "begin", .sql = "BEGIN" };
static struct pur_query snapshot_query = { .name = "begin_snapshot",
					   .sql =
					       "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" };
static struct pur_query commit_query = { .name = "commit", .sql = "COMMIT" };
static struct pur_query rollback_query = { .name = "rollback", .sql = "ROLLBACK" };
static struct pur_query check_query = { .name = "check", .sql = "SET CONSTRAINTS ALL IMMEDIATE" };

struct pur_db *
pur_db_new(const struct pur_conf *conf, const char *role)
{
	struct pur_db *db = calloc(1, sizeof(*db));

	if (db == NULL)
		return NULL;
	db->conf = conf;
	db->explicit_tx = strcmp(conf->transaction, "explicit") == 0;
	snprintf(db->role, sizeof(db->role), "%s", role);
	return db;
}

static struct batch *
at_hand(struct pur_db *db)
{
	return &db->batches[db->flying];
}

static void
disconnect(struct pur_db *db)
{
	struct batch *b = at_hand(db);

	PQfinish(db->conn);
	db->conn = NULL;
	db->phase = IDLE;
	b->queued = b->asked = 0;
	db->n_forgotten = 0;
	db->worn = false;
	db->in_tx = false;
}

void
pur_db_free(struct pur_db *db)
{
	if (db == NULL)
		return;
	disconnect(db);
	free(db);
}

static const char too_slow[] = "no answer within database_wait";

/* Remembers why, and closes: a connection that failed once is not trusted again. */
static enum pur_rc
lose(struct pur_db *db, const char *why)
{
	snprintf(db->error.message, sizeof(db->error.message), "%s", *why != '\0' ? why : too_slow);
	db->error.message[strcspn(db->error.message, "\n")] = '\0';
	memcpy(db->error.state, "08006", sizeof("08006"));
	db->error.constraint[0] = '\0';
	pur_log(PUR_WARNING, "database connection lost",
		PUR_TEXT_ITEM("reason", db->error.message));
	disconnect(db);
	return PUR_EUNAVAILABLE;
}

/* Waits until the socket is ready for `events`. Returns 1, 0 past the deadline, -1. */
static int
wait_socket(const struct pur_db *db, short events, int64_t deadline)
{
	struct pollfd p = { .fd = PQsocket(db->conn), .events = events };

	for (;;) {
		int64_t left = deadline - pur_time_now();
		int r = poll(&p, 1, left > 0 ? (int)(left / 1000) + 1 : 0);

		if (r >= 0 || errno != EINTR)
			return r;
	}
}

/* Drives an asynchronous connect to its end, so that a dead host can't hold a request. */
static bool
connect_wait(const struct pur_db *db)
{
	int64_t deadline = pur_time_now() + CONNECT_WAIT * 1000;

	for (;;) {
		switch (PQconnectPoll(db->conn)) {
		case PGRES_POLLING_OK:
			return true;
		case PGRES_POLLING_READING:
			if (wait_socket(db, POLLIN, deadline) <= 0)
				return false;
			break;
		case PGRES_POLLING_WRITING:
			if (wait_socket(db, POLLOUT, deadline) <= 0)
				return false;
			break;
		default:
			return false;
		}
	}
}

/* Next result, NULL at the end of a statement. *lost when the connection failed or was too slow. */
static PGresult *
next_result(struct pur_db *db, int64_t deadline, const char **lost)
{
	while (PQisBusy(db->conn)) {
		int r = wait_socket(db, POLLIN, deadline);

		if (r == 0)
			*lost = too_slow;
		else if (r < 0 || PQconsumeInput(db->conn) != 1)
			*lost = PQerrorMessage(db->conn);
		if (*lost != NULL)
			return NULL;
	}
	return PQgetResult(db->conn);
}

/*
 * A role that sees past row-level security would make every other guard idle: better no service
 * than that one.
 */
static bool
role_is_small(struct pur_db *db)
{
	static const char sql[] =
	    "SELECT EXISTS (SELECT FROM pg_roles r WHERE pg_has_role(current_user, r.oid, 'MEMBER')"
	    " AND (r.rolsuper OR r.rolbypassrls OR EXISTS (SELECT FROM pg_class c JOIN pg_namespace n"
	    " ON n.oid = c.relnamespace WHERE n.nspname = 'purser' AND c.relowner = r.oid)))";
	int64_t deadline = pur_time_now() + CONNECT_WAIT * 1000;
	const char *lost = NULL;
	PGresult *r = NULL;
	bool known, large;

	if (PQsendQuery(db->conn, sql) == 1)
		r = next_result(db, deadline, &lost);
	known = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1;
	large = known && strcmp(PQgetvalue(r, 0, 0), "t") == 0;
	PQclear(r);
	if (large) {
		pur_log(
		    PUR_ERROR,
		    "refusing to run: the database role owns tables, is superuser or bypasses"
		    " row-level security, or may become one that does; give this program a role of"
		    " its own",
		    PUR_TEXT_ITEM("role", db->role));
		exit(78); /* EX_CONFIG */
	}
	if (known && lost == NULL)
		PQclear(next_result(db, deadline, &lost));
	return known && lost == NULL;
}

/* What the server remarks beside its answers is of no use to anybody but a developer. */
static void
take_notice(void *unused, const char *message)
{
	(void)unused;
	pur_log(PUR_DEBUG, "the database remarks", PUR_TEXT_ITEM("message", message));
}

static bool
connect_now(struct pur_db *db)
{
	char passfile[512] = "";
	const char *keys[8], *values[8];
	int n = 0;

	if (db->conf->passfile_dir[0] != '\0')
		snprintf(passfile, sizeof(passfile), "%s/%s.pgpass", db->conf->passfile_dir,
			 db->role);
	/* dbname is expanded as a conninfo string; what follows it wins. */
	keys[n] = "dbname", values[n++] = db->conf->database;
	keys[n] = "user", values[n++] = db->role;
	if (passfile[0] != '\0')
		keys[n] = "passfile", values[n++] = passfile;
	keys[n] = "fallback_application_name", values[n++] = db->role;
	/* Array arguments make the planner replan for ever otherwise; Citus wants its own choice.
	 */
	keys[n] = "options",
	values[n++] =
	    db->explicit_tx
		? "-c search_path=purser -c plan_cache_mode=auto -c jit=off"
		: "-c search_path=purser -c plan_cache_mode=force_generic_plan -c jit=off";
	keys[n] = NULL, values[n] = NULL;
	db->conn = PQconnectStartParams(keys, values, 1);
	if (db->conn == NULL || PQstatus(db->conn) == CONNECTION_BAD || !connect_wait(db))
		return false;
	PQsetNoticeProcessor(db->conn, take_notice, NULL);
	if (PQsetnonblocking(db->conn, 1) != 0 || !role_is_small(db) ||
	    PQenterPipelineMode(db->conn) != 1)
		return false;
	db->generation = ++generations;
	return true;
}

/* True when the idle connection is still there; what the server said unasked is its farewell. */
static bool
alive(const struct pur_db *db)
{
	char c;
	ssize_t n = recv(PQsocket(db->conn), &c, 1, MSG_PEEK | MSG_DONTWAIT);

	return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

static enum pur_rc
ensure_connection(struct pur_db *db)
{
	int64_t now = pur_time_now();

	if (db->flying > 0) /* their answers, or their loss, are still to come */
		return db->conn != NULL && db->flying < PUR_DB_FLIGHT ? PUR_OK : PUR_EUNAVAILABLE;
	if (db->conn != NULL && !db->worn && alive(db))
		return PUR_OK;
	if (db->conn != NULL) {
		if (!db->worn)
			pur_log(PUR_INFO, "database connection was closed by the server");
		disconnect(db);
	}
	if (now < db->retry_at)
		return PUR_EUNAVAILABLE;
	if (connect_now(db)) {
		db->backoff = 0;
		db->retry_at = 0;
		db->last_used = now; /* it has not been idle yet */
		return PUR_OK;
	}
	/* Full jitter, so that many programs don't all knock at the same moment. */
	db->backoff = db->backoff == 0 ? BACKOFF_FIRST : db->backoff * 2;
	if (db->backoff > BACKOFF_MOST)
		db->backoff = BACKOFF_MOST;
	db->retry_at =
	    now + BACKOFF_FIRST / 2 + (int64_t)randombytes_uniform((uint32_t)db->backoff);
	return lose(db, db->conn != NULL ? PQerrorMessage(db->conn) : "out of memory");
}

/* Queues the Parse of a statement where this connection doesn't know it. */
static bool
send_prepare(struct pur_db *db, struct pur_query *q)
{
	struct batch *b = at_hand(db);

	if (q->prepared == db->generation)
		return true;
	if (PQsendPrepare(db->conn, q->name, q->sql, q->n, q->types) != 1)
		return false;
	/* Taken back in collect() if the server never gets to it. */
	q->prepared = db->generation;
	b->queue[b->queued++] = (struct pending){ .query = q };
	return true;
}

static bool
send_query(struct pur_db *db, struct pur_query *q, const struct pur_datum *binds, PGresult **out)
{
	const char *values[64];
	int lengths[64], formats[64];
	struct batch *b = at_hand(db);

	if (q->n > 64 || b->queued + 2 > 2 * (QUEUE + ENDS) || !send_prepare(db, q))
		return false;
	for (int i = 0; binds != NULL && i < q->n; i++) {
		values[i] = binds[i].data;
		lengths[i] = binds[i].len;
		formats[i] = 1;
	}
	if (PQsendQueryPrepared(db->conn, q->name, q->n, values, lengths, formats, 1) != 1)
		return false;
	b->queue[b->queued++] = (struct pending){ .out = out };
	b->cost.statements++;
	db->begun = true;
	return true;
}

/*
 * Queues the forgetting of one statement. No batch may follow before it is known to be forgotten:
 * that one's statement of the same name would be the old one.
 */
static bool
send_forget(struct pur_db *db, const char *name)
{
	struct batch *b = at_hand(db);
	char sql[64];

	snprintf(sql, sizeof(sql), "DEALLOCATE %.31s", name);
	if (PQsendQueryParams(db->conn, sql, 0, NULL, NULL, NULL, NULL, 1) != 1)
		return false;
	snprintf(b->queue[b->queued].forget, sizeof(b->queue[0].forget), "%.31s", name);
	b->queue[b->queued].query = NULL;
	b->queue[b->queued++].out = NULL;
	db->sole = true;
	return true;
}

/* What failed batches have skipped is forgotten before all that can fail. */
static bool
send_forgotten(struct pur_db *db)
{
	while (db->n_forgotten > 0) {
		if (!send_forget(db, db->forgotten[--db->n_forgotten]))
			return false;
	}
	return true;
}

static enum pur_rc
begin(struct pur_db *db, struct pur_arena *arena, struct pur_query *explicit_tx)
{
	enum pur_rc rc;

	pur_db_rollback(db);
	rc = ensure_connection(db);
	if (rc != PUR_OK)
		return rc;
	if (db->flying == 0)
		db->sole = false;
	at_hand(db)->arena = arena;
	db->phase = OPEN;
	db->begun = false;
	db->error = (struct pur_db_error){ .state = "" };
	if (explicit_tx != NULL) {
		db->in_tx = true;
		if (!send_query(db, explicit_tx, NULL, NULL))
			return lose(db, PQerrorMessage(db->conn));
	}
	/* Behind BEGIN, which sets an isolation level only where nothing was asked before it. */
	return send_forgotten(db) ? PUR_OK : lose(db, PQerrorMessage(db->conn));
}

enum pur_rc
pur_db_begin(struct pur_db *db, struct pur_arena *arena)
{
	return begin(db, arena, db->explicit_tx ? &begin_query : NULL);
}

enum pur_rc
pur_db_begin_undoable(struct pur_db *db, struct pur_arena *arena)
{
	return begin(db, arena, &begin_query);
}

enum pur_rc
pur_db_begin_snapshot(struct pur_db *db, struct pur_arena *arena)
{
	return begin(db, arena, &snapshot_query);
}

void
pur_db_keep_in(struct pur_db *db, struct pur_arena *arena)
{
	at_hand(db)->arena = arena;
}

enum pur_rc
pur_db_send(struct pur_db *db, struct pur_query *q, const struct pur_datum *binds, PGresult **out)
{
	if (db->phase != OPEN)
		return PUR_EUNAVAILABLE;
	if (out != NULL)
		*out = NULL;
	if (at_hand(db)->asked++ == QUEUE)
		return PUR_EINTERNAL;
	if (!send_query(db, q, binds, out))
		return lose(db, PQerrorMessage(db->conn));
	return PUR_OK;
}

static void
take_field(char *to, size_t size, const PGresult *r, int code)
{
	const char *s = PQresultErrorField(r, code);

	snprintf(to, size, "%s", s != NULL ? s : "");
}

static enum pur_rc
take_error(struct pur_db *db, const PGresult *r)
{
	take_field(db->error.state, sizeof(db->error.state), r, PG_DIAG_SQLSTATE);
	take_field(db->error.constraint, sizeof(db->error.constraint), r, PG_DIAG_CONSTRAINT_NAME);
	take_field(db->error.message, sizeof(db->error.message), r, PG_DIAG_MESSAGE_PRIMARY);
	if (strcmp(db->error.state, "23502") ==
	    0) /* NOT NULL constraints have no name of their own */
		snprintf(db->error.constraint, sizeof(db->error.constraint), "%s.%s",
			 PQresultErrorField(r, PG_DIAG_TABLE_NAME),
			 PQresultErrorField(r, PG_DIAG_COLUMN_NAME));
	return pur_rc_from_sqlstate(db->error.state);
}

static void
clear_result(void *r)
{
	PQclear(r);
}

/* A statement that the server didn't get to forget: the next batch begins with it. */
static void
remember_to_forget(struct pur_db *db, const char name[32])
{
	if (db->n_forgotten < ENDS / 2)
		memcpy(db->forgotten[db->n_forgotten++], name, sizeof(db->forgotten[0]));
	else
		db->worn = true;
}

/* Takes one result to where it belongs. Returns the error it is, or PUR_OK. */
static enum pur_rc
take_result(struct pur_db *db, const struct batch *b, const struct pending *p, PGresult *r)
{
	ExecStatusType status = PQresultStatus(r);
	enum pur_rc rc = PUR_OK;

	if (status == PGRES_FATAL_ERROR)
		rc = take_error(db, r);
	if (p->query != NULL && status != PGRES_COMMAND_OK)
		p->query->prepared = 0;
	if (p->forget[0] != '\0' && status != PGRES_COMMAND_OK)
		remember_to_forget(db, p->forget);
	if (status != PGRES_TUPLES_OK || p->out == NULL) {
		PQclear(r);
		return rc;
	}
	/* Without memory to keep it the rows are missing, which the arena remembers. */
	if (pur_arena_defer(b->arena, clear_result, r) == PUR_OK)
		*p->out = r;
	return PUR_OK;
}

/* Sends what libpq still holds; while the server doesn't read, what it writes is taken in. */
static const char *
send_all(struct pur_db *db, int64_t deadline)
{
	int left;

	while ((left = PQflush(db->conn)) > 0) {
		if (wait_socket(db, POLLIN | POLLOUT, deadline) <= 0)
			return too_slow;
		if (PQconsumeInput(db->conn) != 1)
			return PQerrorMessage(db->conn);
	}
	return left < 0 ? PQerrorMessage(db->conn) : NULL;
}

/* Reads up to the Sync. An error found at the commit, a deferred constraint's, comes before it. */
static enum pur_rc
take_sync(struct pur_db *db, int64_t deadline, const char **lost)
{
	enum pur_rc first = PUR_OK;

	while (*lost == NULL) {
		PGresult *r = next_result(db, deadline, lost);
		ExecStatusType status = PQresultStatus(r);

		if (status == PGRES_FATAL_ERROR && r != NULL && first == PUR_OK)
			first = take_error(db, r);
		PQclear(r);
		if (r != NULL && status == PGRES_PIPELINE_SYNC)
			break;
		if (*lost == NULL && PQstatus(db->conn) == CONNECTION_BAD)
			*lost = PQerrorMessage(db->conn);
	}
	return first;
}

/*
 * Reads the results of everything that a batch has queued, then (with sync) up to the Sync. The
 * first error wins; what the server skipped behind it comes as PGRES_PIPELINE_ABORTED.
 */
static enum pur_rc
collect(struct pur_db *db, struct batch *b, bool sync)
{
	int64_t begun = pur_time_now(), deadline = begun + db->conf->database_wait * 1000;
	const char *lost = send_all(db, deadline);
	enum pur_rc first = PUR_OK, rc;
	PGresult *r;

	b->cost.trips++;
	for (int i = 0; i < b->queued && lost == NULL; i++) {
		while ((r = next_result(db, deadline, &lost)) != NULL) {
			rc = take_result(db, b, &b->queue[i], r);
			first = first == PUR_OK ? rc : first;
		}
		/* After an error that ends the session (57P01 ...) no more results come. */
		if (lost == NULL && PQstatus(db->conn) == CONNECTION_BAD)
			lost = PQerrorMessage(db->conn);
	}
	b->queued = b->asked = 0;
	if (sync && lost == NULL) {
		rc = take_sync(db, deadline, &lost);
		first = first == PUR_OK ? rc : first;
	}
	if (lost != NULL)
		return lose(db, lost);
	db->last_used = pur_time_now();
	b->cost.micros += db->last_used - (b->sent_at != 0 ? b->sent_at : begun);
	return first;
}

/* Ends a transaction that has failed; the server has rolled back, but for an explicit one. */
static void
finish_failed(struct pur_db *db, bool synced)
{
	if (db->conn == NULL)
		return;
	if (!synced &&
	    (PQpipelineSync(db->conn) != 1 || collect(db, at_hand(db), true) == PUR_EUNAVAILABLE))
		return;
	if (db->conn != NULL && db->in_tx) {
		db->in_tx = false;
		if (!send_query(db, &rollback_query, NULL, NULL) || PQpipelineSync(db->conn) != 1)
			lose(db, PQerrorMessage(db->conn));
		else if (collect(db, at_hand(db), true) != PUR_OK && db->conn != NULL)
			disconnect(db);
	}
	db->phase = IDLE;
}

enum pur_rc
pur_db_flush(struct pur_db *db)
{
	enum pur_rc rc;

	if (db->phase != OPEN)
		return PUR_EUNAVAILABLE;
	if (PQsendFlushRequest(db->conn) != 1)
		return lose(db, PQerrorMessage(db->conn));
	rc = collect(db, at_hand(db), false);
	if (rc != PUR_OK)
		finish_failed(db, false);
	return rc;
}

/* Sends an end of the transaction and waits for it. */
static enum pur_rc
finish(struct pur_db *db, bool ok)
{
	enum pur_rc rc;

	if (!ok || PQpipelineSync(db->conn) != 1)
		return lose(db, PQerrorMessage(db->conn));
	rc = collect(db, at_hand(db), true);
	if (rc != PUR_OK)
		finish_failed(db, true);
	db->phase = IDLE;
	db->in_tx = false;
	return rc;
}

enum pur_rc
pur_db_commit(struct pur_db *db)
{
	if (db->phase != OPEN)
		return PUR_EUNAVAILABLE;
	return finish(db, !db->in_tx || send_query(db, &commit_query, NULL, NULL));
}

bool
pur_db_may_overlap(const struct pur_db *db)
{
	return !db->explicit_tx && (db->flying == 0 || (!db->sole && db->flying < PUR_DB_FLIGHT));
}

enum pur_rc
pur_db_commit_later(struct pur_db *db)
{
	if (db->phase != OPEN || db->in_tx)
		return PUR_EUNAVAILABLE;
	if (PQpipelineSync(db->conn) != 1)
		return lose(db, PQerrorMessage(db->conn));
	at_hand(db)->sent_at = pur_time_now();
	db->phase = IDLE;
	db->flying++;
	return PUR_OK;
}

void
pur_db_await(struct pur_db *db, struct pur_db_outcome *outcomes)
{
	for (int i = 0; i < db->flying; i++) {
		struct batch *b = &db->batches[i];
		struct pur_db_outcome *o = &outcomes[i];

		o->rc = db->conn != NULL ? collect(db, b, true) : PUR_EUNAVAILABLE;
		o->error = db->error;
		o->cost = b->cost;
		b->cost = (struct pur_db_cost){ 0 };
		b->queued = b->asked = 0;
		b->sent_at = 0;
	}
	db->flying = 0;
	db->sole = false;
}

void
pur_db_recall(struct pur_db *db, const struct pur_db_outcome *o)
{
	struct pur_db_cost *cost = &at_hand(db)->cost;

	db->error = o->error;
	cost->micros += o->cost.micros;
	cost->trips += o->cost.trips;
	cost->statements += o->cost.statements;
}

enum pur_rc
pur_db_rehearse(struct pur_db *db)
{
	if (db->phase != OPEN)
		return PUR_EUNAVAILABLE;
	return finish(db, send_query(db, &check_query, NULL, NULL) &&
			      send_query(db, &rollback_query, NULL, NULL));
}

void
pur_db_rollback(struct pur_db *db)
{
	enum pur_rc rc;

	if (db->phase != OPEN)
		return;
	db->phase = IDLE;
	if (!db->begun)
		return;
	if (!send_query(db, &rollback_query, NULL, NULL) || PQpipelineSync(db->conn) != 1) {
		lose(db, PQerrorMessage(db->conn));
		return;
	}
	rc = collect(db, at_hand(db), true);
	if (rc != PUR_OK && rc != PUR_EUNAVAILABLE)
		finish_failed(db, true);
	db->phase = IDLE;
	db->in_tx = false;
}

const struct pur_db_error *
pur_db_error(const struct pur_db *db)
{
	return &db->error;
}

struct pur_db_cost
pur_db_cost(struct pur_db *db)
{
	struct pur_db_cost c = at_hand(db)->cost;

	at_hand(db)->cost = (struct pur_db_cost){ 0 };
	return c;
}

enum pur_rc
pur_db_prepare(struct pur_db *db, struct pur_query *q)
{
	if (db->phase != OPEN)
		return PUR_EUNAVAILABLE;
	if (at_hand(db)->queued + 1 > 2 * QUEUE)
		return PUR_EINTERNAL;
	return send_prepare(db, q) ? PUR_OK : lose(db, PQerrorMessage(db->conn));
}

enum pur_rc
pur_db_forget(struct pur_db *db, struct pur_query *q)
{
	if (db->phase != OPEN)
		return PUR_EUNAVAILABLE;
	if (q->prepared != db->generation)
		return PUR_OK;
	if (at_hand(db)->queued + 1 > 2 * QUEUE + ENDS)
		return PUR_EINTERNAL;
	q->prepared = 0;
	return send_forget(db, q->name) ? PUR_OK : lose(db, PQerrorMessage(db->conn));
}

void
pur_db_tidy(struct pur_db *db)
{
	if (db->conn != NULL && db->phase == IDLE && db->flying == 0 &&
	    pur_time_now() - db->last_used > db->conf->database_idle * 1000000)
		disconnect(db);
}
