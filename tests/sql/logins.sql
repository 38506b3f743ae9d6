-- sql/deploy/logins.sql: tries that are counted, proofs that age, one-time passwords.
\ir fixture.psql
SELECT plan(62);

CREATE FUNCTION pg_temp.key(p_name text) RETURNS bytea LANGUAGE sql IMMUTABLE
AS $$ SELECT sha256(p_name::bytea) $$;
-- Whoever must wait has waited.
CREATE FUNCTION pg_temp.let_pass() RETURNS void LANGUAGE sql
AS $$ UPDATE purser.login_tries SET blocked_until = now() $$;
CREATE FUNCTION pg_temp.count_of(p_name text) RETURNS int LANGUAGE sql
AS $$ SELECT round(extract(epoch FROM forget_at - clock_timestamp())
        / purser.try_leak(kind))::int FROM purser.login_tries WHERE key = pg_temp.key(p_name) $$;
CREATE FUNCTION pg_temp.act(p_tenant text, p_user text, p_session text DEFAULT '') RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM pg_temp.enter(p_tenant);
  PERFORM set_config('app.current_user',
    CASE WHEN p_user = '' THEN '' ELSE pg_temp.id(p_user)::text END, true);
  PERFORM set_config('app.current_session',
    CASE WHEN p_session = '' THEN '' ELSE pg_temp.id(p_session)::text END, true);
  PERFORM set_config('app.current_key', '', true);
END
$$;

-- Tries
SET LOCAL ROLE purser_sessions;
SELECT is((SELECT array_agg(purser.claim_try(pg_temp.key('one'), NULL)) FROM generate_series(1, 5)),
  array_fill(0, '{5}'), 'five tries are free');
SELECT is(purser.claim_try(pg_temp.key('one'), NULL), 1, 'then one waits');
SELECT is(purser.claim_try(pg_temp.key('two'), NULL), 0, 'others do not');
SELECT throws_ok('SELECT * FROM purser.login_tries', '42501', NULL, 'no program reads them');
RESET ROLE;
SELECT is(pg_temp.count_of('one'), 5, 'what was refused is not counted');
SELECT pg_temp.let_pass() \g /dev/null
SELECT is(claim_try(pg_temp.key('one'), NULL), 0, 'whoever has waited may try');
SELECT is(claim_try(pg_temp.key('one'), NULL), 2, 'and waits twice as long');
DO $$
BEGIN
  FOR i IN 1 .. 20 LOOP
    PERFORM pg_temp.let_pass();
    PERFORM purser.claim_try(pg_temp.key('one'), NULL);
  END LOOP;
END
$$;
SELECT is(claim_try(pg_temp.key('one'), NULL), 900, 'up to a quarter of an hour');
SELECT is(pg_temp.count_of('one'), 16, 'and no count grows beyond what that takes');
UPDATE login_tries SET forget_at = forget_at - '3 h'::interval WHERE key = pg_temp.key('one');
SELECT is(pg_temp.count_of('one'), 13, 'one is forgotten each hour');

SELECT spare_try(pg_temp.key('one'), NULL, false) \g /dev/null
SELECT is(pg_temp.count_of('one'), 12, 'a right one is taken back');
SELECT is(claim_try(pg_temp.key('one'), NULL), 0, 'and the wait that it began');
SELECT pg_temp.let_pass() \g /dev/null
SELECT spare_try(pg_temp.key('one'), NULL, true) \g /dev/null
SELECT is(pg_temp.count_of('one'), NULL, 'or all of them');
SELECT is(pg_temp.count_of('two'), 1, 'of that address alone');
SELECT lives_ok($$ SELECT spare_try(pg_temp.key('never'), pg_temp.key('nor this'), true) $$,
  'there may be none');

-- Networks
SELECT is((SELECT sum(claim_try(pg_temp.key('n' || i), pg_temp.key('net')))
             FROM generate_series(1, 100) i), 0::bigint, 'a network has 100 tries');
