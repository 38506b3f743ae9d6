-- Every CHECK bites: for each a change to the fixture's rows that it must refuse, by its name. The
-- handlers tell faults by these names.
\ir fixture.psql
SELECT * FROM no_plan();

SELECT claim_try(sha256('a try'), NULL) \g /dev/null

CREATE TEMP TABLE bad (line int GENERATED ALWAYS AS IDENTITY, name text, change text);
INSERT INTO bad (name, change) VALUES
  ('accounts_email_check', $$email = '', email_key = ''$$),
  ('accounts_email_key_check', $$email_key = 'A@pgtap.invalid'$$),
  ('api_keys_key_hash_check', $$key_hash = '\x000102030405060708090a0b0c0d0e'$$),
  ('api_keys_name_check', $$name = ''$$),
  ('api_keys_name_check', $$name = repeat('x', 501)$$),
  ('api_keys_prefix_check', $$prefix = ''$$),
  ('api_keys_prefix_check', $$prefix = repeat('x', 21)$$),
  ('api_keys_scopes_check', $$scopes = '{}'$$),
  ('api_keys_scopes_check', $$scopes = array_fill('x'::text, '{51}')$$),
  ('categories_name_check', $$name = ''$$),
  ('categories_slug_check', $$slug = 'Cakes'$$),
  ('categories_slug_check', $$slug = ''$$),
  ('categories_slug_check', $$slug = '0190d0f0-0000-7000-8000-000000000001'$$),
  ('clients_address_check', $$address = repeat('x', 2001)$$),
  ('clients_email_check', $$email = repeat('x', 321)$$),
  ('clients_merged_into_check', $$merged_into = gen_random_uuid()$$),
  ('clients_merged_into_self_check', $$active = false, deleted_at = now(), merged_into = id$$),
  ('clients_name_check', $$name = ''$$),
  ('clients_notes_check', $$notes = repeat('x', 20001)$$),
  ('clients_phone_check', $$phone = repeat('x', 101)$$),
  ('clients_slug_check', $$slug = 'Client'$$),
  ('clients_slug_check', $$slug = ''$$),
  ('clients_slug_check', $$slug = '0190d0f0-0000-7000-8000-000000000001'$$),
  ('clients_tags_check', $$tags = array_fill('x'::text, '{51}')$$),
  ('events_hash_version_check', $$hash_version = 3$$),
  ('events_kind_check', $$kind = ''$$),
  ('events_object_type_check', $$object_type = ''$$),
  ('events_request_id_check', $$request_id = repeat('x', 201)$$),
  ('events_seq_check', $$seq = 0$$),
  ('idempotency_keys_key_check', $$key = ''$$),
  ('idempotency_keys_key_check', $$key = repeat('x', 256)$$),
  ('idempotency_keys_status_check', $$status = 404$$),
  ('invitations_seed_check', $$seed = '\x00'$$),
  ('invitations_tries_check', $$tries = -1$$),
  ('jobs_attempts_check', $$attempts = -1$$),
  ('jobs_crashes_check', $$crashes = -1$$),
  ('jobs_fence_check', $$fence = -1$$),
  ('jobs_kind_check', $$kind = ''$$),
  ('jobs_leased_until_check', $$status = 'running'$$),
  ('jobs_leased_until_check', $$leased_until = now()$$),
  ('jobs_max_attempts_check', $$max_attempts = 0$$),
  ('jobs_max_attempts_check', $$max_attempts = 101$$),
  ('jobs_payload_check', $$payload = '[]'$$),
  ('jobs_request_id_check', $$request_id = repeat('x', 201)$$),
  ('jobs_status_check', $$status = 'lost'$$),
  ('jobs_unique_key_check', $$unique_key = ''$$),
  ('jobs_unique_key_check', $$unique_key = repeat('x', 256)$$),
  ('login_tries_key_check', $$key = '\x00'$$),
  ('login_tries_kind_check', $$kind = 'guess'$$),
  ('order_lines_name_check', $$name = ''$$),
  ('order_lines_note_check', $$note = repeat('x', 2001)$$),
  ('order_lines_position_check', $$position = -1$$),
  ('order_lines_quantity_check', $$quantity = 0$$),
  ('order_lines_quantity_check', $$quantity = 100001$$),
  ('order_lines_tax_check', $$tax = -1$$),
  ('order_lines_tax_rate_check', $$tax_rate = -1$$),
  ('order_lines_tax_rate_check', $$tax_rate = 10001$$),
  ('order_lines_total_check', $$total = -1$$),
  ('order_lines_unit_price_check', $$unit_price = -1$$),
  ('orders_currency_check', $$currency = 'eur'$$),
  ('orders_customer_email_check', $$customer_email = repeat('x', 321)$$),
  ('orders_customer_name_check', $$customer_name = ''$$),
  ('orders_customer_phone_check', $$customer_phone = repeat('x', 101)$$),
  ('orders_notes_check', $$notes = repeat('x', 20001)$$),
  ('orders_number_check', $$number = 0$$),
  ('orders_payment_status_check', $$payment_status = 'free'$$),
  ('orders_reason_check', $$reason = repeat('x', 2001)$$),
  ('orders_status_check', $$status = 'lost'$$),
  ('orders_subtotal_check', $$subtotal = -1$$),
  ('orders_tax_total_check', $$tax_total = -1$$),
  ('orders_total_check', $$total = -1$$),
  ('pickup_slots_capacity_check', $$taken = 4$$),
  ('pickup_slots_capacity_check', $$capacity = 1$$),
  ('pickup_slots_taken_check', $$taken = -1$$),
  ('products_description_check', $$description = repeat('x', 20001)$$),
  ('products_lead_time_hours_check', $$lead_time_hours = -1$$),
  ('products_name_check', $$name = ''$$),
  ('products_sku_check', $$sku = ''$$),
  ('products_slug_check', $$slug = 'cake 1'$$),
  ('products_slug_check', $$slug = 'cake' || chr(10)$$),
  ('products_slug_check', $$slug = '0190d0f0-0000-7000-8000-000000000001'$$),
  ('products_tax_rate_check', $$tax_rate = -1$$),
  ('products_tax_rate_check', $$tax_rate = 10001$$),
  ('products_unit_price_check', $$unit_price = -1$$),
  ('sessions_idle_seconds_check', $$idle_seconds = 0$$),
  ('sessions_token_hash_check', $$token_hash = '\x00'$$),
  ('sessions_user_agent_check', $$user_agent = repeat('x', 2001)$$),
  ('settings_address_check', $$address = repeat('x', 2001)$$),
  ('settings_brand_color_check', $$brand_color = 'red'$$),
  ('settings_brand_color_check', $$brand_color = '#D2691E'$$),
  ('settings_brand_color_check', $$brand_color = '#d2691e '$$),
  ('settings_closed_days_check', $$closed_days = '{}'$$),
  ('settings_contact_email_check', $$contact_email = repeat('x', 321)$$),
  ('settings_contact_phone_check', $$contact_phone = repeat('x', 101)$$),
  ('settings_cors_origins_check', $$cors_origins = array_fill('x'::text, '{21}')$$),
  ('settings_currency_check', $$currency = 'EURO'$$),
  ('settings_lead_time_hours_check', $$lead_time_hours = -1$$),
  ('settings_locale_check', $$locale = ''$$),
  ('settings_opening_hours_check', $$opening_hours = '{}'$$),
  ('settings_pickup_days_ahead_check', $$pickup_days_ahead = 0$$),
  ('settings_pickup_slot_capacity_check', $$pickup_slot_capacity = 0$$),
  ('settings_pickup_slot_minutes_check', $$pickup_slot_minutes = 0$$),
  ('settings_pickup_slot_minutes_check', $$pickup_slot_minutes = 1441$$),
  ('settings_tax_number_check', $$tax_number = repeat('x', 101)$$),
  ('settings_time_zone_check', $$time_zone = ''$$),
  ('stock_movements_delta_check', $$delta = 0$$),
  ('stock_movements_kind_check', $$kind = 'theft'$$),
  ('stock_movements_on_hand_check', $$on_hand = -1$$),
  ('stock_movements_reason_check', $$reason = repeat('x', 2001)$$),
  -- Checks run by name: what is below 0 but not below reserved cannot be had otherwise.
  ('stock_not_oversold', $$reserved = 11$$),
  ('stock_not_oversold', $$on_hand = 1$$),
  ('stock_not_oversold', $$on_hand = -1$$),
  ('stock_on_hand_check', $$on_hand = -1, reserved = -1$$),
  ('stock_reserved_check', $$reserved = -1$$),
  ('tenant_counts_n_check', $$n = -1$$),
  ('tenant_slugs_slug_check', $$slug = 'Sweet'$$),
  ('tenant_slugs_slug_check', $$slug = '0190d0f0-0000-7000-8000-000000000001'$$),
  ('tenant_state_event_seq_check', $$event_seq = -1$$),
  ('tenant_state_order_number_check', $$order_number = -1$$),
  ('tenants_name_check', $$name = ''$$),
  ('users_email_check', $$email = ''$$),
  ('users_name_check', $$name = ''$$),
  ('users_role_check', $$role = 'root'$$);

