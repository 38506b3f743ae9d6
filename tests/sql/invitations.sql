-- sql/deploy/invitations.sql: links that work once and in time, and what a new password ends.
\ir fixture.psql
SELECT no_plan();

CREATE FUNCTION pg_temp.seed_of(p_tenant text, p_user text) RETURNS bytea LANGUAGE sql
AS $$ SELECT seed FROM purser.invitations
   WHERE tenant_id = pg_temp.id(p_tenant) AND user_id = pg_temp.id(p_user) $$;
CREATE FUNCTION pg_temp.add_session(p_tenant text, p_user text, p_session text) RETURNS void
LANGUAGE sql
AS $$ INSERT INTO purser.sessions (tenant_id, id, user_id, token_hash, expires_at, idle_seconds)
  VALUES (pg_temp.id(p_tenant), pg_temp.id(p_session), pg_temp.id(p_user),
    sha256(p_session::bytea), now() + '1 h'::interval, 600) $$;
CREATE FUNCTION pg_temp.sessions() RETURNS SETOF uuid LANGUAGE sql
AS $$ SELECT id FROM purser.sessions
   WHERE tenant_id IN (pg_temp.id('a'), pg_temp.id('b')) $$;

-- new: somebody without a password; b's person, who is asked to work in a too.
DELETE FROM invitations WHERE tenant_id IN (pg_temp.id('a'), pg_temp.id('b'));
INSERT INTO accounts (id, email, email_key)
VALUES (pg_temp.id('new account'), 'New@pgtap.invalid', 'new@pgtap.invalid');
INSERT INTO users (tenant_id, id, account_id, name, email, role)
VALUES (pg_temp.id('a'), pg_temp.id('new user'), pg_temp.id('new account'), 'New',
    'New@pgtap.invalid', 'staff'),
  (pg_temp.id('a'), pg_temp.id('b in a'), pg_temp.id('b account'), 'B in A', 'b@pgtap.invalid',
    'viewer');

-- Inviting
SET LOCAL ROLE purser_users;
SELECT ok(invite(pg_temp.id('a'), pg_temp.id('new user')), 'somebody is invited, by mail');
SELECT ok(invite(pg_temp.id('a'), pg_temp.id('b in a')), 'and somebody else');
SELECT ok(NOT invite(pg_temp.id('a'), pg_temp.id('a user')), 'not who has accepted');
SELECT ok(NOT invite(pg_temp.id('b'), pg_temp.id('new user')), 'nor another tenant''s user');
SELECT throws_ok('SELECT 1 FROM purser.invitations', '42501', NULL, 'who invites sees no seed');
SELECT throws_ok($$ SELECT * FROM purser.invitation(pg_temp.id('a'), pg_temp.id('new user')) $$,
  '42501', NULL, 'by no function either');
SELECT throws_ok($$ SELECT purser.may_mail('x@y.z') $$, '42501', NULL, 'nor counts mails by itself');
SELECT throws_ok($$ SELECT purser.renew_account(pg_temp.id('a account'), 'x', NULL) $$, '42501',
  NULL, 'or sets a password');
RESET ROLE;
SELECT results_eq($$ SELECT user_id, expires_at - now(), tries, length(seed) FROM invitations
   WHERE tenant_id = pg_temp.id('a') ORDER BY user_id = pg_temp.id('b in a') $$,
  $$ VALUES (pg_temp.id('new user'), '7 d'::interval, 0, 32),
    (pg_temp.id('b in a'), '7 d'::interval, 0, 32) $$, 'for seven days');
CREATE TEMP TABLE before AS SELECT pg_temp.seed_of('a', 'new user') AS seed;
SELECT invite(pg_temp.id('a'), pg_temp.id('new user')) \g /dev/null
SELECT isnt(pg_temp.seed_of('a', 'new user'), (SELECT seed FROM before), 'again: by a new seed');

-- Mails of an hour
SELECT results_eq($$ SELECT may_mail('Loved@pgtap.invalid') FROM generate_series(1, 7) $$,
  ARRAY[true, true, true, true, true, false, false], 'five to an address');
SELECT ok(NOT may_mail('lOVED@pgtap.invalid'), 'in whichever case');
UPDATE mail_limits SET begun_at = now() - '1 h'::interval;
SELECT ok(may_mail('loved@pgtap.invalid'), 'and again in the next');

-- What there is to an invitation
CREATE TEMP TABLE seeds AS
SELECT pg_temp.seed_of('a', 'new user') AS new, pg_temp.seed_of('a', 'b in a') AS known;
GRANT SELECT ON seeds TO PUBLIC;
SET LOCAL ROLE purser_invitations;
SELECT row_eq($$ SELECT * FROM purser.invitation(pg_temp.id('a'), pg_temp.id('new user')) $$,
  ROW ((SELECT new FROM seeds), NULL::text), 'who is new has no password');
