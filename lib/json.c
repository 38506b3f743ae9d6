/*
 * json: the scanner that looks first, the parser behind it, and strings into a buffer.
 */
#include "json.h"

#include "id.h"
#include <limits.h>
#include <string.h>

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

/* json-c counts the value within the innermost array or object as a level too. */
#define TOKENER_DEPTH (PUR_JSON_DEPTH + 1)

#define NAME_SHOWN 64 /* longest member name, with quotes, that a message repeats */

static const char ends_early[] = "Text ends too early";
static const char too_deep[] = "Nested deeper than " TEXT(PUR_JSON_DEPTH);
static const char has_nul[] = "U+0000 is not allowed";
static const char unexpected[] = "Unexpected character";
static const char not_utf8[] = "Not UTF-8";
static const char lone_surrogate[] = "Lone surrogate";

struct cursor {
	const unsigned char *p, *end; /* p: what comes next, or what is wrong */
	const char *problem;
	size_t members;
};

/* ---- characters ---- */

#define EACH_BYTE(x) (UINT64_C(0x0101010101010101) * (x))
#define HIGH_BITS EACH_BYTE(0x80)

/* True when none of eight bytes is a control character, a quote, a backslash or past ASCII. */
static int
eight_plain(const unsigned char *p)
{
	uint64_t w;

	/*
	 * Each term sets a byte's high bit where the byte is what we look for. A borrow can set it
	 * wrongly, but only above a byte where it is set rightly, so the sum is right.
	 */
	memcpy(&w, p, sizeof(w));
	return ((w | (w - EACH_BYTE(0x20)) | ((w ^ EACH_BYTE('"')) - EACH_BYTE(1)) |
		 ((w ^ EACH_BYTE('\\')) - EACH_BYTE(1))) &
		HIGH_BITS) == 0;
}

static int
is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static int
is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* Length of the sequence past ASCII that begins at p; 0 when RFC 3629, section 4 has none such. */
static size_t
sequence_length(const unsigned char *p, const unsigned char *end)
{
	size_t room = (size_t)(end - p);
	unsigned char c = *p;

	if (c < 0xc2 || c > 0xf4 || room < 2 || !is_tail(p[1]))
		return 0;
	if (c < 0xe0)
		return 2;
	if (room < 3 || !is_tail(p[2]))
		return 0;
	if (c < 0xf0) {
		if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f))
			return 0; /* overlong; surrogate */
		return 3;
	}
	if (room < 4 || !is_tail(p[3]))
		return 0;
	if ((c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] > 0x8f))
		return 0; /* overlong; past U+10FFFF */
	return 4;
}

/* Passes over what may stand in a JSON string as it is: reading and writing both live off this. */
static const unsigned char *
plain_end(const unsigned char *p, const unsigned char *end)
{
	for (;;) {
		size_t n;

		while (end - p >= 8 && eight_plain(p))
			p += 8;
		while (p < end && is_plain(*p))
			p++;
		if (p == end || *p < 0x80)
			return p;
		n = sequence_length(p, end);
		if (n == 0)
			return p;
		p += n;
	}
}

int
pur_utf8_valid(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	const unsigned char *end = len == 0 ? p : p + len;

	while (p < end) {
		size_t n = 1;

		if (end - p >= 8 && eight_plain(p)) {
			p += 8;
			continue;
		}
		if (*p >= 0x80)
			n = sequence_length(p, end);
		if (n == 0 || *p == 0)
			return 0;
		p += n;
	}
	return 1;
}

size_t
pur_utf8_length(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += !is_tail((unsigned char)text[i]);
	return n;
}

/* ---- scanning ---- */

static int
wrong(struct cursor *c, const char *problem)
{
	c->problem = problem;
	return -1;
}

/* What comes next is not what the grammar wants. */
static int
misplaced(struct cursor *c)
{
	return wrong(c, c->p == c->end ? ends_early : unexpected);
}

static int
next_is(const struct cursor *c, char wanted)
{
	return c->p < c->end && *c->p == (unsigned char)wanted;
}

