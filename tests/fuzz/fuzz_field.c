/*
 * fuzz_field: a body read by a table with every type, in each mode and version, and its text read
 * as a query parameter. What is taken is within its field's bounds and, written as JSON, is taken
 * again as the same; what is refused has details.
 */
#include "document.h"
#include "field.h"
#include "fuzz.h"
#include "timefmt.h"

#define NOW INT64_C(1767225600000000) /* 2026-01-01 */

static const char *const choices[] = { "small", "large", NULL };

static const struct pur_field toppings[] = {
	{ .name = "name", .type = PUR_TEXT, .flags = PUR_REQUIRED, .max = 5 },
	{ .name = "price", .type = PUR_MONEY, .default_value = "0" },
	{ .name = NULL },
};

static const struct pur_field lines[] = {
	{ .name = "product_id", .type = PUR_UUID, .flags = PUR_REQUIRED },
	{ .name = "quantity", .type = PUR_INT, .min = 1, .max = 99, .default_value = "1" },
	{ .name = "toppings", .type = PUR_ROWS, .max = 3, .of = toppings },
	{ .name = "total", .type = PUR_MONEY, .flags = PUR_READONLY },
	{ .name = NULL },
};

static const struct pur_field fields[] = {
	{ .name = "id", .type = PUR_UUID, .flags = PUR_READONLY },
	{ .name = "bool", .type = PUR_BOOL, .default_value = "true" },
	{ .name = "int", .type = PUR_INT, .min = -5, .max = INT64_MAX },
	{ .name = "money", .type = PUR_MONEY },
	{ .name = "paid", .type = PUR_MONEY, .min = INT64_MIN, .default_value = "-1" },
	{ .name = "text", .type = PUR_TEXT, .min = 2, .max = 7 },
	{ .name = "name", .type = PUR_TEXT, .flags = PUR_REQUIRED },
	{ .name = "slug", .type = PUR_SLUG },
	{ .name = "email", .type = PUR_EMAIL },
	{ .name = "choice", .type = PUR_CHOICE, .choices = choices, .default_value = "\"small\"" },
	{ .name = "uuid", .type = PUR_UUID },
	{ .name = "time", .type = PUR_TIME },
	{ .name = "pickup", .type = PUR_TIME, .flags = PUR_FUTURE },
	{ .name = "date", .type = PUR_DATE },
	{ .name = "clock", .type = PUR_CLOCK },
	{ .name = "fixed", .type = PUR_CHOICE, .choices = choices, .flags = PUR_FIXED },
	{ .name = "texts", .type = PUR_TEXTS, .max = 3, .default_value = "[\"a\"]" },
	{ .name = "lines", .type = PUR_ROWS, .min = 1, .max = 3, .of = lines },
	{ .name = NULL },
};

/* ---- what a value of a field is ---- */

static int64_t
most(const struct pur_field *f, int64_t otherwise)
{
	return f->max != 0 ? f->max : otherwise;
}

static void holds_of_values(const struct pur_field *f, const struct pur_value *v);

static void
holds_of_string(const struct pur_field *f, const struct pur_value *v)
{
	struct pur_uuid id;
	const char *at;
	int64_t n;

	HOLDS(strlen(v->s) == v->len && pur_utf8_valid(v->s, v->len));
	n = (int64_t)pur_utf8_length(v->s, v->len);
	switch (f->type) {
	case PUR_TEXT:
		HOLDS(n >= f->min && n <= most(f, 10000));
		HOLDS(n > 0 || (f->flags & PUR_REQUIRED) == 0);
		break;
	case PUR_SLUG:
		HOLDS(pur_slug_valid(v->s, v->len) && n >= 1 && n <= 100);
		HOLDS(strspn(v->s, "abcdefghijklmnopqrstuvwxyz0123456789-") == v->len);
		HOLDS(pur_uuid_parse(v->s, v->len, &id) != 0);
		break;
	case PUR_EMAIL:
		at = strchr(v->s, '@');
		HOLDS(at != NULL && at > v->s && at[1] != '\0' && strchr(at + 1, '@') == NULL);
		HOLDS(strpbrk(v->s, " \t\r\n\",:;<>()[]\\") == NULL && v->len <= 254);
		HOLDS(strstr(at, "-.") == NULL && strstr(at, ".-") == NULL && at[1] != '-');
		HOLDS(strstr(at, "..") == NULL && strchr("-.", v->s[v->len - 1]) == NULL);
		break;
	case PUR_CLOCK:
		HOLDS(v->len == 5 && v->s[2] == ':' && strcmp(v->s, "24:00") <= 0);
		HOLDS(strspn(v->s, "0123456789:") == 5 && v->s[3] < '6');
		break;
	default:
		HOLDS(strcmp(v->s, choices[0]) == 0 || strcmp(v->s, choices[1]) == 0);
	}
}

