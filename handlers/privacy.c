/*
 * privacy: all that is known of one client as a person: given to them, erased, or found to be what
 * is known of another one. A person is a client, those that were merged into it, their orders, and
 * orders without a client that bear their address.
 */
#include "purser.h"

enum {
	EXPORT = 1,
	FIND,
	LOCK,
	LOCK_CLIENTS,
	LOCK_ORDERS,
	ANSWERS,
	ERASE,
	FIND_ACTIVE,
	LOCK_ACTIVE,
	MERGE,
	MOVE
};

/* Deleted ones too: they are still known. A merged one is the one it was merged into. */
#define THIS                                                                                       \
	"(SELECT coalesce(f.merged_into, f.id) FROM clients f WHERE f.tenant_id = $1"              \
	" AND f.{client} ORDER BY f.active DESC, f.deleted_at DESC LIMIT 1)"
#define ACTIVE "(SELECT f.id FROM clients f WHERE f.tenant_id = $1 AND f.{client} AND f.active)"

#define PERSON                                                                                     \
	"SELECT c.id, c.name, c.email, c.phone FROM clients c, " THIS " AS this (id)"              \
	" WHERE c.tenant_id = $1 AND (c.id = this.id OR c.merged_into = this.id)"
/* Of a statement that begins WITH person AS (PERSON). */
#define THEIRS                                                                                     \
	"o.tenant_id = $1 AND (o.client_id IN (SELECT person.id FROM person) OR o.client_id"       \
	" IS NULL AND lower(o.customer_email) IN (SELECT lower(person.email) FROM person))"

#define CLIENT "t.id, t.name, t.slug, t.email, t.phone, t.address, t.notes, t.tags"
#define STATE                                                                                      \
	"t.erased_at, t.active, t.created_at, t.updated_at, t.deleted_at, t.revision AS _revision"
#define MERGED                                                                                     \
	"(SELECT coalesce(array_agg(m.id ORDER BY m.id), '{}') FROM clients m"                     \
	" WHERE m.tenant_id = $1 AND m.merged_into = t.id) AS merged"

#define CLIENT_FIELDS                                                                              \
	{ .name = "id", .type = PUR_UUID }, { .name = "name", .type = PUR_TEXT },                  \
	    { .name = "slug", .type = PUR_SLUG }, { .name = "email", .type = PUR_EMAIL },          \
	    { .name = "phone", .type = PUR_TEXT }, { .name = "address", .type = PUR_TEXT },        \
	    { .name = "notes", .type = PUR_TEXT },                                                 \
	{                                                                                          \
		.name = "tags", .type = PUR_TEXTS                                                  \
	}
#define STATE_FIELDS                                                                               \
	{ .name = "erased_at",                                                                     \
	  .type = PUR_TIME,                                                                        \
	  .summary = "When all that told of the person was erased" },                              \
	    { .name = "active", .type = PUR_BOOL }, { .name = "created_at", .type = PUR_TIME },    \
	    { .name = "updated_at", .type = PUR_TIME },                                            \
	{                                                                                          \
		.name = "deleted_at", .type = PUR_TIME                                             \
	}

static const struct pur_field fields[] = {
	CLIENT_FIELDS,
	STATE_FIELDS,
	{ .name = "merged",
	  .type = PUR_TEXTS,
	  .summary = "Clients that were found to be this one" },
	{ .name = NULL },
};

static const struct pur_field merged_fields[] = { CLIENT_FIELDS, { .name = NULL } };

static const struct pur_field line_fields[] = {
	{ .name = "name", .type = PUR_TEXT },
	{ .name = "quantity", .type = PUR_INT },
	{ .name = "total", .type = PUR_MONEY },
	{ .name = "note", .type = PUR_TEXT },
	{ .name = NULL },
};

static const struct pur_field event_fields[] = {
	{ .name = "seq", .type = PUR_INT },         { .name = "kind", .type = PUR_TEXT },
	{ .name = "object_id", .type = PUR_UUID },  { .name = "fields", .type = PUR_TEXTS },
	{ .name = "created_at", .type = PUR_TIME }, { .name = NULL },
};

