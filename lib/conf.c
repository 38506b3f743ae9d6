/*
 * conf: the table of what can be set, and how a file and the environment are held against it.
 */
#include "conf.h"
#include "network.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_FILE PUR_SYSCONFDIR "/purser/purser.conf"
#define PREFIX "PURSER_"
#define UNREADABLE "%s; " PREFIX "CONF must name a file that can be read"
#define NAME_MAX_BYTES 32 /* a key with its NUL */
#define CHOICES_MAX 4

enum type { TEXT, INTEGER, CHOICE };

struct key {
	const char *name;
	enum type type;
	size_t offset;        /* of its member in struct pur_conf */
	const char *fallback; /* read like any other value */
	const char *meaning;

	/* TEXT: says whether a value will do, and what would; NULL takes anything. */
	int (*check)(const char *value);
	const char *expected;

	long least, most;                 /* INTEGER */
	const char *choices[CHOICES_MAX]; /* CHOICE; unused ones are NULL */
};

static int check_filled(const char *value);
static int check_url(const char *value);
static int check_token(const char *value);
static int check_networks(const char *value);

static const struct key keys[] = {
	{ .name = "database",
	  .type = TEXT,
	  .offset = offsetof(struct pur_conf, database),
	  .fallback = "dbname=purser",
	  .meaning = "how to reach the database: libpq conninfo without user and password",
	  .check = check_filled,
	  .expected = "a libpq conninfo such as dbname=purser" },
	{ .name = "passfile_dir",
	  .type = TEXT,
	  .offset = offsetof(struct pur_conf, passfile_dir),
	  .fallback = "",
	  .meaning = "folder with `<role>.pgpass` files; empty for peer authentication" },
	{ .name = "transaction",
	  .type = CHOICE,
	  .offset = offsetof(struct pur_conf, transaction),
	  .fallback = "implicit",
	  .meaning = "how a request's transaction is made; Citus wants explicit",
	  .choices = { "implicit", "explicit" } },
	{ .name = "log_file",
	  .type = TEXT,
	  .offset = offsetof(struct pur_conf, log_file),
	  .fallback = "",
	  .meaning = "file that all programs log to; empty for stderr" },
	{ .name = "log_level",
	  .type = CHOICE,
	  .offset = offsetof(struct pur_conf, log_level),
	  .fallback = "info",
	  .meaning = "least that is logged",
	  .choices = { "debug", "info", "warning", "error" } },
	{ .name = "public_url",
	  .type = TEXT,
	  .offset = offsetof(struct pur_conf, public_url),
	  .fallback = "https://localhost:8443",
	  .meaning = "scheme, host and port that clients use",
	  .check = check_url,
	  .expected = "https://host or https://host:port with nothing behind it" },
	{ .name = "cookie_name",
	  .type = TEXT,
	  .offset = offsetof(struct pur_conf, cookie_name),
	  .fallback = "__Host-purser",
	  .meaning = "name of the session cookie",
	  .check = check_token,
	  .expected = "letters, digits, '-', '_' and '.'" },
	{ .name = "secret_file",
	  .type = TEXT,
	  .offset = offsetof(struct pur_conf, secret_file),
	  .fallback = "",
	  .meaning =
	      "file of 32 random bytes that keys (of cursors, mails' links, one-time passwords) are made from" },
	{ .name = "signup",
	  .type = CHOICE,
	  .offset = offsetof(struct pur_conf, signup),
	  .fallback = "closed",
	  .meaning = "whether anybody may make a tenant by POST /tenants",
	  .choices = { "open", "closed" } },
	{ .name = "password_lists",
	  .type = TEXT,
	  .offset = offsetof(struct pur_conf, password_lists),
	  .fallback = "/usr/share/john/password.lst /usr/share/dict/cracklib-small",
	  .meaning = "files of words, one a line, that no new password may be made of" },
	{ .name = "unlimited_networks",
	  .type = TEXT,
	  .offset = offsetof(struct pur_conf, unlimited_networks),
	  .fallback = "",
	  .meaning = "networks whose wrong logins are counted by account alone",
	  .check = check_networks,
	  .expected = "addresses and networks such as 192.0.2.7 2001:db8::/32" },
	{ .name = "proof_lifetime",
	  .type = INTEGER,
	  .offset = offsetof(struct pur_conf, proof_lifetime),
	  .fallback = "600",
	  .meaning = "seconds after a login, or a step-up, in which users and keys can be deleted",
	  .least = 1,
	  .most = 86400 },
	{ .name = "request_memory",
	  .type = INTEGER,
	  .offset = offsetof(struct pur_conf, request_memory),
	  .fallback = "16777216",
	  .meaning = "bytes that one request may take",
	  .least = 1 << 16,
	  .most = 1 << 30 },
	{ .name = "database_idle",
	  .type = INTEGER,
	  .offset = offsetof(struct pur_conf, database_idle),
	  .fallback = "300",
	  .meaning = "seconds until an unused database connection is closed",
	  .least = 1,
	  .most = 86400 },
	{ .name = "database_wait",
	  .type = INTEGER,
	  .offset = offsetof(struct pur_conf, database_wait),
	  .fallback = "10000",
	  .meaning = "milliseconds that one request waits for the database",
	  .least = 1,
	  .most = 600000 },
	{ .name = "session_idle",
	  .type = INTEGER,
	  .offset = offsetof(struct pur_conf, session_idle),
	  .fallback = "28800",
	  .meaning = "seconds until an unused session ends",
	  .least = 1,
	  .most = 31536000 },
	{ .name = "session_lifetime",
	  .type = INTEGER,
	  .offset = offsetof(struct pur_conf, session_lifetime),
	  .fallback = "2592000",
	  .meaning = "seconds until a session ends, used or not",
	  .least = 1,
	  .most = 31536000 },
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

/* Where a value comes from, and where a complaint about it goes. */
struct source {
	const char *name; /* of the file or variable */
	int line;         /* 0 where there are none */
	char *message;
	size_t size;
};

/* ---- complaints ---- */

static int complain(const struct source *from, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Writes the message, beginning with its place; always returns -1. */
static int
complain(const struct source *from, const char *format, ...)
{
	size_t len = 0;
	va_list ap;

	len += (size_t)snprintf(from->message, from->size, "%s:", from->name);
	if (from->line > 0 && len < from->size)
		len += (size_t)snprintf(from->message + len, from->size - len, "%d:", from->line);
	if (len + 1 >= from->size)
		return -1;
	from->message[len++] = ' ';
	va_start(ap, format);
	vsnprintf(from->message + len, from->size - len, format, ap);
	va_end(ap);
	return -1;
}

/* Number of characters to insert, delete or replace to make b, the name of a key, of a. */
static size_t
edit_distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_BYTES];
	size_t len = strlen(b);

	for (size_t j = 0; j <= len; j++)
		row[j] = j;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < len; j++) {
			size_t best = diagonal + (a[i] != b[j]);

			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j + 1] + 1 < best)
				best = row[j + 1] + 1;
			diagonal = row[j + 1];
			row[j + 1] = best;
		}
	}
	return row[len];
}

