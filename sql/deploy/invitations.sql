-- Deploy invitations: how people get in by a mail's link: invited to a tenant, or with a new
-- password; and what a new password ends.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

-- A link's token is made of its row's ids and seed with a key of the installation's (credential.h),
-- by who sends the mail and by who is shown the link. It stands nowhere; a new seed is a new token.
CREATE TABLE invitations (
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  seed bytea NOT NULL DEFAULT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()),
  expires_at timestamptz NOT NULL DEFAULT now() + '7 d'::interval,
  tries int NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT invitations_pkey PRIMARY KEY (tenant_id, user_id),
  CONSTRAINT invitations_user_id_fkey FOREIGN KEY (tenant_id, user_id)
    REFERENCES users (tenant_id, id),
  CONSTRAINT invitations_seed_check CHECK (length(seed) = 32),
  CONSTRAINT invitations_tries_check CHECK (tries >= 0)
);
CALL secure_tenant_table('invitations');

-- Global, as accounts are. Whoever asks for an address that nobody has makes a row too, of an account
-- that is none: a stranger can't tell the two apart by the time they take. Hence no foreign key, and
-- a made-up id: NULLs would lie in one place of the index, which fills up.
CREATE TABLE password_resets (
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  seed bytea NOT NULL DEFAULT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()),
  expires_at timestamptz NOT NULL DEFAULT now() + '20 min'::interval,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT password_resets_pkey PRIMARY KEY (id)
);
CREATE INDEX password_resets_account_id_idx ON password_resets (account_id);
CREATE INDEX password_resets_expires_at_idx ON password_resets (expires_at);

-- How many mails that anybody can cause an address has been sent in its hour, known or not.
CREATE TABLE mail_limits (
  address_hash bytea NOT NULL,
  n int NOT NULL DEFAULT 1,
  begun_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT mail_limits_pkey PRIMARY KEY (address_hash)
);
CREATE INDEX mail_limits_begun_at_idx ON mail_limits (begun_at);

