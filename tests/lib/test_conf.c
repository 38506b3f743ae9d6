/*
 * Tests of conf: defaults, file and environment in that order, and messages that help.
 */
#include "conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static char folder[] = "/tmp/purser-test-conf-XXXXXX";
static char path[64];

static int
make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/purser.conf", folder);
	return chdir(folder);
}

static int
remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

/* No variable of ours from outside may colour a test. */
static int
setup(void **state)
{
	(void)state;
	/* How cmocka tells its results stands in the environment too. */
	const char *output = getenv("CMOCKA_MESSAGE_OUTPUT");
	char kept[32];

	snprintf(kept, sizeof(kept), "%s", output != NULL ? output : "STDOUT");
	clearenv();
	setenv("CMOCKA_MESSAGE_OUTPUT", kept, 1);
	return setenv("PURSER_CONF", "purser.conf", 1);
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static void
write_file(const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void
load(const char *text, struct pur_conf *conf)
{
	char message[512] = "";

	write_file(text, strlen(text));
	if (pur_conf_load(conf, message, sizeof(message)) != 0)
		fail_msg("%s", message);
}

/* Loads what must fail, into a conf that must stay as it was. */
static void
assert_refused(const char *expected)
{
	struct pur_conf conf, untouched;
	char message[512] = "";

	memset(&conf, 0x5a, sizeof(conf));
	untouched = conf;
	assert_int_equal(pur_conf_load(&conf, message, sizeof(message)), -1);
	assert_string_equal(message, expected);
	assert_memory_equal(&conf, &untouched, sizeof(conf));
}

static void
assert_defaults(const struct pur_conf *conf)
{
	assert_string_equal(conf->database, "dbname=purser");
	assert_string_equal(conf->passfile_dir, "");
	assert_string_equal(conf->transaction, "implicit");
	assert_string_equal(conf->log_file, "");
	assert_string_equal(conf->log_level, "info");
	assert_string_equal(conf->public_url, "https://localhost:8443");
	assert_string_equal(conf->cookie_name, "__Host-purser");
	assert_string_equal(conf->secret_file, "");
	assert_string_equal(conf->signup, "closed");
	assert_string_equal(conf->password_lists,
			    "/usr/share/john/password.lst /usr/share/dict/cracklib-small");
	assert_string_equal(conf->unlimited_networks, "");
	assert_int_equal(conf->proof_lifetime, 600);
	assert_int_equal(conf->request_memory, 16777216);
	assert_int_equal(conf->database_idle, 300);
	assert_int_equal(conf->database_wait, 10000);
	assert_int_equal(conf->session_idle, 28800);
	assert_int_equal(conf->session_lifetime, 2592000);
}

static void
test_defaults(void **state)
{
	struct pur_conf conf;

	(void)state;
	load("", &conf);
	assert_defaults(&conf);
}

#ifdef PUR_SYSCONFDIR
static void
test_the_usual_file_may_be_missing(void **state)
{
	struct pur_conf conf;
	char message[512];

	(void)state;
	if (access(PUR_SYSCONFDIR "/purser/purser.conf", F_OK) == 0)
		skip();
	unsetenv("PURSER_CONF");
	assert_int_equal(pur_conf_load(&conf, message, sizeof(message)), 0);
	assert_defaults(&conf);
	setenv("PURSER_CONF", "", 1);
	assert_int_equal(pur_conf_load(&conf, message, sizeof(message)), 0);
}
#endif

static void
test_a_named_file_may_not_be_missing(void **state)
{
	(void)state;
	assert_refused("purser.conf: No such file or directory; "
		       "PURSER_CONF must name a file that can be read");
	setenv("PURSER_CONF", "/", 1);
	assert_refused("/: Is a directory; PURSER_CONF must name a file that can be read");
}

static void
test_file(void **state)
{
	struct pur_conf conf;

	(void)state;
	load("# Purser\n"
	     "\n"
	     "   # indented\n"
	     "database = host=/run/postgresql dbname=cake  port=5433\n"
	     "passfile_dir=/etc/purser/pgpass\r\n"
	     "\ttransaction\t=\texplicit\t# for Citus\n"
	     "log_file = /var/log/pur#ser.log#1 # comment\n"
	     "log_level = debug\n"
	     "public_url = https://example.org\n"
	     "cookie_name = __Host-purser-8443\n"
	     "secret_file = /etc/purser/secret\n"
	     "signup = open\n"
	     "password_lists = /etc/purser/words\n"
	     "unlimited_networks = 192.0.2.7 2001:db8::/32\n"
	     "proof_lifetime = 60\n"
	     "request_memory = 1048576\n"
	     "database_idle = 1\n"
	     "database_wait = 600000\n"
	     "session_idle = 60\n"
	     "session_lifetime = 31536000",
	     &conf);
	assert_string_equal(conf.database, "host=/run/postgresql dbname=cake  port=5433");
	assert_string_equal(conf.passfile_dir, "/etc/purser/pgpass");
	assert_string_equal(conf.transaction, "explicit");
	assert_string_equal(conf.log_file, "/var/log/pur#ser.log#1");
	assert_string_equal(conf.log_level, "debug");
	assert_string_equal(conf.public_url, "https://example.org");
	assert_string_equal(conf.cookie_name, "__Host-purser-8443");
	assert_string_equal(conf.secret_file, "/etc/purser/secret");
	assert_string_equal(conf.signup, "open");
	assert_string_equal(conf.password_lists, "/etc/purser/words");
	assert_string_equal(conf.unlimited_networks, "192.0.2.7 2001:db8::/32");
	assert_int_equal(conf.proof_lifetime, 60);
	assert_int_equal(conf.request_memory, 1048576);
	assert_int_equal(conf.database_idle, 1);
	assert_int_equal(conf.database_wait, 600000);
	assert_int_equal(conf.session_idle, 60);
	assert_int_equal(conf.session_lifetime, 31536000);
}

static void
test_empty_value(void **state)
{
	struct pur_conf conf;

	(void)state;
	load("log_file =\npassfile_dir = # none\n", &conf);
	assert_string_equal(conf.log_file, "");
	assert_string_equal(conf.passfile_dir, "");
}

static void
test_environment_wins(void **state)
{
	struct pur_conf conf;

	(void)state;
	setenv("PURSER_LOG_LEVEL", "error", 1);
	setenv("PURSER_DATABASE_WAIT", "5", 1);
	setenv("PURSER_LOG_FILE", "", 1);
	setenv("PURSER_DATABASE", "dbname=a # b", 1);
	load("log_level = debug\nlog_file = /x\ndatabase_idle = 9\n", &conf);
	assert_string_equal(conf.log_level, "error");
	assert_int_equal(conf.database_wait, 5);
	assert_string_equal(conf.log_file, "");
	assert_string_equal(conf.database, "dbname=a # b");
	assert_int_equal(conf.database_idle, 9);
}

static void
test_other_variables_are_left_alone(void **state)
{
	struct pur_conf conf;

	(void)state;
	setenv("PURSER_URL", "https://localhost:8443", 1);
	setenv("PURSER_TENANT", "demo", 1);
	setenv("PURSER_DATABSE", "x", 1);
	setenv("database", "x", 1);
	load("", &conf);
	assert_defaults(&conf);
}

/* Strings of an earlier load, and of variables since changed, still stand. */
static void
test_strings_outlive_their_source(void **state)
{
	struct pur_conf conf, again;

	(void)state;
	setenv("PURSER_COOKIE_NAME", "first", 1);
	load("log_file = /first\n", &conf);
	setenv("PURSER_COOKIE_NAME", "second", 1);
	load("log_file = /second\n", &again);
	assert_string_equal(conf.log_file, "/first");
	assert_string_equal(conf.cookie_name, "first");
	assert_string_equal(again.log_file, "/second");
	assert_string_equal(again.cookie_name, "second");
}

static void
test_what_is_wrong_in_a_file(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "\n\ndatabse = x\n",
		  "purser.conf:3: unknown key 'databse'; did you mean 'database'?" },
		{ "log_levle = info\n",
		  "purser.conf:1: unknown key 'log_levle'; did you mean 'log_level'?" },
		{ "session_idel = 1\n",
		  "purser.conf:1: unknown key 'session_idel'; did you mean 'session_idle'?" },
		{ "Database = x\n",
		  "purser.conf:1: unknown key 'Database'; did you mean 'database'?" },
		{ "colour = x\n",
		  "purser.conf:1: unknown key 'colour'; the keys are database, passfile_dir, "
		  "transaction, log_file, log_level, public_url, cookie_name, secret_file, signup, password_lists, unlimited_networks, proof_lifetime, request_memory, "
		  "database_idle, database_wait, session_idle, session_lifetime" },
		{ "a_key_that_is_longer_than_any_key_can_be = x\n",
		  "purser.conf:1: unknown key 'a_key_that_is_longer_than_any_key_can_be'; the keys "
		  "are database, passfile_dir, transaction, log_file, log_level, public_url, "
		  "cookie_name, secret_file, signup, password_lists, unlimited_networks, proof_lifetime, request_memory, database_idle, database_wait, session_idle, "
		  "session_lifetime" },
		{ "\nlog_level\n", "purser.conf:2: no '=' in 'log_level'; write key = value" },
		{ "log_level = loud\n",
		  "purser.conf:1: log_level: 'loud' is not known; write debug, info, warning or "
		  "error" },
		{ "transaction =\n",
		  "purser.conf:1: transaction: '' is not known; write implicit or explicit" },
		{ "database_idle = soon\n",
		  "purser.conf:1: database_idle: 'soon' is not a whole number; write one from 1 to "
		  "86400" },
		{ "database_idle =\n",
		  "purser.conf:1: database_idle: '' is not a whole number; write one from 1 to "
		  "86400" },
		{ "database_idle = 5s\n",
		  "purser.conf:1: database_idle: '5s' is not a whole number; write one from 1 to "
		  "86400" },
		{ "database_idle = 1.5\n",
		  "purser.conf:1: database_idle: '1.5' is not a whole number; write one from 1 to "
		  "86400" },
		{ "database_idle = 0\n",
		  "purser.conf:1: database_idle: 0 is out of range; write a number from 1 to "
		  "86400" },
		{ "database_idle = -1\n",
		  "purser.conf:1: database_idle: -1 is out of range; write a number from 1 to "
		  "86400" },
		{ "database_idle = 86401\n",
		  "purser.conf:1: database_idle: 86401 is out of range; write a number from 1 to "
		  "86400" },
		{ "database_idle = 99999999999999999999\n",
		  "purser.conf:1: database_idle: 99999999999999999999 is out of range; write a "
		  "number from 1 to 86400" },
		{ "database =\n",
		  "purser.conf:1: database: '' will not do; write a libpq conninfo such as "
		  "dbname=purser" },
		{ "public_url = https://localhost/\n",
		  "purser.conf:1: public_url: 'https://localhost/' will not do; write https://host "
		  "or https://host:port with nothing behind it" },
		{ "public_url = localhost\n",
		  "purser.conf:1: public_url: 'localhost' will not do; write https://host or "
		  "https://host:port with nothing behind it" },
		{ "public_url = https://\n",
		  "purser.conf:1: public_url: 'https://' will not do; write https://host or "
		  "https://host:port with nothing behind it" },
		{ "cookie_name = a b\n",
		  "purser.conf:1: cookie_name: 'a b' will not do; write letters, digits, '-', '_' "
		  "and '.'" },
		{ "cookie_name = a=b\n",
		  "purser.conf:1: cookie_name: 'a=b' will not do; write letters, digits, '-', '_' "
		  "and '.'" },
		{ "unlimited_networks = 192.0.2.7, localhost\n",
		  "purser.conf:1: unlimited_networks: '192.0.2.7, localhost' will not do; write addresses "
		  "and networks such as 192.0.2.7 2001:db8::/32" },
		{ "proof_lifetime = 0\n",
		  "purser.conf:1: proof_lifetime: 0 is out of range; write a number from 1 to 86400" },
		{ "signup = yes\n",
		  "purser.conf:1: signup: 'yes' is not known; write open or closed" },
		{ "signup = Open\n",
		  "purser.conf:1: signup: 'Open' is not known; write open or closed" },
		{ "log_file = a\n\nlog_file = a\n",
		  "purser.conf:3: log_file: stands on line 1 already; keep one of the two" },
		{ "log_level = info\n= x\n",
		  "purser.conf:2: unknown key ''; the keys are database, passfile_dir, "
		  "transaction, log_file, log_level, public_url, cookie_name, secret_file, signup, password_lists, unlimited_networks, proof_lifetime, request_memory, "
		  "database_idle, database_wait, session_idle, session_lifetime" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		write_file(rows[i].text, strlen(rows[i].text));
		assert_refused(rows[i].message);
	}
}

static void
test_nearest_key(void **state)
{
	static const struct {
		const char *name, *nearest; /* NULL: too far from all */
	} rows[] = {
		{ "databases", "database" },
		{ "atabase", "database" },
		{ "databas", "database" },
		{ "xdatabase", "database" },
		{ "xxxdatabase", "database" },
		{ "data_base", "database" },
		{ "dxtxbxse", "database" },
		{ "dxtxbxsx", NULL },
		{ "sesion_liftim", "session_lifetime" },
		{ "sesion_liftm", NULL },
		{ "sesssion_lifettimee", "session_lifetime" },
		{ "sesssion_lifettimeee", NULL },
		{ "session_idel_", "session_idle" },
		{ "log", NULL },
		{ "log_fevel", "log_level" },
		{ "log_lele", "log_file" }, /* as near as log_level, which comes later */
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		struct pur_conf conf;
		char text[64], message[512], expected[128];

		snprintf(text, sizeof(text), "%s = x\n", rows[i].name);
		write_file(text, strlen(text));
		assert_int_equal(pur_conf_load(&conf, message, sizeof(message)), -1);
		if (rows[i].nearest != NULL)
			snprintf(expected, sizeof(expected),
				 "purser.conf:1: unknown key '%s'; did you mean '%s'?",
				 rows[i].name, rows[i].nearest);
		else
			snprintf(expected, sizeof(expected),
				 "purser.conf:1: unknown key '%s'; the keys are", rows[i].name);
		assert_memory_equal(message, expected, strlen(expected));
	}
}

static void
test_nul_in_a_file(void **state)
{
	(void)state;
	write_file("log_file = a\0b\n", 15);
	assert_refused("purser.conf:1: a NUL byte; write plain text");
}

static void
test_what_is_wrong_in_the_environment(void **state)
{
	(void)state;
	write_file("", 0);
	setenv("PURSER_LOG_LEVEL", "loud", 1);
	assert_refused("PURSER_LOG_LEVEL: log_level: 'loud' is not known; write debug, info, "
		       "warning or error");
	unsetenv("PURSER_LOG_LEVEL");
	setenv("PURSER_DATABASE_IDLE", " 5", 1);
	assert_refused("PURSER_DATABASE_IDLE: database_idle: ' 5' is not a whole number; write one "
		       "from 1 to 86400");
}

/* A message is cut to its room, never written past it. */
static void
test_short_room_for_a_message(void **state)
{
	struct pur_conf conf;

	(void)state;
	write_file("log_level = loud\n", 17);
	for (size_t size = 0; size < 100; size++) {
		char *message = malloc(size == 0 ? 1 : size);

		assert_non_null(message);
		assert_int_equal(pur_conf_load(&conf, message, size), -1);
		if (size > 0) {
			assert_true(strlen(message) < size);
			assert_memory_equal(message,
					    "purser.conf:1: log_level: 'loud' is not known; write "
					    "debug, info, warning or error",
					    strlen(message));
		}
		if (size > 20)
			assert_true(strlen(message) >= 19);
		free(message);
	}
}

static void
test_describe(void **state)
{
	char *text = NULL;
	size_t size = 0, rows = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	pur_conf_describe(out);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(text, "| key | variable | default | values | meaning |\n"));
	assert_non_null(strstr(text, "| `log_level` | `PURSER_LOG_LEVEL` | `info` | "
				     "debug, info, warning or error | "));
	assert_non_null(strstr(text, "| `log_file` | `PURSER_LOG_FILE` | (empty) | any text | "));
	assert_non_null(strstr(text, "| `database_idle` | `PURSER_DATABASE_IDLE` | `300` | "
				     "1 to 86400 | "));
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		int bars = 0;

		for (char *p = line; *p != '\0'; p++)
			bars += *p == '|';
		assert_int_equal(bars, 6);
		rows++;
	}
	assert_int_equal(rows, 2 + 17);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_defaults, setup, teardown),
#ifdef PUR_SYSCONFDIR
		cmocka_unit_test_setup_teardown(test_the_usual_file_may_be_missing, setup,
						teardown),
#endif
		cmocka_unit_test_setup_teardown(test_a_named_file_may_not_be_missing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_empty_value, setup, teardown),
		cmocka_unit_test_setup_teardown(test_environment_wins, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_variables_are_left_alone, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_strings_outlive_their_source, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_wrong_in_a_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nearest_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nul_in_a_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_wrong_in_the_environment, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_short_room_for_a_message, setup, teardown),
		cmocka_unit_test_setup_teardown(test_describe, setup, teardown),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
