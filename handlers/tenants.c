/*
 * tenants: the businesses. Anybody may make one where the operator lets them; all else of it is
 * seen and changed by its own people alone.
 */
#include "purser.h"
#include <string.h>

enum { FIND = 1, SIGN_UP, GET, RENAME };

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "slug",
	  .type = PUR_SLUG,
	  .flags = PUR_READONLY | PUR_ALWAYS,
	  .summary = "For logging in" },
	{ .name = "name", .type = PUR_TEXT, .max = 200, .flags = PUR_REQUIRED },
	{ .name = "active", .type = PUR_BOOL, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "created_at", .type = PUR_TIME, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "updated_at", .type = PUR_TIME, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = NULL },
};

static const struct pur_field signup_fields[] = {
	{ .name = "name",
	  .type = PUR_TEXT,
	  .max = 200,
	  .flags = PUR_REQUIRED,
	  .summary = "What the business is called" },
	{ .name = "slug", .type = PUR_SLUG, .summary = "Made from name when absent" },
	{ .name = "currency",
	  .type = PUR_TEXT,
	  .min = 3,
	  .max = 3,
	  .default_value = "\"EUR\"",
	  .fault = pur_currency_fault },
	{ .name = "time_zone", .type = PUR_TEXT, .max = 100, .default_value = "\"UTC\"" },
	{ .name = "locale",
	  .type = PUR_TEXT,
	  .min = 2,
	  .max = 35,
	  .default_value = "\"en\"",
	  .fault = pur_locale_fault },
	{ .name = "owner_name", .type = PUR_TEXT, .max = 200, .flags = PUR_REQUIRED },
	{ .name = "email",
	  .type = PUR_EMAIL,
	  .flags = PUR_REQUIRED,
	  .summary = "The owner's, to log in with" },
	{ .name = "password",
	  .type = PUR_TEXT,
	  .min = PUR_PASSWORD_LEAST,
	  .max = PUR_PASSWORD_MOST,
	  .flags = PUR_REQUIRED | PUR_WRITEONLY,
	  .summary = "A new one; of an address that is known already, its own" },
	{ .name = NULL },
};

#define COLUMNS "id, slug, name, active, created_at, updated_at, revision AS _revision"

static const struct pur_stmt stmts[] = {
	[FIND] = { PUR_MANY, "email", "SELECT password_hash FROM password_of_address($1)",
		   .crosses_tenants = true },
	[SIGN_UP] = { PUR_EXEC,
		      "@id slug name currency time_zone locale =user:uuid =account:uuid email"
		      " owner_name =hash:text",
		      "SELECT sign_up($1, coalesce($2, nullif(" PUR_SLUGIFY(
			  "$3::text") ", '')), $3,"
				      " $4, CASE WHEN time_zone_known($5) THEN $5 END, $6, $7, $8, $9,"
				      " $10, $11)",
		      .crosses_tenants = true },
	[GET] = { PUR_ONE, "@tenant", "SELECT " COLUMNS " FROM own_tenant($1)" },
	[RENAME] = { PUR_ONE, "@tenant name @match",
		     "SELECT done FROM rename_tenant($1, $2, $3) AS done WHERE done" },
};

static const struct pur_constraint constraints[] = {
	{ "tenant_slugs_pkey", PUR_EDUPLICATE, "slug", "Is taken" },
	{ "tenant_slugs.slug", PUR_EBODY, "slug", "Can't be made from this name; give one" },
	{ "tenant_slugs_slug_check", PUR_EBODY, "slug", "Can't be made from this name; give one" },
	{ "settings.time_zone", PUR_EBODY, "time_zone", "Must be a time zone, as Europe/Berlin" },
	{ .name = NULL },
};

/*
 * The password of an address that is known, or a new one as the argument `=hash:text`. It is judged
 * with no transaction open, as that takes its time; a try at it counts as one to log in.
 */
static enum pur_rc
judge_password(struct pur_req *rq)
{
	const struct pur_value *password = pur_body(rq, "password");
	const char *email = pur_body(rq, "email")->s, *known;
	const struct pur_value *slug = pur_body(rq, "slug");
	enum pur_rc rc = pur_proof_try(rq, email);

	if (rc == PUR_OK)
		rc = pur_do(rq, FIND);
	if (rc == PUR_OK)
		rc = pur_commit(rq);
	if (rc == PUR_OK)
		rc = pur_proof_tried(rq);
	if (rc != PUR_OK)
		return rc;
	pur_set_text(rq, "hash", NULL);
	known = pur_row_text(pur_rows(rq, FIND), 0, "password_hash");
	if (known == NULL)
		return pur_hash_password(
		    rq, (const char *[]){ email, pur_body(rq, "name")->s,
					  slug->given && !slug->null ? slug->s : NULL, NULL });
	if (pur_password_fits(known, password->s, password->len))
		return PUR_OK;
	pur_fault(rq, "email", "Is known here: give its password");
	return pur_fail(rq, PUR_EDUPLICATE, NULL);
}

/*
 * POST /tenants
 */
static enum pur_rc
sign_up(struct pur_req *rq)
{
	struct pur_uuid tenant, user = pur_uuid_new(), account = pur_uuid_new();
	enum pur_rc rc;

	if (strcmp(pur_conf_of(rq)->signup, "open") != 0)
		return pur_fail(rq, PUR_EFORBIDDEN, "Nobody can sign up here");
	rc = judge_password(rq);
	if (rc != PUR_OK)
		return rc;
	tenant = pur_new_id(rq);
	pur_enter(rq, &tenant, &user);
	pur_set_uuid(rq, "user", &user);
	pur_set_uuid(rq, "account", &account);
	rc = pur_proof_spare(rq, true);
	if (rc == PUR_OK)
		rc = pur_do(rq, SIGN_UP);
	return rc == PUR_OK ? pur_respond(rq, GET) : rc;
}

static const struct pur_route routes[] = {
	{ PUR_POST, "/tenants", PUR_PUBLIC, PUR_NO_STORE, .run = sign_up, .body = signup_fields,
	  .effect = PUR_CREATES, .event = "tenant.created", .flags = PUR_SECRET | PUR_SLOW,
	  .errors = { PUR_EFORBIDDEN, PUR_EDUPLICATE, PUR_ERATE },
	  .summary = "Sign up: a new tenant and its owner, where the operator allows it" },
	{ PUR_GET, "/tenant", PUR_ANY_ROLE, .stmts = { GET }, .summary = "Get one's own tenant" },
	{ PUR_PATCH, "/tenant", "tenant:write", .stmts = { RENAME, GET }, .guard = GET,
	  .event = "tenant.updated", .summary = "Rename one's own tenant" },
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "tenants", .title = "Tenant", .summary = "The businesses",
	    .constraints = constraints)
