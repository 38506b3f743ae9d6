-- Revert orders.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

CALL drop_program('orders');
DROP INDEX stock_movements_order_id_idx;
ALTER TABLE stock_movements DROP CONSTRAINT stock_movements_order_id_fkey;
DROP TABLE order_lines;
DROP TABLE orders;

COMMIT;
