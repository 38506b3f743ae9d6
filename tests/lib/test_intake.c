/*
 * Tests of intake: which refusal wins, who may send what by cookie, versions, If-Match,
 * Idempotency-Key, the query and the body.
 */
#include "intake.h"
#include "support.h"

#include <sodium.h>

enum { LIST = 1, GET, CREATE, UPDATE, DELETE, VIEW_ALL, VIEW_ONE };

static const char *const statuses[] = { "new", "old", NULL };

static const struct pur_field owner_fields[] = { { .name = "id", .type = PUR_UUID },
						 { .name = NULL } };

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY },
	{ .name = "name", .type = PUR_TEXT, .flags = PUR_REQUIRED | PUR_SORT | PUR_FILTER },
	{ .name = "status", .type = PUR_CHOICE, .choices = statuses, .flags = PUR_FILTER },
	{ .name = "price", .type = PUR_MONEY },
	{ .name = "owner_id", .type = PUR_UUID, .refers = "users" },
	{ .name = "owner",
	  .type = PUR_OBJECT,
	  .flags = PUR_READONLY,
	  .of = owner_fields,
	  .include = "(SELECT ROW(1))" },
	{ .name = NULL },
};

static const struct pur_field days[] = { { .name = "days", .type = PUR_INT },
					 { .name = "name", .type = PUR_BOOL },
					 { .name = NULL } };

static const struct pur_field sums[] = {
	{ .name = "from", .type = PUR_DATE, .flags = PUR_REQUIRED },
	{ .name = "steps", .type = PUR_INT, .min = 1, .max = 10, .default_value = "3" },
	{ .name = "until", .type = PUR_TIME, .flags = PUR_FUTURE },
	{ .name = "word", .type = PUR_TEXT, .max = 3 },
	{ .name = NULL },
};

static const struct pur_field sum_fields[] = {
	{ .name = "day", .type = PUR_DATE, .flags = PUR_SORT | PUR_FILTER }, { .name = NULL }
};

static const struct pur_stmt stmts[] = {
	[LIST] = { PUR_LIST, "@tenant", "SELECT 1" },
	[GET] = { PUR_ONE, "@tenant", "SELECT 1" },
	[CREATE] = { PUR_ONE, "@tenant", "INSERT" },
	[UPDATE] = { PUR_ONE, "@tenant", "UPDATE" },
	[DELETE] = { PUR_ONE, "@tenant", "DELETE" },
	[VIEW_ALL] = { PUR_LIST, "@tenant", "SELECT 1{include} WHERE {active}" },
	[VIEW_ONE] = { PUR_ONE, "@tenant", "SELECT 1{include} WHERE active" },
};

static enum pur_rc
act(struct pur_req *rq)
{
	(void)rq;
	return PUR_OK;
}

