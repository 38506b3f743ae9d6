-- Verify identity.
BEGIN;
SET LOCAL search_path = purser;

SELECT id, email, email_key, password_hash, created_at, updated_at FROM accounts WHERE false;
SELECT tenant_id, id, account_id, name, email, role, active, deleted_at, revision, created_at,
  updated_at FROM users WHERE false;
SELECT tenant_id, id, user_id, token_hash, expires_at, last_seen_at, idle_seconds, address,
  user_agent, created_at, updated_at FROM sessions WHERE false;

DO $$
DECLARE
  v_table text;
  v_tenant uuid := '00000000-0000-7000-8000-000000000001';
  v_user uuid := '00000000-0000-7000-8000-000000000002';
BEGIN
  FOREACH v_table IN ARRAY ARRAY['users', 'sessions'] LOOP
    ASSERT (SELECT relrowsecurity AND relforcerowsecurity
              FROM pg_class WHERE oid = v_table::regclass), v_table || ' is behind the wall';
    ASSERT EXISTS (SELECT FROM pg_policy
                    WHERE polrelid = v_table::regclass AND polname = 'tenant'),
      v_table || ' has the policy';
  END LOOP;
  ASSERT (SELECT count(*) = 2 FROM pg_policy
           WHERE polname = 'identity' AND polcmd = 'r'
             AND polroles = ARRAY['purser_identity'::regrole::oid]), 'the login sees all tenants';

  ASSERT (SELECT bool_and(prosecdef AND proowner = 'purser_auth'::regrole) FROM pg_proc
           WHERE oid IN ('authenticate(uuid, bytea, text[])'::regprocedure,
             'touch_session(uuid, uuid)'::regprocedure)), 'purser_auth owns authentication';
  ASSERT (SELECT prosecdef AND proowner = 'purser_identity'::regrole FROM pg_proc
           WHERE oid = 'login_candidates(text, text)'::regprocedure),
    'purser_identity owns the login';
  ASSERT NOT has_schema_privilege('purser_auth', 'purser', 'CREATE'), 'purser_auth makes nothing';
  ASSERT has_function_privilege('purser_resource', 'authenticate(uuid, bytea, text[])', 'EXECUTE');
  ASSERT has_function_privilege('purser_sessions', 'login_candidates(text, text)', 'EXECUTE');
  ASSERT NOT has_function_privilege('purser_resource', 'login_candidates(text, text)', 'EXECUTE'),
    'only the login gets password hashes';
  ASSERT NOT has_column_privilege('purser_sessions', 'sessions', 'token_hash', 'SELECT'),
    'no program reads token hashes';

  -- One login from end to end, rolled back.
  PERFORM create_tenant(v_tenant, 'verify-identity', 'Verify', 'JPY', 'UTC', 'en');
  PERFORM create_user(v_tenant, v_user, v_user, 'Verify@Purser.invalid', 'Verify', 'staff', 'hash');
  INSERT INTO sessions (tenant_id, id, user_id, token_hash, expires_at, idle_seconds)
  VALUES (v_tenant, v_user, v_user, sha256('verify'), now() + '1 h'::interval, 60);
  ASSERT (SELECT c.user_id = v_user AND c.currency = 'JPY'
            FROM login_candidates('verify@purser.invalid', 'verify-identity') c), 'login';
  ASSERT (SELECT a.user_id = v_user AND a.role = 'staff'
            FROM authenticate(v_tenant, sha256('verify'), ARRAY['staff']) a), 'authenticate';
  PERFORM touch_session(v_tenant, v_user);
END
$$;

ROLLBACK;
