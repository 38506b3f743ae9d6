-- sql/deploy/trust.sql: the trail can only grow, whoever acts; who may erase and merge.
\ir fixture.psql
SELECT plan(19);

-- Of all roles there are, but the administrator's and the superuser's own.
CREATE TEMP VIEW others AS
  SELECT rolname FROM pg_roles WHERE rolname ~ '^purser_' AND rolname <> 'purser_admin'
     AND NOT rolsuper;
SELECT cmp_ok((SELECT count(*) FROM others), '>=', 16::bigint, 'there are programs to look at');
SELECT is_empty($$
  SELECT rolname, privilege FROM others,
    unnest('{UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS privilege
   WHERE has_table_privilege(rolname, 'purser.events', privilege) $$,
  'none may change, delete, truncate or watch events');
SELECT is_empty($$
  SELECT rolname, attname FROM others, pg_attribute
   WHERE attrelid = 'purser.events'::regclass AND attnum > 0 AND NOT attisdropped
     AND has_column_privilege(rolname, 'purser.events', attname, 'UPDATE') $$,
  'not a column of them');
SELECT is_empty($$
  SELECT rolname FROM others
   WHERE pg_has_role(rolname, (SELECT relowner FROM pg_class
                                WHERE oid = 'purser.events'::regclass), 'MEMBER') $$,
  'none belongs to their owner');
SELECT is_empty($$
  SELECT p.oid::regprocedure FROM pg_proc p
   WHERE pronamespace = 'purser'::regnamespace AND p.prosecdef
     AND (p.prosrc ~ '\mevents\M' OR p.prosrc ~* '\m(EXECUTE|TRUNCATE)\M') $$,
  'no function of another role''s rights reaches them, or runs a text as SQL');
SELECT is_empty($$
  SELECT tgname FROM pg_trigger WHERE tgrelid = 'purser.events'::regclass AND NOT tgisinternal
  UNION ALL SELECT rulename FROM pg_rewrite WHERE ev_class = 'purser.events'::regclass
  UNION ALL SELECT conname FROM pg_constraint WHERE conrelid = 'purser.events'::regclass
     AND contype = 'f' AND confdeltype <> 'a' $$,
  'no trigger, rule or cascade does it for them');
SELECT is_empty($$
  SELECT rolname FROM others
   WHERE has_table_privilege(rolname, 'purser.tenant_state', 'DELETE, TRUNCATE') $$,
  'none takes the end of a chain away');

-- Versions of hashes: programs of before write none.
SET LOCAL ROLE purser_categories;
SELECT pg_temp.enter('a') \g /dev/null
SELECT results_eq($$
  INSERT INTO purser.events (tenant_id, seq, kind, object_type, object_id, hash)
  VALUES (pg_temp.id('a'), 2, 'category.created', 'category', pg_temp.id('a category'), '\x02')
  RETURNING hash_version $$, ARRAY[1::smallint], 'a program of before writes hashes of before');
RESET ROLE;

-- Merging and erasing.
SET LOCAL ROLE purser_privacy;
SELECT pg_temp.enter('a') \g /dev/null
SELECT lives_ok($$ UPDATE purser.clients SET name = 'Erased', email = NULL, erased_at = now(),
    revision = revision + 1 WHERE id = pg_temp.id('a client') $$, 'privacy erases a client');
SELECT lives_ok($$ UPDATE purser.orders SET customer_name = 'Erased', customer_email = NULL,
    reason = NULL, revision = revision + 1 WHERE tenant_id = pg_temp.id('a') $$, 'an order');
SELECT lives_ok($$ UPDATE purser.order_lines SET note = NULL
  WHERE tenant_id = pg_temp.id('a') $$, 'a line');
SELECT results_eq($$ WITH k AS (UPDATE purser.idempotency_keys SET body = NULL, location = NULL
    WHERE key = 'key' RETURNING tenant_id) SELECT DISTINCT tenant_id FROM k $$,
  ARRAY[pg_temp.id('a')], 'a stored answer, of its own tenant');
SELECT throws_ok($$ DELETE FROM purser.idempotency_keys $$, '42501', NULL, 'but no key');
SELECT throws_ok($$ UPDATE purser.idempotency_keys SET fingerprint = '\x' $$, '42501', NULL,
  'nor what it stands for');
SELECT throws_ok($$ UPDATE purser.orders SET total = 0 $$, '42501', NULL, 'no money');
SELECT throws_ok($$ UPDATE purser.orders SET status = 'completed' $$, '42501', NULL, 'no status');
SELECT throws_ok($$ DELETE FROM purser.clients $$, '42501', NULL, 'no row');
RESET ROLE;

SET LOCAL ROLE purser_clients;
SELECT throws_ok($$ UPDATE purser.clients SET merged_into = NULL $$, '42501', NULL,
  'no other program merges');
RESET ROLE;
SELECT throws_ok($$ UPDATE purser.clients SET active = false, deleted_at = now(),
    merged_into = pg_temp.id('b client') WHERE id = pg_temp.id('a client') $$, '23503', NULL,
  'a client is merged into one of the same tenant');

SELECT * FROM finish();
ROLLBACK;
