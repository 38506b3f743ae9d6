/* openapi_schema: tables of fields as JSON Schema. The limits are those of lib/field.c. */
#include "openapi.h"
#include <string.h>

#define INT_MOST 999999999999
#define TEXT_MOST 10000
#define TEXTS_MOST 50
#define ROWS_MOST 500

#define SLUG_PATTERN "^[a-z0-9-]{1,100}$"
#define CLOCK_PATTERN "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"

struct json_object *
answer_fields(const struct operation *op)
{
	return member(op->route, "fields") != NULL ? list_in(op->route, "fields")
						   : list_in(op->program, "fields");
}

struct json_object *
body_fields(const struct operation *op)
{
	if (!op->writes)
		return NULL;
	if (member(op->route, "body") != NULL)
		return list_in(op->route, "body");
	if (strcmp(text_of(op->route, "effect"), "creates") == 0 ||
	    strcmp(op->method, "PUT") == 0 || strcmp(op->method, "PATCH") == 0)
		return list_in(op->program, "fields");
	return NULL;
}

enum shape
body_shape(const struct operation *op)
{
	return strcmp(op->method, "PUT") == 0     ? SHAPE_REPLACE
	       : strcmp(op->method, "PATCH") == 0 ? SHAPE_MERGE
						  : SHAPE_CREATE;
}

/* Taken and left alone: what GET gave can be PUT. */
static bool
is_ignored(struct json_object *field, enum shape shape)
{
	return shape == SHAPE_REPLACE && (is_set(field, "read_only") || is_set(field, "fixed"));
}

bool
shows(struct json_object *field, enum shape shape, bool secret)
{
	if (shape == SHAPE_ANSWER)
		return !is_set(field, "write_only") && (secret || !is_set(field, "once"));
	if (shape == SHAPE_REPLACE)
		return !is_set(field, "write_only") || !is_set(field, "fixed");
	return !is_set(field, "read_only") && (shape == SHAPE_CREATE || !is_set(field, "fixed"));
}

static bool
can_be_null(struct json_object *field, enum shape shape)
{
	if (shape == SHAPE_ANSWER || is_ignored(field, shape))
		return !is_set(field, "always") && !is_set(field, "required") &&
		       member(field, "default") == NULL;
	return !is_set(field, "required");
}

/* Numbers and lengths are promised of what is sent; of answers, the type alone. */
static void
put_limits(struct json_object *schema, struct json_object *field, const char *least,
	   const char *most, int64_t otherwise_least, int64_t otherwise_most)
{
	int64_t min = json_object_get_int64(member(field, "min"));
	int64_t max = json_object_get_int64(member(field, "max"));

	min = min != 0 ? min : otherwise_least;
	if (min != 0 || strcmp(least, "minimum") == 0)
		put(schema, least, json_object_new_int64(min));
	put(schema, most, json_object_new_int64(max != 0 ? max : otherwise_most));
}

/* The one value null beside those of a schema. */
static struct json_object *
or_null(struct json_object *schema)
{
	struct json_object *type = member(schema, "type"), *both = json_object_new_array(), *any;

	if (type != NULL) {
		push_string(both, json_object_get_string(type));
		push_string(both, "null");
		put(schema, "type", both);
		if (member(schema, "enum") != NULL)
			push(member(schema, "enum"), NULL);
		return schema;
	}
	any = json_object_new_object();
	put(any, "anyOf", both);
	push(both, schema);
	push(both, literal("{'type': 'null'}"));
	return any;
}

static struct json_object *
object_schema(const struct api *api, struct json_object *fields, enum shape shape, bool secret)
{
	struct json_object *schema = literal("{'type': 'object', 'properties': {}}");
	struct json_object *properties = member(schema, "properties");
	struct json_object *required = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(fields); i++) {
		struct json_object *f = json_object_array_get_idx(fields, i);
		const char *name = text_of(f, "name");

		if (!shows(f, shape, secret))
			continue;
		put(properties, name, field_schema(api, f, shape));
		if (shape == SHAPE_ANSWER
			? !is_set(f, "include") && (is_set(f, "always") || !is_set(f, "once"))
			: is_set(f, "required") && !is_ignored(f, shape) && shape != SHAPE_MERGE)
			push_string(required, name);
	}
	if (json_object_array_length(required) > 0)
		put(schema, "required", required);
	else
		json_object_put(required);
	put(schema, "additionalProperties", json_object_new_boolean(0));
	return schema;
}

static struct json_object *
choice_schema(struct json_object *field)
{
	struct json_object *schema = literal("{'type': 'string', 'enum': []}");
	struct json_object *choices = list_in(field, "choices");

	for (size_t i = 0; i < json_object_array_length(choices); i++)
		push_string(member(schema, "enum"), name_at(choices, i));
	return schema;
}