static const struct pur_route routes[] = {
	{ PUR_GET, "/things", "things:read", .stmts = { LIST }, .sort = "-name",
	  .summary = "List" },
	{ PUR_GET, "/things/{ref}", "things:read", .stmts = { GET }, .summary = "Get" },
	{ PUR_GET, "/things/late", "things:read", .stmts = { LIST }, .params = days,
	  .summary = "List some" },
	{ PUR_GET, "/things/report", "things:read", .run = act, .params = days,
	  .summary = "Sum up" },
	{ PUR_POST, "/things", "things:write", .stmts = { CREATE }, .effect = PUR_CREATES,
	  .summary = "Create" },
	{ PUR_PUT, "/things/{ref}", "things:write", .stmts = { UPDATE }, .summary = "Replace" },
	{ PUR_PATCH, "/things/{ref}", "things:write", .stmts = { UPDATE }, .summary = "Change" },
	{ PUR_DELETE, "/things/{ref}", "things:write", .stmts = { DELETE }, .effect = PUR_DELETES,
	  .summary = "Delete" },
	{ PUR_POST, "/things/{ref}/restore", "things:write", .stmts = { UPDATE },
	  .effect = PUR_RESTORES, .summary = "Restore" },
	{ PUR_POST, "/login", PUR_PUBLIC, .run = act, .flags = PUR_SECRET, .summary = "Log in" },
	{ PUR_GET, "/views", "things:read", .stmts = { VIEW_ALL }, .sort = "name",
	  .summary = "List what can be seen" },
	{ PUR_GET, "/views/{ref}", "things:read", .stmts = { VIEW_ONE }, .summary = "See one" },
	{ PUR_PATCH, "/views/{ref}", "things:write", .stmts = { VIEW_ONE },
	  .summary = "Touch one" },
	{ PUR_GET, "/sums", "things:read", .stmts = { LIST }, .params = sums, .fields = sum_fields,
	  .sort = "-day", .summary = "List sums" },
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

static const struct pur_program *program;
static struct pur_uuid tenant;
static char token[PUR_TOKEN_TEXT + 1], bearer[PUR_TOKEN_TEXT + 8], cookie[PUR_TOKEN_TEXT + 64];
static struct pur_req rq;

static int
start(void **state)
{
	unsigned char hash[PUR_TOKEN_HASH];
	char message[256];

	if (sodium_init() < 0)
		return -1;
	program = pur_program_new(&things, message, sizeof(message));
	tenant = pur_uuid_new();
	pur_token_new(&tenant, token, hash);
	snprintf(bearer, sizeof(bearer), "Bearer %s", token);
	snprintf(cookie, sizeof(cookie), "theme=dark; __Host-purser=%s; x=y", token);
	return program == NULL ? -1 : new_arena(state);
}

/* Begins a request that is right in all that it has. */
static void
request(struct pur_arena *a, const char *method, const char *path)
{
	rq = (struct pur_req){ .conf = &conf,
			       .program = program,
			       .arena = a,
			       .begun = 1000000,
			       .in = { .method = method,
				       .path = path,
				       .authorization = bearer,
				       .content_type = "application/json",
				       .request_id = "r-1",
				       .address = "::1",
				       .user_agent = "curl" } };
}

static void
send_body(const char *body)
{
	rq.in.body = body;
	rq.in.body_len = strlen(body);
}

/* Both looks, as request.c takes them. */
static enum pur_rc
look(void)
{
	enum pur_rc rc = pur_intake_route(&rq);

	if (rc == PUR_OK)
		rc = pur_intake_input(&rq);
	assert_int_equal(rq.error.rc, rc);
	return rc;
}

static void
assert_taken(void)
{
	if (look() != PUR_OK)
		fail_msg("%s %s?%s is refused: %s %s", rq.in.method, rq.in.path,
			 rq.in.query != NULL ? rq.in.query : "", pur_rc_info(rq.error.rc)->code,
			 rq.error.details != NULL ? rq.error.details->message : "");
}

static void
assert_refused(enum pur_rc rc, const char *details)
{
	assert_int_equal(look(), rc);
	assert_details(&rq.error, details);
}

/* ---- the order ---- */

/* A request with every fault there can be; one after the other is mended. */
static void
test_refusals_win_in_their_order(void **state)
{
	struct pur_incoming in;
	int mended = 0;

	request(*state, "DELETE", "/api/nothing");
	rq.in.accept = "text/html";
	rq.in.authorization = NULL;
	rq.in.cookie = "__Host-purser=wrong";
	rq.in.sec_fetch_site = "cross-site";
	rq.in.too_large = true;
	rq.in.content_type = "text/plain";
	rq.in.idempotency_key = "";
	rq.in.query = "wrong=1";
	send_body("{");
	in = rq.in;
#define REFUSED_THEN_MEND(code, mend)                                                              \
	do {                                                                                       \
		request(*state, NULL, NULL);                                                       \
		rq.in = in;                                                                        \
		assert_int_equal(look(), (code));                                                  \
		mend;                                                                              \
		mended++;                                                                          \
	} while (0)
	REFUSED_THEN_MEND(PUR_ENOTFOUND, in.path = "/api/things");
	REFUSED_THEN_MEND(PUR_EMETHOD, in.method = "POST");
	REFUSED_THEN_MEND(PUR_EACCEPT, in.accept = "*/*");
	REFUSED_THEN_MEND(PUR_EAUTH, in.cookie = cookie);
	REFUSED_THEN_MEND(PUR_EFORBIDDEN, in.sec_fetch_site = "same-origin");
	REFUSED_THEN_MEND(PUR_ETOOLARGE, in.too_large = false);
	REFUSED_THEN_MEND(PUR_EMEDIA, in.content_type = "application/json");
	REFUSED_THEN_MEND(PUR_EINPUT, in.idempotency_key = "k-1");
	REFUSED_THEN_MEND(PUR_EINPUT, in.query = "dry_run=true");
	REFUSED_THEN_MEND(PUR_EJSON, in.body = "2");
	REFUSED_THEN_MEND(PUR_EBODY, in.body = "{\"name\":\"a\"}");
	in.body_len = strlen(in.body);
	request(*state, NULL, NULL);
	rq.in = in;
	assert_taken();
	assert_int_equal(mended, 11);
}

/* ---- the first look ---- */

static void
test_routes_and_methods(void **state)
{
	request(*state, "GET", "/api/v1/other");
	assert_int_equal(pur_intake_route(&rq), PUR_ENOTFOUND);
	request(*state, "GET", "/api/v1/things/%00");
	assert_int_equal(pur_intake_route(&rq), PUR_ENOTFOUND);
	request(*state, "PUT", "/api/v1/things");
	assert_int_equal(pur_intake_route(&rq), PUR_EMETHOD);
	assert_int_equal(rq.path.allowed, PUR_GET | PUR_POST);
	request(*state, "get", "/api/v1/things");
	assert_int_equal(pur_intake_route(&rq), PUR_EMETHOD);
	request(*state, "", "/api/v1/things");
	assert_int_equal(pur_intake_route(&rq), PUR_EMETHOD);
}

static void
test_versions(void **state)
{
#define V2 "application/vnd.purser.v2+json"
#define V3 "application/vnd.purser.v3+json"
	static const struct {
		const char *path, *accept;
		int version; /* 0: refused */
	} rows[] = {
		{ "/api/v1/things", NULL, 1 },
		{ "/api/v2/things", NULL, 2 },
		{ "/api/things", NULL, 1 },
		{ "/api/things", "application/json", 1 },
		{ "/api/things", "*/*", 1 },
		{ "/api/things", V2, 2 },
		{ "/api/things", "application/vnd.purser.v1+json", 1 },
		{ "/api/things", "application/json;q=0.5, " V2, 2 },
		{ "/api/v1/things", V2, 1 }, /* the URL wins */
		{ "/api/v2/things", "application/vnd.purser.v1+json", 2 },
		{ "/api/things", V3, 0 },
		{ "/api/things", V3 ", */*", 0 },
		{ "/api/v1/things", V3 ", */*", 1 },
		{ "/api/things", V3 ", " V2, 2 },
		{ "/api/things", "text/html", 0 },
		{ "/api/v1/things", "application/json;q=0", 0 },
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		request(*state, "GET", rows[i].path);
		rq.in.accept = rows[i].accept;
		if (pur_intake_route(&rq) != (rows[i].version == 0 ? PUR_EACCEPT : PUR_OK))
			fail_msg("%s with %s", rows[i].path, rows[i].accept);
		if (rows[i].version != 0)
			assert_int_equal(rq.version, rows[i].version);
	}
}

static void
test_credentials(void **state)
{
	request(*state, "GET", "/api/v1/things");
	assert_taken();
	assert_true(rq.credential.given && !rq.credential.from_cookie);
	assert_memory_equal(rq.input.tenant.b, tenant.b, sizeof(tenant.b));
	rq.in.authorization = NULL;
	rq.in.cookie = cookie;
	assert_taken();
	assert_true(rq.credential.from_cookie);
	request(*state, "GET", "/api/v1/things");
	rq.in.authorization = NULL;
	assert_refused(PUR_EAUTH, "");
	request(*state, "GET", "/api/v1/things");
	rq.in.authorization = NULL;
	rq.in.cookie = "purser=x; __Host-other=y";
	assert_refused(PUR_EAUTH, "");
	request(*state, "GET", "/api/v1/things");
	rq.in.authorization = "Bearer nonsense";
	rq.in.cookie = cookie;
	assert_refused(PUR_EAUTH, "");
}

static void
test_public_routes_need_no_credential(void **state)
{
	request(*state, "POST", "/api/v1/login");
	rq.in.authorization = NULL;
	assert_taken();
	request(*state, "POST", "/api/v1/login");
	rq.in.authorization = "Bearer nonsense";
	assert_taken();
	assert_false(rq.credential.given);
}

static void
test_what_statements_will_need(void **state)
{
	struct pur_uuid first;

	request(*state, "GET", "/api/v1/things/acme");
	assert_taken();
	assert_ptr_equal(rq.input.route, &routes[GET - 1]);
	assert_string_equal(pur_match_part(rq.input.path, "ref"), "acme");
	assert_string_equal(rq.input.request_id, "r-1");
	assert_string_equal(rq.input.address, "::1");
	assert_string_equal(rq.input.agent, "curl");
	first = rq.input.id;
	request(*state, "GET", "/api/v1/things/acme");
	assert_taken();
	assert_memory_not_equal(rq.input.id.b, first.b, sizeof(first.b));
}

/* ---- writes by cookie ---- */

static void
test_writes_by_cookie_come_from_our_own_pages(void **state)
{
	static const struct {
		const char *sec_fetch_site, *origin;
		bool taken;
	} rows[] = {
		{ "same-origin", NULL, true },
		{ "same-origin", "https://evil.example", true }, /* the browser vouches for it */
		{ NULL, "https://localhost:8443", true },
		{ NULL, NULL, false },
		{ "cross-site", NULL, false },
		{ "same-site", NULL, false },
		{ "none", NULL, false },
		{ "", NULL, false },
		{ "Same-Origin", NULL, false },
		{ "same-origin, cross-site", NULL, false },
		{ "cross-site", "https://localhost:8443", false },
		{ NULL, "null", false },
		{ NULL, "", false },
		{ NULL, "https://localhost", false },
		{ NULL, "http://localhost:8443", false },
		{ NULL, "https://localhost:84430", false },
		{ NULL, "https://localhost:8443/", false },
		{ NULL, "https://localhost:8443.evil.example", false },
		{ NULL, "HTTPS://LOCALHOST:8443", false },
	};
	static const char *const writes[] = { "POST", "/api/v1/things/acme/restore", "DELETE",
					      "/api/v1/things/acme" };

	for (size_t i = 0; i < N_OF(rows); i++) {
		for (size_t j = 0; j < N_OF(writes); j += 2) {
			request(*state, writes[j], writes[j + 1]);
			rq.in.authorization = NULL;
			rq.in.cookie = cookie;
			rq.in.sec_fetch_site = rows[i].sec_fetch_site;
			rq.in.origin = rows[i].origin;
			if (look() != (rows[i].taken ? PUR_OK : PUR_EFORBIDDEN))
				fail_msg("%s from %s is %s", rows[i].sec_fetch_site, rows[i].origin,
					 pur_rc_info(rq.error.rc)->code);
		}
	}
}

static void
test_nobody_else_needs_an_origin(void **state)
{
	/* a read */
	request(*state, "GET", "/api/v1/things");
	rq.in.authorization = NULL;
	rq.in.cookie = cookie;
	rq.in.sec_fetch_site = "cross-site";
	assert_taken();
	request(*state, "HEAD", "/api/v1/things");
	rq.in =
	    (struct pur_incoming){ .method = "HEAD", .path = "/api/v1/things", .cookie = cookie };
	assert_taken();
	/* a write that a browser cannot send by itself */
	request(*state, "DELETE", "/api/v1/things/acme");
	rq.in.cookie = cookie;
	rq.in.sec_fetch_site = "cross-site";
	rq.in.origin = "https://evil.example";
	assert_taken();
}

/* ---- headers ---- */

static void
test_media_types(void **state)
{
	static const struct {
		const char *method, *type;
		bool taken;
	} rows[] = {
		{ "PUT", "application/json", true },
		{ "PUT", "Application/JSON ; charset=utf-8", true },
		{ "PUT", "application/merge-patch+json", false },
		{ "PUT", NULL, false },
		{ "PUT", "", false },
		{ "PUT", "text/plain", false },
		{ "PUT", "application/x-www-form-urlencoded", false },
		{ "PUT", "multipart/form-data; boundary=x", false },
		{ "PUT", "application/jsonp", false },
		{ "PUT", "application/json, text/plain", false },
		{ "PATCH", "application/json", true },
		{ "PATCH", "application/merge-patch+json", true },
		{ "PATCH", "application/json-patch+json", false },
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		request(*state, rows[i].method, "/api/v1/things/acme");
		rq.in.content_type = rows[i].type;
		send_body("{\"name\":\"a\"}");
		if (look() != (rows[i].taken ? PUR_OK : PUR_EMEDIA))
			fail_msg("%s of %s", rows[i].method, rows[i].type);
		if (!rows[i].taken)
			assert_string_equal(
			    rq.error.message,
			    rows[i].method[1] == 'A'
				? "Send application/json or application/merge-patch+json"
				: "Send application/json");
	}
	/* Where there is no body, its type says nothing. */
	request(*state, "DELETE", "/api/v1/things/acme");
	rq.in.content_type = "text/plain";
	assert_taken();
}

static void
test_content_encoding(void **state)
{
	static const struct {
		const char *coding;
		bool taken;
	} rows[] = {
		{ NULL, true },
		{ "identity", true },
		{ "Identity", true },
		{ "gzip", false },
		{ "br", false },
		{ "", false },
		{ "identity, gzip", false },
		{ "identity;", false },
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		request(*state, "POST", "/api/v1/things");
		rq.in.content_encoding = rows[i].coding;
		send_body("{\"name\":\"a\"}");
		if (look() != (rows[i].taken ? PUR_OK : PUR_EMEDIA))
			fail_msg("coding %s", rows[i].coding);
		if (!rows[i].taken)
			assert_string_equal(rq.error.message, "Send it without Content-Encoding");
	}
	request(*state, "DELETE", "/api/v1/things/acme");
	rq.in.content_encoding = "gzip";
	assert_taken();
}

static void
test_large_bodies(void **state)
{
	static char body[PUR_BODY_MOST + 2];

	memset(body, ' ', sizeof(body) - 1);
	memcpy(body, "{\"name\":\"a\"}", 12);
	request(*state, "POST", "/api/v1/things");
	rq.in.body = body;
	rq.in.body_len = PUR_BODY_MOST;
	assert_taken();
	request(*state, "POST", "/api/v1/things");
	rq.in.body = body;
	rq.in.body_len = PUR_BODY_MOST + 1;
	assert_refused(PUR_ETOOLARGE, "");
	request(*state, "POST", "/api/v1/things");
	rq.in.too_large = true;
	assert_refused(PUR_ETOOLARGE, "");
}

/* The revisions that an If-Match names, as words; NULL where it asks for none. */
static const char *
revisions(struct pur_arena *a, const char *header)
{
	const char *words = "";

	request(a, "DELETE", "/api/v1/things/acme");
	rq.in.if_match = header;
	assert_taken();
	if (rq.input.match == NULL)
		return NULL;
	for (size_t i = 0; i < rq.input.n_match; i++) {
		assert_int_equal(rq.input.match[i].type, PUR_INT);
		words = pur_sprintf(a, "%s%s%lld", words, i > 0 ? " " : "",
				    (long long)rq.input.match[i].i);
	}
	return words;
}

static void
test_if_match(void **state)
{
	static const struct {
		const char *header, *revisions;
	} rows[] = {
		{ "\"5\"", "5" },
		{ "W/\"5\"", "5" },
		{ "\"9223372036854775806\"", "9223372036854775806" },
		{ "\"5\", \"7\"", "5 7" },
		{ "W/\"5\",\"7\" ,\tW/\"9\"", "5 7 9" },
		{ ",, \"5\",,", "5" },
		{ "\"x\", \"5\"", "5" },
		{ "\"a,b\", \"5\"", "5" },
		/* None of ours: it matches nothing, which is not the same as asking for nothing. */
		{ "", "" },
		{ "5", "" },
		{ "\"\"", "" },
		{ "\"x\"", "" },
		{ "\"5", "" },
		{ "5\"", "" },
		{ "\"5x\"", "" },
		{ "\"0\"", "" },
		{ "\"-5\"", "" },
		{ "\"5.0\"", "" },
		{ "w/\"5\"", "" },
		{ "W/", "" },
		{ "W/5", "" },
		{ "'5'", "" },
	};

	assert_null(revisions(*state, NULL));
	assert_null(revisions(*state, "*"));
	for (size_t i = 0; i < N_OF(rows); i++) {
		const char *words = revisions(*state, rows[i].header);

		if (words == NULL || strcmp(words, rows[i].revisions) != 0)
			fail_msg("%s is \"%s\"", rows[i].header, words);
	}
}

/* ETags are opaque: what is only the same number is another one. */
static void
test_if_match_of_what_only_looks_like_ours(void **state)
{
	static const char *const headers[] = { "\"05\"", "\" 5\"", "\"+5\"", "\"\t5\"",
					       "\"99999999999999999999\"" };

	for (size_t i = 0; i < N_OF(headers); i++) {
		if (strcmp(revisions(*state, headers[i]), "") != 0)
			fail_msg("%s is %s", headers[i], revisions(*state, headers[i]));
	}
}

static void
test_if_match_of_very_many(void **state)
{
	struct pur_buf b = { .data = NULL };
	const char *words;

	for (int i = 1; i <= 1000; i++)
		pur_buf_printf(&b, "\"%d\", ", i);
	pur_buf_putc(&b, '\0');
	words = revisions(*state, b.data);
	assert_memory_equal(words, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", 38);
	pur_buf_free(&b);
}

static void
test_if_match_means_nothing_to_a_read(void **state)
{
	request(*state, "GET", "/api/v1/things/acme");
	rq.in.if_match = "\"5\"";
	assert_taken();
	assert_null(rq.input.match);
}

/* ---- Idempotency-Key ---- */

static void
test_keys(void **state)
{
	request(*state, "POST", "/api/v1/things/acme/restore");
	assert_taken();
	assert_null(rq.key.key);
	rq.in.idempotency_key = "k-1";
	assert_taken();
	assert_string_equal(rq.key.key, "k-1");
	assert_string_equal(rq.key.route, "POST /things/{ref}/restore");
	request(*state, "POST", "/api/v1/things/acme/restore");
	rq.in.idempotency_key = "two words";
	assert_refused(PUR_EINPUT, "Idempotency-Key: Must be 1 to 255 visible ASCII characters");
	request(*state, "POST", "/api/v1/things/acme/restore");
	rq.in.idempotency_key = "";
	assert_refused(PUR_EINPUT, "Idempotency-Key: Must be 1 to 255 visible ASCII characters");
	request(*state, "POST", "/api/v1/login");
	rq.in.idempotency_key = "k-1";
	assert_refused(PUR_EINPUT, "Idempotency-Key: Not here: the answer holds a secret");
	request(*state, "GET", "/api/v1/things");
	rq.in.idempotency_key = "two words";
	assert_taken();
	assert_null(rq.key.key);
}

/* Whatever makes a request another one makes its fingerprint another one. */
static void
test_fingerprints(void **state)
{
	static const struct {
		const char *method, *path, *query, *body;
	} requests[] = {
		{ "PUT", "/api/v1/things/acme", NULL, "{\"name\":\"a\"}" },
		{ "PATCH", "/api/v1/things/acme", NULL, "{\"name\":\"a\"}" },
		{ "PUT", "/api/v2/things/acme", NULL, "{\"name\":\"a\"}" },
		{ "PUT", "/api/v1/things/other", NULL, "{\"name\":\"a\"}" },
		{ "PUT", "/api/v1/things/acme", "dry_run=true", "{\"name\":\"a\"}" },
		{ "PUT", "/api/v1/things/acme", NULL, "{\"name\":\"b\"}" },
		{ "PUT", "/api/v1/things/acme", NULL, "{\"name\":\"a\"} " },
		{ "DELETE", "/api/v1/things/acme", NULL, NULL },
		{ "DELETE", "/api/v1/things/acme", NULL, "{}" },
	};
	unsigned char prints[N_OF(requests)][PUR_FINGERPRINT];

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < N_OF(requests); i++) {
			request(*state, requests[i].method, requests[i].path);
			rq.in.query = requests[i].query;
			rq.in.idempotency_key = "k-1";
			if (requests[i].body != NULL)
				send_body(requests[i].body);
			assert_taken();
			if (round == 1)
				assert_memory_equal(rq.key.fingerprint, prints[i], PUR_FINGERPRINT);
			memcpy(prints[i], rq.key.fingerprint, PUR_FINGERPRINT);
			for (size_t j = 0; j < i; j++)
				assert_memory_not_equal(prints[i], prints[j], PUR_FINGERPRINT);
		}
	}
}

