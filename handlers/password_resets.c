/*
 * password_resets: a new password for whoever can read the mail of an address. A reset works once,
 * for 20 minutes; it ends all sessions of its person and all other resets of theirs. Whether an
 * address is known shows neither in the answer nor in the time it takes.
 */
#include "purser.h"

enum { ASK = 1, FIND, USE };

static const struct pur_field fields[] = {
	{ .name = "status", .type = PUR_TEXT, .flags = PUR_READONLY, .summary = "What was done" },
	{ .name = NULL },
};

static const struct pur_field ask_fields[] = {
	{ .name = "email", .type = PUR_EMAIL, .flags = PUR_REQUIRED | PUR_PERSONAL },
	{ .name = NULL },
};

static const struct pur_field confirm_fields[] = {
	{ .name = "token",
	  .type = PUR_TEXT,
	  .max = 200,
	  .flags = PUR_REQUIRED | PUR_WRITEONLY,
	  .summary = "Of the mail's link" },
	{ .name = "password",
	  .type = PUR_TEXT,
	  .min = PUR_PASSWORD_LEAST,
	  .max = PUR_PASSWORD_MOST,
	  .flags = PUR_REQUIRED | PUR_WRITEONLY },
	{ .name = NULL },
};

static const struct pur_stmt stmts[] = {
	[ASK] = { PUR_ONE, "@id email", "SELECT ask_reset($1, $2) AS mail",
		  .crosses_tenants = true },
	[FIND] = { PUR_ONE, "=reset:uuid", "SELECT seed FROM reset_seed($1)",
		   .crosses_tenants = true },
	[USE] = { PUR_MANY, "=reset:uuid =seed:bytes =hash:text",
		  "SELECT tenant_id, user_id FROM use_reset($1, $2, $3)", .crosses_tenants = true },
};

/*
 * POST /password-resets: a known address and an unknown one take the same statements, rows and
 * job; who sends the mail sees which it was.
 */
static enum pur_rc
ask(struct pur_req *rq)
{
	static const struct pur_uuid installation;
	struct pur_uuid id = pur_new_id(rq);
	enum pur_rc rc;

	pur_enter(rq, &installation, NULL);
	rc = pur_do(rq, ASK);
	if (rc == PUR_OK)
		rc = pur_wait(rq);
	if (rc == PUR_OK)
		rc = pur_send_mail(rq, ASK, "password_reset", "reset_id", &id);
	if (rc == PUR_OK)
		pur_buf_puts(pur_answer_begin(rq), "{\"data\":{\"status\":\"accepted\"}}");
	return rc;
}

/* It is an event in each tenant where its person works; the last one's is the route's own. */
static enum pur_rc
record(struct pur_req *rq)
{
	const PGresult *members = pur_rows(rq, USE);
	struct pur_uuid tenant, user;
	enum pur_rc rc = PUR_OK;

	for (int i = 0; i < pur_rows_count(members) && rc == PUR_OK; i++) {
		if (i > 0)
			rc = pur_record(rq, &user);
		if (rc != PUR_OK || pur_row_uuid(members, i, "tenant_id", &tenant) != 0 ||
		    pur_row_uuid(members, i, "user_id", &user) != 0)
			continue;
		rc = pur_move(rq, &tenant, &user);
		pur_object(rq, &user);
	}
	return rc;
}

/*
 * POST /password-resets/confirm: the password is hashed with no transaction open, and only for who
 * has a good token; of several at once, one then finds the reset still there.
 */
static enum pur_rc
confirm(struct pur_req *rq)
{
	struct pur_link link;
	enum pur_rc rc;

	if (!pur_body_link(rq, PUR_LINK_RESET, &link))
		return pur_bad_link(rq);
	pur_set_uuid(rq, "reset", &link.where[0]);
	rc = pur_do(rq, FIND);
	if (rc == PUR_OK)
		rc = pur_commit(rq);
	if (rc == PUR_OK && !pur_link_holds(rq, &link, FIND))
		rc = pur_bad_link(rq);
	if (rc == PUR_OK)
		rc = pur_hash_password(rq, NULL);
	if (rc == PUR_OK)
		rc = pur_do(rq, USE);
	if (rc == PUR_OK)
		rc = pur_wait(rq);
	if (rc == PUR_OK && pur_rows_count(pur_rows(rq, USE)) == 0)
		rc = pur_bad_link(rq);
	if (rc == PUR_OK)
		rc = record(rq);
	if (rc == PUR_OK)
		pur_buf_puts(pur_answer_begin(rq), "{\"data\":{\"status\":\"changed\"}}");
	return rc;
}

static const struct pur_route routes[] = {
	{ PUR_POST, "/password-resets", PUR_PUBLIC, PUR_NO_STORE, .run = ask, .body = ask_fields,
	  .effect = PUR_ACCEPTS, .flags = PUR_SECRET,
	  .summary = "Have a mail sent by which one sets a new password" },
	{ PUR_POST, "/password-resets/confirm", PUR_PUBLIC, PUR_NO_STORE, .run = confirm,
	  .body = confirm_fields, .event = "user.password_reset", .flags = PUR_SECRET | PUR_SLOW,
	  .errors = { PUR_ELINK },
	  .summary = "Set a new password by a mail's link; it ends all sessions" },
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "password_resets", .title = "Password",
	    .summary = "A new password for who has forgotten it")
