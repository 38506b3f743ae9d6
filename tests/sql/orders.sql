-- sql/deploy/orders.sql: an order written with nothing but its program's grants.
\ir fixture.psql
SELECT plan(17);

SET LOCAL ROLE purser_orders;
SELECT * FROM purser.authenticate(pg_temp.id('a'), sha256('token a'), '{manager}') \g /dev/null

SELECT lives_ok($$ SELECT p.id, p.name, p.unit_price, p.tax_rate, p.track_stock, s.on_hand,
    c.prices_include_tax, c.time_zone
    FROM purser.products p
    JOIN purser.stock s ON s.tenant_id = p.tenant_id AND s.product_id = p.id
    JOIN purser.settings c ON c.tenant_id = p.tenant_id
   WHERE p.tenant_id = pg_temp.id('a') AND p.active AND p.published $$,
  'placing reads products, stock and settings');
SELECT results_eq($$ UPDATE purser.stock SET reserved = reserved + 3, revision = revision + 1,
    updated_at = now()
   WHERE tenant_id = pg_temp.id('a') AND product_id = pg_temp.id('a product')
  RETURNING reserved $$, ARRAY[5::bigint], 'it reserves');
SELECT results_eq($$ UPDATE purser.tenant_state SET order_number = order_number + 1,
    event_seq = event_seq + 1, event_hash = '\x02', updated_at = now()
   WHERE tenant_id = pg_temp.id('a') RETURNING order_number, event_seq, event_hash $$,
  $$ VALUES (1::bigint, 1::bigint, '\x02'::bytea) $$, 'it takes a number');
SELECT lives_ok($$ INSERT INTO purser.orders (tenant_id, id, number, customer_name, pickup_date,
    currency, subtotal, tax_total, total, placed_by)
  VALUES (pg_temp.id('a'), pg_temp.id('o'), 2, 'Customer', now(), 'EUR', 1, 0, 1,
    pg_temp.id('a user')) RETURNING * $$, 'it writes the order');
SELECT lives_ok($$ INSERT INTO purser.order_lines (tenant_id, id, order_id, position, product_id,
    name, quantity, unit_price, tax_rate, tax, total)
  VALUES (pg_temp.id('a'), pg_temp.id('l'), pg_temp.id('o'), 0, pg_temp.id('a product'), 'Cake', 1,
    1, 0, 0, 1) RETURNING * $$, 'and its lines');
SELECT lives_ok($$ INSERT INTO purser.events (tenant_id, seq, kind, object_type, object_id, hash)
  VALUES (pg_temp.id('a'), 2, 'order.placed', 'order', pg_temp.id('o'), '\x02') RETURNING seq $$,
  'and what happened');
SELECT lives_ok($$ INSERT INTO purser.tenant_counts (tenant_id, resource, status, n)
  VALUES (pg_temp.id('a'), 'orders', 'pending', 1)
  ON CONFLICT (tenant_id, resource, status)
  DO UPDATE SET n = tenant_counts.n + 1, updated_at = now() RETURNING n $$, 'and counts it');
SELECT lives_ok($$ INSERT INTO purser.stock_movements (tenant_id, id, product_id, delta, kind,
    order_id, on_hand)
  VALUES (pg_temp.id('a'), pg_temp.id('m'), pg_temp.id('a product'), -1, 'sale', pg_temp.id('o'),
    9) RETURNING id $$, 'approving notes the sale');
SELECT lives_ok($$ UPDATE purser.orders SET status = 'approved', revision = revision + 1,
    updated_at = now() WHERE tenant_id = pg_temp.id('a') AND id = pg_temp.id('o') $$,
  'and moves the order on');

SELECT throws_ok($$ INSERT INTO purser.orders (tenant_id, id, number, customer_name, pickup_date,
    currency, subtotal, tax_total, total)
  VALUES (pg_temp.id('a'), pg_temp.id('x'), 2, 'Customer', now(), 'EUR', 1, 0, 1) $$, '23505',
  'duplicate key value violates unique constraint "orders_number_key"',
  'a number is given once in a tenant');
SELECT throws_ok($$ INSERT INTO purser.order_lines (tenant_id, id, order_id, position, product_id,
    name, quantity, unit_price, tax_rate, tax, total)
  VALUES (pg_temp.id('a'), pg_temp.id('x'), pg_temp.id('o'), 0, pg_temp.id('a product'), 'Cake', 1,
    1, 0, 0, 1) $$, '23505',
  'duplicate key value violates unique constraint "order_lines_position_key"',
  'a place in an order is taken once');
SELECT throws_ok('UPDATE purser.orders SET number = 9', '42501', NULL, 'numbers stay');
SELECT throws_ok($$ UPDATE purser.orders SET currency = 'USD' $$, '42501', NULL, 'currencies stay');
SELECT throws_ok('UPDATE purser.order_lines SET total = 0', '42501', NULL, 'lines stay');
SELECT throws_ok('DELETE FROM purser.orders', '42501', NULL, 'orders are never gone');
RESET ROLE;

-- Other programs record events but give no order numbers.
SET LOCAL ROLE purser_products;
SELECT throws_ok('UPDATE purser.tenant_state SET order_number = 0', '42501', NULL,
  'order numbers are given by orders alone');
SELECT throws_ok('SELECT 1 FROM purser.orders', '42501', NULL, 'who else may not see them');

SELECT * FROM finish();
ROLLBACK;
