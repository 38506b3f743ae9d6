/* reply: envelopes and headers. */
#include "reply.h"
#include "json.h"
#include <string.h>

void
pur_reply_reset(struct pur_reply *r)
{
	struct pur_buf body = r->body, headers = r->headers;

	pur_buf_reset(&body);
	pur_buf_reset(&headers);
	*r = (struct pur_reply){ .body = body, .headers = headers };
}

void
pur_reply_header(struct pur_reply *r, const char *name, const char *value)
{
	for (const char *p = value; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' || *p == 127)
			return;
	}
	pur_buf_puts(&r->headers, name);
	pur_buf_put(&r->headers, ": ", 2);
	pur_buf_puts(&r->headers, value);
	pur_buf_put(&r->headers, "\r\n", 2);
}

static void
put_details(struct pur_buf *b, const struct pur_error *e)
{
	pur_buf_puts(b, "\"details\":[");
	for (const struct pur_detail *d = e->details; d != NULL; d = d->next) {
		pur_buf_puts(b, d == e->details ? "{\"field\":" : ",{\"field\":");
		pur_json_put_string(b, d->field, strlen(d->field));
		pur_buf_puts(b, ",\"message\":");
		pur_json_put_string(b, d->message, strlen(d->message));
		pur_buf_putc(b, '}');
	}
	pur_buf_putc(b, ']');
}

/* What RFC 9110, section 15, calls a status; nginx passes it on, and leaves out more without it. */
static const char *
reason(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} phrases[] = {
		{ 200, "OK" },
		{ 201, "Created" },
		{ 202, "Accepted" },
		{ 204, "No Content" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 406, "Not Acceptable" },
		{ 409, "Conflict" },
		{ 412, "Precondition Failed" },
		{ 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Content" },
		{ 428, "Precondition Required" },
		{ 429, "Too Many Requests" },
		{ 500, "Internal Server Error" },
		{ 503, "Service Unavailable" },
		{ 507, "Insufficient Storage" },
	};

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (phrases[i].status == status)
			return phrases[i].phrase;
	}
	return "";
}

static void
put_problem(struct pur_buf *b, const struct pur_rc_info *info, const char *request_id)
{
	pur_buf_puts(b, "\"type\":\"about:blank\",\"title\":\"");
	pur_buf_puts(b, reason(info->status));
	pur_buf_puts(b, "\",\"status\":");
	pur_buf_put_int(b, info->status);
	pur_buf_puts(b, ",\"instance\":");
	pur_json_put_string(b, request_id, strlen(request_id));
	pur_buf_putc(b, ',');
}

void
pur_reply_error(struct pur_reply *r, const struct pur_error *e, int problem, const char *extra,
		const char *request_id)
{
	const struct pur_rc_info *info = pur_rc_info(e->rc);
	const char *message = e->message != NULL ? e->message : info->message;
	struct pur_buf *b = &r->body;

	pur_buf_reset(b);
	r->status = info->status;
	r->type = problem ? "application/problem+json" : NULL;
	r->cache = "no-store";
	r->etag = NULL;
	r->location = NULL;
	pur_buf_putc(b, '{');
	if (problem)
		put_problem(b, info, request_id);
	pur_buf_puts(b, "\"error\":\"");
	pur_buf_puts(b, info->code);
	pur_buf_puts(b, problem ? "\",\"detail\":" : "\",\"message\":");
	pur_json_put_string(b, message, strlen(message));
	pur_buf_putc(b, ',');
	/* RFC 9457 keeps `status` for the number: the thing's own state goes by another name there.
	 */
	if (extra != NULL && problem)
		pur_buf_puts(b, "\"thing_");
	if (extra != NULL) {
		pur_buf_puts(b, problem ? extra + 1 : extra);
		pur_buf_putc(b, ',');
	}
	put_details(b, e);
	pur_buf_putc(b, '}');
}

static void
put_line(struct pur_buf *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	pur_buf_puts(out, name);
	pur_buf_puts(out, value);
	pur_buf_put(out, "\r\n", 2);
}

void
pur_reply_head(const struct pur_reply *r, const char *request_id, struct pur_buf *out)
{
	pur_buf_puts(out, "Status: ");
	pur_buf_put_int(out, r->status);
	pur_buf_putc(out, ' ');
	pur_buf_puts(out, reason(r->status));
	pur_buf_put(out, "\r\n", 2);
	if (r->status != 304 && r->status != 204) {
		put_line(out, "Content-Type: ", r->type != NULL ? r->type : "application/json");
		pur_buf_puts(out, "Content-Length: ");
		pur_buf_put_int(out, r->file != NULL ? r->file_len : (int64_t)r->body.len);
		pur_buf_put(out, "\r\n", 2);
	}
	put_line(out, "Cache-Control: ", r->cache);
	put_line(out, "ETag: ", r->etag);
	put_line(out, "Location: ", r->location);
	put_line(out, "X-Request-Id: ", request_id);
	pur_buf_puts(out, "Vary: Accept, Origin\r\n");
	pur_buf_put(out, r->headers.data != NULL ? r->headers.data : "", r->headers.len);
	pur_buf_put(out, "\r\n", 2);
}
