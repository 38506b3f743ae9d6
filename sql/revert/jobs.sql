-- Revert jobs.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

DROP TABLE jobs;

COMMIT;
