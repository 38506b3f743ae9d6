-- Deploy schema: the schema, the roles without login, and the helpers that migrations use.
BEGIN;
SET LOCAL lock_timeout = '1s';

-- Nobody connects, makes temporary tables or runs a function only because he exists.
REVOKE CONNECT, TEMPORARY ON DATABASE :"DBNAME" FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE SCHEMA purser;
SET LOCAL search_path = purser;

-- Roles belong to the cluster, so another Purser database may have made them already.
--   purser_program   group of all programs' login roles: may connect
--   purser_resource  group of those that serve a tenant: authenticate, record events, claim keys
--   purser_auth      owns the functions that read credentials
--   purser_identity  owns the functions that must look across tenants
DO $$
DECLARE
  v_role text;
BEGIN
  FOREACH v_role IN ARRAY
    ARRAY['purser_program', 'purser_resource', 'purser_auth', 'purser_identity']
  LOOP
    IF to_regrole(v_role) IS NULL THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', v_role);
    END IF;
  END LOOP;
END
$$;

-- To give a function away, one must belong to the role that gets it.
GRANT purser_auth TO purser_admin;
GRANT purser_identity TO purser_admin;

GRANT CONNECT ON DATABASE :"DBNAME" TO purser_program;
GRANT USAGE ON SCHEMA purser TO purser_auth;
GRANT USAGE ON SCHEMA purser TO purser_identity;

-- Puts a tenant table behind the wall. Refuses a table that breaks the rules of the house.
CREATE PROCEDURE secure_tenant_table(p_table regclass)
LANGUAGE plpgsql
SET search_path = pg_catalog, purser, pg_temp
AS $$
DECLARE
  v_column text;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_attribute
                  WHERE attrelid = p_table AND attname = 'tenant_id'
                    AND atttypid = 'uuid'::regtype AND attnotnull) THEN
    RAISE EXCEPTION '% needs a column tenant_id uuid NOT NULL', p_table;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_index i
                   JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                  WHERE i.indrelid = p_table AND i.indisprimary AND a.attname = 'tenant_id') THEN
    RAISE EXCEPTION '% needs a primary key that begins with tenant_id', p_table;
  END IF;
  FOREACH v_column IN ARRAY ARRAY['created_at', 'updated_at'] LOOP
    IF NOT EXISTS (SELECT FROM pg_attribute
                    WHERE attrelid = p_table AND attname = v_column
                      AND atttypid = 'timestamptz'::regtype AND attnotnull AND atthasdef) THEN
      RAISE EXCEPTION '% needs a column % timestamptz NOT NULL DEFAULT now()', p_table, v_column;
    END IF;
  END LOOP;

  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', p_table);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', p_table);
  -- A setting that a committed transaction left behind reads '', not NULL; neither matches a row.
  EXECUTE format($policy$
    CREATE POLICY tenant ON %s FOR ALL
      USING (tenant_id = nullif(current_setting('app.current_tenant', true), '')::uuid)
      WITH CHECK (tenant_id = nullif(current_setting('app.current_tenant', true), '')::uuid)
  $policy$, p_table);
END
$$;

-- Makes the login role purser_<name> of a program, as yet without a grant of its own. A program
-- that serves no tenant (health) passes p_resource => false and may only connect.
CREATE PROCEDURE create_program(p_name text, p_resource boolean DEFAULT true)
LANGUAGE plpgsql
SET search_path = pg_catalog, purser, pg_temp
AS $$
DECLARE
  v_role text := 'purser_' || p_name;
BEGIN
  IF to_regrole(quote_ident(v_role)) IS NULL THEN
    EXECUTE format('CREATE ROLE %I LOGIN', v_role);
  ELSIF EXISTS (SELECT FROM pg_roles
                 WHERE rolname = v_role
                   AND (NOT rolcanlogin OR rolsuper OR rolbypassrls OR rolcreaterole
                        OR rolcreatedb OR rolreplication)) THEN
    RAISE EXCEPTION 'role % exists and is not a plain login role', v_role;
  END IF;
  EXECUTE format('GRANT purser_program TO %I', v_role);
  -- Not by the group: that every role has a grant in each database which needs it keeps
  -- drop_program in another from dropping it.
  EXECUTE format('GRANT USAGE ON SCHEMA purser TO %I', v_role);
  IF p_resource THEN
    EXECUTE format('GRANT purser_resource TO %I', v_role);
  END IF;
  EXECUTE format('ALTER ROLE %I SET search_path = purser', v_role);
  EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', v_role, '5s');
  EXECUTE format('ALTER ROLE %I SET lock_timeout = %L', v_role, '2s');
  EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', v_role, '10s');
END
$$;

-- Takes away what create_program and later grants gave, in this database; the role itself stays
-- while another database of the cluster still needs it.
CREATE PROCEDURE drop_program(p_name text)
LANGUAGE plpgsql
SET search_path = pg_catalog, purser, pg_temp
AS $$
DECLARE
  v_role text := 'purser_' || p_name;
BEGIN
  EXECUTE format('GRANT %I TO CURRENT_USER', v_role);    -- DROP OWNED asks for membership
  EXECUTE format('DROP OWNED BY %I', v_role);
  EXECUTE format('REVOKE %I FROM CURRENT_USER', v_role);
  BEGIN
    EXECUTE format('DROP ROLE %I', v_role);
  EXCEPTION
    WHEN dependent_objects_still_exist THEN
      RAISE NOTICE 'role % stays: another database needs it', v_role;
  END;
END
$$;

-- Gives a function to one of the roles nobody logs in as; only SECURITY DEFINER makes use of that.
CREATE PROCEDURE give_function(p_function regprocedure, p_owner regrole)
LANGUAGE plpgsql
SET search_path = pg_catalog, purser, pg_temp
AS $$
BEGIN
  EXECUTE format('GRANT CREATE ON SCHEMA purser TO %s', p_owner);
  EXECUTE format('ALTER FUNCTION %s OWNER TO %s', p_function, p_owner);
  EXECUTE format('REVOKE CREATE ON SCHEMA purser FROM %s', p_owner);
END
$$;

CALL create_program('health', p_resource => false);

COMMIT;
