/*
 * http: the pieces of HTTP's text that requests and answers are made of. No I/O.
 * Source: RFC 9110, RFC 3986, RFC 6265.
 */
#ifndef PUR_HTTP_H
#define PUR_HTTP_H

#include "arena.h"
#include <stddef.h>

enum pur_method {
	PUR_METHOD_UNKNOWN = 0,
	PUR_GET = 1 << 0, /* answers HEAD too */
	PUR_POST = 1 << 1,
	PUR_PUT = 1 << 2,
	PUR_PATCH = 1 << 3,
	PUR_DELETE = 1 << 4,
	PUR_HEAD = 1 << 5,
	PUR_OPTIONS = 1 << 6,
};

/* The method of that exact (case-sensitive) name, or PUR_METHOD_UNKNOWN. */
enum pur_method pur_method_parse(const char *name);

/* The name of one method; "UNKNOWN" for anything else. */
const char *pur_method_name(enum pur_method m);

/*
 * Undoes percent-encoding (RFC 3986, 2.1); '+' stays '+' unless plus_is_space.
 * out: the text with a NUL, in the arena; *out_len without it.
 * Returns PUR_OK; PUR_EINPUT for a broken escape, an encoded NUL or bytes that are not UTF-8;
 * PUR_ETOOLARGE when the arena is full.
 */
enum pur_rc pur_percent_decode(struct pur_arena *a, const char *s, size_t len, int plus_is_space,
			       char **out, size_t *out_len) PUR_MUST;

/* One name=value of a query string, decoded. */
struct pur_param {
	const char *name;
	const char *value; /* "" where there was no '=' */
};

/*
 * Splits a query string at '&' and decodes names and values ('+' is a space).
 * query: NULL is an empty one.
 * params: in the order of the query, in the arena; empty pieces are left out; NULL when n is 0.
 * Returns PUR_OK, PUR_EINPUT (not decodable, or more than 64) or PUR_ETOOLARGE.
 */
enum pur_rc pur_query_parse(struct pur_arena *a, const char *query, struct pur_param **params,
			    size_t *n) PUR_MUST;

/*
 * Finds a cookie's value (RFC 6265, 4.2.1) in a Cookie header, the first of that name; NULL when
 * it is not there, header is NULL, or the arena is full.
 */
const char *pur_cookie_find(struct pur_arena *a, const char *header, const char *name) PUR_MUST;

/* What a client's Accept header asks of us. */
struct pur_accept {
	int version; /* 2 for application/vnd.purser.v2+json; 0 when no vendor type stands there */
	int bad_version; /* vendor versions stand there, and none of them is 1 or 2 */
	int problem; /* application/problem+json is wanted at least as much as application/json */
	int csv;     /* text/csv is wanted more than JSON */
	int ndjson;  /* application/x-ndjson is */
	int json;    /* JSON of some kind is acceptable; so it is with no header at all */
};

/* Reads an Accept header (RFC 9110, 12.5.1); NULL and "" accept everything. q=0 refuses. */
struct pur_accept pur_accept_parse(const char *header);

/* True when a Content-Type header's media type (parameters and case apart) is `type`; NULL never.
 */
int pur_content_type_is(const char *header, const char *type);

/*
 * What is wrong with an origin of the web (RFC 6454, 6.2) that a tenant would let in, or NULL: it
 * is https://host or https://host:port exactly as browsers send it (lower case, no default port,
 * nothing behind), or http on the machine the browser runs on: localhost, 127.0.0.1 or [::1], any
 * port.
 */
const char *pur_origin_fault(const char *origin);

/*
 * True when an If-Match or If-None-Match header (RFC 9110, 13.1) holds etag (given with its
 * quotes, W/ or not) by weak comparison, or is "*". A NULL header holds nothing.
 */
int pur_etag_matches(const char *header, const char *etag);

#endif
