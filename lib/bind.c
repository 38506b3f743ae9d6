/* bind: statements' argument names resolved once, their values made binary in each request. */
#include "bind.h"
#include "buf.h"
#include "document.h"
#include "json.h"
#include "oid.h"
#include "permission.h"
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGENT_MOST 200 /* bytes of a User-Agent that are kept */

/* The names that stand for themselves, and their SQL types. */
static const struct {
	const char *name;
	enum pur_source source;
	Oid oid;
} session_names[] = {
	{ "@tenant", PUR_FROM_TENANT, PUR_OID_UUID },
	{ "@id", PUR_FROM_ID, PUR_OID_UUID },
	{ "@from", PUR_FROM_STATES, PUR_OID_TEXT_ARRAY },
	{ "@to", PUR_FROM_TO, PUR_OID_TEXT },
	{ "@match", PUR_FROM_MATCH, PUR_OID_INT8_ARRAY },
	{ "@body", PUR_FROM_DOCUMENT, PUR_OID_JSONB },
	{ "@request", PUR_FROM_REQUEST, PUR_OID_TEXT },
	{ "@address", PUR_FROM_ADDRESS, PUR_OID_TEXT },
	{ "@agent", PUR_FROM_AGENT, PUR_OID_TEXT },
};

static enum pur_type
slot_type(const char *name)
{
	static const struct {
		const char *name;
		enum pur_type type;
	} types[] = { { "bool", PUR_BOOL }, { "int", PUR_INT },   { "text", PUR_TEXT },
		      { "uuid", PUR_UUID }, { "time", PUR_TIME }, { "bytes", PUR_BYTES } };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].name, name) == 0)
			return types[i].type;
	}
	return PUR_NOTYPE;
}

static bool
copy_name(char to[40], const char *from, size_t len)
{
	if (len >= 40)
		return false;
	memcpy(to, from, len);
	to[len] = '\0';
	return true;
}

/* A field of the body, or list.field, or list.@id. */
static bool
resolve_field(const char *name, const struct pur_field *fields, struct pur_arg *arg, Oid *oid)
{
	const char *dot = strchr(name, '.');
	size_t len = dot != NULL ? (size_t)(dot - name) : strlen(name);
	int f = pur_field_find(fields, name, len), sub;

	if (f < 0 || !copy_name(arg->name, name, len))
		return false;
	arg->source = PUR_FROM_FIELD;
	arg->type = fields[f].type;
	*oid = pur_datum_oid(arg->type);
	if (dot == NULL)
		return arg->type != PUR_ROWS;
	if (arg->type != PUR_ROWS || !copy_name(arg->sub, dot + 1, strlen(dot + 1)))
		return false;
	if (strcmp(arg->sub, "@id") == 0) {
		arg->source = PUR_FROM_ROW_IDS;
		arg->type = PUR_UUID;
	} else {
		sub = pur_field_find(fields[f].of, arg->sub, strlen(arg->sub));
		if (sub < 0)
			return false;
		arg->source = PUR_FROM_ROWS;
		arg->type = fields[f].of[sub].type;
	}
	*oid = pur_datum_array_oid(arg->type);
	return true;
}

/* Resolves one name. Returns false when nothing has it. */
static bool
resolve(const char *name, const struct pur_stmt *stmt, const struct pur_field *fields,
	const struct pur_field *params, struct pur_arg *arg, Oid *oid)
{
	char braced[100];
	const char *colon;
	int p;

	for (size_t i = 0; name[0] == '@' && i < sizeof(session_names) / sizeof(session_names[0]);
	     i++) {
		if (strcmp(session_names[i].name, name) == 0) {
			arg->source = session_names[i].source;
			*oid = session_names[i].oid;
			return true;
		}
	}
	if (strncmp(name, "@may:", 5) == 0) {
		arg->source = PUR_FROM_ALLOWED;
		*oid = PUR_OID_TEXT_ARRAY;
		return pur_permission_roles(name + 5) != 0 &&
		       copy_name(arg->name, name + 5, strlen(name + 5));
	}
	switch (name[0]) {
	case '@':
		return false;
	case '/':
		colon = strchr(name, ':');
		if (colon != NULL && strcmp(colon, ":slug") != 0 && strcmp(colon, ":int") != 0)
			return false;
		if (colon != NULL && strcmp(colon, ":slug") == 0)
			copy_name(arg->sub, "slug", 4);
		if (!copy_name(arg->name, name + 1,
			       colon != NULL ? (size_t)(colon - name - 1) : strlen(name + 1)))
			return false;
		snprintf(braced, sizeof(braced), "{%s}", arg->name);
		arg->source = strstr(stmt->sql, braced) != NULL ? PUR_FROM_KEY : PUR_FROM_PATH;
		arg->type = colon != NULL && strcmp(colon, ":int") == 0 ? PUR_INT : PUR_UUID;
		*oid = pur_datum_oid(arg->type);
		return true;
	case '?':
		p = pur_field_find(params, name + 1, strlen(name + 1));
		if (p < 0)
			return false;
		arg->source = PUR_FROM_QUERY;
		arg->type = params[p].type;
		*oid = pur_datum_oid(arg->type);
		return copy_name(arg->name, name + 1, strlen(name + 1));
	case '=':
		colon = strchr(name, ':');
		arg->source = PUR_FROM_SLOT;
		arg->type = colon != NULL ? slot_type(colon + 1) : PUR_NOTYPE;
		*oid = pur_datum_oid(arg->type);
		return arg->type != PUR_NOTYPE &&
		       copy_name(arg->name, name + 1, (size_t)(colon - name - 1));
	default:
		return resolve_field(name, fields, arg, oid);
	}
}

