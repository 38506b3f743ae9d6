/* openapi: `purser openapi` writes the document that describes the API, by the programs' tables. */
#include "openapi.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static const char description[] =
    "What every route has in common, in short: bodies are strict JSON and unknown members are"
    " refused; times are RFC 3339 in UTC; ids are UUIDv7. `{ref}` in a path is an id or the"
    " thing's human key. Every write takes `dry_run`. Lists take filters as `status=approved`,"
    " `status[in]=a,b` or `pickup_date[gte]=...`. A body that is wrong is told all its faults"
    " at once. An error is `application/problem+json` where `Accept` asks for it.";

static const char money_1[] =
    "{'type': 'integer', 'format': 'int64', 'description': 'Minor units of the tenant\\u2019s"
    " currency: 1250 is 12.50 EUR. In version 2 an object with amount and currency.'}";
static const char money_2[] =
    "{'type': 'object', 'required': ['amount', 'currency'], 'additionalProperties': false,"
    " 'properties': {'amount': {'type': 'integer', 'format': 'int64', 'description':"
    " 'Minor units: 1250 is 12.50 EUR.'}, 'currency': {'type': 'string', 'pattern':"
    " '^[A-Z]{3}$'}}}";

/* "categories" -> "category", in place. */
static void
singular(char *word)
{
	size_t len = strlen(word);

	if (len > 3 && strcmp(word + len - 3, "ies") == 0)
		memcpy(word + len - 3, "y", sizeof("y"));
	else if (len > 2 && word[len - 1] == 's' && word[len - 2] != 's')
		word[len - 1] = '\0';
}

/* What is done to what the path names, as a verb. */
static const char *
verb_of(const struct operation *op)
{
	const char *effect = text_of(op->route, "effect");

	if (!op->writes)
		return strcmp(text_of(op->route, "answer"), "one") == 0 ? "get" : "list";
	if (strcmp(effect, "creates") == 0)
		return "create";
	return strcmp(op->method, "PUT") == 0      ? "replace"
	       : strcmp(op->method, "PATCH") == 0  ? "update"
	       : strcmp(op->method, "DELETE") == 0 ? "delete"
						   : "post";
}

/*
 * The operation's name: a verb and the words of the path: listClientOrders, updateProduct. What
 * stands behind a thing's {ref} in a POST is the verb itself: approveOrder.
 */
static void
name_operation(struct operation *op)
{
	char path[400], words[256], verb[128] = "", *part, *rest = path;
	bool creates = strcmp(text_of(op->route, "effect"), "creates") == 0, behind = false;

	snprintf(path, sizeof(path), "%s", op->path);
	snprintf(words, sizeof(words), "%s", verb_of(op));
	while ((part = strsep(&rest, "/")) != NULL) {
		size_t len = strlen(words);
		bool last = rest == NULL;

		if (*part == '\0' || *part == '{') {
			behind = *part == '{';
			continue;
		}
		if (last && behind && strcmp(op->method, "POST") == 0 && !creates) {
			snprintf(verb, sizeof(verb), "%s", part);
			continue;
		}
		if ((last && creates) || (rest != NULL && *rest == '{'))
			singular(part);
		snprintf(words + len, sizeof(words) - len, " %s", part);
	}
	if (verb[0] != '\0') /* "post order" */
		snprintf(path, sizeof(path), "%s %s", verb, words + strlen("post "));
	else
		snprintf(path, sizeof(path), "%s", words);
	camel(op->id, sizeof(op->id), path, false);
}

/* What the summary leaves out, for people. */
static void
put_description(struct json_object *o, const struct operation *op)
{
	char text[1024] = "";
	struct json_object *from = list_in(op->route, "from");
	const char *to = text_of(op->route, "to"), *event = text_of(op->route, "event");
	size_t len = 0;

	for (size_t i = 0; i < json_object_array_length(from); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s`%s`",
					i == 0 ? "Only when it is " : " or ", name_at(from, i));
	if (len > 0)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					*to ? "; then it is `%s`. " : ".%s ", to);
	if (*event != '\0')
		len +=
		    (size_t)snprintf(text + len, sizeof(text) - len, "Recorded as `%s`. ", event);
	if (op->secret)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"The answer may hold a secret: it is never stored. ");
	if (is_set(op->route, "step_up"))
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"Wants a login or a step-up of late. ");
	if (strcmp(text_of(op->route, "permission"), "any") == 0)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"For people: API keys are refused. ");
	if (len == 0)
		return;
	text[len - 1] = '\0';
	put_string(o, "description", text);
}

/* Who may: bearer tokens and keys, or a browser's cookie; nobody has to log in for a public one. */
static void
put_security(struct json_object *o, const struct operation *op)
{
	struct json_object *security = put(o, "security", json_object_new_array());

	if (op->public)
		return;
	push(security, literal("{'bearer': []}"));
	push(security, literal("{'cookie': []}"));
	put_string(o, "x-required-scope", text_of(op->route, "permission"));
	put(o, "x-roles", json_object_get(list_in(op->route, "roles")));
}

