/*
 * orders: what a customer asked for, from pending to picked up.
 * Life: pending -> approved -> in_production -> ready -> completed; leaves by rejected, cancelled,
 * expired or no_show. Placing reserves stock and a pick-up slot, approving takes the stock, leaving
 * gives all of it back. Prices are those of the moment of placing.
 */
#include "purser.h"

enum {
	LIST = 1,
	GET,
	STAY,
	PLACE,
	MOVE,
	SETTLE,
	LOCK,
	RESLOT,
	EDIT,
	RESTOCK,
	RELINE,
	TOTAL,
	FIND,
	HISTORY,
	CLIENT,
	CLIENT_ORDERS,
	LINE_FAULTS,
	PICKUP_FAULTS,
	CHANGED_LINE_FAULTS,
	CHANGED_PICKUP_FAULTS
};

static const char *const statuses[] = { "pending",   "approved", "in_production", "ready",
					"completed", "rejected", "expired",       "no_show",
					"cancelled", NULL };
static const char *const payments[] = { "none", "partial", "paid", "refunded", NULL };

#define COLUMNS                                                                                         \
	"o.id, o.number, o.status, o.customer_name, o.customer_email, o.customer_phone,"                \
	" o.client_id, o.pickup_date, o.notes, o.reason, o.currency, o.subtotal, o.tax_total, o.total," \
	" o.payment_status, o.placed_by, o.created_at, o.updated_at, o.revision AS _revision"
#define LINES(source)                                                                              \
	"(SELECT array_agg(ROW(l.product_id, l.name, l.quantity, l.unit_price, l.tax_rate, l.tax," \
	" l.total, l.note) ORDER BY l.position) FROM " source ")"
#define STORED_LINES LINES("order_lines l WHERE l.tenant_id = $1 AND l.order_id = o.id")
#define ORDERS "SELECT " COLUMNS "{include} FROM orders o{search} WHERE o.tenant_id = $1"
#define THIS "SELECT o.id FROM orders o WHERE o.tenant_id = $1 AND o.{ref}"

/* Of `wanted` lines their tax, half up, of prices with or without it. */
#define TAXED                                                                                      \
	"SELECT *, CASE WHEN gross"                                                                \
	" THEN (2 * amount * tax_rate + 10000 + tax_rate) / (2 * (10000 + tax_rate))"              \
	" ELSE (amount * tax_rate + 5000) / 10000 END AS tax FROM wanted"
#define INSERT_LINES                                                                               \
	"INSERT INTO order_lines (tenant_id, id, order_id, position, product_id, name, quantity,"  \
	" unit_price, tax_rate, tax, total, note, tracked)"
#define LINE_VALUES                                                                                \
	"position, product_id, name, quantity, unit_price, tax_rate, tax,"                         \
	" amount + CASE WHEN gross THEN 0 ELSE tax END, note, track_stock"

/* The slot of an order, and the one that a PATCH gives it. */
#define SLOT PUR_PICKUP_SLOT("o.pickup_date")
#define NEW_SLOT PUR_PICKUP_SLOT("$5")

/* What a PATCH may change: the order, unchanged since it was read and early enough in its life. */
#define CHANGEABLE                                                                                 \
	"o.tenant_id = $1 AND o.{ref} AND o.status = ANY ($4) AND " PUR_MATCHES("$3", "o.revision")
#define OF_THIS "l.tenant_id = $1 AND l.order_id = o.id"

/* Lines of a body whose products aren't there, or are too few beside what the order has itself. */
#define LINE_WHY(products, quantities, own)                                                        \
	"SELECT u.position - 1 AS line, p.id IS NULL AS missing,"                                  \
	" greatest(s.on_hand - s.reserved + " own ", 0)::bigint AS available"                      \
	" FROM unnest(" products "::uuid[], " quantities "::bigint[]) WITH ORDINALITY"             \
	"  AS u (product_id, quantity, position)"                                                  \
	" LEFT JOIN products p ON p.tenant_id = $1 AND p.id = u.product_id AND p.active"           \
	" LEFT JOIN stock s ON s.tenant_id = $1 AND s.product_id = p.id AND p.track_stock"         \
	" WHERE p.id IS NULL OR (SELECT sum(w.quantity) FROM unnest(" products ", " quantities ")" \
	"  AS w (product_id, quantity) WHERE w.product_id = p.id)"                                 \
	"  > s.on_hand - s.reserved + " own " ORDER BY u.position"