static void
skip_space(struct cursor *c)
{
	while (next_is(c, ' ') || next_is(c, '\n') || next_is(c, '\r') || next_is(c, '\t'))
		c->p++;
}

static int
scan_text(struct cursor *c, const char *wanted)
{
	for (; *wanted != '\0'; wanted++, c->p++) {
		if (!next_is(c, *wanted))
			return misplaced(c);
	}
	return 0;
}

static int
scan_hex4(struct cursor *c, unsigned *unit)
{
	*unit = 0;
	for (int i = 0; i < 4; i++, c->p++) {
		int digit = c->p == c->end ? -1 : pur_hex_value((char)*c->p);

		if (digit < 0)
			return misplaced(c);
		*unit = *unit << 4 | (unsigned)digit;
	}
	return 0;
}

/* \uXXXX, or two of them that make one code point. */
static int
scan_unicode(struct cursor *c)
{
	const unsigned char *start = c->p;
	unsigned unit, low;

	c->p += 2;
	if (scan_hex4(c, &unit) != 0)
		return -1;
	if (unit == 0) {
		c->p = start;
		return wrong(c, has_nul);
	}
	if (unit < 0xd800 || unit > 0xdfff)
		return 0;
	if (unit < 0xdc00 && c->end - c->p >= 2 && c->p[0] == '\\' && c->p[1] == 'u') {
		c->p += 2;
		if (scan_hex4(c, &low) != 0)
			return -1;
		if (low >= 0xdc00 && low <= 0xdfff)
			return 0;
	}
	c->p = start;
	return wrong(c, lone_surrogate);
}

static int
scan_escape(struct cursor *c)
{
	if (c->end - c->p >= 2 && c->p[1] == 'u')
		return scan_unicode(c);
	c->p++;
	if (c->p == c->end || *c->p == '\0' || strchr("\"\\/bfnrt", *c->p) == NULL)
		return misplaced(c);
	c->p++;
	return 0;
}

static int
scan_string(struct cursor *c)
{
	if (!next_is(c, '"'))
		return misplaced(c);
	c->p++;
	for (;;) {
		c->p = plain_end(c->p, c->end);
		if (next_is(c, '"')) {
			c->p++;
			return 0;
		}
		if (next_is(c, '\\')) {
			if (scan_escape(c) != 0)
				return -1;
			continue;
		}
		if (next_is(c, '\0'))
			return wrong(c, has_nul);
		if (c->p < c->end && *c->p >= 0x80)
			return wrong(c, not_utf8);
		return misplaced(c);
	}
}

static int
next_is_digit(const struct cursor *c)
{
	return c->p < c->end && *c->p >= '0' && *c->p <= '9';
}

static int
scan_digits(struct cursor *c)
{
	if (!next_is_digit(c))
		return misplaced(c);
	while (next_is_digit(c))
		c->p++;
	return 0;
}

static int
scan_number(struct cursor *c)
{
	if (next_is(c, '-'))
		c->p++;
	if (next_is(c, '0'))
		c->p++;
	else if (scan_digits(c) != 0)
		return -1;
	if (next_is(c, '.')) {
		c->p++;
		if (scan_digits(c) != 0)
			return -1;
	}
	if (next_is(c, 'e') || next_is(c, 'E')) {
		c->p++;
		if (next_is(c, '+') || next_is(c, '-'))
			c->p++;
		return scan_digits(c);
	}
	return 0;
}

static int scan_value(struct cursor *c, int depth);

static int
scan_member(struct cursor *c, int depth)
{
	skip_space(c);
	if (scan_string(c) != 0)
		return -1;
	skip_space(c);
	if (!next_is(c, ':'))
		return misplaced(c);
	c->p++;
	c->members++;
	return scan_value(c, depth);
}

/* The inside of an array or object, from behind its bracket to behind the one that closes it. */
static int
scan_inside(struct cursor *c, char close, int (*scan_item)(struct cursor *, int), int depth)
{
	skip_space(c);
	if (next_is(c, close)) {
		c->p++;
		return 0;
	}
	for (;;) {
		if (scan_item(c, depth) != 0)
			return -1;
		skip_space(c);
		if (next_is(c, close)) {
			c->p++;
			return 0;
		}
		if (!next_is(c, ','))
			return misplaced(c);
		c->p++;
	}
}

