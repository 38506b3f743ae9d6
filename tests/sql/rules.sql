-- The rules of the house, read off the catalogue, so that they bind tables yet to come.
\ir fixture.psql
SELECT plan(31);

CREATE TEMP VIEW tables AS
SELECT oid, relname::text COLLATE "default" AS name FROM pg_class
 WHERE relnamespace = 'purser'::regnamespace AND relkind IN ('r', 'p', 'f', 'm');
CREATE TEMP VIEW functions AS
SELECT p.*, p.oid::regprocedure::text AS name, r.rolcanlogin, r.rolname
  FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
 WHERE p.pronamespace = 'purser'::regnamespace;
-- Roles are asked by name: a program outside the group would otherwise go unseen.
CREATE TEMP VIEW programs AS
SELECT * FROM pg_roles
 WHERE rolname LIKE 'purser\_%' AND rolcanlogin AND rolname <> 'purser_admin';

-- Tables
SELECT results_eq(
  'SELECT name FROM tables WHERE oid NOT IN (SELECT oid FROM tenant_tables) ORDER BY 1',
  ARRAY['accounts', 'login_tries', 'mail_limits', 'password_resets', 'tenant_slugs', 'tenants',
    'totp'],
  'every table is a tenant''s, but for those known to be global');
SELECT is_empty($$
  SELECT name FROM tenant_tables t JOIN pg_class c USING (oid)
   WHERE NOT (c.relrowsecurity AND c.relforcerowsecurity) $$,
  'row-level security is enabled and forced on every tenant table');
SELECT is_empty($$
  SELECT t.name, p.polname FROM tenant_tables t
    LEFT JOIN pg_policy p ON p.polrelid = t.oid AND p.polname = 'tenant'
   WHERE (p.polcmd = '*' AND p.polpermissive AND p.polroles = '{0}'
          AND pg_get_expr(p.polqual, t.oid) = pg_get_expr(p.polwithcheck, t.oid)
          AND pg_get_expr(p.polqual, t.oid) = '(tenant_id = (NULLIF(current_setting('
            || '''app.current_tenant''::text, true), ''''::text))::uuid)') IS NOT TRUE $$,
  'every tenant table has exactly the policy "tenant"');
SELECT is_empty($$
  SELECT c.relname, p.polname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
   WHERE p.polname <> 'tenant'
     AND (p.polcmd <> 'r' OR p.polroles NOT IN (ARRAY['purser_identity'::regrole::oid],
                                                ARRAY['purser_finder'::regrole::oid])) $$,
  'no other policy, but for reading by purser_identity and purser_finder');
SELECT is_empty($$
  SELECT name FROM tables t
   WHERE NOT EXISTS (SELECT FROM pg_index WHERE indrelid = t.oid AND indisprimary) $$,
  'every table has a primary key');
SELECT is_empty($$
  SELECT t.name, w.name AS lacks
    FROM tables t CROSS JOIN (VALUES ('created_at'), ('updated_at')) w (name)
    LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = w.name
    LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
   WHERE (a.atttypid = 'timestamptz'::regtype AND a.attnotnull
          AND pg_get_expr(d.adbin, t.oid) = 'now()') IS NOT TRUE $$,
  'every table has created_at and updated_at');
SELECT is_empty($$
  SELECT t.name FROM tenant_tables t JOIN pg_attribute a ON a.attrelid = t.oid
   WHERE a.attname = 'tenant_id' AND NOT (a.atttypid = 'uuid'::regtype AND a.attnotnull) $$,
  'tenant_id is uuid NOT NULL');
SELECT is_empty($$
  SELECT t.name, a.attname FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid
    LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
   WHERE a.attname = 'revision'
     AND (a.atttypid = 'int8'::regtype AND a.attnotnull
          AND pg_get_expr(d.adbin, t.oid) = '1'::text) IS NOT TRUE $$,
  'a revision is a bigint that starts at 1');
