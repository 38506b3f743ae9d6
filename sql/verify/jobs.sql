-- Verify jobs.
BEGIN;
SET LOCAL search_path = purser;

SELECT tenant_id, id, kind, payload, priority, run_at, unique_key, max_attempts, attempts, crashes,
  status, fence, leased_until, worker, error, actor_id, request_id, started_at, finished_at,
  revision, created_at, updated_at FROM jobs WHERE false;

DO $$
BEGIN
  ASSERT (SELECT relrowsecurity AND relforcerowsecurity
            FROM pg_class WHERE oid = 'jobs'::regclass), 'jobs is behind the wall';
  ASSERT has_column_privilege('purser_resource', 'jobs', 'payload', 'INSERT');
  ASSERT NOT has_table_privilege('purser_resource', 'jobs', 'SELECT');
END
$$;

ROLLBACK;
