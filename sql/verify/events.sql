-- Verify events.
BEGIN;
SET LOCAL search_path = purser;

SELECT tenant_id, seq, kind, object_type, object_id, actor_id, address, fields, request_id, hash,
  created_at, updated_at FROM events WHERE false;
SELECT tenant_id, actor_id, route, key, fingerprint, status, location, etag, body, created_at,
  updated_at FROM idempotency_keys WHERE false;

DO $$
DECLARE
  v_table text;
BEGIN
  FOREACH v_table IN ARRAY ARRAY['events', 'idempotency_keys'] LOOP
    ASSERT (SELECT relrowsecurity AND relforcerowsecurity
              FROM pg_class WHERE oid = v_table::regclass), v_table || ' is behind the wall';
    ASSERT EXISTS (SELECT FROM pg_policy
                    WHERE polrelid = v_table::regclass AND polname = 'tenant'),
      v_table || ' has the policy';
    ASSERT has_table_privilege('purser_resource', v_table, 'SELECT');
    ASSERT has_table_privilege('purser_resource', v_table, 'INSERT');
    ASSERT NOT has_any_column_privilege('purser_resource', v_table, 'UPDATE');
    ASSERT NOT has_table_privilege('purser_resource', v_table, 'DELETE');
  END LOOP;
  ASSERT has_column_privilege('purser_resource', 'tenant_state', 'event_seq', 'UPDATE');
  ASSERT NOT has_column_privilege('purser_resource', 'tenant_state', 'order_number', 'UPDATE');
  ASSERT has_column_privilege('purser_resource', 'tenant_counts', 'n', 'UPDATE');
  ASSERT has_function_privilege('purser_resource',
    'idempotency_claim(uuid, text, text, bytea)', 'EXECUTE');
  PERFORM idempotency_claim('00000000-0000-7000-8000-000000000001', 'verify', 'verify', '\x00');
END
$$;

ROLLBACK;
