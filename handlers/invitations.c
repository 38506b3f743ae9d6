/*
 * invitations: a membership that somebody was offered becomes theirs, by the link in the mail that
 * offered it. Whose account has a password gives it: the link alone gets nobody into an account.
 * Whose has none gives it its first. An invitation works once, for 7 days.
 */
#include "purser.h"

enum { FIND = 1, TRY, ACCEPT };

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY },
	{ .name = "name", .type = PUR_TEXT, .flags = PUR_READONLY },
	{ .name = "email", .type = PUR_EMAIL, .flags = PUR_READONLY },
	{ .name = "role", .type = PUR_TEXT, .flags = PUR_READONLY },
	{ .name = "tenant",
	  .type = PUR_SLUG,
	  .flags = PUR_READONLY,
	  .summary = "Where one works now, to log in with" },
	{ .name = NULL },
};

static const struct pur_field accept_fields[] = {
	{ .name = "token",
	  .type = PUR_TEXT,
	  .max = 200,
	  .flags = PUR_REQUIRED | PUR_WRITEONLY,
	  .summary = "Of the mail's link" },
	{ .name = "password",
	  .type = PUR_TEXT,
	  .min = PUR_PASSWORD_LEAST,
	  .max = PUR_PASSWORD_MOST,
	  .flags = PUR_REQUIRED | PUR_WRITEONLY,
	  .summary = "A new one; of whom is known already, their own" },
	{ .name = "name",
	  .type = PUR_TEXT,
	  .min = 1,
	  .max = 200,
	  .flags = PUR_PERSONAL,
	  .summary = "What one wants to be called there" },
	{ .name = NULL },
};

static const struct pur_stmt stmts[] = {
	[FIND] = { PUR_ONE, "=tenant:uuid =user:uuid",
		   "SELECT seed, password_hash FROM invitation($1, $2)" },
	[TRY] = { PUR_ONE, "=tenant:uuid =user:uuid", "SELECT try_invitation($1, $2) AS may" },
	[ACCEPT] = { PUR_ONE, "=tenant:uuid =user:uuid =seed:bytes =known:text =hash:text name",
		     "SELECT id, name, email, role, tenant"
		     " FROM accept_invitation($1, $2, $3, $4, $5, $6)" },
};

/* Finds the invitation of a link. It is read alone: what follows takes its time. */
static enum pur_rc
find(struct pur_req *rq, struct pur_link *link)
{
	enum pur_rc rc;

	if (!pur_body_link(rq, PUR_LINK_INVITATION, link))
		return pur_bad_link(rq);
	pur_set_uuid(rq, "tenant", &link->where[0]);
	pur_set_uuid(rq, "user", &link->where[1]);
	rc = pur_do(rq, FIND);
	if (rc == PUR_OK)
		rc = pur_commit(rq);
	return rc == PUR_OK && !pur_link_holds(rq, link, FIND) ? pur_bad_link(rq) : rc;
}

/* The password of an account that has one; tries are counted before they are judged. */
static enum pur_rc
check_password(struct pur_req *rq, const char *known)
{
	const struct pur_value *password = pur_body(rq, "password");
	bool may = false;
	enum pur_rc rc = pur_do(rq, TRY);

	if (rc == PUR_OK)
		rc = pur_commit(rq);
	if (rc != PUR_OK)
		return rc;
	(void)!pur_row_bool(pur_rows(rq, TRY), 0, "may", &may);
	if (!may)
		return pur_bad_link(rq);
	if (pur_password_fits(known, password->s, password->len))
		return PUR_OK;
	pur_fault(rq, "password", "Is not the one you have here; you can have it reset");
	return pur_fail(rq, PUR_EBODY, "Invitation could not be accepted");
}

/*
 * POST /invitations/accept
 */
static enum pur_rc
accept(struct pur_req *rq)
{
	struct pur_link link;
	const char *known;
	enum pur_rc rc = find(rq, &link);

	if (rc != PUR_OK)
		return rc;
	known = pur_row_text(pur_rows(rq, FIND), 0, "password_hash");
	pur_set_text(rq, "known", known);
	pur_set_text(rq, "hash", NULL);
	rc = known != NULL ? check_password(rq, known) : pur_hash_password(rq, NULL);
	if (rc != PUR_OK)
		return rc;
	pur_enter(rq, &link.where[0], &link.where[1]);
	rc = pur_do(rq, ACCEPT);
	if (rc == PUR_OK)
		rc = pur_wait(rq);
	if (rc == PUR_OK && pur_rows_count(pur_rows(rq, ACCEPT)) == 0)
		rc = pur_bad_link(rq);
	return rc == PUR_OK ? pur_answer(rq, ACCEPT) : rc;
}

static const struct pur_route routes[] = {
	{ PUR_POST, "/invitations/accept", PUR_PUBLIC, PUR_NO_STORE, .run = accept,
	  .body = accept_fields, .event = "invitation.accepted", .flags = PUR_SECRET | PUR_SLOW,
	  .errors = { PUR_ELINK },
	  .summary = "Accept an invitation by a mail's link, with one's own or a first password" },
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "invitations", .title = "Invitation",
	    .summary = "Offered memberships become their people's own")
