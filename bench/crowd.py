"""crowd: a business with very many orders, or few, of the same kind; with clients, lines and exact
counts as the programs would have left them."""
import time

import data
import stack

BATCH = 20_000

# Names as uneven as names are: the commonest first name is one in six, of the five thousand family
# names the commonest is one in seventy. States are those of a shop that has been there for long; the
# open ones are the newest.
NAMES = r"""
CREATE FUNCTION pg_temp.person(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT first[1 + floor(cardinality(first) * power(a, 2))] || ' ' ||
         heads[1 + k % 50] || tails[1 + k / 50]
    FROM (SELECT (hashtextextended('a' || n, 0) & 65535) / 65536.0 AS a,
                 floor(5000 * power((hashtextextended('b' || n, 0) & 65535) / 65536.0, 2))::int AS k,
                 regexp_split_to_array('Anna Ben Zoë Paul Mia René Emma Jörg Léa Noah Chloé Finn Inès
                   Luis Maja Søren Clara Jürgen Ida Karl Ella Björn Nora Hugo Frieda Łukasz Greta
                   Anton Käthe Oskar', '\s+') AS first,
                 regexp_split_to_array('Mül Karl Stein Vogt Hoff Schnei Lind Berg Wald Tan Bau Fisch Kö Zim
                   Ric Hart Wolf Neu Schröd Kel Bra Lang Schwar Krü Wer Leh Mai Walt Jung Fried Scholz
                   Haas Graf Diet Zieg Kuhn Pohl Engel Horn Busch Berg Vog Sau Arn Pfeif Heinr Roth
                   Beck Lor Nowa', '\s+') AS heads,
                 ARRAY(SELECT x || y FROM unnest(regexp_split_to_array('ler mann bach ner dorf berger er
                   hausen meyer sen', '\s+')) WITH ORDINALITY AS u (x, i),
                   unnest(ARRAY['', 's', 'inger', 'ová', 'ski', 'holm', 'ström', 'quist', 'well',
                     'feld']) WITH ORDINALITY AS v (y, j) ORDER BY j, i) AS tails) p
$$;
CREATE FUNCTION pg_temp.state(n bigint, of bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN n > of - of / 200 THEN (ARRAY['pending', 'approved', 'in_production', 'ready'])
                [1 + n % 4]
              WHEN n % 25 = 0 THEN 'cancelled' WHEN n % 80 = 1 THEN 'rejected'
              WHEN n % 90 = 2 THEN 'no_show' ELSE 'completed' END
$$;
"""
CLIENTS = """
INSERT INTO clients (tenant_id, id, name, slug, email, phone, address, created_at)
SELECT :'tenant', uuid_v7(), p.name, 'client-' || n,
       replace(lower(search_fold(p.name)), ' ', '.') || n || '@example.com',
       '+49 30 ' || 1000000 + n * 7919 % 9000000, 'Lindenstraße ' || n % 200,
       now() - (:clients - n) * interval '10 s'
  FROM generate_series(1::bigint, :clients) n, LATERAL (SELECT pg_temp.person(n) AS name OFFSET 0) p;
CREATE TEMP TABLE mine AS SELECT row_number() OVER () AS k, id, name, email, phone
  FROM clients WHERE tenant_id = :'tenant';
"""
# Lines of one to three products, as taxed as PLACE in handlers/orders.c has it for gross prices.
ORDERS = """
CREATE TEMP TABLE made ON COMMIT DROP AS
SELECT n, uuid_v7() AS id, c.id AS client, c.name, c.email, c.phone,
       now() - (:orders - n) * interval '30 s' AS placed
  FROM generate_series(:first::bigint, :last) n
  JOIN mine c ON c.k = 1 + n * 7919 % :clients;
ANALYZE made;
CREATE TEMP TABLE sold ON COMMIT DROP AS
SELECT m.id, k, p.id AS product, p.name, 1 + (m.n + k) % 3 AS quantity, p.unit_price, p.tax_rate,
       (1 + (m.n + k) % 3) * p.unit_price AS total
  FROM made m CROSS JOIN generate_series(0, m.n % 3) k
  JOIN goods p ON p.n = 1 + (m.n * 31 + k * 17) % :goods;
INSERT INTO orders (tenant_id, id, number, status, customer_name, customer_email, customer_phone,
  client_id, pickup_date, currency, subtotal, tax_total, total, created_at, updated_at)
SELECT :'tenant', m.id, m.n, pg_temp.state(m.n, :orders), m.name, m.email, m.phone, m.client,
       m.placed + (1 + m.n * 7 % 240) * interval '1 h', 'EUR', s.total - s.tax, s.tax, s.total,
       m.placed, m.placed
  FROM made m JOIN (SELECT id, sum(total) AS total, sum((2 * total * tax_rate + 10000 + tax_rate)
                             / (2 * (10000 + tax_rate))) AS tax FROM sold GROUP BY id) s USING (id)
 ORDER BY m.n;
INSERT INTO order_lines (tenant_id, id, order_id, position, product_id, name, quantity, unit_price,
  tax_rate, tax, total)
SELECT :'tenant', uuid_v7(), id, k, product, name, quantity, unit_price, tax_rate,
       (2 * total * tax_rate + 10000 + tax_rate) / (2 * (10000 + tax_rate)), total
  FROM sold;
"""
COUNTS = """
INSERT INTO tenant_counts (tenant_id, resource, n) VALUES (:'tenant', 'clients', :clients);
INSERT INTO tenant_counts (tenant_id, resource, status, n)
SELECT tenant_id, 'orders', coalesce(status, ''), count(*) FROM orders WHERE tenant_id = :'tenant'
 GROUP BY tenant_id, ROLLUP (status);
UPDATE tenant_state SET order_number = :orders WHERE tenant_id = :'tenant';
"""
CHECK = """
SELECT count(*) = :orders, min(number), max(number) FROM orders WHERE tenant_id = :'tenant';
"""


def make(number, orders):
    """Makes a business with so many orders, with progress; returns what data.make_tenant does."""
    tenant = data.make_tenant(number)
    clients = max(10, orders // 10)
    began = time.monotonic()
    known = "".join(f"\\set {name} {value}\n" for name, value in {
        "tenant": tenant["id"], "orders": orders, "clients": clients, "goods": data.PRODUCTS
    }.items()) + NAMES
    script = [known, CLIENTS, """CREATE TEMP TABLE goods AS SELECT row_number() OVER () AS n,
        id, name, unit_price, tax_rate FROM products WHERE tenant_id = :'tenant';
        ANALYZE mine, goods;"""]
    for first in range(1, orders + 1, BATCH):
        last = min(first + BATCH - 1, orders)
        script.append(f"\\set first {first}\n\\set last {last}\nBEGIN;{ORDERS}COMMIT;\n"
                      f"\\echo made {last}\n")
    for line in stack.admin_lines("".join([*script, "BEGIN;", COUNTS, "COMMIT;", CHECK])):
        if line.startswith("made "):
            took = time.monotonic() - began
            print(f"  {int(line[5:]):,} of {orders:,} orders, {took:.0f} s", flush=True)
    if line != f"t\t1\t{orders}":
        raise stack.Failed(f"a tenant should have {orders} orders: {line}")
    return tenant