-- Counts one more mail to an address: true for the first five of an hour. Over all tenants, so that
-- nobody's box is filled by making many.
CREATE FUNCTION may_mail(p_email text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_now timestamptz := now();
  v_hour_ago timestamptz := now() - '1 h'::interval;
  v_n int;
BEGIN
  INSERT INTO purser.mail_limits AS l (address_hash)
  VALUES (sha256(convert_to(lower(p_email), 'UTF8')))
  ON CONFLICT (address_hash) DO UPDATE
     SET n = CASE WHEN l.begun_at > v_hour_ago THEN least(l.n, 1000) + 1 ELSE 1 END,
         begun_at = CASE WHEN l.begun_at > v_hour_ago THEN l.begun_at ELSE v_now END,
         updated_at = v_now
  RETURNING l.n INTO v_n;
  RETURN v_n <= 5;
END
$$;

-- Ends the sessions of a member, but p_keep.
CREATE FUNCTION end_sessions(p_tenant uuid, p_user uuid, p_keep uuid DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_before text := coalesce(current_setting('app.current_tenant', true), '');
  v_ignored text := set_config('app.current_tenant', p_tenant::text, true);
BEGIN
  DELETE FROM purser.sessions s
   WHERE s.tenant_id = p_tenant AND s.user_id = p_user AND s.id IS DISTINCT FROM p_keep;
  v_ignored := set_config('app.current_tenant', v_before, true);
END
$$;

-- A new password of an account: links that would set another die, and all sessions end, in every
-- tenant, but p_keep. Whoever calls it has locked the account's row. For the functions below.
CREATE FUNCTION renew_account(p_account uuid, p_password_hash text, p_keep uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_member record;
BEGIN
  UPDATE purser.accounts a SET password_hash = p_password_hash, updated_at = now()
   WHERE a.id = p_account;
  DELETE FROM purser.password_resets r WHERE r.account_id = p_account;
  FOR v_member IN SELECT u.tenant_id, u.id FROM purser.users u WHERE u.account_id = p_account
                   ORDER BY u.tenant_id, u.id
  LOOP
    PERFORM purser.end_sessions(v_member.tenant_id, v_member.id, p_keep);
  END LOOP;
END
$$;

-- Gives the one who acts a new password in place of the one by which they log in here (theirs or
-- the tenant's), and this session a new token; ends all others that the old one may have opened.
-- Returns the seconds that this session has left.
CREATE FUNCTION set_own_password(p_tenant uuid, p_password_hash text, p_token_hash bytea)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_user uuid := nullif(current_setting('app.current_user', true), '')::uuid;
  v_session uuid := nullif(current_setting('app.current_session', true), '')::uuid;
  v_account uuid;
  v_expires_at timestamptz;
  v_ignored text := set_config('app.current_tenant', p_tenant::text, true);
BEGIN
  UPDATE purser.users u SET password_hash = p_password_hash, updated_at = now()
   WHERE u.tenant_id = p_tenant AND u.id = v_user AND u.password_hash IS NOT NULL;
  IF FOUND THEN
    PERFORM purser.end_sessions(p_tenant, v_user, v_session);
  ELSE
    SELECT u.account_id INTO STRICT v_account FROM purser.users u
     WHERE u.tenant_id = p_tenant AND u.id = v_user;
    PERFORM purser.renew_account(v_account, p_password_hash, v_session);
  END IF;
  UPDATE purser.sessions s SET token_hash = p_token_hash, updated_at = now()
   WHERE s.tenant_id = p_tenant AND s.id = v_session RETURNING s.expires_at INTO v_expires_at;
  RETURN extract(epoch FROM v_expires_at - now())::bigint;
END
$$;

-- Offers a membership to its person, by a new seed: the links of earlier mails are dead. True when a
-- mail is to be sent.
CREATE FUNCTION invite(p_tenant uuid, p_user uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_email text;
  v_ignored text := set_config('app.current_tenant', p_tenant::text, true);
BEGIN
  SELECT u.email INTO v_email FROM purser.users u
   WHERE u.tenant_id = p_tenant AND u.id = p_user AND u.active AND NOT u.accepted;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO purser.invitations AS i (tenant_id, user_id) VALUES (p_tenant, p_user)
  ON CONFLICT (tenant_id, user_id) DO UPDATE
     SET seed = excluded.seed, expires_at = excluded.expires_at, tries = 0,
         updated_at = excluded.updated_at;
  RETURN purser.may_mail(v_email);
END
$$;

-- What there is to an invitation that can still be accepted: its seed, and the password by which its
-- person's account opens, if it has one.
CREATE FUNCTION invitation(p_tenant uuid, p_user uuid)
RETURNS TABLE (seed bytea, password_hash text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_ignored text := set_config('app.current_tenant', p_tenant::text, true);
BEGIN
  RETURN QUERY
  SELECT i.seed, a.password_hash
    FROM purser.invitations i
    JOIN purser.users u ON u.tenant_id = p_tenant AND u.id = i.user_id
    JOIN purser.accounts a ON a.id = u.account_id
    JOIN purser.tenants t ON t.id = p_tenant
   WHERE i.tenant_id = p_tenant AND i.user_id = p_user AND i.expires_at > now() AND i.tries < 10
     AND u.active AND t.active;
END
$$;

-- One more try to accept an invitation by a password, counted before it is judged. False: too many.
CREATE FUNCTION try_invitation(p_tenant uuid, p_user uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_ignored text := set_config('app.current_tenant', p_tenant::text, true);
BEGIN
  UPDATE purser.invitations i SET tries = i.tries + 1, updated_at = now()
   WHERE i.tenant_id = p_tenant AND i.user_id = p_user AND i.tries < 10;
  RETURN FOUND;
END
$$;

-- Makes a membership its person's own, and is no invitation any more. p_known is the account's
-- password as it was judged, NULL when there was none; then p_password_hash is its first. The
-- tenant's own password for them goes. No row: somebody was faster.
CREATE FUNCTION accept_invitation(p_tenant uuid, p_user uuid, p_seed bytea, p_known text,
  p_password_hash text, p_name text)
RETURNS TABLE (id uuid, name text, email text, role text, tenant text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_account uuid;
  v_ignored text := set_config('app.current_tenant', p_tenant::text, true);
BEGIN
  SELECT a.id INTO v_account
    FROM purser.users u JOIN purser.accounts a ON a.id = u.account_id
   WHERE u.tenant_id = p_tenant AND u.id = p_user AND u.active
     AND a.password_hash IS NOT DISTINCT FROM p_known
     FOR UPDATE OF a;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  DELETE FROM purser.invitations i
   WHERE i.tenant_id = p_tenant AND i.user_id = p_user AND i.seed = p_seed
     AND i.expires_at > now();
  IF NOT FOUND THEN
    RETURN;
  END IF;
  PERFORM purser.renew_account(v_account, coalesce(p_known, p_password_hash), NULL);
  RETURN QUERY
  UPDATE purser.users u
     SET accepted = true, password_hash = NULL, name = coalesce(p_name, u.name),
         revision = u.revision + 1, updated_at = now()
    FROM purser.tenant_slugs l
   WHERE u.tenant_id = p_tenant AND u.id = p_user AND l.tenant_id = p_tenant
  RETURNING u.id, u.name, u.email, u.role, l.slug;
END
$$;

-- Asks for a reset of an address's password. True when a mail is to be sent, which doesn't depend
-- on whether anybody has the address.
CREATE FUNCTION ask_reset(p_id uuid, p_email text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT purser.may_mail(p_email) THEN
    RETURN false;
  END IF;
  INSERT INTO purser.password_resets (id, account_id)
  VALUES (p_id, coalesce((SELECT a.id FROM purser.accounts a WHERE a.email_key = lower(p_email)),
    gen_random_uuid()));
  RETURN true;
END
$$;

-- What makes the token of a reset that can still be used.
CREATE FUNCTION reset_seed(p_id uuid) RETURNS TABLE (seed bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY
  SELECT r.seed FROM purser.password_resets r JOIN purser.accounts a ON a.id = r.account_id
   WHERE r.id = p_id AND r.expires_at > now();
END
$$;

-- Sets an account's password by a reset, once. Returns where its person works, in one row of NULLs
-- for nowhere; no row: somebody was faster.
CREATE FUNCTION use_reset(p_id uuid, p_seed bytea, p_password_hash text)
RETURNS TABLE (tenant_id uuid, user_id uuid)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_account uuid;
BEGIN
  -- First the account, then its resets: as everybody who takes both.
  SELECT a.id INTO v_account FROM purser.accounts a
   WHERE a.id = (SELECT r.account_id FROM purser.password_resets r WHERE r.id = p_id)
     FOR UPDATE;
  DELETE FROM purser.password_resets r
   WHERE r.id = p_id AND r.account_id = v_account AND r.seed = p_seed AND r.expires_at > now();
  IF NOT FOUND THEN
    RETURN;
  END IF;
  PERFORM purser.renew_account(v_account, p_password_hash, NULL);
  RETURN QUERY
  SELECT u.tenant_id, u.id
    FROM purser.accounts a LEFT JOIN purser.users u ON u.account_id = a.id AND u.active
   WHERE a.id = v_account ORDER BY u.tenant_id;
END
$$;

GRANT SELECT (tenant_id, user_id, seed, expires_at, tries, updated_at)
  ON invitations TO purser_identity;
GRANT INSERT (tenant_id, user_id) ON invitations TO purser_identity;
GRANT UPDATE (seed, expires_at, tries, updated_at) ON invitations TO purser_identity;
GRANT DELETE ON invitations TO purser_identity;
GRANT SELECT (id, account_id, seed, expires_at) ON password_resets TO purser_identity;
GRANT INSERT (id, account_id) ON password_resets TO purser_identity;
GRANT DELETE ON password_resets TO purser_identity;
GRANT SELECT (address_hash, n, begun_at) ON mail_limits TO purser_identity;
GRANT INSERT (address_hash) ON mail_limits TO purser_identity;
GRANT UPDATE (n, begun_at, updated_at) ON mail_limits TO purser_identity;
GRANT SELECT (expires_at) ON sessions TO purser_identity;
GRANT UPDATE (token_hash, updated_at) ON sessions TO purser_identity;
GRANT SELECT (revision) ON users TO purser_identity;
GRANT UPDATE (accepted, name, revision) ON users TO purser_identity;
CALL give_function('may_mail(text)', 'purser_identity');
CALL give_function('end_sessions(uuid, uuid, uuid)', 'purser_identity');
CALL give_function('renew_account(uuid, text, uuid)', 'purser_identity');
CALL give_function('set_own_password(uuid, text, bytea)', 'purser_identity');
CALL give_function('invite(uuid, uuid)', 'purser_identity');
CALL give_function('invitation(uuid, uuid)', 'purser_identity');
CALL give_function('try_invitation(uuid, uuid)', 'purser_identity');
CALL give_function('accept_invitation(uuid, uuid, bytea, text, text, text)', 'purser_identity');
CALL give_function('ask_reset(uuid, text)', 'purser_identity');
CALL give_function('reset_seed(uuid)', 'purser_identity');
CALL give_function('use_reset(uuid, bytea, text)', 'purser_identity');

-- Who invites sees no seed, and so can make no token.
GRANT SELECT (accepted) ON users TO purser_users;
GRANT EXECUTE ON FUNCTION invite(uuid, uuid) TO purser_users;
GRANT EXECUTE ON FUNCTION end_sessions(uuid, uuid, uuid) TO purser_users;
GRANT EXECUTE ON FUNCTION set_own_password(uuid, text, bytea) TO purser_users;
GRANT EXECUTE ON FUNCTION ask_reset(uuid, text) TO purser_users;

CALL create_program('invitations');
GRANT EXECUTE ON FUNCTION invitation(uuid, uuid) TO purser_invitations;
GRANT EXECUTE ON FUNCTION try_invitation(uuid, uuid) TO purser_invitations;
GRANT EXECUTE ON FUNCTION accept_invitation(uuid, uuid, bytea, text, text, text)
  TO purser_invitations;

CALL create_program('password_resets');
GRANT EXECUTE ON FUNCTION ask_reset(uuid, text) TO purser_password_resets;
GRANT EXECUTE ON FUNCTION reset_seed(uuid) TO purser_password_resets;
GRANT EXECUTE ON FUNCTION use_reset(uuid, bytea, text) TO purser_password_resets;

COMMIT;
