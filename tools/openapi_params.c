/* openapi_params: what stands in paths, queries and headers of requests. */
#include "openapi.h"
#include <string.h>

#define SORTS 4
#define INCLUDES 4

/* A parameter of the query; schema is taken over. */
static struct json_object *
query_param(struct json_object *list, const char *name, const char *text,
	    struct json_object *schema)
{
	struct json_object *p = literal("{'in': 'query'}");

	put_string(p, "name", name);
	if (text != NULL && *text != '\0')
		put_string(p, "description", text);
	put(p, "schema", schema);
	push(list, p);
	return p;
}

/* A list in one parameter, "a,b". */
static void
put_commas(struct json_object *param)
{
	put_string(param, "style", "form");
	put(param, "explode", json_object_new_boolean(0));
}

/*
 * How a part of the path is read stands with the statements that bind it: "/seq:int" is a number,
 * "/client:slug" an id or a slug, and "/ref" an id or the resource's own key.
 */
static struct json_object *
part_schema(const struct operation *op, const char *part)
{
	struct json_object *stmts = list_in(op->program, "statements");
	const char *key = text_of(op->program, "key");
	char number[80], slug[80];

	snprintf(number, sizeof(number), "/%s:int", part);
	snprintf(slug, sizeof(slug), "/%s:slug", part);
	for (size_t i = 0; i < json_object_array_length(stmts); i++) {
		struct json_object *args = list_in(json_object_array_get_idx(stmts, i), "args");

		if (has_word(args, number))
			return literal("{'type': 'integer', 'format': 'int64', 'minimum': 0}");
		if (has_word(args, slug))
			key = "slug";
	}
	if (*key == '\0' || strcmp(part, "id") == 0)
		return literal("{'type': 'string', 'format': 'uuid'}");
	return literalf("{'type': 'string', 'minLength': 1, 'description': 'An id (UUID), or the"
			" %s.'}",
			key);
}

static void
put_parts(struct json_object *list, const struct operation *op)
{
	for (const char *p = op->path; (p = strchr(p, '{')) != NULL;) {
		char part[64];
		struct json_object *param = literal("{'in': 'path', 'required': true}");

		p++;
		snprintf(part, sizeof(part), "%.*s", (int)strcspn(p, "}"), p);
		put_string(param, "name", part);
		put(param, "schema", part_schema(op, part));
		push(list, param);
	}
}

/* An array parameter whose items are the names of some fields; NULL when there are none. */
static struct json_object *
names_of(struct json_object *fields, const char *flag, bool descending)
{
	struct json_object *names = json_object_new_array(), *schema;

	for (size_t i = 0; i < json_object_array_length(fields); i++) {
		struct json_object *f = json_object_array_get_idx(fields, i);
		char down[128];

		if ((flag != NULL && !is_set(f, flag)) || is_set(f, "write_only") ||
		    is_set(f, "once"))
			continue;
		push_string(names, text_of(f, "name"));
		snprintf(down, sizeof(down), "-%s", text_of(f, "name"));
		if (descending)
			push_string(names, down);
	}
	if (json_object_array_length(names) == 0) {
		json_object_put(names);
		return NULL;
	}
	schema = literal("{'type': 'array', 'items': {'type': 'string'}, 'minItems': 1}");
	put(member(schema, "items"), "enum", names);
	return schema;
}

static void
put_filter(const struct api *api, struct json_object *list, struct json_object *field)
{
	static const char *const compared[] = { "gt", "gte", "lt", "lte" };
	static const char *const meaning[] = { "More than", "At least", "Less than", "At most" };
	const char *name = text_of(field, "name"), *type = text_of(field, "type");
	struct json_object *many = literal("{'type': 'array', 'minItems': 1}");
	char with_op[128], text[160];

	query_param(list, name, text_of(field, "summary"), param_schema(api, field));
	put(many, "items", param_schema(api, field));
	snprintf(with_op, sizeof(with_op), "%s[in]", name);
	snprintf(text, sizeof(text), "Any of these values of %s.", name);
	put_commas(query_param(list, with_op, text, many));
	if (strcmp(type, "integer") != 0 && strcmp(type, "money") != 0 &&
	    strcmp(type, "time") != 0 && strcmp(type, "date") != 0 && strcmp(type, "clock") != 0)
		return;
	for (size_t i = 0; i < sizeof(compared) / sizeof(compared[0]); i++) {
		snprintf(with_op, sizeof(with_op), "%s[%s]", name, compared[i]);
		snprintf(text, sizeof(text), "%s this %s.", meaning[i], name);
		query_param(list, with_op, text, param_schema(api, field));
	}
}

