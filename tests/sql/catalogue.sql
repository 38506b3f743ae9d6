-- sql/deploy/catalogue.sql: slugs and SKUs, and what its programs may do.
\ir fixture.psql
SELECT plan(17);

CREATE FUNCTION pg_temp.add_product(p_name text, p_slug text, p_sku text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  INSERT INTO purser.products (tenant_id, id, name, slug, sku, unit_price)
  VALUES (pg_temp.id('a'), pg_temp.id(p_name), p_name, p_slug, p_sku, 100)
  RETURNING id INTO STRICT p_name;
  INSERT INTO purser.stock (tenant_id, product_id) VALUES (pg_temp.id('a'), p_name::uuid);
END
$$;

SET LOCAL ROLE purser_products;
SELECT pg_temp.enter('a') \g /dev/null
SELECT lives_ok($$ SELECT pg_temp.add_product('tart', 'tart', NULL) $$,
  'a product comes with its stock');
SELECT lives_ok($$ SELECT pg_temp.add_product('bread', 'bread', NULL) $$,
  'any number of products have no SKU');
SELECT throws_ok($$ SELECT pg_temp.add_product('x', 'cake', 'X') $$, '23505',
  'duplicate key value violates unique constraint "products_slug_key"', 'a slug is taken once');
SELECT throws_ok($$ SELECT pg_temp.add_product('x', 'x', 'C-1') $$, '23505',
  'duplicate key value violates unique constraint "products_sku_key"', 'so is a SKU');
SELECT lives_ok($$ UPDATE purser.products SET active = false, deleted_at = now(),
    revision = revision + 1, updated_at = now()
   WHERE tenant_id = pg_temp.id('a') AND slug = 'cake' $$, 'a product can be deleted');
SELECT lives_ok($$ SELECT pg_temp.add_product('new', 'cake', 'C-1') $$,
  'which frees its slug and its SKU');
SELECT throws_ok($$ UPDATE purser.products SET active = true, deleted_at = NULL
   WHERE id = pg_temp.id('a product') $$, '23505',
  'duplicate key value violates unique constraint "products_slug_key"',
  'so that it may not come back');
SELECT throws_ok($$ DELETE FROM purser.products $$, '42501', NULL, 'products are never gone');
SELECT throws_ok($$ UPDATE purser.products SET id = tenant_id $$, '42501', NULL,
  'and keep their ids');
SELECT throws_ok($$ UPDATE purser.stock SET on_hand = 5 $$, '42501', NULL,
  'the catalogue does not count stock');
SELECT throws_ok($$ INSERT INTO purser.stock (tenant_id, product_id, on_hand)
  VALUES (pg_temp.id('a'), pg_temp.id('x'), 5) $$, '42501', NULL, 'not even at the start');
SELECT throws_ok($$ INSERT INTO purser.products (tenant_id, id, name, slug, unit_price, category_id)
  VALUES (pg_temp.id('a'), pg_temp.id('x'), 'x', 'x', 1, pg_temp.id('b category')) $$, '23503',
  NULL, 'a category of another tenant is none');
RESET ROLE;

SET LOCAL ROLE purser_categories;
SELECT lives_ok($$ INSERT INTO purser.categories (tenant_id, id, name, slug)
  VALUES (pg_temp.id('a'), pg_temp.id('tarts'), 'Tarts', 'tarts') RETURNING * $$,
  'a category can be made');
SELECT throws_ok($$ UPDATE purser.categories SET slug = 'cakes' WHERE slug = 'tarts' $$, '23505',
  'duplicate key value violates unique constraint "categories_slug_key"',
  'its slug is taken once');
SELECT lives_ok($$ UPDATE purser.categories SET active = false, deleted_at = now()
   WHERE slug = 'cakes' $$, 'it can be deleted');
SELECT lives_ok($$ UPDATE purser.categories SET slug = 'cakes' WHERE slug = 'tarts' $$,
  'which frees its slug');
SELECT throws_ok('SELECT 1 FROM purser.products', '42501', NULL, 'its program reads no products');

SELECT * FROM finish();
ROLLBACK;
