-- sql/deploy/keys.sql: which key gets in and what for, what is noted of its use, and that what it
-- does is told from what users do.
\ir fixture.psql
SELECT plan(44);

-- Any program asks for a key, with the scopes that would do.
CREATE FUNCTION pg_temp.by_key(p_tenant text, p_key text, p_scopes text[] DEFAULT '{orders:read}')
RETURNS TABLE (user_id uuid, session_id uuid, role text, currency text, touch boolean)
LANGUAGE sql
AS $$ SELECT * FROM purser.authenticate_key(pg_temp.id(p_tenant), sha256(('key ' || p_key)::bytea),
  p_scopes) $$;

SELECT set_config('app.current_' || name, pg_temp.id('before')::text, true)
  FROM (VALUES ('tenant'), ('user'), ('session'), ('key')) s (name) \g /dev/null
SET LOCAL ROLE purser_orders;
SELECT row_eq($$ SELECT * FROM pg_temp.by_key('a', 'a', '{orders:approve,orders:read}') $$,
  ROW (NULL::uuid, pg_temp.id('a key'), NULL::text, 'EUR'::text, true),
  'the right key gets in, as nobody, and is to be touched');
SELECT is(current_setting('app.current_tenant'), pg_temp.id('a')::text, 'the tenant is set');
SELECT is(current_setting('app.current_key'), pg_temp.id('a key')::text, 'the key is set');
SELECT is(current_setting('app.current_user'), '', 'there is no user');
SELECT is(current_setting('app.current_session'), '', 'nor a session');
SELECT results_eq('SELECT DISTINCT tenant_id FROM purser.orders', ARRAY[pg_temp.id('a')],
  'what follows sees that tenant alone');
SELECT row_eq($$ SELECT * FROM pg_temp.by_key('b', 'b') $$,
  ROW (NULL::uuid, pg_temp.id('b key'), NULL::text, 'JPY'::text, true),
  'the currency is the tenant''s');

-- 401: no such key
SELECT throws_ok($$ SELECT * FROM pg_temp.by_key('a', 'wrong') $$, 'PU401', 'no such key',
  'a wrong key: 401');
SELECT throws_ok($$ SELECT * FROM pg_temp.by_key('a', 'b') $$, 'PU401', 'no such key',
  'another tenant''s key: 401');
SELECT throws_ok($$ SELECT * FROM pg_temp.by_key('nowhere', 'a') $$, 'PU401', 'no such key',
  'no such tenant: 401');
SELECT throws_ok($$ SELECT * FROM purser.authenticate_key(NULL, sha256('key a'), '{orders:read}') $$,
  'PU401', NULL, 'no tenant: 401');
SELECT throws_ok($$ SELECT * FROM purser.authenticate_key(pg_temp.id('a'), NULL, '{orders:read}') $$,
  'PU401', NULL, 'no key: 401');
SELECT throws_ok($$ SELECT * FROM purser.authenticate_key(pg_temp.id('a'), sha256('token a'),
  '{orders:read}') $$, 'PU401', NULL, 'a session''s token is no key: 401');
SELECT throws_ok($$ SELECT * FROM purser.authenticate(pg_temp.id('a'), sha256('key a'),
  '{owner,manager}') $$, 'PU401', NULL, 'and a key is no token: 401');

-- 403: a key, but not for this
SELECT throws_ok($$ SELECT * FROM pg_temp.by_key('a', 'a', '{orders:write,orders:*}') $$, 'PU403',
  'scope not given', 'a scope that it has not: 403');
SELECT lives_ok($$ SELECT * FROM pg_temp.by_key('a', 'a', '{products:write,products:*}') $$,
  'any one of the scopes will do');
SELECT throws_ok($$ SELECT * FROM pg_temp.by_key('a', 'a', '{products:read}') $$, 'PU403', NULL,
  'scopes are compared as words: what a star stands for is the caller''s to say');
