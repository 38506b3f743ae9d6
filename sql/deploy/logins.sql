-- Deploy logins: how often one may try to log in, proofs that grow old, and one-time passwords.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

-- Tries at passwords and codes, by what they are counted against: an address, or a network. Global,
-- as whoever tries has no tenant yet. key is a keyed hash, so that nobody reads here who tried.
-- A count leaks away: forget_at is when nothing is left of it.
CREATE TABLE login_tries (
  key bytea NOT NULL,
  kind text NOT NULL,
  forget_at timestamptz NOT NULL,
  blocked_until timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT login_tries_pkey PRIMARY KEY (key),
  CONSTRAINT login_tries_key_check CHECK (length(key) = 32),
  CONSTRAINT login_tries_kind_check CHECK (kind IN ('account', 'network'))
);
CREATE INDEX login_tries_forget_at_idx ON login_tries (forget_at);

-- Seconds after which one try of a kind is forgotten.
CREATE FUNCTION try_leak(p_kind text) RETURNS int
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN CASE p_kind WHEN 'account' THEN 3600 ELSE 30 END;
END
$$;

-- Counts a try before it is judged, so that tries at once can't pass each other; p_network may be
-- NULL. Returns 0, or for how many seconds there is none: then nothing is counted, and whoever
-- keeps asking does not keep the owner out for longer. After 5 tries of an account, 100 of a
-- network, each next one has to wait twice as long as the one before, up to 15 minutes.
CREATE FUNCTION claim_try(p_account bytea, p_network bytea) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_keys bytea[] := ARRAY[p_account, p_network];
  v_kinds text[] := ARRAY['account', 'network'];
  v_free int[] := ARRAY[5, 100];
  v_now timestamptz;
  v_wait interval;
  v_level double precision;
BEGIN
  FOR i IN 1 .. 2 LOOP
    CONTINUE WHEN v_keys[i] IS NULL;
    INSERT INTO purser.login_tries AS t (key, kind, forget_at, blocked_until)
    VALUES (v_keys[i], v_kinds[i], now(), now())
    ON CONFLICT (key) DO UPDATE SET updated_at = now();    -- locks it
  END LOOP;
  v_now := clock_timestamp();    -- now() is from before the locks

  SELECT max(t.blocked_until) - v_now INTO v_wait
    FROM purser.login_tries t WHERE t.key = ANY (v_keys);
  IF v_wait > '0 s'::interval THEN
    RETURN ceil(extract(epoch FROM v_wait));
  END IF;

  FOR i IN 1 .. 2 LOOP
    CONTINUE WHEN v_keys[i] IS NULL;
    SELECT 1 + least(greatest(extract(epoch FROM t.forget_at - v_now)
             / purser.try_leak(v_kinds[i]), 0), v_free[i] + 10)
      INTO v_level FROM purser.login_tries t WHERE t.key = v_keys[i];
    UPDATE purser.login_tries t
       SET forget_at = v_now + v_level * purser.try_leak(v_kinds[i]) * '1 s'::interval,
           blocked_until = CASE WHEN round(v_level) >= v_free[i]
             THEN v_now + least(900, 2 ^ (round(v_level) - v_free[i])) * '1 s'::interval
             ELSE v_now END
     WHERE t.key = v_keys[i];
  END LOOP;

  -- More than a try adds: what has run out never piles up.
  DELETE FROM purser.login_tries t
   WHERE t.key IN (SELECT o.key FROM purser.login_tries o WHERE o.forget_at < now()
                    ORDER BY o.forget_at LIMIT 4 FOR UPDATE SKIP LOCKED);
  RETURN 0;
END
$$;

