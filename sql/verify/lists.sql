-- Verify lists.
BEGIN;

SELECT 'purser.orders_status_pickup_date_idx'::regclass, 'purser.orders_open_pickup_date_idx'::regclass;

ROLLBACK;
