-- Revert people.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

REVOKE SELECT (tenant_id, id, name) ON users FROM purser_orders;
CALL drop_program('events');
CALL drop_program('tenants');
CALL drop_program('users');
DROP FUNCTION password_of_address(text);
DROP FUNCTION sign_up(uuid, text, text, text, text, text, uuid, uuid, text, text, text);
DROP FUNCTION own_tenant(uuid);
DROP FUNCTION rename_tenant(uuid, text, bigint[]);
DROP INDEX users_name_idx;
DROP INDEX users_created_at_idx;
REVOKE UPDATE (password_hash, updated_at) ON accounts FROM purser_identity;
REVOKE INSERT (id, name) ON tenants FROM purser_identity;
REVOKE SELECT (created_at, updated_at, revision) ON tenants FROM purser_identity;
REVOKE UPDATE (name, revision, updated_at) ON tenants FROM purser_identity;
REVOKE INSERT (slug, tenant_id) ON tenant_slugs FROM purser_identity;
REVOKE INSERT (tenant_id, currency, time_zone, locale) ON settings FROM purser_identity;
REVOKE INSERT (tenant_id) ON tenant_state FROM purser_identity;
REVOKE INSERT (tenant_id, id, account_id, name, email, role, accepted)
  ON users FROM purser_identity;
REVOKE UPDATE (password_hash, updated_at) ON users FROM purser_identity;
REVOKE SELECT (tenant_id, id, user_id) ON sessions FROM purser_identity;
REVOKE DELETE ON sessions FROM purser_identity;
REVOKE EXECUTE ON FUNCTION create_tenant(uuid, text, text, text, text, text) FROM purser_identity;
REVOKE EXECUTE ON FUNCTION create_user(uuid, uuid, uuid, text, text, text, text)
  FROM purser_identity;

COMMIT;