SELECT row_eq($$ SELECT * FROM purser.invitation(pg_temp.id('a'), pg_temp.id('b in a')) $$,
  ROW ((SELECT known FROM seeds), 'hash of b'::text), 'who is known has one');
SELECT is_empty($$ SELECT * FROM purser.invitation(pg_temp.id('b'), pg_temp.id('new user')) $$,
  'it is in its tenant');
SELECT is_empty($$ SELECT * FROM purser.invitation(pg_temp.id('a'), pg_temp.id('a user')) $$,
  'and of who is invited');

-- Tries
SELECT results_eq($$ SELECT purser.try_invitation(pg_temp.id('a'), pg_temp.id('b in a'))
   FROM generate_series(1, 11) $$,
  array_fill(true, ARRAY[10]) || false, 'ten passwords can be tried');
SELECT is_empty($$ SELECT * FROM purser.invitation(pg_temp.id('a'), pg_temp.id('b in a')) $$,
  'then it is none any more');
RESET ROLE;
UPDATE invitations SET tries = 0 WHERE tenant_id = pg_temp.id('a');

-- Accepting
SELECT pg_temp.add_session('b', 'b user', 'b phone') \g /dev/null
SET LOCAL ROLE purser_invitations;
SELECT is_empty($$ SELECT * FROM purser.accept_invitation(pg_temp.id('a'), pg_temp.id('b in a'),
    (SELECT known FROM seeds), NULL, 'taken over', NULL) $$, 'a known account takes no new password');
SELECT is_empty($$ SELECT * FROM purser.accept_invitation(pg_temp.id('a'), pg_temp.id('b in a'),
    (SELECT known FROM seeds), 'hash of old', NULL, NULL) $$, 'nor one that is its no more');
SELECT is_empty($$ SELECT * FROM purser.accept_invitation(pg_temp.id('a'), pg_temp.id('b in a'),
    (SELECT new FROM seeds), 'hash of b', NULL, NULL) $$, 'nor somebody else''s seed');
SELECT row_eq($$ SELECT * FROM purser.accept_invitation(pg_temp.id('a'), pg_temp.id('b in a'),
    (SELECT known FROM seeds), 'hash of b', NULL, NULL) $$,
  ROW (pg_temp.id('b in a'), 'B in A'::text, 'b@pgtap.invalid'::text, 'viewer'::text,
    'pgtap-a'::text), 'by its own password it accepts');
SELECT is_empty($$ SELECT * FROM purser.accept_invitation(pg_temp.id('a'), pg_temp.id('b in a'),
    (SELECT known FROM seeds), 'hash of b', NULL, NULL) $$, 'once');
SELECT row_eq($$ SELECT name FROM purser.accept_invitation(pg_temp.id('a'), pg_temp.id('new user'),
    (SELECT new FROM seeds), NULL, 'first hash', 'Newt') $$, ROW ('Newt'::text),
  'who is new sets a password, and a name');
RESET ROLE;
SELECT results_eq($$ SELECT accepted, password_hash, revision FROM users
   WHERE tenant_id = pg_temp.id('a') AND id IN (pg_temp.id('b in a'), pg_temp.id('new user')) $$,
  $$ VALUES (true, NULL::text, 2::bigint), (true, NULL, 2) $$, 'they are members now');
SELECT results_eq($$ SELECT password_hash FROM accounts
   WHERE id IN (pg_temp.id('b account'), pg_temp.id('new account')) ORDER BY 1 $$,
  ARRAY['first hash', 'hash of b'], 'each with a password of their own');
SELECT bag_eq('SELECT * FROM pg_temp.sessions()', $$ VALUES (pg_temp.id('a session')) $$,
  'and their sessions have ended, everywhere');
SELECT is_empty($$ SELECT 1 FROM invitations WHERE tenant_id = pg_temp.id('a') $$,
  'no invitation is left');
INSERT INTO invitations (tenant_id, user_id, expires_at)
VALUES (pg_temp.id('b'), pg_temp.id('b user'), now());
SELECT is_empty($$ SELECT * FROM invitation(pg_temp.id('b'), pg_temp.id('b user')) $$,
  'one is over when its time is');
SELECT is_empty($$ SELECT * FROM accept_invitation(pg_temp.id('b'), pg_temp.id('b user'),
    pg_temp.seed_of('b', 'b user'), 'hash of b', NULL, NULL) $$, 'and is not accepted then');

