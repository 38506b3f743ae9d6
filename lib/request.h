/*
 * request: the one way every request goes, from its match to its reply.
 *
 *   route -> credential -> input -> one batch: authenticate, statements, event, stored answer ->
 *   commit -> reply
 *
 * Refusals win in this order: 404 route, 405, 406, 401, 403, 415/413, 400, 404 thing, 412, 409,
 * 422. The reply is whole before a byte of it is sent, and nothing is sent before the commit.
 */
#ifndef PUR_REQUEST_H
#define PUR_REQUEST_H

#include "req.h"

/*
 * Takes rq->in up to its statements. The process's members of rq must be set; the others are made
 * here. Returns true when it has sent them and left: with other such requests it is awaited by
 * pur_db_await(), whose outcome of it becomes rq->outcome. Only reads do so. False: it wants the
 * connection for itself, when nothing is under way any more.
 */
bool pur_request_start(struct pur_req *rq);

/*
 * Goes on to the end: afterwards rq->reply is ready to be sent. Never fails: what goes wrong
 * becomes an error reply.
 */
void pur_request_finish(struct pur_req *rq);

/* Both, of a request that is alone. */
void pur_request_handle(struct pur_req *rq);

/* What waits until the answer has gone: the session's last_seen. */
void pur_request_after(struct pur_req *rq);

#endif
