/*
 * Tests of db: a connection that is refused, never answers or is lost; what an error ends; when a
 * statement is prepared, and when a transaction is committed. The server is a thread of this
 * process that knows just enough of the protocol (PostgreSQL 15, chapter 55) and does what the
 * SQL tells it to.
 */
#include "db.h"
#include "log.h"
#include "row.h"
#include "support.h"
#include "timefmt.h"

#include <poll.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE 60 /* seconds the server waits for a client that should have gone long ago */
#define SHORT 200   /* milliseconds a client waits for a server that never answers */

/* ---- the server ---- */

/* How it treats a new connection. */
enum mood {
	WELL,
	CLOSES,          /* before a word is said */
	SILENT,          /* never greets */
	SILENT_AT_QUERY, /* greets, and then never answers the question for the role */
	DEAF,            /* reads nothing once a batch could begin */
};

struct prepared {
	char name[32], sql[96];
};

static struct {
	char folder[40];
	struct sockaddr_un address;
	int listener;
	pthread_t thread;
	_Atomic enum mood mood;
	_Atomic int connections, closed;
	bool sees_all;      /* the role, past row-level security */
	struct pur_buf log; /* what came, a line each; to be read when it has stopped */

	/* of a connection */
	int fd;
	struct pur_buf in;
	struct prepared statements[64];
	const char *current; /* the SQL to execute */
	char later[6];       /* SQLSTATE that the next Sync fails with */
	bool failed, hangs, leaves;
} server;

static void
answer(char type, const char *data, size_t len)
{
	struct pur_buf out = { .data = NULL };

	pur_buf_putc(&out, type);
	put32(&out, (int32_t)len + 4);
	pur_buf_put(&out, data, len);
	(void)!send(server.fd, out.data, out.len, MSG_NOSIGNAL);
	pur_buf_free(&out);
}

#define ANSWER(type, literal) answer((type), (literal), sizeof(literal) - 1)

/* Answers with an error: its SQLSTATE and the constraint behind it, "23505 orders_key". */
static void
answer_error(const char *what)
{
	struct pur_buf out = { .data = NULL };

	pur_buf_printf(&out, "SERROR%cVERROR%cC%.5s%cMfailed as told%cn%s%c%c", 0, 0, what, 0, 0,
		       strlen(what) > 6 ? what + 6 : "", 0, 0);
	answer('E', out.data, out.len);
	pur_buf_free(&out);
	server.failed = true;
}

/* Reads a message, the first of a connection without a type. Returns its type, 0 at the end. */
static char
read_message(bool first)
{
	char type = '?';
	uint32_t len;

	pur_buf_reset(&server.in);
	if ((!first && recv(server.fd, &type, 1, MSG_WAITALL) != 1) ||
	    recv(server.fd, &len, 4, MSG_WAITALL) != 4)
		return 0;
	len = be32toh(len) - 4;
	if (pur_buf_reserve(&server.in, len + 1) != 0 ||
	    (len > 0 && recv(server.fd, server.in.data, len, MSG_WAITALL) != (ssize_t)len))
		return 0;
	server.in.data[len] = '\0';
	return type;
}

/* The first is the unnamed one's place. */
static struct prepared *
find_statement(const char *name)
{
	for (size_t i = 0; i < N_OF(server.statements); i++) {
		if (strcmp(server.statements[i].name, name) == 0)
			return &server.statements[i];
	}
	return NULL;
}

static void
prepare(const char *name, const char *sql)
{
	struct prepared *p = server.statements;

	pur_buf_printf(&server.log, "prepare %s\n", name);
	if (name[0] != '\0' && find_statement(name) != NULL) {
		answer_error("42P05"); /* duplicate_prepared_statement */
		return;
	}
	while (name[0] != '\0' && (p == server.statements || p->name[0] != '\0'))
		p++;
	snprintf(p->name, sizeof(p->name), "%s", name);
	snprintf(p->sql, sizeof(p->sql), "%s", sql);
	ANSWER('1', "");
}

static void
bind_statement(const char *name)
{
	const struct prepared *p = find_statement(name);

	server.current = p != NULL ? p->sql : "";
	if (p == NULL)
		answer_error("26000"); /* invalid_sql_statement_name */
	else
		ANSWER('2', "");
}

/* Does what the statement says. */
static void
execute(const char *sql)
{
	struct prepared *p;

	pur_buf_printf(&server.log, "%s\n", sql);
	server.leaves = strcmp(sql, "leave") == 0 || strncmp(sql, "end ", 4) == 0;
	server.hangs = strcmp(sql, "hang") == 0;
	if (strncmp(sql, "fail ", 5) == 0 || strncmp(sql, "end ", 4) == 0)
		answer_error(strchr(sql, ' ') + 1);
	if (server.failed || server.leaves || server.hangs)
		return;
	if (strncmp(sql, "later ", 6) == 0)
		snprintf(server.later, sizeof(server.later), "%s", sql + 6);
	if (strncmp(sql, "DEALLOCATE ", 11) == 0 && (p = find_statement(sql + 11)) != NULL)
		p->name[0] = '\0';
	if (strcmp(sql, "row") == 0)
		ANSWER('D', "\0\1\0\0\0\x08\0\0\0\0\0\0\0\7");
	ANSWER('C', "DONE\0");
}

static void
sync_batch(void)
{
	pur_buf_puts(&server.log, "sync\n");
	if (!server.failed && server.later[0] != '\0')
		answer_error(server.later);
	server.later[0] = '\0';
	server.failed = false;
	if (strcmp(server.current, "hang at sync") == 0)
		server.hangs = true;
	else
		ANSWER('Z', "I");
	server.leaves = strcmp(server.current, "leave after") == 0;
}