-- Soft delete is the same everywhere.
INSERT INTO bad (name, change)
SELECT conname, change FROM pg_constraint,
       unnest(ARRAY['active = false', 'deleted_at = now()']) AS change
 WHERE connamespace = 'purser'::regnamespace AND contype = 'c' AND conname LIKE '%\_active\_check';

SELECT is_empty($$
  SELECT conname FROM pg_constraint
   WHERE connamespace = 'purser'::regnamespace AND contype = 'c'
  EXCEPT SELECT name FROM bad $$, 'every CHECK is tried here');

SELECT throws_ok(
         format('UPDATE %s SET %s WHERE %s', c.conrelid::regclass, b.change,
           CASE c.conrelid::regclass::text
             WHEN 'accounts' THEN 'id = pg_temp.id(''a account'')'
             WHEN 'login_tries' THEN 'key = sha256(''a try'')'
             WHEN 'tenants' THEN 'id = pg_temp.id(''a'')'
             ELSE 'tenant_id = pg_temp.id(''a'')' END),
         '23514',
         format('new row for relation "%s" violates check constraint "%s"',
           c.conrelid::regclass, b.name),
         b.name || ': ' || b.change)
  FROM bad b
  LEFT JOIN pg_constraint c
    ON c.conname = b.name AND c.connamespace = 'purser'::regnamespace
 ORDER BY b.line;

SELECT * FROM finish();
ROLLBACK;
