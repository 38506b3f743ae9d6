-- Purser's database and its admin role. A superuser runs this once, on any database of the cluster:
--
--   psql -X -v ON_ERROR_STOP=1 -v dbname=purser -f bootstrap.sql postgres
--
-- Safe to run again. It sets no password: how purser_admin logs in is the cluster's matter.
\set ON_ERROR_STOP on
\if :{?dbname}
\else
  \set dbname purser
\endif

-- BYPASSRLS because migrations and backups must see every tenant's rows; no program runs as it.
SELECT 'CREATE ROLE purser_admin'
 WHERE to_regrole('purser_admin') IS NULL
\gexec
ALTER ROLE purser_admin LOGIN NOSUPERUSER NOCREATEDB CREATEROLE NOREPLICATION BYPASSRLS;

SELECT format('CREATE DATABASE %I OWNER purser_admin TEMPLATE template0 ENCODING %L',
         :'dbname', 'UTF8')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'dbname')
\gexec
ALTER DATABASE :"dbname" OWNER TO purser_admin;
ALTER ROLE purser_admin IN DATABASE :"dbname" SET search_path = purser;
