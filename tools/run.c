/* run: starts another program and reads what it says. */
#include "command.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Becomes a user for good, with that one's groups. Returns 0, or -1. */
static int
become(uid_t user)
{
	const struct passwd *who = getpwuid(user);

	if (who == NULL || initgroups(who->pw_name, who->pw_gid) != 0 || setgid(who->pw_gid) != 0)
		return -1;
	return setuid(user);
}

/* The child's part: never returns. */
static _Noreturn void
start(const char *const *argv, int read, uid_t user, int out)
{
	unsetenv("PURSER_DB");
	if ((read & RUN_STDOUT) != 0)
		dup2(out, STDOUT_FILENO);
	if ((read & RUN_STDERR) != 0)
		dup2(out, STDERR_FILENO);
	if (user != (uid_t)-1 && user != geteuid() && become(user) != 0)
		_exit(126);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(errno == ENOENT ? RUN_MISSING : 126);
}

/* Reads all a descriptor gives, until its end. */
static void
read_all(int fd, struct pur_buf *out)
{
	char piece[8192];
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) > 0 || (n < 0 && errno == EINTR))
		pur_buf_put(out, piece, n > 0 ? (size_t)n : 0);
	pur_buf_putc(out, '\0');
}

int
run_program(const char *const *argv, int read, uid_t user, struct pur_buf *out)
{
	int fds[2], status = -1;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return -1;
	fflush(NULL); /* so that what we said stands before what it says */
	pid = fork();
	if (pid == 0)
		start(argv, read, user, fds[1]);
	close(fds[1]);
	if (out != NULL)
		read_all(fds[0], out);
	close(fds[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	if (!WIFEXITED(status) || (out != NULL && pur_buf_failed(out)))
		return -1;
	return WEXITSTATUS(status);
}
