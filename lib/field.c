/* field: judges input by a table of fields. */
#include "field.h"
#include "json.h"
#include "timefmt.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MOST 10000       /* code points, where a field says nothing */
#define INT_MOST 999999999999 /* likewise for integers */
#define ROWS_MOST 500
#define NOT_EMAIL "Must be an e-mail address"

/* What reading a body carries along. */
struct reader {
	struct pur_arena *a;
	enum pur_body_mode mode;
	int version;
	int64_t now;
	struct pur_currency *currency;
	struct pur_error *e;
	bool failed;
};

static enum pur_rc read_object(struct reader *rd, const struct pur_field *fields, const char *path,
			       struct json_object *body, struct pur_value *values);

size_t
pur_fields_count(const struct pur_field *fields)
{
	size_t n = 0;

	while (fields != NULL && fields[n].name != NULL)
		n++;
	return n;
}

int
pur_field_find(const struct pur_field *fields, const char *name, size_t len)
{
	for (int i = 0; fields != NULL && fields[i].name != NULL; i++) {
		if (strncmp(fields[i].name, name, len) == 0 && fields[i].name[len] == '\0')
			return i;
	}
	return -1;
}

bool
pur_slug_valid(const char *s, size_t len)
{
	struct pur_uuid id;

	if (len < 1 || len > 100 || strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") < len)
		return false;
	return pur_uuid_parse(s, len, &id) != 0;
}

const char *
pur_currency_fault(const char *text)
{
	static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return strspn(text, capitals) == 3 && text[3] == '\0' ? NULL
							      : "Must be three capitals, as EUR";
}

const char *
pur_locale_fault(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char others[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t n = strspn(text, letters);
	bool good = n == 2 || n == 3;

	for (const char *p = text + n; good && *p != '\0'; p += n + 1) {
		n = strspn(p + 1, others);
		good = *p == '-' && n >= 2 && n <= 8;
	}
	return good ? NULL : "Must be a language and maybe a country, as de-CH";
}

/* The characters HTML allows before the '@'. */
static bool
email_valid(const char *s, size_t len)
{
	static const char local[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    ".!#$%&'*+/=?^_`{|}~-";
	static const char label[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	size_t n = strspn(s, local);

	if (len > 254 || n == 0 || n > 64 || s[n] != '@')
		return false;
	for (const char *p = s + n + 1;; p += n + 1) {
		n = strspn(p, label);
		if (n == 0 || n > 63 || p[0] == '-' || p[n - 1] == '-')
			return false;
		if (p[n] == '\0')
			return (size_t)(p + n - s) == len;
		if (p[n] != '.')
			return false;
	}
}

static bool
choice_valid(const struct pur_field *f, const char *s, size_t len)
{
	for (const char *const *c = f->choices; c != NULL && *c != NULL; c++) {
		if (strlen(*c) == len && memcmp(*c, s, len) == 0)
			return true;
	}
	return false;
}

static int64_t
most(const struct pur_field *f, int64_t otherwise)
{
	return f->max != 0 ? f->max : otherwise;
}

/* A number that a field takes, or what is wrong with it. */
static const char *
check_integer(struct pur_arena *a, const struct pur_field *f, int64_t n)
{
	int64_t max = most(f, INT_MOST);

	if (n < f->min)
		return f->min == 0   ? "Must not be negative"
		       : f->min == 1 ? "Must be at least 1"
				     : pur_sprintf(a, "Must be at least %lld", (long long)f->min);
	if (n > max)
		return pur_sprintf(a, "Must be at most %lld", (long long)max);
	return NULL;
}

static const char *
check_length(struct pur_arena *a, const struct pur_field *f, const char *s, size_t len)
{
	int64_t n = (int64_t)pur_utf8_length(s, len), max = most(f, TEXT_MOST);
	int64_t min = f->min == 0 && (f->flags & PUR_REQUIRED) != 0 ? 1 : f->min;

	if (n < min)
		return n == 0
			   ? "Must not be empty"
			   : pur_sprintf(a, "Must have at least %lld characters", (long long)min);
	if ((f->flags & PUR_NOTBLANK) != 0 && strspn(s, " \t\r\n") == len)
		return "Must not be blank";
	if (n > max)
		return pur_sprintf(a, "Must have at most %lld characters", (long long)max);
	return NULL;
}

static bool
clock_valid(const char *s, size_t len)
{
	int hours, minutes;

	if (len != 5 || strspn(s, "0123456789") != 2 || s[2] != ':' ||
	    strspn(s + 3, "0123456789") != 2)
		return false;
	hours = 10 * (s[0] - '0') + s[1] - '0';
	minutes = 10 * (s[3] - '0') + s[4] - '0';
	return minutes < 60 && (hours < 24 || (hours == 24 && minutes == 0));
}

/* Reads text as a field's type. Returns NULL, or a message (constant or in the arena). */
static const char *
read_text(struct pur_arena *a, const struct pur_field *f, const char *s, size_t len,
	  struct pur_value *v)
{
	int32_t days;

	v->s = s;
	v->len = len;
	switch (f->type) {
	case PUR_TEXT:
		return check_length(a, f, s, len);
	case PUR_SLUG:
		return pur_slug_valid(s, len) ? NULL
					      : "Must be a-z, 0-9 and '-', and not look like an id";
	case PUR_EMAIL:
		return email_valid(s, len) ? NULL : NOT_EMAIL;
	case PUR_CHOICE:
		return choice_valid(f, s, len) ? NULL : "Must be one of the values it can have";
	case PUR_UUID:
		return pur_uuid_parse(s, len, &v->uuid) == 0 ? NULL : "Must be an id (UUID)";
	case PUR_TIME:
		return pur_time_parse(s, len, &v->i) == 0
			   ? NULL
			   : "Must be a time like 2026-05-01T08:30:00Z";
	case PUR_DATE:
		if (pur_date_parse(s, len, &days) != 0)
			return "Must be a date like 2026-05-01";
		v->i = days;
		return NULL;
	case PUR_CLOCK:
		return clock_valid(s, len) ? NULL : "Must be a time of day like 08:30";
	default:
		return "Must not be text";
	}
}

/* One of a choice's values, listed: what would be right. */
static const char *
choices_message(struct pur_arena *a, const struct pur_field *f)
{
	const char *m = "Must be one of";

	for (const char *const *c = f->choices; c != NULL && *c != NULL && m != NULL; c++)
		m = pur_sprintf(a, "%s%s %s", m, c == f->choices ? "" : ",", *c);
	return m;
}

/* v2: {"amount": 1250, "currency": "EUR"}; leaves the amount. */
static const char *
open_money(struct reader *rd, const char *path, struct json_object **o)
{
	struct json_object *amount, *currency;

	if (!json_object_is_type(*o, json_type_object) || json_object_object_length(*o) != 2 ||
	    !json_object_object_get_ex(*o, "amount", &amount) ||
	    !json_object_object_get_ex(*o, "currency", &currency) ||
	    !json_object_is_type(currency, json_type_string) ||
	    json_object_get_string_len(currency) != 3)
		return "Must be an object with amount (integer) and currency (three letters)";
	if (rd->currency->code == NULL)
		*rd->currency = (struct pur_currency){ json_object_get_string(currency), path };
	else if (strcmp(rd->currency->code, json_object_get_string(currency)) != 0)
		return "Must be in the same currency as what stands before";
	*o = amount;
	return NULL;
}

static const char *
read_integer(struct reader *rd, const struct pur_field *f, const char *path, struct json_object *o,
	     struct pur_value *v)
{
	const char *problem;

	if (f->type == PUR_MONEY && rd->version >= 2 &&
	    (problem = open_money(rd, path, &o)) != NULL)
		return problem;
	if (pur_json_int64(o, &v->i) != 0)
		return f->type == PUR_MONEY ? "Must be an integer in minor units"
					    : "Must be an integer";
	return check_integer(rd->a, f, v->i);
}

static const char *
check_item(const struct pur_field *f, struct json_object *o)
{
	int len = json_object_get_string_len(o);

	if (!json_object_is_type(o, json_type_string))
		return "Must be a string";
	if (f->fault != NULL)
		return f->fault(json_object_get_string(o));
	return len >= 1 && len <= 100 ? NULL : "Must have 1 to 100 bytes";
}

/* A list of strings; faults of items go to the error with their own paths. */
static const char *
read_texts(struct reader *rd, const struct pur_field *f, const char *path, struct json_object *o,
	   struct pur_value *v)
{
	size_t n = json_object_is_type(o, json_type_array) ? json_object_array_length(o) : 0;

	if (!json_object_is_type(o, json_type_array))
		return "Must be a list of strings";
	if ((int64_t)n > most(f, 50))
		return pur_sprintf(rd->a, "Must have at most %lld items", (long long)most(f, 50));
	v->n = n;
	v->items = pur_calloc(rd->a, n + 1, sizeof(*v->items));
	if (v->items == NULL)
		return "";
	for (size_t i = 0; i < n; i++) {
		struct json_object *s = json_object_array_get_idx(o, i);
		const char *problem = check_item(f, s);

		if (problem != NULL) {
			rd->failed = true;
			pur_error_detail(rd->e, rd->a, pur_sprintf(rd->a, "%s[%zu]", path, i), "%s",
					 problem);
			continue;
		}
		v->items[i] = (struct pur_value){ .type = PUR_TEXT,
						  .given = true,
						  .s = json_object_get_string(s),
						  .len = (size_t)json_object_get_string_len(s) };
	}
	return NULL;
}

/* A list of objects; faults go to the error with their own paths. */
static const char *
read_rows(struct reader *rd, const struct pur_field *f, const char *path, struct json_object *o,
	  struct pur_value *v)
{
	size_t n = json_object_is_type(o, json_type_array) ? json_object_array_length(o) : 0;
	size_t width = pur_fields_count(f->of);

	if (!json_object_is_type(o, json_type_array))
		return "Must be a list";
	if ((int64_t)n < f->min)
		return pur_sprintf(rd->a, "Must have at least %lld", (long long)f->min);
	if ((int64_t)n > most(f, ROWS_MOST))
		return pur_sprintf(rd->a, "Must have at most %lld", (long long)most(f, ROWS_MOST));
	v->n = n;
	v->items = pur_calloc(rd->a, n * width + 1, sizeof(*v->items));
	if (v->items == NULL)
		return "";
	for (size_t i = 0; i < n; i++) {
		const char *at = pur_sprintf(rd->a, "%s[%zu]", path, i);

		if (at == NULL)
			return "";
		/* Within a list a member is whole: merging stops at its door (RFC 7396). */
		read_object(rd, f->of, at, json_object_array_get_idx(o, i), v->items + i * width);
	}
	return NULL;
}

/* Reads one member that was given and isn't null. NULL when it is right; "" without memory. */
static const char *
read_member(struct reader *rd, const struct pur_field *f, const char *path, struct json_object *o,
	    struct pur_value *v)
{
	const char *problem;

	switch (f->type) {
	case PUR_BOOL:
		v->b = json_object_get_boolean(o) != 0;
		return json_object_is_type(o, json_type_boolean) ? NULL : "Must be true or false";
	case PUR_INT:
	case PUR_MONEY:
		return read_integer(rd, f, path, o, v);
	case PUR_ROWS:
		return read_rows(rd, f, path, o, v);
	case PUR_TEXTS:
		return read_texts(rd, f, path, o, v);
	default:
		if (!json_object_is_type(o, json_type_string))
			return f->type == PUR_TEXT ? "Must be text" : "Must be a string";
		problem = read_text(rd->a, f, json_object_get_string(o),
				    (size_t)json_object_get_string_len(o), v);
		if (problem != NULL && f->type == PUR_CHOICE)
			return choices_message(rd->a, f);
		if (problem == NULL && f->type == PUR_TEXT && f->fault != NULL)
			return f->fault(v->s);
		if (problem == NULL && (f->flags & PUR_FUTURE) != 0 && v->i <= rd->now)
			return "Must be in the future";
		return problem;
	}
}

/* What an absent or null member becomes. Returns NULL, or "" without memory. */
static const char *
take_default(struct reader *rd, const struct pur_field *f, struct pur_value *v)
{
	const char *d = f->default_value, *problem;
	struct json_object *o = NULL;

	v->null = d == NULL;
	if (d == NULL)
		return NULL;
	if (f->type == PUR_BOOL)
		v->b = strcmp(d, "true") == 0;
	else if (f->type == PUR_INT || f->type == PUR_MONEY)
		v->i = strtoll(d, NULL, 10);
	else if (pur_json_parse(rd->a, d, strlen(d), &o, &problem) != PUR_OK)
		return "";
	else
		return read_member(rd, f, f->name, o, v);
	return NULL;
}

static void
fault(struct reader *rd, const char *path, const char *name, const char *message)
{
	rd->failed = true;
	if (message != NULL && *message != '\0')
		pur_error_detail(rd->e, rd->a,
				 path[0] == '\0' ? name : pur_sprintf(rd->a, "%s.%s", path, name),
				 "%s", message);
}

static void
read_field(struct reader *rd, const struct pur_field *f, const char *path, bool given,
	   struct json_object *o, struct pur_value *v)
{
	bool nested = path[0] != '\0', merge = rd->mode == PUR_BODY_MERGE && !nested;
	bool fixed = (f->flags & PUR_FIXED) != 0 && rd->mode != PUR_BODY_CREATE;
	const char *problem, *at;

	v->type = f->type;
	if ((f->flags & PUR_READONLY) != 0 || fixed) {
		if (given && rd->mode != PUR_BODY_REPLACE)
			fault(rd, path, f->name, "Read-only");
		v->type = PUR_NOTYPE;
		return;
	}
	v->given = given;
	if (given && o != NULL) {
		at = nested ? pur_sprintf(rd->a, "%s.%s", path, f->name) : f->name;
		problem = at != NULL ? read_member(rd, f, at, o, v) : "";
		if (problem != NULL)
			fault(rd, path, f->name, problem);
	} else if (!given && merge) {
		v->type = PUR_NOTYPE;
	} else if ((f->flags & PUR_REQUIRED) != 0) {
		fault(rd, path, f->name, given ? "Must not be null" : "Is required");
	} else {
		problem = take_default(rd, f, v);
		if (problem != NULL)
			fault(rd, path, f->name, problem);
	}
}

static enum pur_rc
read_object(struct reader *rd, const struct pur_field *fields, const char *path,
	    struct json_object *body, struct pur_value *values)
{
	size_t seen = 0;

	if (!json_object_is_type(body, json_type_object)) {
		rd->failed = true;
		pur_error_detail(rd->e, rd->a, path, "Must be an object");
		return PUR_EBODY;
	}
	for (const struct pur_field *f = fields; f->name != NULL; f++) {
		struct json_object *o = NULL;
		bool given = json_object_object_get_ex(body, f->name, &o);

		seen += given;
		read_field(rd, f, path, given, o, &values[f - fields]);
	}
	if (seen == (size_t)json_object_object_length(body))
		return rd->failed ? PUR_EBODY : PUR_OK;
	json_object_object_foreach(body, name, member)
	{
		(void)member;
		if (pur_field_find(fields, name, strlen(name)) < 0)
			fault(rd, path, name, "Unknown field");
	}
	return PUR_EBODY;
}

enum pur_rc
pur_fields_read(struct pur_arena *a, const struct pur_field *fields, struct json_object *body,
		enum pur_body_mode mode, int version, int64_t now, struct pur_value **values,
		struct pur_currency *currency, struct pur_error *e)
{
	struct pur_currency seen = { .code = NULL }; /* of a caller that doesn't ask */
	struct reader rd = { .a = a,
			     .mode = mode,
			     .version = version,
			     .now = now,
			     .currency = currency != NULL ? currency : &seen,
			     .e = e };

	*values = pur_calloc(a, pur_fields_count(fields) + 1, sizeof(**values));
	if (*values == NULL)
		return PUR_ETOOLARGE;
	read_object(&rd, fields, "", body, *values);
	if (pur_arena_exhausted(a))
		return PUR_ETOOLARGE;
	return rd.failed ? PUR_EBODY : PUR_OK;
}

enum pur_rc
pur_field_read_text(const struct pur_field *f, const char *text, struct pur_value *out,
		    const char **problem)
{
	size_t len = strlen(text);
	const char *digits;
	char *end;

	*out = (struct pur_value){ .type = f->type, .given = true };
	*problem = NULL;
	switch (f->type) {
	case PUR_BOOL:
		out->b = strcmp(text, "true") == 0;
		if (!out->b && strcmp(text, "false") != 0)
			*problem = "Must be true or false";
		break;
	case PUR_INT:
	case PUR_MONEY:
		errno = 0;
		out->i = strtoll(text, &end, 10);
		digits = text + (text[0] == '-'); /* strtoll() also takes '+' and white space */
		if (*digits < '0' || *digits > '9' || *end != '\0' || errno != 0)
			*problem = "Must be an integer";
		break;
	case PUR_TEXT:
	case PUR_EMAIL: /* a search may look for half an address */
		out->s = text;
		out->len = len;
		if (len > 1000)
			*problem = "Must have at most 1000 bytes";
		break;
	default:
		*problem = read_text(NULL, f, text, len, out);
	}
	return *problem == NULL ? PUR_OK : PUR_EINPUT;
}

enum pur_rc
pur_field_read_param(struct pur_arena *a, const struct pur_field *f, const char *text, int64_t now,
		     struct pur_value *out, const char **problem)
{
	enum pur_rc rc = pur_field_read_text(f, text, out, problem);

	if (rc == PUR_OK && (f->type == PUR_INT || f->type == PUR_MONEY))
		*problem = check_integer(a, f, out->i);
	if (rc == PUR_OK && f->type == PUR_TEXT)
		*problem = check_length(a, f, text, out->len);
	if (rc == PUR_OK && f->type == PUR_EMAIL && !email_valid(text, out->len))
		*problem = NOT_EMAIL;
	if (rc == PUR_OK && (f->flags & PUR_FUTURE) != 0 && out->i <= now)
		*problem = "Must be in the future";
	/* A fault whose message found no room is one all the same. */
	if (*problem == NULL && pur_arena_exhausted(a))
		*problem = "";
	return *problem == NULL ? PUR_OK : PUR_EINPUT;
}

const char *
pur_type_name(enum pur_type t)
{
	static const char *const names[] = {
		[PUR_NOTYPE] = "none",   [PUR_BOOL] = "boolean",  [PUR_INT] = "integer",
		[PUR_MONEY] = "money",   [PUR_TEXT] = "text",     [PUR_SLUG] = "slug",
		[PUR_EMAIL] = "email",   [PUR_CHOICE] = "choice", [PUR_UUID] = "uuid",
		[PUR_TIME] = "time",     [PUR_DATE] = "date",     [PUR_ROWS] = "rows",
		[PUR_TEXTS] = "texts",   [PUR_BYTES] = "bytes",   [PUR_CLOCK] = "clock",
		[PUR_OBJECT] = "object",
	};

	return names[t];
}