/* The version may come by header: the same bytes then mean something else. */
static void
test_fingerprints_know_the_version(void **state)
{
	unsigned char print[PUR_FINGERPRINT];

	request(*state, "DELETE", "/api/things/acme");
	rq.in.idempotency_key = "k-1";
	assert_taken();
	memcpy(print, rq.key.fingerprint, sizeof(print));
	request(*state, "DELETE", "/api/things/acme");
	rq.in.idempotency_key = "k-1";
	rq.in.accept = V2;
	assert_taken();
	assert_memory_not_equal(rq.key.fingerprint, print, sizeof(print));
}

/* ---- the query ---- */

static void
ask(struct pur_arena *a, const char *method, const char *path, const char *query)
{
	request(a, method, path);
	rq.in.query = query;
}

static void
test_parameters_of_a_list(void **state)
{
	ask(*state, "GET", "/api/v1/things",
	    "page=2&status%5Bin%5D=new,old&sort=name&fields=id,name");
	assert_taken();
	assert_int_equal(rq.list.page, 2);
	assert_int_equal(rq.list.per_page, 20);
	assert_int_equal(rq.list.n_filters, 1);
	assert_int_equal(rq.list.filters[0].n, 2);
	assert_int_equal(rq.list.n_sorts, 1);
	assert_false(rq.list.sorts[0].descending);
	assert_string_equal(rq.only, "id,name");
	ask(*state, "GET", "/api/v1/things", NULL);
	assert_taken();
	assert_int_equal(rq.list.page, 1);
	assert_true(rq.list.sorts[0].descending);
	assert_null(rq.only);
}