static void
put_list_params(const struct api *api, struct json_object *list, const struct operation *op)
{
	struct json_object *fields = answer_fields(op), *sorts = names_of(fields, "sort", true);

	query_param(list, "page", "Counted from 1; not with cursor.",
		    literal("{'type': 'integer', 'minimum': 1, 'maximum': 1000000, 'default': 1}"));
	query_param(list, "perPage", NULL,
		    literal("{'type': 'integer', 'minimum': 1, 'maximum': 100, 'default': 20}"));
	query_param(
	    list, "cursor",
	    "Empty to begin, then the nextCursor of the answer before, with all else the same.",
	    literal("{'type': 'string'}"));
	if (is_set(op->route, "search"))
		query_param(list, "q",
			    "Words to look for; best first. Accents and small slips don't matter.",
			    literal("{'type': 'string', 'minLength': 1}"));
	if (sorts != NULL) {
		char text[128];

		put(sorts, "maxItems", json_object_new_int(SORTS));
		snprintf(text, sizeof(text), "The order, - for descending. Without it: %s.",
			 member(op->route, "sort") != NULL ? text_of(op->route, "sort") : "id");
		put_commas(query_param(list, "sort", text, sorts));
	}
	if (is_set(op->route, "deleted"))
		query_param(list, "deleted", "The deleted ones, for owners and admins.",
			    literal("{'type': 'boolean', 'default': false}"));
	for (size_t i = 0; i < json_object_array_length(fields); i++) {
		struct json_object *f = json_object_array_get_idx(fields, i);

		if (is_set(f, "filter"))
			put_filter(api, list, f);
	}
}

static void
put_view(struct json_object *list, const struct operation *op)
{
	struct json_object *fields = answer_fields(op);
	struct json_object *names = names_of(fields, NULL, false);
	struct json_object *includes =
	    is_set(op->route, "includes") ? names_of(fields, "include", false) : NULL;

	if (is_set(op->route, "run")) {
		json_object_put(names);
		names = NULL;
	}
	if (names != NULL)
		put_commas(query_param(
		    list, "fields",
		    "Only these members; others are left out then, required ones too.", names));
	if (includes == NULL)
		return;
	put(includes, "maxItems", json_object_new_int(INCLUDES));
	put_commas(
	    query_param(list, "include", "What belongs to it, in the same answer.", includes));
}

static void
put_own(const struct api *api, struct json_object *list, const struct operation *op)
{
	struct json_object *own = list_in(op->route, "params");

	for (size_t i = 0; i < json_object_array_length(own); i++) {
		struct json_object *f = json_object_array_get_idx(own, i), *p;
		struct json_object *value =
		    member(f, "default") != NULL ? json_tokener_parse(text_of(f, "default")) : NULL;

		p = query_param(list, text_of(f, "name"), text_of(f, "summary"),
				param_schema(api, f));
		if (is_set(f, "required"))
			put(p, "required", json_object_new_boolean(1));
		if (value != NULL)
			put(member(p, "schema"), "default", value);
	}
}

/* What is new, and what is nobody's, has no revision that one could have read. */
bool
takes_match(const struct operation *op)
{
	return op->writes && !op->public && strcmp(text_of(op->route, "effect"), "creates") != 0;
}

static void
put_headers(struct json_object *list, const struct operation *op)
{
	if (!op->writes) {
		push(list, literal("{'in': 'header', 'name': 'If-None-Match', 'schema': {'type':"
				   " 'string'}, 'description': 'An ETag: 304 when it still"
				   " holds.'}"));
		return;
	}
	if (!op->secret)
		push(list,
		     literal("{'in': 'header', 'name': 'Idempotency-Key', 'schema': {'type':"
			     " 'string', 'minLength': 1, 'maxLength': 255, 'pattern': '^[!-~]+$'},"
			     " 'description': 'The same request with the same key is done once and"
			     " answered alike.'}"));
	if (takes_match(op))
		push(list, literal("{'in': 'header', 'name': 'If-Match', 'schema': {'type':"
				   " 'string'}, 'description': 'ETags: 412 when none of them"
				   " holds any more.'}"));
}

struct json_object *
make_parameters(const struct api *api, const struct operation *op)
{
	struct json_object *list = json_object_new_array();

	put_parts(list, op);
	put_own(api, list, op);
	if (op->lists)
		put_list_params(api, list, op);
	if (!op->writes)
		put_view(list, op);
	else
		query_param(list, "dry_run", "Do it all, answer what would be, and take it back.",
			    literal("{'type': 'boolean', 'default': false}"));
	put_headers(list, op);
	return list;
}
