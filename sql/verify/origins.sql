-- Verify origins.
BEGIN;
SET LOCAL search_path = purser;

SELECT cors_origins FROM settings WHERE false;

DO $$
BEGIN
  ASSERT has_function_privilege('purser_orders', 'check_origin(uuid, text)', 'EXECUTE');
  ASSERT has_function_privilege('purser_settings', 'time_zone_known(text)', 'EXECUTE');
END
$$;

ROLLBACK;
