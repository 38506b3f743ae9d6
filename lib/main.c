/* main: start of every program. */
#include "main.h"
#include "describe.h"
#include "key.h"
#include "log.h"
#include "serve.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

static int
describe(const struct pur_program *program)
{
	struct pur_buf out = { .data = NULL };
	bool whole;

	pur_describe(program, &out);
	whole = !pur_buf_failed(&out) && fwrite(out.data, 1, out.len, stdout) == out.len &&
		fflush(stdout) == 0;
	pur_buf_free(&out);
	return whole ? EX_OK : EX_IOERR;
}

/* Prepares one statement in a batch of its own, so that each fault is told. */
static bool
check_query(const struct pur_req *rq, struct pur_query *q)
{
	enum pur_rc rc = pur_db_begin(rq->db, rq->arena);

	if (rc == PUR_OK)
		rc = pur_db_prepare(rq->db, q);
	if (rc == PUR_OK)
		rc = pur_db_commit(rq->db);
	if (rc != PUR_OK)
		fprintf(stderr, "%s: statement %s: %s\n", rq->program->res->program, q->name,
			pur_db_error(rq->db)->message);
	return rc == PUR_OK;
}

/* The fields of a list's rows. */
static const struct pur_field *
list_fields(const struct pur_resource *res, int stmt)
{
	for (const struct pur_route *r = res->routes; r->method != PUR_METHOD_UNKNOWN; r++) {
		if (pur_route_answer(res, r) == stmt)
			return pur_route_fields(res, r);
	}
	return res->fields;
}

/* A statement with everything that can be included, searched, and of deleted things. */
static bool
check_view(const struct pur_req *rq, int stmt)
{
	const struct pur_resource *res = rq->program->res;
	struct pur_bound *s = &rq->program->stmts[stmt];
	struct pur_query q = s->by_id;
	struct pur_buf include = { .data = NULL };
	const char *search = pur_list_search(rq->arena, res, "NULL");
	char *text;
	bool ok;

	if (strcmp(s->id_text, s->by_id.sql) == 0)
		return true;
	for (const struct pur_field *f = list_fields(res, stmt); f->name != NULL; f++) {
		if (f->include != NULL)
			pur_buf_printf(&include, ", %s AS %s", f->include, f->name);
	}
	pur_buf_putc(&include, '\0');
	text = pur_buf_failed(&include) || search == NULL
		   ? NULL
		   : pur_bind_expand(s->id_text, include.data, search, true);
	pur_buf_free(&include);
	q.sql = text;
	q.prepared = 0;
	snprintf(q.name, sizeof(q.name), "s%d_view", stmt);
	ok = text != NULL && check_query(rq, &q);
	free(text);
	return ok;
}

/* What bodies refer to. */
static bool
check_refers(const struct pur_req *rq)
{
	const struct pur_resource *res = rq->program->res;
	bool ok = true;

	for (const struct pur_route *r = res->routes; r->method != PUR_METHOD_UNKNOWN; r++) {
		const struct pur_field *f = pur_route_body(res, r);

		for (; f != NULL && f->name != NULL; f++) {
			if (f->refers != NULL)
				ok = check_query(rq, pur_refer_query(f)) && ok;
		}
	}
	return ok;
}

/* Every filter and order a list can be asked for, one by one. */
static bool
check_lists(const struct pur_req *rq, int stmt)
{
	const struct pur_resource *res = rq->program->res;
	struct pur_bound *s = &rq->program->stmts[stmt];
	const struct pur_field *fields = list_fields(res, stmt);
	bool ok = true;

	for (const struct pur_field *f = fields; f->name != NULL; f++) {
		const char *column = f->column != NULL ? f->column : f->name;
		Oid types[PUR_ARGS + 1];
		struct pur_query q = { .types = types, .n = s->n + 1 };

		memcpy(types, s->id_types, sizeof(types[0]) * (size_t)s->n);
		types[s->n] = pur_datum_oid(f->type);
		snprintf(q.name, sizeof(q.name), "s%d_filter%d", stmt, (int)(f - fields));
		q.sql = pur_sprintf(rq->arena, "%s AND %s >= $%d", s->by_id.sql, column, s->n + 1);
		if ((f->flags & PUR_FILTER) != 0)
			ok = q.sql != NULL && check_query(rq, &q) && ok;
		q.n = s->n;
		q.prepared = 0;
		snprintf(q.name, sizeof(q.name), "s%d_order%d", stmt, (int)(f - fields));
		q.sql = pur_sprintf(rq->arena, "%s ORDER BY %s", s->by_id.sql, column);
		if ((f->flags & PUR_SORT) != 0)
			ok = q.sql != NULL && check_query(rq, &q) && ok;
	}
	return ok;
}

