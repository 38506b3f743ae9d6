-- Revert notes.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

CALL drop_program('notes');
DROP TABLE notes;

COMMIT;
