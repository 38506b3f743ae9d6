-- Verify logins.
BEGIN;
SET LOCAL search_path = purser;

SELECT key, kind, forget_at, blocked_until, created_at, updated_at FROM login_tries WHERE false;
SELECT holder, secret, enabled, last_step, codes, created_at, updated_at FROM totp WHERE false;
SELECT proved_at FROM sessions WHERE false;

DO $$
BEGIN
  ASSERT has_function_privilege('purser_sessions', 'claim_try(bytea, bytea)', 'EXECUTE');
  ASSERT has_function_privilege('purser_users', 'require_proof(uuid, int)', 'EXECUTE');
  ASSERT has_function_privilege('purser_totp', 'use_totp(uuid, bigint, text)', 'EXECUTE');
  ASSERT NOT has_function_privilege('purser_orders', 'own_proof(uuid)', 'EXECUTE');
  ASSERT NOT has_table_privilege('purser_totp', 'totp', 'SELECT'),
    'a sealed secret is reached by functions alone';
END
$$;

ROLLBACK;
