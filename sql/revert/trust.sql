-- Revert trust.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

CALL drop_program('privacy');
DROP INDEX clients_merged_into_idx;
ALTER TABLE clients
  DROP CONSTRAINT clients_merged_into_self_check,
  DROP CONSTRAINT clients_merged_into_check,
  DROP CONSTRAINT clients_merged_into_fkey,
  DROP COLUMN erased_at,
  DROP COLUMN merged_into;
ALTER TABLE events DROP COLUMN hash_version;

COMMIT;
