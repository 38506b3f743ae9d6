/*
 * openapi_answers: every status that a route can answer with, its headers and its body. Which
 * errors a route can end with follows from what it is, beside those that its table names; what
 * they are called and mean stands in lib/rc.c.
 */
#include "openapi.h"
#include <string.h>

#define ERRORS_MOST 32

struct error {
	int status;
	const char *code, *message;
};

/* What nginx refuses by itself. */
static const struct error front_errors[] = {
	{ 414, "uri_too_long", "The path and query are too long" },
	{ 421, "misdirected_request", "This host is not served here" },
};

struct json_object *
common_headers(void)
{
	return literal(
	    "{'X-Request-Id': {'required': true, 'schema': {'type': 'string'}, 'description':"
	    " 'Names this request in logs; one that came in is kept.'},"
	    "'Cache-Control': {'schema': {'type': 'string'}, 'description': 'Who may keep it.'},"
	    "'RateLimit': {'schema': {'type': 'string'}, 'description':"
	    " 'Requests left, and seconds until there are more.'},"
	    "'RateLimit-Policy': {'schema': {'type': 'string'}, 'description':"
	    " 'How many requests are allowed in which time.'},"
	    "'Deprecation': {'schema': {'type': 'string'}, 'description':"
	    " 'Since when this is being retired (RFC 9745).'},"
	    "'Sunset': {'schema': {'type': 'string'}, 'description':"
	    " 'When it will be gone (RFC 8594).'},"
	    "'Access-Control-Allow-Origin': {'schema': {'type': 'string'}, 'description':"
	    " 'The page that asked, where its tenant allows it.'},"
	    "'Access-Control-Expose-Headers': {'schema': {'type': 'string'}, 'description':"
	    " 'The headers that page may read.'},"
	    "'ETag': {'schema': {'type': 'string'}, 'description':"
	    " 'For If-None-Match and If-Match.'},"
	    "'Location': {'required': true, 'schema': {'type': 'string'}, 'description':"
	    " 'Where the new thing is.'},"
	    "'Link': {'schema': {'type': 'string'}, 'description':"
	    " 'Pages first, prev, next and last (RFC 8288).'},"
	    "'Idempotent-Replayed': {'schema': {'type': 'string', 'enum': ['true']},"
	    " 'description': 'This is the stored answer of an earlier request.'},"
	    "'Set-Cookie': {'schema': {'type': 'string'}, 'description':"
	    " 'The session, for browsers; empty when it ends.'},"
	    "'WWW-Authenticate': {'required': true, 'schema': {'type': 'string'}, 'description':"
	    " 'How to log in.'},"
	    "'Retry-After': {'required': true, 'schema': {'type': 'integer'}, 'description':"
	    " 'Seconds after which to try again.'},"
	    "'Content-Disposition': {'schema': {'type': 'string'}, 'description':"
	    " 'The name of a file.'}}");
}

void
add_error_schemas(struct api *api)
{
	static const char details[] =
	    "{'type': 'array', 'description': 'Every fault, with where it stands.', 'items':"
	    " {'type': 'object', 'required': ['field', 'message'], 'additionalProperties': false,"
	    " 'properties': {'field': {'type': 'string', 'description': 'As lines[0].quantity.'},"
	    " 'message': {'type': 'string'}}}}";
	static const char error[] =
	    "{'type': 'object', 'required': ['error', 'message', 'details'],"
	    " 'additionalProperties': false, 'properties': {'error': {'type': 'string',"
	    " 'description': 'For programs.'}, 'message': {'type': 'string', 'description':"
	    " 'For people.'}, 'details': %s%s}}";
	static const char problem[] =
	    "{'type': 'object', 'description': 'RFC 9457', 'required': ['type', 'title',"
	    " 'status', 'instance', 'error', 'detail', 'details'], 'additionalProperties': false,"
	    " 'properties': {'type': {'type': 'string'}, 'title': {'type': 'string'}, 'status':"
	    " {'type': 'integer'}, 'instance': {'type': 'string', 'description': 'The"
	    " X-Request-Id.'}, 'error': {'type': 'string'}, 'detail': {'type': 'string'},"
	    " 'details': %s%s}}";
	static const char state[] = ", '%s': {'type': 'string', 'description': 'The state that it"
				    " is in.'}, 'allowed_actions': {'type': 'array', 'items':"
				    " {'type': 'string'}}";
	char extra[512];

	put(api->schemas, "Error", literalf(error, details, ""));
	put(api->schemas, "Problem", literalf(problem, details, ""));
	snprintf(extra, sizeof(extra), state, "status");
	put(api->schemas, "Conflict", literalf(error, details, extra));
	snprintf(extra, sizeof(extra), state, "thing_status");
	put(api->schemas, "ConflictProblem", literalf(problem, details, extra));
}

static void
refer_header(struct json_object *headers, const char *name)
{
	put(headers, name, literalf("{'$ref': '#/components/headers/%s'}", name));
}