SELECT throws_ok($$ SELECT * FROM pg_temp.by_key('a', 'a', '{}') $$, 'PU403', NULL,
  'no scope that would do: 403');
SELECT throws_ok($$ SELECT * FROM pg_temp.by_key('a', 'a', NULL) $$, 'PU403', NULL,
  'scopes forgotten: 403');
SELECT throws_ok($$ SELECT * FROM pg_temp.by_key('a', 'a', '{NULL}') $$, 'PU403', NULL,
  'a scope that is NULL: 403');
RESET ROLE;

-- What ends a key; each is put back by hand, as pgTAP cannot leave a savepoint.
UPDATE api_keys SET expires_at = now() WHERE tenant_id = pg_temp.id('a');
SET LOCAL ROLE purser_orders;
SELECT throws_ok($$ SELECT * FROM pg_temp.by_key('a', 'a') $$, 'PU401', NULL, 'expired: 401');
RESET ROLE;
UPDATE api_keys SET expires_at = now() + '1 s'::interval WHERE tenant_id = pg_temp.id('a');
SET LOCAL ROLE purser_orders;
SELECT lives_ok($$ SELECT * FROM pg_temp.by_key('a', 'a') $$, 'about to expire: in');
RESET ROLE;
UPDATE api_keys SET active = false, deleted_at = now() WHERE tenant_id = pg_temp.id('a');
SET LOCAL ROLE purser_orders;
SELECT throws_ok($$ SELECT * FROM pg_temp.by_key('a', 'a') $$, 'PU401', NULL, 'deleted: 401');
RESET ROLE;
UPDATE api_keys SET active = true, deleted_at = NULL WHERE tenant_id = pg_temp.id('a');
UPDATE tenants SET active = false, deleted_at = now() WHERE id = pg_temp.id('a');
SET LOCAL ROLE purser_orders;
SELECT throws_ok($$ SELECT * FROM pg_temp.by_key('a', 'a') $$, 'PU401', NULL,
  'an inactive tenant: 401');
RESET ROLE;
UPDATE tenants SET active = true, deleted_at = NULL WHERE id = pg_temp.id('a');

-- When it was used, once a minute at most
SET LOCAL ROLE purser_orders;
SELECT purser.touch_key(pg_temp.id('b'), pg_temp.id('a key')) \g /dev/null
SELECT results_eq($$ SELECT touch FROM pg_temp.by_key('a', 'a') $$, ARRAY[true],
  'another tenant''s touch does nothing');
SELECT purser.touch_key(pg_temp.id('a'), pg_temp.id('a key')) \g /dev/null
SELECT results_eq($$ SELECT touch FROM pg_temp.by_key('a', 'a') $$, ARRAY[false],
  'touched, it need not be for a minute');
RESET ROLE;
SELECT results_eq($$ SELECT last_used_at, revision FROM api_keys WHERE id = pg_temp.id('a key') $$,
  $$ VALUES (now(), 1::bigint) $$, 'touch_key keeps the time, and is no change of the key');
UPDATE api_keys SET last_used_at = now() - '59 s'::interval WHERE id = pg_temp.id('a key');
SELECT purser.touch_key(pg_temp.id('a'), pg_temp.id('a key')) \g /dev/null
SELECT results_eq($$ SELECT last_used_at FROM api_keys WHERE id = pg_temp.id('a key') $$,
  ARRAY[now() - '59 s'::interval], 'touch_key writes once a minute at most');
UPDATE api_keys SET last_used_at = now() - '61 s'::interval WHERE id = pg_temp.id('a key');
SET LOCAL ROLE purser_orders;
SELECT results_eq($$ SELECT touch FROM pg_temp.by_key('a', 'a') $$, ARRAY[true],
  'after a minute it is to be touched again');
RESET ROLE;
SELECT purser.touch_key(pg_temp.id('a'), pg_temp.id('a key')) \g /dev/null
SELECT results_eq($$ SELECT last_used_at FROM api_keys WHERE id = pg_temp.id('a key') $$,
  ARRAY[now()], 'and touch_key does so');

