-- Revert search.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

CALL drop_program('search');
DROP FUNCTION search_clients(uuid, text, int);
DROP FUNCTION search_products(uuid, text, int);
DROP FUNCTION search_orders(uuid, text, int);
DROP POLICY finder ON clients;
DROP POLICY finder ON products;
DROP POLICY finder ON orders;
ALTER TABLE clients DROP COLUMN search;
ALTER TABLE products DROP COLUMN search;
ALTER TABLE orders DROP COLUMN search;
DROP PROCEDURE make_searchable(regclass, text, text);
DROP FUNCTION search_in(uuid, text, text, text, int);
DROP FUNCTION search_ids(uuid, text, tsquery, tsquery, int);
DROP FUNCTION search_index(uuid, text, tsquery, int);
DROP FUNCTION search_newest(uuid, text, tsquery, tsquery, int, int);
DROP FUNCTION search_query(uuid, text, boolean, boolean);
DROP FUNCTION search_quoted(text);
DROP FUNCTION search_lexemes(uuid, text, text, text, text);
DROP FUNCTION search_spellings(text);
DROP FUNCTION search_words(text);
DROP FUNCTION search_fold(text);
DROP OWNED BY purser_finder;
DROP EXTENSION unaccent;
DROP EXTENSION pg_trgm;
DROP SCHEMA extensions;

DO $$
BEGIN
  DROP ROLE purser_finder;
EXCEPTION
  WHEN dependent_objects_still_exist THEN
    RAISE NOTICE 'role purser_finder stays: another database needs it';
END
$$;

COMMIT;
