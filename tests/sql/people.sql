-- sql/deploy/people.sql: accounts and tenants, which programs reach through functions alone.
\ir fixture.psql
SELECT plan(77);

-- Whoever acts: the user and the session that authenticate would have set.
CREATE FUNCTION pg_temp.act(p_tenant text, p_user text, p_session text DEFAULT '') RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM pg_temp.enter(p_tenant);
  PERFORM set_config('app.current_user',
    CASE WHEN p_user = '' THEN '' ELSE pg_temp.id(p_user)::text END, true);
  PERFORM set_config('app.current_session',
    CASE WHEN p_session = '' THEN '' ELSE pg_temp.id(p_session)::text END, true);
END
$$;

CREATE FUNCTION pg_temp.add_session(p_tenant text, p_user text, p_session text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  INSERT INTO purser.sessions (tenant_id, id, user_id, token_hash, expires_at, idle_seconds)
  VALUES (pg_temp.id(p_tenant), pg_temp.id(p_session), pg_temp.id(p_user),
    sha256(p_session::bytea), now() + '1 h'::interval, 600);
END
$$;

-- A local setting outlives a function with a SET of its own for it only when it would outlive the
-- transaction as well.
CREATE FUNCTION pg_temp.scoped(p_sql text) RETURNS void LANGUAGE plpgsql
SET app.current_tenant = 'before'
AS $$ BEGIN EXECUTE p_sql; END $$;

-- a's person works in b too, and is logged in twice here and once there.
SELECT create_user(pg_temp.id('b'), pg_temp.id('a in b'), pg_temp.id('unused'), 'A@pgtap.invalid',
  'A in B', 'viewer', NULL) \g /dev/null
SELECT pg_temp.add_session('a', 'a user', 'a phone') \g /dev/null
SELECT pg_temp.add_session('b', 'a in b', 'a in b session') \g /dev/null

-- Accounts
SET LOCAL ROLE purser_users;
SELECT pg_temp.act('a', 'a user', 'a session') \g /dev/null
SELECT is(purser.open_account(pg_temp.id('new account'), 'New@pgtap.invalid'),
  pg_temp.id('new account'), 'an unknown address gets an account');
SELECT is(purser.open_account(pg_temp.id('other'), 'nEW@pgtap.invalid'),
  pg_temp.id('new account'), 'a known one has one, in whichever case');
SELECT is(purser.open_account(pg_temp.id('quiet account'), 'quiet@pgtap.invalid'),
  pg_temp.id('quiet account'), 'another gets another');
SELECT throws_ok($$ SELECT purser.open_account(pg_temp.id('x'), '') $$, '23514', NULL,
  'but an address');
SELECT is(purser.open_account(pg_temp.id('other'), 'b@pgtap.invalid'),
  pg_temp.id('b account'), 'of another tenant''s person too');
RESET ROLE;
SELECT row_eq($$ SELECT email, email_key, password_hash FROM accounts
   WHERE id = pg_temp.id('new account') $$,
  ROW ('New@pgtap.invalid'::text, 'new@pgtap.invalid'::text, NULL::text),
  'it is as it was made first, and has no password');
SELECT results_eq($$ SELECT password_hash FROM accounts WHERE id = pg_temp.id('b account') $$,
  ARRAY['hash of b'], 'and nobody''s password changes by that');
SELECT is_empty($$ SELECT 1 FROM accounts WHERE id IN (pg_temp.id('other'), pg_temp.id('unused'))
  $$, 'nor is a second account made');

-- One's own password
SET LOCAL ROLE purser_users;
SELECT is((SELECT p.password_hash FROM purser.own_proof(pg_temp.id('a')) p), 'hash of a', 'one''s own password');
SELECT is((SELECT p.password_hash FROM purser.own_proof(pg_temp.id('b')) p), NULL, 'not as somebody of another tenant');
SELECT pg_temp.act('b', 'a in b') \g /dev/null
SELECT is((SELECT p.password_hash FROM purser.own_proof(pg_temp.id('b')) p), 'hash of a', 'it is the person''s, not the user''s');
SELECT pg_temp.act('a', '') \g /dev/null
SELECT is((SELECT p.password_hash FROM purser.own_proof(pg_temp.id('a')) p), NULL, 'nobody has none');
SELECT throws_ok($$ SELECT purser.set_own_password(pg_temp.id('a'), 'x', sha256('new')) $$, 'P0002', NULL,
  'nor can nobody set one');
SELECT pg_temp.act('a', 'a user', 'a session') \g /dev/null
SELECT throws_ok($$ SELECT purser.set_own_password(pg_temp.id('b'), 'x', sha256('new')) $$, 'P0002', NULL,
  'or somebody of another tenant');
SELECT lives_ok($$ SELECT purser.set_own_password(pg_temp.id('a'), 'new hash', sha256('new')) $$,
  'whoever acts sets a password');
SELECT is(current_setting('app.current_tenant'), pg_temp.id('a')::text, 'the tenant is as it was');
SELECT is(current_setting('app.current_session'), pg_temp.id('a session')::text, 'and the session');
SELECT is((SELECT p.password_hash FROM purser.own_proof(pg_temp.id('a')) p), 'new hash', 'it is the new one');
SELECT pg_temp.act('b', 'a in b') \g /dev/null
SELECT is((SELECT p.password_hash FROM purser.own_proof(pg_temp.id('b')) p), 'new hash', 'in every tenant');
SELECT pg_temp.act('b', 'b user') \g /dev/null
SELECT is((SELECT p.password_hash FROM purser.own_proof(pg_temp.id('b')) p), 'hash of b', 'of that person alone');
RESET ROLE;
SELECT bag_eq($$ SELECT id FROM sessions
   WHERE tenant_id IN (pg_temp.id('a'), pg_temp.id('b')) $$,
  $$ VALUES (pg_temp.id('a session')), (pg_temp.id('b session')) $$,
  'all sessions of that person have ended, here and there, but for this one');
SELECT results_eq($$ SELECT updated_at FROM accounts WHERE id = pg_temp.id('a account') $$,
  ARRAY[now()], 'when it changed is known');

SELECT pg_temp.add_session('a', 'a user', 'a phone') \g /dev/null
SET LOCAL ROLE purser_users;
SELECT pg_temp.act('a', 'a user') \g /dev/null
SELECT lives_ok($$ SELECT purser.set_own_password(pg_temp.id('a'), 'newer hash', sha256('new')) $$,
  'where nobody knows which session this is');
RESET ROLE;
SELECT is_empty($$ SELECT id FROM sessions WHERE tenant_id = pg_temp.id('a') $$,
  'they end all of them');
SELECT set_config('app.current_tenant', '', true) \g /dev/null
SELECT pg_temp.scoped($$ SELECT purser.set_own_password(pg_temp.id('a'), 'newest hash', sha256('new')) $$)
  \g /dev/null
SELECT is(current_setting('app.current_tenant'), '', 'the tenant is set for the transaction only');

-- A password that a tenant gave opens that tenant alone, and takes the place of the account's there.
RESET ROLE;
UPDATE users SET password_hash = 'given by b', accepted = false
 WHERE tenant_id = pg_temp.id('b') AND id = pg_temp.id('a in b');
SELECT bag_eq($$ SELECT tenant_id, password_hash FROM login_candidates('a@pgtap.invalid', NULL) $$,
  $$ VALUES (pg_temp.id('a'), 'newest hash'), (pg_temp.id('b'), 'given by b') $$,
  'a given password opens its tenant, the account''s the others');
SELECT pg_temp.add_session('a', 'a user', 'a laptop') \g /dev/null
SELECT pg_temp.add_session('b', 'a in b', 'a laptop in b') \g /dev/null
SET LOCAL ROLE purser_users;
SELECT pg_temp.act('b', 'a in b') \g /dev/null
SELECT is((SELECT p.password_hash FROM purser.own_proof(pg_temp.id('b')) p), 'given by b', 'it is one''s own there');
SELECT lives_ok($$ SELECT purser.set_own_password(pg_temp.id('b'), 'chosen in b', sha256('new')) $$,
  'and can be changed');
SELECT pg_temp.act('a', 'a user') \g /dev/null
SELECT is((SELECT p.password_hash FROM purser.own_proof(pg_temp.id('a')) p), 'newest hash', 'which changes nothing elsewhere');
SELECT throws_ok('SELECT password_hash FROM purser.users', '42501', NULL, 'no program reads it');
RESET ROLE;
SELECT bag_eq($$ SELECT id FROM sessions WHERE user_id IN (pg_temp.id('a user'), pg_temp.id('a in b'))
  $$, $$ VALUES (pg_temp.id('a laptop')) $$, 'and ends that tenant''s sessions alone');
UPDATE users SET password_hash = NULL
 WHERE tenant_id = pg_temp.id('b') AND id = pg_temp.id('a in b');
SELECT bag_eq($$ SELECT tenant_id FROM login_candidates('a@pgtap.invalid', NULL) $$,
  $$ VALUES (pg_temp.id('a')) $$, 'without one, a membership that isn''t accepted opens to nobody');

-- What the users' program may do by itself
SET LOCAL ROLE purser_users;
SELECT pg_temp.act('a', 'a user') \g /dev/null
SELECT lives_ok($$ INSERT INTO purser.users (tenant_id, id, account_id, name, email, role)
  VALUES (pg_temp.id('a'), pg_temp.id('new user'), pg_temp.id('new account'), 'New',
    'New@pgtap.invalid', 'staff') RETURNING id $$, 'a user is somebody''s');
SELECT throws_ok($$ INSERT INTO purser.users (tenant_id, id, account_id, name, email, role)
  VALUES (pg_temp.id('a'), pg_temp.id('x'), pg_temp.id('new account'), 'New',
    'New@pgtap.invalid', 'staff') $$, '23505',
  'duplicate key value violates unique constraint "users_account_id_key"', 'nobody is one twice');
SELECT throws_ok($$ INSERT INTO purser.users (tenant_id, id, account_id, name, email, role)
  VALUES (pg_temp.id('a'), pg_temp.id('x'), pg_temp.id('no account'), 'X', 'x@y.z', 'staff') $$,
  '23503', NULL, 'nor without an account');
SELECT lives_ok($$ UPDATE purser.users SET name = 'Newer', role = 'owner', revision = revision + 1,
    updated_at = now() WHERE tenant_id = pg_temp.id('a') AND id = pg_temp.id('new user') $$,
  'name and role may change');
SELECT lives_ok($$ UPDATE purser.users SET active = false, deleted_at = now()
   WHERE tenant_id = pg_temp.id('a') AND id = pg_temp.id('new user') $$, 'a user can be shut out');
SELECT throws_ok($$ UPDATE purser.users SET account_id = pg_temp.id('b account') $$, '42501', NULL,
  'but not become another person');
SELECT throws_ok($$ UPDATE purser.users SET email = 'x@y.z' $$, '42501', NULL,
  'nor get another address');
SELECT throws_ok('DELETE FROM purser.users', '42501', NULL, 'nor be gone');
SELECT throws_ok('SELECT 1 FROM purser.accounts', '42501', NULL, 'the program reads no accounts');
SELECT throws_ok('SELECT 1 FROM purser.sessions', '42501', NULL, 'nor sessions');
SELECT throws_ok($$ SELECT * FROM purser.password_of_address('b@pgtap.invalid') $$, '42501', NULL,
  'nor the password of anybody');
RESET ROLE;

-- Signing up
SET LOCAL ROLE purser_tenants;
SELECT pg_temp.act(NULL, '') \g /dev/null
SELECT results_eq($$ SELECT password_hash FROM purser.password_of_address('B@pgtap.invalid') $$,
  ARRAY['hash of b'], 'a known address has a password to be compared');
SELECT results_eq($$ SELECT password_hash FROM purser.password_of_address('quiet@pgtap.invalid')
  $$, ARRAY[NULL::text], 'or none, and is known');
SELECT is_empty($$ SELECT * FROM purser.password_of_address('x@pgtap.invalid') $$,
  'an unknown one is not');
SELECT lives_ok($$ SELECT purser.sign_up(pg_temp.id('c'), 'pgtap-c', 'C', 'CHF', 'Europe/Zurich',
    'de-CH', pg_temp.id('c user'), pg_temp.id('c account'), 'C@pgtap.invalid', 'Carl',
    'hash of c') $$, 'a business signs up');
SELECT is(current_setting('app.current_tenant'), pg_temp.id('c')::text,
  'what follows belongs to it');
SELECT row_eq($$ SELECT id, slug, name, active, revision FROM purser.own_tenant(pg_temp.id('c')) $$,
  ROW (pg_temp.id('c'), 'pgtap-c'::text, 'C'::text, true, 1::bigint), 'and sees it');
SELECT throws_ok($$ SELECT purser.sign_up(pg_temp.id('d'), 'pgtap-c', 'D', 'EUR', 'UTC', 'en',
    pg_temp.id('d user'), pg_temp.id('d account'), 'd@pgtap.invalid', 'D', 'x') $$, '23505',
  'duplicate key value violates unique constraint "tenant_slugs_pkey"', 'its slug is taken');
SELECT throws_ok($$ SELECT purser.sign_up(pg_temp.id('d'), NULL, 'D', 'EUR', 'UTC', 'en',
    pg_temp.id('d user'), pg_temp.id('d account'), 'd@pgtap.invalid', 'D', 'x') $$, '23502', NULL,
  'one needs a slug');
SELECT throws_ok($$ SELECT purser.sign_up(pg_temp.id('d'), 'pgtap-d', 'D', 'euro', 'UTC', 'en',
    pg_temp.id('d user'), pg_temp.id('d account'), 'd@pgtap.invalid', 'D', 'x') $$, '23514', NULL,
  'a currency');
SELECT throws_ok($$ SELECT purser.sign_up(pg_temp.id('a'), 'pgtap-e', 'D', 'EUR', 'UTC', 'en',
    pg_temp.id('d user'), pg_temp.id('d account'), 'd@pgtap.invalid', 'D', 'x') $$, '23505',
  'duplicate key value violates unique constraint "tenants_pkey"', 'and an id of one''s own');
SELECT lives_ok($$ SELECT purser.sign_up(pg_temp.id('d'), 'pgtap-d', 'D', 'EUR', 'UTC', 'en',
    pg_temp.id('b in d'), pg_temp.id('unused'), 'B@pgtap.invalid', 'B', 'unused') $$,
  'a person may have two businesses');
RESET ROLE;
SELECT row_eq($$ SELECT u.name, u.email, u.role, a.id, a.email, a.password_hash
   FROM users u JOIN accounts a ON a.id = u.account_id WHERE u.tenant_id = pg_temp.id('c') $$,
  ROW ('Carl'::text, 'C@pgtap.invalid'::text, 'owner'::text, pg_temp.id('c account'),
    'C@pgtap.invalid'::text, 'hash of c'::text), 'its first user is an owner, with a password');
SELECT row_eq($$ SELECT currency, time_zone, locale FROM settings
   WHERE tenant_id = pg_temp.id('c') $$, ROW ('CHF'::text, 'Europe/Zurich'::text, 'de-CH'::text),
  'its settings are those asked for');
SELECT row_eq($$ SELECT event_seq, order_number FROM tenant_state
   WHERE tenant_id = pg_temp.id('c') $$, ROW (0::bigint, 0::bigint), 'it can count');
SELECT row_eq($$ SELECT u.account_id, a.password_hash FROM users u
   JOIN accounts a ON a.id = u.account_id WHERE u.tenant_id = pg_temp.id('d') $$,
  ROW (pg_temp.id('b account'), 'hash of b'::text), 'whoever has a password keeps it');
SELECT set_config('app.current_tenant', '', true) \g /dev/null
SELECT pg_temp.scoped($$ SELECT purser.sign_up(pg_temp.id('e'), 'pgtap-e', 'E', 'EUR', 'UTC', 'en',
    pg_temp.id('e user'), pg_temp.id('e account'), 'e@pgtap.invalid', 'E', 'x') $$) \g /dev/null
SELECT is(current_setting('app.current_tenant'), '', 'one enters for the transaction only');

-- One's own tenant
SET LOCAL ROLE purser_tenants;
SELECT pg_temp.act('a', 'a user') \g /dev/null
SELECT row_eq($$ SELECT slug, name FROM purser.own_tenant(pg_temp.id('a')) $$,
  ROW ('pgtap-a'::text, 'pgTAP a'::text), 'one sees one''s own tenant');
SELECT is_empty($$ SELECT * FROM purser.own_tenant(pg_temp.id('b')) $$, 'and no other');
SELECT is_empty($$ SELECT * FROM purser.own_tenant(NULL) $$, 'nor all of them');
SELECT is(purser.rename_tenant(pg_temp.id('b'), 'Mine', NULL), false, 'another keeps its name');
SELECT is(purser.rename_tenant(NULL, 'Mine', NULL), false, 'and so do all');
SELECT is(purser.rename_tenant(pg_temp.id('a'), 'New', '{2,3}'), false,
  'it is not what somebody thought');
SELECT is(purser.rename_tenant(pg_temp.id('a'), 'New', '{}'), false, 'or nobody knows what');
SELECT is(purser.rename_tenant(pg_temp.id('a'), 'New', '{7,1}'), true, 'it is: a new name');
SELECT row_eq($$ SELECT name, revision FROM purser.own_tenant(pg_temp.id('a')) $$,
  ROW ('New'::text, 2::bigint), 'and a new revision');
SELECT is(purser.rename_tenant(pg_temp.id('a'), NULL, NULL), true, 'no name changes nothing');
SELECT row_eq($$ SELECT name, revision FROM purser.own_tenant(pg_temp.id('a')) $$,
  ROW ('New'::text, 3::bigint), 'but the revision');
SELECT throws_ok($$ SELECT purser.rename_tenant(pg_temp.id('a'), '', NULL) $$, '23514',
  'new row for relation "tenants" violates check constraint "tenants_name_check"',
  'a name is not empty');
SELECT pg_temp.act(NULL, '') \g /dev/null
SELECT is_empty($$ SELECT * FROM purser.own_tenant(pg_temp.id('a')) $$, 'nobody has a tenant');
SELECT is(purser.rename_tenant(pg_temp.id('a'), 'Mine', NULL), false, 'nor renames one');
SELECT throws_ok('SELECT 1 FROM purser.tenants', '42501', NULL, 'the program reads no tenants');
SELECT throws_ok($$ SELECT purser.create_tenant(pg_temp.id('f'), 'f', 'F') $$, '42501', NULL,
  'and makes none by itself');
RESET ROLE;

-- Names of those who did something
SET LOCAL ROLE purser_events;
SELECT pg_temp.act('a', 'a user') \g /dev/null
SELECT results_eq($$ SELECT name FROM purser.users WHERE id = pg_temp.id('a user') $$,
  ARRAY['User a'], 'events shows who it was');
SELECT throws_ok('SELECT email FROM purser.users', '42501', NULL, 'by name alone');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
