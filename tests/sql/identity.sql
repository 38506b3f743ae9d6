-- sql/deploy/identity.sql: who gets in, and who does not.
\ir fixture.psql
SELECT plan(48);

-- Authentication, as any program calls it
CREATE FUNCTION pg_temp.as_manager(p_tenant text, p_token text, p_roles text[] DEFAULT '{manager}')
RETURNS TABLE (user_id uuid, session_id uuid, role text, currency text, touch boolean)
LANGUAGE sql
AS $$ SELECT * FROM purser.authenticate(pg_temp.id(p_tenant), sha256(('token ' || p_token)::bytea),
  p_roles) $$;

-- A local setting ends with the function that has a SET of its own for it; one that would outlive
-- the transaction, and reach the next request of the connection, also outlives the function.
CREATE FUNCTION pg_temp.scoped(p_sql text) RETURNS void LANGUAGE plpgsql
SET app.current_tenant = 'before' SET "app.current_user" = 'before'
SET app.current_session = 'before'
AS $$ BEGIN EXECUTE p_sql; END $$;

SET LOCAL ROLE purser_products;
SELECT row_eq($$ SELECT * FROM pg_temp.as_manager('a', 'a', '{owner,manager}') $$,
  ROW (pg_temp.id('a user'), pg_temp.id('a session'), 'manager'::text, 'EUR'::text, false),
  'the right token gets in');
SELECT is(current_setting('app.current_tenant'), pg_temp.id('a')::text, 'the tenant is set');
SELECT is(current_setting('app.current_user'), pg_temp.id('a user')::text, 'the user is set');
SELECT is(current_setting('app.current_session'), pg_temp.id('a session')::text,
  'the session is set');
SELECT results_eq('SELECT DISTINCT tenant_id FROM purser.products',
  ARRAY[pg_temp.id('a')], 'what follows sees that tenant alone');
SELECT row_eq($$ SELECT * FROM pg_temp.as_manager('b', 'b') $$,
  ROW (pg_temp.id('b user'), pg_temp.id('b session'), 'manager'::text, 'JPY'::text, false),
  'the currency is the tenant''s');

SELECT set_config('app.current_' || name, '', true)
  FROM (VALUES ('tenant'), ('user'), ('session')) s (name) \g /dev/null
SELECT pg_temp.scoped($$ SELECT * FROM pg_temp.as_manager('a', 'a') $$) \g /dev/null
SELECT is(current_setting('app.current_tenant'), '', 'the tenant is set for the transaction only');
SELECT is(current_setting('app.current_user'), '', 'so is the user');
SELECT is(current_setting('app.current_session'), '', 'so is the session');
SELECT pg_temp.scoped($$ SELECT purser.touch_session(pg_temp.id('a'), pg_temp.id('x')) $$)
  \g /dev/null
SELECT is(current_setting('app.current_tenant'), '', 'and by touch_session too');

SELECT throws_ok($$ SELECT * FROM pg_temp.as_manager('a', 'wrong') $$, 'PU401',
  'no such session', 'a wrong token: 401');
SELECT throws_ok($$ SELECT * FROM pg_temp.as_manager('a', 'b') $$, 'PU401',
  'no such session', 'another tenant''s token: 401');
SELECT throws_ok($$ SELECT * FROM pg_temp.as_manager('nowhere', 'a') $$, 'PU401',
  'no such session', 'no such tenant: 401');
SELECT throws_ok($$ SELECT * FROM purser.authenticate(NULL, sha256('token a'), '{manager}') $$,
  'PU401', NULL, 'no tenant: 401');
SELECT throws_ok($$ SELECT * FROM purser.authenticate(pg_temp.id('a'), NULL, '{manager}') $$,
  'PU401', NULL, 'no token: 401');
SELECT throws_ok($$ SELECT * FROM pg_temp.as_manager('a', 'a', '{owner,admin}') $$, 'PU403',
  'role not allowed', 'a role that is not allowed: 403');
SELECT throws_ok($$ SELECT * FROM pg_temp.as_manager('a', 'a', '{}') $$, 'PU403', NULL,
  'no role allowed: 403');
SELECT throws_ok($$ SELECT * FROM pg_temp.as_manager('a', 'a', NULL) $$, 'PU403', NULL,
  'roles forgotten: 403');