/* The longest lead time of some products. */
#define HOURS_OF(which)                                                                            \
	"SELECT max(p.lead_time_hours) FROM products p WHERE p.tenant_id = $1 AND " which
/* Of those that a changed order `o` will have; of those that come new into it. */
#define CHANGED(products)                                                                          \
	"(p.id = ANY (" products ") OR cardinality(" products ") = 0 AND EXISTS"                   \
	" (SELECT FROM order_lines l WHERE " OF_THIS " AND l.product_id = p.id))"
#define NEW(products)                                                                              \
	"p.id = ANY (" products ") AND NOT EXISTS"                                                 \
	" (SELECT FROM order_lines l WHERE " OF_THIS " AND l.product_id = p.id)"

/* Whether the new pick-up of a changed order is possible; one that stays, with what comes new. */
#define MOVED_POSSIBLE PUR_PICKUP_POSSIBLE("r.pickup_date", "(" HOURS_OF(CHANGED("$6")) ")")
#define NEW_EARLIEST PUR_PICKUP_EARLIEST("max(p.lead_time_hours)")
#define NEW_POSSIBLE                                                                               \
	"coalesce(r.pickup_date >= (SELECT " NEW_EARLIEST " FROM products p"                       \
	" WHERE p.tenant_id = $1 AND " NEW("$6") " HAVING count(*) > 0), true)"

/* What stands against a pick-up: `w` says when, if that is new, and how long its products take. */
#define OPEN_THEN PUR_PICKUP_OPEN("w.at")
#define EARLIEST_THEN PUR_PICKUP_EARLIEST("w.hours")
#define PICKUP_WHY(w)                                                                              \
	"SELECT w.moved AND NOT " OPEN_THEN " AS closed,"                                          \
	" greatest(c.lead_time_hours, w.hours)::bigint AS hours, w.at < " EARLIEST_THEN            \
	" AS early, c.pickup_days_ahead::bigint AS days,"                                          \
	" w.moved AND w.at > " PUR_PICKUP_LATEST " AS late"                                        \
	" FROM settings c, (" w ") w WHERE c.tenant_id = $1"
#define PLACED                                                                                     \
	"SELECT $2::timestamptz AS at, true AS moved,"                                             \
	" (" HOURS_OF("p.id = ANY ($3)") ") AS hours"
#define PATCHED                                                                                    \
	"SELECT coalesce($3, o.pickup_date) AS at, coalesce($3 <> o.pickup_date, false) AS moved," \
	" CASE WHEN $3 <> o.pickup_date THEN (" HOURS_OF(CHANGED("$4")) ") ELSE (" HOURS_OF(       \
	    NEW("$4")) ") END AS hours FROM orders o WHERE o.tenant_id = $1 AND o.{ref}"

static const struct pur_field history[] = { PUR_EVENT_FIELDS, { .name = NULL } };

static const struct pur_field client_fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_ALWAYS },
	{ .name = "name", .type = PUR_TEXT, .flags = PUR_ALWAYS },
	{ .name = "slug", .type = PUR_SLUG, .flags = PUR_ALWAYS },
	{ .name = "email", .type = PUR_EMAIL },
	{ .name = "phone", .type = PUR_TEXT },
	{ .name = NULL },
};

