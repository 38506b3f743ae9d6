-- Verify clients.
BEGIN;
SET LOCAL search_path = purser;

SELECT tenant_id, id, name, slug, email, phone, address, notes, tags, active, deleted_at, revision,
  created_at, updated_at FROM clients WHERE false;
SELECT client_id FROM orders WHERE false;

DO $$
BEGIN
  ASSERT (SELECT relrowsecurity AND relforcerowsecurity
            FROM pg_class WHERE oid = 'clients'::regclass), 'clients is behind the wall';
  ASSERT has_table_privilege('purser_clients', 'clients', 'SELECT');
  ASSERT has_column_privilege('purser_orders', 'orders', 'client_id', 'UPDATE');
  ASSERT NOT has_column_privilege('purser_orders', 'clients', 'notes', 'SELECT');
END
$$;

ROLLBACK;
