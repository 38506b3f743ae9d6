-- Deploy orders: what customers asked for, with the prices of that moment.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

CREATE TABLE orders (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  number bigint NOT NULL,
  status text NOT NULL DEFAULT 'pending',
  customer_name text NOT NULL,
  customer_email text,
  customer_phone text,
  pickup_date timestamptz NOT NULL,
  notes text,
  reason text,
  currency text NOT NULL,
  subtotal bigint NOT NULL,
  tax_total bigint NOT NULL,
  total bigint NOT NULL,
  payment_status text NOT NULL DEFAULT 'none',
  placed_by uuid,
  revision bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT orders_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT orders_number_key UNIQUE (tenant_id, number),
  CONSTRAINT orders_placed_by_fkey FOREIGN KEY (tenant_id, placed_by)
    REFERENCES users (tenant_id, id),
  CONSTRAINT orders_number_check CHECK (number > 0),
  CONSTRAINT orders_status_check CHECK (status IN ('pending', 'approved', 'in_production', 'ready',
    'completed', 'rejected', 'expired', 'no_show', 'cancelled')),
  CONSTRAINT orders_payment_status_check
    CHECK (payment_status IN ('none', 'partial', 'paid', 'refunded')),
  CONSTRAINT orders_customer_name_check CHECK (length(customer_name) BETWEEN 1 AND 500),
  CONSTRAINT orders_customer_email_check CHECK (length(customer_email) <= 320),
  CONSTRAINT orders_customer_phone_check CHECK (length(customer_phone) <= 100),
  CONSTRAINT orders_notes_check CHECK (length(notes) <= 20000),
  CONSTRAINT orders_reason_check CHECK (length(reason) <= 2000),
  CONSTRAINT orders_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  CONSTRAINT orders_subtotal_check CHECK (subtotal >= 0),
  CONSTRAINT orders_tax_total_check CHECK (tax_total >= 0),
  CONSTRAINT orders_total_check CHECK (total >= 0)
);
-- What lists filter and sort by; id breaks ties, so that pages neither skip nor repeat a row.
CREATE INDEX orders_status_idx ON orders (tenant_id, status, created_at, id);
CREATE INDEX orders_pickup_date_idx ON orders (tenant_id, pickup_date, id);
CREATE INDEX orders_created_at_idx ON orders (tenant_id, created_at, id);
CREATE INDEX orders_total_idx ON orders (tenant_id, total, id);
CREATE INDEX orders_customer_name_idx ON orders (tenant_id, customer_name, id);
CREATE INDEX orders_placed_by_idx ON orders (tenant_id, placed_by);
CALL secure_tenant_table('orders');

CREATE TABLE order_lines (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  order_id uuid NOT NULL,
  position int NOT NULL,
  product_id uuid NOT NULL,
  name text NOT NULL,
  quantity int NOT NULL,
  unit_price bigint NOT NULL,
  tax_rate int NOT NULL,
  tax bigint NOT NULL,
  total bigint NOT NULL,
  note text,
  tracked boolean NOT NULL DEFAULT true, -- whether it took part in stock when it was placed
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT order_lines_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT order_lines_position_key UNIQUE (tenant_id, order_id, position),
  CONSTRAINT order_lines_order_id_fkey FOREIGN KEY (tenant_id, order_id)
    REFERENCES orders (tenant_id, id),
  CONSTRAINT order_lines_product_id_fkey FOREIGN KEY (tenant_id, product_id)
    REFERENCES products (tenant_id, id),
  CONSTRAINT order_lines_position_check CHECK (position >= 0),
  CONSTRAINT order_lines_name_check CHECK (length(name) BETWEEN 1 AND 500),
  CONSTRAINT order_lines_quantity_check CHECK (quantity BETWEEN 1 AND 100000),
  CONSTRAINT order_lines_unit_price_check CHECK (unit_price >= 0),
  CONSTRAINT order_lines_tax_rate_check CHECK (tax_rate BETWEEN 0 AND 10000),
  CONSTRAINT order_lines_tax_check CHECK (tax >= 0),
  CONSTRAINT order_lines_total_check CHECK (total >= 0),
  CONSTRAINT order_lines_note_check CHECK (length(note) <= 2000)
);
CREATE INDEX order_lines_product_id_idx ON order_lines (tenant_id, product_id);
CALL secure_tenant_table('order_lines');

ALTER TABLE stock_movements ADD CONSTRAINT stock_movements_order_id_fkey
  FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id);
CREATE INDEX stock_movements_order_id_idx ON stock_movements (tenant_id, order_id);

CALL create_program('orders');
GRANT SELECT ON orders TO purser_orders;
GRANT INSERT ON orders TO purser_orders;
GRANT UPDATE (status, customer_name, customer_email, customer_phone, pickup_date, notes, reason,
  revision, updated_at) ON orders TO purser_orders;
GRANT SELECT ON order_lines TO purser_orders;
GRANT INSERT ON order_lines TO purser_orders;
GRANT SELECT (tenant_id, id, slug, sku, name, unit_price, tax_rate, lead_time_hours, track_stock,
  published, active) ON products TO purser_orders;
GRANT SELECT (tenant_id, currency, locale, time_zone, prices_include_tax)
  ON settings TO purser_orders;
GRANT SELECT ON stock TO purser_orders;
GRANT UPDATE (on_hand, reserved, revision, updated_at) ON stock TO purser_orders;
GRANT SELECT (tenant_id, id, product_id, order_id, delta, kind, on_hand)
  ON stock_movements TO purser_orders;
GRANT INSERT ON stock_movements TO purser_orders;
GRANT SELECT (tenant_id, order_number, updated_at) ON tenant_state TO purser_orders;
GRANT UPDATE (order_number, updated_at) ON tenant_state TO purser_orders;

COMMIT;
