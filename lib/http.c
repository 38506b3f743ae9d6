/*
 * http: methods, percent-encoding, cookies, and the headers that choose and compare.
 */
#include "http.h"

#include "id.h"
#include "json.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PARAMS_MAX 64

#define VENDOR "application/vnd.purser.v"
#define SUFFIX "+json"

static const struct {
	const char *name;
	enum pur_method method;
} methods[] = {
	{ "GET", PUR_GET },         { "POST", PUR_POST },     { "PUT", PUR_PUT },
	{ "PATCH", PUR_PATCH },     { "DELETE", PUR_DELETE }, { "HEAD", PUR_HEAD },
	{ "OPTIONS", PUR_OPTIONS },
};

#define N_METHODS (sizeof(methods) / sizeof(methods[0]))

enum pur_method
pur_method_parse(const char *name)
{
	for (size_t i = 0; i < N_METHODS; i++) {
		if (strcmp(name, methods[i].name) == 0)
			return methods[i].method;
	}
	return PUR_METHOD_UNKNOWN;
}

const char *
pur_method_name(enum pur_method m)
{
	for (size_t i = 0; i < N_METHODS; i++) {
		if (m == methods[i].method)
			return methods[i].name;
	}
	return "UNKNOWN";
}

/* ---- URLs ---- */

