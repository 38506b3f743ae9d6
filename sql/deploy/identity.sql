-- Deploy identity: who someone is (accounts), where he works (users), and that he logged in.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

-- One person, many memberships. Global, and granted to no program.
CREATE TABLE accounts (
  id uuid NOT NULL,
  email text NOT NULL,
  email_key text NOT NULL,
  password_hash text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT accounts_pkey PRIMARY KEY (id),
  CONSTRAINT accounts_email_key_key UNIQUE (email_key),
  CONSTRAINT accounts_email_key_check CHECK (email_key = lower(email)),
  CONSTRAINT accounts_email_check CHECK (length(email) BETWEEN 3 AND 320)
);

-- password_hash is one that the tenant gave: it opens this tenant alone, in the account's place. The
-- account's own opens a membership once its person has accepted it: else whoever makes an account of
-- somebody's address first would be let into every tenant that adds them later.
CREATE TABLE users (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  name text NOT NULL,
  email text NOT NULL,
  role text NOT NULL,
  password_hash text,
  accepted boolean NOT NULL DEFAULT false,
  active boolean NOT NULL DEFAULT true,
  deleted_at timestamptz,
  revision bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT users_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT users_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  CONSTRAINT users_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
  CONSTRAINT users_name_check CHECK (length(name) BETWEEN 1 AND 500),
  CONSTRAINT users_email_check CHECK (length(email) BETWEEN 3 AND 320),
  CONSTRAINT users_role_check
    CHECK (role IN ('owner', 'admin', 'manager', 'staff', 'accountant', 'viewer')),
  CONSTRAINT users_active_check CHECK (active = (deleted_at IS NULL))
);
CREATE UNIQUE INDEX users_account_id_key ON users (tenant_id, account_id) WHERE active;
-- Login comes with an account and asks for its tenants, so this one cannot lead with tenant_id.
CREATE INDEX users_account_id_idx ON users (account_id);
CALL secure_tenant_table('users');

-- Only a hash of the token is kept, so the table lets nobody in.
CREATE TABLE sessions (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  token_hash bytea NOT NULL,
  expires_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  idle_seconds int NOT NULL,
  address inet,
  user_agent text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT sessions_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT sessions_token_hash_key UNIQUE (tenant_id, token_hash),
  CONSTRAINT sessions_user_id_fkey FOREIGN KEY (tenant_id, user_id)
    REFERENCES users (tenant_id, id),
  CONSTRAINT sessions_token_hash_check CHECK (length(token_hash) >= 16),
  CONSTRAINT sessions_idle_seconds_check CHECK (idle_seconds > 0),
  CONSTRAINT sessions_user_agent_check CHECK (length(user_agent) <= 2000)
) WITH (fillfactor = 70);
CREATE INDEX sessions_user_id_idx ON sessions (tenant_id, user_id, created_at, id);
CALL secure_tenant_table('sessions');

