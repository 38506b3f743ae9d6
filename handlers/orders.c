/*
 * orders: what a customer asked for, from pending to picked up.
 * Life: pending -> approved, or out by rejected or cancelled. Placing reserves stock, approving
 * takes it, leaving gives it back. Prices are those of the moment of placing.
 */
#include "purser.h"

enum { LIST = 1, GET, PLACE, MOVE, FAULTS };

static const char *const statuses[] = { "pending",   "approved", "in_production", "ready",
					"completed", "rejected", "expired",       "no_show",
					"cancelled", NULL };
static const char *const payments[] = { "none", "partial", "paid", "refunded", NULL };

static const struct pur_field line_fields[] = {
	{ .name = "product_id", .type = PUR_UUID, .flags = PUR_REQUIRED },
	{ .name = "name", .type = PUR_TEXT, .flags = PUR_READONLY },
	{ .name = "quantity", .type = PUR_INT, .flags = PUR_REQUIRED, .min = 1, .max = 100000 },
	{ .name = "unit_price", .type = PUR_MONEY, .flags = PUR_READONLY },
	{ .name = "tax_rate", .type = PUR_INT, .flags = PUR_READONLY },
	{ .name = "tax", .type = PUR_MONEY, .flags = PUR_READONLY },
	{ .name = "total", .type = PUR_MONEY, .flags = PUR_READONLY },
	{ .name = "note", .type = PUR_TEXT, .max = 500 },
	{ .name = NULL },
};

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY },
	{ .name = "number",
	  .type = PUR_INT,
	  .flags = PUR_READONLY | PUR_SORT | PUR_FILTER,
	  .summary = "The tenant's own, without gaps" },
	{ .name = "status",
	  .type = PUR_CHOICE,
	  .choices = statuses,
	  .flags = PUR_READONLY | PUR_FILTER },
	{ .name = "customer_name",
	  .type = PUR_TEXT,
	  .max = 200,
	  .flags = PUR_REQUIRED | PUR_PERSONAL | PUR_SORT | PUR_FILTER },
	{ .name = "customer_email", .type = PUR_EMAIL, .flags = PUR_PERSONAL },
	{ .name = "customer_phone", .type = PUR_TEXT, .max = 50, .flags = PUR_PERSONAL },
	{ .name = "pickup_date",
	  .type = PUR_TIME,
	  .flags = PUR_REQUIRED | PUR_FUTURE | PUR_SORT | PUR_FILTER },
	{ .name = "notes", .type = PUR_TEXT, .max = 5000 },
	{ .name = "reason",
	  .type = PUR_TEXT,
	  .flags = PUR_READONLY,
	  .summary = "Why it was rejected or cancelled" },
	{ .name = "currency", .type = PUR_TEXT, .flags = PUR_READONLY },
	{ .name = "subtotal", .type = PUR_MONEY, .flags = PUR_READONLY, .summary = "Without tax" },
	{ .name = "tax_total", .type = PUR_MONEY, .flags = PUR_READONLY },
	{ .name = "total",
	  .type = PUR_MONEY,
	  .flags = PUR_READONLY | PUR_SORT | PUR_FILTER,
	  .summary = "What the customer pays" },
	{ .name = "payment_status",
	  .type = PUR_CHOICE,
	  .choices = payments,
	  .flags = PUR_READONLY },
	{ .name = "placed_by", .type = PUR_UUID, .flags = PUR_READONLY },
	{ .name = "created_at", .type = PUR_TIME, .flags = PUR_READONLY | PUR_SORT | PUR_FILTER },
	{ .name = "updated_at", .type = PUR_TIME, .flags = PUR_READONLY },
	{ .name = "lines",
	  .type = PUR_ROWS,
	  .flags = PUR_REQUIRED,
	  .min = 1,
	  .max = 100,
	  .of = line_fields },
	{ .name = NULL },
};

static const struct pur_field leaving[] = {
	{ .name = "reason", .type = PUR_TEXT, .max = 500 },
	{ .name = NULL },
};

#define COLUMNS                                                                                    \
	"o.id, o.number, o.status, o.customer_name, o.customer_email, o.customer_phone,"           \
	" o.pickup_date, o.notes, o.reason, o.currency, o.subtotal, o.tax_total, o.total,"         \
	" o.payment_status, o.placed_by, o.created_at, o.updated_at, o.revision AS _revision"