static void
test_unknown_parameters_are_all_told(void **state)
{
	ask(*state, "GET", "/api/v1/things", "page=0&color=red&status=gone&dry_run=true&=x&Page=1");
	assert_refused(PUR_EINPUT, "page: Must be an integer from 1 to 1000000\n"
				   "color: Unknown parameter\n"
				   "status: Must be one of the values it can have\n"
				   "dry_run: Unknown parameter\n"
				   ": Unknown parameter\n"
				   "Page: Unknown parameter");
	ask(*state, "GET", "/api/v1/things/acme", "page=1&status=new");
	assert_refused(PUR_EINPUT, "page: Unknown parameter\nstatus: Unknown parameter");
}

/* A filter may be there twice, for all must hold; of anything else one would have to be picked. */
static void
test_parameters_that_are_given_twice(void **state)
{
	ask(*state, "GET", "/api/v1/things", "name=Ada&name=Ada&name%5Bgt%5D=A&sort=name");
	assert_taken();
	assert_int_equal(rq.list.n_filters, 3);
	ask(*state, "GET", "/api/v1/things", "page=1&sort=name&page=1&sort=-name&Page=1&page=2");
	assert_refused(PUR_EINPUT, "page: Is given more than once\n"
				   "sort: Is given more than once\n"
				   "Page: Unknown parameter\n"
				   "page: Is given more than once");
	ask(*state, "GET", "/api/v1/things/report", "days=1&days=1");
	assert_refused(PUR_EINPUT, "days: Is given more than once");
}

