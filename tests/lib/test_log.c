/*
 * Tests of log: every line is JSON of at most 4096 bytes, lines of many processes stay apart, and
 * neither a full disk nor a moved file harms anybody.
 */
#include "log.h"

#include "json.h"
#include "timefmt.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/purser-test-log-XXXXXX";
static char path[64], moved[64];

static int
make_folder(void **state)
{
	(void)state;
	umask(022);
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/purser.log", folder);
	snprintf(moved, sizeof(moved), "%s/purser.log.1", folder);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static int
setup(void **state)
{
	(void)state;
	return pur_log_open("test", path, PUR_DEBUG);
}

static int
teardown(void **state)
{
	(void)state;
	pur_log_open("test", NULL, PUR_DEBUG);
	unlink(path);
	unlink(moved);
	return 0;
}

/* Reads a whole file into memory of its own. */
static char *
read_file(const char *name, size_t *len)
{
	FILE *file = fopen(name, "r");
	struct stat st;
	char *text;

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &st), 0);
	text = malloc((size_t)st.st_size + 1);
	assert_non_null(text);
	*len = fread(text, 1, (size_t)st.st_size, file);
	assert_int_equal(*len, st.st_size);
	text[*len] = '\0';
	fclose(file);
	return text;
}

/* Parses the only line of a file; release the result. */
static struct json_object *
only_line(const char *name)
{
	size_t len;
	char *text = read_file(name, &len);
	struct json_object *line;

	assert_true(len > 1 && len <= 4096);
	assert_ptr_equal(strchr(text, '\n'), text + len - 1);
	assert_int_equal(strlen(text), len);
	line = json_tokener_parse(text);
	assert_true(json_object_is_type(line, json_type_object));
	free(text);
	return line;
}

static const char *
text_of(struct json_object *line, const char *key)
{
	struct json_object *value;

	assert_true(json_object_object_get_ex(line, key, &value));
	assert_true(json_object_is_type(value, json_type_string));
	return json_object_get_string(value);
}

static int64_t
number_of(struct json_object *line, const char *key)
{
	struct json_object *value;

	assert_true(json_object_object_get_ex(line, key, &value));
	assert_true(json_object_is_type(value, json_type_int));
	return json_object_get_int64(value);
}

static void
test_line(void **state)
{
	int64_t before = pur_time_now(), time;
	struct json_object *line;

	(void)state;
	pur_log(PUR_WARNING, "hello", PUR_TEXT_ITEM("request", "0190-a"), PUR_INT_ITEM("ms", -12),
		PUR_TEXT_ITEM("left out", NULL), PUR_INT_ITEM("big", INT64_MIN),
		PUR_TEXT_ITEM("empty", ""));
	line = only_line(path);
	assert_int_equal(json_object_object_length(line), 9);
	assert_int_equal(
	    pur_time_parse(text_of(line, "time"), strlen(text_of(line, "time")), &time), 0);
	assert_true(time >= before && time <= pur_time_now());
	assert_string_equal(text_of(line, "level"), "warning");
	assert_string_equal(text_of(line, "program"), "test");
	assert_int_equal(number_of(line, "pid"), getpid());
	assert_string_equal(text_of(line, "msg"), "hello");
	assert_string_equal(text_of(line, "request"), "0190-a");
	assert_int_equal(number_of(line, "ms"), -12);
	assert_true(number_of(line, "big") == INT64_MIN);
	assert_string_equal(text_of(line, "empty"), "");
	json_object_put(line);
}

static void
test_no_items(void **state)
{
	struct json_object *line;

	(void)state;
	pur_log(PUR_ERROR, "bare");
	line = only_line(path);
	assert_int_equal(json_object_object_length(line), 5);
	assert_string_equal(text_of(line, "level"), "error");
	json_object_put(line);
}

static void
test_strange_text_stays_one_line(void **state)
{
	struct json_object *line;

	(void)state;
	pur_log(PUR_INFO, "a\nb\"c\\d\x01", PUR_TEXT_ITEM("bad", "x\xffy"),
		PUR_TEXT_ITEM("good", "caf\xc3\xa9"));
	line = only_line(path);
	assert_string_equal(text_of(line, "msg"), "a\nb\"c\\d\x01");
	assert_string_equal(text_of(line, "bad"), "x\xef\xbf\xbdy");
	assert_string_equal(text_of(line, "good"), "caf\xc3\xa9");
	json_object_put(line);
}

static void
test_levels(void **state)
{
	struct json_object *line;
	struct stat st;

	(void)state;
	assert_int_equal(pur_log_open("test", path, PUR_WARNING), 0);
	pur_log(PUR_DEBUG, "no");
	pur_log(PUR_INFO, "no");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 0);
	pur_log(PUR_WARNING, "yes");
	line = only_line(path);
	assert_string_equal(text_of(line, "msg"), "yes");
	json_object_put(line);
}