-- Takes a try back that was right after all, and the wait that it began; p_forget: and all of the
-- account's before it.
CREATE FUNCTION spare_try(p_account bytea, p_network bytea, p_forget boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF p_forget THEN
    DELETE FROM purser.login_tries t WHERE t.key = p_account;
  ELSE
    UPDATE purser.login_tries t
       SET forget_at = t.forget_at - purser.try_leak(t.kind) * '1 s'::interval,
           blocked_until = now()
     WHERE t.key = p_account;
  END IF;
  UPDATE purser.login_tries t
     SET forget_at = t.forget_at - purser.try_leak(t.kind) * '1 s'::interval, blocked_until = now()
   WHERE t.key = p_network;
END
$$;

-- When whoever has a session last proved who they are.
ALTER TABLE sessions ADD COLUMN proved_at timestamptz NOT NULL DEFAULT now();

-- Behind authenticate, for what asks for a fresh proof: raises PU4SU where that is older, and PU403
-- for a key, which can't prove anything.
CREATE FUNCTION require_proof(p_tenant uuid, p_seconds int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF nullif(current_setting('app.current_key', true), '') IS NOT NULL THEN
    RAISE EXCEPTION 'no key has a proof' USING ERRCODE = 'PU403';
  END IF;
  IF NOT EXISTS (
    SELECT FROM purser.sessions s
     WHERE s.tenant_id = p_tenant
       AND s.id = nullif(current_setting('app.current_session', true), '')::uuid
       AND s.proved_at > now() - p_seconds * '1 s'::interval) THEN
    RAISE EXCEPTION 'proof too old' USING ERRCODE = 'PU4SU';
  END IF;
END
$$;

-- One-time passwords (RFC 6238). Each belongs to a password: holder is the account, for its own
-- password, or the user, for one that the tenant gave. The secret is sealed by the programs;
-- codes are hashes of the recovery codes that are left.
CREATE TABLE totp (
  holder uuid NOT NULL,
  secret bytea NOT NULL,
  enabled boolean NOT NULL DEFAULT false,
  last_step bigint NOT NULL DEFAULT 0,
  codes text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT totp_pkey PRIMARY KEY (holder)
);

-- Of the one who acts: whose second factor it is.
CREATE FUNCTION own_holder(p_tenant uuid) RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN (SELECT CASE WHEN u.password_hash IS NULL THEN u.account_id ELSE u.id END
            FROM purser.users u
           WHERE u.tenant_id = p_tenant
             AND u.id = nullif(current_setting('app.current_user', true), '')::uuid);
END
$$;

-- All by which the one who acts proves who they are. account: the password is the person's own.
CREATE FUNCTION own_proof(p_tenant uuid)
RETURNS TABLE (email text, password_hash text, account boolean, holder uuid, secret bytea,
  enabled boolean, last_step bigint, codes_left int, clock bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY
  SELECT a.email_key, coalesce(u.password_hash, a.password_hash), u.password_hash IS NULL,
         coalesce(f.holder, purser.own_holder(p_tenant)), f.secret, coalesce(f.enabled, false),
         f.last_step, coalesce(cardinality(f.codes), 0), floor(extract(epoch FROM now()))::bigint
    FROM purser.users u
    JOIN purser.accounts a ON a.id = u.account_id
    LEFT JOIN purser.totp f ON f.holder = purser.own_holder(p_tenant)
   WHERE u.tenant_id = p_tenant
     AND u.id = nullif(current_setting('app.current_user', true), '')::uuid;
END
$$;

-- A secret that waits to be confirmed; false when one is in use already.
CREATE FUNCTION enrol_totp(p_tenant uuid, p_secret bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  INSERT INTO purser.totp AS f (holder, secret) VALUES (purser.own_holder(p_tenant), p_secret)
  ON CONFLICT (holder) DO UPDATE SET secret = p_secret, updated_at = now() WHERE NOT f.enabled;
  RETURN FOUND;
END
$$;

-- The first code fitted p_secret at p_step; false when that secret waits no more.
CREATE FUNCTION confirm_totp(p_tenant uuid, p_secret bytea, p_step bigint, p_codes text[])
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE purser.totp f
     SET enabled = true, last_step = p_step, codes = p_codes, updated_at = now()
   WHERE f.holder = purser.own_holder(p_tenant) AND f.secret = p_secret AND NOT f.enabled;
  RETURN FOUND;
END
$$;

-- Uses up the code of p_step and all before it, or else the recovery code p_code; false when it
-- was used before.
CREATE FUNCTION use_totp(p_tenant uuid, p_step bigint, p_code text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE purser.totp f
     SET last_step = coalesce(p_step, f.last_step), codes = array_remove(f.codes, p_code),
         updated_at = now()
   WHERE f.holder = purser.own_holder(p_tenant) AND f.enabled
     AND CASE WHEN p_step IS NULL THEN p_code = ANY (f.codes) ELSE f.last_step < p_step END;
  RETURN FOUND;
END
$$;

-- New recovery codes in place of those that are left.
CREATE FUNCTION set_totp_codes(p_tenant uuid, p_codes text[]) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE purser.totp f SET codes = p_codes, updated_at = now()
   WHERE f.holder = purser.own_holder(p_tenant) AND f.enabled;
  RETURN FOUND;
END
$$;

CREATE FUNCTION disable_totp(p_tenant uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM purser.totp f WHERE f.holder = purser.own_holder(p_tenant);
  RETURN FOUND;
END
$$;

-- The same password of the one who acts, hashed anew; nothing when it was changed meanwhile.
CREATE FUNCTION rehash_password(p_tenant uuid, p_old text, p_new text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_user uuid := nullif(current_setting('app.current_user', true), '')::uuid;
BEGIN
  UPDATE purser.users u SET password_hash = p_new, updated_at = now()
   WHERE u.tenant_id = p_tenant AND u.id = v_user AND u.password_hash = p_old;
  UPDATE purser.accounts a SET password_hash = p_new, updated_at = now()
   WHERE a.password_hash = p_old
     AND a.id = (SELECT u.account_id FROM purser.users u
                  WHERE u.tenant_id = p_tenant AND u.id = v_user AND u.password_hash IS NULL);
END
$$;

-- What a password must not be made of: the address of the one who acts, and the business' names.
CREATE FUNCTION password_names(p_tenant uuid)
RETURNS TABLE (email text, name text, slug text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY
  SELECT (SELECT u.email FROM purser.users u
           WHERE u.tenant_id = p_tenant
             AND u.id = nullif(current_setting('app.current_user', true), '')::uuid),
         t.name, l.slug
    FROM purser.tenants t JOIN purser.tenant_slugs l ON l.tenant_id = t.id
   WHERE t.id = p_tenant
     AND p_tenant = nullif(current_setting('app.current_tenant', true), '')::uuid;
END
$$;

CALL give_function('require_proof(uuid, int)', 'purser_auth');
GRANT EXECUTE ON FUNCTION require_proof(uuid, int) TO purser_resource;

GRANT SELECT, INSERT, UPDATE, DELETE ON login_tries TO purser_identity;
GRANT SELECT, INSERT, UPDATE, DELETE ON totp TO purser_identity;
CALL give_function('try_leak(text)', 'purser_identity');
CALL give_function('claim_try(bytea, bytea)', 'purser_identity');
CALL give_function('spare_try(bytea, bytea, boolean)', 'purser_identity');
CALL give_function('own_holder(uuid)', 'purser_identity');
CALL give_function('own_proof(uuid)', 'purser_identity');
CALL give_function('enrol_totp(uuid, bytea)', 'purser_identity');
CALL give_function('confirm_totp(uuid, bytea, bigint, text[])', 'purser_identity');
CALL give_function('use_totp(uuid, bigint, text)', 'purser_identity');
CALL give_function('set_totp_codes(uuid, text[])', 'purser_identity');
CALL give_function('disable_totp(uuid)', 'purser_identity');
CALL give_function('rehash_password(uuid, text, text)', 'purser_identity');
CALL give_function('password_names(uuid)', 'purser_identity');

GRANT UPDATE (proved_at, updated_at) ON sessions TO purser_sessions;
GRANT SELECT (proved_at) ON sessions TO purser_sessions;
GRANT EXECUTE ON FUNCTION claim_try(bytea, bytea) TO purser_sessions;
GRANT EXECUTE ON FUNCTION spare_try(bytea, bytea, boolean) TO purser_sessions;
GRANT EXECUTE ON FUNCTION own_proof(uuid) TO purser_sessions;
GRANT EXECUTE ON FUNCTION use_totp(uuid, bigint, text) TO purser_sessions;
GRANT EXECUTE ON FUNCTION rehash_password(uuid, text, text) TO purser_sessions;

GRANT EXECUTE ON FUNCTION claim_try(bytea, bytea) TO purser_tenants;
GRANT EXECUTE ON FUNCTION spare_try(bytea, bytea, boolean) TO purser_tenants;
GRANT EXECUTE ON FUNCTION password_names(uuid) TO purser_users;
GRANT EXECUTE ON FUNCTION claim_try(bytea, bytea) TO purser_users;
GRANT EXECUTE ON FUNCTION spare_try(bytea, bytea, boolean) TO purser_users;
GRANT EXECUTE ON FUNCTION own_proof(uuid) TO purser_users;

CALL create_program('totp');
GRANT EXECUTE ON FUNCTION claim_try(bytea, bytea) TO purser_totp;
GRANT EXECUTE ON FUNCTION spare_try(bytea, bytea, boolean) TO purser_totp;
GRANT EXECUTE ON FUNCTION own_proof(uuid) TO purser_totp;
GRANT EXECUTE ON FUNCTION enrol_totp(uuid, bytea) TO purser_totp;
GRANT EXECUTE ON FUNCTION confirm_totp(uuid, bytea, bigint, text[]) TO purser_totp;
GRANT EXECUTE ON FUNCTION use_totp(uuid, bigint, text) TO purser_totp;
GRANT EXECUTE ON FUNCTION set_totp_codes(uuid, text[]) TO purser_totp;
GRANT EXECUTE ON FUNCTION disable_totp(uuid) TO purser_totp;

COMMIT;
