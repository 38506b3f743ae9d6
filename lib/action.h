/*
 * action: what code in a handler can do with its request.
 *
 * Most routes need no code. A .run action queues statements, waits for them, decides, and makes
 * the answer; the library authenticates before, commits and sends after it has returned PUR_OK.
 * An action never frees, never sends, never commits half a thing.
 */
#ifndef PUR_ACTION_H
#define PUR_ACTION_H

#include "job.h"
#include "req.h"

/* The id of what this request creates: the argument @id. */
struct pur_uuid pur_new_id(const struct pur_req *rq);

/* The memory of the request, and the configuration. */
struct pur_arena *pur_arena_of(const struct pur_req *rq);
const struct pur_conf *pur_conf_of(const struct pur_req *rq);

/* The tenant the credential names. */
const struct pur_uuid *pur_tenant(const struct pur_req *rq);

/* Who is logged in, once waited for, or who pur_enter() said. */
const struct pur_uuid *pur_actor(const struct pur_req *rq);

/* The role of whoever is logged in ("admin"), once waited for; "" for an API key. */
const char *pur_role(const struct pur_req *rq);

/* A field of the body that was read; NULL when the route reads no such field. */
const struct pur_value *pur_body(const struct pur_req *rq, const char *name);

/*
 * Sets the argument `=name:type` of the statements to come. name is borrowed for the request, text
 * and bytes too. text NULL sets SQL NULL.
 */
void pur_set_text(struct pur_req *rq, const char *name, const char *text);
void pur_set_bytes(struct pur_req *rq, const char *name, const void *data, size_t len);
void pur_set_uuid(struct pur_req *rq, const char *name, const struct pur_uuid *id);
void pur_set_int(struct pur_req *rq, const char *name, int64_t n);

/*
 * Queues a statement. PUR_OK, PUR_ENOTFOUND (the path's key can't be one) or an error that is in
 * the request already: return it.
 */
enum pur_rc pur_do(struct pur_req *rq, int stmt) PUR_MUST;

/* Sends what is queued and waits. The transaction stays open. Errors as pur_do(). */
enum pur_rc pur_wait(struct pur_req *rq) PUR_MUST;

/*
 * Commits what was done so far, before the action ends: a counter that must survive a refusal, or
 * to leave no transaction open over slow work. What follows is a new transaction.
 */
enum pur_rc pur_commit(struct pur_req *rq) PUR_MUST;

/* The rows a statement gave, once waited for; NULL when it hasn't run. Read with row.h. */
const PGresult *pur_rows(const struct pur_req *rq, int stmt);

/* In a public route: from here on statements run inside this tenant, as this user (or nobody). */
void pur_enter(struct pur_req *rq, const struct pur_uuid *tenant, const struct pur_uuid *user);

/*
 * Queues a job for the worker, in the tenant one is in. It is there when the request is committed.
 */
enum pur_rc pur_enqueue(struct pur_req *rq, const struct pur_job *job) PUR_MUST;

/* Enters a tenant in the midst of a batch, as this user. */
enum pur_rc pur_move(struct pur_req *rq, const struct pur_uuid *tenant,
		     const struct pur_uuid *user) PUR_MUST;

/*
 * Records the route's event, besides the one that is recorded at the end: for what it does in more
 * than one tenant.
 */
enum pur_rc pur_record(struct pur_req *rq, const struct pur_uuid *object) PUR_MUST;

/* Adds a member to the one thing of the answer: a secret that is shown this once. */
void pur_show(struct pur_req *rq, const char *name, const char *text);

/* What the route's event is about, when it isn't the first column of the answer. */
void pur_object(struct pur_req *rq, const struct pur_uuid *id);

/*
 * Answers with the rows of a statement, as a data route would; where it had to give one and gave
 * none, refuses as the route's guard says.
 */
enum pur_rc pur_answer(struct pur_req *rq, int stmt) PUR_MUST;

/* Queues a statement, waits for it and answers with its rows: how most actions end. */
enum pur_rc pur_respond(struct pur_req *rq, int stmt) PUR_MUST;

/* Answers with what the action writes itself: the buffer to write one JSON object into. */
struct pur_buf *pur_answer_begin(struct pur_req *rq);

/* Has a browser keep a session's token for so many seconds; 0 makes it forget. */
void pur_set_cookie(struct pur_req *rq, const char *token, long seconds);

/*
 * Refuses: returns rc with a message for people (NULL: the error's usual one). With field, a fault
 * is added to the details. Returns rc.
 */
enum pur_rc pur_fail(struct pur_req *rq, enum pur_rc rc, const char *message, ...)
    __attribute__((format(printf, 3, 4)));
void pur_fault(struct pur_req *rq, const char *field, const char *message, ...)
    __attribute__((format(printf, 3, 4)));

/* In an .explain: what the request is refused with; refuses with something else that goes first. */
enum pur_rc pur_refused(const struct pur_req *rq);
enum pur_rc pur_refuse_instead(struct pur_req *rq, enum pur_rc rc, const char *message);

/* The parts of the library's way that request.c shares with actions. */
enum pur_rc pur_batch_begin(struct pur_req *rq) PUR_MUST;
enum pur_rc pur_batch_failed(struct pur_req *rq, enum pur_rc rc) PUR_MUST;
void pur_batch_learn(struct pur_req *rq);

#endif