static const struct pur_field line_fields[] = {
	{ .name = "product_id", .type = PUR_UUID, .flags = PUR_REQUIRED },
	{ .name = "name",
	  .type = PUR_TEXT,
	  .example = "\"Chocolate cake\"",
	  .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "quantity", .type = PUR_INT, .flags = PUR_REQUIRED, .min = 1, .max = 100000 },
	{ .name = "unit_price", .type = PUR_MONEY, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "tax_rate", .type = PUR_INT, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "tax", .type = PUR_MONEY, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "total", .type = PUR_MONEY, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "note", .type = PUR_TEXT, .max = 500 },
	{ .name = NULL },
};

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "number",
	  .type = PUR_INT,
	  .flags = PUR_READONLY | PUR_ALWAYS | PUR_SORT | PUR_FILTER,
	  .summary = "The tenant's own, without gaps" },
	{ .name = "status",
	  .type = PUR_CHOICE,
	  .choices = statuses,
	  .flags = PUR_READONLY | PUR_ALWAYS | PUR_FILTER },
	{ .name = "customer_name",
	  .type = PUR_TEXT,
	  .example = "\"Ada Lovelace\"",
	  .max = 200,
	  .flags = PUR_REQUIRED | PUR_PERSONAL | PUR_SORT | PUR_FILTER },
	{ .name = "customer_email", .type = PUR_EMAIL, .flags = PUR_PERSONAL },
	{ .name = "customer_phone", .type = PUR_TEXT, .max = 50, .flags = PUR_PERSONAL },
	{ .name = "client_id", .type = PUR_UUID, .flags = PUR_FILTER, .refers = "clients" },
	{ .name = "client",
	  .type = PUR_OBJECT,
	  .flags = PUR_READONLY,
	  .of = client_fields,
	  .include = "(SELECT ROW(c.id, c.name, c.slug, c.email, c.phone) FROM clients c"
		     " WHERE c.tenant_id = $1 AND c.id = o.client_id)" },
	{ .name = "pickup_date",
	  .type = PUR_TIME,
	  .flags = PUR_REQUIRED | PUR_FUTURE | PUR_SORT | PUR_FILTER },
	{ .name = "notes", .type = PUR_TEXT, .example = "\"Without nuts, please\"", .max = 5000 },
	{ .name = "reason",
	  .type = PUR_TEXT,
	  .flags = PUR_READONLY,
	  .summary = "Why it was rejected or cancelled" },
	{ .name = "currency",
	  .type = PUR_TEXT,
	  .example = "\"EUR\"",
	  .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "subtotal",
	  .type = PUR_MONEY,
	  .flags = PUR_READONLY | PUR_ALWAYS,
	  .summary = "Without tax" },
	{ .name = "tax_total", .type = PUR_MONEY, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "total",
	  .type = PUR_MONEY,
	  .flags = PUR_READONLY | PUR_ALWAYS | PUR_SORT | PUR_FILTER,
	  .summary = "What the customer pays" },
	{ .name = "payment_status",
	  .type = PUR_CHOICE,
	  .choices = payments,
	  .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "placed_by", .type = PUR_UUID, .flags = PUR_READONLY },
	{ .name = "created_at",
	  .type = PUR_TIME,
	  .flags = PUR_READONLY | PUR_ALWAYS | PUR_SORT | PUR_FILTER },
	{ .name = "updated_at", .type = PUR_TIME, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "lines",
	  .type = PUR_ROWS,
	  .flags = PUR_REQUIRED,
	  .min = 1,
	  .max = 100,
	  .of = line_fields,
	  .include = STORED_LINES },
	{ .name = NULL },
};

static const struct pur_field leaving[] = {
	{ .name = "reason", .type = PUR_TEXT, .max = 500 },
	{ .name = NULL },
};

