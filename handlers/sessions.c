/*
 * sessions: logging in and out. A session is one device of one person in one tenant; its token is
 * shown once, only a hash of it is kept. A person sees and ends their own sessions alone. What asks
 * for a fresh proof of who one is takes a session for a while after its login, and after a step-up.
 */
#include "purser.h"
#include <sodium.h>
#include <string.h>

enum { FIND = 1, REHASH, CREATE, LIST, PROVE, END_THIS, END_ONE, END_ALL };

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "address", .type = PUR_TEXT, .flags = PUR_READONLY },
	{ .name = "user_agent", .type = PUR_TEXT, .flags = PUR_READONLY },
	{ .name = "current", .type = PUR_BOOL, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "created_at", .type = PUR_TIME, .flags = PUR_READONLY | PUR_ALWAYS | PUR_SORT },
	{ .name = "last_seen_at", .type = PUR_TIME, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "proved_at",
	  .type = PUR_TIME,
	  .flags = PUR_READONLY,
	  .summary = "When the password was last given for it" },
	{ .name = "expires_at", .type = PUR_TIME, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = NULL },
};

static const struct pur_field login_fields[] = {
	{ .name = "email", .type = PUR_EMAIL, .flags = PUR_REQUIRED },
	{ .name = "password", .type = PUR_TEXT, .flags = PUR_REQUIRED | PUR_WRITEONLY, .max = 128 },
	{ .name = "tenant", .type = PUR_SLUG, .summary = "Needed by members of several tenants" },
	{ .name = "otp",
	  .type = PUR_TEXT,
	  .max = PUR_TOTP_TYPED,
	  .flags = PUR_WRITEONLY,
	  .summary =
	      "The code of an authenticator app, or a recovery code, of those who have one" },
	{ .name = "cookie",
	  .type = PUR_BOOL,
	  .default_value = "false",
	  .summary = "Whether a browser shall keep the token as a cookie" },
	{ .name = NULL },
};

static const struct pur_field proof_fields[] = {
	{ .name = "password",
	  .type = PUR_TEXT,
	  .max = PUR_PASSWORD_MOST,
	  .flags = PUR_REQUIRED | PUR_WRITEONLY },
	{ .name = "otp", .type = PUR_TEXT, .max = PUR_TOTP_TYPED, .flags = PUR_WRITEONLY },
	{ .name = NULL },
};

static const struct pur_field user_fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_ALWAYS },
	{ .name = "name", .type = PUR_TEXT, .flags = PUR_ALWAYS },
	{ .name = "email", .type = PUR_EMAIL, .flags = PUR_ALWAYS },
	{ .name = "role", .type = PUR_TEXT, .flags = PUR_ALWAYS, .example = "\"staff\"" },
	{ .name = NULL },
};

static const struct pur_field tenant_fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_ALWAYS },
	{ .name = "slug", .type = PUR_SLUG, .flags = PUR_ALWAYS },
	{ .name = "name", .type = PUR_TEXT, .flags = PUR_ALWAYS },
	{ .name = "currency", .type = PUR_TEXT, .flags = PUR_ALWAYS, .example = "\"EUR\"" },
	{ .name = NULL },
};

/* What put_login() writes. */
static const struct pur_field login_answer[] = {
	{ .name = "token",
	  .type = PUR_TEXT,
	  .flags = PUR_ALWAYS,
	  .summary = "For Authorization: Bearer; shown this once" },
	{ .name = "id", .type = PUR_UUID, .flags = PUR_ALWAYS, .summary = "The session's" },
	{ .name = "expires_at", .type = PUR_TIME, .flags = PUR_ALWAYS },
	{ .name = "user",
	  .type = PUR_OBJECT,
	  .flags = PUR_READONLY | PUR_ALWAYS,
	  .of = user_fields },
	{ .name = "tenant",
	  .type = PUR_OBJECT,
	  .flags = PUR_READONLY | PUR_ALWAYS,
	  .of = tenant_fields },
	{ .name = NULL },
};

#define OWN "s.tenant_id = $1 AND s.user_id = " PUR_ACTOR
#define THIS "nullif(current_setting('app.current_session', true), '')::uuid"
#define COLUMNS                                                                                    \
	"s.id, host(s.address) AS address, s.user_agent, s.created_at, s.last_seen_at,"            \
	" s.proved_at, s.expires_at,"                                                              \
	" s.id = " THIS " AS current"

