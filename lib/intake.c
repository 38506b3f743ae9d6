/* intake: route, version, credential, headers, query and body, in the order refusals win. */
#include "intake.h"
#include "json.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ETAGS 16 /* most that are looked at in If-Match */

static bool
is_write(const struct pur_req *rq)
{
	return rq->path.route->method != PUR_GET;
}

/* JSON, or of a list a file. */
static bool
acceptable(struct pur_req *rq)
{
	bool lists = pur_route_lists(rq->program->res, rq->path.route);

	if (lists && (rq->accept.csv || rq->accept.ndjson))
		return true;
	rq->accept.csv = rq->accept.ndjson = 0;
	return rq->accept.json;
}

/*
 * Browsers send Origin with their own pages' writes too. Sec-Fetch-Site, which no script can set,
 * tells those of a host that public_url doesn't name. What is no origin that a tenant could list is
 * a page of nobody's ("null", as browsers say).
 */
static const char *
foreign_origin(const struct pur_req *rq)
{
	const char *origin = rq->in.origin, *site = rq->in.sec_fetch_site;

	if (origin == NULL || strcmp(origin, rq->conf->public_url) == 0 ||
	    (site != NULL && strcmp(site, "same-origin") == 0))
		return NULL;
	return pur_origin_fault(origin) == NULL ? origin : "null";
}

enum pur_rc
pur_intake_route(struct pur_req *rq)
{
	enum pur_method method = pur_method_parse(rq->in.method);
	enum pur_rc rc =
	    pur_route_match(rq->arena, rq->program->res, method, rq->in.path, &rq->path);
	const char *cookie = NULL;

	rq->accept = pur_accept_parse(rq->in.accept);
	rq->origin = foreign_origin(rq);
	if (rc != PUR_OK)
		return pur_refuse(rq, rc);
	rq->version = rq->path.version != 0     ? rq->path.version
		      : rq->accept.version != 0 ? rq->accept.version
						: 1;
	if ((rq->path.version == 0 && rq->accept.bad_version) || !acceptable(rq))
		return pur_refuse(rq, PUR_EACCEPT);
	rq->input = (struct pur_input){ .route = rq->path.route,
					.path = &rq->path,
					.id = pur_uuid_new(),
					.request_id = rq->in.request_id,
					.address = rq->in.address,
					.agent = rq->in.user_agent };
	if (strcmp(rq->path.route->permission, PUR_PUBLIC) == 0)
		return PUR_OK;
	if (rq->in.cookie != NULL)
		cookie = pur_cookie_find(rq->arena, rq->in.cookie, rq->conf->cookie_name);
	rc = pur_credential_read(rq->in.authorization, cookie, &rq->credential);
	if (rc != PUR_OK || !rq->credential.given)
		return pur_refuse(rq, PUR_EAUTH);
	rq->input.tenant = rq->credential.tenant;
	return PUR_OK;
}

/* A browser sends the cookie by itself: a write must come from a page of ours. */
static bool
same_origin(const struct pur_req *rq)
{
	if (rq->in.sec_fetch_site != NULL)
		return strcmp(rq->in.sec_fetch_site, "same-origin") == 0;
	return rq->in.origin != NULL && strcmp(rq->in.origin, rq->conf->public_url) == 0;
}

static enum pur_rc
check_media_type(struct pur_req *rq)
{
	bool patch = rq->path.route->method == PUR_PATCH;

	if (rq->in.too_large || rq->in.body_len > PUR_BODY_MOST)
		return pur_refuse(rq, PUR_ETOOLARGE);
	if (rq->in.body_len == 0)
		return PUR_OK;
	if (rq->in.content_encoding != NULL && strcasecmp(rq->in.content_encoding, "identity") != 0)
		return pur_error_set(&rq->error, rq->arena, PUR_EMEDIA,
				     "Send it without Content-Encoding");
	if (pur_content_type_is(rq->in.content_type, "application/json") ||
	    (patch && pur_content_type_is(rq->in.content_type, "application/merge-patch+json")))
		return PUR_OK;
	return pur_error_set(&rq->error, rq->arena, PUR_EMEDIA, "Send %s",
			     patch ? "application/json or application/merge-patch+json"
				   : "application/json");
}

