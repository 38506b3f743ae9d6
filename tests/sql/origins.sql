-- sql/deploy/origins.sql: which origins a tenant lists, and what a time zone is.
\ir fixture.psql
SELECT plan(21);

UPDATE settings SET cors_origins = '{https://a.example,http://localhost:5173}'
 WHERE tenant_id = pg_temp.id('a');

-- Any program asks, for the tenant that it serves.
SELECT pg_temp.enter('a') \g /dev/null
SET LOCAL ROLE purser_orders;
SELECT lives_ok($$ SELECT purser.check_origin(pg_temp.id('a'), 'https://a.example') $$,
  'a listed origin');
SELECT lives_ok($$ SELECT purser.check_origin(pg_temp.id('a'), 'http://localhost:5173') $$,
  'another one');
SELECT throws_ok(format('SELECT purser.check_origin(pg_temp.id(%L), %L)', 'a', origin), 'PU403',
    'origin not listed', coalesce(origin, 'NULL') || ' is not listed')
  FROM unnest(ARRAY['https://A.example', 'https://a.example/', 'https://a.example:8443',
    'a.example', 'null', '', '{}', '%', NULL]) origin;
SELECT throws_ok($$ SELECT purser.check_origin(pg_temp.id('b'), 'https://a.example') $$, 'PU403',
  NULL, 'another tenant''s list is another');
SELECT throws_ok($$ SELECT purser.check_origin(pg_temp.id('nowhere'), 'https://a.example') $$,
  'PU403', NULL, 'nor is there one of no tenant');
RESET ROLE;

-- The refusal is told from a role's by its constraint.
CREATE FUNCTION pg_temp.constraint_of(p_origin text) RETURNS text LANGUAGE plpgsql
AS $$
DECLARE
  v_name text;
BEGIN
  PERFORM purser.check_origin(pg_temp.id('a'), p_origin);
  RETURN 'none';
EXCEPTION WHEN SQLSTATE 'PU403' THEN
  GET STACKED DIAGNOSTICS v_name = CONSTRAINT_NAME;
  RETURN v_name;
END
$$;
SELECT is(pg_temp.constraint_of('https://evil.example'), 'origin', 'it says what is refused');

SELECT throws_ok($$ UPDATE settings SET cors_origins = array_fill('https://a'::text, ARRAY[21])
  WHERE tenant_id = pg_temp.id('a') $$, '23514', NULL, 'twenty at most');
SELECT lives_ok($$ UPDATE settings SET cors_origins = array_fill('https://a'::text, ARRAY[20])
  WHERE tenant_id = pg_temp.id('a') $$, 'and twenty are taken');

SET LOCAL ROLE purser_settings;
SELECT is(purser.time_zone_known(name), known, format('%s: %s', name, known))
  FROM (VALUES ('Europe/Berlin', true), ('europe/berlin', true), ('UTC', true), ('XYZ5', false),
    ('Mars/Olympus', false)) z (name, known);

SELECT * FROM finish();
ROLLBACK;
