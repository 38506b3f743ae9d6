/*
 * intake: everything about a request that can be judged before the database is asked.
 */
#ifndef PUR_INTAKE_H
#define PUR_INTAKE_H

#include "req.h"

/* Body limit for JSON, bytes. */
#define PUR_BODY_MOST (256 * 1024)

/*
 * First look: route, method, version, credential. What fails here is answered at once.
 * Returns PUR_OK, PUR_ENOTFOUND, PUR_EMETHOD, PUR_EACCEPT, PUR_EAUTH or PUR_ETOOLARGE; the
 * error stands in rq->error.
 */
enum pur_rc pur_intake_route(struct pur_req *rq) PUR_MUST;

/*
 * Second look: origin of a cookie's write, media type, size, headers, query, body. What fails here
 * is answered only after the credential was found good (401 and 403 win over 4xx of the input).
 * Returns PUR_OK, PUR_EFORBIDDEN, PUR_EMEDIA, PUR_ETOOLARGE, PUR_EJSON, PUR_EINPUT, PUR_EBODY or
 * PUR_ENOTFOUND.
 */
enum pur_rc pur_intake_input(struct pur_req *rq) PUR_MUST;

/* Refuses a body: "Order could not be created". The details say why. Returns PUR_EBODY. */
enum pur_rc pur_intake_bad_body(struct pur_req *rq);

#endif
