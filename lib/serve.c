/* serve: FastCGI over libfcgi, many kept connections, one request at a time. */
#include "serve.h"
#include "intake.h"
#include "log.h"
#include "request.h"
#include "timefmt.h"
#include <errno.h>
#include <fastcgi.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS 256     /* kept at a time; nginx keeps up to 16 a worker */
#define TICK 1000           /* milliseconds between looks at idle things */
#define DRAIN (5 * 1000000) /* microseconds for kept connections after SIGTERM */
#define PATIENCE 10         /* seconds for a peer to go on in the middle of a request */
#define GLANCE 1            /* milliseconds between looks at a request that is not all there */
#define SIGHT 65536         /* bytes of a request that are looked at before it is taken */

struct connection {
	FCGX_Request fcgi;
	bool open;
	unsigned long used; /* when it last had something to say, in requests of this process */
	int64_t begun;      /* when it had said the beginning of a request alone; 0: it has not */
};

/*
 * Requests that were there at the same time: what they ask the database goes out together, and one
 * wait is for all of them.
 */
struct round {
	struct pur_req requests[PUR_DB_FLIGHT];
	struct connection *from[PUR_DB_FLIGHT];
	int n;
	struct pur_buf head;
};

/* What a connection holds that poll() calls readable. */
enum sight { CLOSED, BEGUN, WHOLE };

static volatile sig_atomic_t stop_asked, reopen_asked;
static unsigned long served; /* requests */
static int places;           /* of connections that are in use, or were of late */

static void
on_signal(int sig)
{
	if (sig == SIGHUP)
		reopen_asked = 1;
	else
		stop_asked = 1;
}

/*
 * Signals are blocked but while waiting, so that none arrives between a look at its flag and the
 * wait, and none interrupts a request. libfcgi leaves signals alone that have a handler already.
 */
static void
catch_signals(sigset_t *while_waiting)
{
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t block;

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGINT);
	sigaddset(&block, SIGHUP);
	sigaddset(&block, SIGUSR1);
	sigprocmask(SIG_BLOCK, &block, while_waiting);
}

