-- sql/deploy/pickup.sql: when a shop is open, how much it hands out at a time, and who may say so.
\ir fixture.psql
SELECT plan(53);

-- Opening hours. 2026-05-01 is a Friday.
SELECT ok(shop_open('[]', '[]', t::timestamp), 'no hours: open, at ' || t)
  FROM unnest(ARRAY['2026-05-01 00:00', '2026-05-03 23:59:59']) t;

CREATE FUNCTION pg_temp.open_at(p_local text) RETURNS boolean LANGUAGE plpgsql
AS $$
BEGIN
  RETURN shop_open('[{"day": 1, "opens": "08:00", "closes": "12:00"},
      {"day": 1, "opens": "14:00", "closes": "18:00"},
      {"day": 5, "opens": "20:00", "closes": "24:00"},
      {"day": 6, "opens": "00:00", "closes": "02:00"},
      {"day": 7, "opens": "00:00", "closes": "24:00"}]',
    '[{"date": "2026-05-10", "note": "Fair"}, {"date": "2026-05-11"}]', p_local::timestamp);
END
$$;
SELECT is(pg_temp.open_at(t), open, format('%s %s: %s', t, CASE WHEN open THEN 'open' ELSE 'closed' END, why))
  FROM (VALUES
    ('2026-05-04 08:00', true, 'as the hours begin'),
    ('2026-05-04 07:59:59.999999', false, 'just before'),
    ('2026-05-04 11:59:59.999999', true, 'up to their end'),
    ('2026-05-04 12:00', false, 'and not at it'),
    ('2026-05-04 13:59', false, 'between two'),
    ('2026-05-04 14:00', true, 'in the second'),
    ('2026-05-04 18:00', false, 'after the second'),
    ('2026-05-05 08:00', false, 'a day without hours'),
    ('2026-05-01 19:59', false, 'before the evening'),
    ('2026-05-01 23:59:59', true, '24:00 is the end of the day'),
    ('2026-05-02 00:00', true, 'and the next begins'),
    ('2026-05-02 02:00', false, 'where its own hours end'),
    ('2026-05-03 00:00', true, 'Sunday is the seventh day'),
    ('2026-05-03 23:59:59.999999', true, 'all of it'),
    ('2026-05-10 12:00', false, 'a closed day wins over hours'),
    ('2026-05-11 08:00', false, 'noted or not'),
    ('2026-05-18 08:00', true, 'and is one day alone')) v (t, open, why);
SELECT ok(NOT shop_open('[]', '[{"date": "2026-05-10"}]', '2026-05-10 12:00'),
  'a shop that is always open can close for a day');
SELECT ok(shop_open('[]', '[{"date": "2026-05-10"}]', '2026-05-11 00:00'), 'and not for two');
SELECT ok(NOT shop_open('[{"day": 1, "opens": "08:00", "closes": "08:00"}]', '[]',
  '2026-05-04 08:00'), 'hours that end as they begin never are');
SELECT ok(NOT shop_open('[{"day": 1, "opens": "18:00", "closes": "08:00"}]', '[]',
  '2026-05-04 19:00'), 'nor those that end before');

-- Slots: a capacity is that of the moment in which one more is taken.
CREATE FUNCTION pg_temp.take(p_slot text, p_capacity int) RETURNS int LANGUAGE plpgsql
AS $$
DECLARE
  v_taken int;
BEGIN
  INSERT INTO purser.pickup_slots AS k (tenant_id, slot, taken, capacity)
  VALUES (pg_temp.id('a'), p_slot::timestamp, 1, p_capacity)
  ON CONFLICT (tenant_id, slot) DO UPDATE SET taken = k.taken + 1, capacity = excluded.capacity,
    updated_at = now()
  RETURNING k.taken INTO v_taken;
  RETURN v_taken;
END
$$;
CREATE FUNCTION pg_temp.leave(p_slot text) RETURNS int LANGUAGE plpgsql
AS $$
DECLARE
  v_taken int;
BEGIN
  UPDATE purser.pickup_slots k SET taken = greatest(k.taken - 1, 0), updated_at = now()
   WHERE k.tenant_id = pg_temp.id('a') AND k.slot = p_slot::timestamp RETURNING k.taken INTO v_taken;
  RETURN v_taken;
END
$$;
CREATE FUNCTION pg_temp.refuses(p_slot text, p_capacity int, p_why text) RETURNS text
LANGUAGE sql
AS $$ SELECT throws_ok(format('SELECT pg_temp.take(%L, %s)', p_slot, p_capacity), '23514',
  'new row for relation "pickup_slots" violates check constraint "pickup_slots_capacity_check"',
  p_why) $$;