SELECT throws_ok($$ SELECT * FROM pg_temp.as_manager('a', 'a', '{NULL}') $$, 'PU403', NULL,
  'a role that is NULL: 403');
RESET ROLE;

-- What ends a session; each is put back by hand, as pgTAP cannot leave a savepoint.
UPDATE sessions SET expires_at = now() WHERE tenant_id = pg_temp.id('a');
SET LOCAL ROLE purser_products;
SELECT throws_ok($$ SELECT * FROM pg_temp.as_manager('a', 'a') $$, 'PU401', NULL, 'expired: 401');
RESET ROLE;
UPDATE sessions SET expires_at = now() + '1 s'::interval WHERE tenant_id = pg_temp.id('a');
SET LOCAL ROLE purser_products;
SELECT lives_ok($$ SELECT * FROM pg_temp.as_manager('a', 'a') $$, 'about to expire: in');
RESET ROLE;

UPDATE sessions SET last_seen_at = now() - '600 s'::interval WHERE tenant_id = pg_temp.id('a');
SET LOCAL ROLE purser_products;
SELECT throws_ok($$ SELECT * FROM pg_temp.as_manager('a', 'a') $$, 'PU401', NULL, 'idle: 401');
RESET ROLE;
UPDATE sessions SET last_seen_at = now() - '599 s'::interval WHERE tenant_id = pg_temp.id('a');
SET LOCAL ROLE purser_products;
SELECT results_eq($$ SELECT touch FROM pg_temp.as_manager('a', 'a') $$, ARRAY[true],
  'not yet idle: in, and to be touched');
SELECT purser.touch_session(pg_temp.id('b'), pg_temp.id('a session')) \g /dev/null
SELECT results_eq($$ SELECT touch FROM pg_temp.as_manager('a', 'a') $$, ARRAY[true],
  'another tenant''s touch does nothing');
SELECT purser.touch_session(pg_temp.id('a'), pg_temp.id('a session')) \g /dev/null
SELECT results_eq($$ SELECT touch FROM pg_temp.as_manager('a', 'a') $$, ARRAY[false],
  'touched, it need not be for a minute');
RESET ROLE;
SELECT results_eq($$ SELECT last_seen_at FROM sessions WHERE id = pg_temp.id('a session') $$,
  ARRAY[now()], 'touch_session keeps the time');
UPDATE sessions SET last_seen_at = now() - '59 s'::interval WHERE tenant_id = pg_temp.id('a');
SELECT purser.touch_session(pg_temp.id('a'), pg_temp.id('a session')) \g /dev/null
SELECT results_eq($$ SELECT last_seen_at FROM sessions WHERE id = pg_temp.id('a session') $$,
  ARRAY[now() - '59 s'::interval], 'touch_session writes once a minute at most');

UPDATE users SET active = false, deleted_at = now() WHERE tenant_id = pg_temp.id('a');
SET LOCAL ROLE purser_products;
SELECT throws_ok($$ SELECT * FROM pg_temp.as_manager('a', 'a') $$, 'PU401', NULL,
  'an inactive user: 401');
RESET ROLE;
UPDATE users SET active = true, deleted_at = NULL WHERE tenant_id = pg_temp.id('a');

UPDATE tenants SET active = false, deleted_at = now() WHERE id = pg_temp.id('a');
SET LOCAL ROLE purser_products;
SELECT throws_ok($$ SELECT * FROM pg_temp.as_manager('a', 'a') $$, 'PU401', NULL,
  'an inactive tenant: 401');
RESET ROLE;
UPDATE tenants SET active = true, deleted_at = NULL WHERE id = pg_temp.id('a');

-- The program that writes sessions
SET LOCAL ROLE purser_sessions;
SELECT pg_temp.enter('a') \g /dev/null
SELECT lives_ok($$
  INSERT INTO purser.sessions (tenant_id, id, user_id, token_hash, expires_at, idle_seconds)
  VALUES (pg_temp.id('a'), pg_temp.id('new session'), pg_temp.id('a user'), sha256('token new'),
    now() + '1 d'::interval, 600)
  RETURNING id, expires_at $$, 'a login makes a session');
SELECT throws_ok($$
  INSERT INTO purser.sessions (tenant_id, id, user_id, token_hash, expires_at, idle_seconds)
  VALUES (pg_temp.id('a'), pg_temp.id('other'), pg_temp.id('a user'), sha256('token new'),
    now() + '1 d'::interval, 600) $$, '23505',
  'duplicate key value violates unique constraint "sessions_token_hash_key"',
  'two sessions never share a token');