static enum pur_rc
bad_input(struct pur_req *rq, const char *name, const char *message)
{
	pur_error_detail(&rq->error, rq->arena, name, "%s", message);
	return pur_refuse(rq, PUR_EINPUT);
}

/* Reads an ETag of ours, exactly as we write it: "5". */
static bool
read_etag(const char *tag, int64_t *revision)
{
	char *end;

	if (tag[0] != '"' || tag[1] < '1' || tag[1] > '9')
		return false;
	errno = 0;
	*revision = strtoll(tag + 1, &end, 10);
	return errno == 0 && *end == '"';
}

/*
 * If-Match: one or several of "5" and W/"5"; what cannot be an ETag of ours matches nothing. "*"
 * asks for existence alone, which a guarded write needs anyway.
 */
static enum pur_rc
read_if_match(struct pur_req *rq)
{
	const char *p = rq->in.if_match;
	struct pur_value *match;

	if (p == NULL || strcmp(p, "*") == 0)
		return PUR_OK;
	match = pur_calloc(rq->arena, ETAGS, sizeof(*match));
	if (match == NULL)
		return pur_refuse(rq, PUR_ETOOLARGE);
	rq->input.match = match;
	while (*p != '\0' && rq->input.n_match < ETAGS) {
		const char *tag = p + strspn(p, " \t,");
		int64_t n = 0;

		tag += strncmp(tag, "W/", 2) == 0 ? 2 : 0;
		if (read_etag(tag, &n))
			match[rq->input.n_match++] = (struct pur_value){ .type = PUR_INT, .i = n };
		p = tag + strcspn(tag, ",");
	}
	return PUR_OK;
}

static enum pur_rc
read_key(struct pur_req *rq)
{
	const struct pur_route *r = rq->path.route;
	char version[4];
	const char *path = rq->in.path, *query = rq->in.query != NULL ? rq->in.query : "";
	const char *texts[] = { rq->in.method, path, query, version, rq->in.body };
	size_t lengths[] = { strlen(rq->in.method), strlen(path), strlen(query), 1,
			     rq->in.body_len };

	if (rq->in.idempotency_key == NULL)
		return PUR_OK;
	if ((r->flags & PUR_SECRET) != 0)
		return bad_input(rq, "Idempotency-Key", "Not here: the answer holds a secret");
	if (!pur_idempotency_key_valid(rq->in.idempotency_key))
		return bad_input(rq, "Idempotency-Key",
				 "Must be 1 to 255 visible ASCII characters");
	snprintf(version, sizeof(version), "%d", rq->version);
	pur_fingerprint(rq->key.fingerprint, texts, lengths, rq->in.body != NULL ? 5 : 4);
	rq->key.route = pur_sprintf(rq->arena, "%s %s", pur_method_name(r->method), r->path);
	if (rq->key.route == NULL)
		return pur_refuse(rq, PUR_ETOOLARGE);
	rq->key.key = rq->in.idempotency_key;
	return PUR_OK;
}

/* fields=id,name: each must be one of the resource's. */
static bool
read_only(struct pur_req *rq, const char *names)
{
	for (const char *p = names;; p++) {
		size_t len = strcspn(p, ",");

		if (pur_field_find(pur_route_fields(rq->program->res, rq->path.route), p, len) <
		    0) {
			pur_error_detail(&rq->error, rq->arena, "fields", "No field \"%.*s\"",
					 (int)len, p);
			return false;
		}
		p += len;
		if (*p == '\0')
			break;
	}
	rq->only = names;
	return true;
}

static bool
read_dry_run(struct pur_req *rq, const char *value)
{
	rq->dry_run = strcmp(value, "true") == 0;
	if (rq->dry_run || strcmp(value, "false") == 0)
		return true;
	pur_error_detail(&rq->error, rq->arena, "dry_run", "Must be true or false");
	return false;
}

