-- Deploy tenants: the businesses, their settings, and the row each of them is serial at.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

-- Global, and granted to nobody: programs learn of a tenant through functions alone.
CREATE TABLE tenants (
  id uuid NOT NULL,
  name text NOT NULL,
  active boolean NOT NULL DEFAULT true,
  deleted_at timestamptz,
  revision bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT tenants_pkey PRIMARY KEY (id),
  CONSTRAINT tenants_name_check CHECK (length(name) BETWEEN 1 AND 500),
  CONSTRAINT tenants_active_check CHECK (active = (deleted_at IS NULL))
);

-- A table of its own, since a slug is unique over all tenants.
CREATE TABLE tenant_slugs (
  slug text NOT NULL,
  tenant_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT tenant_slugs_pkey PRIMARY KEY (slug),
  CONSTRAINT tenant_slugs_tenant_id_key UNIQUE (tenant_id),
  CONSTRAINT tenant_slugs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  CONSTRAINT tenant_slugs_slug_check CHECK (length(slug) <= 200 AND slug ~ '^[a-z0-9-]+$'
    AND slug !~ '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$')
);

CREATE TABLE settings (
  tenant_id uuid NOT NULL,
  currency text NOT NULL DEFAULT 'EUR',
  locale text NOT NULL DEFAULT 'en',
  time_zone text NOT NULL DEFAULT 'UTC',
  prices_include_tax boolean NOT NULL DEFAULT true,
  revision bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT settings_pkey PRIMARY KEY (tenant_id),
  CONSTRAINT settings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  CONSTRAINT settings_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  CONSTRAINT settings_locale_check CHECK (length(locale) BETWEEN 1 AND 35),
  CONSTRAINT settings_time_zone_check CHECK (length(time_zone) BETWEEN 1 AND 100)
);
CALL secure_tenant_table('settings');

-- What a tenant counts without gaps. Writes lock this row as their last, so they commit in its
-- order; nothing of it is indexed and pages are half empty, so updates stay HOT. No foreign key: a
-- row updated twice in a transaction has it checked again, and that locks the tenant's row.
CREATE TABLE tenant_state (
  tenant_id uuid NOT NULL,
  event_seq bigint NOT NULL DEFAULT 0,
  event_hash bytea NOT NULL DEFAULT '\x',
  order_number bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT tenant_state_pkey PRIMARY KEY (tenant_id),
  CONSTRAINT tenant_state_event_seq_check CHECK (event_seq >= 0),
  CONSTRAINT tenant_state_order_number_check CHECK (order_number >= 0)
) WITH (fillfactor = 50);
CALL secure_tenant_table('tenant_state');

-- Exact totals for lists, per resource and status ('' where a resource has none). Here and in the
-- other busy tables tenant_id has no foreign key: each write would lock the tenant's row.
CREATE TABLE tenant_counts (
  tenant_id uuid NOT NULL,
  resource text NOT NULL,
  status text NOT NULL DEFAULT '',
  n bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT tenant_counts_pkey PRIMARY KEY (tenant_id, resource, status),
  CONSTRAINT tenant_counts_n_check CHECK (n >= 0)
) WITH (fillfactor = 50);
CALL secure_tenant_table('tenant_counts');

-- Makes a tenant and the rows that every tenant has. For the operator's command alone.
CREATE FUNCTION create_tenant(p_id uuid, p_slug text, p_name text, p_currency text DEFAULT 'EUR',
  p_time_zone text DEFAULT 'UTC', p_locale text DEFAULT 'en') RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  INSERT INTO purser.tenants (id, name) VALUES (p_id, p_name);
  INSERT INTO purser.tenant_slugs (slug, tenant_id) VALUES (p_slug, p_id);
  INSERT INTO purser.settings (tenant_id, currency, time_zone, locale)
  VALUES (p_id, p_currency, p_time_zone, p_locale);
  INSERT INTO purser.tenant_state (tenant_id) VALUES (p_id);
END
$$;

COMMIT;
