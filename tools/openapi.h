/*
 * openapi: the document that describes the API (OpenAPI 3.1), made from what the programs say of
 * themselves by --describe. Its rooms: operations (openapi.c), their parameters and answers, and
 * the schemas of what is sent and answered. Nothing in here knows a route or a field by name.
 */
#ifndef PURSER_OPENAPI_H
#define PURSER_OPENAPI_H

#include "command.h"
#include "rc.h"
#include <stdbool.h>

/* The document as it grows. */
struct api {
	struct json_object *doc, *paths, *schemas, *responses;
	int version;    /* of the API: in 2 money is an object */
	bool duplicate; /* two operations came by the same name */
};

/* One route, and whose it is. */
struct operation {
	struct json_object *program, *route;
	const char *method, *path;
	char id[128]; /* "listOrders" */
	bool writes, lists, public, secret;
};

/* What a table of fields is written for. */
enum shape {
	SHAPE_ANSWER,
	SHAPE_CREATE,  /* POST */
	SHAPE_REPLACE, /* PUT */
	SHAPE_MERGE,   /* PATCH */
};

/* ---- JSON (openapi_json.c); what is put belongs to what it is put into ---- */

/* JSON in a constant, 'single quotes' for double ones; ends the command when it is none. */
struct json_object *literal(const char *text);
/* The same with arguments; none of them may need quoting. */
struct json_object *literalf(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct json_object *put(struct json_object *o, const char *name, struct json_object *value);
void put_string(struct json_object *o, const char *name, const char *text);
void push(struct json_object *list, struct json_object *value);
void push_string(struct json_object *list, const char *text);

/* A member, or NULL. Borrowed. */
struct json_object *member(struct json_object *o, const char *name);
bool is_set(struct json_object *o, const char *name);
/* A member that is a list; an empty one where there is none. Borrowed. */
struct json_object *list_in(struct json_object *o, const char *name);
bool has_word(struct json_object *list, const char *word);

/* "order lines", "no-show", "unit_price" in one word: "orderLines", or with a capital. */
void camel(char *out, size_t size, const char *text, bool capital);

/* ---- schemas (openapi_schema.c) ---- */

/* What a field can be, in the bodies of a shape or in answers. */
struct json_object *field_schema(const struct api *api, struct json_object *field,
				 enum shape shape);

/* What a parameter's text can be. */
struct json_object *param_schema(const struct api *api, struct json_object *field);

/* A reference to the schema of one row of the answer, and of the body; NULL: it takes none. */
struct json_object *answer_schema(struct api *api, const struct operation *op);
struct json_object *body_schema(struct api *api, const struct operation *op);

/* ---- examples (openapi_example.c) ---- */

/* A value that a field can have; the members that examples show of a table of fields. */
struct json_object *example_of(const struct api *api, struct json_object *field, enum shape shape);
struct json_object *example_object(const struct api *api, struct json_object *fields,
				   enum shape shape, bool secret);

/* ---- which fields ---- */

struct json_object *answer_fields(const struct operation *op);
struct json_object *body_fields(const struct operation *op);
enum shape body_shape(const struct operation *op);
/* Whether things of the program go from state to state. */
bool has_states(const struct operation *op);
/* Whether a field stands in bodies of the shape, or in answers. */
bool shows(struct json_object *field, enum shape shape, bool secret);

/* ---- parameters (openapi_params.c) and answers (openapi_answers.c) ---- */

struct json_object *make_parameters(const struct api *api, const struct operation *op);
/* Whether a write takes If-Match. */
bool takes_match(const struct operation *op);
struct json_object *make_responses(struct api *api, const struct operation *op);
/* components.headers and the schemas of errors. */
struct json_object *common_headers(void);
void add_error_schemas(struct api *api);

#endif