/* The text with each `word` replaced. To be freed; NULL without memory. */
static char *
replace(const char *text, const char *word, const char *by)
{
	struct pur_buf b = { .data = NULL };

	for (const char *at; (at = strstr(text, word)) != NULL; text = at + strlen(word)) {
		pur_buf_put(&b, text, (size_t)(at - text));
		pur_buf_puts(&b, by);
	}
	pur_buf_put(&b, text, strlen(text) + 1);
	if (pur_buf_failed(&b)) {
		pur_buf_free(&b);
		return NULL;
	}
	return b.data;
}

char *
pur_bind_expand(const char *text, const char *include, const char *search, bool deleted)
{
	char *some = replace(text, "{include}", include);
	char *more = some != NULL ? replace(some, "{search}", search) : NULL;
	char *whole =
	    more != NULL ? replace(more, "{active}", deleted ? "active IS FALSE" : "active") : NULL;

	free(some);
	free(more);
	return whole;
}

/* One variant: `{part}` compares a column with its argument. */
static int
make_variant(const char *sql, const struct pur_arg *arg, const char *column, int n, char **text,
	     struct pur_query *q)
{
	char word[48] = "", by[64] = "";

	if (arg != NULL) {
		snprintf(word, sizeof(word), "{%s}", arg->name);
		snprintf(by, sizeof(by), "%s = $%d", column, n);
	}
	*text = arg != NULL ? replace(sql, word, by) : strdup(sql);
	q->sql = *text != NULL ? pur_bind_expand(*text, "", "", false) : NULL;
	return q->sql != NULL ? 0 : -1;
}

/* The human key that may stand in a part of the path; NULL: an id alone. */
static const char *
key_of(const struct pur_resource *res, const struct pur_arg *arg)
{
	return arg->sub[0] != '\0' ? arg->sub : res->key.name;
}

static int
compile_texts(const struct pur_resource *res, const char *sql, struct pur_bound *out)
{
	struct pur_arg *arg = out->keyed >= 0 ? &out->args[out->keyed] : NULL;
	const char *key = arg != NULL ? key_of(res, arg) : NULL;

	if (make_variant(sql, arg, "id", out->keyed + 1, &out->id_text, &out->by_id) != 0)
		return -1;
	if (key == NULL)
		return 0;
	arg->type = arg->sub[0] != '\0' ? PUR_SLUG : res->key.type;
	out->key_types[out->keyed] = pur_datum_oid(arg->type);
	return make_variant(sql, arg, key, out->keyed + 1, &out->key_text, &out->by_key);
}

int
pur_bind_compile(const struct pur_resource *res, int index, const struct pur_field *fields,
		 const struct pur_field *params, struct pur_bound *out, char *message, size_t size)
{
	const struct pur_stmt *stmt = &res->stmts[index];
	const char *p = stmt->args != NULL ? stmt->args : "";
	char name[96];

	memset(out, 0, sizeof(*out));
	out->expect = stmt->expect;
	out->keyed = -1;
	for (int used; sscanf(p, " %95s%n", name, &used) == 1; p += used) {
		Oid oid = 0;

		if (out->n == PUR_ARGS ||
		    !resolve(name, stmt, fields, params, &out->args[out->n], &oid)) {
			snprintf(message, size, "%s: statement %d: unknown argument '%s'",
				 res->program, index, name);
			return -1;
		}
		out->id_types[out->n] = out->key_types[out->n] = oid;
		if (out->args[out->n].source == PUR_FROM_KEY)
			out->keyed = out->n;
		out->n++;
	}
	out->by_id = (struct pur_query){ .types = out->id_types, .n = out->n };
	out->by_key = (struct pur_query){ .types = out->key_types, .n = out->n };
	snprintf(out->by_id.name, sizeof(out->by_id.name), "s%d", index);
	snprintf(out->by_key.name, sizeof(out->by_key.name), "s%dk", index);
	if (compile_texts(res, stmt->sql, out) == 0)
		return 0;
	snprintf(message, size, "%s: statement %d: out of memory", res->program, index);
	pur_bind_release(out);
	return -1;
}