/* Lists and what they hold; within one, members are whole even where a body is merged. */
static struct json_object *
rows_schema(const struct api *api, struct json_object *field, enum shape shape)
{
	struct json_object *schema = literal("{'type': 'array'}");
	enum shape within = shape == SHAPE_MERGE ? SHAPE_CREATE : shape;

	put(schema, "items", object_schema(api, list_in(field, "of"), within, false));
	if (shape != SHAPE_ANSWER)
		put_limits(schema, field, "minItems", "maxItems", 0, ROWS_MOST);
	return schema;
}

static struct json_object *
texts_schema(struct json_object *field, enum shape shape)
{
	struct json_object *schema = literal("{'type': 'array', 'items': {'type': 'string'}}");

	if (shape != SHAPE_ANSWER) {
		put(schema, "items",
		    literal("{'type': 'string', 'minLength': 1, 'maxLength': 100}"));
		put_limits(schema, field, "minItems", "maxItems", 0, TEXTS_MOST);
	}
	return schema;
}

static struct json_object *
text_schema(struct json_object *field, enum shape shape)
{
	struct json_object *schema = literal("{'type': 'string'}");

	if (shape != SHAPE_ANSWER)
		put_limits(schema, field, "minLength", "maxLength",
			   is_set(field, "required") ? 1 : 0, TEXT_MOST);
	return schema;
}

static struct json_object *
number_schema(struct json_object *field, enum shape shape)
{
	struct json_object *schema = literal("{'type': 'integer', 'format': 'int64'}");

	if (shape != SHAPE_ANSWER)
		put_limits(schema, field, "minimum", "maximum", 0, INT_MOST);
	return schema;
}

static struct json_object *
type_schema(const struct api *api, struct json_object *field, enum shape shape)
{
	static const struct {
		const char *type, *schema;
	} plain[] = {
		{ "boolean", "{'type': 'boolean'}" },
		{ "money", "{'$ref': '#/components/schemas/Money'}" },
		{ "slug", "{'type': 'string', 'pattern': '" SLUG_PATTERN "'}" },
		{ "email", "{'type': 'string', 'format': 'email', 'maxLength': 254}" },
		{ "uuid", "{'type': 'string', 'format': 'uuid'}" },
		{ "time", "{'type': 'string', 'format': 'date-time'}" },
		{ "date", "{'type': 'string', 'format': 'date'}" },
		{ "clock", "{'type': 'string', 'pattern': '" CLOCK_PATTERN "'}" },
	};
	const char *type = text_of(field, "type");

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (strcmp(plain[i].type, type) == 0)
			return literal(plain[i].schema);
	}
	if (strcmp(type, "integer") == 0)
		return number_schema(field, shape);
	if (strcmp(type, "choice") == 0)
		return choice_schema(field);
	if (strcmp(type, "texts") == 0)
		return texts_schema(field, shape);
	if (strcmp(type, "rows") == 0)
		return rows_schema(api, field, shape);
	if (strcmp(type, "object") == 0)
		return object_schema(api, list_in(field, "of"), shape, false);
	return text_schema(field, shape);
}

/* What a field says of itself, in a sentence or two. */
static void
put_description(struct json_object *schema, struct json_object *field, enum shape shape)
{
	char text[512];
	const char *summary = text_of(field, "summary"), *refers = text_of(field, "refers");
	bool future = is_set(field, "future") && shape != SHAPE_ANSWER;

	snprintf(text, sizeof(text), "%s%s%s%s%s%s%s", summary, *summary != '\0' ? ". " : "",
		 future ? "Must be in the future. " : "",
		 *refers != '\0' && shape != SHAPE_ANSWER ? "The id of one of " : "",
		 *refers != '\0' && shape != SHAPE_ANSWER ? refers : "",
		 *refers != '\0' && shape != SHAPE_ANSWER ? ". " : "",
		 is_ignored(field, shape)                            ? "Ignored here. "
		 : is_set(field, "include") && shape == SHAPE_ANSWER ? "Asked for by include. "
								     : "");
	if (text[0] == '\0')
		return;
	text[strlen(text) - 1] = '\0';
	put_string(schema, "description", text);
}

/* A default, where absence means it. */
static void
put_default(struct json_object *schema, struct json_object *field, enum shape shape)
{
	struct json_object *value;

	if (shape == SHAPE_ANSWER || shape == SHAPE_MERGE || is_ignored(field, shape) ||
	    member(field, "default") == NULL || strcmp(text_of(field, "type"), "money") == 0)
		return;
	value = json_tokener_parse(text_of(field, "default"));
	if (value != NULL)
		put(schema, "default", value);
}

