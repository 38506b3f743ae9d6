-- The helpers of sql/deploy/schema.sql: they refuse what breaks the rules of the house.
\ir fixture.psql
SELECT plan(20);

SET LOCAL ROLE purser_admin;

CREATE TABLE t_none (id uuid PRIMARY KEY);
CREATE TABLE t_nullable (tenant_id uuid, id uuid PRIMARY KEY);
CREATE TABLE t_text (tenant_id text NOT NULL, id uuid, PRIMARY KEY (tenant_id, id));
CREATE TABLE t_key (tenant_id uuid NOT NULL, id uuid, PRIMARY KEY (id, tenant_id));
CREATE TABLE t_unkeyed (tenant_id uuid NOT NULL);
CREATE TABLE t_timeless (tenant_id uuid NOT NULL PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE t_good (tenant_id uuid NOT NULL, id uuid, PRIMARY KEY (tenant_id, id),
  created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now());

RESET ROLE;
CREATE FUNCTION pg_temp.refuses(p_table text, p_why text) RETURNS text LANGUAGE sql
AS $$ SELECT throws_ok(format('CALL secure_tenant_table(%L)', p_table), 'P0001',
  p_table || ' needs ' || p_why, 'refused: ' || p_table) $$;
SELECT pg_temp.refuses('t_none', 'a column tenant_id uuid NOT NULL');
SELECT pg_temp.refuses('t_nullable', 'a column tenant_id uuid NOT NULL');
SELECT pg_temp.refuses('t_text', 'a column tenant_id uuid NOT NULL');
SELECT pg_temp.refuses('t_key', 'a primary key that begins with tenant_id');
SELECT pg_temp.refuses('t_unkeyed', 'a primary key that begins with tenant_id');
SELECT pg_temp.refuses('t_timeless', 'a column updated_at timestamptz NOT NULL DEFAULT now()');
SELECT lives_ok($$ CALL secure_tenant_table('t_good') $$, 'taken: t_good');
SELECT ok(relrowsecurity AND relforcerowsecurity, 'its wall is up and forced')
  FROM pg_class WHERE oid = 't_good'::regclass;

SET LOCAL ROLE purser_admin;
CALL create_program('pgtap');
CREATE FUNCTION f_pgtap() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
GRANT SELECT ON t_good TO purser_pgtap;
RESET ROLE;

SELECT ok(rolcanlogin AND NOT (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb),
         'a program is a plain login role')
  FROM pg_roles WHERE rolname = 'purser_pgtap';
SELECT set_has($$ SELECT unnest(rolconfig) FROM pg_roles WHERE rolname = 'purser_pgtap' $$,
  $$ VALUES ('search_path=purser'), ('statement_timeout=5s'), ('lock_timeout=2s'),
    ('idle_in_transaction_session_timeout=10s') $$, 'with its limits');
SELECT ok(pg_has_role('purser_pgtap', 'purser_resource', 'USAGE'), 'it may authenticate');
SELECT ok(NOT has_function_privilege('purser_pgtap', 'f_pgtap()', 'EXECUTE'),
  'it may not run a function only because it is new');
SELECT lives_ok($$ CALL create_program('pgtap') $$,
  'a second database of the cluster finds its role made');

SET LOCAL ROLE purser_pgtap;
SELECT throws_ok('CREATE TEMP TABLE t (i int)', '42501', NULL, 'it makes no temporary table');
SELECT throws_ok('CREATE TABLE purser.t (i int)', '42501', NULL, 'nor one in purser');
SELECT throws_ok('CREATE TABLE public.t (i int)', '42501', NULL, 'nor one in public');
SELECT throws_ok($$ CALL purser.create_program('x') $$, '42501', NULL, 'nor another program');
RESET ROLE;

SET LOCAL ROLE purser_admin;
CALL drop_program('pgtap');
RESET ROLE;
SELECT ok(to_regrole('purser_pgtap') IS NULL, 'drop_program takes the role away with its grants');

CREATE ROLE purser_strong LOGIN BYPASSRLS;
SELECT throws_ok($$ CALL create_program('strong') $$, 'P0001',
  'role purser_strong exists and is not a plain login role', 'a strong role is not taken over');

SELECT is_empty($$
  SELECT d.privilege_type FROM pg_roles r, pg_database b,
    aclexplode(b.datacl) d
   WHERE r.rolname = 'purser_health' AND b.datname = current_database() AND d.grantee = r.oid
   UNION ALL
  SELECT 'member of ' || m.roleid::regrole FROM pg_auth_members m
   WHERE m.member = 'purser_health'::regrole AND m.roleid <> 'purser_program'::regrole $$,
  'health may connect like all programs, and no more');

SELECT * FROM finish();
ROLLBACK;