SELECT is(pg_temp.count_of('net'), 100, 'that are counted together');
SELECT is(claim_try(pg_temp.key('n101'), pg_temp.key('net')), 1, 'then its next one waits');
SELECT is(pg_temp.count_of('n101'), 0, 'and is not counted for its address');
SELECT is(claim_try(pg_temp.key('n101'), pg_temp.key('other net')), 0, 'not from elsewhere');
SELECT is(claim_try(pg_temp.key('n102'), NULL), 0, 'nor from one that is not counted');
SELECT spare_try(pg_temp.key('n1'), pg_temp.key('net'), true) \g /dev/null
SELECT is(pg_temp.count_of('net'), 99, 'a right one takes back its own alone');
UPDATE login_tries SET forget_at = forget_at - '5 min'::interval, blocked_until = now()
 WHERE key = pg_temp.key('net');
SELECT is(pg_temp.count_of('net'), 89, 'one is forgotten each half minute');

-- What has run out goes
UPDATE login_tries SET forget_at = now() - '1 s'::interval, blocked_until = now();
SELECT is(claim_try(pg_temp.key('last'), NULL), 0, 'a later try');
SELECT cmp_ok((SELECT count(*) FROM login_tries WHERE forget_at < now()), '<=', 100::bigint,
  'removes more than it adds');
SELECT claim_try(pg_temp.key('last' || i), NULL) FROM generate_series(1, 30) i \g /dev/null
SELECT is((SELECT count(*) FROM login_tries WHERE forget_at < now()), 0::bigint,
  'until nothing is left');

-- Fresh proofs
SET LOCAL ROLE purser_users;
SELECT pg_temp.act('a', 'a user', 'a session') \g /dev/null
SELECT lives_ok($$ SELECT purser.require_proof(pg_temp.id('a'), 600) $$, 'a login of now');
SELECT throws_ok($$ SELECT purser.require_proof(pg_temp.id('b'), 600) $$, 'PU4SU',
  'proof too old', 'not in another tenant');
SELECT pg_temp.act('a', 'a user', 'b session') \g /dev/null
SELECT throws_ok($$ SELECT purser.require_proof(pg_temp.id('a'), 600) $$, 'PU4SU', NULL,
  'nor by another''s session');
SELECT pg_temp.act('a', 'a user') \g /dev/null
SELECT throws_ok($$ SELECT purser.require_proof(pg_temp.id('a'), 600) $$, 'PU4SU', NULL,
  'nor without one');
RESET ROLE;
UPDATE sessions SET proved_at = now() - '601 s'::interval
 WHERE tenant_id = pg_temp.id('a') AND id = pg_temp.id('a session');
SET LOCAL ROLE purser_users;
SELECT pg_temp.act('a', 'a user', 'a session') \g /dev/null
SELECT throws_ok($$ SELECT purser.require_proof(pg_temp.id('a'), 600) $$, 'PU4SU', NULL,
  'a proof grows old');
SELECT lives_ok($$ SELECT purser.require_proof(pg_temp.id('a'), 602) $$, 'as one asks');
SELECT set_config('app.current_key', pg_temp.id('a key')::text, true) \g /dev/null
SELECT throws_ok($$ SELECT purser.require_proof(pg_temp.id('a'), 602) $$, 'PU403', NULL,
  'a key has none');
RESET ROLE;

-- One-time passwords: of the account
SELECT create_user(pg_temp.id('b'), pg_temp.id('a in b'), pg_temp.id('unused'), 'A@pgtap.invalid',
  'A in B', 'viewer', NULL) \g /dev/null
SET LOCAL ROLE purser_totp;
SELECT pg_temp.act('a', 'a user', 'a session') \g /dev/null
SELECT row_eq($$ SELECT email, password_hash, account, holder, secret, enabled, last_step,
    codes_left FROM purser.own_proof(pg_temp.id('a')) $$,
  ROW ('a@pgtap.invalid'::text, 'hash of a'::text, true, pg_temp.id('a account'), NULL::bytea,
    false, NULL::bigint, 0), 'what one proves oneself by');
SELECT is((SELECT clock FROM purser.own_proof(pg_temp.id('a'))),
  floor(extract(epoch FROM now()))::bigint,
  'and the database''s time');
