-- Deploy catalogue: what a tenant sells, and the categories it is shown under.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

CREATE TABLE categories (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  slug text NOT NULL,
  position int NOT NULL DEFAULT 0,
  active boolean NOT NULL DEFAULT true,
  deleted_at timestamptz,
  revision bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT categories_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT categories_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  CONSTRAINT categories_name_check CHECK (length(name) BETWEEN 1 AND 500),
  CONSTRAINT categories_slug_check CHECK (length(slug) <= 200 AND slug ~ '^[a-z0-9-]+$'
    AND slug !~ '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$'),
  CONSTRAINT categories_active_check CHECK (active = (deleted_at IS NULL))
);
CREATE UNIQUE INDEX categories_slug_key ON categories (tenant_id, slug) WHERE active;
CREATE INDEX categories_position_idx ON categories (tenant_id, position, id);
CREATE INDEX categories_name_idx ON categories (tenant_id, name, id);
CREATE INDEX categories_created_at_idx ON categories (tenant_id, created_at, id);
CALL secure_tenant_table('categories');

-- How many are there stands in stock, so that a sale does not touch the catalogue.
CREATE TABLE products (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  slug text NOT NULL,
  sku text,
  description text,
  category_id uuid,
  unit_price bigint NOT NULL,
  tax_rate int NOT NULL DEFAULT 0,
  lead_time_hours int NOT NULL DEFAULT 0,
  track_stock boolean NOT NULL DEFAULT true,
  published boolean NOT NULL DEFAULT true,
  active boolean NOT NULL DEFAULT true,
  deleted_at timestamptz,
  revision bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT products_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT products_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  CONSTRAINT products_category_id_fkey FOREIGN KEY (tenant_id, category_id)
    REFERENCES categories (tenant_id, id),
  CONSTRAINT products_name_check CHECK (length(name) BETWEEN 1 AND 500),
  CONSTRAINT products_slug_check CHECK (length(slug) <= 200 AND slug ~ '^[a-z0-9-]+$'
    AND slug !~ '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$'),
  CONSTRAINT products_sku_check CHECK (length(sku) BETWEEN 1 AND 200),
  CONSTRAINT products_description_check CHECK (length(description) <= 20000),
  CONSTRAINT products_unit_price_check CHECK (unit_price >= 0),
  CONSTRAINT products_tax_rate_check CHECK (tax_rate BETWEEN 0 AND 10000),
  CONSTRAINT products_lead_time_hours_check CHECK (lead_time_hours >= 0),
  CONSTRAINT products_active_check CHECK (active = (deleted_at IS NULL))
);
CREATE UNIQUE INDEX products_slug_key ON products (tenant_id, slug) WHERE active;
CREATE UNIQUE INDEX products_sku_key ON products (tenant_id, sku) WHERE active;
CREATE INDEX products_category_id_idx ON products (tenant_id, category_id, name, id);
CREATE INDEX products_name_idx ON products (tenant_id, name, id);
CREATE INDEX products_unit_price_idx ON products (tenant_id, unit_price, id);
CREATE INDEX products_created_at_idx ON products (tenant_id, created_at, id);
CALL secure_tenant_table('products');

CALL create_program('categories');
GRANT SELECT ON categories TO purser_categories;
GRANT INSERT ON categories TO purser_categories;
GRANT UPDATE (name, slug, position, active, deleted_at, revision, updated_at)
  ON categories TO purser_categories;

CALL create_program('products');
GRANT SELECT ON products TO purser_products;
GRANT INSERT ON products TO purser_products;
GRANT UPDATE (name, slug, sku, description, category_id, unit_price, tax_rate, lead_time_hours,
  track_stock, published, active, deleted_at, revision, updated_at) ON products TO purser_products;
GRANT SELECT (tenant_id, id, name, slug, active) ON categories TO purser_products;

COMMIT;
