/* answer: rows to envelopes, refusals of the database to words. */
#include "answer.h"
#include "intake.h"
#include "json.h"
#include "log.h"
#include "row.h"
#include <sodium.h>
#include <stdio.h>
#include <string.h>

const char *
pur_answer_cache(const struct pur_route *r)
{
	if (r->cache == PUR_NO_STORE || (r->flags & PUR_SECRET) != 0)
		return "no-store";
	return "private, no-cache";
}

int
pur_answer_status(const struct pur_route *r)
{
	return r->effect == PUR_CREATES ? 201 : r->effect == PUR_ACCEPTS ? 202 : 200;
}

struct pur_row_style
pur_answer_style(const struct pur_req *rq)
{
	return (struct pur_row_style){ .res = rq->program->res,
				       .fields = pur_route_fields(rq->program->res, rq->path.route),
				       .version = rq->version,
				       .currency = rq->currency != NULL ? rq->currency : "",
				       .only = rq->only };
}

/* An ETag for what has no revision: a hash of the bytes. */
static const char *
hash_etag(struct pur_req *rq)
{
	unsigned char hash[16];
	char hex[33];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)rq->reply.body.data,
			   rq->reply.body.len, NULL, 0);
	sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	return pur_sprintf(rq->arena, "\"%s\"", hex);
}

/* `{"data":[...]`: the first n rows. */
static enum pur_rc
put_rows(struct pur_req *rq, int stmt, int n)
{
	struct pur_buf *b = &rq->reply.body;
	struct pur_row_style style = pur_answer_style(rq);

	pur_buf_puts(b, "{\"data\":[");
	for (int i = 0; i < n; i++) {
		if (i > 0)
			pur_buf_putc(b, ',');
		if (pur_row_put(b, rq->sent[stmt], rq->results[stmt], i, &style) != PUR_OK)
			return PUR_EINTERNAL;
	}
	pur_buf_putc(b, ']');
	return PUR_OK;
}

/* A page behind a cursor: one row too many says that there are more. */
static enum pur_rc
make_stretch(struct pur_req *rq, int stmt)
{
	const struct pur_field *fields = pur_route_fields(rq->program->res, rq->path.route);
	struct pur_buf *b = &rq->reply.body;
	int n = pur_rows_count(rq->results[stmt]), most = (int)rq->list.per_page;
	const char *next = NULL, *link;

	if (put_rows(rq, stmt, n > most ? most : n) != PUR_OK)
		return PUR_EINTERNAL;
	pur_buf_puts(b, ",\"perPage\":");
	pur_buf_put_int(b, most);
	pur_buf_puts(b, ",\"nextCursor\":");
	if (n > most) {
		next = pur_list_cursor(rq->arena, &rq->list, fields, rq->results[stmt], most - 1,
				       rq->cursor_key);
		if (next == NULL)
			return PUR_EINTERNAL;
		link = pur_list_next_link(rq->arena, rq->in.path,
					  rq->in.query != NULL ? rq->in.query : "", next);
		if (link != NULL)
			pur_reply_header(&rq->reply, "Link", link);
		pur_json_put_string(b, next, strlen(next));
	} else {
		pur_buf_puts(b, "null");
	}
	pur_buf_putc(b, '}');
	return PUR_OK;
}

static enum pur_rc
make_page(struct pur_req *rq, int stmt)
{
	struct pur_buf *b = &rq->reply.body;
	int64_t total = 0;
	bool capped;

	if (rq->list.cursor != NULL)
		return make_stretch(rq, stmt);
	capped = pur_list_total(rq->total != NULL ? rq->total : rq->results[stmt], &total);
	if (put_rows(rq, stmt, pur_rows_count(rq->results[stmt])) != PUR_OK)
		return PUR_EINTERNAL;
	pur_buf_puts(b, ",\"total\":");
	pur_buf_put_int(b, total);
	if (capped)
		pur_buf_puts(b, ",\"totalCapped\":true");
	pur_buf_puts(b, ",\"page\":");
	pur_buf_put_int(b, rq->list.page);
	pur_buf_puts(b, ",\"perPage\":");
	pur_buf_put_int(b, rq->list.per_page);
	pur_buf_putc(b, '}');
	const char *links = pur_list_links(rq->arena, &rq->list, rq->in.path,
					   rq->in.query != NULL ? rq->in.query : "", total);
	if (links != NULL)
		pur_reply_header(&rq->reply, "Link", links);
	return PUR_OK;
}

