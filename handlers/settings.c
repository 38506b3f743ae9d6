/*
 * settings: how a tenant's shop runs: its money, its hours, when and how much it hands out.
 * There is one of it for each tenant, made together with it.
 */
#include "purser.h"
#include <string.h>

enum { GET = 1, LOCK, UPDATE, CLEAR, FILL };

static const struct pur_field hours[] = {
	{ .name = "day",
	  .type = PUR_INT,
	  .min = 1,
	  .max = 7,
	  .flags = PUR_REQUIRED,
	  .summary = "1 is Monday (ISO 8601)" },
	{ .name = "opens", .type = PUR_CLOCK, .flags = PUR_REQUIRED },
	{ .name = "closes", .type = PUR_CLOCK, .example = "\"18:00\"", .flags = PUR_REQUIRED },
	{ .name = NULL },
};

static const struct pur_field days[] = {
	{ .name = "date", .type = PUR_DATE, .flags = PUR_REQUIRED },
	{ .name = "note", .type = PUR_TEXT, .max = 200 },
	{ .name = NULL },
};

static const char *
color_fault(const char *text)
{
	bool good = text[0] == '#' && strspn(text + 1, "0123456789abcdef") == 6 && text[7] == '\0';

	return good ? NULL : "Must be like #d2691e";
}

static const struct pur_field fields[] = {
	{ .name = "currency",
	  .type = PUR_TEXT,
	  .example = "\"EUR\"",
	  .min = 3,
	  .max = 3,
	  .flags = PUR_REQUIRED,
	  .fault = pur_currency_fault,
	  .summary = "ISO 4217; fixed once there are products" },
	{ .name = "locale",
	  .type = PUR_TEXT,
	  .example = "\"de\"",
	  .min = 2,
	  .max = 35,
	  .flags = PUR_REQUIRED,
	  .fault = pur_locale_fault },
	{ .name = "time_zone",
	  .type = PUR_TEXT,
	  .example = "\"Europe/Berlin\"",
	  .max = 100,
	  .flags = PUR_REQUIRED,
	  .summary = "As the IANA database names it: Europe/Berlin" },
	{ .name = "prices_include_tax", .type = PUR_BOOL, .flags = PUR_REQUIRED },
	{ .name = "tax_number", .type = PUR_TEXT, .max = 50 },
	{ .name = "opening_hours",
	  .type = PUR_ROWS,
	  .max = 50,
	  .of = hours,
	  .flags = PUR_REQUIRED,
	  .summary = "In the shop's own time; none: always open" },
	{ .name = "closed_days",
	  .type = PUR_ROWS,
	  .max = 400,
	  .of = days,
	  .flags = PUR_REQUIRED,
	  .summary = "Holidays" },
	{ .name = "lead_time_hours",
	  .type = PUR_INT,
	  .max = 8760,
	  .flags = PUR_REQUIRED,
	  .summary = "How long before pick-up anything has to be ordered" },
	{ .name = "pickup_days_ahead",
	  .type = PUR_INT,
	  .min = 1,
	  .max = 3650,
	  .summary = "How far ahead one can order; null: as far as one likes" },
	{ .name = "pickup_slot_minutes",
	  .type = PUR_INT,
	  .min = 1,
	  .max = 1440,
	  .flags = PUR_REQUIRED,
	  .summary = "Length of a pick-up slot" },
	{ .name = "pickup_slot_capacity",
	  .type = PUR_INT,
	  .min = 1,
	  .max = 100000,
	  .summary = "Orders that can be picked up in one slot; null: any number" },
	{ .name = "contact_email", .type = PUR_EMAIL },
	{ .name = "contact_phone", .type = PUR_TEXT, .max = 50 },
	{ .name = "address", .type = PUR_TEXT, .max = 1000 },
	{ .name = "brand_color",
	  .type = PUR_TEXT,
	  .example = "\"#d2691e\"",
	  .max = 7,
	  .fault = color_fault,
	  .summary = "As #d2691e" },
	{ .name = "cors_origins",
	  .type = PUR_TEXTS,
	  .example = "[\"https://shop.example\"]",
	  .max = 20,
	  .flags = PUR_REQUIRED,
	  .fault = pur_origin_fault,
	  .summary = "Origins whose pages may use this tenant: https://shop.example" },
	{ .name = "created_at", .type = PUR_TIME, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "updated_at", .type = PUR_TIME, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = NULL },
};

