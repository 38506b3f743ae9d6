-- Deploy people: members and tenants over the API. What is global is reached by functions alone.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

-- A new tenant and its first owner. An address whose account has a password must come with it:
-- password_of_address tells the hash to compare.
CREATE FUNCTION password_of_address(p_email text) RETURNS TABLE (password_hash text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY SELECT a.password_hash FROM purser.accounts a WHERE a.email_key = lower(p_email);
END
$$;

CREATE FUNCTION sign_up(p_tenant uuid, p_slug text, p_name text, p_currency text, p_time_zone text,
  p_locale text, p_user uuid, p_account uuid, p_email text, p_user_name text, p_password_hash text)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_ignored text := set_config('app.current_tenant', p_tenant::text, true);
BEGIN
  PERFORM purser.create_tenant(p_tenant, p_slug, p_name, p_currency, p_time_zone, p_locale);
  PERFORM purser.create_user(p_tenant, p_user, p_account, p_email, p_user_name, 'owner',
    p_password_hash);
END
$$;

CREATE FUNCTION own_tenant(p_tenant uuid)
RETURNS TABLE (id uuid, slug text, name text, active boolean, created_at timestamptz,
  updated_at timestamptz, revision bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY
  SELECT t.id, l.slug, t.name, t.active, t.created_at, t.updated_at, t.revision
    FROM purser.tenants t JOIN purser.tenant_slugs l ON l.tenant_id = t.id
   WHERE t.id = p_tenant
     AND p_tenant = nullif(current_setting('app.current_tenant', true), '')::uuid;
END
$$;

-- True when it was done: the tenant still has one of the revisions asked for (NULL: any).
CREATE FUNCTION rename_tenant(p_tenant uuid, p_name text, p_revisions bigint[]) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE purser.tenants t
     SET name = coalesce(p_name, t.name), revision = t.revision + 1, updated_at = now()
   WHERE t.id = p_tenant AND (p_revisions IS NULL OR t.revision = ANY (p_revisions))
     AND p_tenant = nullif(current_setting('app.current_tenant', true), '')::uuid;
  RETURN FOUND;
END
$$;

CREATE INDEX users_name_idx ON users (tenant_id, name, id);
CREATE INDEX users_created_at_idx ON users (tenant_id, created_at, id);

GRANT UPDATE (password_hash, updated_at) ON accounts TO purser_identity;
GRANT INSERT (id, name) ON tenants TO purser_identity;
GRANT SELECT (created_at, updated_at, revision) ON tenants TO purser_identity;
GRANT UPDATE (name, revision, updated_at) ON tenants TO purser_identity;
GRANT INSERT (slug, tenant_id) ON tenant_slugs TO purser_identity;
GRANT INSERT (tenant_id, currency, time_zone, locale) ON settings TO purser_identity;
GRANT INSERT (tenant_id) ON tenant_state TO purser_identity;
GRANT INSERT (tenant_id, id, account_id, name, email, role, accepted)
  ON users TO purser_identity;
GRANT UPDATE (password_hash, updated_at) ON users TO purser_identity;
GRANT SELECT (tenant_id, id, user_id) ON sessions TO purser_identity;
GRANT DELETE ON sessions TO purser_identity;
GRANT EXECUTE ON FUNCTION create_tenant(uuid, text, text, text, text, text) TO purser_identity;
GRANT EXECUTE ON FUNCTION create_user(uuid, uuid, uuid, text, text, text, text) TO purser_identity;
CALL give_function('password_of_address(text)', 'purser_identity');
CALL give_function('sign_up(uuid, text, text, text, text, text, uuid, uuid, text, text, text)',
  'purser_identity');
CALL give_function('own_tenant(uuid)', 'purser_identity');
CALL give_function('rename_tenant(uuid, text, bigint[])', 'purser_identity');

CALL create_program('users');
GRANT SELECT (tenant_id, id, name, email, role, active, deleted_at, revision, created_at, updated_at)
  ON users TO purser_users;
GRANT INSERT (tenant_id, id, account_id, name, email, role, password_hash)
  ON users TO purser_users;
GRANT UPDATE (name, role, active, deleted_at, revision, updated_at) ON users TO purser_users;
GRANT EXECUTE ON FUNCTION open_account(uuid, text) TO purser_users;

CALL create_program('tenants');
GRANT EXECUTE ON FUNCTION password_of_address(text) TO purser_tenants;
GRANT EXECUTE ON FUNCTION sign_up(uuid, text, text, text, text, text, uuid, uuid, text, text, text)
  TO purser_tenants;
GRANT EXECUTE ON FUNCTION own_tenant(uuid) TO purser_tenants;
GRANT EXECUTE ON FUNCTION rename_tenant(uuid, text, bigint[]) TO purser_tenants;

CALL create_program('events');
GRANT SELECT (tenant_id, id, name) ON users TO purser_events;

GRANT SELECT (tenant_id, id, name) ON users TO purser_orders;

COMMIT;