static const struct pur_field order_fields[] = {
	{ .name = "id", .type = PUR_UUID },
	{ .name = "number", .type = PUR_INT },
	{ .name = "status", .type = PUR_TEXT },
	{ .name = "customer_name", .type = PUR_TEXT },
	{ .name = "customer_email", .type = PUR_EMAIL },
	{ .name = "customer_phone", .type = PUR_TEXT },
	{ .name = "pickup_date", .type = PUR_TIME },
	{ .name = "notes", .type = PUR_TEXT },
	{ .name = "reason", .type = PUR_TEXT },
	{ .name = "currency", .type = PUR_TEXT },
	{ .name = "total", .type = PUR_MONEY },
	{ .name = "payment_status", .type = PUR_TEXT },
	{ .name = "created_at", .type = PUR_TIME },
	{ .name = "lines", .type = PUR_ROWS, .of = line_fields },
	{ .name = "history", .type = PUR_ROWS, .of = event_fields },
	{ .name = NULL },
};

static const struct pur_field export_fields[] = {
	CLIENT_FIELDS,
	STATE_FIELDS,
	{ .name = "merged",
	  .type = PUR_ROWS,
	  .of = merged_fields,
	  .summary = "Clients that were found to be this one" },
	{ .name = "orders", .type = PUR_ROWS, .of = order_fields },
	{ .name = "history",
	  .type = PUR_ROWS,
	  .of = event_fields,
	  .summary = "What was done to the client, without who did it" },
	{ .name = NULL },
};

static const struct pur_field merging[] = {
	{ .name = "into",
	  .type = PUR_UUID,
	  .flags = PUR_REQUIRED,
	  .refers = "clients",
	  .summary = "The client that stays" },
	{ .name = NULL },
};

#define HISTORY(of)                                                                                \
	"(SELECT coalesce(array_agg(ROW(e.seq, e.kind, e.object_id, e.fields, e.created_at)"       \
	" ORDER BY e.seq), '{}') FROM events e WHERE e.tenant_id = $1 AND e.object_id " of ")"