SELECT throws_ok($$ SELECT token_hash FROM purser.sessions $$, '42501', NULL,
  'the program cannot read token hashes');
SELECT throws_ok($$ UPDATE purser.sessions SET expires_at = 'infinity' $$, '42501', NULL,
  'nor prolong a session');
SELECT lives_ok($$ DELETE FROM purser.sessions
   WHERE tenant_id = pg_temp.id('a') AND id = pg_temp.id('new session') $$, 'a logout ends it');
SELECT throws_ok($$ SELECT * FROM pg_temp.as_manager('a', 'new') $$, 'PU401', NULL,
  'and it is over at once');

-- Login by address
SELECT pg_temp.enter(NULL) \g /dev/null
SELECT row_eq($$ SELECT * FROM purser.login_candidates('a@pgtap.invalid', NULL) $$,
  ROW (pg_temp.id('a'), 'pgtap-a'::text, 'pgTAP a'::text, pg_temp.id('a user'),
    pg_temp.id('a account'), 'User a'::text, 'a@pgtap.invalid'::text, 'manager'::text,
    'EUR'::text, 'hash of a'::text), 'an address is found without a tenant');
SELECT results_eq($$ SELECT slug FROM purser.login_candidates('A@PGTAP.invalid', 'pgtap-a') $$,
  ARRAY['pgtap-a'], 'in whichever case, and with its tenant');
SELECT is_empty($$ SELECT * FROM purser.login_candidates('a@pgtap.invalid', 'pgtap-b') $$,
  'not in a tenant that it does not belong to');
SELECT is_empty($$ SELECT * FROM purser.login_candidates('c@pgtap.invalid', NULL) $$,
  'an unknown address has no tenant');
RESET ROLE;

SELECT is(create_user(pg_temp.id('b'), pg_temp.id('a in b'), pg_temp.id('unused'),
    'A@pgtap.invalid', 'A in B', 'viewer', 'another hash'), pg_temp.id('a account'),
  'create_user reuses an account');
SET LOCAL ROLE purser_sessions;
SELECT results_eq(
  $$ SELECT slug, role, password_hash FROM purser.login_candidates('a@pgtap.invalid', NULL) $$,
  $$ VALUES ('pgtap-a', 'manager', 'hash of a'), ('pgtap-b', 'viewer', 'hash of a') $$,
  'and keeps its password; one person, two tenants');
RESET ROLE;
SELECT throws_ok($$ SELECT create_user(pg_temp.id('b'), pg_temp.id('twice'), pg_temp.id('unused'),
    'a@pgtap.invalid', 'Twice', 'viewer', NULL) $$, '23505',
  'duplicate key value violates unique constraint "users_account_id_key"',
  'nobody is twice in a tenant');
UPDATE users SET active = false, deleted_at = now() WHERE id = pg_temp.id('a in b');
SELECT results_eq($$ SELECT slug FROM purser.login_candidates('a@pgtap.invalid', NULL) $$,
  ARRAY['pgtap-a'], 'an inactive user is no candidate');
SELECT lives_ok($$ SELECT create_user(pg_temp.id('b'), pg_temp.id('again'), pg_temp.id('unused'),
    'a@pgtap.invalid', 'Again', 'viewer', NULL) $$, 'who left may come back');
UPDATE tenants SET active = false, deleted_at = now() WHERE id = pg_temp.id('a');
SELECT results_eq($$ SELECT slug FROM purser.login_candidates('a@pgtap.invalid', NULL) $$,
  ARRAY['pgtap-b'], 'nor is one of an inactive tenant');

SET LOCAL ROLE purser_products;
SELECT throws_ok($$ SELECT * FROM purser.login_candidates('a@pgtap.invalid', NULL) $$, '42501',
  NULL, 'no other program looks across tenants');
SELECT throws_ok('SELECT * FROM purser.accounts', '42501', NULL, 'or reads accounts');
SELECT throws_ok($$ SELECT purser.create_user(NULL, NULL, NULL, 'x@y.z', 'x', 'owner', '') $$,
  '42501', NULL, 'or makes users');

SELECT * FROM finish();
ROLLBACK;