static void
put_body(struct api *api, struct json_object *o, const struct operation *op)
{
	struct json_object *schema = body_schema(api, op), *body, *content, *media, *fields;
	bool required = false;

	if (schema == NULL)
		return;
	fields = body_fields(op);
	for (size_t i = 0; i < json_object_array_length(fields); i++)
		required |= is_set(json_object_array_get_idx(fields, i), "required");
	body = put(o, "requestBody", json_object_new_object());
	if (required)
		put(body, "required", json_object_new_boolean(1));
	content = put(body, "content", json_object_new_object());
	media = put(content, "application/json", json_object_new_object());
	put(media, "schema", schema);
	put(media, "example", example_object(api, fields, body_shape(op), false));
	if (body_shape(op) == SHAPE_MERGE)
		put(content, "application/merge-patch+json", json_object_get(media));
}

static void
add_operation(struct api *api, struct operation *op)
{
	struct json_object *o = json_object_new_object(), *item = member(api->paths, op->path);
	struct json_object *tags = put(o, "tags", json_object_new_array());
	char method[16];

	if (item == NULL) {
		item = put(api->paths, op->path, json_object_new_object());
		if (is_set(op->route, "root"))
			put(item, "servers", literal("[{'url': '/'}]"));
	}
	push_string(tags, text_of(op->program, "program"));
	put_string(o, "operationId", op->id);
	put_string(o, "summary", text_of(op->route, "summary"));
	put_description(o, op);
	if (member(op->route, "deprecated") != NULL)
		put(o, "deprecated", json_object_new_boolean(1));
	put_security(o, op);
	put(o, "parameters", make_parameters(api, op));
	put_body(api, o, op);
	put(o, "responses", make_responses(api, op));
	snprintf(method, sizeof(method), "%s", op->method);
	for (char *p = method; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	put(item, method, o);
}

/* Whether an operation of that name stands in the document already. */
static bool
is_taken(const struct api *api, const char *id)
{
	json_object_object_foreach(api->paths, path, item)
	{
		(void)path;
		json_object_object_foreach(item, method, o)
		{
			(void)method;
			if (json_object_is_type(o, json_type_object) &&
			    strcmp(text_of(o, "operationId"), id) == 0)
				return true;
		}
	}
	return false;
}

static void
add_program(struct api *api, struct json_object *program)
{
	struct json_object *routes = list_in(program, "routes"), *tag = json_object_new_object();

	put_string(tag, "name", text_of(program, "program"));
	put_string(tag, "description", text_of(program, "summary"));
	push(member(api->doc, "tags"), tag);
	for (size_t i = 0; i < json_object_array_length(routes); i++) {
		struct json_object *route = json_object_array_get_idx(routes, i);
		struct operation op = { .program = program,
					.route = route,
					.method = text_of(route, "method"),
					.path = text_of(route, "path"),
					.lists = is_set(route, "list"),
					.secret = is_set(route, "secret") };

		op.writes = strcmp(op.method, "GET") != 0;
		op.public = strcmp(text_of(route, "permission"), "public") == 0;
		name_operation(&op);
		if (is_taken(api, op.id)) {
			fprintf(stderr, "two operations would be called %s: %s %s is one\n", op.id,
				op.method, op.path);
			api->duplicate = true;
		}
		add_operation(api, &op);
	}
}

static void
begin(struct api *api)
{
	struct json_object *doc = literalf(
	    "{'openapi': '3.1.0', 'info': {'title': 'Purser', 'version': '%s (API v%d)',"
	    " 'license': {'name': 'All rights reserved', 'identifier': 'LicenseRef-Purser'}},"
	    " 'servers': [{'url': '/api/v%d'}], 'tags': [], 'paths': {}, 'components': {"
	    " 'securitySchemes': {'bearer': {'type': 'http', 'scheme': 'bearer', 'description':"
	    " 'A session\\u2019s token (ps_...) or an API key (pk_live_..., pk_test_...).'},"
	    " 'cookie': {'type': 'apiKey', 'in': 'cookie', 'name': '__Host-purser', 'description':"
	    " 'For browsers; writes from the same origin alone.'}}}}",
	    PUR_VERSION, api->version, api->version);
	struct json_object *components = member(doc, "components");

	put_string(member(doc, "info"), "description", description);
	api->doc = doc;
	api->paths = member(doc, "paths");
	put(components, "headers", common_headers());
	api->schemas = put(components, "schemas", json_object_new_object());
	api->responses = put(components, "responses", json_object_new_object());
	put(api->schemas, "Money", literal(api->version >= 2 ? money_2 : money_1));
	add_error_schemas(api);
}

int
openapi_command(int argc, char **argv)
{
	const char *folder = NULL, *version = "1";
	const struct option_value options[] = { { .name = "api", .value = &version }, { NULL } };
	struct json_object *all;
	struct api api = { .doc = NULL };

	if (read_options(argc, argv, options, &folder) != 0)
		return EX_USAGE;
	api.version = strcmp(version, "1") == 0 ? 1 : strcmp(version, "2") == 0 ? 2 : 0;
	if (api.version == 0) {
		fprintf(stderr, "there is no version %s of the API: 1 and 2 there are\n", version);
		return EX_USAGE;
	}
	all = describe_programs(folder != NULL ? folder : PROGRAMS_FOLDER);
	if (all == NULL)
		return EX_UNAVAILABLE;
	begin(&api);
	for (size_t i = 0; i < json_object_array_length(all); i++)
		add_program(&api, json_object_array_get_idx(all, i));
	if (!api.duplicate)
		puts(json_object_to_json_string_ext(api.doc, JSON_C_TO_STRING_PRETTY |
								 JSON_C_TO_STRING_PRETTY_TAB |
								 JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(api.doc);
	json_object_put(all);
	if (api.duplicate)
		return EX_DATAERR;
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}