static const struct pur_stmt stmts[] = {
	[LIST] = { PUR_LIST, "@tenant", ORDERS },
	[GET] = { PUR_ONE, "@tenant /ref",
		  "SELECT " COLUMNS ", " STORED_LINES " AS lines{include} FROM orders o"
		  " WHERE o.tenant_id = $1 AND o.{ref}" },
	[STAY] = { PUR_EXEC, "@tenant", "SELECT " PUR_SETTINGS_STAY },
	/* Locks: stock by product id, the slot, tenant_state; each waits for the one before. */
	[PLACE] = { PUR_ONE,
		    "@tenant @id lines.@id lines.product_id lines.quantity lines.note"
		    " customer_name customer_email customer_phone pickup_date notes client_id",
		    "WITH wanted AS ("
		    " SELECT u.id, u.position, p.id AS product_id, p.name, u.quantity, p.unit_price,"
		    "  p.tax_rate, p.track_stock, p.lead_time_hours, u.note,"
		    "  u.quantity * p.unit_price AS amount, c.prices_include_tax AS gross"
		    " FROM unnest($3::uuid[], $4::uuid[], $5::bigint[], $6::text[]) WITH ORDINALITY"
		    "  AS u (id, product_id, quantity, note, position)"
		    " JOIN settings c ON c.tenant_id = $1"
		    " LEFT JOIN products p ON p.tenant_id = $1 AND p.id = u.product_id AND p.active"
		    "), line AS (" TAXED "), held AS ("
		    " SELECT s.product_id, w.quantity FROM stock s JOIN (SELECT product_id,"
		    "  sum(quantity)::bigint AS quantity FROM line WHERE track_stock"
		    "  GROUP BY product_id) w ON w.product_id = s.product_id"
		    " WHERE s.tenant_id = $1 ORDER BY s.product_id FOR NO KEY UPDATE OF s"
		    "), reserved AS ("
		    " UPDATE stock s SET reserved = s.reserved + held.quantity,"
		    "  revision = s.revision + 1, updated_at = now() FROM held"
		    " WHERE s.tenant_id = $1 AND s.product_id = held.product_id RETURNING s.product_id"
		    "), slot AS ("
		    " INSERT INTO pickup_slots AS k (tenant_id, slot, taken, capacity)"
		    " SELECT $1, " PUR_PICKUP_SLOT(
			"$10") ", 1, c.pickup_slot_capacity FROM settings c"
			       " WHERE c.tenant_id = $1 AND c.pickup_slot_capacity IS NOT NULL"
			       "  AND (SELECT count(*) FROM reserved) >= 0"
			       " ON CONFLICT (tenant_id, slot) DO UPDATE SET taken = k.taken + 1,"
			       "  capacity = excluded.capacity, updated_at = now() RETURNING k.slot"
			       "), numbered AS ("
			       " UPDATE tenant_state SET order_number = order_number + 1, updated_at = now()"
			       " WHERE tenant_id = $1 AND (SELECT count(*) FROM reserved) >= 0"
			       "  AND (SELECT count(*) FROM slot) >= 0 RETURNING order_number"
			       "), o AS ("
			       " INSERT INTO orders (tenant_id, id, number, customer_name, customer_email,"
			       "  customer_phone, pickup_date, notes, client_id, currency, subtotal, tax_total,"
			       "  total, placed_by)"
			       " SELECT $1, $2, n.order_number, $7, $8, $9, CASE WHEN " PUR_PICKUP_POSSIBLE(
				   "$10",
				   "t.lead_time_hours") " THEN $10 END, $11, $12,"
							"  c.currency, t.amount - CASE WHEN c.prices_include_tax THEN t.tax ELSE 0 END,"
							"  t.tax, t.amount + CASE WHEN c.prices_include_tax THEN 0 ELSE t.tax END, " PUR_ACTOR
							" FROM numbered n, settings c,"
							" (SELECT coalesce(sum(amount), 0)::bigint AS amount,"
							"  coalesce(sum(tax), 0)::bigint AS tax, max(lead_time_hours) AS lead_time_hours"
							"  FROM line) t WHERE c.tenant_id = $1 RETURNING *"
							"), l AS (" INSERT_LINES
							" SELECT $1, id, $2, " LINE_VALUES
							" FROM line RETURNING *"
							") SELECT " COLUMNS
							", " LINES("l") " AS lines FROM o" },
	/*
	 * What changes an order locks it by a statement of its own: the next one sees the lines as
	 * whoever held the lock has left them.
	 */
	[LOCK] = { PUR_EXEC, "@tenant /ref",
		   THIS " AND (SELECT " PUR_SETTINGS_STAY ") IS NOT NULL FOR NO KEY UPDATE" },
	/* On the way from hand to hand nothing else changes. */
	[MOVE] = { PUR_ONE, "@tenant /ref @match @from @to",
		   "WITH old AS (SELECT o.id, o.status FROM orders o WHERE " CHANGEABLE
		   ") UPDATE orders o SET status = $5, revision = o.revision + 1, updated_at = now()"
		   " FROM old WHERE o.tenant_id = $1 AND o.id = old.id"
		   " RETURNING " COLUMNS ", old.status AS _was, " STORED_LINES " AS lines" },
	/* Approving takes what placing reserved; leaving gives back what either did, and the slot.
	 */
	[SETTLE] = { PUR_ONE, "@tenant /ref @match @from @to reason",
		     "WITH old AS (SELECT o.id, o.status FROM orders o WHERE " CHANGEABLE
		     "), o AS ("
		     " UPDATE orders o SET status = $5, reason = $6, revision = o.revision + 1,"
		     "  updated_at = now() FROM old WHERE o.tenant_id = $1 AND o.id = old.id"
		     " RETURNING o.*, old.status AS was"
		     "), line AS ("
		     " SELECT l.product_id, sum(l.quantity)::bigint AS quantity, o.was = 'pending' AS held"
		     " FROM o JOIN order_lines l ON l.tenant_id = $1 AND l.order_id = o.id"
		     " WHERE l.tracked GROUP BY l.product_id, o.was"
		     "), change AS ("
		     " SELECT s.product_id, CASE WHEN line.held THEN line.quantity ELSE 0 END AS freed,"
		     "  CASE WHEN $5 = 'approved' THEN -line.quantity WHEN line.held THEN 0"
		     "  ELSE line.quantity END AS delta"
		     " FROM stock s JOIN line ON line.product_id = s.product_id"
		     " WHERE s.tenant_id = $1 ORDER BY s.product_id FOR NO KEY UPDATE OF s"
		     "), moved AS ("
		     " UPDATE stock s SET on_hand = s.on_hand + change.delta,"
		     "  reserved = s.reserved - change.freed, revision = s.revision + 1,"
		     "  updated_at = now() FROM change"
		     " WHERE s.tenant_id = $1 AND s.product_id = change.product_id"
		     " RETURNING s.product_id, s.on_hand, change.delta"
		     "), entry AS ("
		     " INSERT INTO stock_movements (tenant_id, id, product_id, delta, kind, order_id,"
		     "  on_hand) SELECT $1, uuid_v7(), moved.product_id, moved.delta,"
		     "  CASE WHEN moved.delta < 0 THEN 'sale' ELSE 'return' END, o.id, moved.on_hand"
		     " FROM moved, o WHERE moved.delta <> 0 RETURNING id"
		     "), slot AS ("
		     " UPDATE pickup_slots k SET taken = greatest(k.taken - 1, 0), updated_at = now()"
		     " FROM o, settings c WHERE k.tenant_id = $1 AND c.tenant_id = $1"
		     "  AND $5 <> 'approved' AND k.slot = " SLOT
		     "  AND (SELECT count(*) FROM moved) >= 0 RETURNING k.slot"
		     ") SELECT " COLUMNS ", o.was AS _was, " STORED_LINES " AS lines FROM o" },
	/*
	 * PATCH: the order, then stock, slot, fields, lines and totals follow what was given. The
	 * order's status and revision are asked for again by what comes before EDIT, so that
	 * nothing is refused for stock or slot that is to be refused for those.
	 */
	[RESTOCK] = { PUR_EXEC, "@tenant /ref @match @from lines.product_id lines.quantity",
		      "WITH o AS ("
		      " SELECT o.id, o.status FROM orders o WHERE " CHANGEABLE
		      "  AND cardinality($5) > 0"
		      "), more AS ("
		      " SELECT n.product_id, sum(n.quantity)::bigint AS quantity FROM ("
		      "  SELECT p.id AS product_id, u.quantity FROM unnest($5::uuid[], $6::bigint[])"
		      "   AS u (product_id, quantity) JOIN products p ON p.tenant_id = $1"
		      "   AND p.id = u.product_id AND p.active AND p.track_stock"
		      "  UNION ALL SELECT l.product_id, -l.quantity FROM o JOIN order_lines l"
		      "   ON " OF_THIS " WHERE l.tracked) n"
		      " GROUP BY n.product_id"
		      "), held AS ("
		      " SELECT s.product_id, more.quantity FROM stock s JOIN more"
		      "  ON more.product_id = s.product_id JOIN o ON true WHERE s.tenant_id = $1"
		      "  AND more.quantity <> 0 ORDER BY s.product_id FOR NO KEY UPDATE OF s"
		      "), moved AS ("
		      " UPDATE stock s SET revision = s.revision + 1, updated_at = now(),"
		      "  reserved = s.reserved + CASE o.status WHEN 'pending' THEN held.quantity"
		      "   ELSE 0 END,"
		      "  on_hand = s.on_hand - CASE o.status WHEN 'pending' THEN 0"
		      "   ELSE held.quantity END"
		      " FROM held, o WHERE s.tenant_id = $1 AND s.product_id = held.product_id"
		      " RETURNING s.product_id, s.on_hand, held.quantity, o.id AS order_id, o.status"
		      ") INSERT INTO stock_movements (tenant_id, id, product_id, delta, kind,"
		      "  order_id, on_hand) SELECT $1, uuid_v7(), product_id, -quantity,"
		      "  CASE WHEN quantity > 0 THEN 'sale' ELSE 'return' END, order_id, on_hand"
		      " FROM moved WHERE status <> 'pending' RETURNING id" },
	/* Both slots are locked in their order, so that two orders can change places. */
	[RESLOT] = { PUR_EXEC, "@tenant /ref @match @from pickup_date",
		     "WITH o AS ("
		     " SELECT " SLOT " AS old, " NEW_SLOT
		     " AS new, c.pickup_slot_capacity AS capacity"
		     " FROM orders o, settings c WHERE c.tenant_id = $1 AND " CHANGEABLE
		     "), held AS ("
		     " SELECT k.slot FROM pickup_slots k JOIN o ON k.slot IN (o.old, o.new)"
		     " WHERE k.tenant_id = $1 AND o.new <> o.old"
		     " ORDER BY k.slot FOR NO KEY UPDATE OF k"
		     "), freed AS ("
		     " UPDATE pickup_slots k SET taken = greatest(k.taken - 1, 0), updated_at = now()"
		     " FROM o WHERE k.tenant_id = $1 AND k.slot = o.old AND o.new <> o.old"
		     "  AND (SELECT count(*) FROM held) >= 0 RETURNING k.slot"
		     ") INSERT INTO pickup_slots AS k (tenant_id, slot, taken, capacity)"
		     " SELECT $1, o.new, 1, o.capacity FROM o WHERE o.new <> o.old"
		     "  AND o.capacity IS NOT NULL AND (SELECT count(*) FROM freed) >= 0"
		     " ON CONFLICT (tenant_id, slot) DO UPDATE SET taken = k.taken + 1,"
		     "  capacity = excluded.capacity, updated_at = now() RETURNING k.slot" },
	/* A pick-up that stays is judged again only for products that come new into the order. */
	[EDIT] = { PUR_ONE, "@tenant /ref @match @from @body lines.product_id",
		   "UPDATE orders o SET (customer_name, customer_email, customer_phone, client_id,"
		   " notes, pickup_date) = (SELECT r.customer_name, r.customer_email,"
		   "  r.customer_phone, r.client_id, r.notes, CASE WHEN CASE"
		   "  WHEN r.pickup_date <> o.pickup_date THEN " MOVED_POSSIBLE
		   "  ELSE " NEW_POSSIBLE " END THEN r.pickup_date END"
		   "  FROM jsonb_populate_record(o, $5) r, settings c WHERE c.tenant_id = $1),"
		   " revision = o.revision + 1, updated_at = now()"
		   " WHERE " CHANGEABLE " RETURNING o.id" },
	/* A product that was in the order keeps the price it had. */
	[RELINE] = { PUR_EXEC, "@tenant /ref lines.@id lines.product_id lines.quantity lines.note",
		     "WITH o AS ("
		     " SELECT o.id, c.prices_include_tax AS gross FROM orders o, settings c"
		     " WHERE o.tenant_id = $1 AND c.tenant_id = $1 AND o.{ref} AND cardinality($4) > 0"
		     "), gone AS ("
		     " DELETE FROM order_lines l USING o WHERE l.tenant_id = $1 AND l.order_id = o.id"
		     " RETURNING l.product_id, l.unit_price, l.tax_rate"
		     "), had AS ("
		     " SELECT DISTINCT ON (product_id) * FROM gone ORDER BY product_id"
		     "), wanted AS ("
		     " SELECT u.id, o.id AS order_id, u.position, p.id AS product_id, p.name,"
		     "  u.quantity, coalesce(had.unit_price, p.unit_price) AS unit_price,"
		     "  coalesce(had.tax_rate, p.tax_rate) AS tax_rate, p.track_stock, u.note,"
		     "  u.quantity * coalesce(had.unit_price, p.unit_price) AS amount, o.gross"
		     " FROM unnest($3::uuid[], $4::uuid[], $5::bigint[], $6::text[]) WITH ORDINALITY"
		     "  AS u (id, product_id, quantity, note, position) CROSS JOIN o"
		     " LEFT JOIN products p ON p.tenant_id = $1 AND p.id = u.product_id AND p.active"
		     " LEFT JOIN had ON had.product_id = p.id"
		     "), line AS (" TAXED ") " INSERT_LINES " SELECT $1, id, order_id, " LINE_VALUES
		     " FROM line"
		     " RETURNING id" },
	[TOTAL] = { PUR_ONE, "@tenant /ref",
		    "UPDATE orders o SET subtotal = t.total - t.tax, tax_total = t.tax,"
		    " total = t.total FROM (SELECT sum(l.total)::bigint AS total,"
		    "  sum(l.tax)::bigint AS tax FROM order_lines l WHERE l.tenant_id = $1"
		    "  AND l.order_id = (" THIS ")) t WHERE o.tenant_id = $1 AND o.{ref}"
		    " RETURNING " COLUMNS ", " STORED_LINES " AS lines" },
	[FIND] = { PUR_ONE, "@tenant /ref", THIS },
	[HISTORY] = PUR_HISTORY_OF(THIS),
	[CLIENT] = { PUR_ONE, "@tenant /client:slug",
		     "SELECT c.id FROM clients c WHERE c.tenant_id = $1 AND c.{client} AND c.active" },
	[CLIENT_ORDERS] = { PUR_LIST, "@tenant /client:slug",
			    ORDERS " AND o.client_id = (SELECT c.id FROM clients c"
				   " WHERE c.tenant_id = $1 AND c.{client} AND c.active)" },
	[LINE_FAULTS] = { PUR_MANY, "@tenant lines.product_id lines.quantity",
			  LINE_WHY("$2", "$3", "0") },
	[PICKUP_FAULTS] = { PUR_MANY, "@tenant pickup_date lines.product_id", PICKUP_WHY(PLACED) },
	[CHANGED_LINE_FAULTS] = { PUR_MANY, "@tenant /ref lines.product_id lines.quantity",
				  LINE_WHY("$3", "$4",
					   "coalesce((SELECT sum(l.quantity) FROM orders o"
					   " JOIN order_lines l ON " OF_THIS
					   " WHERE o.tenant_id = $1 AND o.{ref} AND l.tracked"
					   " AND l.product_id = p.id), 0)") },
	[CHANGED_PICKUP_FAULTS] = { PUR_MANY, "@tenant /ref pickup_date lines.product_id",
				    PICKUP_WHY(PATCHED) },
};

