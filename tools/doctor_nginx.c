/* doctor_nginx: the configuration that nginx reads, its dispatch and its certificates. */
#include "doctor.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_MARK "# configuration file "
#define DISPATCH_MARK "map $uri $purser_program {"
#define RENEW_BEFORE (14 * 24 * 3600) /* seconds */

/* The line in which nginx says what is wrong, rather than that something is. */
static void
tell_refusal(struct doctor *d, const char *said)
{
	const char *line = strstr(said, "[emerg]");

	if (line == NULL)
		line = said;
	else
		line += strcspn(line, " "), line += strspn(line, " 0123456789#:");
	tell_fault(d, "nginx", "%.*s", (int)strcspn(line, "\n"), line);
	if (strstr(line, "_module.so\" failed") != NULL)
		tell_mend("apt-get install libnginx-mod-http-lua, which load_module asks for");
	else
		tell_mend("edit %s or what it includes; nginx -t -c tells the same", d->nginx);
}

/* Where nginx doesn't run, asking it leaves an empty file for the id of its process. */
static void
remove_empty_pid(const char *text)
{
	const char *line = strstr(text, "\npid ");
	char path[1024];
	struct stat st;

	if (line != NULL && sscanf(line, " pid %1023[^ ;]", path) == 1 && stat(path, &st) == 0 &&
	    S_ISREG(st.st_mode) && st.st_size == 0)
		unlink(path);
}

/* Lua is read when nginx starts, and no sooner: nginx -t doesn't notice that a file is missing. */
static void
check_lua(struct doctor *d)
{
	static const char *const names[] = { "rates", "errors" };
	const char *line = strstr(d->nginx_text.data, "lua_package_path \"");
	char folder[1024] = "", path[1088];

	if (strstr(d->nginx_text.data, "\nlua_shared_dict purser_rates ") == NULL) {
		tell_fault(d, "nginx", "%s includes no rates.conf: nobody is limited", d->nginx);
		tell_mend("include it, in its block http");
	}
	if (line != NULL)
		sscanf(line, "lua_package_path \"%1023[^?;\"]", folder);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s%s.lua", folder, names[i]);
		if (access(path, R_OK) == 0)
			continue;
		tell_fault(d, "nginx", "can't read %s: %s", path, strerror(errno));
		tell_mend("put it there, or name its folder in lua_package_path; nginx -s reload");
	}
}

void
check_nginx(struct doctor *d)
{
	static char path[PATH_MAX]; /* nginx takes a relative one from elsewhere */
	const char *argv[] = { "nginx", "-T", "-e", "stderr", "-c", path, NULL };
	int status;

	if (realpath(d->nginx, path) == NULL) {
		tell_fault(d, "nginx", "can't read %s: %s", d->nginx, strerror(errno));
		tell_mend("name nginx's configuration: purser doctor --nginx FILE");
		return;
	}
	status = run_program(argv, RUN_STDOUT | RUN_STDERR, (uid_t)-1, &d->nginx_text);
	if (status == RUN_MISSING) {
		tell_fault(d, "nginx", "it is not installed");
		tell_mend("apt-get install nginx libnginx-mod-http-lua");
	} else if (status != 0) {
		tell_refusal(d, pur_buf_failed(&d->nginx_text) ? "" : d->nginx_text.data);
	} else if (strstr(d->nginx_text.data, DISPATCH_MARK) == NULL) {
		tell_fault(d, "nginx", "%s includes no dispatch.conf", d->nginx);
		tell_mend("include what purser dispatch writes, in its block http");
	}
	if (status == 0)
		remove_empty_pid(d->nginx_text.data);
	if (d->open > 0)
		pur_buf_free(&d->nginx_text);
	else
		check_lua(d);
	tell_well(d, "nginx", "%s", d->nginx);
}

/* nginx -T puts every file behind a line with its name. Borrows; *len: of the content. */
static const char *
dispatch_file(const char *text, char *name, size_t size, size_t *len)
{
	const char *mark = strstr(text, DISPATCH_MARK), *file = NULL, *end;

	for (const char *p = text; (p = strstr(p, FILE_MARK)) != NULL && p < mark; p++)
		file = p + strlen(FILE_MARK);
	if (file == NULL)
		return NULL;
	snprintf(name, size, "%.*s", (int)strcspn(file, ":\n"), file);
	file = strchr(file, '\n') + 1;
	end = strstr(mark, "\n" FILE_MARK);
	*len = end != NULL ? (size_t)(end - file) : strlen(file);
	return file;
}

