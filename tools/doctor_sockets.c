/* doctor_sockets: where nginx looks for the programs, and whether they answer there. */
#include "doctor.h"
#include <errno.h>
#include <fastcgi.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE 5 /* seconds for an answer */

/* The socket of the upstream block of a program's pool. Returns false where there is none. */
static bool
find_socket(const char *nginx, const struct program *p, const char *pool, char *path, size_t size)
{
	static const char server[] = "server unix:";
	char block[128];
	const char *at, *end;

	snprintf(block, sizeof(block), "upstream purser_%s%s {", p->name, pool);
	at = strstr(nginx, block);
	end = at != NULL ? strchr(at, '}') : NULL;
	at = at != NULL ? strstr(at, server) : NULL;
	if (at == NULL || end == NULL || at > end)
		return false;
	at += strlen(server);
	snprintf(path, size, "%.*s", (int)strcspn(at, "; "), at);
	return true;
}

static int
open_socket(const char *path)
{
	const struct timeval patience = { .tv_sec = PATIENCE };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	memcpy(address.sun_path, path, strlen(path) + 1);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* One record of FastCGI; lengths here are below 256. */
static void
put_record(struct pur_buf *b, int type, const void *content, size_t len)
{
	const FCGI_Header header = { .version = FCGI_VERSION_1,
				     .type = (unsigned char)type,
				     .requestIdB0 = 1,
				     .contentLengthB0 = (unsigned char)len };

	pur_buf_put(b, &header, sizeof(header));
	pur_buf_put(b, content, len);
}

static void
put_param(struct pur_buf *b, const char *name, const char *value)
{
	char pair[256];
	int len = snprintf(pair, sizeof(pair), "%c%c%s%.100s", (char)strlen(name),
			   (char)strnlen(value, 100), name, value);

	put_record(b, FCGI_PARAMS, pair, (size_t)len);
}

/* Its first route that is read; every program has one. */
static void
put_request(struct pur_buf *b, const struct program *p)
{
	const FCGI_BeginRequestBody begin = { .roleB0 = FCGI_RESPONDER };
	struct json_object *routes = json_object_object_get(p->tables, "routes"), *route = NULL;
	char path[101];

	for (size_t i = 0; i < json_object_array_length(routes); i++) {
		route = json_object_array_get_idx(routes, i);
		if (strcmp(text_of(route, "method"), "GET") == 0)
			break;
	}
	snprintf(path, sizeof(path), "%s%s",
		 strcmp(text_of(route, "root"), "true") == 0 ? "" : "/api/v1",
		 text_of(route, "path"));
	put_record(b, FCGI_BEGIN_REQUEST, &begin, sizeof(begin));
	put_param(b, "REQUEST_METHOD", text_of(route, "method"));
	put_param(b, "REQUEST_URI", path);
	put_param(b, "QUERY_STRING", "");
	put_param(b, "SERVER_PROTOCOL", "HTTP/1.1");
	put_param(b, "REMOTE_ADDR", "127.0.0.1");
	put_param(b, "REQUEST_ID", "purser-doctor");
	put_record(b, FCGI_PARAMS, "", 0);
	put_record(b, FCGI_STDIN, "", 0);
}

/* Whether this very program answers: another one has no such route. NULL, or what is wrong. */
static const char *
ask(int fd, const struct program *p)
{
	struct pur_buf request = { .data = NULL }, answer = { .data = NULL };
	char piece[4096];
	const char *wrong = "answers nothing";
	ssize_t n;

	put_request(&request, p);
	if (!pur_buf_failed(&request) &&
	    send(fd, request.data, request.len, MSG_NOSIGNAL) == (ssize_t)request.len) {
		/* Without FCGI_KEEP_CONN the program closes behind its answer. */
		while ((n = recv(fd, piece, sizeof(piece), 0)) > 0)
			pur_buf_put(&answer, piece, (size_t)n);
		if (answer.len > 0)
			wrong = "is answered by another program";
		if (answer.len > 0 &&
		    memmem(answer.data, answer.len, "X-Purser-Route: ", 16) != NULL)
			wrong = NULL;
	}
	pur_buf_free(&request);
	pur_buf_free(&answer);
	return wrong;
}

static void
check_socket(struct doctor *d, const struct program *p, const char *path)
{
	struct stat st;
	const char *wrong;
	bool denied;
	int fd;

	if (stat(path, &st) != 0 || !S_ISSOCK(st.st_mode)) {
		tell_fault(d, "sockets", "%s: there is no socket %s", p->name, path);
		tell_mend("start %s with a socket there", p->path);
		return;
	}
	if ((st.st_mode & 0777) != 0660) {
		tell_fault(d, "sockets", "%s: mode %04o, where 0660 lets in nginx alone", path,
			   (unsigned)st.st_mode & 0777);
		tell_mend("chmod 0660 %s, and let what makes it give it this mode", path);
	}
	fd = open_socket(path);
	denied = fd < 0 && errno == EACCES;
	wrong = fd < 0 ? strerror(errno) : ask(fd, p);
	if (fd >= 0)
		close(fd);
	if (wrong == NULL)
		return;
	tell_fault(d, "sockets", "%s: %s", path, wrong);
	if (denied)
		tell_mend("run this as root, or as nginx's user");
	else
		tell_mend("restart %s; its last words are in %s", p->name,
			  d->configured && d->conf.log_file[0] != '\0' ? d->conf.log_file
								       : "its standard error");
}

void
check_sockets(struct doctor *d)
{
	static const char *const pools[] = { "", "-slow" };
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)]; /* nginx takes no longer one */

	if (d->nginx_text.len == 0) {
		tell_skipped(d, "sockets", "where they are stands in nginx's configuration");
		return;
	}
	for (size_t i = 0; i < d->n_programs; i++) {
		const struct program *p = &d->programs[i];

		for (size_t k = 0; k < sizeof(pools) / sizeof(pools[0]); k++) {
			if (find_socket(d->nginx_text.data, p, pools[k], path, sizeof(path)))
				check_socket(d, p, path);
		}
	}
	tell_well(d, "sockets", "%zu programs answer", d->n_programs);
}
