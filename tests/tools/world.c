/*
 * world: preloaded into a program, it makes a clock that is wrong and a disk that is full, which a
 * test can't have otherwise. TEST_CLOCK: seconds to add; TEST_DISK: bytes that are left.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int
clock_gettime(clockid_t clock, struct timespec *t)
{
	const char *added = getenv("TEST_CLOCK");
	long r = syscall(SYS_clock_gettime, clock, t);

	if (r == 0 && clock == CLOCK_REALTIME && added != NULL)
		t->tv_sec += strtol(added, NULL, 10);
	return (int)r;
}

int
statvfs(const char *path, struct statvfs *fs)
{
	const char *left = getenv("TEST_DISK");
	int (*real)(const char *, struct statvfs *);
	int r;

	*(void **)&real = dlsym(RTLD_NEXT, "statvfs");
	r = real(path, fs);
	if (r == 0 && left != NULL)
		fs->f_bavail = strtoul(left, NULL, 10) / fs->f_frsize;
	return r;
}
