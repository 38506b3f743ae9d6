/*
 * doctor: what the checks of `purser doctor` share: the deployment as it was found, and the words
 * for findings. Each check is one function check_<name>(); it says one line when all is well, and
 * otherwise a line for each finding, with what to do about it.
 */
#ifndef PURSER_DOCTOR_H
#define PURSER_DOCTOR_H

#include "buf.h"
#include "command.h"
#include "conf.h"
#include <libpq-fe.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#define MOST_PROGRAMS 128

/* A program that is installed. */
struct program {
	char name[64];
	char path[PATH_MAX];
	char role[80];              /* in the database */
	struct json_object *tables; /* what it says of itself; NULL: nothing of use */
	int processes;              /* that serve on this machine */
	uid_t user;                 /* whom they run as; ours where none runs */
};

struct doctor {
	const char *folder; /* of the programs */
	const char *nginx;  /* its configuration */
	int quiet;

	const char *conf_file;
	struct pur_conf conf;
	bool configured; /* conf is valid */
	PGconn *db;      /* as the administrator; NULL: out of reach */
	struct program programs[MOST_PROGRAMS];
	size_t n_programs;
	struct pur_buf nginx_text; /* nginx's configuration as `nginx -T` has it; empty: none */

	int warnings, faults;
	int open; /* findings of the check that is running */
};

/* What runs into trouble sooner or later, and what is wrong now. Both want a tell_mend() after. */
void tell_warning(struct doctor *d, const char *check, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void tell_fault(struct doctor *d, const char *check, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void tell_mend(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* That all is well: says nothing where the check has told a finding. Ends the check. */
void tell_well(struct doctor *d, const char *check, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What can't be checked, because of an earlier finding or from here. */
void tell_skipped(struct doctor *d, const char *check, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One statement as the administrator; NULL after a finding. PQclear the result. */
PGresult *doctor_query(struct doctor *d, const char *check, const char *sql, const char *arg);

/* Whether we can try things as the user a program runs as. */
bool can_act_as(const struct program *p);

/* A user's name; borrowed until the next call. */
const char *user_name(uid_t user);

/* The folder that a file is in. */
void folder_of(const char *file, char *folder, size_t size);

/* doctor_conf.c */
void check_configuration(struct doctor *d);
void check_secrets(struct doctor *d);
void check_log(struct doctor *d);
void check_passwords(struct doctor *d);
/* doctor_database.c */
void check_database(struct doctor *d);
void check_durability(struct doctor *d);
void check_clock(struct doctor *d);
void check_time_zones(struct doctor *d);
void check_migrations(struct doctor *d);
void check_walls(struct doctor *d);
/* doctor_programs.c */
void check_programs(struct doctor *d);
void check_roles(struct doctor *d);
void check_statements(struct doctor *d);
void check_connections(struct doctor *d);
/* doctor_nginx.c */
void check_nginx(struct doctor *d);
void check_dispatch(struct doctor *d);
void check_certificates(struct doctor *d);
/* doctor_sockets.c */
void check_sockets(struct doctor *d);
/* doctor_disks.c */
void check_log_disk(struct doctor *d);
void check_database_disk(struct doctor *d);

#endif