static void
test_faults_of_headers_and_query_together(void **state)
{
	ask(*state, "POST", "/api/v1/things", "color=red&dry_run=x");
	rq.in.idempotency_key = "a b";
	assert_refused(PUR_EINPUT, "Idempotency-Key: Must be 1 to 255 visible ASCII characters\n"
				   "color: Unknown parameter\n"
				   "dry_run: Must be true or false");
}

static void
test_parameters_that_do_not_go_together(void **state)
{
	ask(*state, "GET", "/api/v1/things", "cursor=&perPage=5");
	assert_taken();
	ask(*state, "GET", "/api/v1/things", "cursor=&perPage=5&page=1");
	assert_refused(PUR_EINPUT, "page: Not beside cursor");
	ask(*state, "GET", "/api/v1/things", "page=1&perPage=5&cursor=&status=new");
	rq.in.accept = "text/csv";
	assert_refused(PUR_EINPUT, "page: Not in an export, which is the whole list\n"
				   "perPage: Not in an export, which is the whole list\n"
				   "cursor: Not in an export, which is the whole list");
	ask(*state, "GET", "/api/v1/things", "status=new&sort=name&fields=id");
	rq.in.accept = "application/x-ndjson";
	assert_taken();
}

/* A page of another origin, by what a browser says: no script can set either header. */
static void
test_whose_page_it_is(void **state)
{
	static const struct {
		const char *origin, *site, *foreign;
	} rows[] = {
		{ NULL, NULL, NULL },
		{ NULL, "cross-site", NULL },
		{ "https://localhost:8443", NULL, NULL },
		{ "https://localhost:8443", "cross-site", NULL },
		{ "https://shop.example", "same-origin", NULL },
		{ "https://shop.example", NULL, "https://shop.example" },
		{ "https://shop.example", "same-site", "https://shop.example" },
		{ "https://localhost", NULL, "https://localhost" },
		{ "http://shop.example", NULL, "null" },
		{ "null", NULL, "null" },
		{ "\xff", "cross-site", "null" },
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		request(*state, "GET", "/api/v1/things");
		rq.in.origin = rows[i].origin;
		rq.in.sec_fetch_site = rows[i].site;
		assert_taken();
		if (rows[i].foreign == NULL)
			assert_null(rq.origin);
		else
			assert_string_equal(rq.origin, rows[i].foreign);
	}
}

static void
test_a_routes_own_parameters(void **state)
{
	ask(*state, "GET", "/api/v1/things/late", "days=7&name=true&status=new");
	assert_taken();
	assert_ptr_equal(rq.input.query, rq.query);
	assert_int_equal(rq.query[0].i, 7);
	assert_true(rq.query[1].given && rq.query[1].b); /* before the list's filter of that name */
	assert_int_equal(rq.list.n_filters, 1);
	ask(*state, "GET", "/api/v1/things/late", "days=soon");
	assert_refused(PUR_EINPUT, "days: Must be an integer");
	ask(*state, "GET", "/api/v1/things/late", NULL);
	assert_taken();
	assert_int_equal(rq.query[0].type, PUR_NOTYPE);
	ask(*state, "GET", "/api/v1/things/report", "days=7&fields=id");
	assert_refused(PUR_EINPUT, "fields: Unknown parameter");
}