/* One message of a batch; behind an error everything is skipped up to Sync. */
static void
obey(char type)
{
	const char *data = server.in.data;

	if (type == 'S')
		sync_batch();
	else if (server.failed)
		return;
	else if (type == 'P')
		prepare(data, data + strlen(data) + 1);
	else if (type == 'B')
		bind_statement(data + strlen(data) + 1);
	else if (type == 'D' && strcmp(server.current, "row") == 0)
		ANSWER('T', "\0\1n\0\0\0\0\0\0\0\0\0\0\x14\0\x08\xff\xff\xff\xff\0\1");
	else if (type == 'D')
		ANSWER('n', "");
	else if (type == 'E')
		execute(server.current);
}

static void
greet(void)
{
	if (read_message(true) == 0)
		return;
	pur_buf_printf(&server.log, "connect %s\n", server.in.data + 4 + sizeof("user"));
	ANSWER('R', "\0\0\0\0");
	ANSWER('Z', "I");
	if (read_message(false) != 'Q' || server.mood == SILENT_AT_QUERY)
		return;
	ANSWER('T', "\0\1s\0\0\0\0\0\0\0\0\0\0\x10\0\1\xff\xff\xff\xff\0\0");
	answer('D', server.sees_all ? "\0\1\0\0\0\1t" : "\0\1\0\0\0\1f", 7);
	ANSWER('C', "SELECT 1\0");
	ANSWER('Z', "I");
}

