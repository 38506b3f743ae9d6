-- sql/deploy/stock.sql: the figures and their ledger.
\ir fixture.psql
SELECT plan(13);

SET LOCAL ROLE purser_inventory;
SELECT pg_temp.enter('a') \g /dev/null
SELECT set_config('app.current_user', pg_temp.id('a user')::text, true) \g /dev/null
SELECT results_eq($$
  UPDATE purser.stock SET on_hand = on_hand + 5, revision = revision + 1, updated_at = now()
   WHERE tenant_id = pg_temp.id('a') AND product_id = pg_temp.id('a product')
  RETURNING on_hand, reserved $$, $$ VALUES (15::bigint, 2::bigint) $$, 'stock can be adjusted');
SELECT results_eq($$
  INSERT INTO purser.stock_movements (tenant_id, id, product_id, delta, kind, reason, on_hand)
  VALUES (pg_temp.id('a'), pg_temp.id('m'), pg_temp.id('a product'), 5, 'adjustment', 'baked', 15)
  RETURNING actor_id $$, ARRAY[pg_temp.id('a user')], 'the ledger notes who did it');
SELECT throws_ok($$ UPDATE purser.stock SET on_hand = 1 WHERE tenant_id = pg_temp.id('a') $$,
  '23514', 'new row for relation "stock" violates check constraint "stock_not_oversold"',
  'never below what is reserved');
SELECT throws_ok('UPDATE purser.stock SET reserved = 0', '42501', NULL,
  'reservations belong to orders');
SELECT throws_ok('UPDATE purser.stock_movements SET delta = 1', '42501', NULL,
  'the ledger is not rewritten');
SELECT throws_ok('DELETE FROM purser.stock_movements', '42501', NULL, 'nor shortened');
SELECT lives_ok($$ SELECT id, slug, name, track_stock FROM purser.products $$,
  'products can be named');
SELECT throws_ok('SELECT unit_price FROM purser.products', '42501', NULL, 'but not priced');
RESET ROLE;

-- Ids made by a statement
SET LOCAL ROLE purser_inventory;
SELECT matches(purser.uuid_v7()::text, '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-',
  'uuid_v7 bears its version and variant');
SELECT isnt(purser.uuid_v7(), purser.uuid_v7(), 'no two are the same');
SELECT cmp_ok(abs(('x' || left(replace(purser.uuid_v7()::text, '-', ''), 12))::bit(48)::bigint
    - extract(epoch FROM clock_timestamp()) * 1000), '<', 1000::numeric,
  'they begin with the time in milliseconds');
RESET ROLE;
SELECT is(provolatile, 'v', 'each call makes another') FROM pg_proc
 WHERE oid = 'uuid_v7()'::regprocedure;

-- HOT updates: nothing but the key is indexed, and there is room in the page.
SELECT results_eq($$
  SELECT c.relname::text COLLATE "default" FROM pg_class c
   WHERE c.relname IN ('stock', 'tenant_state', 'tenant_counts')
     AND c.relnamespace = 'purser'::regnamespace AND c.reloptions @> '{fillfactor=50}'
     AND (SELECT count(*) FROM pg_index i WHERE i.indrelid = c.oid) = 1
   ORDER BY 1 $$, ARRAY['stock', 'tenant_counts', 'tenant_state'],
  'the busy rows have room and a single index');

SELECT * FROM finish();
ROLLBACK;
