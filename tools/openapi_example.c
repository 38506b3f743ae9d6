/* openapi_example: values that fields can have: their own example, or what their type suggests. */
#include "openapi.h"
#include <ctype.h>
#include <string.h>

/* "customer_name" as people would write it, as long as the field takes it. */
static struct json_object *
words(struct json_object *field)
{
	static const char filler[] = "correct horse battery staple";
	char text[128];
	int64_t min = json_object_get_int64(member(field, "min"));
	int64_t max = json_object_get_int64(member(field, "max"));

	snprintf(text, sizeof(text), "%s", text_of(field, "name"));
	text[0] = (char)toupper((unsigned char)text[0]);
	for (char *p = strchr(text, '_'); p != NULL; p = strchr(p, '_'))
		*p = ' ';
	if (is_set(field, "write_only") || (int64_t)strlen(text) < min)
		snprintf(text, sizeof(text), "%s", filler);
	if (max > 0 && max < (int64_t)strlen(text))
		text[max] = '\0';
	return json_object_new_string(text);
}

static struct json_object *
number(const struct api *api, struct json_object *field)
{
	bool money = strcmp(text_of(field, "type"), "money") == 0;
	int64_t min = json_object_get_int64(member(field, "min"));
	int64_t max = json_object_get_int64(member(field, "max"));
	int64_t n = money ? 1250 : min > 1 ? min : 1;

	if (max != 0 && n > max)
		n = max;
	if (money && api->version >= 2)
		return literalf("{'amount': %lld, 'currency': 'EUR'}", (long long)n);
	return json_object_new_int64(n);
}

static struct json_object *
suggested(const struct api *api, struct json_object *field, enum shape shape)
{
	static const struct {
		const char *type, *value;
	} plain[] = {
		{ "boolean", "true" },
		{ "slug", "'chocolate-cake'" },
		{ "email", "'ada@example.org'" },
		{ "uuid", "'0197c0de-7a10-7000-8000-000000000001'" },
		{ "time", "'2030-05-01T08:30:00Z'" },
		{ "date", "'2030-05-01'" },
		{ "clock", "'08:30'" },
	};
	const char *type = text_of(field, "type");
	struct json_object *list;

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (strcmp(plain[i].type, type) == 0)
			return literal(plain[i].value);
	}
	if (strcmp(type, "integer") == 0 || strcmp(type, "money") == 0)
		return number(api, field);
	if (strcmp(type, "choice") == 0)
		return json_object_get(json_object_array_get_idx(list_in(field, "choices"), 0));
	if (strcmp(type, "object") == 0)
		return example_object(api, list_in(field, "of"), shape, false);
	if (strcmp(type, "texts") != 0 && strcmp(type, "rows") != 0)
		return words(field);
	list = json_object_new_array();
	push(list, strcmp(type, "texts") == 0
		       ? words(field)
		       : example_object(api, list_in(field, "of"), shape, false));
	return list;
}

struct json_object *
example_of(const struct api *api, struct json_object *field, enum shape shape)
{
	struct json_object *own = member(field, "example"), *value = NULL;

	if (own == NULL && strcmp(text_of(field, "type"), "money") != 0)
		own = member(field, "default");
	if (own != NULL)
		value = json_tokener_parse(json_object_get_string(own));
	return value != NULL ? value : suggested(api, field, shape);
}

/* Of a body what has to be there and what the tables have an example of; of an answer all. */
struct json_object *
example_object(const struct api *api, struct json_object *fields, enum shape shape, bool secret)
{
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < json_object_array_length(fields); i++) {
		struct json_object *f = json_object_array_get_idx(fields, i);
		bool wanted = shape == SHAPE_ANSWER
				  ? !is_set(f, "include")
				  : is_set(f, "required") || member(f, "example") != NULL;

		if (shows(f, shape, secret) && wanted &&
		    (shape == SHAPE_ANSWER ||
		     (!is_set(f, "read_only") && (shape == SHAPE_CREATE || !is_set(f, "fixed")))))
			put(o, text_of(f, "name"), example_of(api, f, shape));
	}
	return o;
}
