-- The wall between tenants, tried on every tenant table, for each role that can reach it.

-- First what only a commit shows: the setting of a finished transaction reads '', not NULL.
BEGIN;
SELECT set_config('app.current_tenant', '00000000-0000-7000-8000-000000000001', true) \g /dev/null
COMMIT;
SELECT current_setting('app.current_tenant', true) AS after_commit \gset

\ir fixture.psql
SELECT * FROM no_plan();
SELECT is(:'after_commit'::text, '', 'after a commit the setting reads the empty string');

-- A role that may do everything to every table, so that nothing but the policies holds it.
CREATE ROLE pgtap_wall;
GRANT USAGE ON SCHEMA purser TO pgtap_wall;
GRANT USAGE ON SCHEMA tap TO pgtap_wall;
GRANT ALL ON ALL TABLES IN SCHEMA purser TO pgtap_wall;
GRANT EXECUTE ON FUNCTION search_lexemes(uuid, text, text, text, text) TO pgtap_wall;

CREATE FUNCTION pg_temp.n(p_table text, p_where text) RETURNS bigint LANGUAGE plpgsql
AS $$
DECLARE
  n bigint;
BEGIN
  EXECUTE format('SELECT count(*) FROM purser.%I WHERE %s', p_table, p_where) INTO n;
  RETURN n;
END
$$;

-- How many rows a write hits.
CREATE FUNCTION pg_temp.hits(p_sql text) RETURNS bigint LANGUAGE plpgsql
AS $$
DECLARE
  n bigint;
BEGIN
  EXECUTE p_sql;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END
$$;

-- A row of b for each table, as JSON, taken past the wall.
CREATE TEMP TABLE foreign_rows (name text, r jsonb, columns text);
GRANT SELECT ON foreign_rows TO PUBLIC;
DO $$
DECLARE
  v_name text;
BEGIN
  FOR v_name IN SELECT name FROM tenant_tables LOOP
    EXECUTE format('INSERT INTO foreign_rows SELECT %L, to_jsonb(t), %L FROM purser.%I t '
      'WHERE tenant_id = pg_temp.id(''b'') LIMIT 1', v_name,
      (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
        WHERE attrelid = v_name::regclass AND attnum > 0 AND NOT attisdropped
          AND attgenerated = ''), v_name);
  END LOOP;
END
$$;

SELECT is_empty($$
  SELECT name FROM tenant_tables
   WHERE pg_temp.n(name, 'tenant_id = pg_temp.id(''a'')') = 0
      OR pg_temp.n(name, 'tenant_id = pg_temp.id(''b'')') = 0 $$,
  'fixture.psql has rows of both tenants in every tenant table');

SET LOCAL ROLE pgtap_wall;

RESET app.current_tenant;
SELECT is(pg_temp.n(name, 'true'), 0::bigint, name || ': no tenant, no rows')
  FROM tenant_tables ORDER BY name;
SELECT set_config('app.current_tenant', '', true) \g /dev/null
SELECT is(pg_temp.n(name, 'true'), 0::bigint, name || ': an empty tenant, no rows')
  FROM tenant_tables ORDER BY name;

SELECT pg_temp.enter('a') \g /dev/null
SELECT cmp_ok(pg_temp.n(name, 'true'), '>', 0::bigint, name || ': a sees its rows')
  FROM tenant_tables ORDER BY name;
SELECT is(pg_temp.n(name, 'tenant_id <> pg_temp.id(''a'')'), 0::bigint, name || ': and no other')
  FROM tenant_tables ORDER BY name;
SELECT is(pg_temp.hits(format('UPDATE %I SET updated_at = now() '
         'WHERE tenant_id = pg_temp.id(''b'')', name)),
         0::bigint, name || ': a cannot update rows of b')
  FROM tenant_tables ORDER BY name;
SELECT is(pg_temp.hits(format('DELETE FROM %I WHERE tenant_id = pg_temp.id(''b'')', name)),
         0::bigint, name || ': a cannot delete rows of b')
  FROM tenant_tables ORDER BY name;
