/*
 * products: what a tenant sells. How many there are stands in inventory.
 * Life: created (with its stock, of none) -> deleted (kept, hidden) -> restored.
 */
#include "purser.h"

enum { LIST = 1, GET, CREATE, STOCK, UPDATE, DELETE, RESTORE };

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY },
	{ .name = "name", .type = PUR_TEXT, .max = 200,
	  .flags = PUR_REQUIRED | PUR_SORT | PUR_FILTER, .summary = "What people call it" },
	{ .name = "slug", .type = PUR_SLUG, .flags = PUR_FILTER,
	  .summary = "Its name in URLs; made from name when absent" },
	{ .name = "sku", .type = PUR_TEXT, .min = 1, .max = 64, .flags = PUR_FILTER,
	  .summary = "Stock keeping unit; unique" },
	{ .name = "description", .type = PUR_TEXT, .max = 10000 },
	{ .name = "category_id", .type = PUR_UUID, .flags = PUR_FILTER },
	{ .name = "unit_price", .type = PUR_MONEY, .flags = PUR_REQUIRED | PUR_SORT | PUR_FILTER },
	{ .name = "tax_rate", .type = PUR_INT, .max = 10000, .default_value = "0",
	  .summary = "In basis points: 1900 is 19 %" },
	{ .name = "lead_time_hours", .type = PUR_INT, .max = 8760, .default_value = "0",
	  .summary = "How long before pick-up it has to be ordered" },
	{ .name = "track_stock", .type = PUR_BOOL, .default_value = "true",
	  .summary = "Whether it can be sold out" },
	{ .name = "published", .type = PUR_BOOL, .flags = PUR_FILTER, .default_value = "true",
	  .summary = "Whether the storefront shows it" },
	{ .name = "active", .type = PUR_BOOL, .flags = PUR_READONLY },
	{ .name = "created_at", .type = PUR_TIME, .flags = PUR_READONLY | PUR_SORT | PUR_FILTER },
	{ .name = "updated_at", .type = PUR_TIME, .flags = PUR_READONLY },
	{ .name = "deleted_at", .type = PUR_TIME, .flags = PUR_READONLY },
	{ .name = NULL },
};

#define COLUMNS                                                                                    \
	"p.id, p.name, p.slug, p.sku, p.description, p.category_id, p.unit_price, p.tax_rate,"         \
	" p.lead_time_hours, p.track_stock, p.published, p.active, p.created_at, p.updated_at,"        \
	" p.deleted_at, p.revision AS _revision"

