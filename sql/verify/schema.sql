-- Verify schema.
BEGIN;
SET LOCAL search_path = purser;

DO $$
DECLARE
  v_role text;
BEGIN
  ASSERT (SELECT nspowner = 'purser_admin'::regrole FROM pg_namespace WHERE nspname = 'purser'),
    'schema purser belongs to purser_admin';
  ASSERT NOT EXISTS (SELECT FROM pg_database d, aclexplode(d.datacl) a
                      WHERE d.datname = current_database() AND a.grantee = 0),
    'PUBLIC has nothing on the database';
  ASSERT NOT EXISTS (SELECT FROM pg_namespace n, aclexplode(n.nspacl) a
                      WHERE n.nspname = 'public' AND a.grantee = 0),
    'PUBLIC has nothing on the schema public';
  ASSERT EXISTS (SELECT FROM pg_default_acl
                  WHERE defaclrole = 'purser_admin'::regrole AND defaclnamespace = 0
                    AND defaclobjtype = 'f'
                    AND NOT EXISTS (SELECT FROM aclexplode(defaclacl) a WHERE a.grantee = 0)),
    'PUBLIC may not run new functions';

  FOREACH v_role IN ARRAY
    ARRAY['purser_program', 'purser_resource', 'purser_auth', 'purser_identity']
  LOOP
    ASSERT (SELECT NOT (rolcanlogin OR rolsuper OR rolbypassrls)
              FROM pg_roles WHERE rolname = v_role), v_role || ' is a plain role without login';
  END LOOP;
  ASSERT has_database_privilege('purser_program', current_database(), 'CONNECT'),
    'programs may connect';

  ASSERT (SELECT rolcanlogin FROM pg_roles WHERE rolname = 'purser_health'), 'health logs in';
  ASSERT pg_has_role('purser_health', 'purser_program', 'USAGE'), 'health is a program';
  ASSERT has_schema_privilege('purser_health', 'purser', 'USAGE'), 'health sees the schema';
  ASSERT NOT pg_has_role('purser_health', 'purser_resource', 'MEMBER'), 'health serves no tenant';
  ASSERT (SELECT rolconfig @> ARRAY['search_path=purser', 'statement_timeout=5s',
            'lock_timeout=2s', 'idle_in_transaction_session_timeout=10s']
            FROM pg_roles WHERE rolname = 'purser_health'), 'health has its limits';

  ASSERT 'secure_tenant_table(regclass)'::regprocedure IS NOT NULL;
  ASSERT 'drop_program(text)'::regprocedure IS NOT NULL;
  ASSERT 'give_function(regprocedure, regrole)'::regprocedure IS NOT NULL;
  ASSERT NOT has_function_privilege('purser_program', 'create_program(text, boolean)', 'EXECUTE'),
    'the helpers are for migrations only';
END
$$;

ROLLBACK;