/* The key that was probably meant, or NULL. */
static const struct key *
nearest_key(const char *name)
{
	const struct key *nearest = NULL;
	size_t least = 4; /* so many typing errors make another word */

	for (size_t i = 0; i < N_KEYS; i++) {
		size_t distance = edit_distance(name, keys[i].name);

		if (distance < least) {
			least = distance;
			nearest = &keys[i];
		}
	}
	return nearest;
}

static int
complain_unknown(const struct source *from, const char *name)
{
	const struct key *nearest = nearest_key(name);
	char list[N_KEYS * NAME_MAX_BYTES];
	size_t len = 0;

	if (nearest != NULL)
		return complain(from, "unknown key '%s'; did you mean '%s'?", name, nearest->name);
	for (size_t i = 0; i < N_KEYS; i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", i > 0 ? ", " : "",
					keys[i].name);
	return complain(from, "unknown key '%s'; the keys are %s", name, list);
}

/* ---- values ---- */

static int
check_filled(const char *value)
{
	return value[0] != '\0';
}

static int
check_url(const char *value)
{
	size_t scheme = strncmp(value, "https://", 8) == 0 ? 8 : 7;

	if (scheme == 7 && strncmp(value, "http://", 7) != 0)
		return 0;
	return value[scheme] != '\0' && strpbrk(value + scheme, "/?#@\\\" \t") == NULL;
}

