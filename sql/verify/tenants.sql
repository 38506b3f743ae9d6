-- Verify tenants.
BEGIN;
SET LOCAL search_path = purser;

SELECT id, name, active, deleted_at, revision, created_at, updated_at FROM tenants WHERE false;
SELECT slug, tenant_id, created_at, updated_at FROM tenant_slugs WHERE false;
SELECT tenant_id, currency, locale, time_zone, prices_include_tax, revision, created_at, updated_at
  FROM settings WHERE false;
SELECT tenant_id, event_seq, event_hash, order_number, created_at, updated_at
  FROM tenant_state WHERE false;
SELECT tenant_id, resource, status, n, created_at, updated_at FROM tenant_counts WHERE false;

DO $$
DECLARE
  v_table text;
BEGIN
  FOREACH v_table IN ARRAY ARRAY['settings', 'tenant_state', 'tenant_counts'] LOOP
    ASSERT (SELECT relrowsecurity AND relforcerowsecurity
              FROM pg_class WHERE oid = v_table::regclass), v_table || ' is behind the wall';
    ASSERT EXISTS (SELECT FROM pg_policy
                    WHERE polrelid = v_table::regclass AND polname = 'tenant'),
      v_table || ' has the policy';
  END LOOP;
  ASSERT NOT has_any_column_privilege('purser_resource', 'tenants', 'SELECT'),
    'no program reads tenants';

  -- A whole tenant, made and rolled back.
  PERFORM create_tenant('00000000-0000-7000-8000-000000000001', 'verify-tenants', 'Verify',
    'EUR', 'UTC', 'en');
  ASSERT EXISTS (SELECT FROM tenant_slugs l JOIN settings c USING (tenant_id)
                   JOIN tenant_state s USING (tenant_id) WHERE l.slug = 'verify-tenants'),
    'create_tenant makes its rows';
END
$$;

ROLLBACK;
