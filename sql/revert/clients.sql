-- Revert clients.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

REVOKE DELETE ON order_lines FROM purser_orders;
REVOKE UPDATE (subtotal, tax_total, total) ON orders FROM purser_orders;
ALTER TABLE orders DROP COLUMN client_id;
CALL drop_program('clients');
DROP TABLE clients;

COMMIT;
