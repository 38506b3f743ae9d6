-- Verify invitations.
BEGIN;
SET LOCAL search_path = purser;

SELECT tenant_id, user_id, seed, expires_at, tries, created_at, updated_at
  FROM invitations WHERE false;
SELECT id, account_id, seed, expires_at, created_at, updated_at FROM password_resets WHERE false;
SELECT address_hash, n, begun_at, created_at, updated_at FROM mail_limits WHERE false;

DO $$
BEGIN
  ASSERT (SELECT relrowsecurity AND relforcerowsecurity
            FROM pg_class WHERE oid = 'invitations'::regclass), 'invitations is behind the wall';
  ASSERT has_function_privilege('purser_users', 'set_own_password(uuid, text, bytea)', 'EXECUTE');
  ASSERT has_function_privilege('purser_password_resets', 'ask_reset(uuid, text)', 'EXECUTE');
  ASSERT NOT has_function_privilege('purser_users', 'reset_seed(uuid)', 'EXECUTE');
  ASSERT has_function_privilege('purser_users', 'invite(uuid, uuid)', 'EXECUTE');
  ASSERT NOT has_table_privilege('purser_users', 'invitations', 'SELECT');
  ASSERT NOT has_table_privilege('purser_password_resets', 'password_resets', 'SELECT');
END
$$;

ROLLBACK;
