/*
 * users: who works in a tenant, and in which role. A person may work in several.
 * Life: created (and invited, where no password came with them) -> accepted -> deleted (kept, shut
 * out at once) -> restored. The last owner stays, and only owners make, change or delete owners.
 */
#include "purser.h"
#include <string.h>

enum {
	LIST = 1,
	GET,
	CREATE,
	OWNERS,
	UPDATE,
	DELETE,
	RESTORE,
	END_OTHER_ROLE,
	END_ALL,
	INVITE,
	ASK_RESET,
	ME,
	RENAME,
	SET_SECRET,
	NAMES
};

static const char *const roles[] = { "owner",      "admin",  "manager", "staff",
				     "accountant", "viewer", NULL };

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "name",
	  .type = PUR_TEXT,
	  .max = 200,
	  .flags = PUR_REQUIRED | PUR_SORT | PUR_FILTER | PUR_PERSONAL },
	{ .name = "email",
	  .type = PUR_EMAIL,
	  .flags = PUR_REQUIRED | PUR_FIXED | PUR_FILTER | PUR_PERSONAL },
	{ .name = "role",
	  .type = PUR_CHOICE,
	  .choices = roles,
	  .flags = PUR_REQUIRED | PUR_FILTER },
	{ .name = "password",
	  .type = PUR_TEXT,
	  .min = PUR_PASSWORD_LEAST,
	  .max = PUR_PASSWORD_MOST,
	  .flags = PUR_FIXED | PUR_WRITEONLY,
	  .summary = "One that opens this tenant alone; without it they are invited by mail" },
	{ .name = "accepted",
	  .type = PUR_BOOL,
	  .flags = PUR_READONLY,
	  .summary = "Whether they log in here by a password of their own" },
	{ .name = "token",
	  .type = PUR_TEXT,
	  .flags = PUR_READONLY | PUR_ONCE,
	  .summary = "The session's new one, where it came as a bearer's" },
	PUR_LAST_FIELDS,
};

static const struct pur_field own_fields[] = {
	{ .name = "name", .type = PUR_TEXT, .max = 200, .flags = PUR_REQUIRED },
	{ .name = NULL },
};

static const struct pur_field password_fields[] = {
	{ .name = "current_password",
	  .type = PUR_TEXT,
	  .max = PUR_PASSWORD_MOST,
	  .flags = PUR_REQUIRED | PUR_WRITEONLY },
	{ .name = "password",
	  .type = PUR_TEXT,
	  .min = PUR_PASSWORD_LEAST,
	  .max = PUR_PASSWORD_MOST,
	  .flags = PUR_REQUIRED | PUR_WRITEONLY },
	{ .name = NULL },
};

#define COLUMNS                                                                                          \
	"t.id, t.name, t.email, t.role, t.accepted, t.active, t.created_at, t.updated_at, t.deleted_at," \
	" t.revision AS _revision"
#define MYSELF "t.tenant_id = $1 AND t.id = " PUR_ACTOR " AND t.active"

