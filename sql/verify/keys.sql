-- Verify keys.
BEGIN;
SET LOCAL search_path = purser;

SELECT tenant_id, id, name, prefix, key_hash, scopes, test, expires_at, last_used_at, created_by,
  active, deleted_at, revision, created_at, updated_at FROM api_keys WHERE false;
SELECT key_id FROM events WHERE false;

DO $$
BEGIN
  ASSERT (SELECT relrowsecurity AND relforcerowsecurity
            FROM pg_class WHERE oid = 'api_keys'::regclass), 'api_keys is behind the wall';
  ASSERT has_function_privilege('purser_orders', 'authenticate_key(uuid, bytea, text[])', 'EXECUTE');
  ASSERT NOT has_column_privilege('purser_api_keys', 'api_keys', 'key_hash', 'SELECT');
END
$$;

ROLLBACK;
