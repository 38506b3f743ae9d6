/* doctor_programs: what is installed and runs, and whom it is in the database. */
#include "doctor.h"
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define RESERVE 10 /* connections for the operator, backups, and restarts */

/* Reads the beginning of a file of /proc. Returns its length without the NUL that is put behind. */
static size_t
read_proc(const char *pid, const char *name, char *text, size_t size)
{
	char path[64];
	size_t len = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.20s/%s", pid, name);
	file = fopen(path, "re");
	if (file != NULL) {
		len = fread(text, 1, size - 1, file);
		fclose(file);
	}
	text[len] = '\0';
	return len;
}

/* Whether a process is that program, serving: its only argument is its own name. */
static bool
serves(const char *pid, const struct program *p)
{
	char line[PATH_MAX], resolved[PATH_MAX];
	size_t len = read_proc(pid, "cmdline", line, sizeof(line));

	return len > 0 && strlen(line) + 1 == len && realpath(line, resolved) != NULL &&
	       strcmp(resolved, p->path) == 0;
}

bool
can_act_as(const struct program *p)
{
	return geteuid() == 0 || geteuid() == p->user;
}

const char *
user_name(uid_t user)
{
	const struct passwd *who = getpwuid(user);

	return who != NULL ? who->pw_name : "without a name";
}

static uid_t
user_of(const char *pid)
{
	char text[4096];
	const char *line;

	read_proc(pid, "status", text, sizeof(text));
	line = strstr(text, "\nUid:");
	if (line == NULL || (line = strpbrk(line + 6, "\t ")) == NULL)
		return geteuid();
	return (uid_t)strtoul(line, NULL, 10); /* the second number: the effective one */
}

static void
count_processes(struct doctor *d)
{
	struct json_object *pids = list_folder("/proc");

	for (size_t i = 0; pids != NULL && i < json_object_array_length(pids); i++) {
		const char *pid = name_at(pids, i);

		for (size_t k = 0; isdigit((unsigned char)*pid) && k < d->n_programs; k++) {
			struct program *p = &d->programs[k];

			if (!serves(pid, p))
				continue;
			p->user = user_of(pid);
			p->processes++;
		}
	}
	json_object_put(pids);
}

/* Takes a program up; it must be one that can be started and says what it is. */
static void
add_program(struct doctor *d, const char *name)
{
	struct program *p = &d->programs[d->n_programs];
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", d->folder, name);
	if (access(path, X_OK) != 0) {
		tell_fault(d, "programs", "%s can't be started: %s", path, strerror(errno));
		tell_mend("chmod 0755 %s", path);
		return;
	}
	p->tables = describe_program(d->folder, name);
	if (p->tables == NULL || strcmp(text_of(p->tables, "program"), name) != 0) {
		tell_fault(d, "programs", "%s --describe does not say what it is", path);
		tell_mend("install Purser again: a program is broken, or none of ours");
		json_object_put(p->tables);
		p->tables = NULL;
		return;
	}
	snprintf(p->name, sizeof(p->name), "%s", name);
	snprintf(p->role, sizeof(p->role), "purser_%.60s", name);
	if (realpath(path, p->path) == NULL)
		return;
	p->user = geteuid();
	d->n_programs++;
}

void
check_programs(struct doctor *d)
{
	struct json_object *names = list_folder(d->folder);
	size_t n = names != NULL ? json_object_array_length(names) : 0;

	for (size_t i = 0; i < n && d->n_programs < MOST_PROGRAMS; i++)
		add_program(d, name_at(names, i));
	json_object_put(names);
	if (n == 0) {
		tell_fault(d, "programs", "there are none in %s", d->folder);
		tell_mend("name the folder they are installed in: purser doctor FOLDER");
	}
	count_processes(d);
	for (size_t i = 0; i < d->n_programs; i++) {
		if (can_act_as(&d->programs[i]))
			continue;
		tell_warning(d, "programs", "%s runs as %s: what that user may can't be tried",
			     d->programs[i].name, user_name(d->programs[i].user));
		tell_mend("run this as root");
	}
	tell_well(d, "programs", "%zu in %s", d->n_programs, d->folder);
}

/* Findings about one role: what a program's role must not be, and how to make it less. */
static void
check_role(struct doctor *d, const struct program *p, const PGresult *r)
{
	static const struct {
		const char *what, *mend;
	} faults[] = {
		{ "may not log in", "ALTER ROLE %s LOGIN" },
		{ "is superuser", "ALTER ROLE %s NOSUPERUSER" },
		{ "bypasses row-level security", "ALTER ROLE %s NOBYPASSRLS" },
		{ "may make roles or databases, or replicate",
		  "ALTER ROLE %s NOCREATEROLE NOCREATEDB NOREPLICATION" },
		{ "owns tables", "REASSIGN OWNED BY %s TO purser_admin" },
	};

	for (int i = 0; i < (int)(sizeof(faults) / sizeof(faults[0])); i++) {
		const char *mark;

		if (strcmp(PQgetvalue(r, 0, i), "t") != 0)
			continue;
		tell_fault(d, "roles", "%s %s", p->role, faults[i].what);
		mark = strstr(faults[i].mend, "%s");
		tell_mend("%.*s%s%s", (int)(mark - faults[i].mend), faults[i].mend, p->role,
			  mark + 2);
	}
	if (!PQgetisnull(r, 0, 5)) {
		tell_fault(d, "roles", "%s may become %s, which is more than a program may be",
			   p->role, PQgetvalue(r, 0, 5));
		tell_mend("REVOKE %s FROM %s", PQgetvalue(r, 0, 5), p->role);
	}
}