static void
holds_of_value(const struct pur_field *f, const struct pur_value *v)
{
	if (v->type == PUR_NOTYPE || v->null) {
		HOLDS((f->flags & PUR_REQUIRED) == 0 || v->type == PUR_NOTYPE);
		return;
	}
	HOLDS(v->type == f->type);
	switch (f->type) {
	case PUR_INT:
	case PUR_MONEY:
		HOLDS(v->i >= f->min && v->i <= most(f, INT64_C(999999999999)));
		break;
	case PUR_TIME:
		HOLDS((f->flags & PUR_FUTURE) == 0 || v->i > NOW);
		break;
	case PUR_TEXTS:
		HOLDS((int64_t)v->n <= most(f, 50));
		for (size_t i = 0; i < v->n; i++)
			HOLDS(v->items[i].len >= 1 && v->items[i].len <= 100);
		break;
	case PUR_ROWS:
		HOLDS((int64_t)v->n >= f->min && (int64_t)v->n <= most(f, 500));
		for (size_t i = 0; i < v->n; i++)
			holds_of_values(f->of, v->items + i * pur_fields_count(f->of));
		break;
	case PUR_BOOL:
	case PUR_UUID:
	case PUR_DATE:
		break;
	default:
		holds_of_string(f, v);
	}
}

static void
holds_of_values(const struct pur_field *f, const struct pur_value *v)
{
	for (; f->name != NULL; f++, v++)
		holds_of_value(f, v);
}

/* ---- writing values as JSON ---- */

static void put_values(struct pur_buf *b, const struct pur_field *f, const struct pur_value *v,
		       int version, const char *currency);

static void
put_number(struct pur_buf *b, const struct pur_field *f, int64_t n, int version,
	   const char *currency)
{
	if (f->type == PUR_MONEY && version == 2) {
		pur_buf_puts(b, "{\"currency\":");
		pur_json_put_string(b, currency, strlen(currency));
		pur_buf_puts(b, ",\"amount\":");
	}
	pur_buf_put_int(b, n);
	if (f->type == PUR_MONEY && version == 2)
		pur_buf_putc(b, '}');
}

static void
put_list(struct pur_buf *b, const struct pur_field *f, const struct pur_value *v, int version,
	 const char *currency)
{
	pur_buf_putc(b, '[');
	for (size_t i = 0; i < v->n; i++) {
		if (i > 0)
			pur_buf_putc(b, ',');
		if (f->type == PUR_TEXTS)
			pur_json_put_string(b, v->items[i].s, v->items[i].len);
		else
			put_values(b, f->of, v->items + i * pur_fields_count(f->of), version,
				   currency);
	}
	pur_buf_putc(b, ']');
}

static void
put_quoted(struct pur_buf *b, const struct pur_value *v)
{
	char text[PUR_UUID_TEXT];

	pur_buf_putc(b, '"');
	if (v->type == PUR_UUID) {
		pur_uuid_format(&v->uuid, text);
		pur_buf_put(b, text, sizeof(text));
	} else if (v->type == PUR_TIME) {
		pur_time_put(b, v->i);
	} else {
		pur_date_put(b, (int32_t)v->i);
	}
	pur_buf_putc(b, '"');
}

