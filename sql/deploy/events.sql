-- Deploy events: what happened in a tenant, in order; and the keys of idempotent writes.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

-- Streams, webhooks and the audit trail all read this. Append-only by its grants. It holds ids and
-- names of fields, never their values, so that a person can be erased.
CREATE TABLE events (
  tenant_id uuid NOT NULL,
  seq bigint NOT NULL,
  kind text NOT NULL,
  object_type text NOT NULL,
  object_id uuid NOT NULL,
  actor_id uuid DEFAULT nullif(current_setting('app.current_user', true), '')::uuid,
  address inet,
  fields text[] NOT NULL DEFAULT '{}',
  request_id text,
  hash bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT events_pkey PRIMARY KEY (tenant_id, seq),
  CONSTRAINT events_seq_check CHECK (seq > 0),
  CONSTRAINT events_kind_check CHECK (length(kind) BETWEEN 1 AND 100),
  CONSTRAINT events_object_type_check CHECK (length(object_type) BETWEEN 1 AND 100),
  CONSTRAINT events_request_id_check CHECK (length(request_id) <= 200)
);
CREATE INDEX events_object_id_idx ON events (tenant_id, object_id, seq);
CALL secure_tenant_table('events');

GRANT SELECT ON events TO purser_resource;
GRANT INSERT ON events TO purser_resource;
GRANT SELECT (tenant_id, event_seq, event_hash, updated_at) ON tenant_state TO purser_resource;
GRANT UPDATE (event_seq, event_hash, updated_at) ON tenant_state TO purser_resource;
GRANT SELECT ON tenant_counts TO purser_resource;
GRANT INSERT ON tenant_counts TO purser_resource;
GRANT UPDATE (n, updated_at) ON tenant_counts TO purser_resource;

-- The stored answer of a write that bore an Idempotency-Key. actor_id is all zero for nobody, as
-- a key cannot hold NULL.
CREATE TABLE idempotency_keys (
  tenant_id uuid NOT NULL,
  actor_id uuid NOT NULL,
  route text NOT NULL,
  key text NOT NULL,
  fingerprint bytea NOT NULL,
  status int NOT NULL,
  location text,
  etag text,
  body text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (tenant_id, actor_id, route, key),
  CONSTRAINT idempotency_keys_key_check CHECK (length(key) BETWEEN 1 AND 255),
  CONSTRAINT idempotency_keys_status_check CHECK (status BETWEEN 200 AND 299)
);
-- Upkeep deletes by age over all tenants, so this one cannot lead with tenant_id.
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);
CALL secure_tenant_table('idempotency_keys');

GRANT SELECT ON idempotency_keys TO purser_resource;
GRANT INSERT ON idempotency_keys TO purser_resource;

-- Takes a key until the end of the transaction, or raises: PU409 while another request holds it,
-- PU422 when it was used for something else, PU208 when its answer is stored. Comes after
-- authenticate, and before any write.
CREATE FUNCTION idempotency_claim(p_tenant uuid, p_route text, p_key text, p_fingerprint bytea)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  v_actor uuid := coalesce(nullif(pg_catalog.current_setting('app.current_user', true), ''),
    nullif(pg_catalog.current_setting('app.current_key', true), ''),
    '00000000-0000-0000-0000-000000000000')::uuid;
  v_fingerprint bytea;
BEGIN
  -- Neither a UUID nor a key holds a space, so no two scopes give the same text.
  IF NOT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended(
      pg_catalog.concat_ws(' ', p_tenant, v_actor, p_key, p_route), 0)) THEN
    RAISE EXCEPTION 'key in use' USING ERRCODE = 'PU409';
  END IF;
  -- READ COMMITTED: this statement's snapshot is younger than the lock, so it sees the row of
  -- whoever held the lock before.
  SELECT k.fingerprint INTO v_fingerprint
    FROM purser.idempotency_keys k
   WHERE k.tenant_id = p_tenant AND k.actor_id = v_actor AND k.route = p_route AND k.key = p_key;
  IF NOT FOUND THEN
    RETURN;
  ELSIF v_fingerprint = p_fingerprint THEN
    RAISE EXCEPTION 'key done' USING ERRCODE = 'PU208';
  ELSE
    RAISE EXCEPTION 'key used for another request' USING ERRCODE = 'PU422';
  END IF;
END
$$;
GRANT EXECUTE ON FUNCTION idempotency_claim(uuid, text, text, bytea) TO purser_resource;

COMMIT;
