"""books: what must add up in every tenant, at any time, whatever happened to it."""

# Each gives a row for every fault. %(t)s is the tenant.
RULES = {
    "events have no gap": """
        SELECT s.event_seq, count(e.seq), max(e.seq) FROM tenant_state s
          LEFT JOIN events e ON e.tenant_id = s.tenant_id WHERE s.tenant_id = %(t)s
         GROUP BY s.event_seq
        HAVING count(e.seq) <> s.event_seq OR coalesce(max(e.seq), 0) <> s.event_seq""",

    "events are chained": """
        SELECT seq FROM (SELECT e.*, coalesce(lag(hash) OVER (ORDER BY seq), '') AS before
          FROM events e WHERE tenant_id = %(t)s) e
         WHERE hash_version <> 2
            OR hash <> sha256(before || convert_to(concat_ws('|', 2, tenant_id, seq, kind,
           object_type, object_id, coalesce(actor_id::text, ''), coalesce(key_id::text, ''),
           coalesce(host(address), ''), fields::text, coalesce(request_id, ''),
           (extract(epoch FROM created_at) * 1000000)::bigint), 'UTF8'))""",

    "order numbers have no gap": """
        SELECT s.order_number, count(o.id), max(o.number) FROM tenant_state s
          LEFT JOIN orders o ON o.tenant_id = s.tenant_id WHERE s.tenant_id = %(t)s
         GROUP BY s.order_number
        HAVING count(o.id) <> s.order_number OR coalesce(max(o.number), 0) <> s.order_number""",

    "counts are those of the rows": """
        WITH real (resource, status, n) AS (
          SELECT 'products', '', count(*) FROM products WHERE tenant_id = %(t)s AND active
          UNION ALL
          SELECT 'categories', '', count(*) FROM categories WHERE tenant_id = %(t)s AND active
          UNION ALL
          SELECT 'clients', '', count(*) FROM clients WHERE tenant_id = %(t)s AND active
          UNION ALL
          SELECT 'orders', '', count(*) FROM orders WHERE tenant_id = %(t)s
          UNION ALL
          SELECT 'orders', status, count(*) FROM orders WHERE tenant_id = %(t)s GROUP BY status)
        SELECT resource, status, r.n, c.n FROM real r FULL JOIN (SELECT * FROM tenant_counts
          WHERE tenant_id = %(t)s AND resource IN (SELECT resource FROM real)) c
         USING (resource, status) WHERE coalesce(r.n, 0) <> coalesce(c.n, 0)""",

    "stock is the sum of its ledger": """
        SELECT s.product_id, s.on_hand, sum(m.delta) FROM stock s LEFT JOIN stock_movements m
            ON m.tenant_id = s.tenant_id AND m.product_id = s.product_id
         WHERE s.tenant_id = %(t)s GROUP BY s.product_id, s.on_hand
        HAVING s.on_hand <> coalesce(sum(m.delta), 0)""",

    "reserved is what pending orders hold": """
        SELECT s.product_id, s.reserved, held.quantity FROM stock s
          LEFT JOIN (SELECT l.product_id, sum(l.quantity) AS quantity FROM orders o
             JOIN order_lines l ON l.tenant_id = o.tenant_id AND l.order_id = o.id AND l.tracked
            WHERE o.tenant_id = %(t)s AND o.status = 'pending' GROUP BY l.product_id) held
            ON held.product_id = s.product_id
         WHERE s.tenant_id = %(t)s AND s.reserved <> coalesce(held.quantity, 0)""",

    "every order took its stock, and gave it back when it left": """
        SELECT o.number, o.status, product_id, l.quantity, m.delta
          FROM (SELECT order_id, product_id, sum(quantity) AS quantity
             FROM order_lines WHERE tenant_id = %(t)s AND tracked GROUP BY 1, 2) l
          FULL JOIN (SELECT order_id, product_id, sum(delta) AS delta
             FROM stock_movements WHERE tenant_id = %(t)s AND order_id IS NOT NULL GROUP BY 1, 2) m
         USING (order_id, product_id)
          JOIN orders o ON o.tenant_id = %(t)s AND o.id = order_id
         WHERE NOT CASE
           WHEN o.status IN ('pending', 'rejected', 'expired') THEN m.delta IS NULL
           WHEN o.status IN ('cancelled', 'no_show') THEN coalesce(m.delta, 0) = 0
           ELSE coalesce(m.delta, 0) = -coalesce(l.quantity, 0) END""",

    "every sale and return is an order's": """
        SELECT id, kind, delta FROM stock_movements WHERE tenant_id = %(t)s
           AND ((kind = 'adjustment') <> (order_id IS NULL)
             OR (kind = 'sale' AND delta >= 0) OR (kind = 'return' AND delta <= 0))""",

    # Counted where a capacity is set; of the past nothing is promised.
    "slots are taken by the orders in them": """
        SELECT slot, o.n, k.taken
          FROM (SELECT date_bin(c.pickup_slot_minutes * interval '1 minute',
                 o.pickup_date AT TIME ZONE c.time_zone, timestamp '2000-01-01') AS slot,
                 count(*) AS n
            FROM orders o JOIN settings c ON c.tenant_id = %(t)s
           WHERE o.tenant_id = %(t)s AND c.pickup_slot_capacity IS NOT NULL
             AND o.pickup_date > now() AND o.status IN
               ('pending', 'approved', 'in_production', 'ready', 'completed') GROUP BY 1) o
          FULL JOIN (SELECT slot, taken FROM pickup_slots k JOIN settings c
             ON c.tenant_id = %(t)s WHERE k.tenant_id = %(t)s
              AND slot > now() AT TIME ZONE c.time_zone) k USING (slot)
         WHERE coalesce(o.n, 0) <> coalesce(k.taken, 0)""",

    "every order is the sum of its lines": """
        SELECT o.number, o.total, sum(l.total), o.tax_total, sum(l.tax) FROM orders o
          JOIN order_lines l ON l.tenant_id = o.tenant_id AND l.order_id = o.id
         WHERE o.tenant_id = %(t)s GROUP BY o.number, o.total, o.tax_total, o.subtotal
        HAVING o.total <> sum(l.total) OR o.tax_total <> sum(l.tax)
            OR o.subtotal + o.tax_total <> o.total""",

    "every line is its price times its quantity": """
        SELECT l.order_id, l.position, l.unit_price, l.quantity, l.tax, l.total FROM order_lines l
         WHERE l.tenant_id = %(t)s
           AND l.unit_price * l.quantity NOT IN (l.total, l.total - l.tax)""",

    "every order has lines": """
        SELECT o.number FROM orders o WHERE o.tenant_id = %(t)s AND NOT EXISTS (SELECT FROM
          order_lines l WHERE l.tenant_id = %(t)s AND l.order_id = o.id)""",
}


def faults(db, tenant):
    """["rule: row", ...]; [] when all is well."""
    return [f"{rule}: {row}" for rule, sql in RULES.items() for row in db.all(sql, {"t": tenant})]
