-- Deploy pickup: when a shop hands out what was ordered, and how much of it at a time.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

-- opening_hours: [{"day": 1, "opens": "08:00", "closes": "18:00"}, ...], days as ISO 8601 counts
-- them, Monday first, times local; empty: always open. closed_days: [{"date": "2026-12-25", "note":
-- null}, ...]. No slot capacity: any number at a time.
ALTER TABLE settings
  ADD COLUMN opening_hours jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN closed_days jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN lead_time_hours int NOT NULL DEFAULT 0,
  ADD COLUMN pickup_days_ahead int,
  ADD COLUMN pickup_slot_minutes int NOT NULL DEFAULT 15,
  ADD COLUMN pickup_slot_capacity int,
  ADD COLUMN contact_email text,
  ADD COLUMN contact_phone text,
  ADD COLUMN address text,
  ADD COLUMN tax_number text,
  ADD COLUMN brand_color text,
  ADD CONSTRAINT settings_opening_hours_check CHECK (jsonb_typeof(opening_hours) = 'array'),
  ADD CONSTRAINT settings_closed_days_check CHECK (jsonb_typeof(closed_days) = 'array'),
  ADD CONSTRAINT settings_lead_time_hours_check CHECK (lead_time_hours >= 0),
  ADD CONSTRAINT settings_pickup_days_ahead_check CHECK (pickup_days_ahead > 0),
  ADD CONSTRAINT settings_pickup_slot_minutes_check CHECK (pickup_slot_minutes BETWEEN 1 AND 1440),
  ADD CONSTRAINT settings_pickup_slot_capacity_check CHECK (pickup_slot_capacity > 0),
  ADD CONSTRAINT settings_contact_email_check CHECK (length(contact_email) <= 320),
  ADD CONSTRAINT settings_contact_phone_check CHECK (length(contact_phone) <= 100),
  ADD CONSTRAINT settings_address_check CHECK (length(address) <= 2000),
  ADD CONSTRAINT settings_tax_number_check CHECK (length(tax_number) <= 100),
  ADD CONSTRAINT settings_brand_color_check CHECK (brand_color ~ '^#[0-9a-f]{6}$');

-- How many orders are to be picked up in a slot, kept where a capacity is set. slot is its local
-- beginning. Upserts raise taken and tell the capacity of that moment, so the check refuses the
-- one too many; a capacity lowered later leaves those that are there alone.
CREATE TABLE pickup_slots (
  tenant_id uuid NOT NULL,
  slot timestamp NOT NULL,
  taken int NOT NULL,
  capacity int NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT pickup_slots_pkey PRIMARY KEY (tenant_id, slot),
  CONSTRAINT pickup_slots_taken_check CHECK (taken >= 0),
  CONSTRAINT pickup_slots_capacity_check CHECK (taken <= capacity)
) WITH (fillfactor = 50);
CALL secure_tenant_table('pickup_slots');

-- Whether a shop is open at a local time. Touches no table.
CREATE FUNCTION shop_open(p_hours jsonb, p_closed jsonb, p_local timestamp) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_time text := to_char(p_local, 'HH24:MI');
BEGIN
  IF p_closed @> jsonb_build_array(jsonb_build_object('date', to_char(p_local, 'YYYY-MM-DD'))) THEN
    RETURN false;
  END IF;
  RETURN p_hours = '[]' OR EXISTS (
    SELECT FROM jsonb_to_recordset(p_hours) AS h (day int, opens text, closes text)
     WHERE h.day = extract(isodow FROM p_local) AND v_time >= h.opens AND v_time < h.closes);
END
$$;

GRANT EXECUTE ON FUNCTION shop_open(jsonb, jsonb, timestamp) TO purser_orders;
GRANT EXECUTE ON FUNCTION shop_open(jsonb, jsonb, timestamp) TO purser_products;
GRANT SELECT (opening_hours, closed_days, lead_time_hours, pickup_days_ahead, pickup_slot_minutes,
  pickup_slot_capacity) ON settings TO purser_orders;
GRANT SELECT (tenant_id, time_zone, opening_hours, closed_days, lead_time_hours, pickup_days_ahead,
  pickup_slot_minutes, pickup_slot_capacity) ON settings TO purser_products;
GRANT SELECT (tenant_id, slot, taken, capacity) ON pickup_slots TO purser_orders;
GRANT INSERT (tenant_id, slot, taken, capacity) ON pickup_slots TO purser_orders;
GRANT UPDATE (taken, capacity, updated_at) ON pickup_slots TO purser_orders;
GRANT SELECT (tenant_id, slot, taken) ON pickup_slots TO purser_products;
GRANT SELECT (on_hand, reserved) ON stock TO purser_products;

CALL create_program('settings');
GRANT SELECT ON settings TO purser_settings;
GRANT UPDATE (currency, locale, time_zone, prices_include_tax, opening_hours, closed_days,
  lead_time_hours, pickup_days_ahead, pickup_slot_minutes, pickup_slot_capacity, contact_email,
  contact_phone, address, tax_number, brand_color, revision, updated_at)
  ON settings TO purser_settings;
GRANT SELECT (tenant_id, status, pickup_date) ON orders TO purser_settings;
GRANT SELECT (tenant_id) ON products TO purser_settings;
GRANT SELECT (tenant_id, slot, taken, capacity) ON pickup_slots TO purser_settings;
GRANT INSERT (tenant_id, slot, taken, capacity) ON pickup_slots TO purser_settings;
GRANT UPDATE (taken, capacity) ON pickup_slots TO purser_settings;
GRANT DELETE ON pickup_slots TO purser_settings;

COMMIT;