/* All rows, of a collection that isn't paged. */
static enum pur_rc
make_all(struct pur_req *rq, int stmt)
{
	enum pur_rc rc = put_rows(rq, stmt, pur_rows_count(rq->results[stmt]));

	pur_buf_putc(&rq->reply.body, '}');
	return rc;
}

static enum pur_rc
make_one(struct pur_req *rq, int stmt)
{
	struct pur_buf *b = &rq->reply.body;
	struct pur_row_style style = pur_answer_style(rq);
	int64_t revision;

	pur_buf_puts(b, "{\"data\":");
	if (pur_row_put(b, rq->sent[stmt], rq->results[stmt], 0, &style) != PUR_OK)
		return PUR_EINTERNAL;
	if (rq->shown != NULL) {
		int first;

		b->len--;                           /* the object's end */
		first = b->data[b->len - 1] == '{'; /* fields= may have left nothing else */
		pur_put_text(b, &first, rq->shown_name, rq->shown);
		pur_buf_putc(b, '}');
	}
	pur_buf_putc(b, '}');
	/* What is included changes without the thing. */
	if (rq->list.view.n_includes == 0 &&
	    pur_row_int(rq->results[stmt], 0, "_revision", &revision) == 0)
		rq->reply.etag = pur_sprintf(rq->arena, "\"%lld\"", (long long)revision);
	return PUR_OK;
}

void
pur_answer_created(struct pur_req *rq)
{
	char id[PUR_UUID_TEXT + 1] = "";

	pur_uuid_format(&rq->input.id, id);
	rq->reply.location = pur_sprintf(rq->arena, "%s/%s", rq->in.path, id);
}

enum pur_rc
pur_answer_make(struct pur_req *rq, int stmt)
{
	const struct pur_route *route = rq->path.route;
	enum pur_expect expect = rq->program->res->stmts[stmt].expect;
	enum pur_rc rc;

	pur_buf_reset(&rq->reply.body);
	rq->reply.status = pur_answer_status(route);
	rq->reply.cache = pur_answer_cache(route);
	rq->answer = stmt;
	rc = expect == PUR_LIST   ? make_page(rq, stmt)
	     : expect == PUR_MANY ? make_all(rq, stmt)
				  : make_one(rq, stmt);
	if (rc != PUR_OK || pur_buf_failed(&rq->reply.body))
		return pur_refuse(rq, rc != PUR_OK ? rc : PUR_EINTERNAL);
	if (rq->reply.status == 201)
		pur_answer_created(rq);
	if (rq->reply.etag == NULL && route->method == PUR_GET && route->cache == PUR_PRIVATE)
		rq->reply.etag = hash_etag(rq);
	return PUR_OK;
}

void
pur_answer_validate(struct pur_req *rq)
{
	if (rq->reply.status != 200 || rq->path.route->method != PUR_GET ||
	    rq->reply.etag == NULL || rq->in.if_none_match == NULL ||
	    !pur_etag_matches(rq->in.if_none_match, rq->reply.etag))
		return;
	rq->reply.status = 304;
	pur_buf_reset(&rq->reply.body);
}

static void
free_buf(void *b)
{
	pur_buf_free(b);
}

/* `"status":"approved","allowed_actions":[...]` */
static const char *
state_members(struct pur_req *rq, const char *status)
{
	struct pur_buf *b = pur_alloc(rq->arena, sizeof(*b));

	if (b == NULL || pur_arena_defer(rq->arena, free_buf, b) != PUR_OK)
		return NULL;
	pur_buf_puts(b, "\"status\":");
	pur_json_put_string(b, status, strlen(status));
	pur_buf_puts(b, ",\"allowed_actions\":");
	pur_actions_put(b, rq->program->res, status);
	pur_buf_putc(b, '\0');
	return pur_buf_failed(b) ? NULL : b->data;
}