static int
check(const struct pur_req *rq)
{
	const struct pur_resource *res = rq->program->res;
	bool ok = true;

	if (pur_db_begin(rq->db, rq->arena) != PUR_OK || pur_db_commit(rq->db) != PUR_OK) {
		fprintf(stderr, "%s: the database can't be reached: %s\n", res->program,
			pur_db_error(rq->db)->message);
		return EX_UNAVAILABLE;
	}
	ok = check_refers(rq);
	for (int i = 1; i < res->n_stmts; i++) {
		struct pur_bound *s = &rq->program->stmts[i];

		ok = check_query(rq, &s->by_id) && ok;
		if (s->by_key.sql != NULL)
			ok = check_query(rq, &s->by_key) && ok;
		ok = check_view(rq, i) && ok;
		if (s->expect == PUR_LIST)
			ok = check_lists(rq, i) && ok;
	}
	return ok ? EX_OK : EX_CONFIG;
}

static enum pur_level
level_of(const char *name)
{
	return strcmp(name, "debug") == 0     ? PUR_DEBUG
	       : strcmp(name, "warning") == 0 ? PUR_WARNING
	       : strcmp(name, "error") == 0   ? PUR_ERROR
					      : PUR_INFO;
}

static bool
listens(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 && on != 0;
}

static int
usage(const struct pur_resource *res)
{
	fprintf(
	    stderr,
	    "usage: %s [--describe | --check]\n"
	    "Serves FastCGI on descriptor 0: start it by spawn-fcgi, multiwatch or a systemd socket.\n",
	    res->program);
	return EX_USAGE;
}

static int
serve(struct pur_req *rq)
{
	const struct pur_conf *conf = rq->conf;

	if (pur_log_open(rq->program->res->program, conf->log_file, level_of(conf->log_level)) != 0)
		fprintf(stderr, "%s: can't open log_file %s; logging to stderr\n",
			rq->program->res->program, conf->log_file);
	/* Connected early where possible: a wrong role is seen at start, not at the first request.
	 */
	if (pur_db_begin(rq->db, rq->arena) == PUR_OK)
		pur_db_rollback(rq->db);
	return pur_serve(rq, STDIN_FILENO) == 0 ? EX_OK : EX_SOFTWARE;
}

int
pur_main(int argc, char **argv, const struct pur_resource *res)
{
	/* Static: within reach still when a leak checker looks, at exit. */
	static struct pur_conf conf;
	static struct pur_req rq = { .conf = &conf };
	static unsigned char cursor_key[PUR_KEY];
	char message[512], role[64];
	const char *mode = argc == 2 ? argv[1] : "";
	int status;

	if (argc > 2 ||
	    (*mode != '\0' && strcmp(mode, "--describe") != 0 && strcmp(mode, "--check") != 0))
		return usage(res);
	if (sodium_init() < 0)
		return EX_SOFTWARE;
	rq.program = pur_program_new(res, message, sizeof(message));
	if (rq.program == NULL) {
		fprintf(stderr, "bad table: %s\n", message);
		return EX_CONFIG;
	}
	if (strcmp(mode, "--describe") == 0)
		return describe(rq.program);
	if (*mode == '\0' && !listens(STDIN_FILENO))
		return usage(res);
	if (pur_conf_load(&conf, message, sizeof(message)) != 0 ||
	    pur_key_load(conf.secret_file, PUR_KEY_CURSORS, cursor_key, message, sizeof(message)) !=
		0) {
		fprintf(stderr, "%s: %s\n", res->program, message);
		return EX_CONFIG;
	}
	snprintf(role, sizeof(role), "purser_%s", res->program);
	rq.cursor_key = cursor_key;
	rq.arena = pur_arena_new((size_t)conf.request_memory);
	rq.db = pur_db_new(&conf, role);
	if (rq.arena == NULL || rq.db == NULL)
		return EX_OSERR;
	status = *mode != '\0' ? check(&rq) : serve(&rq);
	pur_db_free(rq.db);
	pur_arena_free(rq.arena);
	return status;
}