/* Length of a line without its end; a socket may live in any folder, so that is left out. */
static size_t
read_line(const char **text, const char *end, char *line, size_t size)
{
	static const char socket[] = "server unix:";
	size_t len = 0;
	const char *p = *text, *folder;

	while (p + len < end && p[len] != '\n')
		len++;
	*text = p + len + (p + len < end);
	snprintf(line, size, "%.*s", (int)len, p);
	folder = strstr(line, socket);
	if (folder != NULL && strrchr(line, '/') != NULL)
		memmove(line + (folder - line) + strlen(socket), strrchr(line, '/') + 1,
			strlen(strrchr(line, '/')));
	return len;
}

/* The first line that differs, counted from 1; 0 where none does. Blank lines at the end don't. */
static int
first_difference(const char *a, size_t a_len, const char *b, size_t b_len)
{
	const char *a_end = a + a_len, *b_end = b + b_len;
	char x[1024], y[1024];

	while (a_end > a && a_end[-1] == '\n')
		a_end--;
	while (b_end > b && b_end[-1] == '\n')
		b_end--;
	for (int n = 1; a < a_end || b < b_end; n++) {
		read_line(&a, a_end, x, sizeof(x));
		read_line(&b, b_end, y, sizeof(y));
		if (strcmp(x, y) != 0)
			return n;
	}
	return 0;
}

static char *
right_dispatch(struct doctor *d, size_t *len)
{
	struct json_object *all = json_object_new_array();
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	for (size_t i = 0; i < d->n_programs; i++)
		json_object_array_add(all, json_object_get(d->programs[i].tables));
	if (out != NULL) {
		write_dispatch(out, all);
		fclose(out);
	}
	json_object_put(all);
	return text;
}

void
check_dispatch(struct doctor *d)
{
	char name[1024], *right;
	const char *file;
	size_t len, right_len;
	int line;

	if (d->nginx_text.len == 0) {
		tell_skipped(d, "dispatch", "it is part of nginx's configuration");
		return;
	}
	file = dispatch_file(d->nginx_text.data, name, sizeof(name), &len);
	right = right_dispatch(d, &right_len);
	line = file != NULL && right != NULL ? first_difference(file, len, right, right_len) : 1;
	if (line > 0) {
		tell_fault(d, "dispatch", "%s is not that of the programs installed: see line %d",
			   name, line);
		tell_mend("purser dispatch > %s; nginx -s reload", name);
	}
	free(right);
	tell_well(d, "dispatch", "%s", name);
}

/* Seconds until a certificate ends; *known false where openssl can't say. */
static double
seconds_left(const char *path, bool *known)
{
	const char *argv[] = { "openssl", "x509", "-noout", "-enddate", "-in", path, NULL };
	struct pur_buf said = { .data = NULL };
	struct tm end = { 0 };
	int status = run_program(argv, RUN_STDOUT, (uid_t)-1, &said);

	*known = status == 0 && strptime(said.data, "notAfter=%b %d %H:%M:%S %Y GMT", &end) != NULL;
	pur_buf_free(&said);
	return *known ? difftime(timegm(&end), time(NULL)) : 0;
}

static void
check_certificate(struct doctor *d, const char *path)
{
	bool known;
	double left = seconds_left(path, &known);

	if (!known) {
		tell_warning(d, "certificates", "openssl can't read %s", path);
		tell_mend("apt-get install openssl, and run this as root");
	} else if (left <= 0) {
		tell_fault(d, "certificates", "%s has expired", path);
		tell_mend("renew it, then nginx -s reload");
	} else if (left < RENEW_BEFORE) {
		tell_warning(d, "certificates", "%s expires in %.0f days", path, left / 86400);
		tell_mend("renew it, then nginx -s reload");
	}
}

static void
check_key(struct doctor *d, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0 || (st.st_mode & S_IRWXO) == 0)
		return;
	tell_fault(d, "certificates", "%s: everybody may read the key", path);
	tell_mend("chmod o= %s; make a new key, for this one may be known", path);
}

void
check_certificates(struct doctor *d)
{
	char *text = d->nginx_text.data, *line, word[64], path[1024];
	int n = 0;

	if (d->nginx_text.len == 0) {
		tell_skipped(d, "certificates", "they stand in nginx's configuration");
		return;
	}
	/* The last check that reads the text may cut it into lines. */
	while ((line = strsep(&text, "\n")) != NULL) {
		if (sscanf(line, " %63[a-z_] %1023[^ ;]", word, path) != 2)
			continue;
		if (strcmp(word, "ssl_certificate") == 0)
			n++, check_certificate(d, path);
		else if (strcmp(word, "ssl_certificate_key") == 0)
			check_key(d, path);
	}
	tell_well(d, "certificates", "%d, none about to expire", n);
}