static const struct pur_stmt stmts[] = {
	[FIND] = { PUR_MANY, "email tenant",
		   "SELECT tenant_id, slug, tenant_name, user_id, name, email, role, currency,"
		   " password_hash FROM login_candidates(lower($1), $2)",
		   .crosses_tenants = true },
	[REHASH] = { PUR_EXEC, "=tenant:uuid =old:text =new:text",
		     "SELECT rehash_password($1, $2, $3)" },
	[CREATE] = { PUR_ONE,
		     "=tenant:uuid @id =user:uuid =hash:bytes =lifetime:int =idle:int @address @agent",
		     "INSERT INTO sessions AS s (tenant_id, id, user_id, token_hash, expires_at,"
		     " idle_seconds, address, user_agent) VALUES ($1, $2, $3, $4,"
		     " now() + $5 * interval '1 s', $6, $7::inet, $8)"
		     " RETURNING " COLUMNS },
	[LIST] = { PUR_LIST, "@tenant",
		   "SELECT " COLUMNS " FROM sessions s WHERE " OWN " AND s.expires_at > now()"
		   " AND s.last_seen_at > now() - s.idle_seconds * interval '1 s'" },
	[PROVE] = { PUR_ONE, "@tenant",
		    "UPDATE sessions s SET proved_at = now(), updated_at = now() WHERE " OWN
		    " AND s.id = " THIS " RETURNING " COLUMNS },
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

#define MOST_HASHES 4 /* that one login is held against: each takes its time */

/*
 * How many memberships a password opens, and one of them. Most have the account's own password,
 * which is tried once.
 */
static int
find_fitting(const PGresult *found, const struct pur_value *password, int *row)
{
	struct {
		const char *hash;
		bool fits;
	} tried[MOST_HASHES];
	int fitting = 0, n = 0;

	if (pur_rows_count(found) == 0)
		(void)pur_password_fits(NULL, password->s, password->len);
	for (int i = 0; i < pur_rows_count(found); i++) {
		const char *hash = pur_row_text(found, i, "password_hash");
		int t = 0;

		while (t < n && (hash == NULL || strcmp(tried[t].hash, hash) != 0))
			t++;
		if (t == MOST_HASHES || hash == NULL)
			continue;
		if (t == n) {
			tried[n].fits = pur_password_fits(hash, password->s, password->len);
			tried[n++].hash = hash;
		}
		fitting += tried[t].fits;
		if (tried[t].fits)
			*row = i;
	}
	if (pur_rows_count(found) > 0 && n == 0)
		(void)pur_password_fits(NULL, password->s, password->len);
	return fitting;
}

/* A hash with limits of old is made anew, now that the password is at hand. */
static enum pur_rc
rehash(struct pur_req *rq, const char *old, const struct pur_value *password)
{
	char *new = pur_alloc(pur_arena_of(rq), PUR_PASSWORD_HASH);

	if (new == NULL)
		return pur_fail(rq, PUR_ETOOLARGE, NULL);
	if (!pur_password_is_old(old) ||
	    pur_password_hash(password->s, password->len, new) != PUR_OK)
		return PUR_OK;
	pur_set_text(rq, "old", old);
	pur_set_text(rq, "new", new);
	return pur_do(rq, REHASH);
}

static enum pur_rc
create(struct pur_req *rq, const struct pur_uuid *tenant, const struct pur_uuid *user, char *token)
{
	unsigned char *hash = pur_alloc(pur_arena_of(rq), PUR_TOKEN_HASH);
	enum pur_rc rc;

	if (hash == NULL)
		return pur_fail(rq, PUR_ETOOLARGE, NULL);
	pur_token_new(tenant, token, hash);
	pur_set_uuid(rq, "user", user);
	pur_set_bytes(rq, "hash", hash, PUR_TOKEN_HASH);
	pur_set_int(rq, "lifetime", pur_conf_of(rq)->session_lifetime);
	pur_set_int(rq, "idle", pur_conf_of(rq)->session_idle);
	rc = pur_do(rq, CREATE);
	return rc == PUR_OK ? pur_wait(rq) : rc;
}

/* More than one tenant is open to the password, which was right. */
static enum pur_rc
ask_for_tenant(struct pur_req *rq)
{
	enum pur_rc rc = pur_proof_spare(rq, false);

	if (rc == PUR_OK)
		rc = pur_commit(rq);
	return rc == PUR_OK
		   ? pur_fail(rq, PUR_ETENANT, "Say which tenant: this person belongs to several")
		   : rc;
}

/* The membership that the password opens. It is judged with no transaction open. */
static enum pur_rc
find_member(struct pur_req *rq, int *row)
{
	int fitting;
	enum pur_rc rc = pur_proof_try(rq, pur_body(rq, "email")->s);

	if (rc == PUR_OK)
		rc = pur_do(rq, FIND);
	if (rc == PUR_OK)
		rc = pur_commit(rq);
	if (rc == PUR_OK)
		rc = pur_proof_tried(rq);
	if (rc != PUR_OK)
		return rc;
	fitting = find_fitting(pur_rows(rq, FIND), pur_body(rq, "password"), row);
	if (fitting == 0)
		return pur_fail(rq, PUR_EAUTH, "Wrong e-mail address, password or tenant");
	return fitting > 1 ? ask_for_tenant(rq) : PUR_OK;
}

/*
 * POST /sessions: a password, and a code where the person has that switched on.
 */
static enum pur_rc
login(struct pur_req *rq)
{
	const struct pur_value *otp = pur_body(rq, "otp"), *cookie = pur_body(rq, "cookie");
	const PGresult *found;
	char token[PUR_TOKEN_TEXT + 1];
	struct pur_uuid tenant, user;
	int row = 0;
	enum pur_rc rc = find_member(rq, &row);

	if (rc != PUR_OK)
		return rc;
	found = pur_rows(rq, FIND);
	if (pur_row_uuid(found, row, "tenant_id", &tenant) != 0 ||
	    pur_row_uuid(found, row, "user_id", &user) != 0)
		return pur_fail(rq, PUR_EINTERNAL, NULL);
	pur_enter(rq, &tenant, &user);
	pur_set_uuid(rq, "tenant", &tenant);
	rc = rehash(rq, pur_row_text(found, row, "password_hash"), pur_body(rq, "password"));
	if (rc == PUR_OK)
		rc = pur_proof_second(rq, otp->given && !otp->null ? otp->s : NULL, PUR_EAUTH);
	if (rc == PUR_OK)
		rc = create(rq, &tenant, &user, token);
	if (rc != PUR_OK)
		return rc;
	put_login(pur_answer_begin(rq), token, found, row, pur_rows(rq, CREATE));
	if (cookie->b)
		pur_set_cookie(rq, token, pur_conf_of(rq)->session_lifetime);
	sodium_memzero(token, sizeof(token));
	return PUR_OK;
}

/*
 * POST /sessions/current/step-up
 */
static enum pur_rc
step_up(struct pur_req *rq)
{
	enum pur_rc rc = pur_proof_again(rq);

	return rc == PUR_OK ? pur_respond(rq, PROVE) : rc;
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
	  .fields = login_answer, .effect = PUR_CREATES, .event = "session.created",
	  .flags = PUR_SECRET | PUR_COOKIE | PUR_SLOW,
	  .errors = { PUR_EAUTH, PUR_ETENANT, PUR_ERATE }, .summary = "Log in" },
	{ PUR_POST, "/sessions/current/step-up", PUR_ANY_ROLE, PUR_NO_STORE, .run = step_up,
	  .body = proof_fields, .event = "session.proved", .flags = PUR_SECRET | PUR_SLOW,
	  .errors = { PUR_ERATE }, .summary = "Prove once more who one is" },
	{ PUR_GET, "/sessions", PUR_ANY_ROLE, PUR_NO_STORE, .stmts = { LIST },
	  .sort = "-created_at", .summary = "List one's own sessions" },
	{ PUR_DELETE, "/sessions/current", PUR_ANY_ROLE, PUR_NO_STORE, .run = logout,
	  .event = "session.ended", .flags = PUR_COOKIE, .summary = "Log out" },
	{ PUR_DELETE, "/sessions/{id}", PUR_ANY_ROLE, PUR_NO_STORE, .stmts = { END_ONE },
	  .event = "session.ended", .summary = "End one of one's own sessions" },
	{ PUR_DELETE, "/sessions", PUR_ANY_ROLE, PUR_NO_STORE, .stmts = { END_ALL },
	  .event = "session.ended", .summary = "End all of one's own sessions" },
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "sessions", .title = "Session", .summary = "Logging in and out")