#define LINES(source)                                                                              \
	"(SELECT array_agg(ROW(l.product_id, l.name, l.quantity, l.unit_price, l.tax_rate, l.tax," \
	" l.total, l.note) ORDER BY l.position) FROM " source ") AS lines"
#define STORED_LINES LINES("order_lines l WHERE l.tenant_id = $1 AND l.order_id = o.id")

static const struct pur_stmt stmts[] = {
	[LIST] = { PUR_LIST, "@tenant", "SELECT " COLUMNS " FROM orders o WHERE o.tenant_id = $1" },
	[GET] = { PUR_ONE, "@tenant /ref",
		  "SELECT " COLUMNS ", " STORED_LINES " FROM orders o"
		  " WHERE o.tenant_id = $1 AND o.{ref}" },
	/* Stock is locked by product id, then tenant_state: `numbered` waits for `reserved`. */
	[PLACE] = { PUR_ONE,
		    "@tenant @id lines.@id lines.product_id lines.quantity lines.note"
		    " customer_name customer_email customer_phone pickup_date notes",
		    "WITH wanted AS ("
		    " SELECT u.id, u.position, p.id AS product_id, p.name, u.quantity, p.unit_price,"
		    "  p.tax_rate, p.track_stock, u.note, u.quantity * p.unit_price AS amount,"
		    "  s.prices_include_tax AS gross"
		    " FROM unnest($3::uuid[], $4::uuid[], $5::bigint[], $6::text[]) WITH ORDINALITY"
		    "  AS u (id, product_id, quantity, note, position)"
		    " JOIN settings s ON s.tenant_id = $1"
		    " LEFT JOIN products p ON p.tenant_id = $1 AND p.id = u.product_id AND p.active"
		    "), line AS ("
		    " SELECT *, CASE WHEN gross"
		    "  THEN (2 * amount * tax_rate + 10000 + tax_rate) / (2 * (10000 + tax_rate))"
		    "  ELSE (amount * tax_rate + 5000) / 10000 END AS tax FROM wanted"
		    "), held AS ("
		    " SELECT s.product_id, w.quantity FROM stock s JOIN (SELECT product_id,"
		    "  sum(quantity)::bigint AS quantity FROM line WHERE track_stock"
		    "  GROUP BY product_id) w ON w.product_id = s.product_id"
		    " WHERE s.tenant_id = $1 ORDER BY s.product_id FOR NO KEY UPDATE OF s"
		    "), reserved AS ("
		    " UPDATE stock s SET reserved = s.reserved + held.quantity,"
		    "  revision = s.revision + 1, updated_at = now() FROM held"
		    " WHERE s.tenant_id = $1 AND s.product_id = held.product_id RETURNING s.product_id"
		    "), numbered AS ("
		    " UPDATE tenant_state SET order_number = order_number + 1, updated_at = now()"
		    " WHERE tenant_id = $1 AND (SELECT count(*) FROM reserved) >= 0"
		    " RETURNING order_number"
		    "), o AS ("
		    " INSERT INTO orders (tenant_id, id, number, customer_name, customer_email,"
		    "  customer_phone, pickup_date, notes, currency, subtotal, tax_total, total,"
		    "  placed_by)"
		    " SELECT $1, $2, n.order_number, $7, $8, $9, $10, $11, s.currency,"
		    "  t.amount - CASE WHEN s.prices_include_tax THEN t.tax ELSE 0 END, t.tax,"
		    "  t.amount + CASE WHEN s.prices_include_tax THEN 0 ELSE t.tax END, " PUR_ACTOR
		    " FROM numbered n, settings s, (SELECT coalesce(sum(amount), 0)::bigint AS amount,"
		    "  coalesce(sum(tax), 0)::bigint AS tax FROM line) t"
		    " WHERE s.tenant_id = $1 RETURNING *"
		    "), l AS ("
		    " INSERT INTO order_lines (tenant_id, id, order_id, position, product_id, name,"
		    "  quantity, unit_price, tax_rate, tax, total, note, tracked)"
		    " SELECT $1, id, $2, position, product_id, name, quantity, unit_price, tax_rate,"
		    "  tax, amount + CASE WHEN gross THEN 0 ELSE tax END, note, track_stock FROM line"
		    " RETURNING *"
		    ") SELECT " COLUMNS ", " LINES("l") " FROM o" },
	/* Approving takes what placing reserved; leaving gives back what either did. */
	[MOVE] = { PUR_ONE, "@tenant /ref @match @from @to reason",
		   "WITH old AS ("
		   " SELECT o.id, o.status FROM orders o WHERE o.tenant_id = $1 AND o.{ref}"
		   "  AND o.status = ANY ($4) AND " PUR_MATCHES(
		       "$3",
		       "o.revision") " FOR NO KEY UPDATE"
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
				     ") SELECT " COLUMNS ", o.was AS _was, " STORED_LINES
				     " FROM o" },
	[FAULTS] = { PUR_MANY, "@tenant lines.product_id lines.quantity",
		     "SELECT u.position - 1 AS line, p.id IS NULL AS missing,"
		     " greatest(s.on_hand - s.reserved, 0) AS available"
		     " FROM unnest($2::uuid[], $3::bigint[]) WITH ORDINALITY"
		     "  AS u (product_id, quantity, position)"
		     " LEFT JOIN products p ON p.tenant_id = $1 AND p.id = u.product_id AND p.active"
		     " LEFT JOIN stock s ON s.tenant_id = $1 AND s.product_id = p.id AND p.track_stock"
		     " WHERE p.id IS NULL OR (SELECT sum(w.quantity) FROM unnest($2, $3)"
		     "  AS w (product_id, quantity) WHERE w.product_id = p.id)"
		     "  > s.on_hand - s.reserved ORDER BY u.position" },
};