/* Those that any answer may bear. */
static struct json_object *
headers_of_all(void)
{
	static const char *const names[] = { "X-Request-Id",
					     "Cache-Control",
					     "RateLimit",
					     "RateLimit-Policy",
					     "Deprecation",
					     "Sunset",
					     "Access-Control-Allow-Origin",
					     "Access-Control-Expose-Headers" };
	struct json_object *headers = json_object_new_object();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		refer_header(headers, names[i]);
	return headers;
}

/* Whether a route can end with an error, by what it is. */
static bool
can_end_with(const struct operation *op, enum pur_rc rc)
{
	if (has_word(list_in(op->route, "errors"), pur_rc_info(rc)->code) ||
	    (op->writes && has_word(list_in(op->program, "constraints"), pur_rc_info(rc)->code)))
		return true;
	switch (rc) {
	case PUR_EINPUT:
	case PUR_EACCEPT:
	case PUR_ETOOLARGE:
	case PUR_ERATE:
	case PUR_EINTERNAL:
	case PUR_EUNAVAILABLE:
		return true;
	case PUR_EBODY:
	case PUR_EJSON:
	case PUR_EMEDIA:
		return op->writes;
	case PUR_ESPACE:
		return op->writes || op->lists;
	case PUR_EAUTH:
		return !op->public;
	case PUR_EFORBIDDEN: /* a page of another origin may be refused even a login */
		return !is_set(op->route, "root");
	case PUR_ENOTFOUND:
		return strchr(op->path, '{') != NULL || is_set(op->route, "guarded") ||
		       (!op->public && strcmp(text_of(op->route, "answer"), "one") == 0 &&
			strcmp(text_of(op->route, "effect"), "creates") != 0);
	case PUR_ESTEPUP:
		return is_set(op->route, "step_up");
	case PUR_ETRANSITION:
		return member(op->route, "from") != NULL;
	case PUR_EINPROGRESS:
	case PUR_EERASED:
	case PUR_EMISMATCH:
		return op->writes && !op->secret;
	case PUR_ESTALE:
		return takes_match(op);
	default:
		return false;
	}
}

static size_t
errors_of(const struct operation *op, struct error *errors)
{
	size_t n = 0;

	for (int rc = PUR_EBODY; rc <= PUR_EREPLAY; rc++) {
		const struct pur_rc_info *info = pur_rc_info((enum pur_rc)rc);

		if (info->status != 0 && n < ERRORS_MOST && can_end_with(op, (enum pur_rc)rc))
			errors[n++] = (struct error){ info->status, info->code, info->message };
	}
	for (size_t i = 0; i < sizeof(front_errors) / sizeof(front_errors[0]); i++)
		errors[n++] = front_errors[i];
	return n;
}

/* What stands in the body of an error: the schema, held to the codes that are possible here. */
static struct json_object *
error_content(const char *schema, struct json_object *codes)
{
	struct json_object *content =
	    literalf("{'schema': {'allOf': [{'$ref': '#/components/schemas/%s'}, {'type':"
		     " 'object', 'required': ['error'], 'properties': {'error': {'type':"
		     " 'string'}}}]}}",
		     schema);
	struct json_object *all_of = member(member(content, "schema"), "allOf");

	put(member(member(json_object_array_get_idx(all_of, 1), "properties"), "error"), "enum",
	    json_object_get(codes));
	return content;
}

static struct json_object *
error_response(const struct error *first, const char *text, struct json_object *codes)
{
	struct json_object *r = json_object_new_object(), *content;
	struct json_object *headers = put(r, "headers", headers_of_all());
	bool conflict = has_word(codes, pur_rc_info(PUR_ETRANSITION)->code);
	struct json_object *example = json_object_new_object();

	put_string(r, "description", text);
	if (first->status == 401)
		refer_header(headers, "WWW-Authenticate");
	if (first->status == 429 || first->status == 503 || first->status == 507)
		refer_header(headers, "Retry-After");
	put_string(example, "error", first->code);
	put_string(example, "message", first->message);
	put(example, "details", json_object_new_array());
	content = put(r, "content", json_object_new_object());
	put(put(content, "application/json", error_content(conflict ? "Conflict" : "Error", codes)),
	    "example", example);
	put(content, "application/problem+json",
	    error_content(conflict ? "ConflictProblem" : "Problem", codes));
	return r;
}

/* All errors of one status are one answer; the same answer stands once in the components. */
static void
put_errors(struct api *api, struct json_object *responses, const struct operation *op)
{
	struct error errors[ERRORS_MOST + sizeof(front_errors) / sizeof(front_errors[0])];
	size_t n = errors_of(op, errors);

	for (size_t i = 0; i < n; i++) {
		struct json_object *codes;
		char name[256] = "", text[512] = "", status[8];

		snprintf(status, sizeof(status), "%d", errors[i].status);
		if (member(responses, status) != NULL)
			continue;
		codes = json_object_new_array();
		for (size_t k = i; k < n; k++) {
			size_t named = strlen(name), said = strlen(text);

			if (errors[k].status != errors[i].status)
				continue;
			push_string(codes, errors[k].code);
			snprintf(name + named, sizeof(name) - named, "%s%s",
				 named > 0 ? "_or_" : "", errors[k].code);
			snprintf(text + said, sizeof(text) - said, "%s`%s`: %s.",
				 said > 0 ? " " : "", errors[k].code, errors[k].message);
		}
		if (member(api->responses, name) == NULL)
			put(api->responses, name, error_response(&errors[i], text, codes));
		json_object_put(codes);
		put(responses, status, literalf("{'$ref': '#/components/responses/%s'}", name));
	}
}