static const struct pur_stmt stmts[] = {
	[LIST] = { PUR_LIST, "@tenant",
	           "SELECT " COLUMNS " FROM products p WHERE p.tenant_id = $1 AND p.active" },
	[GET] = { PUR_ONE, "@tenant /ref",
	          "SELECT " COLUMNS " FROM products p"
	          " WHERE p.tenant_id = $1 AND p.{ref} AND p.active" },
	[CREATE] = { PUR_ONE, "@tenant @id @body",
	             "INSERT INTO products AS p (tenant_id, id, name, slug, sku, description,"
	             " category_id, unit_price, tax_rate, lead_time_hours, track_stock, published)"
	             " SELECT $1, $2, r.name, " PUR_NEW_SLUG("products", "r.slug", "r.name")
	             ", r.sku, r.description, r.category_id, r.unit_price, r.tax_rate,"
	             " r.lead_time_hours, r.track_stock, r.published"
	             " FROM jsonb_populate_record(NULL::products, $3) AS r RETURNING " COLUMNS },
	[STOCK] = { PUR_EXEC, "@tenant @id",
	            "INSERT INTO stock (tenant_id, product_id) VALUES ($1, $2)" },
	[UPDATE] = { PUR_ONE, "@tenant /ref @match @body",
	             "UPDATE products p SET (name, slug, sku, description, category_id, unit_price,"
	             " tax_rate, lead_time_hours, track_stock, published) ="
	             " (SELECT r.name, coalesce(r.slug, p.slug), r.sku, r.description, r.category_id,"
	             "  r.unit_price, r.tax_rate, r.lead_time_hours, r.track_stock, r.published"
	             "  FROM jsonb_populate_record(p, $4) AS r),"
	             " revision = p.revision + 1, updated_at = now()"
	             " WHERE p.tenant_id = $1 AND p.{ref} AND p.active"
	             " AND " PUR_MATCHES("$3", "p.revision") " RETURNING " COLUMNS },
	[DELETE] = { PUR_ONE, "@tenant /ref @match",
	             "UPDATE products p SET active = false, deleted_at = now(),"
	             " revision = p.revision + 1, updated_at = now()"
	             " WHERE p.tenant_id = $1 AND p.{ref} AND p.active"
	             " AND " PUR_MATCHES("$3", "p.revision") " RETURNING " COLUMNS },
	[RESTORE] = { PUR_ONE, "@tenant /ref",
	              "UPDATE products p SET active = true, deleted_at = NULL,"
	              " revision = p.revision + 1, updated_at = now()"
	              " WHERE p.tenant_id = $1 AND p.id = (SELECT d.id FROM products d"
	              "  WHERE d.tenant_id = $1 AND d.{ref} AND NOT d.active"
	              "  ORDER BY d.deleted_at DESC LIMIT 1) RETURNING " COLUMNS },
};

static const struct pur_constraint constraints[] = {
	{ "products_slug_key", PUR_EDUPLICATE, "slug", "Is taken" },
	{ "products_slug_check", PUR_EBODY, "slug", "Can't be made from this name; give one" },
	{ "products_sku_key", PUR_EDUPLICATE, "sku", "Is taken" },
	{ "products_category_id_fkey", PUR_EBODY, "category_id", "No such category" },
	{ .name = NULL },
};

static const struct pur_route routes[] = {
	{ PUR_GET, "/products", "products:read", .stmts = { LIST }, .sort = "name",
	  .summary = "List products" },
	{ PUR_POST, "/products", "products:write", .stmts = { CREATE, STOCK }, .effect = PUR_CREATES,
	  .event = "product.created", .errors = { PUR_EDUPLICATE }, .summary = "Create a product" },
	{ PUR_GET, "/products/{ref}", "products:read", .stmts = { GET }, .summary = "Get one product" },
	{ PUR_PUT, "/products/{ref}", "products:write", .stmts = { UPDATE }, .guard = GET,
	  .event = "product.updated", .errors = { PUR_EDUPLICATE }, .summary = "Replace a product" },
	{ PUR_PATCH, "/products/{ref}", "products:write", .stmts = { UPDATE }, .guard = GET,
	  .event = "product.updated", .errors = { PUR_EDUPLICATE },
	  .summary = "Change fields of a product" },
	{ PUR_DELETE, "/products/{ref}", "products:write", .stmts = { DELETE }, .guard = GET,
	  .effect = PUR_DELETES, .event = "product.deleted", .summary = "Delete a product" },
	{ PUR_POST, "/products/{ref}/restore", "products:write", .stmts = { RESTORE },
	  .effect = PUR_RESTORES, .event = "product.restored", .errors = { PUR_EDUPLICATE },
	  .summary = "Undo the deletion of a product" },
	{ .method = PUR_METHOD_UNKNOWN },
};

static const struct pur_resource products = {
	.program = "products",
	.title = "Product",
	.summary = "What a tenant sells",
	.fields = fields,
	.stmts = stmts,
	.n_stmts = PUR_COUNT(stmts),
	.routes = routes,
	.constraints = constraints,
	.counts = "products",
	.key = { .name = "slug", .type = PUR_SLUG },
};

int
main(int argc, char **argv)
{
	return pur_main(argc, argv, &products);
}