/* depth: how many arrays and objects this value stands in. */
static int
scan_value(struct cursor *c, int depth)
{
	skip_space(c);
	if (c->p == c->end)
		return misplaced(c);
	switch (*c->p) {
	case '"':
		return scan_string(c);
	case 't':
		return scan_text(c, "true");
	case 'f':
		return scan_text(c, "false");
	case 'n':
		return scan_text(c, "null");
	case '{':
	case '[':
		if (depth >= PUR_JSON_DEPTH)
			return wrong(c, too_deep);
		if (*c->p++ == '{')
			return scan_inside(c, '}', scan_member, depth + 1);
		return scan_inside(c, ']', scan_value, depth + 1);
	default:
		return scan_number(c);
	}
}

int
pur_json_scan(const char *text, size_t len, struct pur_json_scan *scan)
{
	const unsigned char *start = (const unsigned char *)(len == 0 ? "" : text);
	struct cursor c = { .p = start, .end = start + len };
	int failed = scan_value(&c, 0);

	if (!failed) {
		skip_space(&c);
		if (c.p != c.end)
			failed = misplaced(&c);
	}
	scan->members = c.members;
	scan->offset = (size_t)(c.p - start);
	scan->problem = c.problem;
	return failed;
}

/* ---- parsing ---- */

static void
release(void *value)
{
	json_object_put(value);
}

/*
 * Parses a text that the scanner found right. Returns 0, or -1 when json-c has no memory. One
 * tokener serves the whole process: it keeps its buffers from text to text.
 */
static int
tokenize(const char *text, size_t len, struct json_object **out)
{
	static struct json_tokener *tokener;

	if (tokener == NULL)
		tokener = json_tokener_new_ex(TOKENER_DEPTH);
	if (tokener == NULL || len > INT_MAX)
		return -1;
	json_tokener_reset(tokener);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	*out = json_tokener_parse_ex(tokener, text, (int)len);
	/* A number or literal at the very end might go on, for all json-c knows. */
	if (json_tokener_get_error(tokener) == json_tokener_continue)
		*out = json_tokener_parse_ex(tokener, "\n", 1);
	return json_tokener_get_error(tokener) == json_tokener_success ? 0 : -1;
}

static size_t
count_members(struct json_object *value)
{
	size_t n = 0;

	if (json_object_is_type(value, json_type_object)) {
		struct json_object_iterator i = json_object_iter_begin(value);
		struct json_object_iterator end = json_object_iter_end(value);

		for (; !json_object_iter_equal(&i, &end); json_object_iter_next(&i))
			n += 1 + count_members(json_object_iter_peek_value(&i));
	} else if (json_object_is_type(value, json_type_array)) {
		size_t len = json_object_array_length(value);

		for (size_t i = 0; i < len; i++)
			n += count_members(json_object_array_get_idx(value, i));
	}
	return n;
}

/* Adds a member name, as it stands in the text, to a set. Returns -1 when it was there already. */
static int
remember(struct json_object *set, const char *name, size_t len)
{
	struct json_object *decoded;
	const char *key;
	int known;

	if (set == NULL || tokenize(name, len, &decoded) != 0)
		return 0;
	key = json_object_get_string(decoded);
	known = json_object_object_get_ex(set, key, NULL);
	if (!known)
		json_object_object_add(set, key, NULL);
	json_object_put(decoded);
	return known ? -1 : 0;
}

/* Finds the end of a string in a text that the scanner found right. */
static const char *
string_end(const char *p)
{
	for (p++; *p != '"'; p++) {
		if (*p == '\\')
			p++;
	}
	return p + 1;
}

/*
 * Finds the first member name that its object has already, in a text that the scanner found
 * right and json-c kept fewer members of than it has. Slow; for the message alone.
 */
