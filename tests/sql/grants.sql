-- What each role may reach, as a list to be read: the manifest below equals the catalogue. A line
-- that is indented belongs to the one above. Members have what their groups have.
\ir fixture.psql
SELECT plan(2);

CREATE TEMP TABLE manifest (n int GENERATED ALWAYS AS IDENTITY, line text);
COPY manifest (line) FROM STDIN;
purser_program CONNECT the database

purser_resource EXECUTE authenticate(uuid,bytea,text[])
purser_resource EXECUTE idempotency_claim(uuid,text,text,bytea)
purser_resource EXECUTE touch_session(uuid,uuid)
purser_resource EXECUTE uuid_v7()
purser_resource INSERT events
purser_resource INSERT idempotency_keys
purser_resource INSERT tenant_counts
purser_resource SELECT events
purser_resource SELECT idempotency_keys
purser_resource SELECT tenant_counts
purser_resource SELECT tenant_state (tenant_id, event_seq, event_hash, updated_at)
purser_resource UPDATE tenant_counts (n, updated_at)
purser_resource UPDATE tenant_state (event_seq, event_hash, updated_at)

purser_auth SELECT sessions
purser_auth SELECT settings
purser_auth SELECT tenants
purser_auth SELECT users
purser_auth UPDATE sessions (last_seen_at, updated_at)
purser_auth USAGE schema purser

purser_identity SELECT accounts (id, email_key, password_hash)
purser_identity SELECT settings (tenant_id, currency)
purser_identity SELECT tenant_slugs (slug, tenant_id)
purser_identity SELECT tenants (id, name, active)
purser_identity SELECT users (tenant_id, id, account_id, name, email, role, active)
purser_identity USAGE schema purser

purser_categories is a member of purser_program
purser_categories is a member of purser_resource
purser_categories INSERT categories
purser_categories SELECT categories
purser_categories UPDATE categories (name, slug, position, active, deleted_at, revision,
    updated_at)
purser_categories USAGE schema purser

purser_health is a member of purser_program
purser_health USAGE schema purser

purser_inventory is a member of purser_program
purser_inventory is a member of purser_resource
purser_inventory INSERT stock_movements
purser_inventory SELECT products (tenant_id, id, name, slug, sku, track_stock, active)
purser_inventory SELECT stock
purser_inventory SELECT stock_movements
purser_inventory UPDATE stock (on_hand, revision, updated_at)
purser_inventory USAGE schema purser

purser_orders is a member of purser_program
purser_orders is a member of purser_resource
purser_orders INSERT order_lines
purser_orders INSERT orders
purser_orders INSERT stock_movements
purser_orders SELECT order_lines
purser_orders SELECT orders
purser_orders SELECT products (tenant_id, id, name, slug, sku, unit_price, tax_rate,
    lead_time_hours, track_stock, published, active)
purser_orders SELECT settings (tenant_id, currency, locale, time_zone, prices_include_tax)
purser_orders SELECT stock
purser_orders SELECT stock_movements (tenant_id, id, product_id, delta, kind, order_id, on_hand)
purser_orders SELECT tenant_state (tenant_id, order_number, updated_at)
purser_orders UPDATE orders (status, customer_name, customer_email, customer_phone, pickup_date,
    notes, reason, revision, updated_at)
purser_orders UPDATE stock (on_hand, reserved, revision, updated_at)
purser_orders UPDATE tenant_state (order_number, updated_at)
purser_orders USAGE schema purser

purser_products is a member of purser_program
purser_products is a member of purser_resource
purser_products INSERT products
purser_products INSERT stock (tenant_id, product_id)
purser_products SELECT categories (tenant_id, id, name, slug, active)
purser_products SELECT products
purser_products SELECT stock (tenant_id, product_id)
purser_products UPDATE products (name, slug, sku, description, category_id, unit_price, tax_rate,
    lead_time_hours, track_stock, published, active, deleted_at, revision, updated_at)
purser_products USAGE schema purser

purser_sessions is a member of purser_program
purser_sessions is a member of purser_resource
purser_sessions DELETE sessions
purser_sessions EXECUTE login_candidates(text,text)
purser_sessions INSERT sessions
purser_sessions SELECT sessions (tenant_id, id, user_id, expires_at, last_seen_at, idle_seconds,
    address, user_agent, created_at, updated_at)
purser_sessions SELECT users (tenant_id, id, name, email, role, active)
purser_sessions USAGE schema purser
\.

-- The same lines, from the catalogue.
CREATE TEMP VIEW granted AS
WITH grantees AS (
  SELECT oid, rolname::text AS name FROM pg_roles
   WHERE rolname LIKE 'purser\_%' AND rolname <> 'purser_admin'
   UNION ALL SELECT 0, 'PUBLIC'
), acls AS (
  SELECT coalesce(datacl, acldefault('d', datdba)) AS acl, datdba AS owner,
         'the database' AS object
    FROM pg_database WHERE datname = current_database()
   UNION ALL
  SELECT coalesce(nspacl, acldefault('n', nspowner)), nspowner, 'schema ' || nspname
    FROM pg_namespace WHERE nspname IN ('public', 'purser', 'sqitch')
   UNION ALL
  SELECT relacl, relowner, relname::text
    FROM pg_class WHERE relnamespace = 'purser'::regnamespace
   UNION ALL
  SELECT coalesce(proacl, acldefault('f', proowner)), proowner, oid::regprocedure::text
    FROM pg_proc WHERE pronamespace = 'purser'::regnamespace
)
SELECT g.name || ' is a member of ' || m.roleid::regrole AS line
  FROM pg_auth_members m JOIN grantees g ON g.oid = m.member
 UNION ALL
SELECT g.name || ' ' || a.privilege_type || CASE WHEN a.is_grantable THEN ' (may grant)' ELSE '' END
         || ' ' || o.object
  FROM acls o, aclexplode(o.acl) a JOIN grantees g ON g.oid = a.grantee
 WHERE a.grantee <> o.owner
 UNION ALL
SELECT g.name || ' ' || a.privilege_type || CASE WHEN a.is_grantable THEN ' (may grant)' ELSE '' END
         || ' ' || c.relname || ' (' || string_agg(t.attname, ', ' ORDER BY t.attnum) || ')'
  FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
  JOIN grantees g ON g.oid = a.grantee
 WHERE c.relnamespace = 'purser'::regnamespace
 GROUP BY g.name, a.privilege_type, a.is_grantable, c.relname;

CREATE TEMP VIEW wanted AS
SELECT string_agg(btrim(line), ' ' ORDER BY n) AS line
  FROM (SELECT n, line, count(*) FILTER (WHERE line !~ '^\s') OVER (ORDER BY n) AS item
          FROM manifest WHERE line ~ '\S') m
 GROUP BY item;

SELECT is_empty('SELECT line AS "granted, not listed" FROM granted EXCEPT SELECT line FROM wanted',
  'nothing is granted that is not listed');
SELECT is_empty('SELECT line AS "listed, not granted" FROM wanted EXCEPT SELECT line FROM granted',
  'nothing is listed that is not granted');

SELECT * FROM finish();
ROLLBACK;
