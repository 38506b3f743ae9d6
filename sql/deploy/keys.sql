-- Deploy keys: API keys, for programs that act by themselves; and what they did.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

-- Only a hash of the key is kept. A deleted key stays, for what it did.
CREATE TABLE api_keys (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  prefix text NOT NULL,
  key_hash bytea NOT NULL,
  scopes text[] NOT NULL,
  test boolean NOT NULL DEFAULT false,
  expires_at timestamptz,
  last_used_at timestamptz,
  created_by uuid,
  active boolean NOT NULL DEFAULT true,
  deleted_at timestamptz,
  revision bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT api_keys_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT api_keys_key_hash_key UNIQUE (tenant_id, key_hash),
  CONSTRAINT api_keys_created_by_fkey FOREIGN KEY (tenant_id, created_by)
    REFERENCES users (tenant_id, id),
  CONSTRAINT api_keys_name_check CHECK (length(name) BETWEEN 1 AND 500),
  CONSTRAINT api_keys_prefix_check CHECK (length(prefix) BETWEEN 1 AND 20),
  CONSTRAINT api_keys_key_hash_check CHECK (length(key_hash) >= 16),
  CONSTRAINT api_keys_scopes_check CHECK (cardinality(scopes) BETWEEN 1 AND 50),
  CONSTRAINT api_keys_active_check CHECK (active = (deleted_at IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX api_keys_name_idx ON api_keys (tenant_id, name, id);
CREATE INDEX api_keys_created_at_idx ON api_keys (tenant_id, created_at, id);
CREATE INDEX api_keys_created_by_idx ON api_keys (tenant_id, created_by);
CALL secure_tenant_table('api_keys');

ALTER TABLE events ADD COLUMN key_id uuid
  DEFAULT nullif(current_setting('app.current_key', true), '')::uuid;

-- As authenticate, for a key: p_scopes are those that would do, any one of them. A key is nobody:
-- user and role are NULL.
CREATE FUNCTION authenticate_key(p_tenant uuid, p_key_hash bytea, p_scopes text[],
  OUT user_id uuid, OUT session_id uuid, OUT role text, OUT currency text, OUT touch boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_scopes text[];
  v_ignored text;
BEGIN
  v_ignored := set_config('app.current_tenant', p_tenant::text, true);

  SELECT k.id, c.currency, k.scopes,
         k.last_used_at IS NULL OR k.last_used_at < now() - '60 s'::interval
    INTO session_id, currency, v_scopes, touch
    FROM purser.api_keys k
    JOIN purser.settings c ON c.tenant_id = p_tenant
    JOIN purser.tenants t ON t.id = p_tenant
   WHERE k.tenant_id = p_tenant AND k.key_hash = p_key_hash
     AND k.active AND (k.expires_at IS NULL OR k.expires_at > now()) AND t.active;

  IF session_id IS NULL THEN
    RAISE EXCEPTION 'no such key' USING ERRCODE = 'PU401';
  END IF;
  IF (v_scopes && p_scopes) IS NOT TRUE THEN
    RAISE EXCEPTION 'scope not given' USING ERRCODE = 'PU403';
  END IF;
  v_ignored := set_config('app.current_user', '', true);
  v_ignored := set_config('app.current_session', '', true);
  v_ignored := set_config('app.current_key', session_id::text, true);
END
$$;

-- Notes that a key is in use; does nothing when another request just did.
CREATE FUNCTION touch_key(p_tenant uuid, p_key uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_now timestamptz := now();
  v_due timestamptz := now() - '60 s'::interval;
  v_ignored text;
BEGIN
  v_ignored := set_config('app.current_tenant', p_tenant::text, true);
  UPDATE purser.api_keys k SET last_used_at = v_now, updated_at = v_now
   WHERE k.tenant_id = p_tenant AND k.id = p_key
     AND (k.last_used_at IS NULL OR k.last_used_at < v_due);
END
$$;

GRANT SELECT (tenant_id, id, key_hash, scopes, expires_at, last_used_at, active) ON api_keys
  TO purser_auth;
GRANT UPDATE (last_used_at, updated_at) ON api_keys TO purser_auth;
CALL give_function('authenticate_key(uuid, bytea, text[])', 'purser_auth');
CALL give_function('touch_key(uuid, uuid)', 'purser_auth');
GRANT EXECUTE ON FUNCTION authenticate_key(uuid, bytea, text[]) TO purser_resource;
GRANT EXECUTE ON FUNCTION touch_key(uuid, uuid) TO purser_resource;

CALL create_program('api_keys');
GRANT SELECT (tenant_id, id, name, prefix, scopes, test, expires_at, last_used_at, created_by,
  active, deleted_at, revision, created_at, updated_at) ON api_keys TO purser_api_keys;
GRANT INSERT (tenant_id, id, name, prefix, key_hash, scopes, test, expires_at, created_by)
  ON api_keys TO purser_api_keys;
GRANT UPDATE (prefix, key_hash, active, deleted_at, revision, updated_at)
  ON api_keys TO purser_api_keys;

COMMIT;
