-- Verify stock.
BEGIN;
SET LOCAL search_path = purser;

SELECT tenant_id, product_id, on_hand, reserved, revision, created_at, updated_at
  FROM stock WHERE false;
SELECT tenant_id, id, product_id, delta, kind, reason, order_id, actor_id, on_hand, created_at,
  updated_at FROM stock_movements WHERE false;

DO $$
DECLARE
  v_table text;
BEGIN
  FOREACH v_table IN ARRAY ARRAY['stock', 'stock_movements'] LOOP
    ASSERT (SELECT relrowsecurity AND relforcerowsecurity
              FROM pg_class WHERE oid = v_table::regclass), v_table || ' is behind the wall';
    ASSERT EXISTS (SELECT FROM pg_policy
                    WHERE polrelid = v_table::regclass AND polname = 'tenant'),
      v_table || ' has the policy';
  END LOOP;
  ASSERT (SELECT count(*) = 3 FROM pg_constraint
           WHERE conrelid = 'stock'::regclass AND contype = 'c'
             AND conname IN ('stock_on_hand_check', 'stock_reserved_check', 'stock_not_oversold')),
    'stock has its three checks';
  ASSERT uuid_v7()::text ~ '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]', 'ids are version 7';
  ASSERT has_column_privilege('purser_inventory', 'stock', 'on_hand', 'UPDATE');
  ASSERT NOT has_column_privilege('purser_inventory', 'stock', 'reserved', 'UPDATE');
  ASSERT has_table_privilege('purser_inventory', 'stock_movements', 'INSERT');
  ASSERT NOT has_any_column_privilege('purser_inventory', 'stock_movements', 'UPDATE'),
    'the ledger is append-only';
  ASSERT has_column_privilege('purser_products', 'stock', 'product_id', 'INSERT');
END
$$;

ROLLBACK;