SELECT is_empty($$
  SELECT t.name, a.attname FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid
   WHERE a.attname = 'id' AND (a.atttypid <> 'uuid'::regtype OR a.atthasdef) $$,
  'an id is a uuid, made by the program');
SELECT is_empty($$
  SELECT t.name FROM tables t
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'deleted_at'
   WHERE NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = t.oid
                       AND pg_get_expr(c.conbin, t.oid) = '(active = (deleted_at IS NULL))') $$,
  'what is deleted softly is not active');

-- Keys and indexes
SELECT is_empty($$
  SELECT i.indexrelid::regclass FROM pg_index i JOIN tenant_tables t ON t.oid = i.indrelid
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
   WHERE a.attname <> 'tenant_id' AND (i.indisunique OR i.indisprimary) $$,
  'primary keys and unique indexes of tenant tables lead with tenant_id');
SELECT results_eq($$
  SELECT i.indexrelid::regclass::text
    FROM pg_index i JOIN tenant_tables t ON t.oid = i.indrelid
    LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
   WHERE a.attname IS DISTINCT FROM 'tenant_id' ORDER BY 1 $$,
  ARRAY['clients_search_idx', 'idempotency_keys_created_at_idx', 'orders_search_idx',
    'products_search_idx', 'users_account_id_idx'],
  'so do all other indexes, but for two that work across tenants, and those of words, each of which
   begins with the tenant''s tag');
SELECT is_empty($$
  SELECT c.conname FROM pg_constraint c
    JOIN tenant_tables child ON child.oid = c.conrelid
    JOIN tenant_tables parent ON parent.oid = c.confrelid
    JOIN pg_attribute f ON f.attrelid = c.conrelid AND f.attnum = c.conkey[1]
    JOIN pg_attribute t ON t.attrelid = c.confrelid AND t.attnum = c.confkey[1]
   WHERE c.contype = 'f' AND NOT (f.attname = 'tenant_id' AND t.attname = 'tenant_id') $$,
  'foreign keys between tenant tables lead with tenant_id on both sides');
SELECT is_empty($$
  SELECT c.conname FROM pg_constraint c JOIN tables t ON t.oid = c.conrelid
   WHERE c.contype = 'f'
     AND NOT EXISTS (SELECT FROM pg_index i
                      WHERE i.indrelid = c.conrelid AND i.indpred IS NULL AND i.indisvalid
                        AND (i.indkey::int2[])[0:array_length(c.conkey, 1) - 1] @> c.conkey) $$,
  'the columns of every foreign key begin an index');
SELECT is_empty($$
  SELECT c.conname FROM pg_constraint c JOIN tables t ON t.oid = c.conrelid
   WHERE c.contype = 'f' AND (c.confupdtype <> 'a' OR c.confdeltype <> 'a') $$,
  'foreign keys refuse; they neither cascade nor set NULL');
SELECT is_empty($$
  SELECT t.name, c.conname FROM pg_constraint c JOIN tables t ON t.oid = c.conrelid
   WHERE NOT starts_with(c.conname, t.name || '_') OR NOT c.convalidated $$,
  'constraints are valid and bear their table''s name');
SELECT is_empty($$
  SELECT t.name, i.indexrelid::regclass FROM pg_index i JOIN tables t ON t.oid = i.indrelid
   WHERE NOT i.indisvalid OR NOT starts_with(i.indexrelid::regclass::text, t.name || '_') $$,
  'indexes are valid and bear their table''s name');

-- What is not here
SELECT is_empty($$
  SELECT t.name, g.tgname FROM pg_trigger g JOIN tables t ON t.oid = g.tgrelid
   WHERE NOT g.tgisinternal $$, 'no triggers');
SELECT is_empty($$ SELECT evtname FROM pg_event_trigger $$, 'no event triggers');
SELECT is_empty($$
  SELECT c.relname, r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
   WHERE c.relnamespace = 'purser'::regnamespace
     AND (c.relkind = 'v' AND c.reloptions @> '{security_invoker=true}') IS NOT TRUE $$,
  'no rules, and no views but with security_invoker');
SELECT is_empty($$
  SELECT typname FROM pg_type
   WHERE typnamespace = 'purser'::regnamespace AND typtype IN ('e', 'd') $$,
  'no enum types or domains');
SELECT is_empty($$
  SELECT f.name FROM functions f JOIN pg_language l ON l.oid = f.prolang
   WHERE l.lanname <> 'plpgsql' $$, 'functions are PL/pgSQL');

-- Functions
SELECT is_empty($$
  SELECT name, rolname FROM functions
   WHERE prosecdef
     AND (rolcanlogin OR (proconfig = '{"search_path=pg_catalog, pg_temp"}') IS NOT TRUE) $$,
  'a definer function belongs to a role without login and pins its search_path');
SELECT is_empty($$
  SELECT name FROM functions
   WHERE prosecdef AND rolname <> 'purser_identity'
     AND (proargnames[1] = 'p_tenant' AND proargtypes[0] = 'uuid'::regtype) IS NOT TRUE $$,
  'a definer function takes the tenant first, unless it works across tenants');
SELECT is_empty($$
  SELECT name FROM functions
   WHERE proacl IS NULL OR EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0) $$,
  'PUBLIC runs no function');

