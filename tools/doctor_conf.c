/* doctor_conf: what stands in purser.conf, and the files it names. */
#include "doctor.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
check_configuration(struct doctor *d)
{
	const char *named = getenv("PURSER_CONF");
	char message[512];

	d->conf_file =
	    named != NULL && *named != '\0' ? named : PUR_SYSCONFDIR "/purser/purser.conf";
	d->configured = pur_conf_load(&d->conf, message, sizeof(message)) == 0;
	if (!d->configured) {
		tell_fault(d, "configuration", "%s", message);
		tell_mend("edit %s; purser conf lists its keys", d->conf_file);
	}
	tell_well(d, "configuration", "%s", d->conf_file);
}

static bool
holds_password(const char *conninfo)
{
	PQconninfoOption *all = PQconninfoParse(conninfo, NULL);
	bool found = false;

	for (const PQconninfoOption *o = all; o != NULL && o->keyword != NULL; o++)
		found = found || (o->val != NULL && strcmp(o->keyword, "password") == 0);
	PQconninfoFree(all);
	return found;
}

/* Tells of a file of secrets that more can read than may; forbidden: bits of its mode. */
static void
check_private(struct doctor *d, const char *path, mode_t forbidden, const char *why)
{
	struct stat st;

	if (stat(path, &st) != 0 || (st.st_mode & forbidden) == 0)
		return;
	tell_fault(d, "secrets", "%s: mode %04o, %s", path, (unsigned)st.st_mode & 07777, why);
	tell_mend("chmod %04o %s", (unsigned)(st.st_mode & 0777 & ~forbidden), path);
}

static void
check_passfiles(struct doctor *d)
{
	const char *folder = d->conf.passfile_dir;
	struct json_object *names;
	char path[2048];

	if (folder[0] == '\0')
		return;
	names = list_folder(folder);
	if (names == NULL) {
		tell_fault(d, "secrets", "can't read passfile_dir %s: %s", folder, strerror(errno));
		tell_mend("set passfile_dir in %s to the folder of <role>.pgpass files",
			  d->conf_file);
		return;
	}
	for (size_t i = 0; i < json_object_array_length(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, name_at(names, i));
		check_private(d, path, S_IRWXG | S_IRWXO,
			      "and libpq takes no passfile that others can read");
	}
	json_object_put(names);
}

void
check_secrets(struct doctor *d)
{
	if (!d->configured) {
		tell_skipped(d, "secrets", "which there are stands in the configuration");
		return;
	}
	if (holds_password(d->conf.database)) {
		tell_warning(d, "secrets", "database in %s holds a password", d->conf_file);
		tell_mend("give each role a file in passfile_dir, or use peer authentication");
		check_private(d, d->conf_file, S_IRWXO, "and it holds a password");
	}
	check_passfiles(d);
	tell_well(d, "secrets", "read by nobody who should not");
}

/* Whether a user may write there, by test(1) as that user. */
static bool
may_write(uid_t user, const char *path)
{
	const char *argv[] = { "test", "-w", path, NULL };

	return run_program(argv, 0, user, NULL) == 0;
}

/* For each user that programs run as; a log that isn't there yet is made in its folder. */
void
check_log(struct doctor *d)
{
	const char *file = d->conf.log_file, *target = file;
	char folder[2048];
	int untried = 0;

	if (!d->configured || file[0] == '\0') {
		tell_skipped(d, "log", d->configured ? "goes to standard error" : "not configured");
		return;
	}
	folder_of(file, folder, sizeof(folder));
	if (access(file, F_OK) != 0)
		target = folder;
	for (size_t i = 0; i < d->n_programs; i++) {
		const struct program *p = &d->programs[i];

		untried += !can_act_as(p);
		if (!can_act_as(p) || may_write(p->user, target))
			continue;
		tell_fault(d, "log", "%s can't write to %s, as the user %s", p->name, target,
			   user_name(p->user));
		tell_mend("let a group of all programs' users write there: chgrp, chmod g+w %s",
			  target);
	}
	if (untried > 0)
		tell_skipped(d, "log", "for %d programs: only root may try", untried);
	else
		tell_well(d, "log", "%s", file);
}

static void
check_list(struct doctor *d, const char *file)
{
	if (access(file, R_OK) == 0)
		return;
	tell_fault(d, "passwords", "can't read the list of common passwords %s: %s", file,
		   strerror(errno));
	tell_mend(
	    "apt-get install john-data cracklib-runtime, or name other lists as password_lists"
	    " in %s",
	    d->conf_file);
}

/* What new passwords are held against, and what second factors are sealed with. */
void
check_passwords(struct doctor *d)
{
	const char *secret = d->conf.secret_file;
	char file[PATH_MAX];

	if (!d->configured) {
		tell_skipped(d, "passwords",
			     "what they are held against stands in the configuration");
		return;
	}
	for (const char *p = d->conf.password_lists; *(p += strspn(p, " ")) != '\0';
	     p += strcspn(p, " ")) {
		snprintf(file, sizeof(file), "%.*s", (int)strcspn(p, " "), p);
		check_list(d, file);
	}
	if (d->conf.password_lists[strspn(d->conf.password_lists, " ")] == '\0') {
		tell_warning(d, "passwords", "new ones are held against no list of common ones");
		tell_mend("name one as password_lists in %s", d->conf_file);
	}
	if (secret[0] == '\0') {
		tell_warning(d, "passwords", "no secret_file: anybody could open what it seals");
		tell_mend("head -c 32 /dev/urandom >FILE, and name it as secret_file in %s",
			  d->conf_file);
	}
	tell_well(d, "passwords", "new ones are held against %s", d->conf.password_lists);
}
