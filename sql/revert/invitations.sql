-- Revert invitations.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

CALL drop_program('password_resets');
CALL drop_program('invitations');
DROP FUNCTION use_reset(uuid, bytea, text);
DROP FUNCTION reset_seed(uuid);
DROP FUNCTION ask_reset(uuid, text);
DROP FUNCTION accept_invitation(uuid, uuid, bytea, text, text, text);
DROP FUNCTION try_invitation(uuid, uuid);
DROP FUNCTION invitation(uuid, uuid);
DROP FUNCTION invite(uuid, uuid);
DROP FUNCTION set_own_password(uuid, text, bytea);
DROP FUNCTION renew_account(uuid, text, uuid);
DROP FUNCTION end_sessions(uuid, uuid, uuid);
DROP FUNCTION may_mail(text);
DROP TABLE mail_limits;
DROP TABLE password_resets;
DROP TABLE invitations;
REVOKE SELECT (accepted) ON users FROM purser_users;
REVOKE SELECT (revision) ON users FROM purser_identity;
REVOKE UPDATE (accepted, name, revision) ON users FROM purser_identity;
REVOKE SELECT (expires_at) ON sessions FROM purser_identity;
REVOKE UPDATE (token_hash, updated_at) ON sessions FROM purser_identity;

COMMIT;