-- Roles
SELECT is_empty($$
  SELECT rolname FROM pg_roles
   WHERE oid <> 10 AND rolname LIKE 'purser\_%'
     AND (rolsuper OR rolreplication OR rolcreatedb
          OR ((rolbypassrls OR rolcreaterole) AND rolname <> 'purser_admin')) $$,
  'only purser_admin goes round the wall or makes roles, and it is no superuser');
SELECT is_empty($$
  SELECT rolname FROM programs p
   WHERE NOT pg_has_role(p.oid, 'purser_program', 'USAGE')
      OR EXISTS (SELECT FROM pg_roles m
                  WHERE m.oid <> p.oid AND pg_has_role(p.oid, m.oid, 'MEMBER')
                    AND m.rolname NOT IN ('purser_program', 'purser_resource')) $$,
  'programs belong to purser_program, and to nothing that owns or crosses');
SELECT is_empty($$
  SELECT p.rolname, s.name FROM programs p
   CROSS JOIN (VALUES ('search_path=purser'), ('statement_timeout='), ('lock_timeout='),
     ('idle_in_transaction_session_timeout=')) s (name)
   WHERE NOT EXISTS (SELECT FROM unnest(p.rolconfig) c WHERE starts_with(c, s.name)) $$,
  'programs have their timeouts');
SELECT is_empty($$
  SELECT p.rolname, d.classid::regclass, d.objid FROM programs p
    JOIN pg_shdepend d ON d.refobjid = p.oid AND d.refclassid = 'pg_authid'::regclass
   WHERE d.deptype = 'o' $$, 'programs own nothing');
SELECT is_empty($$
  SELECT 'database' AS what, privilege_type
    FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba)))
   WHERE d.datname = current_database() AND grantee = 0
   UNION ALL
  SELECT n.nspname, privilege_type
    FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner)))
   WHERE n.nspname IN ('public', 'purser', 'sqitch') AND grantee = 0 $$,
  'PUBLIC may neither connect nor make temporary tables, nor see a schema');
SELECT is_empty($$
  SELECT p.rolname, t.name, a.attname FROM programs p
   CROSS JOIN tables t JOIN pg_attribute a ON a.attrelid = t.oid
   WHERE a.attname LIKE '%\_hash' AND a.attname NOT IN ('event_hash', 'hash')
     AND has_column_privilege(p.oid, t.oid, a.attnum, 'SELECT') $$,
  'no program reads a password''s or a token''s hash');

SELECT * FROM finish();
ROLLBACK;
