/*
 * fake_db: stands in for db.c. What a batch does is written down as words ("begin authenticate s1
 * commit"), and statements give the rows, or fail as, a test has said by their names.
 */
#ifndef PUR_TEST_FAKE_DB_H
#define PUR_TEST_FAKE_DB_H

#include "db.h"
#include "support.h"

#define FAKE_MOST 16

/* What a statement comes to; unknown ones give no rows. */
struct fake_result {
	const char *name;
	PGresult *rows;
	enum pur_rc rc;         /* of the batch it is in, when it isn't PUR_OK */
	const char *constraint; /* that was broken */
	int times;              /* it fails so often; 0: always */
	PGresult *then;         /* the next time; NULL: the same again */
};

static struct {
	char trace[1024];
	struct fake_result results[FAKE_MOST];
	int n;
	struct {
		const char *name;
		PGresult **out;
	} queued[FAKE_MOST];
	int n_queued;
	int begins, lost_at; /* the begin, counted from 1, at which the server is gone; 0: never */
	struct pur_db_error error;
	struct pur_datum roles; /* or scopes, that authenticate...() was asked for, last */
	char entered[120];      /* user, key and session that enter was given, last */
	void (*saw)(const struct pur_query *q,
		    const struct pur_datum *binds); /* each that is sent */
	struct pur_arena *arena;                    /* that results are kept in */
} fake;

static inline void
fake_word(const char *word)
{
	size_t len = strlen(fake.trace);

	assert_true(len + strlen(word) + 2 < sizeof(fake.trace));
	snprintf(fake.trace + len, sizeof(fake.trace) - len, "%s%s", len > 0 ? " " : "", word);
}

/* Compares what was done since the last time. */
static inline void
assert_done(const char *expected)
{
	assert_string_equal(fake.trace, expected);
	fake.trace[0] = '\0';
}

static inline void
fake_says(const struct fake_result *result)
{
	assert_true(fake.n < FAKE_MOST);
	fake.results[fake.n++] = *result;
}

#define STATEMENT_GIVES(statement, result)                                                         \
	fake_says(&(struct fake_result){ .name = (statement), .rows = (result) })
#define STATEMENT_FAILS(statement, ...)                                                            \
	fake_says(&(struct fake_result){ .name = (statement), __VA_ARGS__ })

static inline void
fake_clear(struct fake_result *r)
{
	PQclear(r->rows);
	PQclear(r->then);
}

/* Forgets all of it, and releases the rows. */
static inline void
fake_reset(void)
{
	for (int i = 0; i < fake.n; i++)
		fake_clear(&fake.results[i]);
	memset(&fake, 0, sizeof(fake));
}

/* Every statement that was queued gives its rows, up to the first that fails. */
static inline enum pur_rc
fake_answer(const char *word)
{
	int n = fake.n_queued;

	if (*word != '\0')
		fake_word(word);
	fake.n_queued = 0;
	for (int i = 0; i < n; i++) {
		for (struct fake_result *r = fake.results; r < fake.results + fake.n; r++) {
			if (strcmp(r->name, fake.queued[i].name) != 0)
				continue;
			if (r->rc != PUR_OK && r->times >= 0) {
				if (r->times > 0 && --r->times == 0)
					r->times = -1; /* enough */
				snprintf(fake.error.constraint, sizeof(fake.error.constraint), "%s",
					 r->constraint != NULL ? r->constraint : "");
				return r->rc;
			}
			if (fake.queued[i].out != NULL && r->rows != NULL)
				*fake.queued[i].out = r->rows;
			if (r->then != NULL) {
				PGresult *first = r->rows;

				r->rows = r->then;
				r->then = first;
			}
		}
	}
	return PUR_OK;
}

enum pur_rc
pur_db_begin(struct pur_db *db, struct pur_arena *arena)
{
	(void)db;
	fake.arena = arena;
	fake.n_queued = 0;
	memset(&fake.error, 0, sizeof(fake.error));
	fake_word("begin");
	return ++fake.begins == fake.lost_at ? PUR_EUNAVAILABLE : PUR_OK;
}

