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
 * Answers rq->in: afterwards rq->reply is ready to be sent. Never fails: what goes wrong becomes
 * an error reply. The process's members of rq must be set; the others are made here.
 */
void pur_request_handle(struct pur_req *rq);

/* What waits until the answer has gone: the session's last_seen. */
void pur_request_after(struct pur_req *rq);

#endif
