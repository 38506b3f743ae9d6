/*
 * sessions: logging in and out. A session is one device of one person in one tenant; its token is
 * shown once, only a hash of it is kept. A person sees and ends their own sessions alone.
 */
#include "purser.h"
#include <sodium.h>
#include <string.h>

enum { FIND = 1, CREATE, LIST, END_THIS, END_ONE, END_ALL };

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY },
	{ .name = "address", .type = PUR_TEXT, .flags = PUR_READONLY },
	{ .name = "user_agent", .type = PUR_TEXT, .flags = PUR_READONLY },
	{ .name = "current", .type = PUR_BOOL, .flags = PUR_READONLY },
	{ .name = "created_at", .type = PUR_TIME, .flags = PUR_READONLY | PUR_SORT },
	{ .name = "last_seen_at", .type = PUR_TIME, .flags = PUR_READONLY },
	{ .name = "expires_at", .type = PUR_TIME, .flags = PUR_READONLY },
	{ .name = NULL },
};

static const struct pur_field login_fields[] = {
	{ .name = "email", .type = PUR_EMAIL, .flags = PUR_REQUIRED },
	{ .name = "password", .type = PUR_TEXT, .flags = PUR_REQUIRED | PUR_WRITEONLY, .max = 128 },
	{ .name = "tenant", .type = PUR_SLUG, .summary = "Needed by members of several tenants" },
	{ .name = "cookie",
	  .type = PUR_BOOL,
	  .default_value = "false",
	  .summary = "Whether a browser shall keep the token as a cookie" },
	{ .name = NULL },
};

#define OWN "s.tenant_id = $1 AND s.user_id = " PUR_ACTOR
#define THIS "nullif(current_setting('app.current_session', true), '')::uuid"
#define COLUMNS                                                                                    \
	"s.id, host(s.address) AS address, s.user_agent, s.created_at, s.last_seen_at, s.expires_at"

static const struct pur_stmt stmts[] = {
	[FIND] = { PUR_MANY, "email tenant",
		   "SELECT tenant_id, slug, tenant_name, user_id, name, email, role, currency,"
		   " password_hash FROM login_candidates(lower($1), $2)",
		   .crosses_tenants = true },
	[CREATE] = { PUR_ONE,
		     "=tenant:uuid @id =user:uuid =hash:bytes =lifetime:int =idle:int @address @agent",
		     "INSERT INTO sessions AS s (tenant_id, id, user_id, token_hash, expires_at,"
		     " idle_seconds, address, user_agent) VALUES ($1, $2, $3, $4,"
		     " now() + $5 * interval '1 s', $6, $7::inet, $8)"
		     " RETURNING " COLUMNS },
	[LIST] = { PUR_LIST, "@tenant",
		   "SELECT " COLUMNS ", s.id = " THIS " AS current FROM sessions s WHERE " OWN
		   " AND s.expires_at > now()"
		   " AND s.last_seen_at > now() - s.idle_seconds * interval '1 s'" },
	[END_THIS] = { PUR_ONE, "@tenant",
		       "DELETE FROM sessions s WHERE " OWN " AND s.id = " THIS
		       " RETURNING " COLUMNS },
	[END_ONE] = { PUR_ONE, "@tenant /id",
		      "DELETE FROM sessions s WHERE " OWN " AND s.id = $2 RETURNING " COLUMNS },
	[END_ALL] = { PUR_MANY, "@tenant",
		      "DELETE FROM sessions s WHERE " OWN " RETURNING " COLUMNS },
};

static void
put_login(struct pur_buf *b, const char *token, const PGresult *who, int row,
	  const PGresult *session)
{
	static const char *const user[] = { "name", "email", "role" };
	int first = 1;

	pur_buf_puts(b, "{\"data\":{");
	pur_put_text(b, &first, "token", token);
	pur_put_column(b, &first, "id", session, 0, "id");
	pur_put_column(b, &first, "expires_at", session, 0, "expires_at");
	pur_buf_puts(b, ",\"user\":{");
	first = 1;
	pur_put_column(b, &first, "id", who, row, "user_id");
	for (int i = 0; i < PUR_COUNT(user); i++)
		pur_put_column(b, &first, user[i], who, row, user[i]);
	pur_buf_puts(b, "},\"tenant\":{");
	first = 1;
	pur_put_column(b, &first, "id", who, row, "tenant_id");
	pur_put_column(b, &first, "slug", who, row, "slug");
	pur_put_column(b, &first, "name", who, row, "tenant_name");
	pur_put_column(b, &first, "currency", who, row, "currency");
	pur_buf_puts(b, "}}}");
}

