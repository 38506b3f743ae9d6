-- Deploy stock: how many of each product there are, and the ledger that this is the sum of.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

-- One row per product, tracked or not, made together with it. Orders update it all day: nothing
-- but the key is indexed and pages are half empty, so updates stay HOT.
CREATE TABLE stock (
  tenant_id uuid NOT NULL,
  product_id uuid NOT NULL,
  on_hand bigint NOT NULL DEFAULT 0,
  reserved bigint NOT NULL DEFAULT 0,
  revision bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT stock_pkey PRIMARY KEY (tenant_id, product_id),
  CONSTRAINT stock_product_id_fkey FOREIGN KEY (tenant_id, product_id)
    REFERENCES products (tenant_id, id),
  CONSTRAINT stock_on_hand_check CHECK (on_hand >= 0),
  CONSTRAINT stock_reserved_check CHECK (reserved >= 0),
  CONSTRAINT stock_not_oversold CHECK (reserved <= on_hand)
) WITH (fillfactor = 50);
CALL secure_tenant_table('stock');

-- Append-only by its grants; on_hand is the balance after the movement.
CREATE TABLE stock_movements (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  product_id uuid NOT NULL,
  delta bigint NOT NULL,
  kind text NOT NULL,
  reason text,
  order_id uuid,
  actor_id uuid DEFAULT nullif(current_setting('app.current_user', true), '')::uuid,
  on_hand bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT stock_movements_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT stock_movements_product_id_fkey FOREIGN KEY (tenant_id, product_id)
    REFERENCES products (tenant_id, id),
  CONSTRAINT stock_movements_delta_check CHECK (delta <> 0),
  CONSTRAINT stock_movements_kind_check CHECK (kind IN ('adjustment', 'sale', 'return')),
  CONSTRAINT stock_movements_reason_check CHECK (length(reason) <= 2000),
  CONSTRAINT stock_movements_on_hand_check CHECK (on_hand >= 0)
);
CREATE INDEX stock_movements_product_id_idx
  ON stock_movements (tenant_id, product_id, created_at, id);
CALL secure_tenant_table('stock_movements');

-- An id for rows that a statement makes out of other rows, where C cannot know how many there will
-- be (RFC 9562, 5.7; all other ids come from C).
CREATE FUNCTION uuid_v7() RETURNS uuid
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_bytes bytea := uuid_send(gen_random_uuid());
  v_millis bigint := extract(epoch FROM clock_timestamp()) * 1000;
BEGIN
  v_bytes := overlay(v_bytes PLACING substring(int8send(v_millis) FROM 3) FROM 1 FOR 6);
  v_bytes := set_byte(v_bytes, 6, (get_byte(v_bytes, 6) & 15) | 112);
  RETURN encode(v_bytes, 'hex')::uuid;
END
$$;
GRANT EXECUTE ON FUNCTION uuid_v7() TO purser_resource;

CALL create_program('inventory');
GRANT SELECT ON stock TO purser_inventory;
GRANT UPDATE (on_hand, revision, updated_at) ON stock TO purser_inventory;
GRANT SELECT ON stock_movements TO purser_inventory;
GRANT INSERT ON stock_movements TO purser_inventory;
GRANT SELECT (tenant_id, id, slug, sku, name, track_stock, active) ON products TO purser_inventory;

GRANT SELECT (tenant_id, product_id) ON stock TO purser_products;
GRANT INSERT (tenant_id, product_id) ON stock TO purser_products;

COMMIT;