static void
test_fields(void **state)
{
	ask(*state, "GET", "/api/v1/things/acme", "fields=id,status");
	assert_taken();
	assert_string_equal(rq.only, "id,status");
	ask(*state, "GET", "/api/v1/things/acme", "fields=id,%22x%22");
	assert_refused(PUR_EINPUT, "fields: No field \"\"x\"\"");
	ask(*state, "GET", "/api/v1/things/acme", "fields=");
	assert_refused(PUR_EINPUT, "fields: No field \"\"");
	ask(*state, "GET", "/api/v1/things/acme", "fields=id,");
	assert_refused(PUR_EINPUT, "fields: No field \"\"");
	ask(*state, "GET", "/api/v1/things/acme", "fields=_revision");
	assert_refused(PUR_EINPUT, "fields: No field \"_revision\"");
	ask(*state, "DELETE", "/api/v1/things/acme", "fields=id");
	assert_refused(PUR_EINPUT, "fields: Unknown parameter");
}

static void
test_parameters_are_held_to_their_field(void **state)
{
	ask(*state, "GET", "/api/v1/sums", "from=2026-05-01&steps=10&word=abc");
	assert_taken();
	assert_int_equal(rq.query[1].i, 10);
	assert_true(rq.query[1].given);
	ask(*state, "GET", "/api/v1/sums",
	    "from=May&steps=11&until=1970-01-01T00:00:01Z&word=abcd");
	assert_refused(PUR_EINPUT, "from: Must be a date like 2026-05-01\n"
				   "steps: Must be at most 10\n"
				   "until: Must be in the future\n"
				   "word: Must have at most 3 characters");
}

static void
test_parameters_that_were_not_given(void **state)
{
	ask(*state, "GET", "/api/v1/sums", "from=1970-01-02");
	assert_taken();
	assert_int_equal(rq.query[0].i, 1);
	assert_int_equal(rq.query[1].type, PUR_INT);
	assert_int_equal(rq.query[1].i, 3); /* its default */
	assert_false(rq.query[1].given || rq.query[1].null);
	assert_true(rq.query[2].null && rq.query[3].null);
	ask(*state, "GET", "/api/v1/sums", NULL);
	assert_refused(PUR_EINPUT, "from: Is required");
	ask(*state, "GET", "/api/v1/sums", "steps=0&nothing=1");
	assert_refused(PUR_EINPUT, "steps: Must be at least 1\n"
				   "nothing: Unknown parameter\n"
				   "from: Is required");
}

/* What can be filtered, sorted and shown is what the rows of the route have. */
static void
test_a_routes_own_fields(void **state)
{
	ask(*state, "GET", "/api/v1/sums", "from=1970-01-02&day=1970-01-03&fields=day");
	assert_taken();
	assert_ptr_equal(rq.list.filters[0].field, &sum_fields[0]);
	assert_ptr_equal(rq.list.sorts[0].field, &sum_fields[0]);
	assert_string_equal(rq.only, "day");
	ask(*state, "GET", "/api/v1/sums", "from=1970-01-02&name=x&sort=name&fields=name");
	assert_refused(PUR_EINPUT, "name: Unknown parameter\n"
				   "sort: Can't be sorted by name\n"
				   "fields: No field \"name\"");
}

static void
test_includes_are_for_reads_that_have_some(void **state)
{
	static const char *const without[] = { "GET",   "/api/v1/things",
					       "GET",   "/api/v1/things/acme",
					       "PATCH", "/api/v1/views/acme" };

	ask(*state, "GET", "/api/v1/views", "include=owner");
	assert_taken();
	assert_int_equal(rq.list.view.n_includes, 1);
	assert_string_equal(rq.list.view.includes[0]->name, "owner");
	ask(*state, "GET", "/api/v1/views/acme", "include=owner&fields=id,owner");
	assert_taken();
	assert_int_equal(rq.list.view.n_includes, 1);
	ask(*state, "GET", "/api/v1/views/acme", "include=friends");
	assert_refused(PUR_EINPUT, "include: Can't include friends");
	for (size_t i = 0; i < N_OF(without); i += 2) {
		ask(*state, without[i], without[i + 1], "include=owner");
		assert_refused(PUR_EINPUT, "include: Unknown parameter");
	}
}

static void
test_what_is_deleted_is_for_lists_that_have_some(void **state)
{
	static const char *const without[] = { "/api/v1/things", "/api/v1/views/acme" };

	ask(*state, "GET", "/api/v1/views", "deleted=true");
	assert_taken();
	assert_true(rq.list.view.deleted);
	ask(*state, "GET", "/api/v1/views", "deleted=no");
	assert_refused(PUR_EINPUT, "deleted: Must be true or false");
	for (size_t i = 0; i < N_OF(without); i++) {
		ask(*state, "GET", without[i], "deleted=true");
		assert_refused(PUR_EINPUT, "deleted: Unknown parameter");
	}
}

static void
test_dry_runs(void **state)
{
	ask(*state, "DELETE", "/api/v1/things/acme", "dry_run=true");
	assert_taken();
	assert_true(rq.dry_run);
	ask(*state, "DELETE", "/api/v1/things/acme", NULL);
	assert_taken();
	assert_false(rq.dry_run);
	ask(*state, "DELETE", "/api/v1/things/acme", "dry_run=yes");
	assert_int_equal(look(), PUR_EINPUT);
	ask(*state, "DELETE", "/api/v1/things/acme", "dry_run");
	assert_int_equal(look(), PUR_EINPUT);
}

static void
test_queries_that_cannot_be_read(void **state)
{
	static const char *const queries[] = { "name=%", "%zz=1", "name=%00", "name=%ff",
					       "%c0%af=1" };
	struct pur_buf many = { .data = NULL };

	for (size_t i = 0; i < N_OF(queries); i++) {
		ask(*state, "GET", "/api/v1/things", queries[i]);
		assert_int_equal(look(), PUR_EINPUT);
	}
	for (int i = 0; i < 65; i++)
		pur_buf_puts(&many, "page=1&");
	pur_buf_putc(&many, '\0');
	ask(*state, "GET", "/api/v1/things", many.data);
	assert_int_equal(look(), PUR_EINPUT);
	pur_buf_free(&many);
}

