-- Revert lists.
BEGIN;
SET LOCAL lock_timeout = '1s';

DROP INDEX purser.orders_open_pickup_date_idx;
DROP INDEX purser.orders_status_pickup_date_idx;

COMMIT;