static void
put_value(struct pur_buf *b, const struct pur_field *f, const struct pur_value *v, int version,
	  const char *currency)
{
	if (v->null) {
		pur_buf_puts(b, "null");
		return;
	}
	switch (f->type) {
	case PUR_BOOL:
		pur_buf_puts(b, v->b ? "true" : "false");
		break;
	case PUR_INT:
	case PUR_MONEY:
		put_number(b, f, v->i, version, currency);
		break;
	case PUR_UUID:
	case PUR_TIME:
	case PUR_DATE:
		put_quoted(b, v);
		break;
	case PUR_TEXTS:
	case PUR_ROWS:
		put_list(b, f, v, version, currency);
		break;
	default:
		pur_json_put_string(b, v->s, v->len);
	}
}

static void
put_values(struct pur_buf *b, const struct pur_field *f, const struct pur_value *v, int version,
	   const char *currency)
{
	int first = 1;

	pur_buf_putc(b, '{');
	for (; f->name != NULL; f++, v++) {
		if (v->type == PUR_NOTYPE)
			continue;
		pur_json_put_name(b, &first, f->name);
		put_value(b, f, v, version, currency);
	}
	pur_buf_putc(b, '}');
}

/* ---- the properties ---- */

/* Values, written, are read as values that are written alike. */
static void
come_back(struct pur_arena *a, const struct pur_value *values, enum pur_body_mode mode, int version,
	  const char *currency)
{
	struct pur_buf b = { .data = NULL }, c = { .data = NULL };
	struct pur_error e = { .rc = PUR_OK };
	struct json_object *body;
	struct pur_value *again;
	const char *problem;
	enum pur_rc rc;

	put_values(&b, fields, values, version, currency);
	rc = pur_json_parse(a, b.data, b.len, &body, &problem);
	if (rc == PUR_OK)
		rc = pur_fields_read(a, fields, body, mode, version, NOW, &again, NULL, &e);
	HOLDS(rc == PUR_OK || (rc == PUR_ETOOLARGE && pur_arena_exhausted(a)));
	if (rc == PUR_OK) {
		put_values(&c, fields, again, version, currency);
		HOLDS(b.len == c.len && memcmp(b.data, c.data, b.len) == 0);
	}
	pur_buf_free(&b);
	pur_buf_free(&c);
}

/* All money of a body is of one currency; what may stand where nothing is read is left out. */
static void
holds_of_currency(struct json_object *body, const char *currency)
{
	struct json_object *of;

	if (json_object_is_type(body, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(body); i++)
			holds_of_currency(json_object_array_get_idx(body, i), currency);
	} else if (json_object_object_get_ex(body, "currency", &of)) {
		HOLDS(strcmp(json_object_get_string(of), currency) == 0);
	} else if (json_object_is_type(body, json_type_object)) {
		json_object_object_foreach(body, name, member)
		{
			if (strcmp(name, "id") != 0 && strcmp(name, "total") != 0)
				holds_of_currency(member, currency);
		}
	}
}

/* The argument that a body becomes is JSON, behind the version that jsonb begins with. */
static void
is_document(struct pur_arena *a, const struct pur_value *values)
{
	struct pur_json_scan scan;
	struct pur_datum d;
	enum pur_rc rc = pur_document(a, fields, values, &d);

	HOLDS(rc == PUR_OK || (rc == PUR_ETOOLARGE && pur_arena_exhausted(a)));
	HOLDS(rc != PUR_OK || (d.len > 2 && d.data[0] == 1));
	HOLDS(rc != PUR_OK || pur_json_scan(d.data + 1, (size_t)d.len - 1, &scan) == 0);
}

