/* doctor: `purser doctor` checks a deployment, and says how to mend what is wrong. */
#include "doctor.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { ALL_WELL = 0, WARNINGS = 1, FAULTS = 2 }; /* exit status */

static void (*const checks[])(struct doctor *d) = {
	check_configuration, check_secrets,      check_passwords,  check_database,
	check_durability,    check_clock,        check_time_zones, check_migrations,
	check_walls,         check_programs,     check_roles,      check_statements,
	check_connections,   check_log,          check_nginx,      check_dispatch,
	check_sockets,       check_certificates, check_log_disk,   check_database_disk,
};

static void print_line(const char *kind, const char *check, const char *format, va_list ap)
    __attribute__((format(printf, 3, 0)));

static void
print_line(const char *kind, const char *check, const char *format, va_list ap)
{
	printf("%-8s %-14s ", kind, check);
	vprintf(format, ap);
	printf("\n");
}

void
tell_warning(struct doctor *d, const char *check, const char *format, ...)
{
	va_list ap;

	d->warnings++;
	d->open++;
	va_start(ap, format);
	print_line("warning", check, format, ap);
	va_end(ap);
}

void
tell_fault(struct doctor *d, const char *check, const char *format, ...)
{
	va_list ap;

	d->faults++;
	d->open++;
	va_start(ap, format);
	print_line("fault", check, format, ap);
	va_end(ap);
}

void
tell_mend(const char *format, ...)
{
	va_list ap;

	printf("    mend: ");
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	printf("\n");
}

void
tell_well(struct doctor *d, const char *check, const char *format, ...)
{
	va_list ap;

	if (d->open == 0 && !d->quiet) {
		va_start(ap, format);
		print_line("ok", check, format, ap);
		va_end(ap);
	}
	d->open = 0;
}

void
tell_skipped(struct doctor *d, const char *check, const char *format, ...)
{
	va_list ap;

	if (d->quiet)
		return;
	va_start(ap, format);
	print_line("skipped", check, format, ap);
	va_end(ap);
}

PGresult *
doctor_query(struct doctor *d, const char *check, const char *sql, const char *arg)
{
	PGresult *r = PQexecParams(d->db, sql, arg != NULL, NULL, &arg, NULL, NULL, 0);
	char why[512];

	if (PQresultStatus(r) == PGRES_TUPLES_OK)
		return r;
	snprintf(why, sizeof(why), "%s", PQresultErrorMessage(r));
	PQclear(r);
	tell_fault(d, check, "the database refused to say: %.*s", (int)strcspn(why, "\n"), why);
	tell_mend("let PURSER_DB log in as purser_admin, who may see all this");
	return NULL;
}

void
folder_of(const char *file, char *folder, size_t size)
{
	const char *slash = strrchr(file, '/');
	size_t len = slash != NULL ? (size_t)(slash - file) : 0;

	snprintf(folder, size, "%.*s", (int)len, file);
	if (len == 0)
		snprintf(folder, size, "%s", slash != NULL ? "/" : ".");
}

/* nginx lives in a folder that only root has in his PATH. */
static void
widen_path(void)
{
	const char *path = getenv("PATH");
	char wider[4096];

	snprintf(wider, sizeof(wider), "%s:/usr/sbin:/sbin",
		 path != NULL && *path != '\0' ? path : "/usr/bin:/bin");
	setenv("PATH", wider, 1);
}

static void
release(struct doctor *d)
{
	for (size_t i = 0; i < d->n_programs; i++)
		json_object_put(d->programs[i].tables);
	pur_buf_free(&d->nginx_text);
	PQfinish(d->db);
}

int
doctor_command(int argc, char **argv)
{
	static struct doctor d = { .folder = PROGRAMS_FOLDER,
				   .nginx = PUR_SYSCONFDIR "/purser/nginx/purser.conf" };
	const char *named = NULL;
	const struct option_value options[] = { { .name = "quiet", .flag = &d.quiet },
						{ .name = "nginx", .value = &d.nginx },
						{ NULL } };

	if (read_options(argc, argv, options, &named) != 0)
		return EX_USAGE;
	if (named != NULL)
		d.folder = named;
	widen_path();
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		d.open = 0;
		checks[i](&d);
	}
	if (!d.quiet)
		printf("faults: %d, warnings: %d\n", d.faults, d.warnings);
	release(&d);
	if (fflush(stdout) != 0)
		return EX_IOERR;
	return d.faults > 0 ? FAULTS : d.warnings > 0 ? WARNINGS : ALL_WELL;
}
