/*
 * products: what a tenant sells. How many there are stands in inventory.
 * Life: created (with its stock, of none) -> deleted (kept, hidden) -> restored.
 */
#include "purser.h"

enum { LIST = 1, GET, CREATE, STOCK, UPDATE, DELETE, RESTORE, AVAILABILITY };

static const struct pur_field category_fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_ALWAYS },
	{ .name = "name", .type = PUR_TEXT, .flags = PUR_ALWAYS },
	{ .name = "slug", .type = PUR_SLUG, .flags = PUR_ALWAYS },
	{ .name = NULL },
};

static const struct pur_field fields[] = {
	PUR_FIRST_FIELDS,
	{ .name = "sku",
	  .type = PUR_TEXT,
	  .min = 1,
	  .max = 64,
	  .flags = PUR_FILTER,
	  .summary = "Stock keeping unit; unique" },
	{ .name = "description", .type = PUR_TEXT, .max = 10000 },
	{ .name = "category_id", .type = PUR_UUID, .flags = PUR_FILTER, .refers = "categories" },
	{ .name = "category",
	  .type = PUR_OBJECT,
	  .flags = PUR_READONLY,
	  .of = category_fields,
	  .include = "(SELECT ROW(c.id, c.name, c.slug) FROM categories c"
		     " WHERE c.tenant_id = $1 AND c.id = t.category_id)" },
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

static const struct pur_field availability[] = {
	{ .name = "product_id", .type = PUR_UUID, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "at",
	  .type = PUR_TIME,
	  .flags = PUR_READONLY | PUR_ALWAYS,
	  .summary = "The pick-up asked for" },
	{ .name = "orderable",
	  .type = PUR_BOOL,
	  .flags = PUR_READONLY | PUR_ALWAYS,
	  .summary = "Whether one of it can be ordered for then" },
	{ .name = "available",
	  .type = PUR_INT,
	  .flags = PUR_READONLY,
	  .summary = "Units that can be sold; null where stock isn't tracked" },
	{ .name = "open", .type = PUR_BOOL, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "earliest",
	  .type = PUR_TIME,
	  .flags = PUR_READONLY | PUR_ALWAYS,
	  .summary = "The first moment that the lead times allow" },
	{ .name = "latest", .type = PUR_TIME, .flags = PUR_READONLY },
	{ .name = "slot_left",
	  .type = PUR_INT,
	  .flags = PUR_READONLY,
	  .summary = "Orders that the pick-up slot still takes; null: any number" },
	{ .name = NULL },
};

static const struct pur_field at[] = {
	{ .name = "at", .type = PUR_TIME, .summary = "When to pick it up; as soon as possible" },
	{ .name = NULL },
};

static const struct pur_stmt stmts[] = {
	[LIST] = PUR_SEARCH_LIST_OF("products", COLUMNS),
	[GET] = PUR_GET_OF("products", COLUMNS),
	[CREATE] = PUR_CREATE_OF("products", NAMES, VALUES PUR_NEW_SLUG("products"), COLUMNS),
	[STOCK] = { PUR_EXEC, "@tenant @id",
		    "INSERT INTO stock (tenant_id, product_id) VALUES ($1, $2)" },
	[UPDATE] = PUR_UPDATE_OF("products", NAMES, VALUES PUR_OLD_SLUG, COLUMNS),
	[DELETE] = PUR_DELETE_OF("products", COLUMNS),
	[RESTORE] = PUR_RESTORE_OF("products", COLUMNS),
	[AVAILABILITY] = { PUR_ONE, "@tenant /ref ?at",
			   "SELECT a.product_id, a.at, (a.open AND a.at >= a.earliest"
			   "  AND a.at <= a.latest AND coalesce(a.available > 0, true)"
			   "  AND coalesce(a.slot_left > 0, true)) AS orderable, a.available, a.open,"
			   " a.earliest, a.latest, a.slot_left FROM (SELECT w.product_id, w.at,"
			   "  w.available, w.earliest, " PUR_PICKUP_OPEN(
			       "w.at") " AS open, " PUR_PICKUP_LATEST
				       " AS latest, c.pickup_slot_capacity - coalesce("
				       "  (SELECT k.taken FROM pickup_slots k WHERE k.tenant_id = $1"
				       "   AND k.slot = " PUR_PICKUP_SLOT(
					   "w.at") "), 0) AS slot_left"
						   " FROM settings c, LATERAL (SELECT p.id AS product_id, e.earliest,"
						   "  coalesce($3, e.earliest) AS at, CASE WHEN p.track_stock"
						   "  THEN s.on_hand - s.reserved END AS available FROM products p"
						   "  JOIN stock s ON s.tenant_id = $1 AND s.product_id = p.id, LATERAL (SELECT " PUR_PICKUP_EARLIEST(
						       "p.lead_time_hours") " AS earliest) e"
									    "  WHERE p.tenant_id = $1 AND p.{ref} AND p.active) w"
									    " WHERE c.tenant_id = $1) a" },
};

static const struct pur_constraint constraints[] = {
	PUR_SLUG_CONSTRAINTS("products"),
	{ "products_sku_key", PUR_EDUPLICATE, "sku", "Is taken" },
	{ .name = NULL },
};

static const struct pur_route routes[] = {
	PUR_CRUD("products", "product", "name", CREATE, STOCK),
	{ PUR_GET, "/products/{ref}/availability", "products:read", PUR_NO_STORE,
	  .stmts = { AVAILABILITY }, .params = at, .fields = availability,
	  .summary = "Whether a product can be ordered for a moment" },
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "products", .title = "Product", .summary = "What a tenant sells",
	    .constraints = constraints, .counts = "products", .search = "products",
	    .key = { .name = "slug", .type = PUR_SLUG })