static const struct pur_stmt stmts[] = {
	[EXPORT] = { PUR_ONE, "@tenant /client:slug",
		     "WITH person AS (" PERSON ") SELECT " CLIENT ", " STATE ","
		     " (SELECT coalesce(array_agg(ROW(m.id, m.name, m.slug, m.email, m.phone,"
		     "  m.address, m.notes, m.tags) ORDER BY m.id), '{}') FROM clients m"
		     "  WHERE m.tenant_id = $1 AND m.merged_into = t.id) AS merged,"
		     " (SELECT coalesce(array_agg(ROW(o.id, o.number, o.status, o.customer_name,"
		     "  o.customer_email, o.customer_phone, o.pickup_date, o.notes, o.reason,"
		     "  o.currency, o.total, o.payment_status, o.created_at,"
		     "  (SELECT array_agg(ROW(l.name, l.quantity, l.total, l.note) ORDER BY"
		     "   l.position) FROM order_lines l WHERE l.tenant_id = $1"
		     "   AND l.order_id = o.id), " HISTORY(
			 "= o.id") ") ORDER BY o.number), '{}')"
				   "  FROM orders o WHERE " THEIRS ") AS orders, " HISTORY(
				       "IN (SELECT person.id FROM person)") " AS history"
									    " FROM clients t WHERE t.tenant_id = $1 AND t.id = " THIS },
	[FIND] = { PUR_ONE, "@tenant /client:slug",
		   "SELECT " CLIENT ", " STATE " FROM clients t WHERE t.tenant_id = $1"
		   " AND t.id = " THIS },
	/* Each in a statement of its own, so that what comes after sees what others have left. */
	[LOCK] = { PUR_EXEC, "@tenant /client:slug",
		   "SELECT pg_advisory_xact_lock(" PUR_REFER_KEY("$1", THIS) ")" },
	[LOCK_CLIENTS] = { PUR_EXEC, "@tenant /client:slug",
			   "WITH person AS (" PERSON ") SELECT count(*) FROM (SELECT FROM clients c"
			   " WHERE c.tenant_id = $1 AND c.id IN (SELECT person.id FROM person)"
			   " ORDER BY c.id FOR NO KEY UPDATE) locked" },
	[LOCK_ORDERS] = { PUR_EXEC, "@tenant /client:slug",
			  "WITH person AS (" PERSON ") SELECT count(*) FROM (SELECT FROM orders o"
			  " WHERE " THEIRS " ORDER BY o.id FOR NO KEY UPDATE) locked" },
	/*
	 * Stored answers that tell of them: by the id of the thing, or by a text of theirs that is
	 * one whole value. The key stays claimed: what it stood for was done.
	 */
	[ANSWERS] = { PUR_EXEC, "@tenant /client:slug",
		      "WITH person AS (" PERSON "), their AS (SELECT o.id, o.customer_name,"
		      "  o.customer_email, o.customer_phone FROM orders o WHERE " THEIRS
		      "), word AS ("
		      " SELECT DISTINCT lower(to_json(v.text)::text) AS text FROM ("
		      "  SELECT unnest(ARRAY[id::text, name, email, phone]) FROM person"
		      "  UNION ALL SELECT unnest(ARRAY[id::text, customer_name, customer_email,"
		      "   customer_phone]) FROM their) v (text)"
		      "  WHERE v.text NOT IN ('', 'Erased')"
		      ") UPDATE idempotency_keys k SET body = NULL, location = NULL,"
		      " updated_at = now() WHERE k.tenant_id = $1 AND k.body IS NOT NULL"
		      " AND EXISTS (SELECT FROM word WHERE strpos(lower(k.body), word.text) > 0)" },
	[ERASE] = { PUR_ONE, "@tenant /client:slug @match",
		    "WITH person AS (" PERSON "), their AS (SELECT o.id FROM orders o"
		    " WHERE " THEIRS "), o AS ("
		    " UPDATE orders o SET customer_name = 'Erased', customer_email = NULL,"
		    "  customer_phone = NULL, notes = NULL, reason = NULL,"
		    "  revision = o.revision + 1, updated_at = now()"
		    " FROM their WHERE o.tenant_id = $1 AND o.id = their.id RETURNING o.id"
		    "), l AS ("
		    " UPDATE order_lines l SET note = NULL, updated_at = now() FROM their"
		    " WHERE l.tenant_id = $1 AND l.order_id = their.id AND l.note IS NOT NULL"
		    " RETURNING l.id"
		    "), t AS ("
		    " UPDATE clients c SET name = 'Erased', email = NULL, phone = NULL,"
		    "  slug = 'erased-' || replace(c.id::text, '-', ''), address = NULL,"
		    "  notes = NULL, tags = '{}', erased_at = now(), revision = c.revision + 1,"
		    "  updated_at = now() FROM clients this"
		    " WHERE c.tenant_id = $1 AND c.id IN (SELECT person.id FROM person)"
		    "  AND this.tenant_id = $1 AND this.id = " THIS "  AND " PUR_MATCHES(
			"$3", "this.revision") " RETURNING c.*"
					       ") SELECT " CLIENT ", " STATE ", " MERGED
					       " FROM t WHERE t.id = " THIS },
	[FIND_ACTIVE] = { PUR_ONE, "@tenant /client:slug",
			  "SELECT " CLIENT ", " STATE " FROM clients t WHERE t.tenant_id = $1"
			  " AND t.id = " ACTIVE },
	[LOCK_ACTIVE] = { PUR_EXEC, "@tenant /client:slug",
			  "SELECT pg_advisory_xact_lock(" PUR_REFER_KEY("$1", ACTIVE) ")" },
	[MOVE] = { PUR_EXEC, "@tenant /client:slug into",
		   "WITH their AS (SELECT o.id FROM orders o WHERE o.tenant_id = $1"
		   " AND o.client_id = " ACTIVE " ORDER BY o.id FOR NO KEY UPDATE)"
		   " UPDATE orders o SET client_id = $3, revision = o.revision + 1,"
		   " updated_at = now() FROM their WHERE o.tenant_id = $1 AND o.id = their.id"
		   " RETURNING o.id" },
	/*
	 * Empty fields are filled; tags are those of both, as many as a client can have. One that
	 * was deleted gives a row too, so that it is refused as a reference, and not as missing.
	 */
	[MERGE] = { PUR_ONE, "@tenant /client:slug @match into",
		    "WITH old AS ("
		    " SELECT c.* FROM clients c WHERE c.tenant_id = $1 AND c.id = " ACTIVE
		    "  AND " PUR_MATCHES(
			"$3",
			"c.revision") " FOR NO KEY UPDATE"
				      "), gone AS ("
				      " UPDATE clients c SET active = false, merged_into = $4,"
				      "  deleted_at = coalesce(c.deleted_at, now()), revision = c.revision + 1,"
				      "  updated_at = now() FROM old"
				      " WHERE c.tenant_id = $1 AND (c.id = old.id OR c.merged_into = old.id)"
				      " RETURNING c.id, old.id AS old"
				      "), t AS ("
				      " UPDATE clients c SET email = coalesce(c.email, old.email),"
				      "  phone = coalesce(c.phone, old.phone),"
				      "  address = coalesce(c.address, old.address),"
				      "  notes = coalesce(c.notes, old.notes),"
				      "  tags = (c.tags || ARRAY(SELECT g.tag FROM unnest(old.tags) WITH ORDINALITY"
				      "   AS g (tag, place) WHERE g.tag <> ALL (c.tags) ORDER BY g.place))[:20],"
				      "  revision = c.revision + 1, updated_at = now() FROM old"
				      " WHERE c.tenant_id = $1 AND c.id = $4 AND c.id <> old.id AND c.active"
				      " RETURNING c.*"
				      ") SELECT " CLIENT ", " STATE
				      ", (SELECT array_agg(m.id ORDER BY m.id) FROM ("
				      "  SELECT gone.id FROM gone UNION SELECT c.id FROM clients c"
				      "   WHERE c.tenant_id = $1 AND c.merged_into = $4) m) AS merged"
				      " FROM (SELECT * FROM t UNION ALL SELECT c.* FROM clients c"
				      "  WHERE c.tenant_id = $1 AND c.id = $4 AND NOT c.active) t"
				      " WHERE EXISTS (SELECT FROM gone)" },
};