static int
check_token(const char *value)
{
	return value[0] != '\0' &&
	       value[strspn(value,
			    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")] ==
		   '\0';
}

static int
check_networks(const char *value)
{
	return pur_networks_valid(value);
}

/* A copy that lives as long as the process and that leak checkers see in use. */
static const char *
keep(const char *value)
{
	static struct kept {
		struct kept *next;
		char text[];
	} * all;
	size_t size = strlen(value) + 1;
	struct kept *k = malloc(sizeof(*k) + size);

	if (k == NULL)
		return NULL;
	memcpy(k->text, value, size);
	k->next = all;
	all = k;
	return k->text;
}

static void *
member(struct pur_conf *conf, const struct key *key)
{
	return (char *)conf + key->offset;
}

static int
set_text(struct pur_conf *conf, const struct key *key, const char *value, const struct source *from)
{
	const char *copy = value == key->fallback ? value : keep(value);

	if (copy == NULL)
		return complain(from, "%s: no memory", key->name);
	memcpy(member(conf, key), &copy, sizeof(copy));
	return 0;
}

static int
set_integer(struct pur_conf *conf, const struct key *key, const char *value,
	    const struct source *from)
{
	const char *digits = value[0] == '-' ? value + 1 : value;
	long n;

	errno = 0;
	n = strtol(value, NULL, 10);
	if (digits[0] == '\0' || digits[strspn(digits, "0123456789")] != '\0')
		return complain(from, "%s: '%s' is not a whole number; write one from %ld to %ld",
				key->name, value, key->least, key->most);
	if (errno == ERANGE || n < key->least || n > key->most)
		return complain(from, "%s: %s is out of range; write a number from %ld to %ld",
				key->name, value, key->least, key->most);
	memcpy(member(conf, key), &n, sizeof(n));
	return 0;
}

/* Writes "debug, info, warning or error". */
static void
list_choices(const struct key *key, char *out, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < CHOICES_MAX && key->choices[i] != NULL && len < size; i++) {
		int is_last = i + 1 == CHOICES_MAX || key->choices[i + 1] == NULL;
		const char *glue = is_last ? " or " : ", ";

		if (i == 0)
			glue = "";
		len += (size_t)snprintf(out + len, size - len, "%s%s", glue, key->choices[i]);
	}
}

static int
set_choice(struct pur_conf *conf, const struct key *key, const char *value,
	   const struct source *from)
{
	char list[128];

	for (size_t i = 0; i < CHOICES_MAX && key->choices[i] != NULL; i++) {
		if (strcmp(value, key->choices[i]) == 0)
			return set_text(conf, key, value, from);
	}
	list_choices(key, list, sizeof(list));
	return complain(from, "%s: '%s' is not known; write %s", key->name, value, list);
}

static int
set(struct pur_conf *conf, const struct key *key, const char *value, const struct source *from)
{
	switch (key->type) {
	case INTEGER:
		return set_integer(conf, key, value, from);
	case CHOICE:
		return set_choice(conf, key, value, from);
	case TEXT:
	default:
		if (key->check != NULL && !key->check(value))
			return complain(from, "%s: '%s' will not do; write %s", key->name, value,
					key->expected);
		return set_text(conf, key, value, from);
	}
}

/* ---- sources ---- */

static int
set_defaults(struct pur_conf *conf, char *message, size_t size)
{
	const struct source from = { .name = "default", .message = message, .size = size };

	for (size_t i = 0; i < N_KEYS; i++) {
		if (set(conf, &keys[i], keys[i].fallback, &from) != 0)
			return -1;
	}
	return 0;
}

/* Cuts a comment off, and white space off both ends. */
static char *
strip(char *line)
{
	char *end;

	for (char *p = line; *p != '\0'; p++) {
		if (*p == '#' && (p == line || isspace((unsigned char)p[-1]))) {
			*p = '\0';
			break;
		}
	}
	while (isspace((unsigned char)*line))
		line++;
	end = line + strlen(line);
	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return line;
}

/* seen: the line each key stood on, 0 for those that did not yet. */
static int
read_line(struct pur_conf *conf, char *line, int *seen, const struct source *from)
{
	char *name = strip(line);
	char *equals = strchr(name, '=');
	char *value;

	if (name[0] == '\0')
		return 0;
	if (equals == NULL)
		return complain(from, "no '=' in '%s'; write key = value", name);
	*equals = '\0';
	value = strip(equals + 1);
	name = strip(name);
	for (size_t i = 0; i < N_KEYS; i++) {
		if (strcmp(name, keys[i].name) != 0)
			continue;
		if (seen[i] != 0)
			return complain(from, "%s: stands on line %d already; keep one of the two",
					name, seen[i]);
		seen[i] = from->line;
		return set(conf, &keys[i], value, from);
	}
	return complain_unknown(from, name);
}

static int
read_lines(struct pur_conf *conf, FILE *file, struct source *from)
{
	int seen[N_KEYS] = { 0 };
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int failed = 0;

	while (!failed && (len = getline(&line, &size, file)) >= 0) {
		from->line++;
		if (strlen(line) != (size_t)len)
			failed = complain(from, "a NUL byte; write plain text");
		else
			failed = read_line(conf, line, seen, from);
	}
	free(line);
	if (!failed && ferror(file)) {
		from->line = 0;
		failed = complain(from, UNREADABLE, strerror(errno));
	}
	return failed;
}

static int
read_file(struct pur_conf *conf, char *message, size_t size)
{
	const char *named = getenv(PREFIX "CONF");
	struct source from = { .name = DEFAULT_FILE, .message = message, .size = size };
	FILE *file;
	int failed;

	if (named != NULL && named[0] != '\0')
		from.name = named;
	file = fopen(from.name, "re");
	if (file == NULL) {
		if (errno == ENOENT && from.name != named)
			return 0;
		return complain(&from, UNREADABLE, strerror(errno));
	}
	failed = read_lines(conf, file, &from);
	fclose(file);
	return failed;
}

/* Writes the environment variable that overrides a key. */
static void
variable_name(const struct key *key, char *out, size_t size)
{
	snprintf(out, size, PREFIX "%s", key->name);
	for (char *p = out; *p != '\0'; p++)
		*p = (char)toupper((unsigned char)*p);
}

static int
read_environment(struct pur_conf *conf, char *message, size_t size)
{
	char variable[sizeof(PREFIX) + NAME_MAX_BYTES];
	const struct source from = { .name = variable, .message = message, .size = size };

	for (size_t i = 0; i < N_KEYS; i++) {
		const char *value;

		variable_name(&keys[i], variable, sizeof(variable));
		value = getenv(variable);
		if (value != NULL && set(conf, &keys[i], value, &from) != 0)
			return -1;
	}
	return 0;
}

int
pur_conf_load(struct pur_conf *conf, char *message, size_t size)
{
	struct pur_conf loaded = { 0 };

	if (set_defaults(&loaded, message, size) != 0 || read_file(&loaded, message, size) != 0 ||
	    read_environment(&loaded, message, size) != 0)
		return -1;
	*conf = loaded;
	return 0;
}

static void
describe_values(FILE *out, const struct key *key)
{
	char list[128];

	if (key->type == INTEGER) {
		fprintf(out, "%ld to %ld", key->least, key->most);
	} else if (key->type == CHOICE) {
		list_choices(key, list, sizeof(list));
		fputs(list, out);
	} else {
		fputs(key->expected != NULL ? key->expected : "any text", out);
	}
}

void
pur_conf_describe(FILE *out)
{
	char variable[sizeof(PREFIX) + NAME_MAX_BYTES];

	fputs("| key | variable | default | values | meaning |\n", out);
	fputs("|---|---|---|---|---|\n", out);
	for (size_t i = 0; i < N_KEYS; i++) {
		const struct key *key = &keys[i];

		variable_name(key, variable, sizeof(variable));
		fprintf(out, "| `%s` | `%s` | ", key->name, variable);
		if (key->fallback[0] != '\0')
			fprintf(out, "`%s` | ", key->fallback);
		else
			fputs("(empty) | ", out);
		describe_values(out, key);
		fprintf(out, " | %s |\n", key->meaning);
	}
}