/* As many parameters as a query may have, all filters: there is room for a few, and it holds. */
static void
test_very_many_filters(void **state)
{
	struct pur_buf many = { .data = NULL };

	for (int i = 0; i < 64; i++)
		pur_buf_puts(&many, "name=Ada&");
	pur_buf_putc(&many, '\0');
	ask(*state, "GET", "/api/v1/things", many.data);
	assert_int_equal(look(), PUR_EINPUT);
	assert_int_equal(rq.list.n_filters, PUR_LIST_FILTERS);
	pur_buf_free(&many);
}

/* ---- the body ---- */

static void
test_a_body(void **state)
{
	request(*state, "POST", "/api/v1/things");
	send_body("{\"name\":\"Ada\",\"price\":5}");
	assert_taken();
	assert_ptr_equal(rq.input.fields, fields);
	assert_string_equal(rq.input.body[1].s, "Ada");
	assert_int_equal(rq.input.body[3].i, 5);
	assert_null(rq.currency_given.code);
	request(*state, "PATCH", "/api/v1/things/acme");
	send_body("{\"price\":5}");
	assert_taken();
	assert_false(rq.input.body[1].given);
	request(*state, "PUT", "/api/v1/things/acme");
	send_body("{\"id\":\"ignored\",\"name\":\"Ada\"}");
	assert_taken();
}

static void
test_a_body_of_v2(void **state)
{
	request(*state, "POST", "/api/v2/things");
	send_body("{\"name\":\"Ada\",\"price\":{\"amount\":5,\"currency\":\"JPY\"}}");
	assert_taken();
	assert_int_equal(rq.input.body[3].i, 5);
	assert_string_equal(rq.currency_given.code, "JPY");
	assert_string_equal(rq.currency_given.path, "price");
	request(*state, "POST", "/api/v2/things");
	send_body("{\"name\":\"Ada\",\"price\":5}");
	assert_int_equal(look(), PUR_EBODY);
}

static void
test_what_a_body_refers_to(void **state)
{
	request(*state, "POST", "/api/v1/things");
	send_body("{\"name\":\"Ada\",\"owner_id\":\"01890a5d-ac96-774b-bcce-b302099a8057\"}");
	assert_taken();
	assert_int_equal(rq.refers.n, 1);
	assert_string_equal(rq.refers.fields[0]->name, "owner_id");
	request(*state, "PATCH", "/api/v1/things/acme");
	send_body("{\"name\":\"Ada\"}");
	assert_taken();
	assert_int_equal(rq.refers.n, 0);
	request(*state, "PATCH", "/api/v1/things/acme");
	send_body("{\"owner_id\":null}");
	assert_taken();
	assert_int_equal(rq.refers.n, 0);
}

static void
test_faults_of_a_body(void **state)
{
	static const struct {
		const char *method, *path, *body, *message, *details;
	} rows[] = {
		{ "POST", "/api/v1/things", "{\"id\":1,\"nam\":2}", "Thing could not be created",
		  "id: Read-only\nname: Is required\nnam: Unknown field" },
		{ "POST", "/api/v1/things", "", "Thing could not be created", "name: Is required" },
		{ "POST", "/api/v1/things", "[]", "Thing could not be created",
		  ": Must be an object" },
		{ "PUT", "/api/v1/things/acme", "{\"name\":\"\"}", "Thing could not be changed",
		  "name: Must not be empty" },
		{ "PATCH", "/api/v1/things/acme", "{\"id\":1}", "Thing could not be changed",
		  "id: Read-only" },
		{ "DELETE", "/api/v1/things/acme", "{\"why\":1}", "Thing could not be deleted",
		  "why: Unknown field" },
		{ "POST", "/api/v1/things/acme/restore", "{\"why\":1}",
		  "Thing could not be restored", "why: Unknown field" },
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		request(*state, rows[i].method, rows[i].path);
		send_body(rows[i].body);
		assert_refused(PUR_EBODY, rows[i].details);
		assert_string_equal(rq.error.message, rows[i].message);
		assert_null(rq.input.body);
	}
}

static void
test_bodies_that_are_no_json(void **state)
{
	static const struct {
		const char *body, *message;
	} rows[] = {
		{ "{", "Text ends too early" },
		{ "{\"name\":NaN}", "Unexpected character at byte 8" },
		{ "{\"name\":1,\"name\":2}", "Duplicate member \"name\"" },
		{ "name=Ada", "Unexpected character at byte 1" },
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		request(*state, "POST", "/api/v1/things");
		send_body(rows[i].body);
		assert_refused(PUR_EJSON, "");
		assert_string_equal(rq.error.message, rows[i].message);
	}
}

static void
test_actions_need_no_body(void **state)
{
	request(*state, "POST", "/api/v1/things/acme/restore");
	assert_taken();
	assert_null(rq.input.body);
	request(*state, "POST", "/api/v1/things/acme/restore");
	send_body("{}");
	assert_taken();
	/* What a GET bears is nobody's business. */
	request(*state, "GET", "/api/v1/things");
	rq.in.content_type = "text/plain";
	send_body("nonsense");
	assert_taken();
}

/* ---- a small arena ---- */

static enum pur_rc
list_with(struct pur_arena *a)
{
	ask(a, "GET", "/api/v1/views", "status=new&sort=name&fields=id&page=2&include=owner");
	return look();
}

static enum pur_rc
patch_with(struct pur_arena *a)
{
	ask(a, "PATCH", "/api/v1/things/acme", "dry_run=true");
	rq.in.if_match = "\"5\"";
	rq.in.idempotency_key = "k-1";
	send_body("{\"name\":\"Ada\",\"price\":null}");
	return look();
}

static void
test_a_small_arena(void **state)
{
	(void)state;
	with_every_ceiling(list_with, PUR_OK);
	with_every_ceiling(patch_with, PUR_OK);
}

/* ---- lists as files and by cursor, and keys ---- */

