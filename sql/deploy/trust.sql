-- Deploy trust: a chain that covers all an event says; clients that were erased or merged.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

-- What a hash is taken of. 1, which programs before this change write, leaves out tenant, object
-- type and key; 2 covers all. tools/audit.c reads both.
ALTER TABLE events ADD COLUMN hash_version smallint NOT NULL DEFAULT 1,
  ADD CONSTRAINT events_hash_version_check CHECK (hash_version IN (1, 2));

-- A client that was found to be another one: its orders are that one's now, and it stays deleted.
ALTER TABLE clients
  ADD COLUMN merged_into uuid,
  ADD COLUMN erased_at timestamptz,
  ADD CONSTRAINT clients_merged_into_fkey FOREIGN KEY (tenant_id, merged_into)
    REFERENCES clients (tenant_id, id),
  ADD CONSTRAINT clients_merged_into_check CHECK (merged_into IS NULL OR NOT active),
  ADD CONSTRAINT clients_merged_into_self_check CHECK (merged_into <> id);
CREATE INDEX clients_merged_into_idx ON clients (tenant_id, merged_into);

-- What is known of one person goes through a program of its own: no other may read or change so
-- much at once. Erasing takes what was stored for Idempotency-Keys too, but for the keys: the
-- request they stand for was done, and must not be done again.
CALL create_program('privacy');
GRANT SELECT ON clients TO purser_privacy;
GRANT UPDATE (name, slug, email, phone, address, notes, tags, active, deleted_at, merged_into,
  erased_at, revision, updated_at) ON clients TO purser_privacy;
GRANT SELECT ON orders TO purser_privacy;
GRANT UPDATE (customer_name, customer_email, customer_phone, notes, reason, client_id, revision,
  updated_at) ON orders TO purser_privacy;
GRANT SELECT ON order_lines TO purser_privacy;
GRANT UPDATE (note, updated_at) ON order_lines TO purser_privacy;
GRANT UPDATE (body, location, updated_at) ON idempotency_keys TO purser_privacy;

COMMIT;
