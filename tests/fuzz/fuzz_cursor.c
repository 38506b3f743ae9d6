/*
 * fuzz_cursor: a scope in the first line, and behind it a text that is read as a cursor and, line
 * by line, made one of. What is read is what is made; nothing else is, under another scope, with
 * another number of values or with a character changed.
 */
#include "cursor.h"
#include "fuzz.h"

#include <sodium.h>

#define MOST 5 /* values */

static const unsigned char key[PUR_CURSOR_KEY] = "a key that is thirty-two bytes.";

static void
reads(struct pur_arena *a, const char *scope, const char *text, int n)
{
	const char *values[MOST];
	enum pur_rc rc = pur_cursor_read(a, key, scope, text, values, n);
	const char *made;

	holds_of_memory(a, rc);
	HOLDS(rc == PUR_OK || rc == PUR_EINPUT || rc == PUR_ETOOLARGE);
	if (rc != PUR_OK)
		return;
	made = pur_cursor_make(a, key, scope, values, n);
	HOLDS(made == NULL ? pur_arena_exhausted(a) : strcmp(made, text) == 0);
}

static void
is_refused(struct pur_arena *a, const char *scope, const char *text, int n)
{
	const char *values[MOST + 1];
	enum pur_rc rc = pur_cursor_read(a, key, scope, text, values, n);

	HOLDS(rc == PUR_EINPUT || (rc == PUR_ETOOLARGE && pur_arena_exhausted(a)));
}

static void
makes(struct pur_arena *a, const char *scope, const char *const *values, int n, unsigned at)
{
	const char *made = pur_cursor_make(a, key, scope, values, n), *got[MOST];
	char *changed, *longer = NULL;
	enum pur_rc rc;

	if (made == NULL) {
		HOLDS(pur_arena_exhausted(a));
		return;
	}
	HOLDS(strlen(made) <= PUR_CURSOR_MOST);
	rc = pur_cursor_read(a, key, scope, made, got, n);
	HOLDS(rc == PUR_OK || pur_arena_exhausted(a));
	for (int i = 0; i < n && rc == PUR_OK; i++)
		HOLDS(strcmp(got[i], values[i]) == 0);
	is_refused(a, scope, made, n + 1);
	is_refused(a, scope, made, n - 1);
	HOLDS(asprintf(&longer, "%s ", scope) > 0);
	is_refused(a, longer, made, n);
	free(longer);
	changed = strdup(made);
	HOLDS(changed != NULL);
	changed[at % strlen(made)] ^= 1;
	is_refused(a, scope, changed, n);
	free(changed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct pur_arena *a = take_arena(&in);
	unsigned at = take_byte(&in);
	char *scope = text_of(take_until(&in, '\n')), *text = text_of(in), *values[MOST];
	int n = 0;

	HOLDS(sodium_init() >= 0);
	for (int i = 1; i <= MOST; i++)
		reads(a, scope, text, i);
	do
		values[n] = text_of(take_until(&in, '\n'));
	while (++n < MOST && in.left > 0);
	makes(a, scope, (const char *const *)values, n, at);
	for (int i = 0; i < n; i++)
		free(values[i]);
	free(scope);
	free(text);
	pur_arena_free(a);
	return 0;
}