SELECT throws_ok(format('INSERT INTO %I (%s) SELECT %s '
         'FROM jsonb_populate_record(NULL::purser.%I, %L)', name, columns, columns, name, r), '42501',
         format('new row violates row-level security policy for table "%s"', name),
         name || ': a cannot insert a row of b')
  FROM foreign_rows ORDER BY name;
SELECT throws_ok(format('UPDATE %I SET tenant_id = pg_temp.id(''b'')', name), '42501',
         format('new row violates row-level security policy for table "%s"', name),
         name || ': a cannot give its rows to b')
  FROM tenant_tables ORDER BY name;

RESET ROLE;

-- The same for the roles that exist, each on the tables that it may read; but for those that no
-- program is, and that have policies of their own.
CREATE FUNCTION pg_temp.n_as(p_role name, p_tenant text, p_table text, p_where text)
RETURNS bigint LANGUAGE plpgsql
AS $$
DECLARE
  n bigint;
BEGIN
  PERFORM set_config('role', p_role, true);
  PERFORM pg_temp.enter(p_tenant);
  n := pg_temp.n(p_table, p_where);
  PERFORM set_config('role', 'none', true);
  RETURN n;
END
$$;
CREATE TEMP TABLE reach AS
SELECT r.rolname, t.name
  FROM pg_roles r CROSS JOIN tenant_tables t
 WHERE r.rolname LIKE 'purser\_%' AND r.rolname <> 'purser_admin'
   AND has_schema_privilege(r.oid, 'purser', 'USAGE')
   AND has_any_column_privilege(r.oid, t.oid, 'SELECT');

-- Programs enqueue jobs and see none: jobs.sql.
SELECT is_empty($$ SELECT name FROM tenant_tables WHERE name <> 'jobs' EXCEPT SELECT name FROM reach
  $$, 'every tenant table is read by some role');
SELECT is(pg_temp.n_as(rolname, NULL, name, 'true'), 0::bigint,
         format('%s: no tenant, no rows of %s', rolname, name))
  FROM reach
 WHERE NOT (rolname = 'purser_identity' AND name IN ('users', 'settings'))
   AND rolname <> 'purser_finder'
 ORDER BY rolname, name;
SELECT is(pg_temp.n_as(rolname, 'a', name, 'true'),
         pg_temp.n(name, 'tenant_id = pg_temp.id(''a'')'),
         format('%s: a''s rows of %s alone', rolname, name))
  FROM reach
 WHERE NOT (rolname = 'purser_identity' AND name IN ('users', 'settings'))
   AND rolname <> 'purser_finder'
 ORDER BY rolname, name;

-- Keys are checked past row-level security, so they must hold the tenant themselves: point each
-- foreign key of a row of a at the row of b.
-- A merged client is a deleted one, so a's has to be.
UPDATE purser.clients SET active = false, deleted_at = now() WHERE tenant_id = pg_temp.id('a');
SELECT throws_ok(format('UPDATE %I SET %I = (SELECT %I FROM %I WHERE tenant_id = pg_temp.id(''b'') '
         'LIMIT 1) WHERE tenant_id = pg_temp.id(''a'')', child.name, f.attname, t.attname,
         parent.name), '23503', NULL, c.conname || ': does not cross tenants')
  FROM pg_constraint c
  JOIN tenant_tables child ON child.oid = c.conrelid
  JOIN tenant_tables parent ON parent.oid = c.confrelid
  JOIN pg_attribute f ON f.attrelid = c.conrelid AND f.attnum = c.conkey[array_upper(c.conkey, 1)]
  JOIN pg_attribute t
    ON t.attrelid = c.confrelid AND t.attnum = c.confkey[array_upper(c.confkey, 1)]
 WHERE c.contype = 'f'
 ORDER BY c.conname;

SELECT * FROM finish();
ROLLBACK;
