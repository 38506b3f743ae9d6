/* openapi_json: JSON put together in few words. */
#include "openapi.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

struct json_object *
literal(const char *text)
{
	struct json_object *o = json_tokener_parse(text);

	if (o == NULL) {
		fprintf(stderr, "purser: not JSON: %s\n", text);
		exit(EX_SOFTWARE);
	}
	return o;
}

struct json_object *
literalf(const char *format, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	return literal(text);
}

struct json_object *
put(struct json_object *o, const char *name, struct json_object *value)
{
	json_object_object_add(o, name, value);
	return value;
}

void
put_string(struct json_object *o, const char *name, const char *text)
{
	json_object_object_add(o, name, json_object_new_string(text));
}

void
push(struct json_object *list, struct json_object *value)
{
	json_object_array_add(list, value);
}

void
push_string(struct json_object *list, const char *text)
{
	json_object_array_add(list, json_object_new_string(text));
}

struct json_object *
member(struct json_object *o, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(o, name, &value) ? value : NULL;
}

bool
is_set(struct json_object *o, const char *name)
{
	return json_object_get_boolean(member(o, name)) != 0;
}

struct json_object *
list_in(struct json_object *o, const char *name)
{
	static struct json_object *none;
	struct json_object *list = member(o, name);

	if (none == NULL)
		none = json_object_new_array();
	return json_object_is_type(list, json_type_array) ? list : none;
}

bool
has_word(struct json_object *list, const char *word)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		if (strcmp(name_at(list, i), word) == 0)
			return true;
	}
	return false;
}

void
camel(char *out, size_t size, const char *text, bool capital)
{
	size_t n = 0;
	char c;

	for (bool first = capital; *text != '\0' && n + 1 < size; text++) {
		if (!isalnum((unsigned char)*text)) {
			first = true;
			continue;
		}
		c = *text;
		if (first)
			c = (char)toupper((unsigned char)c);
		else if (n == 0)
			c = (char)tolower((unsigned char)c);
		out[n++] = c;
		first = false;
	}
	out[n] = '\0';
}
