-- sql/deploy/jobs.sql: programs enqueue in their tenant, one of a kind while it waits, and see nothing.
\ir fixture.psql
SELECT plan(12);

CREATE FUNCTION pg_temp.enqueue(p_tenant text, p_job text, p_key text) RETURNS void LANGUAGE sql
AS $$ INSERT INTO purser.jobs (tenant_id, id, kind, payload, run_at, priority, max_attempts,
    unique_key, request_id)
  VALUES (pg_temp.id(p_tenant), pg_temp.id(p_job), 'mail.send', '{"user_id": 1}', now(), 0, 20, p_key,
    'request') ON CONFLICT DO NOTHING $$;

SELECT set_config('app.current_user', pg_temp.id('a user')::text, true) \g /dev/null
SELECT pg_temp.enter('a') \g /dev/null
SET LOCAL ROLE purser_orders;
SELECT lives_ok($$ SELECT pg_temp.enqueue('a', 'first', 'key') $$, 'a program enqueues');
SELECT lives_ok($$ SELECT pg_temp.enqueue('a', 'second', 'key') $$, 'a second of the same, too');
SELECT lives_ok($$ SELECT pg_temp.enqueue('a', 'other', NULL), pg_temp.enqueue('a', 'more', NULL) $$,
  'and others');
SELECT throws_ok($$ SELECT pg_temp.enqueue('b', 'theirs', NULL) $$, '42501',
  'new row violates row-level security policy for table "jobs"', 'in its tenant alone');
SELECT throws_ok('SELECT 1 FROM purser.jobs', '42501', NULL, 'it reads none');
SELECT throws_ok($$ UPDATE purser.jobs SET status = 'done' $$, '42501', NULL, 'changes none');
SELECT throws_ok('DELETE FROM purser.jobs', '42501', NULL, 'and removes none');
SELECT throws_ok($$ INSERT INTO purser.jobs (tenant_id, id, kind, attempts)
  VALUES (pg_temp.id('a'), pg_temp.id('x'), 'x', 5) $$, '42501', NULL,
  'nor does it say what became of one');
RESET ROLE;
SELECT bag_eq($$ SELECT id FROM jobs WHERE tenant_id = pg_temp.id('a') AND kind = 'mail.send' $$,
  $$ VALUES (pg_temp.id('first')), (pg_temp.id('other')), (pg_temp.id('more')) $$,
  'one that waits is not added to');
SELECT row_eq($$ SELECT status, attempts, actor_id, request_id, leased_until FROM jobs
   WHERE tenant_id = pg_temp.id('a') AND id = pg_temp.id('first') $$,
  ROW ('queued'::text, 0, pg_temp.id('a user'), 'request'::text, NULL::timestamptz),
  'it waits, and knows who asked');
UPDATE jobs SET status = 'running', leased_until = now()
 WHERE tenant_id = pg_temp.id('a') AND id = pg_temp.id('first');
SELECT lives_ok($$ SELECT pg_temp.enqueue('a', 'third', 'key') $$, 'one that runs may be');
SELECT results_eq($$ SELECT status FROM jobs WHERE tenant_id = pg_temp.id('a') AND unique_key = 'key'
   ORDER BY 1 $$, ARRAY['queued', 'running'], 'so that nothing that comes meanwhile is lost');

SELECT * FROM finish();
ROLLBACK;
