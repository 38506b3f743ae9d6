/*
 * reply: an answer, built whole before a byte of it is sent.
 */
#ifndef PUR_REPLY_H
#define PUR_REPLY_H

#include "arena.h"
#include "buf.h"
#include "error.h"
#include <stdint.h>
#include <stdio.h>

struct pur_reply {
	int status;
	struct pur_buf body;
	FILE *file;             /* sent instead of the body; its owner closes it after */
	int64_t file_len;       /* bytes of it */
	const char *type;       /* Content-Type; NULL: application/json */
	const char *cache;      /* Cache-Control */
	const char *etag;       /* with its quotes */
	const char *location;   /* a path */
	struct pur_buf headers; /* further lines, each with its CRLF */
};

/* Forgets an answer; memory is kept for the next. */
void pur_reply_reset(struct pur_reply *r);

/* Adds a header line. value must hold no control characters: such a header is left out. */
void pur_reply_header(struct pur_reply *r, const char *name, const char *value);

/*
 * Makes the body of an error: the contract's envelope, or application/problem+json (RFC 9457).
 * extra: further members of the object (`"status":"approved"`), or NULL.
 * request_id: stands in problem details as `instance`.
 */
void pur_reply_error(struct pur_reply *r, const struct pur_error *e, int problem, const char *extra,
		     const char *request_id);

/*
 * Writes status and headers as CGI wants them (RFC 3875, section 6), with Content-Length of the
 * body; 304 and 204 bear none.
 */
void pur_reply_head(const struct pur_reply *r, const char *request_id, struct pur_buf *out);

#endif
