-- sql/deploy/search.sql: what is found, in whose tenant, by which plan.
\ir fixture.psql
SELECT plan(43);

-- ---- words

SELECT is(search_fold('Crème BRÛLÉE, Łódź, O''Brien & Straße'),
  'creme brulee, lodz, obrien & strasse', 'accents, capitals and apostrophes fall away');
SELECT is(search_words('a-b, 12 c.d'), ARRAY['a', 'b', '12', 'c', 'd'],
  'words are what stands between what is no letter or digit');
SELECT is(search_words(' .,- '), '{}', 'or none');
SELECT is(search_spellings('cake'), ARRAY['~ake', '~cke', '~cae', '~cak', '~cake'],
  'a word, and each of it that lacks a letter');
SELECT is(cardinality(search_spellings('schwarzwaelder')), 8, 'of the first seven letters alone');
SELECT is(search_spellings('tea') || search_spellings('4711'), '{}',
  'not of short words, for all are a letter apart, nor of numbers');

CREATE FUNCTION pg_temp.lexemes(VARIADIC p text[]) RETURNS text[] LANGUAGE sql
AS $$ SELECT array_agg(substr(l, 7) ORDER BY l)
        FROM unnest(tsvector_to_array(purser.search_lexemes(pg_temp.id('a'), p[1], p[2], p[3], p[4])))
          l WHERE l NOT LIKE '%~%' $$;
SELECT is(pg_temp.lexemes('Ada Lovelace', '17', 'Ada.L@example.com', '+49 (30) 12-34'),
  ARRAY['12', '17', '30', '34', '49', '49301234', 'ada', 'ada.l@example.com', 'l', 'lovelace'],
  'a row''s name, words, address as a whole and before its @, and number to call');
SELECT is(pg_temp.lexemes('x', NULL, NULL, NULL), ARRAY['x'], 'what isn''t there adds nothing');
SELECT isnt(search_lexemes(pg_temp.id('a'), 'x', '', '', ''),
  search_lexemes(pg_temp.id('b'), 'x', '', '', ''), 'each tenant has its own lexemes');
SELECT is(search_query(pg_temp.id('a'), ' ,!', true, true), NULL, 'no words, no query');
SELECT is(search_query(pg_temp.id('a'), NULL, true, true), NULL, 'nor of nothing');
SELECT lives_ok($$ SELECT search_query(pg_temp.id('a'), q, true, true)
  FROM unnest(ARRAY['''', '\', '\\''', ':*', 'a:*b', '& | !', '(a', 'a@'':*', '<->', 'x@\y z@''']) q $$,
  'whatever is asked for, it is a query');
