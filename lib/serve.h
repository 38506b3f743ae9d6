/*
 * serve: the FastCGI loop of a program.
 *
 * Requests are taken from new connections and from the kept ones, whichever have a whole one:
 * neither a kept connection that is idle nor half a request keeps others waiting. Those that are
 * there at the same time and only read go to the database together; any other is served alone. On
 * SIGTERM no new connection is taken, the kept ones are served until the peer closes them or five
 * seconds have passed. SIGHUP opens the log again.
 */
#ifndef PUR_SERVE_H
#define PUR_SERVE_H

#include "req.h"

/*
 * Serves requests that come over the listening socket `listener` until SIGTERM.
 * rq: with the process's members set. Returns 0 after draining, -1 when it could not begin.
 */
int pur_serve(struct pur_req *rq, int listener) PUR_MUST;

#endif