static void
serve_connection(void)
{
	const struct timeval patience = { .tv_sec = PATIENCE };

	setsockopt(server.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	memset(server.statements, 0, sizeof(server.statements));
	server.current = "";
	server.failed = server.hangs = server.leaves = false;
	server.connections++;
	if (server.mood == CLOSES)
		return;
	if (server.mood != SILENT)
		greet();
	if (server.mood == DEAF)
		poll(&(struct pollfd){ server.fd, POLLRDHUP, 0 }, 1, PATIENCE * 1000);
	/* Who says nothing reads on, and so sees the client go. */
	for (char type; !server.leaves && (type = read_message(false)) != 0 && type != 'X';) {
		if (server.mood == WELL && !server.hangs)
			obey(type);
	}
}

static void *
serve(void *unused)
{
	(void)unused;
	while ((server.fd = accept(server.listener, NULL, NULL)) >= 0) {
		serve_connection();
		close(server.fd);
		server.closed++;
	}
	return NULL;
}

static void
server_start(void)
{
	server.listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_true(server.listener >= 0);
	assert_int_equal(
	    bind(server.listener, (struct sockaddr *)&server.address, sizeof(server.address)), 0);
	assert_int_equal(listen(server.listener, 8), 0);
	assert_int_equal(pthread_create(&server.thread, NULL, serve, NULL), 0);
}

static void
server_stop(void)
{
	if (server.listener < 0)
		return;
	shutdown(server.listener, SHUT_RDWR);
	pthread_join(server.thread, NULL);
	close(server.listener);
	unlink(server.address.sun_path);
	server.listener = -1;
}

/* ---- the client ---- */

static struct pur_conf conf;
static char database[64];
static struct pur_db *db;
static struct pur_arena *arena;
static struct pur_query queries[48];

static int
setup(void **state)
{
	memset(queries, 0, sizeof(queries));
	server.mood = WELL;
	server.connections = server.closed = 0;
	server.sees_all = false;
	snprintf(server.folder, sizeof(server.folder), "/tmp/purser-test-db-XXXXXX");
	if (mkdtemp(server.folder) == NULL)
		return -1;
	server.address.sun_family = AF_UNIX;
	snprintf(server.address.sun_path, sizeof(server.address.sun_path), "%s/.s.PGSQL.5432",
		 server.folder);
	snprintf(database, sizeof(database), "host=%s port=5432", server.folder);
	conf = (struct pur_conf){ .database = database,
				  .passfile_dir = "",
				  .transaction = "implicit",
				  .database_wait = PATIENCE * 1000,
				  .database_idle = 300 };
	db = pur_db_new(&conf, "purser_test");
	arena = *state;
	server.listener = -1;
	return db == NULL ? -1 : 0;
}

static int
setup_served(void **state)
{
	if (setup(state) != 0)
		return -1;
	server_start();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pur_arena_reset(arena);
	pur_db_free(db);
	server_stop();
	pur_buf_free(&server.log);
	pur_buf_free(&server.in);
	return rmdir(server.folder);
}

/* The statement of that SQL; the same text is the same statement. */
static struct pur_query *
statement(const char *sql)
{
	struct pur_query *q = queries;

	while (q->sql != NULL && strcmp(q->sql, sql) != 0)
		q++;
	assert_true(q < queries + N_OF(queries));
	q->sql = sql;
	snprintf(q->name, sizeof(q->name), "q%d", (int)(q - queries));
	return q;
}

static void
begin(void)
{
	assert_int_equal(pur_db_begin(db, arena), PUR_OK);
}

static void
queue(const char *sql)
{
	assert_int_equal(pur_db_send(db, statement(sql), NULL, NULL), PUR_OK);
}

/* A batch of one statement, up to its commit. */
static enum pur_rc
run(const char *sql)
{
	begin();
	queue(sql);
	return pur_db_commit(db);
}

/* Ends both sides, and looks at what came to the server. */
static void
assert_served(const char *expected)
{
	pur_arena_reset(arena);
	pur_db_free(db);
	db = NULL;
	server_stop();
	assert_written(&server.log, expected);
}

static void
assert_lost(enum pur_rc rc)
{
	assert_int_equal(rc, PUR_EUNAVAILABLE);
	assert_string_equal(pur_db_error(db)->state, "08006");
	assert_string_not_equal(pur_db_error(db)->message, "");
	/* The batch is over, whatever is tried. */
	assert_int_equal(pur_db_flush(db), PUR_EUNAVAILABLE);
	assert_int_equal(pur_db_commit(db), PUR_EUNAVAILABLE);
}

/* Milliseconds since. */
static int64_t
since(int64_t begun)
{
	return (pur_time_now() - begun) / 1000;
}

/* The client gave up by itself, however slow the machine: else the server would have, later. */
static void
assert_gave_up(int64_t begun)
{
	assert_true(since(begun) < PATIENCE * 1000);
}

/* ---- connecting ---- */

static void
test_nobody_listens(void **state)
{
	(void)state;
	assert_lost(pur_db_begin(db, arena));
	assert_non_null(strstr(pur_db_error(db)->message, server.folder));
}

/* A server that is down must not be asked by every request. */
static void
test_pauses_between_tries_grow(void **state)
{
	int64_t begun = pur_time_now();

	(void)state;
	server.mood = CLOSES;
	assert_lost(pur_db_begin(db, arena));
	assert_int_equal(server.connections, 1);
	assert_int_equal(pur_db_begin(db, arena), PUR_EUNAVAILABLE);
	assert_int_equal(server.connections, 1);
	while (since(begun) < 1000) {
		assert_int_equal(pur_db_begin(db, arena), PUR_EUNAVAILABLE);
		usleep(1000);
	}
	assert_true(server.connections > 1);
	assert_true(server.connections < 15);
}

static void
test_it_heals_by_itself(void **state)
{
	int64_t begun;
	enum pur_rc rc;

	(void)state;
	assert_lost(pur_db_begin(db, arena));
	server_start();
	begun = pur_time_now();
	while ((rc = pur_db_begin(db, arena)) != PUR_OK && since(begun) < PATIENCE * 1000)
		usleep(1000);
	assert_int_equal(rc, PUR_OK);
	queue("a");
	assert_int_equal(pur_db_commit(db), PUR_OK);
	assert_served("connect purser_test\nprepare q0\na\nsync\n");
}

static void
test_a_server_that_never_greets(void **state)
{
	int64_t begun = pur_time_now();

	(void)state;
	server.mood = SILENT;
	assert_lost(pur_db_begin(db, arena));
	assert_gave_up(begun);
}

/* Every question has to end, the one for the role too. */
static void
test_a_server_that_falls_silent_once_it_has_greeted(void **state)
{
	int64_t begun = pur_time_now();

	(void)state;
	server.mood = SILENT_AT_QUERY;
	assert_lost(pur_db_begin(db, arena));
	assert_gave_up(begun);
}

/* Better no service than one that sees past row-level security. */
static void
test_a_role_that_sees_everything_is_refused(void **state)
{
	int status;
	pid_t child;

	(void)state;
	server.sees_all = true;
	fflush(NULL);
	child = fork();
	if (child == 0)
		_exit(pur_db_begin(db, arena) == PUR_OK ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 78);
}

/* ---- batches ---- */

static void
test_a_commit(void **state)
{
	PGresult *r = NULL;
	int64_t n = 0;
	struct pur_db_cost cost;

	(void)state;
	begin();
	assert_int_equal(pur_db_send(db, statement("row"), NULL, &r), PUR_OK);
	assert_null(r);
	queue("a");
	queue("row"); /* whose result nobody wants */
	assert_int_equal(pur_db_commit(db), PUR_OK);
	assert_int_equal(pur_row_int(r, 0, "n", &n), 0);
	assert_int_equal(n, 7);
	cost = pur_db_cost(db);
	assert_int_equal(cost.trips, 1);
	assert_int_equal(cost.statements, 3);
	assert_true(cost.micros > 0);
	cost = pur_db_cost(db);
	assert_true(cost.trips == 0 && cost.statements == 0 && cost.micros == 0);
	assert_int_equal(run("a"), PUR_OK);
	assert_served("connect purser_test\nprepare q0\nrow\nprepare q1\na\nrow\nsync\na\nsync\n");
}

static void
test_a_flush_leaves_the_transaction_open(void **state)
{
	PGresult *r = NULL;

	(void)state;
	begin();
	assert_int_equal(pur_db_send(db, statement("row"), NULL, &r), PUR_OK);
	assert_int_equal(pur_db_flush(db), PUR_OK);
	assert_int_equal(pur_rows_count(r), 1);
	queue("a");
	assert_int_equal(pur_db_flush(db), PUR_OK);
	assert_int_equal(pur_db_flush(db), PUR_OK);
	queue("b");
	assert_int_equal(pur_db_commit(db), PUR_OK);
	assert_int_equal(pur_db_cost(db).trips, 4);
	assert_served("connect purser_test\nprepare q0\nrow\nprepare q1\na\nprepare q2\nb\nsync\n");
}

static void
test_without_a_batch_nothing_is_sent(void **state)
{
	PGresult *r = NULL;

	(void)state;
	assert_int_equal(pur_db_send(db, statement("a"), NULL, &r), PUR_EUNAVAILABLE);
	assert_int_equal(pur_db_prepare(db, statement("a")), PUR_EUNAVAILABLE);
	assert_int_equal(pur_db_forget(db, statement("a")), PUR_EUNAVAILABLE);
	assert_int_equal(pur_db_flush(db), PUR_EUNAVAILABLE);
	assert_int_equal(pur_db_commit(db), PUR_EUNAVAILABLE);
	assert_int_equal(pur_db_rehearse(db), PUR_EUNAVAILABLE);
	pur_db_rollback(db);
	pur_db_tidy(db);
	assert_int_equal(server.connections, 0);
	pur_db_free(NULL);
}

static void
test_preparing_alone(void **state)
{
	(void)state;
	begin();
	assert_int_equal(pur_db_prepare(db, statement("a")), PUR_OK);
	assert_int_equal(pur_db_commit(db), PUR_OK);
	assert_int_equal(run("a"), PUR_OK);
	assert_served("connect purser_test\nprepare q0\nsync\na\nsync\n");
}

static void
test_a_rehearsal_checks_and_rolls_back(void **state)
{
	(void)state;
	begin();
	queue("a");
	assert_int_equal(pur_db_rehearse(db), PUR_OK);
	assert_int_equal(pur_db_flush(db), PUR_EUNAVAILABLE); /* it is over */
	assert_served("connect purser_test\nprepare q0\na\nprepare check\n"
		      "SET CONSTRAINTS ALL IMMEDIATE\nprepare rollback\nROLLBACK\nsync\n");
}

static void
test_a_rollback(void **state)
{
	(void)state;
	begin();
	queue("a");
	pur_db_rollback(db);
	assert_int_equal(pur_db_flush(db), PUR_EUNAVAILABLE);
	begin(); /* ends what was left open */
	queue("b");
	begin();
	queue("c");
	assert_int_equal(pur_db_commit(db), PUR_OK);
	assert_served("connect purser_test\nprepare q0\na\nprepare rollback\nROLLBACK\nsync\n"
		      "prepare q1\nb\nROLLBACK\nsync\nprepare q2\nc\nsync\n");
}

static void
test_what_may_be_taken_back_is_an_explicit_transaction(void **state)
{
	(void)state;
	assert_int_equal(pur_db_begin_undoable(db, arena), PUR_OK);
	queue("a");
	assert_int_equal(pur_db_commit(db), PUR_OK);
	assert_int_equal(pur_db_begin_undoable(db, arena), PUR_OK);
	queue("a");
	assert_int_equal(pur_db_flush(db), PUR_OK);
	pur_db_rollback(db);
	assert_int_equal(pur_db_begin_undoable(db, arena), PUR_OK);
	queue("a");
	assert_int_equal(pur_db_rehearse(db), PUR_OK);
	assert_int_equal(run("a"), PUR_OK); /* and the next isn't one */
	assert_served("connect purser_test\nprepare begin\nBEGIN\nprepare q0\na\nprepare commit\n"
		      "COMMIT\nsync\n"
		      "BEGIN\na\nprepare rollback\nROLLBACK\nsync\n"
		      "BEGIN\na\nprepare check\nSET CONSTRAINTS ALL IMMEDIATE\nROLLBACK\nsync\n"
		      "a\nsync\n");
}

static void
test_explicit_transactions(void **state)
{
	(void)state;
	pur_db_free(db);
	conf.transaction = "explicit";
	db = pur_db_new(&conf, "purser_test");
	assert_non_null(db);
	assert_int_equal(run("a"), PUR_OK);
	begin();
	queue("a");
	assert_int_equal(pur_db_flush(db), PUR_OK);
	queue("fail 23505 k");
	assert_int_equal(pur_db_commit(db), PUR_EDUPLICATE);
	begin();
	queue("fail 23505 k");
	assert_int_equal(pur_db_flush(db), PUR_EDUPLICATE);
	assert_int_equal(run("a"), PUR_OK);
	assert_served("connect purser_test\nprepare begin\nBEGIN\nprepare q0\na\nprepare commit\n"
		      "COMMIT\nsync\n"
		      "BEGIN\na\nprepare q1\nfail 23505 k\nsync\nprepare rollback\nROLLBACK\nsync\n"
		      "BEGIN\nfail 23505 k\nsync\nROLLBACK\nsync\n"
		      "BEGIN\na\nCOMMIT\nsync\n");
}

/* ---- errors ---- */

static void
test_an_error_is_mapped_and_ends_the_batch(void **state)
{
	PGresult *before = NULL, *behind = NULL;

	(void)state;
	begin();
	assert_int_equal(pur_db_send(db, statement("row"), NULL, &before), PUR_OK);
	queue("fail 23505 orders_slug_key");
	assert_int_equal(pur_db_send(db, statement("row"), NULL, &behind), PUR_OK);
	queue("a");
	assert_int_equal(pur_db_commit(db), PUR_EDUPLICATE);
	assert_non_null(before);
	assert_null(behind);
	assert_string_equal(pur_db_error(db)->state, "23505");
	assert_string_equal(pur_db_error(db)->constraint, "orders_slug_key");
	assert_string_equal(pur_db_error(db)->message, "failed as told");
	assert_int_equal(pur_db_flush(db), PUR_EUNAVAILABLE);
	/* The connection is good for the next; what the server skipped is prepared then. */
	assert_int_equal(run("a"), PUR_OK);
	assert_string_equal(pur_db_error(db)->state, "");
	assert_int_equal(server.connections, 1);
	assert_served("connect purser_test\nprepare q0\nrow\nprepare q1\n"
		      "fail 23505 orders_slug_key\nsync\nprepare q2\na\nsync\n");
}

static void
test_errors_of_a_flush(void **state)
{
	static const struct {
		const char *sql;
		enum pur_rc rc;
	} rows[] = {
		{ "fail PU401", PUR_EAUTH },     { "fail PU403", PUR_EFORBIDDEN },
		{ "fail 40001", PUR_ERETRY },    { "fail 40P01", PUR_ERETRY },
		{ "fail 23514 c", PUR_ERULE },   { "fail 57014", PUR_EUNAVAILABLE },
		{ "fail 42601", PUR_EINTERNAL }, { "fail 53100", PUR_ESPACE },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		begin();
		queue(rows[i].sql);
		assert_int_equal(pur_db_flush(db), rows[i].rc);
		assert_memory_equal(pur_db_error(db)->state, rows[i].sql + 5, 5);
		assert_int_equal(pur_db_commit(db), PUR_EUNAVAILABLE);
		assert_int_equal(run("a"), PUR_OK);
	}
	assert_int_equal(server.connections, 1);
}

/* A constraint that is checked at commit: all statements went well, and nothing was done. */
static void
test_an_error_at_commit(void **state)
{
	(void)state;
	assert_int_equal(run("later 23503"), PUR_EINUSE);
	assert_string_equal(pur_db_error(db)->state, "23503");
	assert_int_equal(run("a"), PUR_OK);
	assert_int_equal(server.connections, 1);
}

/* The server says that it stops, and is gone before the Sync is answered. */
static void
test_an_error_that_ends_the_session(void **state)
{
	(void)state;
	assert_int_equal(run("end 57P01"), PUR_EUNAVAILABLE);
	assert_int_equal(run("a"), PUR_OK);
	assert_int_equal(server.connections, 2);
}

/* ---- lost connections ---- */

static void
test_a_connection_closed_amid_a_batch(void **state)
{
	PGresult *r = NULL;

	(void)state;
	begin();
	queue("a");
	queue("leave");
	assert_int_equal(pur_db_send(db, statement("row"), NULL, &r), PUR_OK);
	assert_lost(pur_db_commit(db));
	assert_null(r);
	/* The next request has a new connection, and prepares there what it needs. */
	assert_int_equal(run("a"), PUR_OK);
	assert_served("connect purser_test\nprepare q0\na\nprepare q1\nleave\n"
		      "connect purser_test\nprepare q0\na\nsync\n");
}

static void
test_a_connection_closed_amid_a_flush(void **state)
{
	(void)state;
	begin();
	queue("leave");
	assert_lost(pur_db_flush(db));
	assert_int_equal(run("a"), PUR_OK);
	assert_int_equal(server.connections, 2);
}

/* A server may close what is idle: the next request doesn't notice. */
static void
test_a_connection_closed_between_batches(void **state)
{
	(void)state;
	assert_int_equal(run("leave after"), PUR_OK);
	while (server.closed == 0)
		usleep(1000);
	assert_int_equal(run("a"), PUR_OK);
	assert_served("connect purser_test\nprepare q0\nleave after\nsync\n"
		      "connect purser_test\nprepare q1\na\nsync\n");
}

static void
test_no_answer_in_time(void **state)
{
	int64_t begun;

	(void)state;
	begin();
	queue("hang");
	conf.database_wait = SHORT;
	begun = pur_time_now();
	assert_lost(pur_db_flush(db));
	assert_true(since(begun) >= SHORT - 10);
	assert_gave_up(begun);
	assert_string_equal(pur_db_error(db)->message, "no answer within database_wait");
	conf.database_wait = PATIENCE * 1000;
	assert_int_equal(run("a"), PUR_OK);
	assert_int_equal(server.connections, 2);
}

/* All statements are answered; whether they are committed nobody knows. */
static void
test_no_answer_to_the_commit(void **state)
{
	int64_t begun;

	(void)state;
	begin();
	queue("hang at sync");
	assert_int_equal(pur_db_flush(db), PUR_OK);
	conf.database_wait = SHORT;
	begun = pur_time_now();
	assert_lost(pur_db_commit(db));
	assert_true(since(begun) >= SHORT - 10);
	assert_gave_up(begun);
}

static void
test_a_connection_closed_at_the_commit(void **state)
{
	(void)state;
	begin();
	queue("a");
	assert_int_equal(pur_db_flush(db), PUR_OK);
	queue("leave");
	assert_lost(pur_db_commit(db));
}

/* What cannot be kept is refused before it is done: a failed commit has not committed. */
static void
test_a_result_that_the_arena_has_no_room_for(void **state)
{
	struct pur_arena *none = pur_arena_new(0);
	PGresult *r = NULL;

	(void)state;
	assert_non_null(none);
	assert_int_equal(pur_db_begin(db, none), PUR_OK);
	if (pur_db_send(db, statement("row"), NULL, &r) == PUR_OK)
		assert_int_equal(pur_db_commit(db), PUR_OK);
	pur_arena_free(none);
}

/* What is more than the socket takes at once needs a server that reads: that has its limit too. */
static void
test_a_server_that_reads_nothing(void **state)
{
	static char large[8 << 20];
	static const Oid types[] = { PUR_OID_TEXT };
	static struct pur_query q;
	struct pur_datum d = { .data = large, .len = sizeof(large) };
	int64_t begun;
	enum pur_rc rc;

	(void)state;
	server.mood = DEAF;
	memset(large, 'x', sizeof(large));
	q = (struct pur_query){ .name = "large", .sql = "a", .types = types, .n = 1 };
	begin();
	conf.database_wait = SHORT;
	begun = pur_time_now();
	rc = pur_db_send(db, &q, &d, NULL);
	assert_lost(rc == PUR_OK ? pur_db_commit(db) : rc);
	assert_gave_up(begun);
}

static void
test_an_unused_connection_is_closed(void **state)
{
	(void)state;
	begin();
	pur_db_rollback(db);
	pur_db_tidy(db); /* not yet: it is new */
	assert_int_equal(run("a"), PUR_OK);
	pur_db_tidy(db); /* not yet */
	assert_int_equal(run("a"), PUR_OK);
	conf.database_idle = 0;
	begin();
	usleep(1000);
	pur_db_tidy(db); /* not amid a batch */
	queue("a");
	assert_int_equal(pur_db_commit(db), PUR_OK);
	assert_int_equal(server.connections, 1);
	usleep(1000);
	pur_db_tidy(db);
	assert_int_equal(run("a"), PUR_OK);
	assert_int_equal(server.connections, 2);
}

/* ---- prepared statements ---- */

static void
test_a_queue_has_an_end(void **state)
{
	static const char *const sqls[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i",
					    "j", "k", "l", "m", "n", "o", "p", "q" };

	(void)state;
	begin();
	for (int i = 0; i < 16; i++)
		queue(sqls[i]);
	assert_int_equal(pur_db_send(db, statement(sqls[16]), NULL, NULL), PUR_EINTERNAL);
	assert_int_equal(pur_db_commit(db), PUR_OK);
	begin();
	for (int i = 0; i < 16; i++)
		queue(sqls[i]);
	assert_int_equal(pur_db_flush(db), PUR_OK);
	queue(sqls[16]);
	assert_int_equal(pur_db_commit(db), PUR_OK);
	assert_int_equal(server.connections, 1);
}

/* As many statements as may be queued, none of them prepared yet, can be ended in every way. */
static void
test_a_full_queue_can_be_rehearsed(void **state)
{
	static const char *const sqls[] = { "a", "b", "c", "d", "e", "f", "g", "h",
					    "i", "j", "k", "l", "m", "n", "o", "p" };

	(void)state;
	begin();
	for (int i = 0; i < 16; i++)
		queue(sqls[i]);
	assert_int_equal(pur_db_rehearse(db), PUR_OK);
}

static void
test_forgetting_a_statement(void **state)
{
	(void)state;
	assert_int_equal(run("a"), PUR_OK);
	begin();
	assert_int_equal(pur_db_forget(db, statement("a")), PUR_OK);
	assert_int_equal(pur_db_forget(db, statement("never prepared")), PUR_OK);
	queue("a");
	assert_int_equal(pur_db_commit(db), PUR_OK);
	assert_served("connect purser_test\nprepare q0\na\nsync\n"
		      "prepare \nDEALLOCATE q0\nprepare q0\na\nsync\n");
}

/*
 * An error before it makes the server skip it: the statement is still there. list.c forgets one
 * in the same batch that asks for the credential, so whoever has none could do this at will.
 */
static void
test_forgetting_a_statement_in_a_batch_that_fails(void **state)
{
	(void)state;
	assert_int_equal(run("a"), PUR_OK);
	begin();
	queue("fail PU401");
	assert_int_equal(pur_db_forget(db, statement("a")), PUR_OK);
	assert_int_equal(pur_db_commit(db), PUR_EAUTH);
	assert_int_equal(run("a"), PUR_OK);
}

/* The same, where another statement has taken its place and name meanwhile. */
static void
test_taking_the_place_of_a_statement_in_a_batch_that_fails(void **state)
{
	static struct pur_query other;

	(void)state;
	assert_int_equal(run("a"), PUR_OK);
	other = (struct pur_query){ .name = "q0", .sql = "b" };
	begin();
	queue("fail PU401");
	assert_int_equal(pur_db_forget(db, statement("a")), PUR_OK);
	assert_int_equal(pur_db_send(db, &other, NULL, NULL), PUR_OK);
	assert_int_equal(pur_db_commit(db), PUR_EAUTH);
	begin();
	assert_int_equal(pur_db_send(db, &other, NULL, NULL), PUR_OK);
	assert_int_equal(pur_db_commit(db), PUR_OK);
}

/* PostgreSQL sets no isolation level once a statement has run, of whatever kind. */
static void
test_what_is_left_to_forget_comes_behind_the_begin(void **state)
{
	(void)state;
	assert_int_equal(run("a"), PUR_OK);
	begin();
	queue("fail PU401");
	assert_int_equal(pur_db_forget(db, statement("a")), PUR_OK);
	assert_int_equal(pur_db_commit(db), PUR_EAUTH);
	assert_int_equal(pur_db_begin_snapshot(db, arena), PUR_OK);
	queue("b");
	assert_int_equal(pur_db_commit(db), PUR_OK);
	assert_served("connect purser_test\nprepare q0\na\nsync\nprepare q1\nfail PU401\nsync\n"
		      "prepare begin_snapshot\nBEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY\n"
		      "prepare \nDEALLOCATE q0\nprepare q2\nb\nprepare commit\nCOMMIT\nsync\n");
}

/* ---- batches that overlap ---- */

/* A batch of one statement that isn't waited for. */
static void
leave(const char *sql, PGresult **out)
{
	assert_true(pur_db_may_overlap(db));
	begin();
	assert_int_equal(pur_db_send(db, statement(sql), NULL, out), PUR_OK);
	assert_int_equal(pur_db_commit_later(db), PUR_OK);
}

static void
test_batches_that_overlap(void **state)
{
	struct pur_db_outcome outcomes[PUR_DB_FLIGHT];
	struct pur_arena *other = pur_arena_new((size_t)1 << 20);
	PGresult *first = NULL, *second = NULL;
	struct pur_db_cost cost;

	(void)state;
	assert_non_null(other);
	leave("row", &first);
	assert_int_equal(pur_db_begin(db, other), PUR_OK);
	queue("a");
	assert_int_equal(pur_db_send(db, statement("row"), NULL, &second), PUR_OK);
	assert_int_equal(pur_db_commit_later(db), PUR_OK);
	assert_int_equal(pur_db_commit(db), PUR_EUNAVAILABLE); /* there is none to be ended */
	assert_true(first == NULL && second == NULL);
	pur_db_await(db, outcomes);
	assert_true(outcomes[0].rc == PUR_OK && outcomes[1].rc == PUR_OK);
	assert_int_equal(pur_rows_count(first), 1);
	assert_int_equal(pur_rows_count(second), 1);
	assert_true(pur_arena_used(other) > 0); /* each result lives with its own batch */
	pur_db_recall(db, &outcomes[1]);
	cost = pur_db_cost(db);
	assert_true(cost.trips == 1 && cost.statements == 2 && cost.micros > 0);
	pur_db_await(db, outcomes); /* of nothing */
	assert_int_equal(run("a"), PUR_OK);
	assert_int_equal(pur_db_cost(db).statements, 1);
	pur_arena_free(other);
	assert_served(
	    "connect purser_test\nprepare q0\nrow\nsync\nprepare q1\na\nrow\nsync\na\nsync\n");
}

static void
test_a_batch_that_fails_between_others(void **state)
{
	struct pur_db_outcome outcomes[PUR_DB_FLIGHT];
	PGresult *before = NULL, *behind = NULL;

	(void)state;
	leave("row", &before);
	leave("fail 23505 k", NULL);
	leave("row", &behind);
	pur_db_await(db, outcomes);
	assert_true(outcomes[0].rc == PUR_OK && outcomes[2].rc == PUR_OK);
	assert_true(pur_rows_count(before) == 1 && pur_rows_count(behind) == 1);
	assert_int_equal(outcomes[1].rc, PUR_EDUPLICATE);
	pur_db_recall(db, &outcomes[1]);
	assert_string_equal(pur_db_error(db)->constraint, "k");
	assert_int_equal(run("a"), PUR_OK);
	assert_int_equal(server.connections, 1);
}

/* The server skipped its Parse behind an error in the batch before, so the next lacks it. */
static void
test_a_statement_that_the_batch_before_did_not_prepare(void **state)
{
	struct pur_db_outcome outcomes[PUR_DB_FLIGHT];

	(void)state;
	begin();
	queue("fail PU401");
	queue("a");
	assert_int_equal(pur_db_commit_later(db), PUR_OK);
	leave("a", NULL);
	pur_db_await(db, outcomes);
	assert_int_equal(outcomes[0].rc, PUR_EAUTH);
	assert_int_equal(outcomes[1].rc, PUR_ERETRY);
	assert_int_equal(run("a"), PUR_OK);
	assert_int_equal(server.connections, 1);
}

/* Else it could run the statement that was to be forgotten, by the name of the new one. */
static void
test_none_follows_what_forgets_a_statement(void **state)
{
	struct pur_db_outcome outcomes[PUR_DB_FLIGHT];

	(void)state;
	assert_int_equal(run("a"), PUR_OK);
	begin();
	queue("fail PU401");
	assert_int_equal(pur_db_forget(db, statement("a")), PUR_OK);
	assert_int_equal(pur_db_commit_later(db), PUR_OK);
	assert_false(pur_db_may_overlap(db));
	pur_db_await(db, outcomes);
	assert_true(pur_db_may_overlap(db));
	begin();
	assert_int_equal(pur_db_forget(db, statement("a")), PUR_OK);
	assert_int_equal(pur_db_commit(db), PUR_OK);
	leave("a", NULL);
	assert_true(pur_db_may_overlap(db));
	pur_db_await(db, outcomes);
	assert_int_equal(outcomes[0].rc, PUR_OK);
}

static void
test_a_connection_closed_under_several_batches(void **state)
{
	struct pur_db_outcome outcomes[PUR_DB_FLIGHT];
	PGresult *first = NULL, *last = NULL;

	(void)state;
	leave("row", &first);
	leave("leave", NULL);
	leave("row", &last);
	pur_db_await(db, outcomes);
	assert_int_equal(outcomes[0].rc, PUR_OK);
	assert_int_equal(pur_rows_count(first), 1);
	for (int i = 1; i < 3; i++) {
		assert_int_equal(outcomes[i].rc, PUR_EUNAVAILABLE);
		assert_string_equal(outcomes[i].error.state, "08006");
	}
	assert_null(last);
	assert_int_equal(run("a"), PUR_OK);
	assert_int_equal(server.connections, 2);
}

static void
test_so_many_may_overlap(void **state)
{
	struct pur_db_outcome outcomes[PUR_DB_FLIGHT];

	(void)state;
	for (int i = 0; i < PUR_DB_FLIGHT; i++)
		leave("a", NULL);
	assert_false(pur_db_may_overlap(db));
	assert_int_equal(pur_db_begin(db, arena), PUR_EUNAVAILABLE);
	pur_db_await(db, outcomes);
	for (int i = 0; i < PUR_DB_FLIGHT; i++)
		assert_int_equal(outcomes[i].rc, PUR_OK);
	conf.transaction = "explicit";
	pur_db_free(db);
	db = pur_db_new(&conf, "purser_test");
	assert_false(pur_db_may_overlap(db));
}

/* What is lost is logged: nobody has to read that here. */
static int
start(void **state)
{
	if (sodium_init() < 0 || pur_log_open("test", "/dev/null", PUR_ERROR) != 0)
		return -1;
	return new_arena(state);
}

static void
test_a_snapshot_is_a_transaction_that_only_reads(void **state)
{
	(void)state;
	assert_int_equal(pur_db_begin_snapshot(db, arena), PUR_OK);
	queue("a");
	assert_int_equal(pur_db_flush(db), PUR_OK);
	queue("b");
	assert_int_equal(pur_db_commit(db), PUR_OK);
	assert_int_equal(pur_db_begin_snapshot(db, arena), PUR_OK);
	pur_db_rollback(db);
	assert_int_equal(run("a"), PUR_OK); /* and the next isn't one */
	assert_served("connect purser_test\nprepare begin_snapshot\n"
		      "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY\nprepare q0\na\n"
		      "prepare q1\nb\nprepare commit\nCOMMIT\nsync\n"
		      "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY\nprepare rollback\n"
		      "ROLLBACK\nsync\na\nsync\n");
}

/* A stretch's rows go with their own arena, and those of the request stay. */
static void
test_results_that_are_kept_elsewhere(void **state)
{
	struct pur_arena *stretch = pur_arena_new((size_t)1 << 20);
	PGresult *kept = NULL, *gone = NULL, *last = NULL;
	size_t used;

	(void)state;
	assert_non_null(stretch);
	begin();
	assert_int_equal(pur_db_send(db, statement("row"), NULL, &kept), PUR_OK);
	assert_int_equal(pur_db_flush(db), PUR_OK);
	assert_int_equal(pur_rows_count(kept), 1);
	used = pur_arena_used(arena);
	pur_db_keep_in(db, stretch);
	assert_int_equal(pur_db_send(db, statement("row"), NULL, &gone), PUR_OK);
	assert_int_equal(pur_db_flush(db), PUR_OK);
	assert_int_equal(pur_rows_count(gone), 1);
	assert_int_equal(pur_arena_used(arena), used);
	assert_true(pur_arena_used(stretch) > 0);
	pur_arena_free(stretch);
	pur_db_keep_in(db, arena);
	assert_int_equal(pur_db_send(db, statement("row"), NULL, &last), PUR_OK);
	assert_int_equal(pur_db_commit(db), PUR_OK);
	assert_int_equal(pur_rows_count(kept), 1);
	assert_int_equal(pur_rows_count(last), 1);
	assert_true(pur_arena_used(arena) > used);
}

int
main(void)
{
#define UNSERVED(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define SERVED(name) cmocka_unit_test_setup_teardown(name, setup_served, teardown)
	const struct CMUnitTest tests[] = {
		UNSERVED(test_nobody_listens),
		UNSERVED(test_it_heals_by_itself),
		SERVED(test_pauses_between_tries_grow),
		SERVED(test_a_server_that_never_greets),
		SERVED(test_a_server_that_falls_silent_once_it_has_greeted),
		SERVED(test_a_role_that_sees_everything_is_refused),
		SERVED(test_a_commit),
		SERVED(test_a_flush_leaves_the_transaction_open),
		SERVED(test_without_a_batch_nothing_is_sent),
		SERVED(test_preparing_alone),
		SERVED(test_a_rehearsal_checks_and_rolls_back),
		SERVED(test_a_rollback),
		SERVED(test_what_may_be_taken_back_is_an_explicit_transaction),
		SERVED(test_explicit_transactions),
		SERVED(test_a_snapshot_is_a_transaction_that_only_reads),
		SERVED(test_results_that_are_kept_elsewhere),
		SERVED(test_an_error_is_mapped_and_ends_the_batch),
		SERVED(test_errors_of_a_flush),
		SERVED(test_an_error_at_commit),
		SERVED(test_an_error_that_ends_the_session),
		SERVED(test_a_connection_closed_amid_a_batch),
		SERVED(test_a_connection_closed_amid_a_flush),
		SERVED(test_a_connection_closed_between_batches),
		SERVED(test_no_answer_in_time),
		SERVED(test_no_answer_to_the_commit),
		SERVED(test_a_connection_closed_at_the_commit),
		SERVED(test_a_result_that_the_arena_has_no_room_for),
		SERVED(test_a_server_that_reads_nothing),
		SERVED(test_an_unused_connection_is_closed),
		SERVED(test_a_queue_has_an_end),
		SERVED(test_a_full_queue_can_be_rehearsed),
		SERVED(test_forgetting_a_statement),
		SERVED(test_forgetting_a_statement_in_a_batch_that_fails),
		SERVED(test_taking_the_place_of_a_statement_in_a_batch_that_fails),
		SERVED(test_what_is_left_to_forget_comes_behind_the_begin),
		SERVED(test_batches_that_overlap),
		SERVED(test_a_batch_that_fails_between_others),
		SERVED(test_a_statement_that_the_batch_before_did_not_prepare),
		SERVED(test_none_follows_what_forgets_a_statement),
		SERVED(test_a_connection_closed_under_several_batches),
		SERVED(test_so_many_may_overlap),
	};

	return cmocka_run_group_tests(tests, start, free_arena);
}
