/* password: hashes, compares, and knows what people choose. */
#include "password.h"
#include "log.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A hash that no password is known to fit: an unknown address costs as much time as a known one,
 * from a program's first login on. Its limits are those of new hashes, which a test compares.
 */
static const char decoy[] = "$argon2id$v=19$m=65536,t=2,p=1$cHVyc2VyIGRlY295IHNhbA$"
			    "Tm9ib2R5J3MgcGFzc3dvcmQgZml0cyB0aGlzIG9uZS4";

#define NAME_LEAST 4 /* characters of a name that counts */
#define NEWS_LEAST 6 /* characters that say something new, in a password */
#define REST_LEAST 8 /* and beside a word that everybody knows */
#define PASSWORD_BYTES (4 * PUR_PASSWORD_MOST + 1)

enum pur_rc
pur_password_hash(const char *password, size_t len, char out[PUR_PASSWORD_HASH])
{
	return crypto_pwhash_str(out, password, len, crypto_pwhash_OPSLIMIT_INTERACTIVE,
				 crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0
		   ? PUR_OK
		   : PUR_EUNAVAILABLE;
}

bool
pur_password_fits(const char *hash, const char *password, size_t len)
{
	int differs = crypto_pwhash_str_verify(hash != NULL ? hash : decoy, password, len);

	return differs == 0 && hash != NULL;
}

bool
pur_password_is_old(const char *hash)
{
	return crypto_pwhash_str_needs_rehash(hash, crypto_pwhash_OPSLIMIT_INTERACTIVE,
					      crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0;
}

/* The next character of valid UTF-8. */
static int
next_character(const char **s)
{
	const unsigned char *p = (const unsigned char *)*s;
	int c = *p < 0x80 ? *p : *p < 0xe0 ? *p & 0x1f : *p < 0xf0 ? *p & 0x0f : *p & 0x07;

	while ((*++p & 0xc0) == 0x80)
		c = c << 6 | (*p & 0x3f);
	*s = (const char *)p;
	return c;
}

/* Characters that say something new: of "aaaa", "1234" and "9876" the first alone. */
static size_t
count_news(const char *s, size_t len)
{
	const char *end = s + len;
	size_t n = len > 0;
	int last = len > 0 ? next_character(&s) : 0;

	while (s < end) {
		int c = next_character(&s);

		n += c - last < -1 || c - last > 1;
		last = c;
	}
	return n;
}

/* The length of what a text says over and over; all of it, where it says nothing twice. */
static size_t
find_period(const char *s, size_t len)
{
	for (size_t p = 1; p <= len / 2; p++) {
		if (len % p == 0 && memcmp(s, s + p, len - p) == 0)
			return p;
	}
	return len;
}

/* What stands for a letter, by its looks. */
static char
read_letter(char c)
{
	static const char looks[] = "0o1l3e4a5s7t@a$s!i8b9g";

	for (const char *p = looks; *p != '\0'; p += 2) {
		if (*p == c)
			return p[1];
	}
	return c;
}

/* The words a password may be made of: all of it, its letters, and what they look like. */
struct words {
	char text[3][PASSWORD_BYTES];
	size_t len[3];
};

static void
find_words(const char *password, struct words *w)
{
	char *whole = w->text[0];
	size_t first = 0, len = strlen(password), end, rest;

	for (size_t i = 0; i <= len; i++)
		whole[i] = (char)tolower((unsigned char)password[i]);
	w->len[0] = find_period(whole, len);
	w->len[1] = w->len[2] = 0;
	end = len;
	while (first < end && !isalpha((unsigned char)whole[first]))
		first++;
	while (end > first && !isalpha((unsigned char)whole[end - 1]))
		end--;
	rest = count_news(whole, first) + count_news(whole + end, len - end);
	if (first == end || rest >= REST_LEAST)
		return;
	for (int i = 1; i <= 2; i++) {
		w->len[i] = find_period(whole + first, end - first);
		memcpy(w->text[i], whole + first, w->len[i]);
		for (size_t j = 0; i == 2 && j < w->len[i]; j++)
			w->text[i][j] = read_letter(w->text[i][j]);
	}
}

static bool
is_one_of(const struct words *w, const char *word, size_t len)
{
	for (int i = 0; i < 3; i++) {
		if (len > 0 && w->len[i] == len && strncasecmp(w->text[i], word, len) == 0)
			return true;
	}
	return false;
}

/* Whether a list has one of the words. */
static bool
list_has(const char *file, const struct words *w)
{
	FILE *f = fopen(file, "re");
	char *line = NULL;
	size_t size = 0;
	bool found = false;

	if (f == NULL) {
		pur_log(PUR_WARNING, "a list of common passwords can't be read",
			PUR_TEXT_ITEM("file", file), PUR_TEXT_ITEM("reason", strerror(errno)));
		return false;
	}
	while (!found && getline(&line, &size, f) >= 0)
		found = is_one_of(w, line, strcspn(line, "\r\n"));
	free(line);
	fclose(f);
	return found;
}

static bool
lists_have(const char *lists, const struct words *w)
{
	char file[4096];

	for (const char *p = lists; *(p += strspn(p, " ")) != '\0'; p += strcspn(p, " ")) {
		snprintf(file, sizeof(file), "%.*s", (int)strcspn(p, " "), p);
		if (list_has(file, w))
			return true;
	}
	return false;
}

/* Whether a name, of an address what is before its '@', stands in the password. */
static bool
has_name(const char *password, const char *name)
{
	char word[256];

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(name, "@"), name);
	return strlen(word) >= NAME_LEAST && strcasestr(password, word) != NULL;
}

const char *
pur_password_fault(const char *lists, const char *password, const char *const names[4])
{
	size_t len = strlen(password);
	struct words w;
	bool common;

	for (int i = 0; i < 4; i++) {
		if (names[i] != NULL && has_name(password, names[i]))
			return "Must not contain your address or the name of the business";
	}
	if (len >= PASSWORD_BYTES)
		return NULL;
	if (count_news(password, find_period(password, len)) < NEWS_LEAST)
		return "Is too easy to guess: it says the same again and again";
	find_words(password, &w);
	common = lists_have(lists, &w);
	sodium_memzero(&w, sizeof(w));
	return common ? "Is too easy to guess: it is made of a word that many choose" : NULL;
}