struct json_object *
field_schema(const struct api *api, struct json_object *field, enum shape shape)
{
	bool ignored = is_ignored(field, shape);
	struct json_object *schema = type_schema(api, field, ignored ? SHAPE_ANSWER : shape);

	if (can_be_null(field, shape))
		schema = or_null(schema);
	put_description(schema, field, shape);
	put_default(schema, field, shape);
	if (ignored || (shape == SHAPE_ANSWER && is_set(field, "read_only")))
		put(schema, "readOnly", json_object_new_boolean(1));
	if (shape != SHAPE_ANSWER && is_set(field, "write_only"))
		put(schema, "writeOnly", json_object_new_boolean(1));
	return schema;
}

struct json_object *
param_schema(const struct api *api, struct json_object *field)
{
	struct json_object *schema = type_schema(api, field, SHAPE_ANSWER);
	bool number = strcmp(text_of(field, "type"), "integer") == 0;

	if (strcmp(text_of(field, "type"), "money") == 0 ||
	    strcmp(text_of(field, "type"), "email") == 0) { /* half an address may be looked for */
		json_object_put(schema);
		schema = literal(strcmp(text_of(field, "type"), "money") == 0
				     ? "{'type': 'integer', 'format': 'int64'}"
				     : "{'type': 'string'}");
	}
	if (number && member(field, "max") != NULL)
		put(schema, "maximum", json_object_get(member(field, "max")));
	if (number && member(field, "min") != NULL)
		put(schema, "minimum", json_object_get(member(field, "min")));
	return schema;
}

/*
 * Puts a schema among the components, or finds the one that is just like it. Where two programs
 * call different things by one name, the second's own name goes before.
 */
static struct json_object *
refer_to(struct api *api, const struct operation *op, const char *name, struct json_object *schema)
{
	const char *found = NULL;
	struct json_object *ref = json_object_new_object();
	char path[384], program[128], own[320];

	json_object_object_foreach(api->schemas, known, value)
	{
		if (json_object_equal(value, schema))
			found = known;
	}
	if (found == NULL && member(api->schemas, name) != NULL) {
		camel(program, sizeof(program), text_of(op->program, "program"), true);
		snprintf(own, sizeof(own), "%s%s", program, name);
		name = own;
	}
	snprintf(path, sizeof(path), "#/components/schemas/%s", found != NULL ? found : name);
	if (found != NULL)
		json_object_put(schema);
	else
		put(api->schemas, name, schema);
	put_string(ref, "$ref", path);
	return ref;
}

bool
has_states(const struct operation *op)
{
	struct json_object *routes = list_in(op->program, "routes");

	for (size_t i = 0; i < json_object_array_length(routes); i++) {
		if (member(json_object_array_get_idx(routes, i), "from") != NULL)
			return true;
	}
	return false;
}

/* A thing that has states says what can be done with it. */
static void
put_allowed_actions(const struct operation *op, struct json_object *schema)
{
	struct json_object *properties = member(schema, "properties");

	if (!has_states(op) || member(properties, "status") == NULL)
		return;
	put(properties, "allowed_actions",
	    literal("{'type': 'array', 'items': {'type': 'string'}, 'readOnly': true,"
		    " 'description': 'What can be done with it now: POST to its path and this.'}"));
	push_string(member(schema, "required"), "allowed_actions");
}

static bool
shows_once(struct json_object *fields)
{
	for (size_t i = 0; i < json_object_array_length(fields); i++) {
		if (is_set(json_object_array_get_idx(fields, i), "once"))
			return true;
	}
	return false;
}

struct json_object *
answer_schema(struct api *api, const struct operation *op)
{
	struct json_object *fields = answer_fields(op);
	struct json_object *schema = object_schema(api, fields, SHAPE_ANSWER, op->secret);
	bool own = member(op->route, "fields") != NULL;
	bool once = op->secret && shows_once(fields);
	char name[192], title[128];

	camel(title, sizeof(title), own ? op->id : text_of(op->program, "title"), true);
	snprintf(name, sizeof(name), "%s%s", title, own ? "Answer" : once ? "WithSecret" : "");
	put_allowed_actions(op, schema);
	return refer_to(api, op, name, schema);
}

struct json_object *
body_schema(struct api *api, const struct operation *op)
{
	static const char *const suffixes[] = { [SHAPE_ANSWER] = "",
						[SHAPE_CREATE] = "Create",
						[SHAPE_REPLACE] = "Replace",
						[SHAPE_MERGE] = "Update" };
	struct json_object *fields = body_fields(op);
	bool own = member(op->route, "body") != NULL;
	char name[192], title[128];

	if (fields == NULL)
		return NULL;
	camel(title, sizeof(title), own ? op->id : text_of(op->program, "title"), true);
	snprintf(name, sizeof(name), "%s%s", title, own ? "Body" : suffixes[body_shape(op)]);
	return refer_to(api, op, name, object_schema(api, fields, body_shape(op), false));
}
