-- Revert events.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

DROP FUNCTION idempotency_claim(uuid, text, text, bytea);
DROP TABLE idempotency_keys;
DROP TABLE events;
REVOKE ALL ON tenant_counts FROM purser_resource;
REVOKE ALL ON tenant_state FROM purser_resource;

COMMIT;
