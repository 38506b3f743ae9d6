/*
 * fuzz_intake: a whole request up to where the database would be asked: a line each for what
 * incoming() says, then the body. Nothing is taken without a credential, If-Match gives only
 * revisions that stand in it, and the same request is judged the same twice.
 */
#include "fuzz.h"
#include "intake.h"

#include <sodium.h>

enum { LIST = 1, GET, CREATE, UPDATE, DELETE };

static const char *const statuses[] = { "new", "old", NULL };

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY },
	{ .name = "name", .type = PUR_TEXT, .flags = PUR_REQUIRED | PUR_SORT | PUR_FILTER },
	{ .name = "status", .type = PUR_CHOICE, .choices = statuses, .flags = PUR_FILTER },
	{ .name = "price", .type = PUR_MONEY },
	{ .name = NULL },
};

static const struct pur_field days[] = { { .name = "days", .type = PUR_INT }, { .name = NULL } };

static const struct pur_field span[] = {
	{ .name = "from", .type = PUR_DATE, .flags = PUR_REQUIRED },
	{ .name = "days", .type = PUR_INT, .min = 1, .max = 7, .default_value = "3" },
	{ .name = NULL },
};

static const struct pur_stmt stmts[] = {
	[LIST] = { PUR_LIST, "@tenant", "SELECT 1" }, [GET] = { PUR_ONE, "@tenant", "SELECT 1" },
	[CREATE] = { PUR_ONE, "@tenant", "INSERT" },  [UPDATE] = { PUR_ONE, "@tenant", "UPDATE" },
	[DELETE] = { PUR_ONE, "@tenant", "DELETE" },
};

static enum pur_rc
act(struct pur_req *rq)
{
	(void)rq;
	return PUR_OK;
}

static const struct pur_route routes[] = {
	{ PUR_GET, "/things", "things:read", .stmts = { LIST }, .params = days, .sort = "-name",
	  .summary = "List" },
	{ PUR_GET, "/things/{ref}", "things:read", .stmts = { GET }, .summary = "Get" },
	{ PUR_GET, "/things/report", "things:read", .run = act, .params = span,
	  .summary = "Sum up" },
	{ PUR_POST, "/things", "things:write", .stmts = { CREATE }, .effect = PUR_CREATES,
	  .summary = "Create" },
	{ PUR_PUT, "/things/{ref}", "things:write", .stmts = { UPDATE }, .summary = "Replace" },
	{ PUR_PATCH, "/things/{ref}", "things:write", .stmts = { UPDATE }, .summary = "Change" },
	{ PUR_DELETE, "/things/{ref}", "things:write", .stmts = { DELETE }, .effect = PUR_DELETES,
	  .summary = "Delete" },
	{ PUR_POST, "/login", PUR_PUBLIC, .run = act, .flags = PUR_SECRET, .summary = "Log in" },
	{ PUR_METHOD_UNKNOWN },
};

static const struct pur_resource things = { .program = "things",
					    .title = "Thing",
					    .fields = fields,
					    .stmts = stmts,
					    .n_stmts = PUR_COUNT(stmts),
					    .routes = routes };

static const struct pur_conf conf = { .cookie_name = "__Host-purser",
				      .public_url = "https://localhost:8443" };

static const struct pur_program *
program(void)
{
	static const struct pur_program *compiled;
	char message[256];

	if (compiled == NULL) {
		HOLDS(sodium_init() >= 0);
		compiled = pur_program_new(&things, message, sizeof(message));
	}
	HOLDS(compiled != NULL);
	return compiled;
}

/* ---- a request ---- */

#define LINES 11

/* An empty line is a header that isn't there. */
static struct pur_incoming
incoming(char *const *lines, const char *body, size_t len)
{
	const char *given[LINES];

	for (size_t i = 0; i < LINES; i++)
		given[i] = lines[i][0] != '\0' ? lines[i] : NULL;
	return (struct pur_incoming){ .method = lines[0],
				      .path = lines[1],
				      .query = given[2],
				      .accept = given[3],
				      .content_type = given[4],
				      .authorization = given[5],
				      .cookie = given[6],
				      .if_match = given[7],
				      .idempotency_key = given[8],
				      .origin = given[9],
				      .sec_fetch_site = given[10],
				      .request_id = "r-1",
				      .address = "::1",
				      .body = len > 0 ? body : NULL,
				      .body_len = len };
}

