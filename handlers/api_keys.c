/*
 * api_keys: for programs that act by themselves, each with the scopes it needs. A key is shown
 * once, when it is made; a test key's writes are rehearsals. Life: created -> rotated, any number
 * of times (the old key ends at once) -> deleted.
 */
#include "purser.h"

enum { LIST = 1, GET, CREATE, ROTATE, DELETE };

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "name",
	  .type = PUR_TEXT,
	  .max = 200,
	  .flags = PUR_REQUIRED | PUR_SORT | PUR_FILTER,
	  .summary = "What it is for" },
	{ .name = "scopes",
	  .type = PUR_TEXTS,
	  .example = "[\"orders:read\", \"products:*\"]",
	  .min = 1,
	  .max = 50,
	  .flags = PUR_REQUIRED,
	  .summary = "What it may do, as orders:read; products:* for all of products" },
	{ .name = "test",
	  .type = PUR_BOOL,
	  .default_value = "false",
	  .summary = "Whether its writes are rehearsals" },
	{ .name = "expires_at", .type = PUR_TIME, .flags = PUR_FUTURE, .summary = "Null: never" },
	{ .name = "prefix",
	  .type = PUR_TEXT,
	  .example = "\"pk_live_...vtiA\"",
	  .flags = PUR_READONLY | PUR_ALWAYS,
	  .summary = "How it begins and ends, to tell it from others" },
	{ .name = "key",
	  .type = PUR_TEXT,
	  .flags = PUR_READONLY | PUR_ALWAYS | PUR_ONCE,
	  .summary = "The key itself, when it is made or rotated" },
	{ .name = "last_used_at", .type = PUR_TIME, .flags = PUR_READONLY },
	{ .name = "created_by", .type = PUR_UUID, .flags = PUR_READONLY },
	PUR_LAST_FIELDS,
};

#define COLUMNS                                                                                    \
	"t.id, t.name, t.scopes, t.test, t.expires_at, t.prefix, t.last_used_at, t.created_by,"    \
	" t.active, t.created_at, t.updated_at, t.deleted_at, t.revision AS _revision"

static const struct pur_stmt stmts[] = {
	[LIST] = PUR_LIST_OF("api_keys", COLUMNS),
	[GET] = PUR_GET_OF("api_keys", COLUMNS),
	[CREATE] = { PUR_ONE, "@tenant @id name =prefix:text =hash:bytes scopes test expires_at",
		     "INSERT INTO api_keys AS t (tenant_id, id, name, prefix, key_hash, scopes, test,"
		     " expires_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, " PUR_ACTOR
		     ") RETURNING " COLUMNS },
	[ROTATE] = { PUR_ONE, "@tenant /ref @match =prefix:text =hash:bytes",
		     "UPDATE api_keys t SET prefix = $4, key_hash = $5, revision = t.revision + 1,"
		     " updated_at = now() WHERE t.tenant_id = $1 AND t.{ref} AND t.active"
		     " AND " PUR_MATCHES("$3", "t.revision") " RETURNING " COLUMNS },
	[DELETE] = PUR_DELETE_OF("api_keys", COLUMNS),
};

/* A new key for the arguments `=prefix:text` and `=hash:bytes`, and for the answer. */
static enum pur_rc
make_key(struct pur_req *rq, bool test)
{
	const struct pur_uuid *tenant = pur_tenant(rq);
	char *key = pur_alloc(pur_arena_of(rq), PUR_KEY_TEXT + 1);
	unsigned char *hash = pur_alloc(pur_arena_of(rq), PUR_TOKEN_HASH);

	if (key == NULL || hash == NULL)
		return pur_fail(rq, PUR_ETOOLARGE, NULL);
	pur_key_new(tenant, test, key, hash);
	pur_set_text(rq, "prefix",
		     pur_sprintf(pur_arena_of(rq), "%.8s...%s", key, key + PUR_KEY_TEXT - 4));
	pur_set_bytes(rq, "hash", hash, PUR_TOKEN_HASH);
	pur_show(rq, "key", key);
	return PUR_OK;
}

/* A key makes no keys: it could give them more than it has. */
static enum pur_rc
people_only(struct pur_req *rq)
{
	return pur_role(rq)[0] != '\0' ? PUR_OK
				       : pur_fail(rq, PUR_EFORBIDDEN, "A key can't make keys");
}

/* Every scope is a word, ':' and a word or '*'. */
static enum pur_rc
check_scopes(struct pur_req *rq)
{
	const struct pur_value *scopes = pur_body(rq, "scopes");
	bool wrong = scopes->n == 0;

	if (wrong)
		pur_fault(rq, "scopes", "Must name at least one");
	for (size_t i = 0; i < scopes->n; i++) {
		if (pur_scope_valid(scopes->items[i].s))
			continue;
		pur_fault(rq, pur_sprintf(pur_arena_of(rq), "scopes[%zu]", i),
			  "Must be like orders:read");
		wrong = true;
	}
	return wrong ? pur_fail(rq, PUR_EBODY, "API key could not be created") : PUR_OK;
}

/*
 * POST /api-keys
 */
static enum pur_rc
create(struct pur_req *rq)
{
	enum pur_rc rc = pur_wait(rq);

	if (rc == PUR_OK)
		rc = people_only(rq);
	if (rc == PUR_OK)
		rc = check_scopes(rq);
	if (rc == PUR_OK)
		rc = make_key(rq, pur_body(rq, "test")->b);
	return rc == PUR_OK ? pur_respond(rq, CREATE) : rc;
}

/*
 * POST /api-keys/{ref}/rotate: the same key in all but its secret.
 */
static enum pur_rc
rotate(struct pur_req *rq)
{
	bool test = false;
	enum pur_rc rc = pur_do(rq, GET);

	if (rc == PUR_OK)
		rc = pur_wait(rq);
	if (rc == PUR_OK)
		rc = people_only(rq);
	if (rc == PUR_OK)
		(void)!pur_row_bool(pur_rows(rq, GET), 0, "test", &test);
	if (rc == PUR_OK)
		rc = make_key(rq, test);
	return rc == PUR_OK ? pur_respond(rq, ROTATE) : rc;
}

static const struct pur_route routes[] = {
	{ PUR_GET, "/api-keys", "api-keys:read", .stmts = { LIST }, .sort = "name",
	  .summary = "List API keys" },
	{ PUR_POST, "/api-keys", "api-keys:write", .run = create, .effect = PUR_CREATES,
	  .event = "api_key.created", .flags = PUR_SECRET,
	  .summary = "Create an API key; it is shown this once" },
	{ PUR_GET, "/api-keys/{ref}", "api-keys:read", .stmts = { GET },
	  .summary = "Get one API key, without the key" },
	{ PUR_DELETE, "/api-keys/{ref}", "api-keys:write", .stmts = { DELETE }, .guard = GET,
	  .effect = PUR_DELETES, .event = "api_key.deleted", .flags = PUR_STEP_UP,
	  .summary = "End an API key" },
	{ PUR_POST, "/api-keys/{ref}/rotate", "api-keys:write", .run = rotate, .guard = GET,
	  .event = "api_key.rotated", .flags = PUR_SECRET,
	  .summary = "Give an API key a new secret; the old one ends at once" },
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "api_keys", .title = "API key", .summary = "Keys for programs")