-- The first statement of every request behind a login: sets tenant, user and session for the rest
-- of the transaction, or raises PU401 (no such live session) or PU403 (the role is not among
-- p_roles); it never returns a failure. touch says that touch_session is due.
CREATE FUNCTION authenticate(p_tenant uuid, p_token_hash bytea, p_roles text[],
  OUT user_id uuid, OUT session_id uuid, OUT role text, OUT currency text, OUT touch boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_ignored text;
BEGIN
  -- Assigned, not PERFORMed: a plain expression runs without the executor.
  v_ignored := set_config('app.current_tenant', p_tenant::text, true);

  SELECT u.id, s.id, u.role, c.currency, s.last_seen_at < now() - '60 s'::interval
    INTO user_id, session_id, role, currency, touch
    FROM purser.sessions s
    JOIN purser.users u ON u.tenant_id = p_tenant AND u.id = s.user_id
    JOIN purser.settings c ON c.tenant_id = p_tenant
    JOIN purser.tenants t ON t.id = p_tenant
   WHERE s.tenant_id = p_tenant AND s.token_hash = p_token_hash
     AND s.expires_at > now()
     AND s.last_seen_at > now() - s.idle_seconds * '1 s'::interval
     AND u.active AND t.active;

  IF user_id IS NULL THEN
    RAISE EXCEPTION 'no such session' USING ERRCODE = 'PU401';
  END IF;
  IF (role = ANY (p_roles)) IS NOT TRUE THEN
    RAISE EXCEPTION 'role not allowed' USING ERRCODE = 'PU403';
  END IF;
  v_ignored := set_config('app.current_user', user_id::text, true);
  v_ignored := set_config('app.current_session', session_id::text, true);
END
$$;

-- Notes that a session is in use; does nothing when another request just did.
CREATE FUNCTION touch_session(p_tenant uuid, p_session uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_now timestamptz := now();
  v_due timestamptz := now() - '60 s'::interval;
  v_ignored text;
BEGIN
  v_ignored := set_config('app.current_tenant', p_tenant::text, true);
  UPDATE purser.sessions s
     SET last_seen_at = v_now, updated_at = v_now
   WHERE s.tenant_id = p_tenant AND s.id = p_session AND s.last_seen_at < v_due;
END
$$;

-- All active memberships of an address, in the tenant p_slug only when that is given. It looks
-- across tenants and gives the password's hash away, so nobody but the login may run it.
CREATE FUNCTION login_candidates(p_email_key text, p_slug text)
RETURNS TABLE (tenant_id uuid, slug text, tenant_name text, user_id uuid, account_id uuid,
  name text, email text, role text, currency text, password_hash text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY
  SELECT t.id, l.slug, t.name, u.id, a.id, u.name, u.email, u.role, c.currency,
         coalesce(u.password_hash, a.password_hash)
    FROM purser.accounts a
    JOIN purser.users u ON u.account_id = a.id
    JOIN purser.tenants t ON t.id = u.tenant_id
    JOIN purser.tenant_slugs l ON l.tenant_id = u.tenant_id
    JOIN purser.settings c ON c.tenant_id = u.tenant_id
   WHERE a.email_key = lower(p_email_key) AND u.active AND t.active
     AND (u.accepted OR u.password_hash IS NOT NULL)
     AND (p_slug IS NULL OR l.slug = p_slug)
   ORDER BY t.name, t.id;
END
$$;

-- The account of an address, made without a password when there is none. The caller can't tell.
CREATE FUNCTION open_account(p_account uuid, p_email text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_account uuid;
BEGIN
  INSERT INTO purser.accounts (id, email, email_key) VALUES (p_account, p_email, lower(p_email))
  ON CONFLICT (email_key) DO NOTHING;
  SELECT a.id INTO STRICT v_account FROM purser.accounts a WHERE a.email_key = lower(p_email);
  RETURN v_account;
END
$$;

-- Makes a person a member of a tenant and returns the account. An address that has an account
-- keeps it, and its password where it has one; p_account is then unused. For the operator, and for
-- whoever signs up.
CREATE FUNCTION create_user(p_tenant uuid, p_user uuid, p_account uuid, p_email text, p_name text,
  p_role text, p_password_hash text) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_account uuid := purser.open_account(p_account, p_email);
BEGIN
  UPDATE purser.accounts a SET password_hash = p_password_hash, updated_at = now()
   WHERE a.id = v_account AND a.password_hash IS NULL;
  INSERT INTO purser.users (tenant_id, id, account_id, name, email, role, accepted)
  VALUES (p_tenant, p_user, v_account, p_name, p_email, p_role, true);
  RETURN v_account;
END
$$;

-- Whole tables, since checking columns one by one costs every request 5 us.
GRANT SELECT ON tenants TO purser_auth;
GRANT SELECT ON settings TO purser_auth;
GRANT SELECT ON users TO purser_auth;
GRANT SELECT ON sessions TO purser_auth;
GRANT UPDATE (last_seen_at, updated_at) ON sessions TO purser_auth;
CALL give_function('authenticate(uuid, bytea, text[])', 'purser_auth');
CALL give_function('touch_session(uuid, uuid)', 'purser_auth');
GRANT EXECUTE ON FUNCTION authenticate(uuid, bytea, text[]) TO purser_resource;
GRANT EXECUTE ON FUNCTION touch_session(uuid, uuid) TO purser_resource;

GRANT SELECT (id, name, active) ON tenants TO purser_identity;
GRANT SELECT (slug, tenant_id) ON tenant_slugs TO purser_identity;
GRANT SELECT (tenant_id, currency) ON settings TO purser_identity;
GRANT SELECT (id, email_key, password_hash) ON accounts TO purser_identity;
GRANT INSERT (id, email, email_key) ON accounts TO purser_identity;
GRANT SELECT (tenant_id, id, account_id, name, email, role, password_hash, accepted, active)
  ON users TO purser_identity;
CREATE POLICY identity ON users FOR SELECT TO purser_identity USING (true);
CREATE POLICY identity ON settings FOR SELECT TO purser_identity USING (true);
CALL give_function('open_account(uuid, text)', 'purser_identity');
CALL give_function('login_candidates(text, text)', 'purser_identity');

CALL create_program('sessions');
GRANT EXECUTE ON FUNCTION login_candidates(text, text) TO purser_sessions;
GRANT SELECT (tenant_id, id, name, email, role, active) ON users TO purser_sessions;
GRANT SELECT (tenant_id, id, user_id, expires_at, last_seen_at, idle_seconds, address, user_agent,
  created_at, updated_at) ON sessions TO purser_sessions;
GRANT INSERT ON sessions TO purser_sessions;
GRANT DELETE ON sessions TO purser_sessions;

COMMIT;
