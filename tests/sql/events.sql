-- sql/deploy/events.sql: the outbox is append-only; an idempotency key is claimed once.
\ir fixture.psql
SELECT plan(23);

SET LOCAL ROLE purser_categories;
SELECT * FROM purser.authenticate(pg_temp.id('a'), sha256('token a'), '{manager}') \g /dev/null
SELECT results_eq($$
  INSERT INTO purser.events (tenant_id, seq, kind, object_type, object_id, hash)
  VALUES (pg_temp.id('a'), 2, 'category.created', 'category', pg_temp.id('a category'), '\x02')
  RETURNING actor_id $$, ARRAY[pg_temp.id('a user')], 'any program records what its user did');
SELECT throws_ok($$
  INSERT INTO purser.events (tenant_id, seq, kind, object_type, object_id, hash)
  VALUES (pg_temp.id('a'), 2, 'category.created', 'category', pg_temp.id('a category'), '\x02') $$,
  '23505', 'duplicate key value violates unique constraint "events_pkey"',
  'a place in the sequence is taken once');
SELECT lives_ok($$ UPDATE purser.tenant_state SET event_seq = 2, event_hash = '\x02',
    updated_at = now() WHERE tenant_id = pg_temp.id('a') RETURNING event_seq, event_hash $$,
  'any program moves the sequence on');
SELECT throws_ok($$ UPDATE purser.events SET kind = 'x' $$, '42501',
  'permission denied for table events', 'nobody rewrites what happened');
SELECT throws_ok('DELETE FROM purser.events', '42501', 'permission denied for table events',
  'nor forgets it');
SELECT throws_ok('UPDATE purser.idempotency_keys SET status = 200', '42501',
  'permission denied for table idempotency_keys', 'nor an answer that was given');
RESET ROLE;

-- Keys. The fixture stored POST /orders, "key", fingerprint 01 for the users of a and of b.
CREATE FUNCTION pg_temp.claim(p_tenant text, p_route text, p_key text, p_fingerprint bytea)
RETURNS text LANGUAGE sql
AS $$ SELECT format('SELECT purser.idempotency_claim(%L, %L, %L, %L)', pg_temp.id(p_tenant),
  p_route, p_key, p_fingerprint) $$;

SET LOCAL ROLE purser_orders;
SELECT is(current_setting('app.current_user'), pg_temp.id('a user')::text, 'as the user of a:');
SELECT throws_ok(pg_temp.claim('a', 'POST /orders', 'key', '\x01'), 'PU208', 'key done',
  'the same request: its answer is stored');
SELECT throws_ok(pg_temp.claim('a', 'POST /orders', 'key', '\x02'), 'PU422',
  'key used for another request', 'another request: a mismatch');
SELECT throws_ok(pg_temp.claim('a', 'POST /orders', 'key', NULL), 'PU422', NULL,
  'a fingerprint forgotten: a mismatch');
SELECT lives_ok(pg_temp.claim('a', 'POST /orders', 'fresh', '\x01'), 'a new key is free');
SELECT lives_ok(pg_temp.claim('a', 'POST /products', 'key', '\x01'), 'another route: free');
SELECT lives_ok(pg_temp.claim('a', 'POST /orders', 'KEY', '\x01'), 'another case: free');

SELECT set_config('app.current_user', '', true) \g /dev/null
SELECT lives_ok(pg_temp.claim('a', 'POST /orders', 'key', '\x01'), 'for nobody: free');
SELECT lives_ok($$
  INSERT INTO purser.idempotency_keys (tenant_id, actor_id, route, key, fingerprint, status)
  VALUES (pg_temp.id('a'), '00000000-0000-0000-0000-000000000000', 'POST /orders', 'key', '\x01',
    201) $$, 'its answer can be stored');
SELECT throws_ok(pg_temp.claim('a', 'POST /orders', 'key', '\x01'), 'PU208', 'key done',
  'and is found');

SELECT pg_temp.enter('b') \g /dev/null
SELECT lives_ok(pg_temp.claim('b', 'POST /orders', 'key', '\x01'),
  'the key of nobody in another tenant: free');
SELECT lives_ok(pg_temp.claim('a', 'POST /orders', 'key', '\x01'),
  'rows of another tenant are not seen, even when asked for');
RESET ROLE;

-- A second connection, while this transaction holds "fresh" for the user of a.
SELECT pg_temp.id('a') AS tenant, pg_temp.id('a user') AS actor, pg_temp.id('b user') AS other \gset
CREATE FUNCTION pg_temp.session(p_tenant uuid, p_actor uuid, p_key text) RETURNS text LANGUAGE sql
AS $$ SELECT format('SET ROLE purser_orders; BEGIN; '
  'SELECT '''' WHERE set_config(''app.current_tenant'', %1$L, true) || '
  'set_config(''app.current_user'', %2$L, true) IS NULL; '
  'SELECT ''claimed'' FROM purser.idempotency_claim(%1$L, ''POST /orders'', %3$L, ''\x01'')',
  p_tenant, p_actor, p_key) $$;
SELECT pg_temp.session(:'tenant', :'actor', 'fresh') AS same,
  pg_temp.session(:'tenant', :'actor', 'unheard of') AS another,
  pg_temp.session(:'tenant', :'other', 'fresh') AS someone,
  pg_temp.session(:'other', :'actor', 'fresh') AS elsewhere \gset
\setenv PGHOST :HOST
\setenv PGPORT :PORT
\setenv PGUSER :USER
\setenv PGDATABASE :DBNAME
\setenv PGOPTIONS '-c statement_timeout=5s'
\set same `psql -XAtq -v VERBOSITY=sqlstate -c :'same' 2>&1`
\set another `psql -XAtq -v VERBOSITY=sqlstate -c :'another' 2>&1`
\set someone `psql -XAtq -v VERBOSITY=sqlstate -c :'someone' 2>&1`
\set elsewhere `psql -XAtq -v VERBOSITY=sqlstate -c :'elsewhere' 2>&1`
SELECT is(:'same'::text, 'ERROR:  PU409',
  'a key that another connection holds: in progress, at once');
SELECT is(:'another'::text, 'claimed', 'it claims another key');
SELECT is(:'someone'::text, 'claimed', 'another user claims the same key');
SELECT is(:'elsewhere'::text, 'claimed', 'and so does another tenant');

SET LOCAL ROLE purser_health;
SELECT throws_ok(pg_temp.claim('a', 'POST /orders', 'key', '\x01'), '42501', NULL,
  'health claims nothing');

SELECT * FROM finish();
ROLLBACK;