/*
 * Which lines the database refused an order for: unknown products, else too little stock. Returns
 * whether there are unknown ones.
 */
static bool
explain_lines(struct pur_req *rq, enum pur_rc rc, const PGresult *r)
{
	bool unknown = false;

	for (int i = 0; i < pur_rows_count(r); i++) {
		bool missing = false;

		(void)!pur_row_bool(r, i, "missing", &missing);
		unknown |= missing;
	}
	for (int i = 0; i < pur_rows_count(r); i++) {
		int64_t line = 0, available = 0;
		bool missing = false;

		(void)!pur_row_int(r, i, "line", &line);
		(void)!pur_row_bool(r, i, "missing", &missing);
		(void)!pur_row_int(r, i, "available", &available);
		if (missing)
			pur_fault(rq,
				  pur_sprintf(pur_arena_of(rq), "lines[%d].product_id", (int)line),
				  "No such product");
		else if (!unknown && rc == PUR_ESTOCK)
			pur_fault(rq,
				  pur_sprintf(pur_arena_of(rq), "lines[%d].quantity", (int)line),
				  "Only %lld available", (long long)available);
	}
	return unknown;
}

/* Why the pick-up can't be then; a full slot has told already. */
static void
explain_pickup(struct pur_req *rq, const PGresult *r)
{
	bool closed = false, early = false, late = false;
	int64_t hours = 0, days = 0;

	(void)!pur_row_bool(r, 0, "closed", &closed);
	(void)!pur_row_bool(r, 0, "early", &early);
	(void)!pur_row_bool(r, 0, "late", &late);
	(void)!pur_row_int(r, 0, "hours", &hours);
	(void)!pur_row_int(r, 0, "days", &days);
	if (closed)
		pur_fault(rq, "pickup_date", "The shop is closed then");
	if (early)
		pur_fault(rq, "pickup_date", "Must be at least %lld hours ahead", (long long)hours);
	if (late)
		pur_fault(rq, "pickup_date", "Must be at most %lld days ahead", (long long)days);
}

