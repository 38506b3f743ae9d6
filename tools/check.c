/*
 * check: `purser check`, the proof of what is kept twice. Each rule is one statement that gives a
 * row for each difference: what it is about, what is kept, what it should be.
 */
#include "command.h"
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define DIFFERS 1

/* Orders that hold a pick-up slot. */
#define HOLDING "('pending', 'approved', 'in_production', 'ready', 'completed')"

#define COUNTED(table)                                                                             \
	"SELECT '" table "', '', count(*) FROM " table " WHERE tenant_id = $1 AND active"

static const struct {
	const char *rule;
	const char *sql; /* $1 is the tenant; gives (about, kept, real) */
} rules[] = {
	/* A resource that isn't counted here would be told as one too many. */
	{ "totals",
	  "WITH real (resource, status, n) AS (" COUNTED("products") " UNION ALL " COUNTED("categories") " UNION ALL " COUNTED(
	      "clients") " UNION ALL SELECT 'orders', '', count(*) FROM orders WHERE tenant_id = $1"
			 " UNION ALL SELECT 'orders', status, count(*) FROM orders WHERE tenant_id = $1"
			 " GROUP BY status)"
			 " SELECT concat_ws(' ', resource, nullif(status, '')), c.n, r.n FROM real r"
			 " FULL JOIN (SELECT resource, status, n FROM tenant_counts WHERE tenant_id = $1) c"
			 " USING (resource, status) WHERE coalesce(r.n, 0) <> coalesce(c.n, 0)"
			 " ORDER BY 1" },
	{ "stock on hand",
	  "SELECT 'product ' || s.product_id, s.on_hand, coalesce(sum(m.delta), 0) FROM stock s"
	  " LEFT JOIN stock_movements m ON m.tenant_id = $1 AND m.product_id = s.product_id"
	  " WHERE s.tenant_id = $1 GROUP BY s.product_id, s.on_hand"
	  " HAVING s.on_hand <> coalesce(sum(m.delta), 0) ORDER BY 1" },
	{ "stock reserved",
	  "SELECT 'product ' || s.product_id, s.reserved, coalesce(held.quantity, 0) FROM stock s"
	  " LEFT JOIN (SELECT l.product_id, sum(l.quantity) AS quantity FROM orders o"
	  "  JOIN order_lines l ON l.tenant_id = $1 AND l.order_id = o.id AND l.tracked"
	  "  WHERE o.tenant_id = $1 AND o.status = 'pending' GROUP BY l.product_id) held"
	  "  ON held.product_id = s.product_id"
	  " WHERE s.tenant_id = $1 AND s.reserved <> coalesce(held.quantity, 0) ORDER BY 1" },
	/* Stock that an order took and gave back: its ledger against its lines. */
	{ "stock of orders",
	  "SELECT 'order ' || o.number || ', product ' || product_id, coalesce(m.delta, 0),"
	  "  CASE WHEN o.status IN ('approved', 'in_production', 'ready', 'completed')"
	  "   THEN -coalesce(l.quantity, 0) ELSE 0 END"
	  " FROM (SELECT order_id, product_id, sum(quantity) AS quantity FROM order_lines"
	  "  WHERE tenant_id = $1 AND tracked GROUP BY 1, 2) l"
	  " FULL JOIN (SELECT order_id, product_id, sum(delta) AS delta FROM stock_movements"
	  "  WHERE tenant_id = $1 AND order_id IS NOT NULL GROUP BY 1, 2) m"
	  " USING (order_id, product_id)"
	  " JOIN orders o ON o.tenant_id = $1 AND o.id = order_id"
	  " WHERE coalesce(m.delta, 0) <>"
	  "  CASE WHEN o.status IN ('approved', 'in_production', 'ready', 'completed')"
	  "   THEN -coalesce(l.quantity, 0) ELSE 0 END ORDER BY 1" },
	{ "order total",
	  "SELECT 'order ' || o.number, o.total, coalesce(sum(l.total), 0) FROM orders o"
	  " LEFT JOIN order_lines l ON l.tenant_id = $1 AND l.order_id = o.id"
	  " WHERE o.tenant_id = $1 GROUP BY o.number, o.total"
	  " HAVING count(l.id) = 0 OR o.total <> sum(l.total) ORDER BY o.number" },
	{ "order tax",
	  "SELECT 'order ' || o.number, o.tax_total, coalesce(sum(l.tax), 0) FROM orders o"
	  " LEFT JOIN order_lines l ON l.tenant_id = $1 AND l.order_id = o.id"
	  " WHERE o.tenant_id = $1 GROUP BY o.number, o.tax_total"
	  " HAVING o.tax_total <> coalesce(sum(l.tax), 0) ORDER BY o.number" },
	{ "order subtotal",
	  "SELECT 'order ' || number, subtotal, total - tax_total FROM orders"
	  " WHERE tenant_id = $1 AND subtotal <> total - tax_total ORDER BY number" },
	/* Counted where a capacity is set; slots of the past are left as they are. */
	{ "pick-up slot",
	  "SELECT slot::text, coalesce(k.taken, 0), coalesce(o.n, 0)"
	  " FROM (SELECT date_bin(c.pickup_slot_minutes * interval '1 minute',"
	  "   o.pickup_date AT TIME ZONE c.time_zone, timestamp '2000-01-01') AS slot,"
	  "   count(*) AS n FROM orders o JOIN settings c ON c.tenant_id = $1"
	  "  WHERE o.tenant_id = $1 AND c.pickup_slot_capacity IS NOT NULL"
	  "   AND o.pickup_date > now() AND o.status IN " HOLDING " GROUP BY 1) o"
	  " FULL JOIN (SELECT k.slot, k.taken FROM pickup_slots k JOIN settings c"
	  "   ON c.tenant_id = $1 WHERE k.tenant_id = $1"
	  "   AND k.slot > now() AT TIME ZONE c.time_zone) k USING (slot)"
	  " WHERE slot > (SELECT now() AT TIME ZONE time_zone FROM settings WHERE tenant_id = $1)"
	  "  AND coalesce(o.n, 0) <> coalesce(k.taken, 0) ORDER BY 1" },
	{ "order numbers",
	  "SELECT 'the last one', s.order_number, coalesce(max(o.number), 0) FROM tenant_state s"
	  " LEFT JOIN orders o ON o.tenant_id = $1 WHERE s.tenant_id = $1 GROUP BY s.order_number"
	  " HAVING s.order_number <> coalesce(max(o.number), 0)" },
	{ "order numbers",
	  "SELECT 'how many', s.order_number, count(o.number) FROM tenant_state s"
	  " LEFT JOIN orders o ON o.tenant_id = $1 WHERE s.tenant_id = $1 GROUP BY s.order_number"
	  " HAVING s.order_number <> count(o.number)" },
};