SET LOCAL ROLE purser_orders;
SELECT pg_temp.enter('a') \g /dev/null
SELECT is(pg_temp.take('2026-05-04 08:00', 2), 1, 'the first of a slot');
SELECT is(pg_temp.take('2026-05-04 08:00', 2), 2, 'the last of it');
SELECT pg_temp.refuses('2026-05-04 08:00', 2, 'one too many is refused');
SELECT is(pg_temp.take('2026-05-04 08:15', 2), 1, 'the next slot is another');
SELECT is(pg_temp.leave('2026-05-04 08:00'), 1, 'one leaves');
SELECT is(pg_temp.take('2026-05-04 08:00', 2), 2, 'and another has the place');
SELECT is(pg_temp.take('2026-05-04 08:00', 3), 3, 'a capacity that was raised counts at once');
SELECT pg_temp.refuses('2026-05-04 08:00', 1, 'so does one that was lowered');
SELECT is(pg_temp.leave('2026-05-04 08:00'), 2, 'those that are there may still leave');
SELECT pg_temp.refuses('2026-05-04 08:00', 1, 'and their places are gone');
SELECT is(pg_temp.leave('2026-05-04 08:15'), 0, 'a slot can be empty again');
SELECT is(pg_temp.leave('2026-05-04 08:15'), 0, 'and no emptier');
SELECT throws_ok($$ DELETE FROM purser.pickup_slots $$, '42501', NULL,
  'orders takes no slot away');
SELECT throws_ok($$ UPDATE purser.pickup_slots SET slot = now() $$, '42501', NULL,
  'nor moves one');
SELECT throws_ok($$ UPDATE purser.settings SET lead_time_hours = 0 $$, '42501', NULL,
  'nor changes the rules');
SELECT throws_ok('SELECT tax_number FROM purser.settings', '42501', NULL,
  'and reads what it needs of them');
RESET ROLE;

-- The settings' own program counts slots anew.
SET LOCAL ROLE purser_settings;
SELECT pg_temp.enter('a') \g /dev/null
SELECT lives_ok($$ UPDATE purser.settings SET opening_hours = '[]', closed_days = '[]',
    lead_time_hours = 24, pickup_days_ahead = 30, pickup_slot_minutes = 30,
    pickup_slot_capacity = 5, contact_email = 'a@b.c', contact_phone = '1', address = 'x',
    tax_number = 'DE1', brand_color = '#d2691e', revision = revision + 1, updated_at = now()
   WHERE tenant_id = pg_temp.id('a') $$, 'settings can be changed');
SELECT throws_ok($$ UPDATE purser.settings SET tenant_id = pg_temp.id('b') $$, '42501', NULL,
  'but not given away');
SELECT throws_ok($$ INSERT INTO purser.settings (tenant_id) VALUES (pg_temp.id('a')) $$, '42501',
  NULL, 'nor made, but with their tenant');
SELECT lives_ok($$ DELETE FROM purser.pickup_slots WHERE tenant_id = pg_temp.id('a') $$,
  'slots can be cleared');
SELECT lives_ok($$ INSERT INTO purser.pickup_slots (tenant_id, slot, taken, capacity)
  SELECT pg_temp.id('a'), date_bin('30 min', o.pickup_date AT TIME ZONE 'UTC',
    timestamp '2000-01-01') AS slot, count(*), greatest(count(*), 5)
    FROM purser.orders o WHERE o.tenant_id = pg_temp.id('a') AND o.status = 'pending'
   GROUP BY slot RETURNING slot $$, 'and filled from the orders there are');
SELECT throws_ok('SELECT customer_name FROM purser.orders', '42501', NULL,
  'of which it knows no customers');
SELECT throws_ok('SELECT unit_price FROM purser.products', '42501', NULL, 'nor prices');
RESET ROLE;
SELECT row_eq($$ SELECT count(*), min(taken), min(capacity) FROM pickup_slots
   WHERE tenant_id = pg_temp.id('a') $$, ROW (1::bigint, 1, 5), 'one order, one slot');
SELECT row_eq($$ SELECT count(*), min(taken), min(capacity) FROM pickup_slots
   WHERE tenant_id = pg_temp.id('b') $$, ROW (1::bigint, 2, 3), 'and nobody else''s');

SET LOCAL ROLE purser_products;
SELECT lives_ok($$ SELECT slot, taken FROM purser.pickup_slots
   WHERE tenant_id = pg_temp.id('a') $$, 'the catalogue tells whether there is room');
SELECT throws_ok($$ UPDATE purser.pickup_slots SET taken = 0 $$, '42501', NULL, 'and takes none');
SELECT lives_ok($$ SELECT on_hand, reserved FROM purser.stock
   WHERE tenant_id = pg_temp.id('a') $$, 'it tells what is left');
SELECT lives_ok($$ SELECT purser.shop_open('[]', '[]', now()::timestamp) $$, 'and when');
RESET ROLE;
SET LOCAL ROLE purser_categories;
SELECT throws_ok($$ SELECT purser.shop_open('[]', '[]', now()::timestamp) $$, '42501', NULL,
  'who need not ask may not');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
