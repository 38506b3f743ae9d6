-- Deploy jobs: work for later, enqueued in the transaction that makes it necessary.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

-- The payload names things by their ids; no personal value and no secret is ever in it. A job of the
-- installation, which is no tenant's, has the tenant 0.
--   queued -> running -> done; back to queued where it failed and may be tried again, else dead;
--   queued -> cancelled. Who claims a job raises `attempts` and `fence`: a write that comes with an
--   older fence is that of a worker who has lost the job meanwhile.
CREATE TABLE jobs (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  kind text NOT NULL,
  payload jsonb NOT NULL DEFAULT '{}',
  priority int NOT NULL DEFAULT 0,
  run_at timestamptz NOT NULL DEFAULT now(),
  unique_key text,
  max_attempts int NOT NULL DEFAULT 20,
  attempts int NOT NULL DEFAULT 0,
  crashes int NOT NULL DEFAULT 0,
  status text NOT NULL DEFAULT 'queued',
  fence bigint NOT NULL DEFAULT 0,
  leased_until timestamptz,
  worker text,
  error text,
  actor_id uuid DEFAULT nullif(current_setting('app.current_user', true), '')::uuid,
  request_id text,
  started_at timestamptz,
  finished_at timestamptz,
  revision bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT jobs_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT jobs_kind_check CHECK (length(kind) BETWEEN 1 AND 100),
  CONSTRAINT jobs_payload_check CHECK (jsonb_typeof(payload) = 'object'),
  CONSTRAINT jobs_unique_key_check CHECK (length(unique_key) BETWEEN 1 AND 255),
  CONSTRAINT jobs_max_attempts_check CHECK (max_attempts BETWEEN 1 AND 100),
  CONSTRAINT jobs_attempts_check CHECK (attempts >= 0),
  CONSTRAINT jobs_crashes_check CHECK (crashes >= 0),
  CONSTRAINT jobs_fence_check CHECK (fence >= 0),
  CONSTRAINT jobs_request_id_check CHECK (length(request_id) <= 200),
  CONSTRAINT jobs_status_check
    CHECK (status IN ('queued', 'running', 'done', 'dead', 'cancelled')),
  CONSTRAINT jobs_leased_until_check CHECK ((status = 'running') = (leased_until IS NOT NULL))
) WITH (fillfactor = 70);
-- One that waits is enough; one that runs may have read what was there before.
CREATE UNIQUE INDEX jobs_unique_key_key ON jobs (tenant_id, unique_key)
  WHERE status = 'queued' AND unique_key IS NOT NULL;
CREATE INDEX jobs_created_at_idx ON jobs (tenant_id, created_at, id);
CALL secure_tenant_table('jobs');

-- Programs enqueue, and read nothing.
GRANT INSERT (tenant_id, id, kind, payload, priority, run_at, unique_key, max_attempts, request_id)
  ON jobs TO purser_resource;

COMMIT;
