/*
 * fuzz_query: percent-encoding and query strings; what is decoded, encoded again, is decoded the
 * same, and never holds a NUL.
 */
#include "fuzz.h"

#define MOST 64 /* parameters of a query */

/* Encodes every byte, which RFC 3986 leaves free to do. */
static void
encode(struct pur_buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		pur_buf_printf(b, "%%%02X", (unsigned char)*s);
}

static void
decodes(struct pur_arena *a, const char *s, size_t len, int plus_is_space)
{
	char *out = NULL, *again = NULL;
	size_t n = 0, m = 0;
	enum pur_rc rc = pur_percent_decode(a, s, len, plus_is_space, &out, &n);
	struct pur_buf b = { .data = NULL };

	holds_of_memory(a, rc);
	HOLDS(rc == PUR_OK || rc == PUR_EINPUT || rc == PUR_ETOOLARGE);
	if (rc != PUR_OK)
		return;
	HOLDS(n <= len && strlen(out) == n);
	holds_of_text(out);
	HOLDS(plus_is_space == 0 || len == 0 || memchr(s, '%', len) != NULL ||
	      strchr(out, '+') == NULL);
	encode(&b, out);
	rc = pur_percent_decode(a, b.data, b.len, plus_is_space, &again, &m);
	holds_of_memory(a, rc);
	if (rc != PUR_ETOOLARGE)
		HOLDS(rc == PUR_OK && m == n && memcmp(again, out, n) == 0);
	pur_buf_free(&b);
}

static void
encode_params(struct pur_buf *b, const struct pur_param *params, size_t n)
{
	for (const struct pur_param *p = params; p < params + n; p++) {
		holds_of_text(p->name);
		holds_of_text(p->value);
		pur_buf_putc(b, '&');
		encode(b, p->name);
		pur_buf_putc(b, '=');
		encode(b, p->value);
	}
	pur_buf_putc(b, '\0');
}

static void
parses(struct pur_arena *a, const char *query)
{
	struct pur_param *params = NULL, *again = NULL;
	struct pur_buf b = { .data = NULL };
	size_t n = 0, m = 0;
	enum pur_rc rc = pur_query_parse(a, query, &params, &n);

	holds_of_memory(a, rc);
	HOLDS(rc == PUR_OK || rc == PUR_EINPUT || rc == PUR_ETOOLARGE);
	if (rc != PUR_OK)
		return;
	HOLDS(n <= MOST && (params == NULL) == (n == 0));
	encode_params(&b, params, n);
	rc = pur_query_parse(a, b.data, &again, &m);
	holds_of_memory(a, rc);
	if (rc != PUR_ETOOLARGE) {
		HOLDS(rc == PUR_OK && m == n);
		for (size_t i = 0; i < n; i++)
			HOLDS(strcmp(params[i].name, again[i].name) == 0 &&
			      strcmp(params[i].value, again[i].value) == 0);
	}
	pur_buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct pur_arena *a = take_arena(&in);
	char *query = text_of(in);

	decodes(a, (const char *)in.p, in.left, 0);
	decodes(a, (const char *)in.p, in.left, 1);
	parses(a, query);
	free(query);
	pur_arena_free(a);
	return 0;
}