/*
 * Which lines the database refused an order for: unknown products, else too little stock.
 */
static enum pur_rc
explain(struct pur_req *rq)
{
	const PGresult *r;
	enum pur_rc rc = pur_refused(rq);
	bool missing = false;

	if (rc != PUR_EBODY && rc != PUR_ESTOCK)
		return rc;
	if (pur_do(rq, FAULTS) != PUR_OK || pur_commit(rq) != PUR_OK)
		return rc;
	r = pur_rows(rq, FAULTS);
	for (int i = 0; i < pur_rows_count(r); i++) {
		int64_t line = 0, available = 0;

		(void)!pur_row_int(r, i, "line", &line);
		(void)!pur_row_bool(r, i, "missing", &missing);
		(void)!pur_row_int(r, i, "available", &available);
		if (missing && rc == PUR_EBODY)
			pur_fault(rq,
				  pur_sprintf(pur_arena_of(rq), "lines[%d].product_id", (int)line),
				  "No such product");
		else if (!missing && rc == PUR_ESTOCK)
			pur_fault(rq,
				  pur_sprintf(pur_arena_of(rq), "lines[%d].quantity", (int)line),
				  "Only %lld available", (long long)available);
	}
	return rc;
}

static const struct pur_constraint constraints[] = {
	{ "order_lines.product_id", PUR_EBODY, NULL, NULL },
	{ "stock_not_oversold", PUR_ESTOCK, NULL, NULL },
	{ .name = NULL },
};

static const struct pur_route routes[] = {
	{ PUR_GET, "/orders", "orders:read", .stmts = { LIST }, .sort = "-created_at",
	  .summary = "List orders" },
	{ PUR_POST, "/orders", "orders:create", PUR_NO_STORE, .stmts = { PLACE }, .to = "pending",
	  .explain = explain, .effect = PUR_CREATES, .event = "order.placed",
	  .errors = { PUR_ESTOCK }, .summary = "Place an order; it reserves its stock" },
	{ PUR_GET, "/orders/{ref}", "orders:read", .stmts = { GET }, .summary = "Get one order" },
	{ PUR_POST, "/orders/{ref}/approve", "orders:approve", PUR_NO_STORE, .stmts = { MOVE },
	  .guard = GET, .from = "pending", .to = "approved", .event = "order.approved",
	  .summary = "Approve a pending order; it takes its stock" },
	{ PUR_POST, "/orders/{ref}/reject", "orders:approve", PUR_NO_STORE, .stmts = { MOVE },
	  .guard = GET, .body = leaving, .from = "pending", .to = "rejected",
	  .event = "order.rejected", .summary = "Reject a pending order; its stock is free again" },
	{ PUR_POST, "/orders/{ref}/cancel", "orders:cancel", PUR_NO_STORE, .stmts = { MOVE },
	  .guard = GET, .body = leaving, .from = "pending approved in_production ready",
	  .to = "cancelled", .event = "order.cancelled",
	  .summary = "Cancel an order; its stock goes back" },
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "orders", .title = "Order", .summary = "What customers asked for",
	    .constraints = constraints, .counts = "orders",
	    .key = { .name = "number", .type = PUR_INT, .min = 1 })
