/*
 * fuzz_json: the scanner against json-c, integers against strtoll(), and what is written against
 * what is read.
 */
#include "fuzz.h"

#include <errno.h>
#include <iconv.h>

/* What the C library says of UTF-8; and we take no NUL. */
static int
is_utf8(const char *s, size_t len)
{
	static iconv_t converter;
	char *in = (char *)(uintptr_t)s;

	if (len > 0 && memchr(s, '\0', len) != NULL)
		return 0;
	if (converter == NULL)
		converter = iconv_open("UTF-32LE", "UTF-8");
	HOLDS(converter != (iconv_t)-1);
	iconv(converter, NULL, NULL, NULL, NULL);
	while (len > 0) {
		char room[1024], *out = room;
		size_t left = sizeof(room);

		if (iconv(converter, &in, &len, &out, &left) == (size_t)-1 && errno != E2BIG)
			return 0;
	}
	return 1;
}

/* What can be said of a right text byte by byte: no control characters in strings, no depth. */
static void
holds_of_bytes(const char *text, size_t len)
{
	int quoted = 0, depth = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		HOLDS((unsigned char)c >= 0x20 || (!quoted && strchr("\t\n\r", c) != NULL));
		if (c == '"')
			quoted = !quoted;
		else if (quoted)
			i += c == '\\';
		else
			depth += (c == '[' || c == '{') - (c == ']' || c == '}');
		HOLDS(depth <= PUR_JSON_DEPTH);
	}
	HOLDS(!quoted && depth == 0);
}

/* Members of all objects together; for a tree, so not of one that names anything twice. */
static size_t
count_members(struct json_object *value)
{
	size_t n = 0;

	if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, name, member)
		{
			holds_of_text(name);
			n += 1 + count_members(member);
		}
	} else if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			n += count_members(json_object_array_get_idx(value, i));
	}
	return n;
}

/* What is written is read as the same text, but for bytes that are none; a NUL is never read. */
static void
writes_strings(struct pur_arena *a, const char *s, size_t len)
{
	struct pur_buf b = { .data = NULL };
	struct json_object *back;
	const char *problem;
	enum pur_rc rc;

	pur_json_put_string(&b, s, len);
	HOLDS(!pur_buf_failed(&b));
	rc = pur_json_parse(a, b.data, b.len, &back, &problem);
	holds_of_memory(a, rc);
	HOLDS((rc == PUR_EJSON) == (len > 0 && memchr(s, '\0', len) != NULL));
	if (rc == PUR_OK) {
		size_t back_len = (size_t)json_object_get_string_len(back);

		HOLDS(json_object_is_type(back, json_type_string));
		HOLDS((back_len == len && memcmp(json_object_get_string(back), s, len) == 0) ==
		      (pur_utf8_valid(s, len) != 0));
	}
	pur_buf_free(&b);
}

/* All strings of a value are such that PostgreSQL takes them, and are written as they were read. */
static void
holds_of_strings(struct pur_arena *a, struct json_object *value)
{
	if (json_object_is_type(value, json_type_string)) {
		const char *s = json_object_get_string(value);
		size_t len = (size_t)json_object_get_string_len(value);

		HOLDS(strlen(s) == len && is_utf8(s, len));
		HOLDS(pur_utf8_length(s, len) <= len);
		writes_strings(a, s, len);
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, name, member)
		{
			writes_strings(a, name, strlen(name));
			holds_of_strings(a, member);
		}
	} else if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			holds_of_strings(a, json_object_array_get_idx(value, i));
	}
}

/* A number alone: without fraction and exponent it is what strtoll() makes of it, or refused. */
static void
holds_of_integer(const char *text, size_t len, const struct json_object *value)
{
	char *copy = strndup(text, len);
	int64_t n = 0;
	int taken = pur_json_int64(value, &n) == 0;

	HOLDS(copy != NULL);
	if (strpbrk(copy, ".eE") != NULL) {
		HOLDS(!taken);
	} else {
		long long expected;

		errno = 0;
		expected = strtoll(copy, NULL, 10);
		HOLDS(taken == (errno == 0 && expected != INT64_MIN));
		HOLDS(!taken || n == expected);
	}
	free(copy);
}

/*
 * json-c's own writing of a value is right, and says the same. U+FFFD stands there only where the
 * input has it: json-c puts it in the place of surrogates that have no other half.
 */
static void
comes_back(struct pur_arena *a, struct json_object *value, size_t members, int has_fffd)
{
	const char *text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
	struct pur_json_scan scan;
	struct json_object *back;
	const char *problem;
	enum pur_rc rc;

	HOLDS(pur_json_scan(text, strlen(text), &scan) == 0 && scan.members == members);
	rc = pur_json_parse(a, text, strlen(text), &back, &problem);
	HOLDS(rc == PUR_OK || (rc == PUR_ETOOLARGE && pur_arena_exhausted(a)));
	HOLDS(rc != PUR_OK || json_object_equal(value, back));
	HOLDS(has_fffd || strstr(text, "\xef\xbf\xbd") == NULL);
}

/* What json-c alone makes of a text that the scanner found right. */
static struct json_object *
parse_alone(const char *text, size_t len)
{
	struct json_tokener *tokener = json_tokener_new_ex(PUR_JSON_DEPTH + 1);
	struct json_object *value;

	HOLDS(tokener != NULL);
	value = json_tokener_parse_ex(tokener, text, (int)len);
	if (json_tokener_get_error(tokener) == json_tokener_continue)
		value = json_tokener_parse_ex(tokener, " ", 1);
	HOLDS(json_tokener_get_error(tokener) == json_tokener_success);
	json_tokener_free(tokener);
	return value;
}

static int
has_fffd(const char *text, size_t len)
{
	char *copy = strndup(text, len);
	int has;

	HOLDS(copy != NULL);
	has = strstr(copy, "\xef\xbf\xbd") != NULL || strcasestr(copy, "\\ufffd") != NULL;
	free(copy);
	return has;
}

static void
reads_values(struct pur_arena *a, const char *text, size_t len)
{
	struct pur_json_scan scan;
	struct json_object *value, *alone;
	const char *problem;
	int right = pur_json_scan(text, len, &scan) == 0;
	enum pur_rc rc = pur_json_parse(a, text, len, &value, &problem);

	holds_of_memory(a, rc);
	HOLDS(right == (scan.problem == NULL) && scan.offset <= len);
	HOLDS(rc == PUR_OK || value == NULL);
	if (rc == PUR_EJSON)
		holds_of_text(problem);
	if (!right) {
		HOLDS(rc != PUR_OK);
		return;
	}
	HOLDS(is_utf8(text, len));
	holds_of_bytes(text, len);
	alone = parse_alone(text, len);
	if (count_members(alone) != scan.members) {
		HOLDS(rc != PUR_OK && (problem == NULL || strstr(problem, "Duplicate") == problem));
	} else if (rc == PUR_OK) {
		HOLDS(json_object_equal(value, alone));
		comes_back(a, value, scan.members, has_fffd(text, len));
		holds_of_strings(a, value);
		if (strchr("-0123456789", text[0]) != NULL)
			holds_of_integer(text, len, value);
	} else {
		HOLDS(rc == PUR_ETOOLARGE);
	}
	json_object_put(alone);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct pur_arena *a = take_arena(&in);

	reads_values(a, (const char *)in.p, in.left);
	writes_strings(a, (const char *)in.p, in.left);
	HOLDS((pur_utf8_valid((const char *)in.p, in.left) != 0) ==
	      is_utf8((const char *)in.p, in.left));
	pur_arena_free(a);
	return 0;
}
