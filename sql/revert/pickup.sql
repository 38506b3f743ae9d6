-- Revert pickup.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

CALL drop_program('settings');
REVOKE SELECT (tenant_id, time_zone) ON settings FROM purser_products;
REVOKE SELECT (on_hand, reserved) ON stock FROM purser_products;
DROP FUNCTION shop_open(jsonb, jsonb, timestamp);
DROP TABLE pickup_slots;
ALTER TABLE settings
  DROP COLUMN opening_hours,
  DROP COLUMN closed_days,
  DROP COLUMN lead_time_hours,
  DROP COLUMN pickup_days_ahead,
  DROP COLUMN pickup_slot_minutes,
  DROP COLUMN pickup_slot_capacity,
  DROP COLUMN contact_email,
  DROP COLUMN contact_phone,
  DROP COLUMN address,
  DROP COLUMN tax_number,
  DROP COLUMN brand_color;

COMMIT;
