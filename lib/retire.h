/*
 * retire: a route, or a whole version of the API, that will be gone: how its answers say so.
 * Source: RFC 9745 (Deprecation), RFC 8594 (Sunset), RFC 5829 (successor-version).
 */
#ifndef PUR_RETIRE_H
#define PUR_RETIRE_H

#include "reply.h"
#include "route.h"

/* Versions of the API that are being retired, by number. */
#define PUR_VERSIONS 2
extern const struct pur_retirement pur_versions[PUR_VERSIONS + 1];

/*
 * What is wrong with a retirement of the tables, or NULL: times are RFC 3339, the end isn't before
 * the beginning, and nothing ends that was not deprecated.
 */
const char *pur_retirement_fault(const struct pur_retirement *r);

/*
 * Adds Deprecation, Sunset and Link to an answer of something that is being retired: as its route
 * says, or else its version.
 * a: for the texts; headers are left out when it is full.
 */
void pur_retirement_tell(struct pur_arena *a, struct pur_reply *reply,
			 const struct pur_retirement *route, const struct pur_retirement *version);

#endif
