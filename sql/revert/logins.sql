-- Revert logins.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

CALL drop_program('totp');
DROP FUNCTION password_names(uuid);
DROP FUNCTION rehash_password(uuid, text, text);
DROP FUNCTION disable_totp(uuid);
DROP FUNCTION set_totp_codes(uuid, text[]);
DROP FUNCTION use_totp(uuid, bigint, text);
DROP FUNCTION confirm_totp(uuid, bytea, bigint, text[]);
DROP FUNCTION enrol_totp(uuid, bytea);
DROP FUNCTION own_proof(uuid);
DROP FUNCTION own_holder(uuid);
DROP FUNCTION require_proof(uuid, int);
DROP FUNCTION spare_try(bytea, bytea, boolean);
DROP FUNCTION claim_try(bytea, bytea);
DROP FUNCTION try_leak(text);
DROP TABLE totp;
ALTER TABLE sessions DROP COLUMN proved_at;
REVOKE UPDATE (updated_at) ON sessions FROM purser_sessions;
DROP TABLE login_tries;

COMMIT;