/* The details of a refused order. What is wrong in itself wins over what isn't there now. */
static enum pur_rc
explain(struct pur_req *rq, int line_faults, int pickup_faults, const char *message)
{
	enum pur_rc rc = pur_refused(rq);

	if (rc != PUR_EBODY && rc != PUR_ESTOCK && rc != PUR_EPICKUP)
		return rc;
	if (pur_do(rq, line_faults) != PUR_OK || pur_do(rq, pickup_faults) != PUR_OK ||
	    pur_commit(rq) != PUR_OK)
		return rc;
	if (explain_lines(rq, rc, pur_rows(rq, line_faults)))
		return pur_refuse_instead(rq, PUR_EBODY, message);
	if (rc == PUR_EPICKUP)
		explain_pickup(rq, pur_rows(rq, pickup_faults));
	return rc;
}

static enum pur_rc
explain_placing(struct pur_req *rq)
{
	return explain(rq, LINE_FAULTS, PICKUP_FAULTS, "Order could not be created");
}

static enum pur_rc
explain_change(struct pur_req *rq)
{
	return explain(rq, CHANGED_LINE_FAULTS, CHANGED_PICKUP_FAULTS,
		       "Order could not be changed");
}

static const struct pur_constraint constraints[] = {
	{ "order_lines.product_id", PUR_EBODY, NULL, NULL },
	{ "stock_not_oversold", PUR_ESTOCK, NULL, NULL },
	{ "stock_on_hand_check", PUR_ESTOCK, NULL, NULL },
	{ "orders.pickup_date", PUR_EPICKUP, NULL, NULL },
	{ "pickup_slots_capacity_check", PUR_EPICKUP, "pickup_date",
	  "No more can be picked up then" },
	{ .name = NULL },
};