#define PLAIN                                                                                      \
	"locale, prices_include_tax, tax_number, opening_hours, closed_days, lead_time_hours,"     \
	" pickup_days_ahead, pickup_slot_minutes, pickup_slot_capacity, contact_email,"            \
	" contact_phone, address, brand_color, cors_origins"
#define COLUMNS                                                                                    \
	"tenant_id AS _id, currency, time_zone, " PLAIN                                            \
	", created_at, updated_at, revision AS _revision"

static const struct pur_stmt stmts[] = {
	[GET] = { PUR_ONE, "@tenant", "SELECT " COLUMNS " FROM settings WHERE tenant_id = $1" },
	[LOCK] = { PUR_EXEC, "@tenant", "SELECT " PUR_SETTINGS_CHANGE },
	/* What isn't known, or what the rules forbid, becomes NULL, and is refused. */
	[UPDATE] = { PUR_ONE, "@tenant @match @body",
		     "UPDATE settings t SET (currency, time_zone, " PLAIN ") = (SELECT"
		     " CASE WHEN currency = t.currency OR NOT EXISTS"
		     "  (SELECT FROM products p WHERE p.tenant_id = $1) THEN currency END,"
		     " CASE WHEN time_zone = t.time_zone OR time_zone_known(time_zone)"
		     "  THEN time_zone END, " PLAIN
		     " FROM jsonb_populate_record(t, $3)), revision = t.revision + 1,"
		     " updated_at = now() WHERE t.tenant_id = $1 AND " PUR_MATCHES(
			 "$2", "t.revision") " RETURNING " COLUMNS },
	/* Slots are counted anew, since their length or their being counted may have changed. */
	[CLEAR] = { PUR_EXEC, "@tenant", "DELETE FROM pickup_slots WHERE tenant_id = $1" },
	[FILL] = { PUR_EXEC, "@tenant",
		   "INSERT INTO pickup_slots (tenant_id, slot, taken, capacity)"
		   " SELECT $1, " PUR_PICKUP_SLOT(
		       "o.pickup_date") " AS slot, count(*),"
					"  greatest(count(*), c.pickup_slot_capacity)"
					" FROM orders o JOIN settings c ON c.tenant_id = $1"
					" WHERE o.tenant_id = $1 AND o.pickup_date > now() - interval '1 day'"
					"  AND o.status IN ('pending', 'approved', 'in_production', 'ready', 'completed')"
					"  AND c.pickup_slot_capacity IS NOT NULL"
					" GROUP BY slot, c.pickup_slot_capacity RETURNING slot" },
};

static const struct pur_constraint constraints[] = {
	{ "settings.currency", PUR_ERULE, "currency", "Can't change: there are prices in it" },
	{ "settings.time_zone", PUR_EBODY, "time_zone", "Must be a time zone, as Europe/Berlin" },
	{ .name = NULL },
};

/*
 * A day's hours end after they begin.
 */
static enum pur_rc
check(struct pur_req *rq)
{
	const struct pur_value *list = pur_body(rq, "opening_hours");
	bool wrong = false;

	for (size_t i = 0; list->given && i < list->n; i++) {
		const struct pur_value *row = &list->items[i * (PUR_COUNT(hours) - 1)];

		if (strcmp(row[1].s, row[2].s) < 0)
			continue;
		pur_fault(rq, pur_sprintf(pur_arena_of(rq), "opening_hours[%zu].closes", i),
			  "Must be later than opens");
		wrong = true;
	}
	return wrong ? pur_fail(rq, PUR_EBODY, "Settings could not be changed") : PUR_OK;
}

static const struct pur_route routes[] = {
	{ PUR_GET, "/settings", "settings:read", .stmts = { GET }, .summary = "Get the settings" },
	{ PUR_PATCH, "/settings", "settings:write", .stmts = { LOCK, UPDATE, CLEAR, FILL },
	  .guard = GET, .check = check, .event = "settings.updated", .errors = { PUR_ERULE },
	  .summary = "Change settings" },
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "settings", .title = "Settings", .summary = "How a tenant's shop runs",
	    .constraints = constraints)
