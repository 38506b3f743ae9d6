-- Deploy search: clients, products and orders by words, whatever their accents, even misspelt.
--
-- A searchable table has the words of its rows in one generated column, `search`, and a GIN index
-- over it. A lexeme is a word behind its tenant's tag, so a look into the index costs what the one
-- tenant has, not what all of them have. Behind a '~' stand the spellings that a name's words have
-- when a letter is lost: two words that are one mistake apart share one of these, and so what is
-- misspelt is found as directly as what is not.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

-- Contrib's functions, which everybody is let run: only those below see their schema.
CREATE SCHEMA extensions;
CREATE EXTENSION unaccent SCHEMA extensions;
CREATE EXTENSION pg_trgm SCHEMA extensions;

-- LIKE, % and @@ are not leakproof: under row-level security they use no index. This role owns the
-- functions that search, and has a policy of its own on what is searched.
DO $$
BEGIN
  IF to_regrole('purser_finder') IS NULL THEN
    CREATE ROLE purser_finder NOLOGIN;
  END IF;
END
$$;
GRANT purser_finder TO purser_admin;
GRANT USAGE ON SCHEMA purser TO purser_finder;
GRANT USAGE ON SCHEMA extensions TO purser_finder;

-- As one compares: small letters, no accents. The same for ever, as long as unaccent.rules is.
CREATE FUNCTION search_fold(p_text text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
  RETURN replace(lower(extensions.unaccent('extensions.unaccent', p_text)), '''', '');
END
$$;

CREATE FUNCTION search_words(p_folded text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
  RETURN ARRAY(SELECT left(w, 40) FROM regexp_split_to_table(p_folded, '[^[:alnum:]]+') w
                WHERE w <> '');
END
$$;

-- A word's first seven letters, whole and with each of them left out.
CREATE FUNCTION search_spellings(p_word text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
  v_head text := left(p_word, 7);
  v_all text[] := '{}';
BEGIN
  IF length(p_word) < 4 OR p_word ~ '^[0-9]+$' THEN
    RETURN v_all;
  END IF;
  FOR i IN 1 .. length(v_head) LOOP
    v_all := v_all || ('~' || overlay(v_head PLACING '' FROM i FOR 1));
  END LOOP;
  RETURN v_all || ('~' || v_head);
END
$$;

-- The lexemes of a row. p_name is found misspelt, too; p_words and all else as it stands.
CREATE FUNCTION search_lexemes(p_tenant uuid, p_name text, p_words text, p_email text,
  p_phone text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_tag text := right(p_tenant::text, 6);
  v_name text[] := purser.search_words(purser.search_fold(p_name));
  v_email text := left(purser.search_fold(p_email), 200);
  v_all text[];
  v_word text;
BEGIN
  v_all := v_name || purser.search_words(purser.search_fold(left(p_words, 1000)))
    || purser.search_words(split_part(v_email, '@', 1)) || v_email
    || purser.search_words(p_phone) || regexp_replace(p_phone, '[^0-9]+', '', 'g');
  FOREACH v_word IN ARRAY v_name LOOP
    v_all := v_all || purser.search_spellings(v_word);
  END LOOP;
  RETURN array_to_tsvector(ARRAY(SELECT DISTINCT v_tag || w FROM unnest(v_all) w WHERE w <> ''));
END
$$;

CREATE FUNCTION search_quoted(p_lexeme text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
  RETURN '''' || replace(replace(p_lexeme, '\', '\\'), '''', '''''') || '''';
END
$$;

-- What is asked for: all words, of which the last may go on where p_prefix says so. With
-- p_spellings each may be another one, a letter apart. NULL where no word is.
CREATE FUNCTION search_query(p_tenant uuid, p_folded text, p_prefix boolean, p_spellings boolean)
RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_tag text := right(p_tenant::text, 6);
  v_digits text := regexp_replace(p_folded, '[^0-9]+', '', 'g');
  v_words text[] := '{}';
  v_query text := '';
  v_text text;
  v_ending text := '';
BEGIN
  IF p_folded IS NULL THEN
    RETURN NULL;
  END IF;
  FOREACH v_text IN ARRAY regexp_split_to_array(p_folded, '\s+') LOOP
    v_words := v_words || CASE WHEN v_text LIKE '_%@%' THEN ARRAY[left(v_text, 200)]
                          ELSE purser.search_words(v_text) END;
  END LOOP;
  v_words := v_words[1:8];
  FOR i IN 1 .. cardinality(v_words) LOOP
    IF p_prefix AND i = cardinality(v_words) AND (i > 1 OR length(v_words[i]) > 1) THEN
      v_ending := ':*';
    END IF;
    v_query := v_query || CASE WHEN i > 1 THEN ' & (' ELSE '(' END
      || purser.search_quoted(v_tag || v_words[i]) || v_ending;
    IF p_spellings THEN
      FOREACH v_text IN ARRAY purser.search_spellings(v_words[i]) LOOP
        v_query := v_query || ' | ' || purser.search_quoted(v_tag || v_text)
          || CASE WHEN length(v_words[i]) > 4 THEN v_ending ELSE '' END;
      END LOOP;
    END IF;
    v_query := v_query || ')';
  END LOOP;
  -- A number to call, in other groups of digits than it is kept in.
  IF p_folded ~ '^[-+0-9 ()/.]+$' AND length(v_digits) > 4 THEN
    v_query := v_query || ' | ' || purser.search_quoted(v_tag || v_digits) || v_ending;
  END IF;
  RETURN nullif(v_query, '')::tsquery;
END
$$;

-- Of a tenant's newest rows those that match, the best of them first; seen: how many were looked at,
-- hits: how many match.
CREATE FUNCTION search_newest(p_tenant uuid, p_table text, p_best tsquery, p_query tsquery,
  p_look int, p_most int, OUT ids uuid[], OUT seen bigint, OUT hits bigint)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  EXECUTE format($q$
    SELECT (array_agg(n.id) FILTER (WHERE n.hit AND n.search @@ $2)
            || array_agg(n.id) FILTER (WHERE n.hit AND NOT n.search @@ $2))[1:$5],
           count(*), count(*) FILTER (WHERE n.hit)
      FROM (SELECT t.id, t.search, t.search @@ $3 AS hit FROM purser.%I t WHERE t.tenant_id = $1
             ORDER BY t.created_at DESC, t.id DESC LIMIT $4) n $q$, p_table)
    INTO ids, seen, hits USING p_tenant, p_best, p_query, p_look, p_most;
  ids := coalesce(ids, '{}');
END
$$;

-- Of all its rows some that match, by the index.
CREATE FUNCTION search_index(p_tenant uuid, p_table text, p_query tsquery, p_most int)
RETURNS uuid[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_indexscan = off
AS $$
DECLARE
  v_ids uuid[];
BEGIN
  EXECUTE format($q$
    SELECT ARRAY(SELECT t.id FROM purser.%I t WHERE t.tenant_id = $1 AND t.search @@ $2 LIMIT $3)
    $q$, p_table)
    INTO v_ids USING p_tenant, p_query, p_most;
  RETURN v_ids;
END
$$;

-- Rows that match, p_most of them or little more, among which are the best and the newest; more:
-- there may be others. What one in fifty of the newest 2,000 has is looked for in the newest 5,000
-- alone; what fewer of them have, few of the others will have either, and the index lists it
-- cheaply.
CREATE FUNCTION search_ids(p_tenant uuid, p_table text, p_best tsquery, p_query tsquery,
  p_most int, OUT ids uuid[], OUT more boolean)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_seen bigint;
  v_hits bigint;
  v_all uuid[];
BEGIN
  SELECT n.ids, n.seen, n.hits, n.hits > p_most INTO ids, v_seen, v_hits, more
    FROM purser.search_newest(p_tenant, p_table, p_best, p_query, 2000, p_most) n;
  IF v_seen = 2000 AND v_hits >= 40 THEN
    SELECT n.ids, n.seen = 5000 OR n.hits > p_most INTO ids, more
      FROM purser.search_newest(p_tenant, p_table, p_best, p_query, 5000, p_most) n;
  ELSIF v_seen = 2000 THEN
    v_all := purser.search_index(p_tenant, p_table, p_query, p_most);
    more := cardinality(v_all) >= p_most;
    IF more THEN    -- of so many the best may be missing
      v_all := v_all || purser.search_index(p_tenant, p_table, p_best, p_most);
    END IF;
    ids := ARRAY(SELECT unnest(ids) UNION SELECT unnest(v_all));
  END IF;
END
$$;

-- What is found in a table, with its rank: from 600 where every word is there as it was asked for,
-- from 300 where the last goes on, from 0 where one is spelt otherwise; and in each of these the more
-- the closer the title comes to it. found_more: there may be others.
CREATE FUNCTION search_in(p_tenant uuid, p_table text, p_title text, p_query text, p_most int)
RETURNS TABLE (found_id uuid, found_rank int, found_more boolean)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_folded text := purser.search_fold(p_query);
  v_exact tsquery := purser.search_query(p_tenant, v_folded, false, false);
  v_prefix tsquery := purser.search_query(p_tenant, v_folded, true, false);
  v_ids uuid[];
  v_others uuid[];
  v_more boolean;
BEGIN
  IF v_exact IS NULL OR p_tenant IS DISTINCT FROM
      nullif(current_setting('app.current_tenant', true), '')::uuid THEN
    RETURN;
  END IF;
  SELECT f.ids, f.more INTO v_ids, v_more
    FROM purser.search_ids(p_tenant, p_table, v_exact, v_prefix, p_most) f;
  IF cardinality(v_ids) < 10 THEN
    SELECT f.ids, f.more INTO v_others, v_more FROM purser.search_ids(p_tenant, p_table, v_prefix,
      purser.search_query(p_tenant, v_folded, true, true), p_most) f;
    v_ids := ARRAY(SELECT unnest(v_ids) UNION SELECT unnest(v_others));
  END IF;
  RETURN QUERY EXECUTE format($q$
    SELECT t.id, CASE WHEN t.search @@ $3 THEN 600 WHEN t.search @@ $6 THEN 300 ELSE 0 END
           + (299 * extensions.similarity($4, extensions.unaccent('extensions.unaccent', t.%I)))::int,
           $5
      FROM purser.%I t WHERE t.tenant_id = $1 AND t.id = ANY ($2) $q$, p_title, p_table)
    USING p_tenant, v_ids, v_exact, v_folded, v_more, v_prefix;
END
$$;

-- Makes a table searchable: its column, of what p_lexemes gives; the index; and search_<table>(),
-- which programs are granted one by one. p_title: the column that the rank looks at.
CREATE PROCEDURE make_searchable(p_table regclass, p_title text, p_lexemes text)
LANGUAGE plpgsql
SET search_path = pg_catalog, purser, pg_temp
AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ADD COLUMN search tsvector GENERATED ALWAYS AS (%s) STORED',
    p_table, p_lexemes);
  -- Every search reads through what waits to be put into the index: so let that be little.
  EXECUTE format('CREATE INDEX %1$s_search_idx ON %1$s USING gin (search)
    WITH (gin_pending_list_limit = 256)', p_table);
  EXECUTE format('GRANT SELECT (tenant_id, id, created_at, search, %I) ON %s TO purser_finder',
    p_title, p_table);
  EXECUTE format('CREATE POLICY finder ON %s FOR SELECT TO purser_finder USING (true)', p_table);
  EXECUTE format($f$
    CREATE FUNCTION purser.search_%1$s(p_tenant uuid, p_query text, p_most int)
    RETURNS TABLE (found_id uuid, found_rank int, found_more boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100
    SET search_path = pg_catalog, pg_temp
    AS $b$
    BEGIN
      RETURN QUERY SELECT * FROM purser.search_in(p_tenant, %1$L, %2$L, p_query, p_most);
    END
    $b$ $f$, p_table, p_title);
  CALL give_function(format('purser.search_%s(uuid, text, int)', p_table)::regprocedure,
    'purser_finder');
END
$$;

CALL give_function('search_lexemes(uuid, text, text, text, text)', 'purser_finder');
GRANT EXECUTE ON FUNCTION search_lexemes(uuid, text, text, text, text) TO purser_resource;
GRANT EXECUTE ON FUNCTION search_fold(text) TO purser_finder;
GRANT EXECUTE ON FUNCTION search_words(text) TO purser_finder;
GRANT EXECUTE ON FUNCTION search_spellings(text) TO purser_finder;
GRANT EXECUTE ON FUNCTION search_quoted(text) TO purser_finder;
GRANT EXECUTE ON FUNCTION search_query(uuid, text, boolean, boolean) TO purser_finder;
GRANT EXECUTE ON FUNCTION search_newest(uuid, text, tsquery, tsquery, int, int) TO purser_finder;
GRANT EXECUTE ON FUNCTION search_index(uuid, text, tsquery, int) TO purser_finder;
GRANT EXECUTE ON FUNCTION search_ids(uuid, text, tsquery, tsquery, int) TO purser_finder;
GRANT EXECUTE ON FUNCTION search_in(uuid, text, text, text, int) TO purser_finder;

CALL make_searchable('clients', 'name',
  'search_lexemes(tenant_id, name, address, email, phone)');
CALL make_searchable('products', 'name',
  $$search_lexemes(tenant_id, name, coalesce(sku, '') || ' ' || coalesce(description, ''),
    NULL, NULL)$$);
CALL make_searchable('orders', 'customer_name',
  'search_lexemes(tenant_id, customer_name, number::text, customer_email, customer_phone)');

GRANT EXECUTE ON FUNCTION search_clients(uuid, text, int) TO purser_clients;
GRANT EXECUTE ON FUNCTION search_products(uuid, text, int) TO purser_products;
GRANT EXECUTE ON FUNCTION search_orders(uuid, text, int) TO purser_orders;

-- All of them at once; what of it one may see goes by one's role, or the key's scopes.
CALL create_program('search');
GRANT EXECUTE ON FUNCTION search_clients(uuid, text, int) TO purser_search;
GRANT EXECUTE ON FUNCTION search_products(uuid, text, int) TO purser_search;
GRANT EXECUTE ON FUNCTION search_orders(uuid, text, int) TO purser_search;
GRANT SELECT (tenant_id, id, name, email, active) ON clients TO purser_search;
GRANT SELECT (tenant_id, id, name, sku, active) ON products TO purser_search;
GRANT SELECT (tenant_id, id, number, customer_name, status) ON orders TO purser_search;
GRANT SELECT (tenant_id, id, role) ON users TO purser_search;
GRANT SELECT (tenant_id, id, scopes) ON api_keys TO purser_search;

COMMIT;
