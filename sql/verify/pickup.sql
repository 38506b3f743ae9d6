-- Verify pickup.
BEGIN;
SET LOCAL search_path = purser;

SELECT opening_hours, closed_days, lead_time_hours, pickup_days_ahead, pickup_slot_minutes,
  pickup_slot_capacity, contact_email, contact_phone, address, tax_number, brand_color
  FROM settings WHERE false;
SELECT tenant_id, slot, taken, capacity, created_at, updated_at FROM pickup_slots WHERE false;

DO $$
BEGIN
  ASSERT (SELECT relrowsecurity AND relforcerowsecurity
            FROM pg_class WHERE oid = 'pickup_slots'::regclass), 'pickup_slots is behind the wall';
  ASSERT shop_open('[]', '[]', '2026-05-01 03:00'), 'no hours: always open';
  ASSERT NOT shop_open('[{"day": 5, "opens": "08:00", "closes": "18:00"}]', '[]',
    '2026-05-01 18:00'), 'closed at closing time';
  ASSERT has_column_privilege('purser_settings', 'settings', 'opening_hours', 'UPDATE');
  ASSERT NOT has_table_privilege('purser_settings', 'orders', 'SELECT');
END
$$;

ROLLBACK;
