-- Verify people.
BEGIN;
SET LOCAL search_path = purser;

DO $$
BEGIN
  ASSERT has_function_privilege('purser_users', 'open_account(uuid, text)', 'EXECUTE');
  ASSERT has_function_privilege('purser_tenants', 'own_tenant(uuid)', 'EXECUTE');
  ASSERT NOT has_function_privilege('purser_users', 'password_of_address(text)', 'EXECUTE');
  ASSERT NOT has_table_privilege('purser_users', 'accounts', 'SELECT');
  ASSERT NOT has_table_privilege('purser_tenants', 'tenants', 'SELECT');
  ASSERT has_table_privilege('purser_events', 'events', 'SELECT');
END
$$;

ROLLBACK;
