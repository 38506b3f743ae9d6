-- Verify orders.
BEGIN;
SET LOCAL search_path = purser;

SELECT tenant_id, id, number, status, customer_name, customer_email, customer_phone, pickup_date,
  notes, reason, currency, subtotal, tax_total, total, payment_status, placed_by, revision,
  created_at, updated_at FROM orders WHERE false;
SELECT tenant_id, id, order_id, position, product_id, name, quantity, unit_price, tax_rate, tax,
  total, tracked, note, created_at, updated_at FROM order_lines WHERE false;

DO $$
DECLARE
  v_table text;
BEGIN
  FOREACH v_table IN ARRAY ARRAY['orders', 'order_lines'] LOOP
    ASSERT (SELECT relrowsecurity AND relforcerowsecurity
              FROM pg_class WHERE oid = v_table::regclass), v_table || ' is behind the wall';
    ASSERT EXISTS (SELECT FROM pg_policy
                    WHERE polrelid = v_table::regclass AND polname = 'tenant'),
      v_table || ' has the policy';
  END LOOP;
  ASSERT EXISTS (SELECT FROM pg_constraint
                  WHERE conrelid = 'stock_movements'::regclass AND contype = 'f'
                    AND confrelid = 'orders'::regclass AND array_length(conkey, 1) = 2),
    'movements point to orders';
  ASSERT has_table_privilege('purser_orders', 'orders', 'SELECT');
  ASSERT has_table_privilege('purser_orders', 'orders', 'INSERT');
  ASSERT has_column_privilege('purser_orders', 'orders', 'status', 'UPDATE');
  ASSERT NOT has_column_privilege('purser_orders', 'orders', 'number', 'UPDATE');
  ASSERT has_column_privilege('purser_orders', 'stock', 'reserved', 'UPDATE');
  ASSERT has_column_privilege('purser_orders', 'tenant_state', 'order_number', 'UPDATE');
END
$$;

ROLLBACK;
