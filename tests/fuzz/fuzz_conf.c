/*
 * fuzz_conf: a configuration file. What is loaded is within the bounds of its keys and, written as
 * a file, is loaded the same; what isn't is told in one line and changes nothing.
 */
#include "conf.h"
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

/* What is loaded is kept as long as the process lives, and looks like a leak of every input. */
int __lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
	return 1;
}

/* Makes PURSER_CONF name these bytes. */
static void
be_the_file(const void *data, size_t size)
{
	static int file = -1;
	char path[64];

	if (file < 0) {
		file = memfd_create("purser.conf", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
		HOLDS(file >= 0 && setenv("PURSER_CONF", path, 1) == 0);
	}
	HOLDS(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == (ssize_t)size);
}

static int
is_one_of(const char *value, const char *const *choices)
{
	for (; *choices != NULL; choices++) {
		if (strcmp(value, *choices) == 0)
			return 1;
	}
	return 0;
}

static void
is_within_bounds(const struct pur_conf *c)
{
	static const char *const transactions[] = { "implicit", "explicit", NULL };
	static const char *const signups[] = { "open", "closed", NULL };
	static const char *const levels[] = { "debug", "info", "warning", "error", NULL };

	HOLDS(c->database[0] != '\0' && c->cookie_name[0] != '\0');
	HOLDS(strspn(c->cookie_name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789-_.") == strlen(c->cookie_name));
	HOLDS(is_one_of(c->transaction, transactions) && is_one_of(c->log_level, levels));
	HOLDS(is_one_of(c->signup, signups));
	HOLDS(strncmp(c->public_url, "http", 4) == 0 && strstr(c->public_url, "://") != NULL);
	HOLDS(strrchr(c->public_url, '/') == strchr(c->public_url, '/') + 1);
	HOLDS(c->request_memory >= 65536 && c->request_memory <= 1 << 30);
	HOLDS(c->database_idle >= 1 && c->database_idle <= 86400);
	HOLDS(c->database_wait >= 1 && c->database_wait <= 600000);
	HOLDS(c->session_idle >= 1 && c->session_idle <= 31536000);
	HOLDS(c->session_lifetime >= 1 && c->session_lifetime <= 31536000);
}

static void
comes_back(const struct pur_conf *c)
{
	struct pur_conf again;
	char *file, message[256];
	int len =
	    asprintf(&file,
		     "database=%s\npassfile_dir=%s\ntransaction=%s\nlog_file=%s\n"
		     "log_level=%s\npublic_url=%s\ncookie_name=%s\nsignup=%s\nrequest_memory=%ld\n"
		     "database_idle=%ld\ndatabase_wait=%ld\nsession_idle=%ld\n"
		     "session_lifetime=%ld",
		     c->database, c->passfile_dir, c->transaction, c->log_file, c->log_level,
		     c->public_url, c->cookie_name, c->signup, c->request_memory, c->database_idle,
		     c->database_wait, c->session_idle, c->session_lifetime);

	HOLDS(len > 0);
	be_the_file(file, (size_t)len);
	HOLDS(pur_conf_load(&again, message, sizeof(message)) == 0);
	HOLDS(strcmp(again.database, c->database) == 0);
	HOLDS(strcmp(again.passfile_dir, c->passfile_dir) == 0);
	HOLDS(strcmp(again.log_file, c->log_file) == 0);
	HOLDS(strcmp(again.public_url, c->public_url) == 0);
	HOLDS(strcmp(again.signup, c->signup) == 0);
	HOLDS(again.session_lifetime == c->session_lifetime);
	free(file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	size_t room = 1 + take_byte(&in);
	char *message = calloc(room, 1);
	struct pur_conf c, untouched;

	HOLDS(message != NULL);
	memset(&c, 0x5a, sizeof(c));
	untouched = c;
	be_the_file(in.p, in.left);
	if (pur_conf_load(&c, message, room) == 0) {
		is_within_bounds(&c);
		comes_back(&c);
	} else {
		HOLDS(memcmp(&c, &untouched, sizeof(c)) == 0);
		HOLDS(strlen(message) < room && strchr(message, '\n') == NULL);
		HOLDS(room == 1 || message[0] != '\0');
	}
	free(message);
	return 0;
}
