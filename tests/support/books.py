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
         WHERE hash <> sha256(before || convert_to(concat_ws('|', seq, kind, object_id,
           coalesce(actor_id::text, ''), coalesce(host(address), ''), array_to_string(fields, ','),
           coalesce(request_id, ''), (extract(epoch FROM created_at) * 1000000)::bigint),
           'UTF8'))""",

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
        SELECT s.product_id, s.reserved, sum(l.quantity) FROM stock s LEFT JOIN (order_lines l
            JOIN orders o ON o.tenant_id = l.tenant_id AND o.id = l.order_id
                         AND o.status = 'pending')
            ON l.tenant_id = s.tenant_id AND l.product_id = s.product_id AND l.tracked
         WHERE s.tenant_id = %(t)s GROUP BY s.product_id, s.reserved
        HAVING s.reserved <> coalesce(sum(l.quantity), 0)""",

    "every order took its stock once": """
        SELECT o.number, o.status, l.product_id, l.quantity, m.delta, m.n
          FROM orders o JOIN (SELECT order_id, product_id, sum(quantity) AS quantity
             FROM order_lines WHERE tenant_id = %(t)s AND tracked GROUP BY 1, 2) l
            ON l.order_id = o.id
          LEFT JOIN (SELECT order_id, product_id, sum(delta) AS delta, count(*) AS n
             FROM stock_movements WHERE tenant_id = %(t)s GROUP BY 1, 2) m
            ON m.order_id = o.id AND m.product_id = l.product_id
         WHERE o.tenant_id = %(t)s AND NOT CASE
           WHEN o.status IN ('pending', 'rejected', 'expired') THEN m.n IS NULL
           WHEN o.status = 'cancelled' THEN m.n IS NULL OR (m.n = 2 AND m.delta = 0)
           ELSE m.n = 1 AND m.delta = -l.quantity END""",

    "every order is the sum of its lines": """
        SELECT o.number, o.total, sum(l.total), o.tax_total, sum(l.tax) FROM orders o
          JOIN order_lines l ON l.tenant_id = o.tenant_id AND l.order_id = o.id
         WHERE o.tenant_id = %(t)s GROUP BY o.number, o.total, o.tax_total, o.subtotal
        HAVING o.total <> sum(l.total) OR o.tax_total <> sum(l.tax)
            OR o.subtotal + o.tax_total <> o.total""",

    "every order has lines": """
        SELECT o.number FROM orders o WHERE o.tenant_id = %(t)s AND NOT EXISTS (SELECT FROM
          order_lines l WHERE l.tenant_id = %(t)s AND l.order_id = o.id)""",
}


def faults(db, tenant):
    """["rule: row", ...]; [] when all is well."""
    return [f"{rule}: {row}" for rule, sql in RULES.items() for row in db.all(sql, {"t": tenant})]
