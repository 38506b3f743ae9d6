/*
 * fuzz_headers: Accept, Content-Type, If-None-Match, Cookie and an origin, a line each; what
 * doesn't matter to them (case, white space, weakness) changes nothing.
 */
#include "fuzz.h"

#include <ctype.h>

/* The same text with upper and lower case the other way round. */
static char *
other_case(const char *text)
{
	char *copy = strdup(text);

	HOLDS(copy != NULL);
	for (char *p = copy; *p != '\0'; p++)
		*p = (char)(isupper((unsigned char)*p) ? tolower((unsigned char)*p)
						       : toupper((unsigned char)*p));
	return copy;
}

/* "before", text and "behind" in an allocation of just their size. */
static char *
between(const char *before, const char *text, const char *behind)
{
	char *all = NULL;

	HOLDS(asprintf(&all, "%s%s%s", before, text, behind) >= 0);
	return all;
}

static void
accepts_alike(const struct pur_accept *a, char *header)
{
	struct pur_accept b = pur_accept_parse(header);

	HOLDS(a->version == b.version && a->bad_version == b.bad_version &&
	      a->problem == b.problem && a->json == b.json);
	free(header);
}

static void
accept(const char *header)
{
	struct pur_accept a = pur_accept_parse(header);

	HOLDS(a.version >= 0 && a.version <= 2);
	HOLDS(!a.bad_version || a.version == 0);
	HOLDS(a.json || (a.version == 0 && !a.problem));
	accepts_alike(&a, other_case(header));
	accepts_alike(&a, between(" \t", header, "\t "));
}

static void
content_type(const char *header)
{
	int json = pur_content_type_is(header, "application/json");
	char *other = other_case(header), *more = between(" ", header, "; charset=utf-8");

	HOLDS(!json || !pur_content_type_is(header, "application/merge-patch+json"));
	HOLDS(json == pur_content_type_is(other, "application/json"));
	HOLDS(json == pur_content_type_is(more, "application/json"));
	free(other);
	free(more);
}

/* Weak comparison; a tag that matches stands in the header, and one that is added is found. */
static void
if_none_match(const char *header)
{
	static const char strong[] = "\"5\"", weak[] = "W/\"5\"";
	int matches = pur_etag_matches(header, strong);
	char *first = between("W/\"5\" , ", header, ""), *last = between(header, ", ", strong);
	size_t quotes = 0;

	HOLDS(matches == pur_etag_matches(header, weak));
	HOLDS(!matches || strchr(header, '*') != NULL || strstr(header, strong) != NULL);
	HOLDS(pur_etag_matches(first, strong));
	for (const char *p = header; *p != '\0'; p++)
		quotes += *p == '"';
	/* A quote in what is no tag opens nothing, so that only a header without any is sure. */
	HOLDS(quotes > 0 || pur_etag_matches(last, strong));
	free(first);
	free(last);
}

/* What is found stands there behind the name, and is found again where it stands alone. */
static void
cookie(struct pur_arena *a, const char *header)
{
	static const char name[] = "__Host-purser";
	const char *value = pur_cookie_find(a, header, name), *again;
	char *pair;

	if (value == NULL)
		return;
	HOLDS(strchr(value, ';') == NULL);
	pair = between("__Host-purser=", value, "");
	HOLDS(strstr(header, pair) != NULL);
	again = pur_cookie_find(a, pair, name);
	HOLDS(again != NULL ? strcmp(again, value) == 0 : pur_arena_exhausted(a));
	free(pair);
}

/* As browsers send it and in no other way: nothing stands behind it, and all is lower case. */
static void
origin(const char *text)
{
	char *path = between("", text, "/"), *port = between("", text, ":0");

	if (pur_origin_fault(text) == NULL) {
		HOLDS(strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0);
		HOLDS(strpbrk(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ @?#*\r\n") == NULL);
		HOLDS(strchr(strstr(text, "//") + 2, '/') == NULL);
	}
	HOLDS(pur_origin_fault(path) != NULL && pur_origin_fault(port) != NULL);
	free(path);
	free(port);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct pur_arena *a = take_arena(&in);
	char *lines[5];

	for (size_t i = 0; i < N_OF(lines); i++)
		lines[i] = text_of(take_until(&in, '\n'));
	accept(lines[0]);
	content_type(lines[1]);
	if_none_match(lines[2]);
	cookie(a, lines[3]);
	origin(lines[4]);
	for (size_t i = 0; i < N_OF(lines); i++)
		free(lines[i]);
	pur_arena_free(a);
	return 0;
}
