-- Revert schema: as before, an empty database that is anybody's to connect to.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

CALL drop_program('health');
DROP PROCEDURE give_function(regprocedure, regrole);
DROP PROCEDURE drop_program(text);
DROP PROCEDURE create_program(text, boolean);
DROP PROCEDURE secure_tenant_table(regclass);
REVOKE CONNECT ON DATABASE :"DBNAME" FROM purser_program;
DROP SCHEMA purser;    -- never CASCADE: what other changes made, they take away

DO $$
DECLARE
  v_role text;
BEGIN
  FOREACH v_role IN ARRAY
    ARRAY['purser_program', 'purser_resource', 'purser_auth', 'purser_identity']
  LOOP
    BEGIN
      EXECUTE format('DROP ROLE %I', v_role);
    EXCEPTION
      WHEN dependent_objects_still_exist THEN
        RAISE NOTICE 'role % stays: another database needs it', v_role;
    END;
  END LOOP;
END
$$;

ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
GRANT USAGE ON SCHEMA public TO PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"DBNAME" TO PUBLIC;

COMMIT;
