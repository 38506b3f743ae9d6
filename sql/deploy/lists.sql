-- Deploy lists: what a shop looks at all day, the orders of some states by the day of their pick-up.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

CREATE INDEX orders_status_pickup_date_idx ON orders (tenant_id, status, pickup_date, id);
-- Of several states at once. Those that are under way are few, and the newest, which the planner
-- doesn't know: it would go through all that is done to find them in order.
CREATE INDEX orders_open_pickup_date_idx ON orders (tenant_id, pickup_date, id)
  WHERE status IN ('pending', 'approved', 'in_production', 'ready');

COMMIT;
