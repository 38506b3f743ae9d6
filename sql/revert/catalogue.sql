-- Revert catalogue.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

CALL drop_program('products');
CALL drop_program('categories');
DROP TABLE products;
DROP TABLE categories;

COMMIT;