/* One parameter of the route's own. Returns 1 when it is one, 0 when not; *bad on a fault. */
static int
take_param(struct pur_req *rq, const struct pur_param *p, bool *bad)
{
	int i = pur_field_find(rq->path.route->params, p->name, strlen(p->name));
	const char *problem;

	if (i < 0)
		return 0;
	if (pur_field_read_param(rq->arena, &rq->path.route->params[i], p->value, rq->begun,
				 &rq->query[i], &problem) != PUR_OK) {
		pur_error_detail(&rq->error, rq->arena, p->name, "%s", problem);
		*bad = true;
	}
	return 1;
}

/* What wasn't given takes its default, or is missed. */
static bool
complete_params(struct pur_req *rq)
{
	const struct pur_field *params = rq->path.route->params;
	const char *problem = NULL;
	bool whole = true;

	for (size_t i = 0; i < pur_fields_count(params); i++) {
		if (rq->query[i].given)
			continue;
		if (params[i].default_value != NULL &&
		    pur_field_read_text(&params[i], params[i].default_value, &rq->query[i],
					&problem) == PUR_OK) {
			rq->query[i].given = false;
			continue;
		}
		rq->query[i].null = true;
		if ((params[i].flags & PUR_REQUIRED) == 0)
			continue;
		pur_error_detail(&rq->error, rq->arena, params[i].name, "Is required");
		whole = false;
	}
	return whole;
}

/* A parameter that reads have: what to show of which things. */
static int
take_read(struct pur_req *rq, const struct pur_param *p, bool lists, bool *bad)
{
	const struct pur_resource *res = rq->program->res;
	const struct pur_field *fields = pur_route_fields(res, rq->path.route);
	int stmt = pur_route_answer(res, rq->path.route);
	const char *sql = stmt != 0 ? res->stmts[stmt].sql : "";

	if (pur_view_take(rq->arena, &rq->list, fields, sql, p, &rq->error, bad))
		return 1;
	return lists && pur_list_take(rq->arena, &rq->list, fields, sql, p, &rq->error, bad);
}

/* True for a parameter that stood there before; filters may, for all of them must hold. */
static bool
repeats(const struct pur_req *rq, const struct pur_param *all, const struct pur_param *p)
{
	const struct pur_field *fields = pur_route_fields(rq->program->res, rq->path.route);
	int f = pur_field_find(fields, p->name, strcspn(p->name, "["));

	if (f >= 0 && (fields[f].flags & PUR_FILTER) != 0)
		return false;
	for (const struct pur_param *other = all; other < p; other++) {
		if (strcmp(other->name, p->name) == 0)
			return true;
	}
	return false;
}

/* A cursor and a page are two places in a list; an export is all of it. */
static bool
fits_together(struct pur_req *rq)
{
	static const char whole[] = "Not in an export, which is the whole list";
	bool exports = rq->accept.csv || rq->accept.ndjson, cursor = rq->list.cursor != NULL;
	const struct {
		const char *name, *fault;
	} rows[] = {
		{ "page", rq->list.page == 0 ? NULL
			  : exports          ? whole
			  : cursor           ? "Not beside cursor"
					     : NULL },
		{ "perPage", exports && rq->list.per_page != 0 ? whole : NULL },
		{ "cursor", exports && cursor ? whole : NULL },
	};
	bool fits = true;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].fault == NULL)
			continue;
		pur_error_detail(&rq->error, rq->arena, rows[i].name, "%s", rows[i].fault);
		fits = false;
	}
	return fits;
}