/* Only a list is a file; what else is asked for so must be JSON too. */
static void
test_files_of_lists(void **state)
{
	static const struct {
		const char *path, *accept;
		int csv, ndjson; /* -1: refused */
	} rows[] = {
		{ "/api/v1/things", "text/csv", 1, 0 },
		{ "/api/v1/things", "application/x-ndjson", 0, 1 },
		{ "/api/v1/things", "text/csv, */*", 0, 0 },
		{ "/api/v1/things", "text/csv, */*;q=0.1", 1, 0 },
		{ "/api/v1/things/acme", "text/csv", -1, 0 },
		{ "/api/v1/things/acme", "application/x-ndjson", -1, 0 },
		{ "/api/v1/things/acme", "text/csv, */*;q=0.1", 0, 0 },
		{ "/api/v1/things/report", "text/csv, application/json;q=0.5", 0, 0 },
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		request(*state, "GET", rows[i].path);
		rq.in.accept = rows[i].accept;
		if (pur_intake_route(&rq) != (rows[i].csv < 0 ? PUR_EACCEPT : PUR_OK))
			fail_msg("%s with %s", rows[i].path, rows[i].accept);
		if (rows[i].csv >= 0) {
			assert_int_equal(rq.accept.csv, rows[i].csv);
			assert_int_equal(rq.accept.ndjson, rows[i].ndjson);
		}
	}
}

static void
test_cursors(void **state)
{
	static const unsigned char key[PUR_CURSOR_KEY] = "a key that is thirty-two bytes.";
	static const char *const last[] = { "Ada", "01890a5d-ac96-774b-bcce-b302099a8057" };
	const char *scope, *cursor;

	request(*state, "GET", "/api/v1/things");
	rq.cursor_key = key;
	rq.in.query = "cursor=";
	assert_taken();
	assert_string_equal(rq.list.cursor, "");
	assert_int_equal(rq.list.n_at, 0);
	scope = rq.list.scope;
	cursor = pur_cursor_make(*state, key, scope, last, 2);

	request(*state, "GET", "/api/v1/things");
	rq.cursor_key = key;
	rq.in.query = pur_sprintf(*state, "perPage=5&cursor=%s", cursor);
	assert_taken();
	assert_int_equal(rq.list.n_at, 2);
	assert_memory_equal(rq.list.at[0].s, "Ada", 3);

	/* In another order it is another list's. */
	request(*state, "GET", "/api/v1/things");
	rq.cursor_key = key;
	rq.in.query = pur_sprintf(*state, "sort=name&cursor=%s", cursor);
	assert_refused(PUR_EINPUT, "cursor: Is not a cursor of this list");

	/* And of another tenant. */
	request(*state, "GET", "/api/v1/things");
	rq.cursor_key = key;
	{
		struct pur_uuid stranger = pur_uuid_new();
		unsigned char hash[PUR_TOKEN_HASH];
		char header[PUR_TOKEN_TEXT + 8] = "Bearer ";

		pur_token_new(&stranger, header + 7, hash);
		rq.in.authorization = header;
		rq.in.query = pur_sprintf(*state, "cursor=%s", cursor);
		assert_refused(PUR_EINPUT, "cursor: Is not a cursor of this list");
	}
	request(*state, "GET", "/api/v1/things/acme");
	rq.in.query = "cursor=";
	assert_refused(PUR_EINPUT, "cursor: Unknown parameter");
}

/* Whatever a test key writes is a rehearsal; it reads what there is. */
static void
test_keys_that_rehearse(void **state)
{
	unsigned char hash[PUR_TOKEN_HASH];
	char header[PUR_KEY_TEXT + 8] = "Bearer ";

	for (int test = 0; test < 2; test++) {
		pur_key_new(&tenant, test, header + 7, hash);
		request(*state, "DELETE", "/api/v1/things/acme");
		rq.in.authorization = header;
		assert_taken();
		assert_true(rq.credential.key);
		assert_int_equal(rq.dry_run, test);
		request(*state, "DELETE", "/api/v1/things/acme");
		rq.in.authorization = header;
		rq.in.query = "dry_run=false";
		assert_taken();
		assert_int_equal(rq.dry_run, test);
		request(*state, "GET", "/api/v1/things");
		rq.in.authorization = header;
		assert_taken();
		assert_false(rq.dry_run);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals_win_in_their_order),
		cmocka_unit_test(test_routes_and_methods),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_credentials),
		cmocka_unit_test(test_public_routes_need_no_credential),
		cmocka_unit_test(test_what_statements_will_need),
		cmocka_unit_test(test_writes_by_cookie_come_from_our_own_pages),
		cmocka_unit_test(test_nobody_else_needs_an_origin),
		cmocka_unit_test(test_media_types),
		cmocka_unit_test(test_content_encoding),
		cmocka_unit_test(test_large_bodies),
		cmocka_unit_test(test_if_match),
		cmocka_unit_test(test_if_match_of_what_only_looks_like_ours),
		cmocka_unit_test(test_if_match_of_very_many),
		cmocka_unit_test(test_if_match_means_nothing_to_a_read),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_fingerprints),
		cmocka_unit_test(test_fingerprints_know_the_version),
		cmocka_unit_test(test_parameters_of_a_list),
		cmocka_unit_test(test_unknown_parameters_are_all_told),
		cmocka_unit_test(test_parameters_that_are_given_twice),
		cmocka_unit_test(test_faults_of_headers_and_query_together),
		cmocka_unit_test(test_parameters_that_do_not_go_together),
		cmocka_unit_test(test_whose_page_it_is),
		cmocka_unit_test(test_a_routes_own_parameters),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_parameters_are_held_to_their_field),
		cmocka_unit_test(test_parameters_that_were_not_given),
		cmocka_unit_test(test_a_routes_own_fields),
		cmocka_unit_test(test_includes_are_for_reads_that_have_some),
		cmocka_unit_test(test_what_is_deleted_is_for_lists_that_have_some),
		cmocka_unit_test(test_dry_runs),
		cmocka_unit_test(test_files_of_lists),
		cmocka_unit_test(test_cursors),
		cmocka_unit_test(test_keys_that_rehearse),
		cmocka_unit_test(test_queries_that_cannot_be_read),
		cmocka_unit_test(test_very_many_filters),
		cmocka_unit_test(test_a_body),
		cmocka_unit_test(test_a_body_of_v2),
		cmocka_unit_test(test_what_a_body_refers_to),
		cmocka_unit_test(test_faults_of_a_body),
		cmocka_unit_test(test_bodies_that_are_no_json),
		cmocka_unit_test(test_actions_need_no_body),
		cmocka_unit_test(test_a_small_arena),
	};

	return cmocka_run_group_tests(tests, start, free_arena);
}
