/* describe: asks the programs of a folder for their tables. */
#include "buf.h"
#include "command.h"
#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Reads all a descriptor gives, until its end. */
static void
read_all(int fd, struct pur_buf *out)
{
	char piece[8192];
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) > 0)
		pur_buf_put(out, piece, (size_t)n);
	pur_buf_putc(out, '\0');
}

/* Runs `program --describe`; its output, with a NUL, goes to out. Returns 0, or -1. */
static int
run_describe(const char *program, struct pur_buf *out)
{
	char *argv[] = { (char *)(uintptr_t)program, (char *)(uintptr_t) "--describe", NULL };
	posix_spawn_file_actions_t actions;
	int pipe_fds[2], status = -1;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) != 0)
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDOUT_FILENO);
	if (posix_spawn(&pid, program, &actions, NULL, argv, environ) == 0) {
		close(pipe_fds[1]);
		read_all(pipe_fds[0], out);
		waitpid(pid, &status, 0);
	} else {
		close(pipe_fds[1]);
	}
	close(pipe_fds[0]);
	posix_spawn_file_actions_destroy(&actions);
	return status == 0 && !pur_buf_failed(out) ? 0 : -1;
}

static struct json_object *
describe_program(const char *folder, const char *name)
{
	struct pur_buf out = { .data = NULL };
	struct json_object *o = NULL;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (run_describe(path, &out) == 0)
		o = json_tokener_parse(out.data);
	if (o == NULL)
		fprintf(stderr,
			"%s --describe failed: is it a program of Purser, and built whole?\n",
			path);
	pur_buf_free(&out);
	return o;
}

static int
is_program(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

struct json_object *
describe_programs(const char *folder)
{
	struct json_object *all = json_object_new_array();
	struct dirent **names;
	int n = scandir(folder, &names, is_program, alphasort);

	if (n < 0) {
		fprintf(stderr,
			"can't read the folder %s: name the one the programs are installed in\n",
			folder);
		json_object_put(all);
		return NULL;
	}
	for (int i = 0; i < n; i++) {
		struct json_object *one =
		    all != NULL ? describe_program(folder, names[i]->d_name) : NULL;

		if (one != NULL) {
			json_object_array_add(all, one);
		} else {
			json_object_put(all);
			all = NULL;
		}
		free(names[i]);
	}
	free(names);
	return all;
}

const char *
text_of(struct json_object *o, const char *member)
{
	struct json_object *value;

	return json_object_object_get_ex(o, member, &value) ? json_object_get_string(value) : "";
}
