-- Revert keys.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

CALL drop_program('api_keys');
DROP FUNCTION touch_key(uuid, uuid);
DROP FUNCTION authenticate_key(uuid, bytea, text[]);
ALTER TABLE events DROP COLUMN key_id;
DROP TABLE api_keys;

COMMIT;
