/*
 * answer: from what the database gave to the reply.
 */
#ifndef PUR_ANSWER_H
#define PUR_ANSWER_H

#include "req.h"
#include "row.h"

/*
 * Makes the answer of a statement that has run: one row as {"data": {...}}, or a page with its
 * total. Sets status (200; 201 with Location where the route creates), ETag and Cache-Control.
 * Returns PUR_OK, or PUR_EINTERNAL.
 */
enum pur_rc pur_answer_make(struct pur_req *rq, int stmt) PUR_MUST;

/* How rows are to look in this answer. */
struct pur_row_style pur_answer_style(const struct pur_req *rq);

/* Sets Location to the id of this request's new thing, below the path it was posted to. */
void pur_answer_created(struct pur_req *rq);

/* The status of the route's success. */
int pur_answer_status(const struct pur_route *r);

/* Cache-Control of the route; of a public one too. */
const char *pur_answer_cache(const struct pur_route *r);

/* Turns a 200 into 304 when If-None-Match holds (RFC 9110, 13.1.2). */
void pur_answer_validate(struct pur_req *rq);

/* Why a guarded write hit no row: 404, 412, 409, in this order; `guard` is what stands there. */
enum pur_rc pur_answer_guard(struct pur_req *rq, const PGresult *guard) PUR_MUST;

/* Whether If-Match, which was sent, has a revision. */
bool pur_answer_matches(const struct pur_req *rq, int64_t revision);

/* What an error of the database means to this resource: named constraints have their own words. */
enum pur_rc pur_answer_db_error(struct pur_req *rq, enum pur_rc rc) PUR_MUST;

#endif