void
pur_bind_release(struct pur_bound *s)
{
	free((void *)(uintptr_t)s->by_id.sql);
	free((void *)(uintptr_t)s->by_key.sql);
	free(s->id_text);
	free(s->key_text);
}

/* "pending approved" as a text[]. */
static enum pur_rc
bind_words(struct pur_arena *a, const char *words, struct pur_datum *out)
{
	struct pur_value values[16];
	size_t n = 0;

	for (const char *p = words != NULL ? words : ""; *p != '\0' && n < 16;) {
		size_t len = strcspn(p, " ");

		values[n++] = (struct pur_value){ .type = PUR_TEXT, .s = p, .len = len };
		p += len;
		p += strspn(p, " ");
	}
	return pur_datum_array(a, PUR_TEXT, values, n, out);
}

/* Who has a permission: names of roles, and scopes of keys. */
static enum pur_rc
bind_allowed(struct pur_arena *a, const char *permission, struct pur_datum *out)
{
	char roles[128], scopes[128];
	const char *words;

	pur_roles_words(pur_permission_roles(permission), roles, sizeof(roles));
	pur_permission_scopes(permission, scopes, sizeof(scopes));
	words = pur_sprintf(a, "%s %s", roles, scopes);
	return words != NULL ? bind_words(a, words, out) : PUR_ETOOLARGE;
}

static const struct pur_value *
body_value(const struct pur_input *in, const char *name)
{
	int f = in->body != NULL ? pur_field_find(in->fields, name, strlen(name)) : -1;

	return f >= 0 ? &in->body[f] : NULL;
}

/* A column of a list of rows, or new ids for them. */
static enum pur_rc
bind_rows(struct pur_arena *a, const struct pur_input *in, const struct pur_arg *arg,
	  struct pur_datum *out)
{
	const struct pur_value *list = body_value(in, arg->name);
	size_t n = list != NULL && !list->null ? list->n : 0, width = 0;
	struct pur_value *values = pur_calloc(a, n + 1, sizeof(*values));
	int f, sub = -1;

	if (values == NULL)
		return PUR_ETOOLARGE;
	if (list != NULL && arg->source == PUR_FROM_ROWS) {
		f = pur_field_find(in->fields, arg->name, strlen(arg->name));
		width = pur_fields_count(in->fields[f].of);
		sub = pur_field_find(in->fields[f].of, arg->sub, strlen(arg->sub));
	}
	for (size_t i = 0; i < n; i++) {
		if (sub >= 0)
			values[i] = list->items[i * width + (size_t)sub];
		else
			values[i] = (struct pur_value){ .type = PUR_UUID, .uuid = pur_uuid_new() };
	}
	return pur_datum_array(a, arg->type, values, n, out);
}

static enum pur_rc
bind_slot(struct pur_arena *a, const struct pur_input *in, const struct pur_arg *arg,
	  struct pur_datum *out)
{
	for (const struct pur_slot *s = in->slots; s != NULL; s = s->next) {
		if (strcmp(s->name, arg->name) == 0)
			return pur_datum_value(a, &s->value, out);
	}
	*out = (struct pur_datum){ .data = NULL };
	return PUR_OK;
}

static enum pur_rc
bind_query(struct pur_arena *a, const struct pur_input *in, const struct pur_arg *arg,
	   struct pur_datum *out)
{
	int p = pur_field_find(in->route->params, arg->name, strlen(arg->name));

	return pur_datum_value(a, p >= 0 && in->query != NULL ? &in->query[p] : NULL, out);
}

/* A part of the path as the id or number it must be. */
static enum pur_rc
bind_path(struct pur_arena *a, const struct pur_input *in, const struct pur_arg *arg,
	  struct pur_datum *out)
{
	const char *text = pur_match_part(in->path, arg->name);
	const struct pur_field number = { .type = PUR_INT };
	struct pur_value v = { .type = PUR_UUID };
	struct pur_uuid *id = pur_alloc(a, sizeof(*id));
	const char *problem;