#define ALIVE "pending approved in_production ready"

static const struct pur_route routes[] = {
	{ PUR_GET, "/orders", "orders:read", .stmts = { LIST }, .sort = "-created_at",
	  .summary = "List orders" },
	{ PUR_POST, "/orders", "orders:create", PUR_NO_STORE, .stmts = { STAY, PLACE },
	  .to = "pending", .explain = explain_placing, .effect = PUR_CREATES,
	  .event = "order.placed", .errors = { PUR_ESTOCK, PUR_EPICKUP },
	  .summary = "Place an order; it reserves its stock and pick-up slot" },
	{ PUR_GET, "/orders/{ref}", "orders:read", .stmts = { GET }, .summary = "Get one order" },
	{ PUR_PATCH, "/orders/{ref}", "orders:update", PUR_NO_STORE,
	  .stmts = { LOCK, RESTOCK, RESLOT, EDIT, RELINE, TOTAL }, .guard = GET,
	  .explain = explain_change, .from = "pending approved", .event = "order.updated",
	  .errors = { PUR_ESTOCK, PUR_EPICKUP },
	  .summary = "Change an order before its production; stock follows" },
	{ PUR_POST, "/orders/{ref}/approve", "orders:approve", PUR_NO_STORE,
	  .stmts = { LOCK, SETTLE }, .guard = GET, .from = "pending", .to = "approved",
	  .event = "order.approved", .summary = "Approve a pending order; it takes its stock" },
	{ PUR_POST, "/orders/{ref}/reject", "orders:approve", PUR_NO_STORE,
	  .stmts = { LOCK, SETTLE }, .guard = GET, .body = leaving, .from = "pending",
	  .to = "rejected", .event = "order.rejected",
	  .summary = "Reject a pending order; its stock is free again" },
	{ PUR_POST, "/orders/{ref}/start", "orders:produce", PUR_NO_STORE, .stmts = { LOCK, MOVE },
	  .guard = GET, .from = "approved", .to = "in_production", .event = "order.started",
	  .summary = "Begin to make an approved order" },
	{ PUR_POST, "/orders/{ref}/ready", "orders:produce", PUR_NO_STORE, .stmts = { LOCK, MOVE },
	  .guard = GET, .from = "in_production", .to = "ready", .event = "order.ready",
	  .summary = "Say that an order can be picked up" },
	{ PUR_POST, "/orders/{ref}/complete", "orders:complete", PUR_NO_STORE,
	  .stmts = { LOCK, MOVE }, .guard = GET, .from = "ready", .to = "completed",
	  .event = "order.completed", .summary = "Hand an order over" },
	{ PUR_POST, "/orders/{ref}/no-show", "orders:complete", PUR_NO_STORE,
	  .stmts = { LOCK, SETTLE }, .guard = GET, .body = leaving, .from = "ready",
	  .to = "no_show", .event = "order.no_show",
	  .summary = "Say that nobody came for an order; its stock goes back" },
	{ PUR_POST, "/orders/{ref}/cancel", "orders:cancel", PUR_NO_STORE,
	  .stmts = { LOCK, SETTLE }, .guard = GET, .body = leaving, .from = ALIVE,
	  .to = "cancelled", .event = "order.cancelled",
	  .summary = "Cancel an order; its stock goes back" },
	{ PUR_GET, "/orders/{ref}/history", "orders:read", PUR_NO_STORE, .stmts = { FIND, HISTORY },
	  .fields = history, .sort = "seq",
	  .summary = "List what happened to an order, oldest first" },
	{ PUR_GET, "/clients/{client}/orders", "orders:read", .stmts = { CLIENT, CLIENT_ORDERS },
	  .sort = "-created_at", .summary = "List a client's orders" },
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "orders", .title = "Order", .summary = "What customers asked for",
	    .constraints = constraints, .counts = "orders", .search = "orders",
	    .key = { .name = "number", .type = PUR_INT, .min = 1 })