static const struct pur_constraint constraints[] = {
	{ "clients_merged_into_self_check", PUR_ERULE, "into", "Is the client itself" },
	{ .name = NULL },
};

static const struct pur_route routes[] = {
	{ PUR_GET, "/clients/{client}/export", "clients:export", PUR_NO_STORE, .stmts = { EXPORT },
	  .fields = export_fields,
	  .summary = "Get all that is known of a client, to hand it over" },
	{ PUR_POST, "/clients/{client}/erase", "clients:erase", PUR_NO_STORE,
	  .stmts = { LOCK, LOCK_CLIENTS, LOCK_ORDERS, ANSWERS, ERASE }, .guard = FIND,
	  .event = "client.erased",
	  .summary = "Erase for ever what tells who a client is, everywhere" },
	{ PUR_POST, "/clients/{client}/merge", "clients:merge", PUR_NO_STORE,
	  .stmts = { LOCK_ACTIVE, MOVE, MERGE }, .guard = FIND_ACTIVE, .body = merging,
	  .effect = PUR_DELETES, .event = "client.merged", .errors = { PUR_ERULE },
	  .summary = "Merge a client into another one, which gets its orders" },
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "privacy", .title = "Client", .summary = "What is known of a person",
	    .constraints = constraints, .counts = "clients")