void
check_roles(struct doctor *d)
{
	/* Of a superuser pg_has_role() is true for all, which would say the same again. */
	static const char sql[] =
	    "WITH owners AS (SELECT relowner FROM pg_class"
	    " WHERE relnamespace = to_regnamespace('purser'))"
	    "SELECT NOT r.rolcanlogin, r.rolsuper, r.rolbypassrls,"
	    " r.rolcreaterole OR r.rolcreatedb OR r.rolreplication,"
	    " r.oid IN (SELECT relowner FROM owners),"
	    " (SELECT string_agg(quote_ident(m.rolname), ', ') FROM pg_roles m"
	    " WHERE m.oid <> r.oid AND NOT r.rolsuper AND pg_has_role(r.oid, m.oid, 'MEMBER')"
	    " AND (m.rolsuper OR m.rolbypassrls OR m.oid IN (SELECT relowner FROM owners)))"
	    " FROM pg_roles r WHERE r.rolname = $1";

	if (d->db == NULL) {
		tell_skipped(d, "roles", "the database can't be reached");
		return;
	}
	for (size_t i = 0; i < d->n_programs; i++) {
		const struct program *p = &d->programs[i];
		PGresult *r = doctor_query(d, "roles", sql, p->role);

		if (r == NULL)
			return;
		if (PQntuples(r) == 1) {
			check_role(d, p, r);
		} else {
			tell_fault(d, "roles", "there is no role %s", p->role);
			tell_mend("purser migrate makes it, where the schema has this program");
		}
		PQclear(r);
	}
	tell_well(d, "roles", "each program has a small one of its own");
}

/* The first line that says something: a program's complaint, or the message of its log. */
static void
first_words(const char *said, char *words, size_t size)
{
	size_t len = strcspn(said, "\n");
	struct json_object *o = *said == '{' ? json_tokener_parse(said) : NULL;

	while (*said == '{' && said[len] == '\n' && said[len + 1] != '\0')
		said += len + 1, len = strcspn(said, "\n");
	if (*said == '{' && o != NULL)
		snprintf(words, size, "%s", text_of(o, "msg"));
	else
		snprintf(words, size, "%.*s", (int)len, said);
	json_object_put(o);
}

/* As the user it serves as, so that it logs in as it does there. */
static void
check_program(struct doctor *d, const struct program *p)
{
	const char *argv[] = { p->path, "--check", NULL };
	struct pur_buf said = { .data = NULL };
	char words[512];
	int status = run_program(argv, RUN_STDOUT | RUN_STDERR, p->user, &said);

	first_words(said.data != NULL ? said.data : "", words, sizeof(words));
	pur_buf_free(&said);
	if (status == EX_OK)
		return;
	tell_fault(d, "statements", "%s", *words != '\0' ? words : p->path);
	if (status == EX_UNAVAILABLE && d->conf.passfile_dir[0] != '\0')
		tell_mend("see that the password of %s stands in %s/%s.pgpass, which its user owns",
			  p->role, d->conf.passfile_dir, p->role);
	else if (status == EX_UNAVAILABLE)
		tell_mend("let pg_hba.conf and pg_ident.conf take its user as %s, by peer",
			  p->role);
	else
		tell_mend("%s --check says more; is the schema the installed one? purser migrate",
			  p->path);
}

void
check_statements(struct doctor *d)
{
	int untried = 0;

	if (!d->configured || d->db == NULL) {
		tell_skipped(d, "statements", "without configuration and database none prepares");
		return;
	}
	for (size_t i = 0; i < d->n_programs; i++) {
		if (can_act_as(&d->programs[i]))
			check_program(d, &d->programs[i]);
		else
			untried++;
	}
	if (untried > 0)
		tell_skipped(d, "statements", "of %d programs: only root may try", untried);
	else
		tell_well(d, "statements", "programs log in, and the database takes what they say");
}

void
check_connections(struct doctor *d)
{
	PGresult *r;
	int most, wanted = 0;

	if (d->db == NULL) {
		tell_skipped(d, "connections", "the database can't be reached");
		return;
	}
	r = doctor_query(d, "connections",
			 "SELECT current_setting('max_connections')::int"
			 " - current_setting('superuser_reserved_connections')::int",
			 NULL);
	if (r == NULL)
		return;
	most = (int)strtol(PQgetvalue(r, 0, 0), NULL, 10);
	PQclear(r);
	for (size_t i = 0; i < d->n_programs; i++)
		wanted += d->programs[i].processes > 0 ? d->programs[i].processes : 1;
	if (wanted > most) {
		tell_fault(d, "connections", "%d processes want one each, the server gives %d",
			   wanted, most);
		tell_mend("raise max_connections by %d or more, or run fewer processes",
			  wanted + RESERVE - most);
	} else if (wanted + RESERVE > most) {
		tell_warning(d, "connections", "%d processes want one each of %d: %d are left",
			     wanted, most, most - wanted);
		tell_mend("raise max_connections by %d or more: restarts and backups need some",
			  wanted + RESERVE - most);
	}
	tell_well(d, "connections", "%d processes want one each, the server gives %d", wanted,
		  most);
}