SELECT ok(search_query(pg_temp.id('a'), 'x@''\y', true, false)::text LIKE '%''''\\\\%',
  'and what means something in one is quoted');

-- ---- what is found

UPDATE clients SET name = 'Zoë Müller', email = 'zoe@mueller.example', phone = '+49 30 1234567'
 WHERE id = pg_temp.id('a client');
UPDATE products SET name = 'Karamell-Törtchen' WHERE id = pg_temp.id('a product');
UPDATE orders SET customer_name = 'Zoë Müller' WHERE id = pg_temp.id('a order');

CREATE FUNCTION pg_temp.finds(p_query text, p_finds boolean, p_why text) RETURNS text LANGUAGE plpgsql
AS $$
BEGIN
  RETURN is((SELECT count(*) FROM purser.search_clients(pg_temp.id('a'), p_query, 10)),
    p_finds::int::bigint, p_why);
END
$$;
SET LOCAL ROLE purser_clients;
SELECT pg_temp.enter('a') \g /dev/null
SELECT pg_temp.finds('zoe muller', true, 'found without its accents');
SELECT pg_temp.finds('MÜLLER', true, 'and with them, in capitals');
SELECT pg_temp.finds('mül', true, 'by its beginning');
SELECT pg_temp.finds('mülelr', true, 'with two letters exchanged');
SELECT pg_temp.finds('mueller', true, 'with one too many');
SELECT pg_temp.finds('muler', true, 'with one too few');
SELECT pg_temp.finds('zoe mupler', true, 'with a wrong one');
SELECT pg_temp.finds('mölles', false, 'not with two wrong ones');
SELECT pg_temp.finds('zoe schmidt', false, 'all words must be there');
SELECT pg_temp.finds('zoe@mueller.example', true, 'by its address');
SELECT pg_temp.finds('zoe@muel', true, 'by the beginning of it');
SELECT pg_temp.finds('49301234567', true, 'by its number');
SELECT pg_temp.finds('+49 (30) 1234', true, 'or how that begins, however it is written');
SELECT pg_temp.finds('% _ '' OR true --', false, 'and by nothing else');
SELECT ok(found_rank >= 600 AND NOT found_more, 'all words make a high rank')
  FROM purser.search_clients(pg_temp.id('a'), 'muller', 10);
SELECT ok(found_rank BETWEEN 300 AND 599, 'a beginning one in the middle')
  FROM purser.search_clients(pg_temp.id('a'), 'mull', 10);
SELECT ok(found_rank < 300, 'what is misspelt a low one')
  FROM purser.search_clients(pg_temp.id('a'), 'muler', 10);

-- ---- whose it is

SELECT is_empty($$ SELECT * FROM purser.search_clients(pg_temp.id('b'), 'client', 10) $$,
  'nobody searches a tenant that he isn''t in');
SELECT pg_temp.enter('b') \g /dev/null
SELECT is_empty($$ SELECT * FROM purser.search_clients(pg_temp.id('b'), 'muller', 10) $$,
  'in b there is none of that name');
SELECT results_eq($$ SELECT found_id FROM purser.search_clients(pg_temp.id('b'), 'client', 10) $$,
  ARRAY[pg_temp.id('b client')], 'but its own');
SELECT pg_temp.enter(NULL) \g /dev/null
SELECT is_empty($$ SELECT * FROM purser.search_clients(pg_temp.id('a'), 'muller', 10) $$,
  'without a tenant nothing is found');
SELECT is_empty($$ SELECT * FROM purser.search_clients(NULL, 'muller', 10) $$, 'nor in none');
SELECT throws_ok($$ SELECT * FROM purser.search_orders(pg_temp.id('a'), 'muller', 10) $$, '42501', NULL,
  'a program searches its own table alone');
SELECT throws_ok($$ SELECT * FROM purser.search_in(pg_temp.id('a'), 'orders', 'notes', 'x', 10) $$,
  '42501', NULL, 'and not by what lies beneath');
RESET ROLE;

-- ---- how it is found

-- As many as a search doesn't simply read through; the last are the newest.
INSERT INTO clients (tenant_id, id, name, slug, created_at)
SELECT pg_temp.id('a'), pg_temp.id('many ' || n),
       CASE WHEN n % 10 = 0 THEN 'Frequent ' ELSE 'Some ' END || 'Name' || n, 'many-' || n,
       now() - n * interval '1 s'
  FROM generate_series(1, 6000) n;
ANALYZE clients;
CREATE FUNCTION pg_temp.scans(p_index regclass) RETURNS bigint LANGUAGE sql
AS $$ SELECT pg_stat_get_xact_numscans(p_index) $$;
SET LOCAL ROLE purser_clients;
SELECT pg_temp.enter('a') \g /dev/null
SELECT pg_temp.scans('clients_search_idx') AS before \gset
SELECT results_eq($$ SELECT found_id FROM purser.search_clients(pg_temp.id('a'), 'name5999', 10)
                      WHERE found_rank >= 600 $$,
  ARRAY[pg_temp.id('many 5999')], 'one in thousands is found, however old');
SELECT cmp_ok(pg_temp.scans('clients_search_idx'), '>', :before::bigint,
  'by the index, though row-level security is on');
SELECT pg_temp.scans('clients_search_idx') AS before \gset
SELECT is((SELECT array_agg(DISTINCT (found_more, n.n <= 100)::text) FROM
            purser.search_clients(pg_temp.id('a'), 'frequent', 10) f,
            LATERAL (SELECT substr(c.slug, 6)::int AS n FROM purser.clients c
                      WHERE c.tenant_id = pg_temp.id('a') AND c.id = f.found_id) n),
  ARRAY['(t,t)'], 'of very many the newest are found, and that there are more');
SELECT is(pg_temp.scans('clients_search_idx'), :before::bigint, 'without the index');
SELECT is((SELECT count(*) FROM purser.search_clients(pg_temp.id('a'), 'some name', 100000)),
  4500::bigint, 'and no more than the newest 5,000 are gone through');
RESET ROLE;

SELECT is((SELECT count(*) FROM pg_policy WHERE polname = 'finder'
            AND polrelid NOT IN ('clients'::regclass, 'products'::regclass, 'orders'::regclass)),
  0::bigint, 'purser_finder sees no other tables');

SELECT * FROM finish();
ROLLBACK;
