/*
 * products: what a tenant sells. How many there are stands in inventory.
 * Life: created (with its stock, of none) -> deleted (kept, hidden) -> restored.
 */
#include "purser.h"

enum { LIST = 1, GET, CREATE, STOCK, UPDATE, DELETE, RESTORE };

static const struct pur_field fields[] = {
	PUR_FIRST_FIELDS,
	{ .name = "sku",
	  .type = PUR_TEXT,
	  .min = 1,
	  .max = 64,
	  .flags = PUR_FILTER,
	  .summary = "Stock keeping unit; unique" },
	{ .name = "description", .type = PUR_TEXT, .max = 10000 },
	{ .name = "category_id", .type = PUR_UUID, .flags = PUR_FILTER },
	{ .name = "unit_price", .type = PUR_MONEY, .flags = PUR_REQUIRED | PUR_SORT | PUR_FILTER },
	{ .name = "tax_rate",
	  .type = PUR_INT,
	  .max = 10000,
	  .default_value = "0",
	  .summary = "In basis points: 1900 is 19 %" },
	{ .name = "lead_time_hours",
	  .type = PUR_INT,
	  .max = 8760,
	  .default_value = "0",
	  .summary = "How long before pick-up it has to be ordered" },
	{ .name = "track_stock",
	  .type = PUR_BOOL,
	  .default_value = "true",
	  .summary = "Whether it can be sold out" },
	{ .name = "published",
	  .type = PUR_BOOL,
	  .flags = PUR_FILTER,
	  .default_value = "true",
	  .summary = "Whether the storefront shows it" },
	PUR_LAST_FIELDS,
};

#define COLUMNS                                                                                    \
	"t.id, t.name, t.slug, t.sku, t.description, t.category_id, t.unit_price, t.tax_rate,"     \
	" t.lead_time_hours, t.track_stock, t.published, t.active, t.created_at, t.updated_at,"    \
	" t.deleted_at, t.revision AS _revision"
#define NAMES                                                                                      \
	"name, sku, description, category_id, unit_price, tax_rate, lead_time_hours, track_stock," \
	" published, slug"
#define VALUES                                                                                      \
	"r.name, r.sku, r.description, r.category_id, r.unit_price, r.tax_rate, r.lead_time_hours," \
	" r.track_stock, r.published, "

static const struct pur_stmt stmts[] = {
	[LIST] = PUR_LIST_OF("products", COLUMNS),
	[GET] = PUR_GET_OF("products", COLUMNS),
	[CREATE] = PUR_CREATE_OF("products", NAMES, VALUES PUR_NEW_SLUG("products"), COLUMNS),
	[STOCK] = { PUR_EXEC, "@tenant @id",
		    "INSERT INTO stock (tenant_id, product_id) VALUES ($1, $2)" },
	[UPDATE] = PUR_UPDATE_OF("products", NAMES, VALUES PUR_OLD_SLUG, COLUMNS),
	[DELETE] = PUR_DELETE_OF("products", COLUMNS),
	[RESTORE] = PUR_RESTORE_OF("products", COLUMNS),
};

static const struct pur_constraint constraints[] = {
	PUR_SLUG_CONSTRAINTS("products"),
	{ "products_sku_key", PUR_EDUPLICATE, "sku", "Is taken" },
	{ "products_category_id_fkey", PUR_EBODY, "category_id", "No such category" },
	{ .name = NULL },
};

static const struct pur_route routes[] = {
	PUR_CRUD("products", "product", "name", CREATE, STOCK),
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "products", .title = "Product", .summary = "What a tenant sells",
	    .constraints = constraints, .counts = "products",
	    .key = { .name = "slug", .type = PUR_SLUG })
