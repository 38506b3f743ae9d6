/* export: stretch by stretch from the database to a file. */
#include "export.h"
#include "action.h"
#include "answer.h"
#include "csv.h"
#include <stdio.h>

#define STRETCH 1000              /* rows read at a time */
#define STRETCH_MEMORY (16 << 20) /* bytes they may take */

static void
close_file(void *file)
{
	fclose(file);
}

static void
free_arena(void *arena)
{
	pur_arena_free(arena);
}

static void
free_buf(void *b)
{
	pur_buf_free(b);
}

/* Asks for the next stretch and waits for it; its rows live in `memory`. */
static enum pur_rc
read_stretch(struct pur_req *rq, int stmt, struct pur_arena *memory)
{
	struct pur_step rows, total;
	enum pur_rc rc;

	pur_db_keep_in(rq->db, memory);
	rc = pur_list_build(memory, rq->db, &rq->list, rq->program->res, &rq->program->stmts[stmt],
			    &rq->input, &rows, &total);
	if (rc != PUR_OK)
		return pur_refuse(rq, rc);
	rq->sent[stmt] = rows.query;
	rc = pur_db_send(rq->db, rows.query, rows.binds, &rq->results[stmt]);
	if (rc != PUR_OK)
		return pur_batch_failed(rq, rc);
	rc = pur_wait(rq);
	pur_db_keep_in(rq->db, rq->arena);
	return rc;
}

static enum pur_rc
put_rows(struct pur_req *rq, int stmt, struct pur_buf *b, bool first)
{
	const struct pur_row_style style = pur_answer_style(rq);
	const PGresult *r = rq->results[stmt];
	enum pur_rc rc = PUR_OK;

	if (first && rq->accept.csv)
		pur_csv_head(b, r, &style);
	for (int i = 0; i < pur_rows_count(r) && i < STRETCH && rc == PUR_OK; i++) {
		rc = rq->accept.csv ? pur_csv_row(b, r, i, &style)
				    : pur_row_put(b, rq->sent[stmt], r, i, &style);
		if (!rq->accept.csv)
			pur_buf_putc(b, '\n');
	}
	return rc;
}

/* Writes the rows that were read. */
static enum pur_rc
write_stretch(struct pur_req *rq, int stmt, struct pur_buf *b, FILE *file, bool first)
{
	pur_buf_reset(b);
	if (put_rows(rq, stmt, b, first) != PUR_OK || pur_buf_failed(b))
		return pur_refuse(rq, PUR_EINTERNAL);
	if (fwrite(b->data != NULL ? b->data : "", 1, b->len, file) != b->len)
		return pur_refuse(rq, PUR_ESPACE);
	rq->reply.file_len += (int64_t)b->len;
	return PUR_OK;
}

static enum pur_rc
copy_all(struct pur_req *rq, int stmt, FILE *file, struct pur_arena *memory, struct pur_buf *b)
{
	enum pur_rc rc = PUR_OK;
	bool more = true;

	for (bool first = true; more && rc == PUR_OK; first = false) {
		rc = read_stretch(rq, stmt, memory);
		if (rc == PUR_OK)
			rc = write_stretch(rq, stmt, b, file, first);
		if (rc != PUR_OK)
			break;
		more = pur_rows_count(rq->results[stmt]) > STRETCH;
		if (more)
			rc = pur_list_go_on(rq->arena, &rq->list,
					    pur_route_fields(rq->program->res, rq->path.route),
					    rq->results[stmt], STRETCH - 1);
		if (rc != PUR_OK)
			return pur_refuse(rq, rc);
		if (more && rq->peer_gone != NULL && rq->peer_gone(rq))
			return pur_refuse(rq, PUR_EUNAVAILABLE);
		rq->results[stmt] = NULL;
		pur_arena_reset(memory);
	}
	return rc;
}

/* What stands before the list, as the thing it belongs to. */
static enum pur_rc
send_others(struct pur_req *rq, int list)
{
	const int *stmts = rq->path.route->stmts;
	enum pur_rc rc = PUR_OK;

	for (int i = 0; i < PUR_STMTS && stmts[i] != 0 && rc == PUR_OK; i++) {
		if (stmts[i] != list)
			rc = pur_do(rq, stmts[i]);
	}
	if (rc == PUR_OK)
		rc = pur_wait(rq);
	for (int i = 0; i < PUR_STMTS && stmts[i] != 0 && rc == PUR_OK; i++) {
		if (stmts[i] != list && rq->program->res->stmts[stmts[i]].expect == PUR_ONE &&
		    pur_rows_count(rq->results[stmts[i]]) == 0)
			rc = pur_refuse(rq, PUR_ENOTFOUND);
	}
	return rc;
}

enum pur_rc
pur_export(struct pur_req *rq)
{
	int stmt = pur_route_answer(rq->program->res, rq->path.route);
	struct pur_arena *memory = pur_arena_new(STRETCH_MEMORY);
	struct pur_buf *b;
	FILE *file;
	enum pur_rc rc;

	if (memory == NULL || pur_arena_defer(rq->arena, free_arena, memory) != PUR_OK)
		return pur_refuse(rq, PUR_EUNAVAILABLE);
	b = pur_alloc(rq->arena, sizeof(*b));
	if (b == NULL || pur_arena_defer(rq->arena, free_buf, b) != PUR_OK)
		return pur_refuse(rq, PUR_ETOOLARGE);
	file = tmpfile();
	if (file == NULL || pur_arena_defer(rq->arena, close_file, file) != PUR_OK)
		return pur_refuse(rq, PUR_ESPACE);
	rq->list.cursor = "";
	rq->list.per_page = STRETCH;
	rc = send_others(rq, stmt);
	if (rc == PUR_OK)
		rc = copy_all(rq, stmt, file, memory, b);
	if (rc == PUR_OK)
		rc = pur_commit(rq);
	if (rc == PUR_OK && (fflush(file) != 0 || fseek(file, 0, SEEK_SET) != 0))
		rc = pur_refuse(rq, PUR_ESPACE);
	if (rc != PUR_OK)
		return rc;
	rq->reply.status = 200;
	rq->reply.type = rq->accept.csv ? "text/csv; charset=utf-8" : "application/x-ndjson";
	rq->reply.cache = "no-store";
	rq->reply.file = file;
	return PUR_OK;
}