static enum pur_rc
read_query(struct pur_req *rq)
{
	const struct pur_route *route = rq->path.route;
	const struct pur_resource *res = rq->program->res;
	bool lists = pur_route_lists(res, route), bad = false;
	struct pur_param *params;
	size_t n;
	enum pur_rc rc = pur_query_parse(rq->arena, rq->in.query, &params, &n);

	if (rc != PUR_OK)
		return pur_refuse(rq, rc);
	rq->query = pur_calloc(rq->arena, pur_fields_count(route->params) + 1, sizeof(*rq->query));
	if (rq->query == NULL)
		return pur_refuse(rq, PUR_ETOOLARGE);
	rq->input.query = rq->query;
	for (struct pur_param *p = params; p < params + n; p++) {
		if (repeats(rq, params, p)) {
			pur_error_detail(&rq->error, rq->arena, p->name, "Is given more than once");
			bad = true;
			continue;
		}
		if (take_param(rq, p, &bad) || (!is_write(rq) && take_read(rq, p, lists, &bad)))
			continue;
		if (is_write(rq) && strcmp(p->name, "dry_run") == 0)
			bad |= !read_dry_run(rq, p->value);
		else if (!is_write(rq) && route->run == NULL && strcmp(p->name, "fields") == 0)
			bad |= !read_only(rq, p->value);
		else {
			pur_error_detail(&rq->error, rq->arena, p->name, "Unknown parameter");
			bad = true;
		}
	}
	bad |= !fits_together(rq);
	if (lists)
		pur_list_finish(&rq->list, pur_route_fields(res, route), route);
	bad |= !complete_params(rq);
	rq->dry_run |= is_write(rq) && rq->credential.test;
	if (lists && !bad)
		rc = pur_list_seek(rq->arena, &rq->list, pur_route_fields(res, route), &rq->input,
				   rq->cursor_key, &rq->error);
	if (rc != PUR_OK)
		return pur_refuse(rq, rc);
	return bad ? pur_refuse(rq, PUR_EINPUT) : PUR_OK;
}

enum pur_rc
pur_intake_bad_body(struct pur_req *rq)
{
	const struct pur_route *r = rq->path.route;
	const char *done = r->effect == PUR_CREATES    ? "created"
			   : r->effect == PUR_DELETES  ? "deleted"
			   : r->effect == PUR_RESTORES ? "restored"
						       : "changed";

	return pur_error_set(&rq->error, rq->arena, PUR_EBODY, "%s could not be %s",
			     rq->program->res->title, done);
}

static enum pur_body_mode
body_mode(const struct pur_route *r)
{
	return r->method == PUR_PUT     ? PUR_BODY_REPLACE
	       : r->method == PUR_PATCH ? PUR_BODY_MERGE
					: PUR_BODY_CREATE;
}

static enum pur_rc
read_body(struct pur_req *rq)
{
	static const struct pur_field no_fields[] = { { .name = NULL } };
	const struct pur_field *fields = pur_route_body(rq->program->res, rq->path.route);
	struct json_object *body = NULL;
	struct pur_value *values;
	const char *problem;
	enum pur_rc rc;

	if (!is_write(rq) || (fields == NULL && rq->in.body_len == 0))
		return PUR_OK;
	/* No body is an empty one: what is required then is missing. */
	rc = pur_json_parse(rq->arena, rq->in.body_len > 0 ? rq->in.body : "{}",
			    rq->in.body_len > 0 ? rq->in.body_len : 2, &body, &problem);
	if (rc != PUR_OK)
		return pur_error_set(&rq->error, rq->arena, rc, rc == PUR_EJSON ? "%s" : NULL,
				     problem);
	rq->input.fields = fields != NULL ? fields : no_fields;
	rc = pur_fields_read(rq->arena, rq->input.fields, body, body_mode(rq->path.route),
			     rq->version, rq->begun, &values, &rq->currency_given, &rq->error);
	if (rc == PUR_EBODY)
		return pur_intake_bad_body(rq);
	rq->input.body = values;
	pur_refers_find(&rq->refers, rq->input.fields, values);
	return rc == PUR_OK ? PUR_OK : pur_refuse(rq, rc);
}

enum pur_rc
pur_intake_input(struct pur_req *rq)
{
	enum pur_rc rc = PUR_OK;

	if (is_write(rq)) {
		if (rq->credential.from_cookie && !same_origin(rq))
			return pur_error_set(&rq->error, rq->arena, PUR_EFORBIDDEN,
					     "A write by cookie must come from the same origin");
		rc = check_media_type(rq);
		if (rc == PUR_OK)
			rc = read_if_match(rq);
		if (rc == PUR_OK)
			rc = read_key(rq);
	}
	if (rc == PUR_OK || rc == PUR_EINPUT) { /* faults of headers and query are told together */
		enum pur_rc query = read_query(rq);

		rc = rc == PUR_OK ? query : rc;
	}
	return rc == PUR_OK ? read_body(rq) : rc;
}
