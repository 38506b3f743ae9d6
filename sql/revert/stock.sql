-- Revert stock.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

CALL drop_program('inventory');
DROP TABLE stock_movements;
DROP TABLE stock;
DROP FUNCTION uuid_v7();

COMMIT;