static const struct pur_stmt stmts[] = {
	[LIST] = PUR_LIST_OF("users", COLUMNS),
	[GET] = PUR_GET_OF("users", COLUMNS),
	[CREATE] = { PUR_ONE, "@tenant @id =account:uuid =hash:text name email role",
		     "INSERT INTO users AS t (tenant_id, id, account_id, password_hash, name, email, role)"
		     " SELECT $1, $2, open_account($3, $6), $4, $5, $6, $7 RETURNING " COLUMNS },
	/* The one in question and all owners, locked: two can't take each other's last away. */
	[OWNERS] = { PUR_MANY, "@tenant /ref",
		     "SELECT t.role, (t.{ref}) AS target FROM users t WHERE t.tenant_id = $1"
		     " AND t.active AND (t.role = 'owner' OR t.{ref})"
		     " ORDER BY t.id FOR NO KEY UPDATE" },
	/* Not by the row as a whole, of which a part is hidden from here. */
	[UPDATE] = { PUR_ONE, "@tenant /ref @match name role",
		     "UPDATE users t SET name = coalesce($4, t.name), role = coalesce($5, t.role),"
		     " revision = t.revision + 1, updated_at = now() WHERE t.tenant_id = $1"
		     " AND t.{ref} AND t.active AND " PUR_MATCHES(
			 "$3", "t.revision") " RETURNING " COLUMNS },
	[DELETE] = PUR_DELETE_OF("users", COLUMNS),
	[RESTORE] = PUR_RESTORE_OF("users", COLUMNS),
	/* Nobody goes on as what they no longer are; and who is restored logs in again. */
	[END_OTHER_ROLE] = { PUR_EXEC, "@tenant /ref role",
			     "SELECT end_sessions($1, t.id) FROM users t WHERE t.tenant_id = $1"
			     " AND t.{ref} AND t.active AND t.role <> $3" },
	[END_ALL] = { PUR_EXEC, "@tenant /ref",
		      "SELECT end_sessions($1, t.id) FROM users t WHERE t.tenant_id = $1"
		      " AND t.{ref} AND t.active" },
	[INVITE] = { PUR_ONE, "@tenant =user:uuid", "SELECT invite($1, $2) AS mail" },
	[ASK_RESET] = { PUR_ONE, "@tenant =user:uuid @id",
			"SELECT ask_reset($3, t.email) AS mail FROM users t"
			" WHERE t.tenant_id = $1 AND t.id = $2" },
	[ME] = { PUR_ONE, "@tenant", "SELECT " COLUMNS " FROM users t WHERE " MYSELF },
	[RENAME] = { PUR_ONE, "@tenant name @match",
		     "UPDATE users t SET name = coalesce($2, t.name), revision = t.revision + 1,"
		     " updated_at = now() WHERE " MYSELF
		     " AND " PUR_MATCHES("$3", "t.revision") " RETURNING " COLUMNS },
	[SET_SECRET] = { PUR_ONE, "@tenant =hash:text =token_hash:bytes",
			 "SELECT set_own_password($1, $2, $3) AS seconds" },
	[NAMES] = { PUR_ONE, "@tenant", "SELECT email, name, slug FROM password_names($1)" },
};

static const struct pur_constraint constraints[] = {
	{ "users_account_id_key", PUR_EDUPLICATE, "email", "Is a user already" },
	{ .name = NULL },
};

static enum pur_rc
owners_only(struct pur_req *rq)
{
	return pur_fail(rq, PUR_EFORBIDDEN, "Only an owner makes, changes or deletes an owner");
}

/* Whether the answer of a write leaves somebody an owner. */
static bool
makes_owner(struct pur_req *rq, int stmt)
{
	const char *role = pur_row_text(pur_rows(rq, stmt), 0, "role");

	return role != NULL && strcmp(role, "owner") == 0;
}

/* What is there before a change: an owner is left, and nobody rises above who changes them. */
static enum pur_rc
check_change(struct pur_req *rq, bool owner_after)
{
	const PGresult *r = pur_rows(rq, OWNERS);
	bool owner_before = false;
	int owners = 0;

	for (int i = 0; i < pur_rows_count(r); i++) {
		bool target = false, owner = strcmp(pur_row_text(r, i, "role"), "owner") == 0;

		(void)!pur_row_bool(r, i, "target", &target);
		owners += owner;
		owner_before |= target && owner;
	}
	if ((owner_before || owner_after) && strcmp(pur_role(rq), "owner") != 0)
		return owners_only(rq);
	if (owner_before && !owner_after && owners == 1)
		return pur_fail(rq, PUR_ELASTOWNER, NULL);
	return PUR_OK;
}

static enum pur_rc
check_update(struct pur_req *rq)
{
	return check_change(rq, makes_owner(rq, UPDATE));
}

static enum pur_rc
check_delete(struct pur_req *rq)
{
	return check_change(rq, false);
}

