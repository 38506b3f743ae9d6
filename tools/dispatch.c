/*
 * dispatch: `purser dispatch` writes nginx/dispatch.conf. A path belongs to the program of its
 * innermost collection: each program's shortest paths become one line each, longest first. What
 * takes long, as its tables say, and lists as files go to a pool of its own: <program>-slow.
 */
#include "command.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

struct line {
	const char *path, *program;
	int root; /* not below /api */
	int parts;
};

static int
count_parts(const char *path)
{
	int n = 0;

	for (; *path != '\0'; path++)
		n += *path == '/';
	return n;
}

/* True when all of `head` stands at the beginning of `path`, part by part; {parts} are alike. */
static int
begins_with(const char *path, const char *head)
{
	while (*head == '/' && *path == '/') {
		size_t h = strcspn(++head, "/"), p = strcspn(++path, "/");

		if (!(*head == '{' && *path == '{') && (h != p || memcmp(head, path, h) != 0))
			return 0;
		head += h;
		path += p;
	}
	return *head == '\0';
}

/* Adds a route's path, unless one of the same program covers it; drops those it covers. */
static size_t
add_path(struct line *lines, size_t n, const struct line *new)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(lines[i].program, new->program) == 0 &&
		    begins_with(new->path, lines[i].path))
			return n;
	}
	for (size_t i = 0; i < n; i++) {
		if (strcmp(lines[i].program, new->program) != 0 ||
		    !begins_with(lines[i].path, new->path))
			lines[kept++] = lines[i];
	}
	lines[kept++] = *new;
	return kept;
}

static int
longest_first(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return x->parts != y->parts ? y->parts - x->parts : strcmp(x->path, y->path);
}

/* A path as nginx's regular expression, without its end. */
static void
print_path(FILE *out, const char *path, int root)
{
	fputs(root ? "" : "/api(?:/v[0-9]+)?", out);
	for (const char *p = path; *p != '\0';) {
		size_t len = strcspn(p + 1, "/") + 1;

		if (p[1] == '{')
			fputs("/[^/]+", out);
		else
			fprintf(out, "%.*s", (int)len, p);
		p += len;
	}
}

static void
print_line(FILE *out, const struct line *l)
{
	fputs("\t\"~^", out);
	print_path(out, l->path, l->root);
	fprintf(out, "%s\" purser_%s;\n", l->root ? "$" : "(?:/|$)", l->program);
}

static void
print_upstream(FILE *out, const char *program, const char *pool)
{
	fprintf(out,
		"upstream purser_%s%s {\n"
		"\tserver unix:/run/purser/%s%s.sock;\n"
		"\tkeepalive 16;\n"
		"\tkeepalive_timeout 2s;\n"
		"\tkeepalive_time 2s;\n"
		"}\n\n",
		program, pool, program, pool);
}

static size_t
count_routes(struct json_object *program)
{
	struct json_object *routes = json_object_object_get(program, "routes");

	return routes != NULL ? json_object_array_length(routes) : 0;
}

static struct json_object *
route_at(struct json_object *program, size_t k)
{
	return json_object_array_get_idx(json_object_object_get(program, "routes"), k);
}

static int
is_set(struct json_object *route, const char *name)
{
	return strcmp(text_of(route, name), "true") == 0;
}

/* Whether a program has anything that takes long: a list is one when it is asked for as a file. */
static int
has_slow(struct json_object *program)
{
	for (size_t k = 0; k < count_routes(program); k++) {
		struct json_object *r = route_at(program, k);

		if (is_set(r, "slow") || is_set(r, "list"))
			return 1;
	}
	return 0;
}

static void
print_slow_routes(FILE *out, struct json_object *program)
{
	for (size_t k = 0; k < count_routes(program); k++) {
		struct json_object *r = route_at(program, k);

		if (!is_set(r, "slow"))
			continue;
		fprintf(out, "\t\"~^%s ", text_of(r, "method"));
		print_path(out, text_of(r, "path"), is_set(r, "root"));
		fputs("$\" \"-slow\";\n", out);
	}
}

/* Which of a program's pools serves a request. */
static void
print_pools(FILE *out, struct json_object *all)
{
	size_t n = json_object_array_length(all);

	fputs(
	    "\n# What takes long is served by processes of its own: such routes, and lists as files.\n"
	    "map \"$request_method $uri\" $purser_slow_route {\n\tdefault \"\";\n",
	    out);
	for (size_t i = 0; i < n; i++)
		print_slow_routes(out, json_object_array_get_idx(all, i));
	fputs("}\n\nmap \"$request_method $http_accept\" $purser_slow {\n"
	      "\tdefault $purser_slow_route;\n"
	      "\t\"~*^(?:GET|HEAD) .*(?:text/csv|application/x-ndjson)\" \"-slow\";\n}\n\n"
	      "map \"$purser_program$purser_slow\" $purser_pool {\n"
	      "\tdefault $purser_program;\n",
	      out);
	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(all, i);
		const char *name = text_of(one, "program");

		if (has_slow(one))
			fprintf(out, "\tpurser_%s-slow purser_%s-slow;\n", name, name);
	}
	fputs("}\n", out);
}

static size_t
collect(struct json_object *program, struct line *lines, size_t n, size_t most)
{
	for (size_t k = 0; k < count_routes(program) && n < most; k++) {
		struct json_object *r = route_at(program, k);
		struct line l = { .path = text_of(r, "path"),
				  .program = text_of(program, "program"),
				  .root = is_set(r, "root") };

		l.parts = count_parts(l.path);
		n = add_path(lines, n, &l);
	}
	return n;
}

void
write_dispatch(FILE *out, struct json_object *all)
{
	static struct line lines[1024];
	size_t n = 0;

	fputs(
	    "# Which program serves which path. Made by `./dev generate` from what the programs say of\n"
	    "# themselves; do not edit.\n\n",
	    out);
	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *one = json_object_array_get_idx(all, i);

		print_upstream(out, text_of(one, "program"), "");
		if (has_slow(one))
			print_upstream(out, text_of(one, "program"), "-slow");
		n = collect(one, lines, n, sizeof(lines) / sizeof(lines[0]));
	}
	qsort(lines, n, sizeof(lines[0]), longest_first);
	fputs("map $uri $purser_program {\n\tdefault \"\";\n", out);
	for (size_t i = 0; i < n; i++)
		print_line(out, &lines[i]);
	fputs("}\n", out);
	print_pools(out, all);
}

int
dispatch_command(int argc, char **argv)
{
	static const struct option_value no_options[] = { { NULL } };
	const char *folder = NULL;
	struct json_object *all;

	if (read_options(argc, argv, no_options, &folder) != 0)
		return EX_USAGE;
	all = describe_programs(folder != NULL ? folder : PROGRAMS_FOLDER);
	if (all == NULL)
		return EX_UNAVAILABLE;
	write_dispatch(stdout, all);
	json_object_put(all);
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}