/* Undoes one escape. Returns the byte, or -1 when it is broken. */
static int
unescape(const char *s, size_t len)
{
	int high, low;

	if (len < 3)
		return -1;
	high = pur_hex_value(s[1]);
	low = pur_hex_value(s[2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

enum pur_rc
pur_percent_decode(struct pur_arena *a, const char *s, size_t len, int plus_is_space, char **out,
		   size_t *out_len)
{
	char *text = pur_strndup(a, s, len);
	size_t n = 0;

	if (text == NULL)
		return PUR_ETOOLARGE;
	for (size_t i = 0; i < len; i++) {
		int c = (unsigned char)s[i];

		if (c == '%') {
			c = unescape(s + i, len - i);
			if (c < 0)
				return PUR_EINPUT;
			i += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		text[n++] = (char)c;
	}
	text[n] = '\0';
	if (!pur_utf8_valid(text, n))
		return PUR_EINPUT;
	*out = text;
	*out_len = n;
	return PUR_OK;
}

static enum pur_rc
parse_param(struct pur_arena *a, const char *piece, size_t len, struct pur_param *param)
{
	const char *equals = memchr(piece, '=', len);
	size_t name_len = equals != NULL ? (size_t)(equals - piece) : len;
	char *name, *value;
	size_t n;
	enum pur_rc rc;

	rc = pur_percent_decode(a, piece, name_len, 1, &name, &n);
	if (rc != PUR_OK)
		return rc;
	param->name = name;
	param->value = "";
	if (equals == NULL)
		return PUR_OK;
	rc = pur_percent_decode(a, equals + 1, len - name_len - 1, 1, &value, &n);
	if (rc == PUR_OK)
		param->value = value;
	return rc;
}

enum pur_rc
pur_query_parse(struct pur_arena *a, const char *query, struct pur_param **params, size_t *n)
{
	struct pur_param *list = NULL;
	size_t used = 0;

	for (const char *p = query; p != NULL && *p != '\0';) {
		size_t len = strcspn(p, "&");

		if (len > 0) {
			enum pur_rc rc;

			if (used == PARAMS_MAX)
				return PUR_EINPUT;
			if (list == NULL)
				list = pur_calloc(a, PARAMS_MAX, sizeof(*list));
			if (list == NULL)
				return PUR_ETOOLARGE;
			rc = parse_param(a, p, len, &list[used++]);
			if (rc != PUR_OK)
				return rc;
		}
		p += len + (p[len] == '&');
	}
	*params = list;
	*n = used;
	return PUR_OK;
}

/* ---- headers ---- */

struct span {
	const char *p;
	size_t len;
};

static int
is_space(char c)
{
	return c == ' ' || c == '\t';
}

static struct span
trim(struct span s)
{
	while (s.len > 0 && is_space(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && is_space(s.p[s.len - 1]))
		s.len--;
	return s;
}

static int
span_is(struct span s, const char *text)
{
	return s.len == strlen(text) && strncasecmp(s.p, text, s.len) == 0;
}

/*
 * Takes the next item off a list, trimmed. A separator within a quoted string separates nothing.
 * Returns 0 when the list is at its end.
 */
static int
next_item(struct span *list, char separator, struct span *item)
{
	size_t i = 0;
	int quoted = 0;

	if (list->len == 0)
		return 0;
	for (; i < list->len && (quoted || list->p[i] != separator); i++) {
		if (list->p[i] == '"')
			quoted = !quoted;
		else if (quoted && list->p[i] == '\\' && i + 1 < list->len)
			i++;
	}
	*item = trim((struct span){ list->p, i });
	i += i < list->len; /* the separator itself */
	list->p += i;
	list->len -= i;
	return 1;
}

const char *
pur_cookie_find(struct pur_arena *a, const char *header, const char *name)
{
	size_t name_len = strlen(name);
	const char *p = header;

	while (p != NULL && *p != '\0') {
		struct span pair = trim((struct span){ p, strcspn(p, ";") });

		/* No quoted strings here: to RFC 6265 a quote is a character of the value. */
		if (pair.len > name_len && pair.p[name_len] == '=' &&
		    memcmp(pair.p, name, name_len) == 0)
			return pur_strndup(a, pair.p + name_len + 1, pair.len - name_len - 1);
		p += strcspn(p, ";");
		p += *p == ';';
	}
	return NULL;
}

/* ---- Accept ---- */

#define UNNAMED (-1)

/* Qualities in thousandths of what we could answer with, or UNNAMED. */
struct wishes {
	int anything, application, json, problem, csv, ndjson;
	int version, version_quality;
	int bad_version;
};

/* Reads a qvalue in thousandths, and no finer; what isn't written as RFC 9110 has it is 1. */
static int
parse_quality(struct span s)
{
	int value = 0, unit = 100;

	if (s.len == 0 || s.p[0] != '0' || (s.len > 1 && s.p[1] != '.'))
		return 1000;
	for (size_t i = 2; i < s.len && unit > 0; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return 1000;
		value += (s.p[i] - '0') * unit;
		unit /= 10;
	}
	return value;
}

static int
range_quality(struct span params)
{
	struct span param;

	while (next_item(&params, ';', &param)) {
		if (param.len >= 2 && strncasecmp(param.p, "q=", 2) == 0)
			return parse_quality((struct span){ param.p + 2, param.len - 2 });
	}
	return 1000;
}

static void
raise_to(int *quality, int value)
{
	if (*quality < value)
		*quality = value;
}

/* True for application/vnd.purser.v<version>+json; version is 0 where it is none of ours. */
static int
parse_vendor(struct span type, int *version)
{
	const size_t before = strlen(VENDOR), after = strlen(SUFFIX);
	const char *number = type.p + before;

	if (type.len < before + after || strncasecmp(type.p, VENDOR, before) != 0 ||
	    strncasecmp(type.p + type.len - after, SUFFIX, after) != 0)
		return 0;
	*version = 0;
	if (type.len == before + 1 + after && (*number == '1' || *number == '2'))
		*version = *number - '0';
	return 1;
}

static void
note_range(struct wishes *w, struct span type, int quality)
{
	int version;

	if (span_is(type, "*/*")) {
		raise_to(&w->anything, quality);
	} else if (span_is(type, "application/*")) {
		raise_to(&w->application, quality);
	} else if (span_is(type, "application/json")) {
		raise_to(&w->json, quality);
	} else if (span_is(type, "application/problem+json")) {
		raise_to(&w->problem, quality);
	} else if (span_is(type, "text/csv")) {
		raise_to(&w->csv, quality);
	} else if (span_is(type, "application/x-ndjson")) {
		raise_to(&w->ndjson, quality);
	} else if (quality > 0 && parse_vendor(type, &version)) {
		if (version == 0) {
			w->bad_version = 1;
		} else if (quality > w->version_quality) {
			w->version = version;
			w->version_quality = quality;
		}
	}
}

/* The quality of application/json: the narrowest range that holds it decides. */
static int
quality_of_json(const struct wishes *w)
{
	if (w->json != UNNAMED)
		return w->json;
	if (w->application != UNNAMED)
		return w->application;
	return w->anything != UNNAMED ? w->anything : 0;
}

struct pur_accept
pur_accept_parse(const char *header)
{
	struct wishes w = { .anything = UNNAMED,
			    .application = UNNAMED,
			    .json = UNNAMED,
			    .problem = UNNAMED,
			    .csv = UNNAMED,
			    .ndjson = UNNAMED };
	struct span list = { header, header != NULL ? strlen(header) : 0 };
	struct span range, type;
	int ranges = 0;

	while (next_item(&list, ',', &range)) {
		if (!next_item(&range, ';', &type))
			continue;
		note_range(&w, type, range_quality(range));
		ranges++;
	}
	if (ranges == 0)
		return (struct pur_accept){ .json = 1 };
	return (struct pur_accept){
		.version = w.version,
		.bad_version = w.bad_version && w.version == 0,
		.problem = w.problem > 0 && w.problem >= quality_of_json(&w),
		.csv = w.csv > 0 && w.csv >= w.ndjson && w.csv > quality_of_json(&w),
		.ndjson = w.ndjson > 0 && w.ndjson > w.csv && w.ndjson > quality_of_json(&w),
		.json = quality_of_json(&w) > 0 || w.problem > 0 || w.version != 0,
	};
}

int
pur_content_type_is(const char *header, const char *type)
{
	if (header == NULL)
		return 0;
	return span_is(trim((struct span){ header, strcspn(header, ";") }), type);
}

/* ---- origins ---- */

/* Length of a host name or an IPv4 address as browsers write it, or 0. */
static size_t
host_length(const char *s)
{
	static const char label[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t at = 0;

	for (;;) {
		size_t n = strspn(s + at, label);

		if (n == 0 || n > 63 || s[at] == '-' || s[at + n - 1] == '-' || at + n > 253)
			return 0;
		at += n;
		if (s[at] != '.')
			return at;
		at++;
	}
}

/* Length of an IPv6 address in brackets, or 0; browsers shorten it, and we leave that to them. */
static size_t
bracketed_length(const char *s)
{
	size_t n = 1 + strspn(s + 1, "0123456789abcdef:.");

	return n > 3 && s[n] == ']' ? n + 1 : 0;
}

/* ":1" to ":65535" without leading zeros, and not the scheme's own. */
static int
port_valid(const char *s, const char *own)
{
	size_t n;

	if (*s == '\0')
		return 1;
	n = strspn(s + 1, "0123456789");
	return *s == ':' && s[1] != '0' && n >= 1 && n <= 5 && s[n + 1] == '\0' &&
	       strtol(s + 1, NULL, 10) <= 65535 && strcmp(s + 1, own) != 0;
}

const char *
pur_origin_fault(const char *origin)
{
	static const char shape[] = "Must be an origin like https://shop.example, in lower case"
				    " and with nothing behind it";
	static const char *const own_machine[] = { "localhost", "127.0.0.1", "[::1]" };
	int tls = strncmp(origin, "https://", 8) == 0;
	const char *host = origin + (tls ? 8 : 7);
	size_t len;

	if (!tls && strncmp(origin, "http://", 7) != 0)
		return shape;
	len = *host == '[' ? bracketed_length(host) : host_length(host);
	if (len == 0 || !port_valid(host + len, tls ? "443" : "80"))
		return shape;
	for (size_t i = 0; i < sizeof(own_machine) / sizeof(own_machine[0]); i++)
		tls |= strlen(own_machine[i]) == len && memcmp(own_machine[i], host, len) == 0;
	return tls ? NULL : "Must be https, but for localhost";
}

/* ---- entity tags ---- */

/* Weak comparison (RFC 9110, 8.8.3.2) looks at the quoted part alone. */
static const char *
opaque_part(const char *tag)
{
	return strncmp(tag, "W/", 2) == 0 ? tag + 2 : tag;
}

int
pur_etag_matches(const char *header, const char *etag)
{
	const char *wanted = opaque_part(etag);
	const char *p;

	if (header == NULL)
		return 0;
	if (span_is(trim((struct span){ header, strlen(header) }), "*"))
		return 1;
	for (p = header; *p != '\0';) {
		size_t len;

		p += strspn(p, " \t,");
		p = opaque_part(p);
		if (*p != '"') {
			p += strcspn(p, ","); /* no entity tag */
			continue;
		}
		/* A tag may hold commas and backslashes; only a quote ends it. */
		len = 1 + strcspn(p + 1, "\"");
		if (p[len] != '"')
			return 0;
		len++;
		if (len == strlen(wanted) && memcmp(p, wanted, len) == 0)
			return 1;
		p += len;
	}
	return 0;
}