static enum pur_rc
check_restore(struct pur_req *rq)
{
	return makes_owner(rq, RESTORE) && strcmp(pur_role(rq), "owner") != 0 ? owners_only(rq)
									      : PUR_OK;
}

/* Offers a membership to its person, by a mail where they have had few. */
static enum pur_rc
offer(struct pur_req *rq, const struct pur_uuid *user)
{
	enum pur_rc rc;

	pur_set_uuid(rq, "user", user);
	rc = pur_do(rq, INVITE);
	if (rc == PUR_OK)
		rc = pur_wait(rq);
	return rc == PUR_OK ? pur_send_mail(rq, INVITE, "invitation", "user_id", user) : rc;
}

/* A password as the argument `=hash:text`; none where none was given. */
static enum pur_rc
hash_password(struct pur_req *rq, const char *email)
{
	const struct pur_value *password = pur_body(rq, "password");
	const PGresult *r;
	enum pur_rc rc;

	pur_set_text(rq, "hash", NULL);
	if (!password->given || password->null)
		return PUR_OK;
	rc = pur_do(rq, NAMES);
	if (rc == PUR_OK)
		rc = pur_wait(rq);
	if (rc != PUR_OK)
		return rc;
	r = pur_rows(rq, NAMES);
	if (email == NULL)
		email = pur_row_text(r, 0, "email");
	return pur_hash_password(rq, (const char *[]){ email, pur_row_text(r, 0, "name"),
						       pur_row_text(r, 0, "slug"), NULL });
}

/*
 * POST /users: makes somebody a member, with the account they have or a new one.
 */
static enum pur_rc
create(struct pur_req *rq)
{
	const struct pur_value *password = pur_body(rq, "password");
	struct pur_uuid account = pur_uuid_new(), user = pur_new_id(rq);
	enum pur_rc rc = pur_wait(rq);

	if (rc == PUR_OK && strcmp(pur_body(rq, "role")->s, "owner") == 0 &&
	    strcmp(pur_role(rq), "owner") != 0)
		rc = owners_only(rq);
	if (rc == PUR_OK)
		rc = hash_password(rq, pur_body(rq, "email")->s);
	pur_set_uuid(rq, "account", &account);
	if (rc == PUR_OK)
		rc = pur_respond(rq, CREATE);
	return rc == PUR_OK && (!password->given || password->null) ? offer(rq, &user) : rc;
}

/* The user of the path, as it is. */
static enum pur_rc
look(struct pur_req *rq, struct pur_uuid *user, bool *accepted)
{
	enum pur_rc rc = pur_respond(rq, GET);

	*accepted = false;
	if (rc != PUR_OK)
		return rc;
	(void)!pur_row_bool(pur_rows(rq, GET), 0, "accepted", accepted);
	return pur_row_uuid(pur_rows(rq, GET), 0, "id", user) == 0 ? PUR_OK : PUR_EINTERNAL;
}

/*
 * POST /users/{ref}/invite: once more, by another link.
 */
static enum pur_rc
invite(struct pur_req *rq)
{
	struct pur_uuid user;
	bool accepted;
	enum pur_rc rc = look(rq, &user, &accepted);

	if (rc == PUR_OK && accepted)
		return pur_fail(rq, PUR_ETRANSITION, "They have accepted already");
	return rc == PUR_OK ? offer(rq, &user) : rc;
}

/*
 * POST /users/{ref}/reset-password: the mail goes to them alone. The password of who hasn't
 * accepted opens nothing here, so they are invited instead.
 */
static enum pur_rc
reset_password(struct pur_req *rq)
{
	struct pur_uuid user, reset = pur_new_id(rq);
	bool accepted;
	enum pur_rc rc = look(rq, &user, &accepted);

	if (rc == PUR_OK && !accepted)
		return offer(rq, &user);
	pur_set_uuid(rq, "user", &user);
	if (rc == PUR_OK)
		rc = pur_do(rq, ASK_RESET);
	if (rc == PUR_OK)
		rc = pur_wait(rq);
	return rc == PUR_OK ? pur_send_mail(rq, ASK_RESET, "password_reset", "reset_id", &reset)
			    : rc;
}