static enum pur_rc
look(struct pur_req *rq, struct pur_arena *a, const struct pur_incoming *in)
{
	enum pur_rc rc;

	*rq = (struct pur_req){
		.conf = &conf, .program = program(), .arena = a, .begun = 1000000, .in = *in
	};
	rc = pur_intake_route(rq);
	if (rc == PUR_OK)
		rc = pur_intake_input(rq);
	return rc;
}

/* ---- what holds of it ---- */

static void
holds_of_if_match(const struct pur_req *rq)
{
	for (size_t i = 0; i < rq->input.n_match; i++) {
		char tag[32];

		HOLDS(rq->input.match[i].i > 0);
		snprintf(tag, sizeof(tag), "\"%lld\"", (long long)rq->input.match[i].i);
		HOLDS(strstr(rq->in.if_match, tag) != NULL);
	}
	HOLDS(rq->in.if_match == NULL || strcmp(rq->in.if_match, "*") == 0 ||
	      rq->path.route->method == PUR_GET || rq->input.match != NULL);
}

static void
holds_of_taken(const struct pur_req *rq)
{
	const struct pur_route *r = rq->path.route;
	bool public = strcmp(r->permission, PUR_PUBLIC) == 0;
	bool write = r->method != PUR_GET;

	HOLDS(public ||
	      (rq->credential.given && (rq->in.authorization != NULL || rq->in.cookie != NULL)));
	HOLDS(!write || !rq->credential.from_cookie ||
	      (rq->in.sec_fetch_site != NULL
		   ? strcmp(rq->in.sec_fetch_site, "same-origin") == 0
		   : rq->in.origin != NULL && strcmp(rq->in.origin, conf.public_url) == 0));
	HOLDS(rq->version == 1 || rq->version == 2);
	HOLDS(rq->error.details == NULL);
	HOLDS((rq->key.key != NULL) == (write && rq->in.idempotency_key != NULL));
	HOLDS(rq->key.key == NULL || strlen(rq->key.key) <= 255);
	HOLDS(write || !rq->dry_run);
	HOLDS(write || rq->input.body == NULL);
	if (r->stmts[0] == LIST)
		HOLDS(rq->list.page >= 1 && rq->list.per_page >= 1 && rq->list.n_sorts >= 1);
	if (r->params == span)
		HOLDS(rq->query[0].given && rq->query[1].i >= 1 && rq->query[1].i <= 7);
	holds_of_if_match(rq);
}

static void
holds_of_refused(const struct pur_req *rq, enum pur_rc rc)
{
	const struct pur_rc_info *info = pur_rc_info(rc);

	HOLDS(info->status >= 400 && info->status < 500);
	HOLDS(rc != PUR_ETOOLARGE || pur_arena_exhausted(rq->arena));
	HOLDS(rc != PUR_EBODY || rq->error.details != NULL);
	if (rq->error.message != NULL)
		holds_of_text(rq->error.message);
	holds_of_details(&rq->error);
}

static size_t
count_details(const struct pur_error *e)
{
	size_t n = 0;

	for (const struct pur_detail *d = e->details; d != NULL; d = d->next)
		n++;
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct pur_arena *a = take_arena(&input);
	char *lines[LINES];
	struct pur_incoming in;
	struct pur_req rq, again;
	enum pur_rc rc;

	for (size_t i = 0; i < LINES; i++)
		lines[i] = text_of(take_until(&input, '\n'));
	in = incoming(lines, (const char *)input.p, input.left);
	rc = look(&rq, a, &in);
	HOLDS(rq.error.rc == rc);
	if (rc == PUR_OK)
		holds_of_taken(&rq);
	else
		holds_of_refused(&rq, rc);
	if (!pur_arena_exhausted(a)) {
		HOLDS(look(&again, a, &in) == rc || pur_arena_exhausted(a));
		HOLDS(pur_arena_exhausted(a) ||
		      count_details(&again.error) == count_details(&rq.error));
	}
	for (size_t i = 0; i < LINES; i++)
		free(lines[i]);
	pur_arena_free(a);
	return 0;
}
