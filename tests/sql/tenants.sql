-- sql/deploy/tenants.sql: making a tenant.
\ir fixture.psql
SELECT plan(8);

SELECT row_eq(
  $$ SELECT name, active, revision FROM tenants WHERE id = pg_temp.id('a') $$,
  ROW ('pgTAP a'::text, true, 1::bigint), 'create_tenant makes the tenant');
SELECT row_eq(
  $$ SELECT tenant_id FROM tenant_slugs WHERE slug = 'pgtap-a' $$,
  ROW (pg_temp.id('a')), 'its slug');
SELECT row_eq(
  $$ SELECT currency, locale, time_zone, prices_include_tax FROM settings
      WHERE tenant_id = pg_temp.id('b') $$,
  ROW ('JPY'::text, 'en'::text, 'UTC'::text, true), 'its settings');
SELECT row_eq(
  $$ SELECT event_seq, event_hash, order_number FROM tenant_state
      WHERE tenant_id = pg_temp.id('a') $$,
  ROW (0::bigint, '\x'::bytea, 0::bigint), 'its state');

SELECT throws_ok($$ SELECT create_tenant(pg_temp.id('c'), 'pgtap-a', 'C') $$, '23505',
  'duplicate key value violates unique constraint "tenant_slugs_pkey"',
  'a slug is unique over all tenants');
SELECT throws_ok($$ SELECT create_tenant(pg_temp.id('c'), 'C', 'C') $$, '23514', NULL,
  'and well-formed');

SET LOCAL ROLE purser_orders;
SELECT throws_ok($$ SELECT create_tenant(pg_temp.id('c'), 'pgtap-c', 'C') $$, '42501', NULL,
  'no program makes tenants');
SELECT throws_ok('SELECT 1 FROM purser.tenants', '42501', NULL, 'nor reads them');

SELECT * FROM finish();
ROLLBACK;