	if (id == NULL)
		return PUR_ETOOLARGE;
	if (arg->source == PUR_FROM_PATH && arg->type == PUR_INT)
		return text != NULL && pur_field_read_text(&number, text, &v, &problem) == PUR_OK
			   ? pur_datum_value(a, &v, out)
			   : PUR_ENOTFOUND;
	if (text == NULL || pur_uuid_parse(text, strlen(text), &v.uuid) != 0)
		return PUR_ENOTFOUND;
	*id = v.uuid;
	*out = pur_datum_uuid(id);
	return PUR_OK;
}

/* A client's word about itself: not worth a refusal, so cut, and left out where it isn't UTF-8. */
static enum pur_rc
bind_agent(struct pur_arena *a, const char *agent, struct pur_datum *out)
{
	size_t len = agent != NULL ? strlen(agent) : 0;
	char *text;

	*out = (struct pur_datum){ .data = NULL };
	if (agent == NULL || !pur_utf8_valid(agent, len))
		return PUR_OK;
	while (len > AGENT_MOST || (agent[len] & 0xC0) == 0x80) /* never within a character */
		len--;
	text = pur_strndup(a, agent, len);
	if (text == NULL)
		return PUR_ETOOLARGE;
	*out = pur_datum_text(text);
	return PUR_OK;
}

static enum pur_rc
bind_arg(struct pur_arena *a, const struct pur_input *in, const struct pur_arg *arg,
	 struct pur_datum *out)
{
	switch (arg->source) {
	case PUR_FROM_TENANT:
		*out = pur_datum_uuid(&in->tenant);
		return PUR_OK;
	case PUR_FROM_ID:
		*out = pur_datum_uuid(&in->id);
		return PUR_OK;
	case PUR_FROM_STATES:
		return bind_words(a, in->route->from, out);
	case PUR_FROM_TO:
		*out = pur_datum_text(in->route->to);
		return PUR_OK;
	case PUR_FROM_MATCH:
		*out = (struct pur_datum){ .data = NULL };
		return in->match != NULL ? pur_datum_array(a, PUR_INT, in->match, in->n_match, out)
					 : PUR_OK;
	case PUR_FROM_DOCUMENT:
		return pur_document(a, in->fields, in->body, out);
	case PUR_FROM_REQUEST:
		*out = pur_datum_text(in->request_id);
		return PUR_OK;
	case PUR_FROM_ADDRESS:
		*out = pur_datum_text(in->address);
		return PUR_OK;
	case PUR_FROM_AGENT:
		return bind_agent(a, in->agent, out);
	case PUR_FROM_ALLOWED:
		return bind_allowed(a, arg->name, out);
	case PUR_FROM_PATH:
	case PUR_FROM_KEY:
		return bind_path(a, in, arg, out);
	case PUR_FROM_QUERY:
		return bind_query(a, in, arg, out);
	case PUR_FROM_FIELD:
		return pur_datum_value(a, body_value(in, arg->name), out);
	case PUR_FROM_ROWS:
	case PUR_FROM_ROW_IDS:
		return bind_rows(a, in, arg, out);
	case PUR_FROM_SLOT:
		return bind_slot(a, in, arg, out);
	}
	return PUR_EINTERNAL;
}

/* Whether the path names a thing by its id or by its human key, and that key's value. */
static enum pur_rc
choose_key(struct pur_arena *a, const struct pur_bound *s, const struct pur_input *in, bool *by_key,
	   struct pur_datum *out)
{
	const struct pur_arg *arg = &s->args[s->keyed];
	const char *text = pur_match_part(in->path, arg->name), *problem;
	struct pur_field f = { .name = arg->name, .type = arg->type, .min = 0 };
	struct pur_value v;
	struct pur_uuid id;

	*by_key = text != NULL && pur_uuid_parse(text, strlen(text), &id) != 0;
	if (text == NULL)
		return PUR_ENOTFOUND;
	if (!*by_key || s->by_key.sql == NULL)
		return bind_path(a, in, arg, out);
	if (pur_field_read_text(&f, text, &v, &problem) != PUR_OK)
		return PUR_ENOTFOUND;
	return pur_datum_value(a, &v, out);
}

enum pur_rc
pur_bind(struct pur_arena *a, struct pur_bound *s, const struct pur_input *in, struct pur_query **q,
	 struct pur_datum **binds)
{
	bool by_key = false;
	enum pur_rc rc = PUR_OK;

	*binds = pur_calloc(a, (size_t)s->n + 1, sizeof(**binds));
	if (*binds == NULL)
		return PUR_ETOOLARGE;
	for (int i = 0; i < s->n && rc == PUR_OK; i++) {
		rc = i == s->keyed ? choose_key(a, s, in, &by_key, &(*binds)[i])
				   : bind_arg(a, in, &s->args[i], &(*binds)[i]);
	}
	*q = by_key ? &s->by_key : &s->by_id;
	return rc;
}
