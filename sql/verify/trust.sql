-- Verify trust.
BEGIN;
SET LOCAL search_path = purser;

SELECT hash_version FROM events WHERE false;
SELECT merged_into, erased_at FROM clients WHERE false;

DO $$
BEGIN
  ASSERT has_column_privilege('purser_privacy', 'idempotency_keys', 'body', 'UPDATE');
  ASSERT NOT has_column_privilege('purser_clients', 'clients', 'merged_into', 'UPDATE');
END
$$;

ROLLBACK;
