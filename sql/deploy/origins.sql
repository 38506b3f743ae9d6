-- Deploy origins: which pages of other origins may use a tenant (CORS), and what a time zone is.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

-- What an origin looks like is judged by the program that takes it.
ALTER TABLE settings
  ADD COLUMN cors_origins text[] NOT NULL DEFAULT '{}',
  ADD CONSTRAINT settings_cors_origins_check CHECK (cardinality(cors_origins) <= 20);
GRANT UPDATE (cors_origins) ON settings TO purser_settings;

-- Comes behind authenticate, when a browser says that the page is of another origin: raises PU403
-- unless the tenant lists it, which undoes the whole request.
CREATE FUNCTION check_origin(p_tenant uuid, p_origin text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM purser.settings s
                  WHERE s.tenant_id = p_tenant AND p_origin = ANY (s.cors_origins)) THEN
    RAISE EXCEPTION 'origin not listed' USING ERRCODE = 'PU403', CONSTRAINT = 'origin';
  END IF;
END
$$;

CALL give_function('check_origin(uuid, text)', 'purser_auth');
GRANT EXECUTE ON FUNCTION check_origin(uuid, text) TO purser_resource;

-- PostgreSQL itself would take "XYZ5" too, and write what it doesn't know into its log. Takes some
-- 30 ms.
CREATE FUNCTION time_zone_known(p_name text) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN EXISTS (SELECT FROM pg_timezone_names z WHERE lower(z.name) = lower(p_name));
END
$$;
GRANT EXECUTE ON FUNCTION time_zone_known(text) TO purser_settings;
GRANT EXECUTE ON FUNCTION time_zone_known(text) TO purser_tenants;

COMMIT;
