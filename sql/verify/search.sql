-- Verify search.
BEGIN;
SET LOCAL search_path = purser;

SELECT search FROM clients WHERE false;
SELECT search FROM products WHERE false;
SELECT search FROM orders WHERE false;

DO $$
BEGIN
  ASSERT search_fold('Crème Brûlée') = 'creme brulee', 'accents fall away';
  ASSERT (SELECT NOT (rolcanlogin OR rolsuper OR rolbypassrls)
            FROM pg_roles WHERE rolname = 'purser_finder'), 'purser_finder is a plain role';
  ASSERT has_function_privilege('purser_orders', 'search_orders(uuid, text, int)', 'EXECUTE');
  ASSERT NOT has_function_privilege('purser_orders', 'search_clients(uuid, text, int)', 'EXECUTE');
  ASSERT NOT has_schema_privilege('purser_program', 'extensions', 'USAGE');
END
$$;

ROLLBACK;