-- Resets
SET LOCAL ROLE purser_password_resets;
SELECT ok(purser.ask_reset(pg_temp.id('reset'), 'A@PGTAP.invalid'), 'a known address asks');
SELECT ok(purser.ask_reset(pg_temp.id('other reset'), 'a@pgtap.invalid'), 'twice');
SELECT ok(purser.ask_reset(pg_temp.id('nobody''s'), 'nobody@pgtap.invalid'), 'as does an unknown');
SELECT throws_ok('SELECT 1 FROM purser.password_resets', '42501', NULL, 'the program sees no list');
SELECT throws_ok('SELECT 1 FROM purser.accounts', '42501', NULL, 'nor accounts');
RESET ROLE;
SELECT results_eq($$ SELECT r.id, a.id, r.expires_at - now()
    FROM password_resets r LEFT JOIN accounts a ON a.id = r.account_id
   WHERE r.id IN (pg_temp.id('reset'), pg_temp.id('nobody''s')) ORDER BY a.id $$,
  $$ VALUES (pg_temp.id('reset'), pg_temp.id('a account'), '20 min'::interval),
    (pg_temp.id('nobody''s'), NULL, '20 min') $$, 'each has a row, for twenty minutes');
SELECT is((SELECT count(*) FROM password_resets WHERE account_id = pg_temp.id('b account')), 0::bigint,
  'and nobody else');
CREATE TEMP TABLE resets AS SELECT id, seed FROM password_resets;
GRANT SELECT ON resets TO PUBLIC;
SELECT pg_temp.add_session('a', 'a user', 'a phone') \g /dev/null
SET LOCAL ROLE purser_password_resets;
SELECT results_eq($$ SELECT seed FROM purser.reset_seed(pg_temp.id('reset')) $$,
  $$ SELECT seed FROM resets WHERE id = pg_temp.id('reset') $$, 'a known one has a seed');
SELECT is_empty($$ SELECT * FROM purser.reset_seed(pg_temp.id('nobody''s')) $$,
  'an unknown one none that counts');
SELECT is_empty($$ SELECT * FROM purser.use_reset(pg_temp.id('nobody''s'),
    (SELECT seed FROM resets WHERE id = pg_temp.id('nobody''s')), 'x') $$, 'and sets nothing');
SELECT is_empty($$ SELECT * FROM purser.use_reset(pg_temp.id('reset'),
    (SELECT seed FROM resets WHERE id = pg_temp.id('other reset')), 'x') $$,
  'nor does one by another''s seed');
SELECT row_eq($$ SELECT * FROM purser.use_reset(pg_temp.id('reset'),
    (SELECT seed FROM resets WHERE id = pg_temp.id('reset')), 'reset hash') $$,
  ROW (pg_temp.id('a'), pg_temp.id('a user')), 'by its own it sets a password');
SELECT is_empty($$ SELECT * FROM purser.use_reset(pg_temp.id('reset'),
    (SELECT seed FROM resets WHERE id = pg_temp.id('reset')), 'again') $$, 'once');
SELECT is_empty($$ SELECT * FROM purser.use_reset(pg_temp.id('other reset'),
    (SELECT seed FROM resets WHERE id = pg_temp.id('other reset')), 'again') $$,
  'and the others die with it');
SELECT purser.ask_reset(pg_temp.id('late'), 'a@pgtap.invalid') \g /dev/null
RESET ROLE;
SELECT results_eq($$ SELECT password_hash FROM accounts WHERE id = pg_temp.id('a account') $$,
  ARRAY['reset hash'], 'it is the account''s');
SELECT is_empty('SELECT * FROM pg_temp.sessions()', 'whose sessions have ended');
UPDATE password_resets SET expires_at = now() WHERE id = pg_temp.id('late');
SELECT is_empty($$ SELECT * FROM reset_seed(pg_temp.id('late')) $$, 'one is over when its time is');
SELECT is_empty($$ SELECT * FROM use_reset(pg_temp.id('late'),
    (SELECT seed FROM password_resets WHERE id = pg_temp.id('late')), 'x') $$, 'and sets nothing');

-- The own password, and the session that goes on
SELECT pg_temp.add_session('a', 'a user', 'a laptop'), pg_temp.add_session('a', 'a user', 'a phone')
  \g /dev/null
SELECT set_config('app.current_' || name, pg_temp.id(value)::text, true)
  FROM (VALUES ('tenant', 'a'), ('user', 'a user'), ('session', 'a laptop')) s (name, value)
  \g /dev/null
SET LOCAL ROLE purser_users;
SELECT is(set_own_password(pg_temp.id('a'), 'own hash', sha256('another token')), 3600::bigint,
  'a new password: the session has as long as it had');
RESET ROLE;
SELECT results_eq('SELECT id, token_hash FROM sessions WHERE tenant_id = pg_temp.id(''a'')',
  $$ VALUES (pg_temp.id('a laptop'), sha256('another token')) $$, 'goes on by another token, alone');
SELECT is_empty($$ SELECT 1 FROM password_resets WHERE account_id = pg_temp.id('a account') $$,
  'and no reset is left');

SELECT * FROM finish();
ROLLBACK;