static const char *
find_duplicate(const char *p, const char *end, size_t *len)
{
	struct json_object *names[PUR_JSON_DEPTH + 1] = { NULL }; /* of each object we are in */
	const char *found = NULL;
	int depth = 0;

	while (p < end && found == NULL) {
		const char *start = p++;

		switch (*start) {
		case '{':
			names[++depth] = json_object_new_object();
			break;
		case '[':
			names[++depth] = NULL;
			break;
		case '}':
		case ']':
			json_object_put(names[depth--]);
			break;
		case '"':
			p = string_end(start);
			*len = (size_t)(p - start);
			while (p < end && strchr(" \n\r\t", *p) != NULL)
				p++;
			if (p < end && *p == ':' && remember(names[depth], start, *len) != 0)
				found = start;
			break;
		default:
			break;
		}
	}
	while (depth > 0)
		json_object_put(names[depth--]);
	return found;
}

static const char *
duplicate_message(struct pur_arena *a, const char *text, size_t len)
{
	size_t shown = 0;
	const char *name = find_duplicate(text, text + len, &shown);

	if (name == NULL)
		return "Duplicate member";
	if (shown > NAME_SHOWN)
		return pur_sprintf(a, "Duplicate member at byte %zu", (size_t)(name - text));
	return pur_sprintf(a, "Duplicate member %.*s", (int)shown, name);
}

static const char *
scan_message(struct pur_arena *a, const struct pur_json_scan *scan)
{
	if (scan->problem == unexpected || scan->problem == not_utf8 ||
	    scan->problem == lone_surrogate)
		return pur_sprintf(a, "%s at byte %zu", scan->problem, scan->offset);
	return scan->problem;
}

enum pur_rc
pur_json_parse(struct pur_arena *a, const char *text, size_t len, struct json_object **out,
	       const char **problem)
{
	struct pur_json_scan scan;
	struct json_object *value;

	*out = NULL;
	*problem = NULL;
	if (pur_json_scan(text, len, &scan) != 0) {
		*problem = scan_message(a, &scan);
		return *problem == NULL ? PUR_ETOOLARGE : PUR_EJSON;
	}
	if (tokenize(text, len, &value) != 0 || pur_arena_defer(a, release, value) != PUR_OK)
		return PUR_ETOOLARGE;
	if (scan.members != 0 && scan.members != count_members(value)) {
		*problem = duplicate_message(a, text, len);
		return *problem == NULL ? PUR_ETOOLARGE : PUR_EJSON;
	}
	*out = value;
	return PUR_OK;
}

int
pur_json_int64(const struct json_object *value, int64_t *out)
{
	int64_t n;

	if (!json_object_is_type(value, json_type_int))
		return -1;
	n = json_object_get_int64(value);
	if (n == INT64_MIN || (n == INT64_MAX && json_object_get_uint64(value) != INT64_MAX))
		return -1;
	*out = n;
	return 0;
}

/* ---- writing ---- */

static void
put_escaped(struct pur_buf *b, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	/* The letters of the short escapes, at the place of their control character. */
	static const char letters[0x20] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',
	};

	if (c >= 0x80) {
		pur_buf_puts(b, "\xef\xbf\xbd"); /* U+FFFD */
		return;
	}
	pur_buf_putc(b, '\\');
	if (c >= 0x20) {
		pur_buf_putc(b, (char)c);
	} else if (letters[c] != '\0') {
		pur_buf_putc(b, letters[c]);
	} else {
		pur_buf_puts(b, "u00");
		pur_buf_putc(b, hex[c >> 4]);
		pur_buf_putc(b, hex[c & 0xf]);
	}
}

void
pur_json_put_string(struct pur_buf *b, const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)(len == 0 ? "" : s);
	const unsigned char *end = p + len;

	pur_buf_putc(b, '"');
	for (;;) {
		const unsigned char *run = p;

		p = plain_end(p, end);
		pur_buf_put(b, run, (size_t)(p - run));
		if (p == end)
			break;
		put_escaped(b, *p++);
	}
	pur_buf_putc(b, '"');
}

void
pur_json_put_name(struct pur_buf *b, int *first, const char *name)
{
	if (!*first)
		pur_buf_putc(b, ',');
	*first = 0;
	pur_json_put_string(b, name, strlen(name));
	pur_buf_putc(b, ':');
}
