/*
 * fair: a load of N kept connections that counts what each of them gets: `fair PORT N SECONDS FILE`
 * sends the file's requests (a NUL between two) in turn, one at a time on each connection, and
 * prints as JSON the least and the most answers of a connection, and how many were not 2xx.
 */
#define _GNU_SOURCE /* memmem */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUESTS_MOST 64
#define CONNECTIONS_MOST 1024
#define ANSWER_MOST (256 * 1024)

struct connection {
	char *answer;
	size_t len;
	long count;
	size_t next; /* request */
};

static const char *requests[REQUESTS_MOST];
static size_t n_requests;
static long errors;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
read_requests(const char *path)
{
	static char text[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t len;

	if (f == NULL)
		err(1, "%s", path);
	len = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	for (size_t at = 0; at < len && n_requests < REQUESTS_MOST; at += strlen(text + at) + 1)
		requests[n_requests++] = text + at;
	if (n_requests == 0)
		errx(1, "%s: no requests", path);
}

static int
open_connection(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		err(1, "connect");
	return fd;
}

static void
send_next(int fd, struct connection *c)
{
	const char *request = requests[c->next++ % n_requests];
	size_t len = strlen(request);

	if (send(fd, request, len, MSG_NOSIGNAL) != (ssize_t)len)
		err(1, "send");
	c->len = 0;
}

/* True when the whole answer is there. All contenders send Content-Length. */
static bool
is_whole(const struct connection *c)
{
	static const char name[] = "\r\nContent-Length: ";
	const char *end = memmem(c->answer, c->len, "\r\n\r\n", 4), *length;

	if (end == NULL)
		return false;
	length = strcasestr(c->answer, name);
	if (length == NULL || length > end)
		errx(1, "an answer without Content-Length");
	return c->len >=
	       (size_t)(end + 4 - c->answer) + strtoul(length + sizeof(name) - 1, NULL, 10);
}

static void
take(int fd, struct connection *c)
{
	ssize_t n = recv(fd, c->answer + c->len, ANSWER_MOST - c->len, 0);

	if (n <= 0)
		errx(1, "a connection was closed, or its answer is too long");
	c->len += (size_t)n;
	c->answer[c->len] = '\0';
	if (!is_whole(c))
		return;
	errors += strncmp(c->answer, "HTTP/1.1 2", 10) != 0;
	c->count++;
	send_next(fd, c);
}

int
main(int argc, char **argv)
{
	static struct connection all[CONNECTIONS_MOST];
	static struct pollfd p[CONNECTIONS_MOST];
	int n = argc == 5 ? atoi(argv[2]) : 0;
	long least, most, sum = 0;
	double until;

	if (n < 1 || n > CONNECTIONS_MOST)
		errx(2, "usage: fair PORT CONNECTIONS SECONDS FILE");
	read_requests(argv[4]);
	for (int i = 0; i < n; i++) {
		all[i].answer = malloc(ANSWER_MOST + 1);
		all[i].next = (size_t)i;
		p[i] = (struct pollfd){ .fd = open_connection(atoi(argv[1])), .events = POLLIN };
		if (all[i].answer == NULL)
			err(1, NULL);
	}
	until = now() + atof(argv[3]);
	for (int i = 0; i < n; i++)
		send_next(p[i].fd, &all[i]);
	while (now() < until) {
		if (poll(p, (nfds_t)n, 100) < 0)
			err(1, "poll");
		for (int i = 0; i < n; i++) {
			if (p[i].revents != 0)
				take(p[i].fd, &all[i]);
		}
	}
	least = most = all[0].count;
	for (int i = 0; i < n; i++) {
		least = all[i].count < least ? all[i].count : least;
		most = all[i].count > most ? all[i].count : most;
		sum += all[i].count;
	}
	printf("{\"least\":%ld,\"most\":%ld,\"requests\":%ld,\"errors\":%ld}\n", least, most, sum,
	       errors);
	return 0;
}
