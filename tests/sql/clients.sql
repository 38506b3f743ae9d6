-- sql/deploy/clients.sql: slugs, whose order is whose, and what its programs may do.
\ir fixture.psql
SELECT plan(21);

CREATE FUNCTION pg_temp.add_client(p_name text, p_slug text) RETURNS void LANGUAGE plpgsql
AS $$
BEGIN
  INSERT INTO purser.clients (tenant_id, id, name, slug)
  VALUES (pg_temp.id('a'), pg_temp.id(p_name), p_name, p_slug);
END
$$;

SET LOCAL ROLE purser_clients;
SELECT pg_temp.enter('a') \g /dev/null
SELECT lives_ok($$ SELECT pg_temp.add_client('ada', 'ada') $$, 'a client needs a name and a slug');
SELECT row_eq($$ SELECT email, tags, active, revision FROM purser.clients WHERE slug = 'ada' $$,
  ROW (NULL::text, '{}'::text[], true, 1::bigint), 'and no more');
SELECT throws_ok($$ SELECT pg_temp.add_client('x', 'client') $$, '23505',
  'duplicate key value violates unique constraint "clients_slug_key"', 'a slug is taken once');
SELECT lives_ok($$ UPDATE purser.clients SET active = false, deleted_at = now(),
    revision = revision + 1, updated_at = now()
   WHERE tenant_id = pg_temp.id('a') AND slug = 'client' $$, 'a client can be deleted');
SELECT lives_ok($$ SELECT pg_temp.add_client('new', 'client') $$, 'which frees its slug');
SELECT throws_ok($$ UPDATE purser.clients SET active = true, deleted_at = NULL
   WHERE id = pg_temp.id('a client') $$, '23505',
  'duplicate key value violates unique constraint "clients_slug_key"',
  'so that it may not come back');
SELECT lives_ok($$ UPDATE purser.clients SET tags = array_fill('x'::text, '{50}')
   WHERE slug = 'ada' $$, 'fifty tags are not too many');
SELECT throws_ok($$ DELETE FROM purser.clients $$, '42501', NULL, 'clients are never gone');
SELECT throws_ok($$ UPDATE purser.clients SET id = tenant_id $$, '42501', NULL,
  'and keep their ids');
SELECT throws_ok($$ INSERT INTO purser.clients (tenant_id, id, name, slug, revision)
  VALUES (pg_temp.id('a'), pg_temp.id('y'), 'y', 'y', 7) $$, '42501', NULL,
  'their revisions begin at 1');
SELECT throws_ok('SELECT 1 FROM purser.orders', '42501', NULL, 'their program reads no orders');
RESET ROLE;

SET LOCAL ROLE purser_orders;
SELECT lives_ok($$ SELECT id, name, slug, email, phone, active FROM purser.clients $$,
  'orders shows whose an order is');
SELECT throws_ok('SELECT notes FROM purser.clients', '42501', NULL, 'not what is noted of them');
SELECT throws_ok('SELECT address FROM purser.clients', '42501', NULL, 'nor where they live');
SELECT throws_ok($$ UPDATE purser.clients SET name = 'x' $$, '42501', NULL, 'and changes nobody');
SELECT lives_ok($$ UPDATE purser.orders SET client_id = NULL
   WHERE tenant_id = pg_temp.id('a') $$, 'an order may be nobody''s');
SELECT lives_ok($$ UPDATE purser.orders SET client_id = pg_temp.id('ada')
   WHERE tenant_id = pg_temp.id('a') $$, 'or somebody''s');
SELECT throws_ok($$ UPDATE purser.orders SET client_id = pg_temp.id('b client')
   WHERE tenant_id = pg_temp.id('a') $$, '23503', NULL, 'a client of another tenant is none');
SELECT lives_ok($$ UPDATE purser.orders SET subtotal = 1, tax_total = 2, total = 3
   WHERE tenant_id = pg_temp.id('a') $$, 'totals follow an order''s lines');
SELECT lives_ok($$ DELETE FROM purser.order_lines
   WHERE tenant_id = pg_temp.id('a') AND order_id = pg_temp.id('a order') $$,
  'which are made anew when it changes');
SELECT throws_ok($$ UPDATE purser.orders SET number = 7 $$, '42501', NULL, 'its number stays');

SELECT * FROM finish();
ROLLBACK;