static void
reads_body(struct pur_arena *a, struct json_object *body, enum pur_body_mode mode, int version)
{
	struct pur_error e = { .rc = PUR_OK };
	struct pur_currency currency = { .code = NULL };
	struct pur_value *values;
	enum pur_rc rc =
	    pur_fields_read(a, fields, body, mode, version, NOW, &values, &currency, &e);

	HOLDS(rc == PUR_OK || rc == PUR_EBODY || rc == PUR_ETOOLARGE);
	HOLDS((rc == PUR_ETOOLARGE) == (pur_arena_exhausted(a) != 0));
	HOLDS(rc != PUR_EBODY || e.details != NULL);
	holds_of_details(&e);
	if (rc == PUR_OK) {
		HOLDS(e.details == NULL && (currency.code == NULL) == (currency.path == NULL));
		HOLDS(currency.code == NULL || (version == 2 && strlen(currency.code) == 3));
		holds_of_values(fields, values);
		holds_of_currency(body, currency.code);
		come_back(a, values, mode, version, currency.code != NULL ? currency.code : "EUR");
		is_document(a, values);
		HOLDS(mode == PUR_BODY_CREATE ||
		      values[pur_field_find(fields, "fixed", 5)].type == PUR_NOTYPE);
	}
}

/* A route's own parameter is held to all that its field says. */
static void
reads_param(struct pur_arena *a, const struct pur_field *f, const char *text)
{
	const char *problem;
	struct pur_value v;
	enum pur_rc rc = pur_field_read_param(a, f, text, NOW, &v, &problem);

	HOLDS(rc == PUR_OK || rc == PUR_EINPUT);
	HOLDS((rc == PUR_OK) == (problem == NULL));
	if (rc == PUR_OK && f->type != PUR_EMAIL && pur_utf8_valid(text, strlen(text)))
		holds_of_value(f, &v);
}

/* Whether a body may have the text as this member; PUR_ETOOLARGE when there is no room to ask. */
static enum pur_rc
as_member(struct pur_arena *a, const struct pur_field *f, const char *text)
{
	struct pur_field one[] = { *f, { .name = NULL } };
	struct pur_buf b = { .data = NULL };
	struct pur_error e = { .rc = PUR_OK };
	struct json_object *body;
	struct pur_value *values;
	const char *problem;
	enum pur_rc rc;

	one[0].flags = 0;
	pur_buf_printf(&b, "{\"%s\":", f->name);
	pur_json_put_string(&b, text, strlen(text));
	pur_buf_putc(&b, '}');
	rc = pur_json_parse(a, b.data, b.len, &body, &problem);
	if (rc == PUR_OK)
		rc = pur_fields_read(a, one, body, PUR_BODY_CREATE, 1, NOW, &values, NULL, &e);
	pur_buf_free(&b);
	return rc;
}

/* A parameter is read as a member of a body is, where field.h makes no difference. */
static void
reads_text(struct pur_arena *a, const struct pur_field *f, const char *text)
{
	const char *problem;
	struct pur_value v;
	enum pur_rc rc = pur_field_read_text(f, text, &v, &problem), member;

	HOLDS(rc == PUR_OK || rc == PUR_EINPUT);
	HOLDS(rc == PUR_OK ? problem == NULL : problem != NULL && problem[0] != '\0');
	if (rc == PUR_OK)
		reads_param(a, f, text);
	if (f->type != PUR_SLUG && f->type != PUR_CHOICE && f->type != PUR_UUID &&
	    f->type != PUR_TIME && f->type != PUR_DATE && f->type != PUR_CLOCK)
		return;
	member = as_member(a, f, text);
	HOLDS(member == PUR_ETOOLARGE || (rc == PUR_OK) == (member == PUR_OK));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct pur_arena *a = take_arena(&in);
	unsigned how = take_byte(&in);
	enum pur_body_mode mode = how % 3 == 0   ? PUR_BODY_CREATE
				  : how % 3 == 1 ? PUR_BODY_REPLACE
						 : PUR_BODY_MERGE;
	struct json_object *body;
	const char *problem;
	char *text = text_of(in);

	if (pur_json_parse(a, (const char *)in.p, in.left, &body, &problem) == PUR_OK)
		reads_body(a, body, mode, 1 + how / 3 % 2);
	else
		reads_text(a, &fields[how % (N_OF(fields) - 1)], text);
	free(text);
	pur_arena_free(a);
	return 0;
}
