-- Revert origins.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

DROP FUNCTION time_zone_known(text);
DROP FUNCTION check_origin(uuid, text);
ALTER TABLE settings DROP COLUMN cors_origins;

COMMIT;
