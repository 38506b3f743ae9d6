-- Verify catalogue.
BEGIN;
SET LOCAL search_path = purser;

SELECT tenant_id, id, name, slug, position, active, deleted_at, revision, created_at, updated_at
  FROM categories WHERE false;
SELECT tenant_id, id, name, slug, sku, description, category_id, unit_price, tax_rate,
  lead_time_hours, track_stock, published, active, deleted_at, revision, created_at, updated_at
  FROM products WHERE false;

DO $$
DECLARE
  v_table text;
BEGIN
  FOREACH v_table IN ARRAY ARRAY['categories', 'products'] LOOP
    ASSERT (SELECT relrowsecurity AND relforcerowsecurity
              FROM pg_class WHERE oid = v_table::regclass), v_table || ' is behind the wall';
    ASSERT EXISTS (SELECT FROM pg_policy
                    WHERE polrelid = v_table::regclass AND polname = 'tenant'),
      v_table || ' has the policy';
  END LOOP;
  FOREACH v_table IN ARRAY ARRAY['categories_slug_key', 'products_slug_key', 'products_sku_key']
  LOOP
    ASSERT (SELECT indisunique AND pg_get_expr(indpred, indrelid) = 'active'
              FROM pg_index WHERE indexrelid = v_table::regclass), v_table || ' is unique';
  END LOOP;
  ASSERT has_table_privilege('purser_categories', 'categories', 'SELECT');
  ASSERT has_table_privilege('purser_categories', 'categories', 'INSERT');
  ASSERT has_column_privilege('purser_categories', 'categories', 'name', 'UPDATE');
  ASSERT has_table_privilege('purser_products', 'products', 'SELECT');
  ASSERT has_table_privilege('purser_products', 'products', 'INSERT');
  ASSERT has_column_privilege('purser_products', 'products', 'name', 'UPDATE');
  ASSERT NOT has_any_column_privilege('purser_categories', 'products', 'UPDATE');
END
$$;

ROLLBACK;