static void
test_file_is_not_for_everybody(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static int
is_cut_of(const char *text, char letter)
{
	size_t len = strlen(text);

	/* What was kept is whole, and "…" says that there was more. */
	if (len < 3 || strcmp(text + len - 3, "\xe2\x80\xa6") != 0)
		return 0;
	for (size_t i = 0; i < len - 3; i++) {
		if (text[i] != letter)
			return 0;
	}
	return len > 100;
}

static void
test_long_values_are_cut(void **state)
{
	char text[5001];
	struct json_object *line;

	(void)state;
	memset(text, 'x', 5000);
	text[5000] = '\0';
	pur_log(PUR_INFO, text, PUR_TEXT_ITEM("one", text), PUR_TEXT_ITEM("two", text),
		PUR_INT_ITEM("after", 7));
	line = only_line(path);
	assert_true(is_cut_of(text_of(line, "msg"), 'x'));
	assert_true(is_cut_of(text_of(line, "one"), 'x'));
	assert_true(is_cut_of(text_of(line, "two"), 'x'));
	assert_int_equal(number_of(line, "after"), 7);
	json_object_put(line);
}

static void
test_length_at_the_edge(void **state)
{
	char text[1030];
	struct json_object *line;

	(void)state;
	for (size_t len = 1016; len < 1030; len++) {
		memset(text, 'x', len);
		text[len] = '\0';
		pur_log(PUR_INFO, "m", PUR_TEXT_ITEM("v", text));
		line = only_line(path);
		assert_int_equal(strlen(text_of(line, "v")), len <= 1024 ? len : 1024);
		json_object_put(line);
		assert_int_equal(truncate(path, 0), 0);
	}
}

/* Whatever the bytes and however many items, a line is whole, JSON, and not too long. */
static void
test_lines_that_are_too_long(void **state)
{
	static const char *const fillers[] = { "\x01",         "\"",   "\xc3\xa9",
					       "\xe2\x82\xac", "\xff", "\xf0\x9f\x98\x80",
					       "\x80",         "a",    "a\x80" };

	(void)state;
	for (size_t f = 0; f < sizeof(fillers) / sizeof(fillers[0]); f++) {
		for (size_t shift = 0; shift < 8; shift++) {
			char text[3000] = "";
			struct json_object *line;

			memset(text, 'a', shift);
			while (strlen(text) + strlen(fillers[f]) < sizeof(text))
				strcat(text, fillers[f]);
			pur_log(PUR_INFO, text, PUR_TEXT_ITEM("a", text), PUR_TEXT_ITEM("b", text),
				PUR_TEXT_ITEM("c", text), PUR_TEXT_ITEM("d", text),
				PUR_TEXT_ITEM("e", text), PUR_TEXT_ITEM("f", text),
				PUR_INT_ITEM("g", INT64_MIN), PUR_INT_ITEM("h", INT64_MIN));
			line = only_line(path);
			assert_non_null(text_of(line, "b"));
			/* No character was cut in two, or it would have been replaced. */
			if (pur_utf8_valid(text, strlen(text)))
				assert_null(strstr(text_of(line, "b"), "\xef\xbf\xbd"));
			json_object_put(line);
			assert_int_equal(truncate(path, 0), 0);
		}
	}
}

static void
write_many(int n)
{
	char text[1500];

	memset(text, 'a' + n, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 200; i++)
		pur_log(PUR_INFO, "many", PUR_TEXT_ITEM("one", text), PUR_TEXT_ITEM("two", text),
			PUR_INT_ITEM("n", n));
}

static void
test_processes_do_not_mix_lines(void **state)
{
	int counts[8] = { 0 };
	pid_t children[8];
	size_t len;
	char *text, *p, *end;

	(void)state;
	for (int i = 0; i < 8; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] == 0) {
			write_many(i);
			_exit(0);
		}
	}
	for (int i = 0; i < 8; i++) {
		int status;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	text = read_file(path, &len);
	for (p = text; (end = strchr(p, '\n')) != NULL; p = end + 1) {
		struct json_object *line;
		int64_t n;

		*end = '\0';
		line = json_tokener_parse(p);
		assert_non_null(line);
		n = number_of(line, "n");
		assert_true(n >= 0 && n < 8);
		assert_true(is_cut_of(text_of(line, "one"), (char)('a' + n)));
		assert_true(is_cut_of(text_of(line, "two"), (char)('a' + n)));
		counts[n]++;
		json_object_put(line);
	}
	assert_ptr_equal(p, text + len);
	for (int i = 0; i < 8; i++)
		assert_int_equal(counts[i], 200);
	free(text);
}

static void
test_reopen_follows_logrotate(void **state)
{
	struct json_object *line;

	(void)state;
	pur_log(PUR_INFO, "old");
	assert_int_equal(rename(path, moved), 0);
	pur_log_reopen();
	pur_log(PUR_INFO, "new");
	line = only_line(moved);
	assert_string_equal(text_of(line, "msg"), "old");
	json_object_put(line);
	line = only_line(path);
	assert_string_equal(text_of(line, "msg"), "new");
	json_object_put(line);
}