enum pur_rc
pur_db_begin_undoable(struct pur_db *db, struct pur_arena *arena)
{
	enum pur_rc rc = pur_db_begin(db, arena);

	fake_word("undoable");
	return rc;
}

enum pur_rc
pur_db_begin_snapshot(struct pur_db *db, struct pur_arena *arena)
{
	enum pur_rc rc = pur_db_begin(db, arena);

	fake_word("snapshot");
	return rc;
}

void
pur_db_keep_in(struct pur_db *db, struct pur_arena *arena)
{
	(void)db;
	fake.arena = arena;
}

enum pur_rc
pur_db_send(struct pur_db *db, struct pur_query *q, const struct pur_datum *binds, PGresult **out)
{
	(void)db;
	assert_true(fake.n_queued < FAKE_MOST);
	for (int i = 0; i < q->n; i++)
		assert_true(binds[i].data != NULL || binds[i].len == 0);
	if (strncmp(q->name, "authenticate", 12) == 0)
		fake.roles = binds[2];
	if (strcmp(q->name, "enter") == 0)
		snprintf(fake.entered, sizeof(fake.entered), "%.*s %.*s %.*s", binds[1].len,
			 binds[1].data, binds[2].len, binds[2].data, binds[3].len, binds[3].data);
	if (fake.saw != NULL)
		fake.saw(q, binds);
	fake.queued[fake.n_queued].name = q->name;
	fake.queued[fake.n_queued++].out = out;
	fake_word(q->name);
	return PUR_OK;
}

enum pur_rc
pur_db_flush(struct pur_db *db)
{
	(void)db;
	return fake_answer("flush");
}

enum pur_rc
pur_db_commit(struct pur_db *db)
{
	(void)db;
	return fake_answer("commit");
}

bool
pur_db_may_overlap(const struct pur_db *db)
{
	(void)db;
	return true;
}

enum pur_rc
pur_db_commit_later(struct pur_db *db)
{
	(void)db;
	fake_word("commit");
	return PUR_OK;
}

void
pur_db_await(struct pur_db *db, struct pur_db_outcome *outcomes)
{
	(void)db;
	outcomes[0] = (struct pur_db_outcome){ .rc = fake_answer("") };
	outcomes[0].error = fake.error;
}

void
pur_db_recall(struct pur_db *db, const struct pur_db_outcome *o)
{
	(void)db;
	fake.error = o->error;
}

enum pur_rc
pur_db_rehearse(struct pur_db *db)
{
	(void)db;
	return fake_answer("rehearse");
}

void
pur_db_rollback(struct pur_db *db)
{
	(void)db;
	fake_word("rollback");
}

enum pur_rc
pur_db_forget(struct pur_db *db, struct pur_query *q)
{
	(void)db;
	(void)q;
	return PUR_OK;
}

const struct pur_db_error *
pur_db_error(const struct pur_db *db)
{
	(void)db;
	return &fake.error;
}

struct pur_db_cost
pur_db_cost(struct pur_db *db)
{
	(void)db;
	return (struct pur_db_cost){ .trips = 0 };
}

/* What authenticate() gives of somebody in a role. */
static inline PGresult *
logged_in_as(const char *role)
{
	static const struct column columns[] = { { "user_id", PUR_OID_UUID },
						 { "session_id", PUR_OID_UUID },
						 { "role", PUR_OID_TEXT },
						 { "currency", PUR_OID_TEXT },
						 { "touch", PUR_OID_BOOL } };
	PGresult *r = new_result(columns, N_OF(columns));

	set_uuid(r, 0, 0, "01890a5d-ac96-774b-bcce-b302099a0001");
	set_uuid(r, 0, 1, "01890a5d-ac96-774b-bcce-b302099a0002");
	set_text(r, 0, 2, role);
	set_text(r, 0, 3, "EUR");
	set_bytes(r, 0, 4, "\0", 1);
	return r;
}

/* What authenticate_key() gives: a key is nobody, and stands where a session does. */
static inline PGresult *
let_in_by_key(void)
{
	PGresult *r = logged_in_as("");

	set_null(r, 0, 0);
	set_null(r, 0, 2);
	return r;
}

#endif
