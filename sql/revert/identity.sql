-- Revert identity.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

CALL drop_program('sessions');
DROP FUNCTION create_user(uuid, uuid, uuid, text, text, text, text);
DROP FUNCTION open_account(uuid, text);
DROP FUNCTION login_candidates(text, text);
DROP FUNCTION touch_session(uuid, uuid);
DROP FUNCTION authenticate(uuid, bytea, text[]);
DROP POLICY identity ON settings;
REVOKE ALL ON settings FROM purser_identity;
REVOKE ALL ON settings FROM purser_auth;
REVOKE ALL ON tenant_slugs FROM purser_identity;
REVOKE ALL ON tenants FROM purser_identity;
REVOKE ALL ON tenants FROM purser_auth;
DROP TABLE sessions;
DROP TABLE users;
DROP TABLE accounts;

COMMIT;
