/* doctor_disks: room where the log and the database grow. */
#include "doctor.h"
#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#define MIB (1024.0 * 1024.0)
#define LITTLE 1024.0 /* MiB: PostgreSQL's write-ahead log alone may take so much */
#define NOTHING 128.0

/* Whether there is room in a folder. shown: what it is called. Returns -1 where we can't look. */
static int
check_room(struct doctor *d, const char *check, const char *shown, const char *path)
{
	struct statvfs fs;
	double left;

	if (statvfs(path, &fs) != 0)
		return -1;
	left = (double)fs.f_bavail * (double)fs.f_frsize / MIB;
	if (left < NOTHING) {
		tell_fault(d, check, "%.0f MiB are left for %s", left, shown);
		tell_mend("make room there, or move it to a larger disk");
	} else if (left < LITTLE) {
		tell_warning(d, check, "%.0f MiB are left for %s", left, shown);
		tell_mend("make room there before it is full");
	}
	return 0;
}

void
check_log_disk(struct doctor *d)
{
	char folder[2048];

	if (!d->configured || d->conf.log_file[0] == '\0') {
		tell_skipped(d, "log disk", "no log_file is configured");
		return;
	}
	folder_of(d->conf.log_file, folder, sizeof(folder));
	if (check_room(d, "log disk", folder, folder) != 0) {
		tell_fault(d, "log disk", "%s: %s", folder, strerror(errno));
		tell_mend("make the folder of log_file");
	}
	tell_well(d, "log disk", "at least %.0f MiB are left for %s", LITTLE, folder);
}

/*
 * Where the database is only superusers may ask. But a server on this machine works in its folder,
 * so that /proc leads there whoever may look, as root and the server's own user may.
 */
void
check_database_disk(struct doctor *d)
{
	char folder[64], wal[80];

	if (d->db == NULL || PQhost(d->db)[0] != '/') {
		tell_skipped(d, "database disk", "the database is not on this machine, or away");
		return;
	}
	snprintf(folder, sizeof(folder), "/proc/%d/cwd", PQbackendPID(d->db));
	snprintf(wal, sizeof(wal), "%s/pg_wal", folder); /* often on a disk of its own */
	if (check_room(d, "database disk", "the database", folder) != 0 ||
	    check_room(d, "database disk", "the write-ahead log", wal) != 0) {
		tell_skipped(d, "database disk", "only root may look where the database is");
		return;
	}
	tell_well(d, "database disk", "at least %.0f MiB are left", LITTLE);
}
