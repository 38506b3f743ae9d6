-- Revert tenants.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

DROP FUNCTION create_tenant(uuid, text, text, text, text, text);
DROP TABLE tenant_counts;
DROP TABLE tenant_state;
DROP TABLE settings;
DROP TABLE tenant_slugs;
DROP TABLE tenants;

COMMIT;