/* A parameter, NULL where it is empty too: CGI does not tell the two apart. */
static const char *
param(const FCGX_Request *f, const char *name)
{
	const char *value = FCGX_GetParam(name, f->envp);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

/*
 * Reads the body, and on to the end of the stream, whatever is beyond the limit: a record left over
 * would be taken for the beginning of the connection's next request.
 */
static void
read_body(struct pur_req *rq, FCGX_Request *f)
{
	const char *length = param(f, "CONTENT_LENGTH");
	long long want = length != NULL ? strtoll(length, NULL, 10) : 0;
	char *body = NULL, dropped[4096];
	int n;

	if (want > 0 && want <= PUR_BODY_MOST)
		body = pur_alloc(rq->arena, (size_t)want + 1);
	if (body != NULL) {
		n = FCGX_GetStr(body, (int)want, f->in);
		rq->in.body = body;
		rq->in.body_len = n > 0 ? (size_t)n : 0;
	} else {
		rq->in.too_large = want != 0;
	}
	while (FCGX_GetStr(dropped, sizeof(dropped), f->in) > 0)
		;
}

/* The path of the request line, without its query. */
static const char *
read_path(struct pur_arena *a, const FCGX_Request *f)
{
	const char *uri = param(f, "REQUEST_URI");
	char *path;

	if (uri == NULL)
		return "/";
	path = pur_strndup(a, uri, strcspn(uri, "?"));
	return path != NULL ? path : "/";
}

static void
read_request(struct pur_req *rq, FCGX_Request *f)
{
	const char *id = param(f, "REQUEST_ID"), *method = param(f, "REQUEST_METHOD");

	rq->in = (struct pur_incoming){ .method = method != NULL ? method : "",
					.path = read_path(rq->arena, f),
					.query = param(f, "QUERY_STRING"),
					.content_type = param(f, "CONTENT_TYPE"),
					.content_encoding = param(f, "HTTP_CONTENT_ENCODING"),
					.accept = param(f, "HTTP_ACCEPT"),
					.authorization = param(f, "HTTP_AUTHORIZATION"),
					.cookie = param(f, "HTTP_COOKIE"),
					.if_match = param(f, "HTTP_IF_MATCH"),
					.if_none_match = param(f, "HTTP_IF_NONE_MATCH"),
					.idempotency_key = param(f, "HTTP_IDEMPOTENCY_KEY"),
					.origin = param(f, "HTTP_ORIGIN"),
					.sec_fetch_site = param(f, "HTTP_SEC_FETCH_SITE"),
					.user_agent = param(f, "HTTP_USER_AGENT"),
					.request_id = id != NULL ? id : "-",
					.address = param(f, "REMOTE_ADDR") };
	read_body(rq, f);
}

static void
send_file(FILE *file, FCGX_Request *f)
{
	char block[1 << 16];
	size_t n;

	while ((n = fread(block, 1, sizeof(block), file)) > 0 &&
	       FCGX_PutStr(block, (int)n, f->out) == (int)n)
		;
}

/* Sends the answer whole; HEAD's without its body. */
static void
send_reply(struct pur_req *rq, FCGX_Request *f, struct pur_buf *head)
{
	pur_buf_reset(head);
	pur_reply_head(&rq->reply, rq->in.request_id, head);
	FCGX_PutStr(head->data, (int)head->len, f->out);
	if (strcmp(rq->in.method, "HEAD") == 0)
		return;
	if (rq->reply.file != NULL)
		send_file(rq->reply.file, f);
	else if (rq->reply.body.len > 0)
		FCGX_PutStr(rq->reply.body.data, (int)rq->reply.body.len, f->out);
}

/* True when the peer has closed a connection that poll() calls readable. */
static bool
has_closed(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static bool
peer_gone(const struct pur_req *rq)
{
	return has_closed(rq->peer);
}

/* Answers what has been taken, in the order it came. */
static void
answer_round(struct round *round)
{
	struct pur_db_outcome outcomes[PUR_DB_FLIGHT];
	int landed = 0;

	if (round->n > 0)
		pur_db_await(round->requests[0].db, outcomes);
	for (int i = 0; i < round->n; i++) {
		struct pur_req *rq = &round->requests[i];
		struct connection *c = round->from[i];

		if (rq->flying)
			rq->outcome = outcomes[landed++];
		pur_request_finish(rq);
		send_reply(rq, &c->fcgi, &round->head);
		FCGX_Finish_r(&c->fcgi);
		c->open = c->fcgi.ipcFd >= 0;
	}
	for (int i = 0; i < round->n; i++) {
		pur_request_after(&round->requests[i]);
		pur_arena_reset(round->requests[i].arena);
	}
	round->n = 0;
}

/*
 * Takes the next request of a connection that has something to say. Where it wants the database for
 * itself those before it are answered first, and then it is, before anything else is taken.
 */
static void
take(struct round *round, struct connection *c)
{
	struct pur_req *rq = &round->requests[round->n];

	c->open = FCGX_Accept_r(&c->fcgi) == 0;
	if (!c->open)
		return;
	c->used = ++served;
	read_request(rq, &c->fcgi);
	rq->peer = c->fcgi.ipcFd;
	rq->peer_gone = peer_gone;
	round->from[round->n++] = c;
	if (!pur_request_start(rq) || round->n == PUR_DB_FLIGHT)
		answer_round(round);
}

/*
 * Accepts here and not in libfcgi, which would wait for the first bytes and never give up on a peer
 * that falls silent in the middle of a request.
 */
static void
accept_one(struct connection *c, int listener)
{
	const struct timeval patience = { .tv_sec = PATIENCE };
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	c->fcgi.ipcFd = fd;
	c->used = served;
	c->begun = 0;
	c->fcgi.keepConnection = 1; /* else FCGX_Accept_r() begins by closing it */
	c->open = true;
}

/* Not closed by libfcgi, which would wait for the peer to close too. */
static void
drop(struct connection *c)
{
	FCGX_Free(&c->fcgi, 0);
	close(c->fcgi.ipcFd);
	c->fcgi.ipcFd = -1;
	c->open = false;
}

/*
 * Looks, without taking anything, whether a request is all there: libfcgi would wait for its rest,
 * and everybody else with it. One too long to be seen to its end counts as whole; its peer is in
 * the midst of sending. A request ends with an empty record of its body (FastCGI 1.0, 5.3).
 */
static enum sight
look(int fd)
{
	static unsigned char seen[SIGHT];
	ssize_t n = recv(fd, seen, sizeof(seen), MSG_PEEK | MSG_DONTWAIT);
	size_t len = n > 0 ? (size_t)n : 0, at = 0;

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		return CLOSED;
	while (at + FCGI_HEADER_LEN <= len) {
		const unsigned char *r = seen + at;
		size_t content = (size_t)r[4] << 8 | r[5];

		at += FCGI_HEADER_LEN + content + r[6];
		if (r[1] == FCGI_STDIN && content == 0 && at <= len)
			return WHOLE;
	}
	return len == sizeof(seen) ? WHOLE : BEGUN;
}

/*
 * Waits for the listener (unless draining) and all open connections. p[0] is the listener's, p[i +
 * 1] that of all[i]. New connections take the first free place, so only the first few are looked
 * at. A request begun is readable all the time: it is looked at again after a moment instead.
 */
static void
wait_all(const struct connection *all, int listener, struct pollfd *p, const sigset_t *signals)
{
	struct timespec tick = { .tv_sec = TICK / 1000 };

	while (places > 0 && !all[places - 1].open)
		places--;
	p[0] = (struct pollfd){ .fd = stop_asked ? -1 : listener, .events = POLLIN };
	for (int i = 0; i < places; i++) {
		bool idle = all[i].open && all[i].begun == 0;

		p[i + 1] = (struct pollfd){ .fd = idle ? all[i].fcgi.ipcFd : -1, .events = POLLIN };
		if (all[i].open && !idle)
			tick = (struct timespec){ .tv_nsec = GLANCE * 1000000 };
	}
	ppoll(p, (nfds_t)places + 1, &tick, signals);
}

static void
serve_ready(struct round *round, struct connection *all, const struct pollfd *p)
{
	for (int i = 0; i < places; i++) {
		struct connection *c = &all[i];
		enum sight sight;

		if (!c->open || (p[i + 1].revents == 0 && c->begun == 0))
			continue;
		sight = look(c->fcgi.ipcFd);
		if (sight == WHOLE) {
			c->begun = 0;
			take(round, c);
		} else if (sight == BEGUN && c->begun == 0) {
			c->begun = pur_time_now();
		} else if (sight == CLOSED || pur_time_now() - c->begun > PATIENCE * 1000000) {
			drop(c);
		}
	}
	answer_round(round);
}

/* A place for a new connection: a free one, or that of the connection silent for longest. */
static struct connection *
find_place(struct connection *all)
{
	struct connection *oldest = &all[0];

	for (struct connection *c = all; c < all + CONNECTIONS; c++) {
		if (!c->open) {
			if (c - all >= places)
				places = (int)(c - all) + 1;
			return c;
		}
		if (c->used < oldest->used)
			oldest = c;
	}
	drop(oldest);
	return oldest;
}

static bool
any_open(const struct connection *all)
{
	for (int i = 0; i < places; i++) {
		if (all[i].open)
			return true;
	}
	return false;
}

/* Requests beside the first: each has memory of its own. */
static int
open_round(struct round *round, const struct pur_req *first)
{
	for (int i = 0; i < PUR_DB_FLIGHT; i++) {
		round->requests[i] = *first;
		if (i > 0)
			round->requests[i].arena =
			    pur_arena_new((size_t)first->conf->request_memory);
		if (round->requests[i].arena == NULL)
			return -1;
	}
	return 0;
}

static void
close_round(struct round *round)
{
	for (int i = 1; i < PUR_DB_FLIGHT; i++)
		pur_arena_free(round->requests[i].arena);
	pur_buf_free(&round->head);
}

int
pur_serve(struct pur_req *rq, int listener)
{
	static struct connection all[CONNECTIONS];
	static struct round round;
	struct pollfd p[CONNECTIONS + 1];
	int64_t stop_by = 0;
	sigset_t signals;

	catch_signals(&signals);
	if (FCGX_Init() != 0 || open_round(&round, rq) != 0 ||
	    fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK) != 0)
		return -1;
	for (int i = 0; i < CONNECTIONS; i++) {
		if (FCGX_InitRequest(&all[i].fcgi, listener, FCGI_FAIL_ACCEPT_ON_INTR) != 0)
			return -1;
		all[i].fcgi.ipcFd = -1;
	}
	pur_log(PUR_INFO, "serving");
	for (;;) {
		wait_all(all, listener, p, &signals);
		if (stop_asked && stop_by == 0)
			stop_by = pur_time_now() + DRAIN;
		if (stop_by != 0 && (!any_open(all) || pur_time_now() > stop_by))
			break;
		if (reopen_asked) {
			reopen_asked = 0;
			pur_log_reopen();
		}
		serve_ready(&round, all, p);
		if (p[0].revents != 0)
			accept_one(find_place(all), listener);
		pur_db_tidy(rq->db);
	}
	for (int i = 0; i < CONNECTIONS; i++) {
		if (all[i].open)
			drop(&all[i]);
	}
	close_round(&round);
	pur_log(PUR_INFO, "stopped");
	return 0;
}
