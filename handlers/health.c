/*
 * health: is this machine alive, and is it ready to serve?
 */
#include "purser.h"

enum { PING = 1 };

static const char *const statuses[] = { "alive", "ready", NULL };

static const struct pur_field fields[] = {
	{ .name = "status", .type = PUR_CHOICE, .choices = statuses, .flags = PUR_ALWAYS },
	{ .name = NULL },
};

static const struct pur_stmt stmts[] = {
	[PING] = { PUR_ONE, "", "SELECT 1 AS n", .crosses_tenants = true },
};

/* Alive means: nginx and a process of ours answer. No database. */
static enum pur_rc
alive(struct pur_req *rq)
{
	pur_buf_puts(pur_answer_begin(rq), "{\"data\":{\"status\":\"alive\"}}");
	return PUR_OK;
}

/* Ready means: the database answers too. */
static enum pur_rc
ready(struct pur_req *rq)
{
	enum pur_rc rc = pur_do(rq, PING);

	if (rc == PUR_OK)
		rc = pur_wait(rq);
	if (rc == PUR_OK)
		pur_buf_puts(pur_answer_begin(rq), "{\"data\":{\"status\":\"ready\"}}");
	return rc;
}

static const struct pur_route routes[] = {
	{ PUR_GET, "/livez", PUR_PUBLIC, PUR_NO_STORE, .run = alive, .flags = PUR_ROOT,
	  .summary = "Whether the programs run; asks nothing else" },
	{ PUR_GET, "/readyz", PUR_PUBLIC, PUR_NO_STORE, .run = ready, .flags = PUR_ROOT,
	  .summary = "Whether requests can be served: the database answers",
	  .errors = { PUR_EUNAVAILABLE } },
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "health", .title = "Health", .summary = "Whether Purser is alive and ready")