#define N_RULES (sizeof(rules) / sizeof(rules[0]))

/* NULL is what isn't there at all: none. */
static const char *
number(const PGresult *r, int row, int column)
{
	return PQgetisnull(r, row, column) ? "0" : PQgetvalue(r, row, column);
}

/* Tells all differences of one tenant. Returns how many, or -1 after a message. */
static int
check(PGconn *db, const char *id, const char *slug)
{
	int n = 0;

	for (size_t i = 0; i < N_RULES; i++) {
		PGresult *r = admin_run(db, rules[i].sql, 1, &id);

		if (r == NULL)
			return -1;
		for (int row = 0; row < PQntuples(r); row++, n++)
			printf("%s: %s: %s: %s is kept, %s is right\n", slug, rules[i].rule,
			       PQgetvalue(r, row, 0), number(r, row, 1), number(r, row, 2));
		PQclear(r);
	}
	return n;
}

int
check_command(int argc, char **argv)
{
	const char *slug = NULL;
	const struct option_value options[] = { { .name = "tenant", .value = &slug },
						{ .name = NULL } };
	int found = 0, differ = 0;
	PGresult *tenants;
	PGconn *db;

	if (read_options(argc, argv, options, NULL) != 0)
		return EX_USAGE;
	db = admin_read();
	if (db == NULL)
		return EX_UNAVAILABLE;
	tenants = admin_tenants(db, slug);
	for (int i = 0; i < PQntuples(tenants) && found >= 0; i++) {
		found = check(db, PQgetvalue(tenants, i, 0), PQgetvalue(tenants, i, 1));
		differ += found;
	}
	if (tenants != NULL && found >= 0)
		printf("%d tenants, %d differences\n", PQntuples(tenants), differ);
	if (tenants == NULL || found < 0)
		found = EX_DATAERR;
	else
		found = fflush(stdout) != 0 ? EX_IOERR : differ > 0 ? DIFFERS : EX_OK;
	PQclear(tenants);
	PQfinish(db);
	return found;
}