bool
pur_answer_matches(const struct pur_req *rq, int64_t revision)
{
	for (size_t i = 0; i < rq->input.n_match; i++) {
		if (rq->input.match[i].i == revision)
			return true;
	}
	return false;
}

enum pur_rc
pur_answer_guard(struct pur_req *rq, const PGresult *guard)
{
	const char *status = pur_row_text(guard, 0, "status");
	int64_t revision = 0;

	if (pur_rows_count(guard) == 0)
		return pur_refuse(rq, PUR_ENOTFOUND);
	if (rq->input.match != NULL && pur_row_int(guard, 0, "_revision", &revision) == 0 &&
	    !pur_answer_matches(rq, revision))
		return pur_refuse(rq, PUR_ESTALE);
	if (rq->path.route->from == NULL || status == NULL)
		return pur_refuse(rq, PUR_ENOTFOUND);
	rq->error_extra = state_members(rq, status);
	return pur_error_set(&rq->error, rq->arena, PUR_ETRANSITION,
			     "%s is %s; that can only be done when %s", rq->program->res->title,
			     status, rq->path.route->from);
}

static void
log_db_error(struct pur_req *rq, enum pur_rc rc)
{
	const struct pur_db_error *e = pur_db_error(rq->db);

	if (pur_rc_info(rc)->status < 500 && rc != PUR_EREPLAY)
		return;
	pur_log(rc == PUR_EUNAVAILABLE ? PUR_WARNING : PUR_ERROR, "the database refused",
		PUR_TEXT_ITEM("request", rq->in.request_id), PUR_TEXT_ITEM("sqlstate", e->state),
		PUR_TEXT_ITEM("constraint", e->constraint), PUR_TEXT_ITEM("reason", e->message));
}

/*
 * True when a new thing's field wasn't given: two requests at once have made the same slug, say,
 * and the second try will see the first one's.
 */
static bool
made_by_us(const struct pur_req *rq, const char *field)
{
	int f = rq->input.body != NULL && field != NULL
		    ? pur_field_find(rq->input.fields, field, strlen(field))
		    : -1;

	return rq->path.route->effect == PUR_CREATES && f >= 0 && !rq->input.body[f].given;
}

enum pur_rc
pur_answer_db_error(struct pur_req *rq, enum pur_rc rc)
{
	const struct pur_db_error *e = pur_db_error(rq->db);
	const char *name = e->constraint[0] != '\0' ? e->constraint : e->state;
	const struct pur_constraint *c = rq->program->res->constraints;

	if (rc == PUR_ERETRY || rc == PUR_EREPLAY)
		return rc;
	if (rc == PUR_EFORBIDDEN && strcmp(e->constraint, "origin") == 0) {
		rq->origin_refused = true;
		return pur_error_set(&rq->error, rq->arena, rc,
				     "Pages of this origin may not do this");
	}
	if (pur_refers_judge(rq->arena, &rq->refers, &rq->error) != PUR_OK)
		return pur_intake_bad_body(rq);
	for (; name[0] != '\0' && c != NULL && c->name != NULL; c++) {
		if (strcmp(c->name, name) != 0)
			continue;
		if (c->rc == PUR_EDUPLICATE && !rq->again && made_by_us(rq, c->field))
			return PUR_ERETRY;
		if (c->field != NULL)
			pur_error_detail(&rq->error, rq->arena, c->field, "%s", c->message);
		return c->rc == PUR_EBODY ? pur_intake_bad_body(rq) : pur_refuse(rq, c->rc);
	}
	/* A broken constraint that nobody has words for is our fault, not the client's. */
	if (rc == PUR_ERULE || rc == PUR_EINUSE)
		rc = PUR_EINTERNAL;
	log_db_error(rq, rc);
	return pur_refuse(rq, rc);
}
