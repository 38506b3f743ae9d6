/*
 * inventory: how many of each product there are, and how many of those are promised.
 * Every change of on_hand is a movement in the ledger, whose sum it is.
 */
#include "purser.h"

enum { LIST = 1, GET, ADJUST, MOVEMENTS };

static const char *const kinds[] = { "adjustment", "sale", "return", NULL };

static const struct pur_field fields[] = {
	{ .name = "product_id",
	  .type = PUR_UUID,
	  .flags = PUR_READONLY | PUR_ALWAYS,
	  .column = "s.product_id" },
	{ .name = "name",
	  .type = PUR_TEXT,
	  .flags = PUR_READONLY | PUR_ALWAYS | PUR_SORT | PUR_FILTER,
	  .column = "p.name" },
	{ .name = "slug",
	  .type = PUR_SLUG,
	  .flags = PUR_READONLY | PUR_ALWAYS | PUR_FILTER,
	  .column = "p.slug" },
	{ .name = "sku", .type = PUR_TEXT, .flags = PUR_READONLY | PUR_FILTER, .column = "p.sku" },
	{ .name = "track_stock",
	  .type = PUR_BOOL,
	  .flags = PUR_READONLY | PUR_ALWAYS | PUR_FILTER,
	  .column = "p.track_stock" },
	{ .name = "on_hand",
	  .type = PUR_INT,
	  .flags = PUR_READONLY | PUR_ALWAYS | PUR_FILTER,
	  .column = "s.on_hand",
	  .summary = "Lying on the shelf" },
	{ .name = "reserved",
	  .type = PUR_INT,
	  .flags = PUR_READONLY | PUR_ALWAYS | PUR_FILTER,
	  .column = "s.reserved",
	  .summary = "Promised to pending orders" },
	{ .name = "available",
	  .type = PUR_INT,
	  .flags = PUR_READONLY | PUR_ALWAYS | PUR_FILTER,
	  .column = "(s.on_hand - s.reserved)",
	  .summary = "Can still be sold" },
	{ .name = "updated_at", .type = PUR_TIME, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = NULL },
};

static const struct pur_field movement_fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY | PUR_ALWAYS, .column = "m.id" },
	{ .name = "product_id", .type = PUR_UUID, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "delta",
	  .type = PUR_INT,
	  .flags = PUR_READONLY | PUR_ALWAYS | PUR_FILTER,
	  .column = "m.delta",
	  .summary = "Units that came (or, negative, went)" },
	{ .name = "kind",
	  .type = PUR_CHOICE,
	  .choices = kinds,
	  .flags = PUR_READONLY | PUR_ALWAYS | PUR_FILTER,
	  .column = "m.kind" },
	{ .name = "reason", .type = PUR_TEXT, .flags = PUR_READONLY },
	{ .name = "order_id",
	  .type = PUR_UUID,
	  .flags = PUR_READONLY | PUR_FILTER,
	  .column = "m.order_id" },
	{ .name = "actor_id", .type = PUR_UUID, .flags = PUR_READONLY },
	{ .name = "on_hand",
	  .type = PUR_INT,
	  .flags = PUR_READONLY | PUR_ALWAYS,
	  .summary = "What was left" },
	{ .name = "created_at",
	  .type = PUR_TIME,
	  .flags = PUR_READONLY | PUR_ALWAYS | PUR_SORT | PUR_FILTER,
	  .column = "m.created_at" },
	{ .name = NULL },
};

static const struct pur_field adjustment[] = {
	{ .name = "delta",
	  .type = PUR_INT,
	  .min = -1000000,
	  .max = 1000000,
	  .flags = PUR_REQUIRED,
	  .summary = "Units that came (or, negative, went)" },
	{ .name = "reason", .type = PUR_TEXT, .max = 500, .flags = PUR_REQUIRED },
	{ .name = NULL },
};

#define COLUMNS                                                                                    \
	"s.product_id, p.name, p.slug, p.sku, p.track_stock, s.on_hand, s.reserved,"               \
	" s.on_hand - s.reserved AS available, s.updated_at, s.revision AS _revision"
#define FROM " FROM stock s JOIN products p ON p.tenant_id = s.tenant_id AND p.id = s.product_id"

static const struct pur_stmt stmts[] = {
	[LIST] = { PUR_LIST, "@tenant",
		   "SELECT " COLUMNS FROM
		   " WHERE s.tenant_id = $1 AND p.tenant_id = $1 AND p.active" },
	[GET] = { PUR_ONE, "@tenant /product",
		  "SELECT " COLUMNS FROM
		  " WHERE s.tenant_id = $1 AND p.tenant_id = $1 AND p.{product} AND p.active" },
	[ADJUST] = { PUR_ONE, "@tenant /product @match delta reason",
		     "WITH moved AS (UPDATE stock s SET on_hand = s.on_hand + $4,"
		     "  revision = s.revision + 1, updated_at = now() FROM products p"
		     "  WHERE s.tenant_id = $1 AND p.tenant_id = $1 AND p.id = s.product_id"
		     "  AND p.{product} AND p.active AND " PUR_MATCHES(
			 "$3",
			 "s.revision") "  RETURNING s.*"
				       "), entry AS (INSERT INTO stock_movements"
				       "  (tenant_id, id, product_id, delta, kind, reason, on_hand)"
				       "  SELECT tenant_id, uuid_v7(), product_id, $4, 'adjustment', $5, on_hand"
				       "  FROM moved RETURNING id"
				       ") SELECT " COLUMNS " FROM moved s JOIN products p"
				       " ON p.tenant_id = $1 AND p.id = s.product_id" },
	[MOVEMENTS] = { PUR_LIST, "@tenant /product",
			"SELECT m.id, m.product_id, m.delta, m.kind, m.reason, m.order_id,"
			" m.actor_id, m.on_hand, m.created_at FROM stock_movements m"
			" WHERE m.tenant_id = $1 AND m.product_id = (SELECT p.id FROM products p"
			"  WHERE p.tenant_id = $1 AND p.{product} AND p.active)" },
};

static const struct pur_constraint constraints[] = {
	{ "stock_on_hand_check", PUR_ESTOCK, "delta", "Would leave less than nothing" },
	{ "stock_not_oversold", PUR_ESTOCK, "delta", "Would leave less than is reserved" },
	{ "stock_movements_delta_check", PUR_EBODY, "delta", "Must not be 0" },
	{ .name = NULL },
};

static const struct pur_route routes[] = {
	{ PUR_GET, "/inventory", "inventory:read", PUR_NO_STORE, .stmts = { LIST }, .sort = "name",
	  .summary = "List the stock of all products" },
	{ PUR_GET, "/inventory/{product}", "inventory:read", PUR_NO_STORE, .stmts = { GET },
	  .summary = "Get the stock of one product" },
	{ PUR_POST, "/inventory/{product}/adjust", "inventory:write", PUR_NO_STORE,
	  .stmts = { ADJUST }, .guard = GET, .body = adjustment, .event = "stock.adjusted",
	  .errors = { PUR_ESTOCK }, .summary = "Add to the stock, or take from it" },
	{ PUR_GET, "/inventory/{product}/movements", "inventory:read", PUR_NO_STORE,
	  .stmts = { GET, MOVEMENTS }, .fields = movement_fields, .sort = "-created_at",
	  .summary = "List how a product's stock came to be" },
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "inventory", .title = "Stock",
	    .summary = "How many of each product there are", .constraints = constraints,
	    .key = { .name = "slug", .type = PUR_SLUG })