/*
 * How many memberships a password opens, and one of them. Most have the account's own password,
 * which is tried once.
 */
static int
find_fitting(const PGresult *found, const struct pur_value *password, int *row)
{
	const char *tried = NULL;
	int fitting = 0;
	bool fits = false;

	if (pur_rows_count(found) == 0)
		(void)pur_password_fits(NULL, password->s, password->len);
	for (int i = 0; i < pur_rows_count(found); i++) {
		const char *hash = pur_row_text(found, i, "password_hash");

		if (tried == NULL || hash == NULL || strcmp(tried, hash) != 0)
			fits = pur_password_fits(hash, password->s, password->len);
		tried = hash;
		fitting += fits;
		if (fits)
			*row = i;
	}
	return fitting;
}

/*
 * POST /sessions: the password is judged with no transaction open, since argon2id takes its time.
 */
static enum pur_rc
login(struct pur_req *rq)
{
	const struct pur_value *password = pur_body(rq, "password"),
			       *cookie = pur_body(rq, "cookie");
	char token[PUR_TOKEN_TEXT + 1];
	unsigned char hash[PUR_TOKEN_HASH];
	struct pur_uuid tenant, user;
	const PGresult *found;
	int row = 0, fitting;
	enum pur_rc rc = pur_do(rq, FIND);

	if (rc == PUR_OK)
		rc = pur_commit(rq);
	if (rc != PUR_OK)
		return rc;
	found = pur_rows(rq, FIND);
	fitting = find_fitting(found, password, &row);
	if (fitting == 0)
		return pur_fail(rq, PUR_EAUTH, "Wrong e-mail address, password or tenant");
	if (fitting > 1)
		return pur_fail(rq, PUR_ETENANT,
				"Say which tenant: this person belongs to several");
	if (pur_row_uuid(found, row, "tenant_id", &tenant) != 0 ||
	    pur_row_uuid(found, row, "user_id", &user) != 0)
		return pur_fail(rq, PUR_EINTERNAL, NULL);
	pur_token_new(&tenant, token, hash);
	pur_enter(rq, &tenant, &user);
	pur_set_uuid(rq, "tenant", &tenant);
	pur_set_uuid(rq, "user", &user);
	pur_set_bytes(rq, "hash", hash, sizeof(hash));
	pur_set_int(rq, "lifetime", pur_conf_of(rq)->session_lifetime);
	pur_set_int(rq, "idle", pur_conf_of(rq)->session_idle);
	rc = pur_do(rq, CREATE);
	if (rc == PUR_OK)
		rc = pur_wait(rq);
	if (rc != PUR_OK)
		return rc;
	put_login(pur_answer_begin(rq), token, found, row, pur_rows(rq, CREATE));
	if (cookie->b)
		pur_set_cookie(rq, token, pur_conf_of(rq)->session_lifetime);
	sodium_memzero(token, sizeof(token));
	return PUR_OK;
}

/* DELETE /sessions/current: a browser forgets its cookie too. */
static enum pur_rc
logout(struct pur_req *rq)
{
	pur_set_cookie(rq, "", 0);
	return pur_respond(rq, END_THIS);
}

static const struct pur_route routes[] = {
	{ PUR_POST, "/sessions", PUR_PUBLIC, PUR_NO_STORE, .run = login, .body = login_fields,
	  .effect = PUR_CREATES, .event = "session.created", .flags = PUR_SECRET | PUR_SLOW,
	  .errors = { PUR_EAUTH, PUR_ETENANT }, .summary = "Log in" },
	{ PUR_GET, "/sessions", PUR_ANY_ROLE, PUR_NO_STORE, .stmts = { LIST },
	  .sort = "-created_at", .summary = "List one's own sessions" },
	{ PUR_DELETE, "/sessions/current", PUR_ANY_ROLE, PUR_NO_STORE, .run = logout,
	  .event = "session.ended", .summary = "Log out" },
	{ PUR_DELETE, "/sessions/{id}", PUR_ANY_ROLE, PUR_NO_STORE, .stmts = { END_ONE },
	  .event = "session.ended", .summary = "End one of one's own sessions" },
	{ PUR_DELETE, "/sessions", PUR_ANY_ROLE, PUR_NO_STORE, .stmts = { END_ALL },
	  .event = "session.ended", .summary = "End all of one's own sessions" },
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "sessions", .title = "Session", .summary = "Logging in and out")