/* The envelope around what a route answers. */
static struct json_object *
envelope(struct json_object *row, const char *answer)
{
	struct json_object *e, *data;

	if (strcmp(answer, "one") == 0) {
		e = literal("{'type': 'object', 'required': ['data'], 'properties': {}}");
		put(member(e, "properties"), "data", row);
	} else {
		e = literal("{'type': 'object', 'required': ['data'], 'properties': {}}");
		data = put(member(e, "properties"), "data", literal("{'type': 'array'}"));
		put(data, "items", row);
	}
	if (strcmp(answer, "list") == 0) {
		struct json_object *p = member(e, "properties");

		push_string(member(e, "required"), "perPage");
		put(p, "perPage", literal("{'type': 'integer'}"));
		put(p, "page", literal("{'type': 'integer', 'description': 'Not with cursor.'}"));
		put(p, "total",
		    literal("{'type': 'integer', 'format': 'int64', 'description': 'How many there"
			    " are; not with cursor.'}"));
		put(p, "totalCapped",
		    literal("{'type': 'boolean', 'description': 'There are more than total"
			    " says.'}"));
		put(p, "nextCursor",
		    literal(
			"{'type': ['string', 'null'], 'description': 'With cursor: where to go on;"
			" null at the end.'}"));
	}
	put(e, "additionalProperties", json_object_new_boolean(0));
	return e;
}

/* A row as it may stand in an answer; what moves a thing shows it moved. */
static struct json_object *
example_row(const struct api *api, const struct operation *op)
{
	struct json_object *row = example_object(api, answer_fields(op), SHAPE_ANSWER, op->secret);

	if (member(op->route, "to") != NULL && member(row, "status") != NULL)
		put_string(row, "status", text_of(op->route, "to"));
	if (has_states(op) && member(row, "status") != NULL)
		put(row, "allowed_actions", json_object_new_array());
	return row;
}

static struct json_object *
envelope_example(const struct api *api, const struct operation *op)
{
	struct json_object *e = json_object_new_object();
	const char *answer = text_of(op->route, "answer");

	if (strcmp(answer, "one") == 0) {
		put(e, "data", example_row(api, op));
		return e;
	}
	push(put(e, "data", json_object_new_array()), example_row(api, op));
	if (strcmp(answer, "list") == 0) {
		put(e, "total", json_object_new_int(1));
		put(e, "page", json_object_new_int(1));
		put(e, "perPage", json_object_new_int(20));
	}
	return e;
}

static void
put_success(struct api *api, struct json_object *responses, const struct operation *op)
{
	bool creates = strcmp(text_of(op->route, "effect"), "creates") == 0;
	bool accepts = strcmp(text_of(op->route, "effect"), "accepts") == 0;
	struct json_object *r = put(responses,
				    creates   ? "201"
				    : accepts ? "202"
					      : "200",
				    json_object_new_object());
	struct json_object *headers, *content, *json;

	put_string(r, "description",
		   creates   ? "It was created."
		   : accepts ? "It will be done."
			     : "It was done.");
	headers = put(r, "headers", headers_of_all());
	refer_header(headers, "ETag");
	if (creates)
		refer_header(headers, "Location");
	if (op->lists) {
		refer_header(headers, "Link");
		refer_header(headers, "Content-Disposition");
	}
	if (op->writes && !op->secret)
		refer_header(headers, "Idempotent-Replayed");
	if (is_set(op->route, "cookie"))
		refer_header(headers, "Set-Cookie");
	content = put(r, "content", json_object_new_object());
	json = put(content, "application/json", json_object_new_object());
	put(json, "schema", envelope(answer_schema(api, op), text_of(op->route, "answer")));
	put(json, "example", envelope_example(api, op));
	if (op->lists) {
		put(content, "text/csv; charset=utf-8", literal("{'schema': {'type': 'string'}}"));
		put(content, "application/x-ndjson", literal("{'schema': {'type': 'string'}}"));
	}
	if (!op->writes && !is_set(op->route, "run")) {
		r = put(responses, "304", literal("{'description': 'It is as you have it.'}"));
		headers = put(r, "headers", headers_of_all());
		refer_header(headers, "ETag");
		if (op->lists)
			refer_header(headers, "Link");
	}
}

struct json_object *
make_responses(struct api *api, const struct operation *op)
{
	struct json_object *responses = json_object_new_object();

	put_success(api, responses, op);
	put_errors(api, responses, op);
	return responses;
}
