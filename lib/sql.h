/*
 * sql: constant fragments that several resources' statements share.
 */
#ifndef PUR_SQL_H
#define PUR_SQL_H

/* Who acts, as authenticate() left it for this transaction; NULL for nobody. */
#define PUR_ACTOR "nullif(current_setting('app.current_user', true), '')::uuid"

/* The API key that acts, as authenticate_key() left it; NULL for a person. */
#define PUR_ACTING_KEY "nullif(current_setting('app.current_key', true), '')::uuid"

/* A text as [a-z0-9-]: accents taken off (Unicode NFD), everything else becomes '-'. */
#define PUR_SLUGIFY(text)                                                                          \
	"trim(BOTH '-' FROM left(regexp_replace(replace(lower(regexp_replace(normalize(" text      \
	", NFD), '[\\u0300-\\u036f]', '', 'g')), 'ß', 'ss'), '[^a-z0-9]+', '-', 'g'), 80))"

/*
 * The slug of a new row `r`: the given one, else one made of its name; where that is taken (or
 * nothing is left of the name) the id's last characters make it unique. For a statement in which
 * $1 is the tenant and $2 the new id.
 */
#define PUR_NEW_SLUG(table)                                                                        \
	"coalesce(r.slug, (SELECT CASE WHEN made.slug = '' OR EXISTS (SELECT FROM " table          \
	" x WHERE x.tenant_id = $1 AND x.slug = made.slug AND x.active)"                           \
	" THEN ltrim(made.slug || '-' || right($2::text, 8), '-') ELSE made.slug END"              \
	" FROM (SELECT " PUR_SLUGIFY("r.name") " AS slug) AS made))"

/* The slug of a changed row: PUT may leave it out, and it stays. */
#define PUR_OLD_SLUG "coalesce(r.slug, t.slug)"

/*
 * Pick-up, by the shop's settings `c`: the local time of an instant, the slot it falls in, and
 * whether the shop lets one order for it `hours` ahead (products' lead time; 0 for none).
 */
#define PUR_PICKUP_LOCAL(at) "((" at ") AT TIME ZONE c.time_zone)"
#define PUR_PICKUP_SLOT(at)                                                                        \
	"date_bin(c.pickup_slot_minutes * interval '1 minute', " PUR_PICKUP_LOCAL(                 \
	    at) ", timestamp '2000-01-01')"
#define PUR_PICKUP_OPEN(at) "shop_open(c.opening_hours, c.closed_days, " PUR_PICKUP_LOCAL(at) ")"
#define PUR_PICKUP_EARLIEST(hours)                                                                 \
	"(now() + greatest(c.lead_time_hours, " hours ") * interval '1 hour')"
#define PUR_PICKUP_LATEST "coalesce(now() + c.pickup_days_ahead * interval '1 day', 'infinity')"
#define PUR_PICKUP_POSSIBLE(at, hours)                                                             \
	"(" PUR_PICKUP_OPEN(at) " AND " at                                                         \
				" >= " PUR_PICKUP_EARLIEST(hours) " AND " at                       \
								  " <= " PUR_PICKUP_LATEST ")"

/*
 * Slots are counted anew when the settings change, so the two shut each other out: a statement
 * before one that takes or frees a slot, and one before the settings change. $1 is the tenant.
 */
#define PUR_SETTINGS_KEY "hashtextextended('settings ' || $1::text, 0)"
#define PUR_SETTINGS_STAY "pg_advisory_xact_lock_shared(" PUR_SETTINGS_KEY ")"
#define PUR_SETTINGS_CHANGE "pg_advisory_xact_lock(" PUR_SETTINGS_KEY ")"

/*
 * A thing that a body refers to stays as it is until the end: refer.c shares this lock before it
 * looks, and what takes the thing away from under references (a merge, an erasure) takes it alone.
 */
#define PUR_REFER_KEY(tenant, id)                                                                  \
	"hashtextextended('refer ' || " tenant "::text || ' ' || " id "::text, 0)"

/* The optional If-Match of a guarded write, as argument n ("$3"). */
#define PUR_MATCHES(n, revision) "(" n "::bigint[] IS NULL OR " revision " = ANY (" n "))"

#endif
