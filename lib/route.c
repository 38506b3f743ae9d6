/* route: finds a request's route by its path, part by part. */
#include "route.h"
#include <string.h>

/* One part of a path, not decoded. */
struct part {
	const char *s;
	size_t len;
};

#define PARTS 8

bool
pur_words_have(const char *words, const char *word, size_t len)
{
	for (const char *p = words; p != NULL && *p != '\0';) {
		size_t n = strcspn(p, " ");

		if (n == len && memcmp(p, word, len) == 0)
			return true;
		p += n;
		p += strspn(p, " ");
	}
	return false;
}

const struct pur_field *
pur_route_fields(const struct pur_resource *res, const struct pur_route *r)
{
	return r->fields != NULL ? r->fields : res->fields;
}

const char *
pur_route_action(const struct pur_route *r)
{
	const char *last = strrchr(r->path, '/');

	return last != NULL && last > r->path && last[-1] == '}' && last[1] != '{' ? last + 1 : "";
}

/* Splits at '/'; empty parts and too many make no path of ours. Returns their number, or -1. */
static int
split(const char *path, struct part parts[PARTS])
{
	int n = 0;

	if (*path != '/')
		return -1;
	while (*path == '/') {
		size_t len = strcspn(++path, "/");

		if (len == 0 || n == PARTS)
			return -1;
		parts[n++] = (struct part){ path, len };
		path += len;
	}
	return n;
}

static bool
part_is(const struct part *p, const char *word)
{
	return strncmp(p->s, word, p->len) == 0 && word[p->len] == '\0';
}

/* Takes "api" and "v<n>" off the front. Returns how many parts that were, or -1. */
static int
strip_prefix(const struct part *parts, int n, int *version)
{
	*version = 0;
	if (n < 2 || !part_is(&parts[0], "api"))
		return -1;
	if (parts[1].len == 2 && parts[1].s[0] == 'v' && parts[1].s[1] >= '1' &&
	    parts[1].s[1] <= '9') {
		*version = parts[1].s[1] - '0';
		return *version <= 2 ? 2 : -1;
	}
	return 1;
}

/* True when the parts fit a pattern; *literal counts those that fit word for word. */
static bool
fits(const char *pattern, const struct part *parts, int n, int *literal)
{
	struct part want[PARTS];

	*literal = 0;
	if (split(pattern, want) != n)
		return false;
	for (int i = 0; i < n; i++) {
		if (want[i].s[0] == '{')
			continue;
		if (want[i].len != parts[i].len || memcmp(want[i].s, parts[i].s, want[i].len) != 0)
			return false;
		(*literal)++;
	}
	return true;
}

/* Decodes what stands where the pattern has {names}. */
static enum pur_rc
take_values(struct pur_arena *a, const struct part *parts, int n, struct pur_match *m)
{
	struct part want[PARTS] = { { NULL, 0 } };

	split(m->route->path, want);
	for (int i = 0; i < n && m->n < PUR_PATH_PARTS; i++) {
		char *value;
		size_t len;
		enum pur_rc rc;

		if (want[i].s[0] != '{')
			continue;
		rc = pur_percent_decode(a, parts[i].s, parts[i].len, 0, &value, &len);
		if (rc != PUR_OK)
			return rc == PUR_EINPUT ? PUR_ENOTFOUND : rc;
		m->names[m->n] = want[i].s;
		m->values[m->n++] = value;
	}
	return PUR_OK;
}

enum pur_rc
pur_route_match(struct pur_arena *a, const struct pur_resource *res, enum pur_method method,
		const char *path, struct pur_match *m)
{
	struct part parts[PARTS] = { { NULL, 0 } };
	int n = split(path, parts), best = -1, literal, skip;

	memset(m, 0, sizeof(*m));
	skip = strip_prefix(parts, n, &m->version);
	if (method == PUR_HEAD)
		method = PUR_GET;
	for (const struct pur_route *r = res->routes; r->method != PUR_METHOD_UNKNOWN; r++) {
		int from = (r->flags & PUR_ROOT) != 0 ? 0 : skip;

		if (n < 0 || from < 0 || !fits(r->path, parts + from, n - from, &literal) ||
		    literal < best)
			continue;
		if (literal > best) {
			m->allowed = 0;
			m->route = NULL;
			best = literal;
		}
		m->allowed |= r->method;
		if (r->method == method)
			m->route = r;
	}
	if (m->allowed == 0)
		return PUR_ENOTFOUND;
	if (m->route == NULL)
		return PUR_EMETHOD;
	skip = (m->route->flags & PUR_ROOT) != 0 ? 0 : skip;
	return take_values(a, parts + skip, n - skip, m);
}

const char *
pur_match_part(const struct pur_match *m, const char *name)
{
	size_t len = strlen(name);

	for (int i = 0; i < m->n; i++) {
		if (strncmp(m->names[i] + 1, name, len) == 0 && m->names[i][len + 1] == '}')
			return m->values[i];
	}
	return NULL;
}