-- What a key did
SET LOCAL ROLE purser_orders;
SELECT pg_temp.by_key('a', 'a') \g /dev/null
SELECT row_eq($$
  INSERT INTO purser.events (tenant_id, seq, kind, object_type, object_id, hash)
  VALUES (pg_temp.id('a'), 2, 'order.placed', 'order', pg_temp.id('a order'), '\x02')
  RETURNING actor_id, key_id $$, ROW (NULL::uuid, pg_temp.id('a key')),
  'an event says which key acted, and no user');
SELECT lives_ok($$ SELECT purser.idempotency_claim(pg_temp.id('a'), 'POST /orders', 'key', '\x01') $$,
  'an idempotency key of a user is free for an API key');
SELECT lives_ok($$
  INSERT INTO purser.idempotency_keys (tenant_id, actor_id, route, key, fingerprint, status)
  VALUES (pg_temp.id('a'), pg_temp.id('a key'), 'POST /orders', 'key', '\x01', 201) $$,
  'its answer can be stored');
SELECT throws_ok($$ SELECT purser.idempotency_claim(pg_temp.id('a'), 'POST /orders', 'key', '\x01') $$,
  'PU208', 'key done', 'and is found, as the API key''s');
SELECT set_config('app.current_key', pg_temp.id('another key')::text, true) \g /dev/null
SELECT lives_ok($$ SELECT purser.idempotency_claim(pg_temp.id('a'), 'POST /orders', 'key', '\x02') $$,
  'for another API key it is free');
SELECT set_config('app.current_key', '', true) \g /dev/null
SELECT purser.authenticate(pg_temp.id('a'), sha256('token a'), '{manager}') \g /dev/null
SELECT row_eq($$
  INSERT INTO purser.events (tenant_id, seq, kind, object_type, object_id, hash)
  VALUES (pg_temp.id('a'), 3, 'order.placed', 'order', pg_temp.id('a order'), '\x03')
  RETURNING actor_id, key_id $$, ROW (pg_temp.id('a user'), NULL::uuid),
  'an event of a user has no key');

-- Who may do what
SELECT throws_ok('SELECT * FROM purser.api_keys', '42501', NULL, 'no other program reads keys');
SELECT throws_ok($$ UPDATE purser.api_keys SET scopes = '{orders:*}' $$, '42501', NULL,
  'or writes them');
RESET ROLE;
SET LOCAL ROLE purser_api_keys;
SELECT lives_ok($$
  INSERT INTO purser.api_keys (tenant_id, id, name, prefix, key_hash, scopes, test, expires_at,
    created_by)
  VALUES (pg_temp.id('a'), pg_temp.id('new key'), 'New', 'pk_test_', sha256('key new'),
    '{orders:read}', true, NULL, pg_temp.id('a user')) RETURNING id, active $$,
  'the program of keys makes them');
SELECT throws_ok('SELECT key_hash FROM purser.api_keys', '42501', NULL,
  'and cannot read their hashes');
SELECT throws_ok($$ UPDATE purser.api_keys SET scopes = '{orders:*}' $$, '42501', NULL,
  'nor give them more than they had');
SELECT throws_ok($$ UPDATE purser.api_keys SET expires_at = NULL $$, '42501', NULL,
  'nor prolong them');
SELECT throws_ok('DELETE FROM purser.api_keys', '42501', NULL, 'nor forget them');
SELECT throws_ok($$
  INSERT INTO purser.api_keys (tenant_id, id, name, prefix, key_hash, scopes)
  VALUES (pg_temp.id('a'), pg_temp.id('other'), 'Other', 'pk_live_', sha256('key new'),
    '{orders:read}') $$, '23505',
  'duplicate key value violates unique constraint "api_keys_key_hash_key"',
  'two keys of a tenant never share a secret');

SELECT * FROM finish();
ROLLBACK;