/*
 * POST /users/me/password: ends all sessions of the person but this one, which has a new token.
 */
static enum pur_rc
set_password(struct pur_req *rq)
{
	const char *token;
	int64_t seconds = 0;
	enum pur_rc rc = pur_proof_password(rq, "current_password");

	if (rc == PUR_OK)
		rc = hash_password(rq, NULL);
	token = rc == PUR_OK ? pur_new_token(rq) : NULL;
	if (token == NULL)
		return pur_refused(rq);
	rc = pur_do(rq, SET_SECRET);
	if (rc == PUR_OK)
		rc = pur_wait(rq);
	if (rc != PUR_OK)
		return rc;
	(void)!pur_row_int(pur_rows(rq, SET_SECRET), 0, "seconds", &seconds);
	pur_give_token(rq, token, seconds);
	return pur_respond(rq, ME);
}

static const struct pur_route routes[] = {
	{ PUR_GET, "/users", "users:read", .stmts = { LIST }, .sort = "name",
	  .summary = "List users" },
	{ PUR_POST, "/users", "users:write", .run = create, .effect = PUR_CREATES,
	  .event = "user.created", .flags = PUR_SLOW, .errors = { PUR_EDUPLICATE },
	  .summary = "Create a user, who is invited by mail where no password is given" },
	{ PUR_GET, "/users/me", PUR_ANY_ROLE, .stmts = { ME }, .summary = "Get oneself" },
	{ PUR_PATCH, "/users/me", PUR_ANY_ROLE, .stmts = { RENAME }, .guard = ME,
	  .body = own_fields, .event = "user.updated", .summary = "Change one's own name" },
	{ PUR_POST, "/users/me/password", PUR_ANY_ROLE, PUR_NO_STORE, .run = set_password,
	  .body = password_fields, .event = "user.password_changed",
	  .flags = PUR_SECRET | PUR_SLOW | PUR_COOKIE, .errors = { PUR_ERATE },
	  .summary = "Change one's own password; this session goes on with another token" },
	{ PUR_GET, "/users/{ref}", "users:read", .stmts = { GET }, .summary = "Get one user" },
	{ PUR_PUT, "/users/{ref}", "users:write", .stmts = { OWNERS, END_OTHER_ROLE, UPDATE },
	  .guard = GET, .check = check_update, .event = "user.updated",
	  .errors = { PUR_ELASTOWNER }, .summary = "Replace a user" },
	{ PUR_PATCH, "/users/{ref}", "users:write", .stmts = { OWNERS, END_OTHER_ROLE, UPDATE },
	  .guard = GET, .check = check_update, .event = "user.updated",
	  .errors = { PUR_ELASTOWNER }, .summary = "Change a user's name or role" },
	{ PUR_DELETE, "/users/{ref}", "users:write", .stmts = { OWNERS, END_ALL, DELETE },
	  .guard = GET, .check = check_delete, .effect = PUR_DELETES, .event = "user.deleted",
	  .flags = PUR_STEP_UP, .errors = { PUR_ELASTOWNER }, .summary = "Shut a user out" },
	{ PUR_POST, "/users/{ref}/restore", "users:write", .stmts = { RESTORE },
	  .check = check_restore, .effect = PUR_RESTORES, .event = "user.restored",
	  .errors = { PUR_EDUPLICATE }, .summary = "Undo the deletion of a user" },
	{ PUR_POST, "/users/{ref}/invite", "users:write", .run = invite, .guard = GET,
	  .event = "user.invited", .errors = { PUR_ETRANSITION },
	  .summary = "Invite a user again, by another link" },
	{ PUR_POST, "/users/{ref}/reset-password", "users:write", .run = reset_password,
	  .guard = GET, .event = "user.reset_asked",
	  .summary = "Send a user a mail by which they set a new password" },
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "users", .title = "User", .summary = "Who works here, and in which role",
	    .constraints = constraints)