SELECT is_empty($$ SELECT 1 FROM purser.own_proof(pg_temp.id('b')) $$, 'not in another tenant');
SELECT is(purser.confirm_totp(pg_temp.id('a'), '\x01', 7, '{}'), false, 'nothing to confirm');
SELECT is(purser.use_totp(pg_temp.id('a'), 7, NULL), false, 'nothing to use');
SELECT is(purser.disable_totp(pg_temp.id('a')), false, 'nothing to switch off');
SELECT is(purser.enrol_totp(pg_temp.id('a'), '\x01'), true, 'enrolled');
SELECT is(purser.enrol_totp(pg_temp.id('a'), '\x02'), true, 'and again');
SELECT is(purser.use_totp(pg_temp.id('a'), 7, NULL), false, 'not used before it is confirmed');
SELECT is(purser.confirm_totp(pg_temp.id('a'), '\x01', 7, '{x,y}'), false, 'the first is gone');
SELECT is(purser.confirm_totp(pg_temp.id('a'), '\x02', 7, '{x,y}'), true, 'confirmed');
SELECT is(purser.confirm_totp(pg_temp.id('a'), '\x02', 8, '{z}'), false, 'once');
SELECT is(purser.enrol_totp(pg_temp.id('a'), '\x03'), false, 'and not replaced');
SELECT is(purser.use_totp(pg_temp.id('a'), 7, NULL), false, 'the step that confirmed is used');
SELECT is(purser.use_totp(pg_temp.id('a'), 9, NULL), true, 'a later one is good');
SELECT is(purser.use_totp(pg_temp.id('a'), 9, NULL), false, 'once');
SELECT is(purser.use_totp(pg_temp.id('a'), 8, NULL), false, 'and none before it');
SELECT is(purser.use_totp(pg_temp.id('a'), NULL, 'x'), true, 'a recovery code is good');
SELECT is(purser.use_totp(pg_temp.id('a'), NULL, 'x'), false, 'once');
SELECT is(purser.use_totp(pg_temp.id('a'), NULL, NULL), false, 'nothing is no code');
SELECT pg_temp.act('b', 'a in b') \g /dev/null
SELECT row_eq($$ SELECT holder, secret, enabled, last_step, codes_left
    FROM purser.own_proof(pg_temp.id('b')) $$,
  ROW (pg_temp.id('a account'), '\x02'::bytea, true, 9::bigint, 1),
  'with the account''s password it is the same in every tenant');
RESET ROLE;

-- ... or of a password that the tenant gave
UPDATE users SET password_hash = 'given' WHERE id = pg_temp.id('a in b');
SET LOCAL ROLE purser_totp;
SELECT row_eq($$ SELECT password_hash, account, holder, secret, enabled
    FROM purser.own_proof(pg_temp.id('b')) $$,
  ROW ('given'::text, false, pg_temp.id('a in b'), NULL::bytea, false),
  'a given password has a factor of its own');
SELECT is(purser.disable_totp(pg_temp.id('b')), false, 'and the person''s is out of its reach');
SELECT pg_temp.act('a', 'a user') \g /dev/null
SELECT is(purser.set_totp_codes(pg_temp.id('a'), '{p,q,r}'), true, 'new codes');
SELECT is((SELECT codes_left FROM purser.own_proof(pg_temp.id('a'))), 3, 'in place of the old');
SELECT is(purser.disable_totp(pg_temp.id('a')), true, 'switched off');
RESET ROLE;

-- Hashes of old
SET LOCAL ROLE purser_sessions;
SELECT purser.rehash_password(pg_temp.id('a'), 'another', 'new') \g /dev/null
RESET ROLE;
SELECT is((SELECT password_hash FROM accounts WHERE id = pg_temp.id('a account')), 'hash of a',
  'a hash that is another now stays');
SET LOCAL ROLE purser_sessions;
SELECT purser.rehash_password(pg_temp.id('a'), 'hash of a', 'new') \g /dev/null
SELECT pg_temp.act('b', 'a in b') \g /dev/null
SELECT purser.rehash_password(pg_temp.id('b'), 'given', 'given anew') \g /dev/null
RESET ROLE;
SELECT row_eq($$ SELECT a.password_hash, u.password_hash FROM accounts a JOIN users u
    ON u.account_id = a.id WHERE a.id = pg_temp.id('a account') AND u.id = pg_temp.id('a in b') $$,
  ROW ('new'::text, 'given anew'::text), 'each password keeps its place');

SET LOCAL ROLE purser_users;
SELECT row_eq($$ SELECT * FROM purser.password_names(pg_temp.id('b')) $$,
  ROW ('A@pgtap.invalid'::text, 'pgTAP b'::text, 'pgtap-b'::text), 'names not to use');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