/* A folder stands where the file should: the old file goes on. */
static void
test_reopen_that_fails_keeps_the_old_file(void **state)
{
	struct json_object *line;

	(void)state;
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	pur_log_reopen();
	assert_int_equal(rmdir(path), 0);
	pur_log(PUR_INFO, "still here");
	line = only_line(moved);
	assert_string_equal(text_of(line, "msg"), "still here");
	json_object_put(line);
}

static void
test_full_disk_is_survived(void **state)
{
	(void)state;
	assert_int_equal(pur_log_open("test", "/dev/full", PUR_DEBUG), 0);
	errno = EDOM;
	pur_log(PUR_ERROR, "nowhere", PUR_INT_ITEM("n", 1));
	assert_int_equal(errno, EDOM);
}

/* A limit on the file's size cuts a line short; the next begins on a line of its own. */
static void
test_torn_line_harms_no_other(void **state)
{
	struct rlimit before, limit;
	char filler[100];
	size_t len;
	char *text, *last;
	struct json_object *line;
	int descriptor = open(path, O_WRONLY | O_APPEND);

	(void)state;
	memset(filler, '\n', sizeof(filler));
	assert_int_equal(write(descriptor, filler, sizeof(filler)), sizeof(filler));
	close(descriptor);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 120;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	pur_log(PUR_INFO, "torn");
	pur_log(PUR_INFO, "dropped");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	pur_log(PUR_INFO, "whole");
	pur_log(PUR_INFO, "last");
	text = read_file(path, &len);
	assert_null(strstr(text, "dropped"));
	assert_int_equal(text[len - 1], '\n');
	text[len - 1] = '\0';
	last = strrchr(text, '\n');
	line = json_tokener_parse(last + 1);
	assert_string_equal(text_of(line, "msg"), "last");
	json_object_put(line);
	*last = '\0';
	last = strrchr(text, '\n');
	line = json_tokener_parse(last + 1);
	assert_string_equal(text_of(line, "msg"), "whole");
	json_object_put(line);
	assert_int_equal(last - text, 120);
	free(text);
}

static int saved_stderr;

static void
redirect_stderr(void)
{
	int descriptor = open(moved, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);

	saved_stderr = dup(STDERR_FILENO);
	dup2(descriptor, STDERR_FILENO);
	close(descriptor);
}

static void
restore_stderr(void)
{
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
}

static void
test_what_cannot_be_opened_goes_to_stderr(void **state)
{
	char too_long[8000];
	struct json_object *line;

	(void)state;
	memset(too_long, 'x', sizeof(too_long) - 1);
	too_long[sizeof(too_long) - 1] = '\0';
	assert_int_equal(pur_log_open("test", too_long, PUR_DEBUG), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(pur_log_open("test", "/nowhere/at/all", PUR_DEBUG), -1);
	assert_int_equal(errno, ENOENT);
	redirect_stderr();
	pur_log(PUR_INFO, "aloud");
	pur_log_reopen();
	restore_stderr();
	line = only_line(moved);
	assert_string_equal(text_of(line, "msg"), "aloud");
	json_object_put(line);
}

static void
test_no_path_is_stderr(void **state)
{
	static const char *const paths[] = { NULL, "" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct json_object *line;

		assert_int_equal(pur_log_open("a-program", paths[i], PUR_DEBUG), 0);
		redirect_stderr();
		pur_log(PUR_INFO, "aloud");
		restore_stderr();
		line = only_line(moved);
		assert_string_equal(text_of(line, "program"), "a-program");
		json_object_put(line);
	}
}

static void
test_descriptors_do_not_leak(void **state)
{
	int before = dup(STDERR_FILENO), after;

	(void)state;
	close(before);
	for (int i = 0; i < 50; i++) {
		pur_log_reopen();
		assert_int_equal(pur_log_open("test", path, PUR_DEBUG), 0);
	}
	after = dup(STDERR_FILENO);
	close(after);
	assert_true(after <= before + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_line, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_items, setup, teardown),
		cmocka_unit_test_setup_teardown(test_strange_text_stays_one_line, setup, teardown),
		cmocka_unit_test_setup_teardown(test_levels, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file_is_not_for_everybody, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_values_are_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_length_at_the_edge, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lines_that_are_too_long, setup, teardown),
		cmocka_unit_test_setup_teardown(test_processes_do_not_mix_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reopen_follows_logrotate, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reopen_that_fails_keeps_the_old_file, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_full_disk_is_survived, setup, teardown),
		cmocka_unit_test_setup_teardown(test_torn_line_harms_no_other, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_opened_goes_to_stderr, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_no_path_is_stderr, setup, teardown),
		cmocka_unit_test_setup_teardown(test_descriptors_do_not_leak, setup, teardown),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
