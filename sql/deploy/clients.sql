-- Deploy clients: those a tenant knows by name, and which orders are theirs.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

CREATE TABLE clients (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  slug text NOT NULL,
  email text,
  phone text,
  address text,
  notes text,
  tags text[] NOT NULL DEFAULT '{}',
  active boolean NOT NULL DEFAULT true,
  deleted_at timestamptz,
  revision bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT clients_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT clients_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  CONSTRAINT clients_name_check CHECK (length(name) BETWEEN 1 AND 500),
  CONSTRAINT clients_slug_check CHECK (length(slug) <= 200 AND slug ~ '^[a-z0-9-]+$'
    AND slug !~ '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$'),
  CONSTRAINT clients_email_check CHECK (length(email) <= 320),
  CONSTRAINT clients_phone_check CHECK (length(phone) <= 100),
  CONSTRAINT clients_address_check CHECK (length(address) <= 2000),
  CONSTRAINT clients_notes_check CHECK (length(notes) <= 20000),
  CONSTRAINT clients_tags_check CHECK (cardinality(tags) <= 50),
  CONSTRAINT clients_active_check CHECK (active = (deleted_at IS NULL))
);
CREATE UNIQUE INDEX clients_slug_key ON clients (tenant_id, slug) WHERE active;
CREATE INDEX clients_name_idx ON clients (tenant_id, name, id);
CREATE INDEX clients_email_idx ON clients (tenant_id, email, id);
CREATE INDEX clients_created_at_idx ON clients (tenant_id, created_at, id);
CALL secure_tenant_table('clients');

CALL create_program('clients');
GRANT SELECT ON clients TO purser_clients;
GRANT INSERT ON clients TO purser_clients;
GRANT UPDATE (name, slug, email, phone, address, notes, tags, active, deleted_at, revision,
  updated_at) ON clients TO purser_clients;

ALTER TABLE orders ADD COLUMN client_id uuid;
ALTER TABLE orders ADD CONSTRAINT orders_client_id_fkey
  FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id);
CREATE INDEX orders_client_id_idx ON orders (tenant_id, client_id, created_at, id);

GRANT SELECT (tenant_id, id, name, slug, email, phone, active) ON clients TO purser_orders;
GRANT UPDATE (client_id, subtotal, tax_total, total) ON orders TO purser_orders;
GRANT DELETE ON order_lines TO purser_orders;

COMMIT;
