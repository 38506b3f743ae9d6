/* program: refuses bad tables at start, so that no request has to. */
#include "program.h"
#include "json.h"
#include "permission.h"
#include "retire.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct pur_field *
pur_route_body(const struct pur_resource *res, const struct pur_route *r)
{
	if (r->body != NULL)
		return r->body;
	if (r->effect == PUR_CREATES || r->method == PUR_PUT || r->method == PUR_PATCH)
		return res->fields;
	return NULL;
}

int
pur_route_answer(const struct pur_resource *res, const struct pur_route *r)
{
	int answer = 0;

	for (int i = 0; i < PUR_STMTS && r->stmts[i] != 0; i++) {
		if (res->stmts[r->stmts[i]].expect != PUR_EXEC)
			answer = r->stmts[i];
	}
	return answer;
}

bool
pur_route_lists(const struct pur_resource *res, const struct pur_route *r)
{
	int answer = pur_route_answer(res, r);

	return answer != 0 && res->stmts[answer].expect == PUR_LIST;
}

static int
bad(char *message, size_t size, const struct pur_resource *res, const struct pur_route *r,
    const char *what)
{
	snprintf(message, size, "%s: %s %s: %s", res->program, pur_method_name(r->method), r->path,
		 what);
	return -1;
}

static int
check_route(const struct pur_resource *res, const struct pur_route *r, char *message, size_t size)
{
	bool public = r->permission != NULL && strcmp(r->permission, PUR_PUBLIC) == 0;

	if (r->path == NULL || r->path[0] != '/')
		return bad(message, size, res, r, "the path must begin with '/'");
	if (r->permission == NULL)
		return bad(message, size, res, r, "has no .permission");
	if (!public && pur_permission_roles(r->permission) == 0)
		return bad(message, size, res, r, "no role has its .permission");
	if (public && (r->flags & PUR_STEP_UP) != 0)
		return bad(message, size, res, r, "nobody is logged in who could step up");
	if (r->summary == NULL)
		return bad(message, size, res, r, "has no .summary");
	if (pur_retirement_fault(&r->retired) != NULL)
		return bad(message, size, res, r, pur_retirement_fault(&r->retired));
	if ((r->stmts[0] != 0) == (r->run != NULL))
		return bad(message, size, res, r, "needs either .stmts or .run");
	if (r->to != NULL && r->from == NULL && r->effect != PUR_CREATES)
		return bad(message, size, res, r, "has .to without .from");
	if (r->method == PUR_GET && r->event != NULL)
		return bad(message, size, res, r, "a read can't have an .event");
	for (int i = 0; i <= PUR_STMTS; i++) {
		int stmt = i < PUR_STMTS ? r->stmts[i] : r->guard;

		if (stmt < 0 || stmt >= res->n_stmts)
			return bad(message, size, res, r, "names a statement that isn't there");
	}
	if (r->run == NULL && pur_route_answer(res, r) == 0)
		return bad(message, size, res, r,
			   "none of its statements gives rows to answer with");
	if (pur_route_lists(res, r) && r->sort != NULL) {
		const char *name = r->sort + (r->sort[0] == '-');
		const struct pur_field *fields = pur_route_fields(res, r);
		int f = pur_field_find(fields, name, strlen(name));

		if (f < 0 || (fields[f].flags & PUR_SORT) == 0)
			return bad(message, size, res, r, "its .sort is not a field with PUR_SORT");
	}
	return 0;
}

static int
check_statement(const struct pur_resource *res, const struct pur_bound *s, int index, char *message,
		size_t size)
{
	if (strstr(res->stmts[index].sql, "{search}") != NULL &&
	    (res->search == NULL || s->expect != PUR_LIST || s->n == 0 ||
	     s->args[0].source != PUR_FROM_TENANT)) {
		snprintf(message, size,
			 "%s: statement %d: {search} needs a list, @tenant as $1, and .search",
			 res->program, index);
		return -1;
	}
	if (res->stmts[index].crosses_tenants)
		return 0;
	for (int i = 0; i < s->n; i++) {
		if (s->args[i].source == PUR_FROM_TENANT ||
		    (s->args[i].source == PUR_FROM_SLOT && strcmp(s->args[i].name, "tenant") == 0))
			return 0;
	}
	snprintf(message, size, "%s: statement %d: binds no @tenant", res->program, index);
	return -1;
}

/* A part of the path that a statement binds stands in the path of a route, at least. */
static bool
some_path_has(const struct pur_resource *res, const char *part)
{
	char want[48];

	snprintf(want, sizeof(want), "/{%s}", part);
	for (const struct pur_route *r = res->routes; r->method != PUR_METHOD_UNKNOWN; r++) {
		if (strstr(r->path, want) != NULL)
			return true;
	}
	return false;
}

static int
check_parts(const struct pur_resource *res, const struct pur_bound *s, int index, char *message,
	    size_t size)
{
	int keys = 0;

	for (int i = 0; i < s->n; i++) {
		enum pur_source source = s->args[i].source;

		if (source != PUR_FROM_PATH && source != PUR_FROM_KEY)
			continue;
		keys += source == PUR_FROM_KEY;
		if (!some_path_has(res, s->args[i].name)) {
			snprintf(message, size, "%s: statement %d: unknown argument '/%s'",
				 res->program, index, s->args[i].name);
			return -1;
		}
	}
	if (keys > 1)
		snprintf(message, size, "%s: statement %d: has more than one {key}", res->program,
			 index);
	return keys > 1 ? -1 : 0;
}

/* Defaults are read as if a client had sent them: a wrong one would be held against the client. */
static int
check_defaults(const struct pur_resource *res, const struct pur_field *fields, char *message,
	       size_t size)
{
	struct pur_arena *a = pur_arena_new(1 << 16);
	int bad_ones = 0;

	for (const struct pur_field *f = fields; a != NULL && f != NULL && f->name != NULL; f++) {
		struct pur_field only[] = { *f, { .name = NULL } };
		struct pur_error e = { .rc = PUR_OK };
		struct json_object *body = NULL;
		struct pur_value *values;
		const char *text, *problem;

		if (f->default_value == NULL)
			continue;
		only[0].flags = 0;
		text = pur_sprintf(a, "{\"%s\": %s}", f->name, f->default_value);
		if (text == NULL ||
		    pur_json_parse(a, text, strlen(text), &body, &problem) != PUR_OK ||
		    pur_fields_read(a, only, body, PUR_BODY_CREATE, 1, 0, &values, NULL, &e) !=
			PUR_OK) {
			snprintf(message, size, "%s: field %s: doesn't take its own default",
				 res->program, f->name);
			bad_ones++;
			break;
		}
	}
	pur_arena_free(a);
	return bad_ones > 0 ? -1 : 0;
}

/* What a body's fields promise, and nobody would keep. */
static int
check_fields(const struct pur_resource *res, const struct pur_field *fields, bool nested,
	     char *message, size_t size)
{
	int refers = 0;

	for (const struct pur_field *f = fields; f != NULL && f->name != NULL; f++) {
		const char *what = NULL;

		refers += f->refers != NULL;
		if (refers > PUR_REFERS)
			what = "is one reference too many for one body";
		else if (f->refers != NULL && (f->type != PUR_UUID || nested))
			what = "only an id that stands by itself can have .refers";
		else if ((f->type == PUR_ROWS || f->type == PUR_OBJECT) && f->of == NULL)
			what = "has no .of";
		else if (f->type == PUR_OBJECT && (f->flags & PUR_READONLY) == 0)
			what = "an object must be read-only";
		if (what != NULL) {
			snprintf(message, size, "%s: field %s: %s", res->program, f->name, what);
			return -1;
		}
		if (f->type == PUR_ROWS && check_fields(res, f->of, true, message, size) != 0)
			return -1;
	}
	return 0;
}

/* A statement's names are looked up in the body and parameters of a route that can run it. */
static int
compile(const struct pur_resource *res, int index, struct pur_bound *out, char *message,
	size_t size)
{
	const struct pur_stmt *stmt = &res->stmts[index];

	snprintf(message, size, "%s: statement %d: is empty", res->program, index);
	if (stmt->expect == PUR_NOSTMT || stmt->sql == NULL)
		return -1;
	for (const struct pur_route *r = res->routes; r->method != PUR_METHOD_UNKNOWN; r++) {
		if (pur_bind_compile(res, index, pur_route_body(res, r), r->params, out, message,
				     size) == 0)
			return check_parts(res, out, index, message, size) != 0
				   ? -1
				   : check_statement(res, out, index, message, size);
	}
	return -1;
}

/* Words as the text[] that authenticate() takes. They live as long as the arena. */
static int
compile_words(struct pur_arena *forever, const char *text, struct pur_datum *out)
{
	const char *words = pur_strdup(forever, text);
	struct pur_value values[16];
	size_t n = 0;

	if (words == NULL)
		return -1;
	for (const char *p = words; *p != '\0' && n < 16;) {
		size_t len = strcspn(p, " ");

		values[n++] = (struct pur_value){ .type = PUR_TEXT, .s = p, .len = len };
		p += len;
		p += strspn(p, " ");
	}
	return pur_datum_array(forever, PUR_TEXT, values, n, out) == PUR_OK ? 0 : -1;
}

static int
compile_roles(struct pur_arena *forever, unsigned roles, struct pur_datum *out)
{
	char words[128];

	pur_roles_words(roles, words, sizeof(words));
	return compile_words(forever, words, out);
}

/* Who may use a route: nothing is left to say for one that is public. */
static int
compile_access(struct pur_program *p, int route)
{
	const char *permission = p->res->routes[route].permission;
	char words[256];

	if (strcmp(permission, PUR_PUBLIC) == 0)
		return 0;
	pur_permission_scopes(permission, words, sizeof(words));
	if (compile_words(p->memory, words, &p->scopes[route]) != 0)
		return -1;
	return compile_roles(p->memory, pur_permission_roles(permission), &p->roles[route]);
}

const struct pur_program *
pur_program_new(const struct pur_resource *res, char *message, size_t size)
{
	struct pur_program *p = calloc(1, sizeof(*p));
	struct pur_arena *forever = pur_arena_new(1 << 20);
	int n = 0;

	while (res->routes[n].method != PUR_METHOD_UNKNOWN)
		n++;
	if (p == NULL || forever == NULL)
		goto out;
	p->res = res;
	p->memory = forever;
	p->stmts = calloc((size_t)res->n_stmts + 1, sizeof(*p->stmts));
	p->roles = calloc((size_t)n + 1, sizeof(*p->roles));
	p->scopes = calloc((size_t)n + 1, sizeof(*p->scopes));
	if (p->stmts == NULL || p->roles == NULL || p->scopes == NULL)
		goto out;
	snprintf(message, size, "out of memory");
	for (int i = 0; i < n; i++) {
		const struct pur_field *body = pur_route_body(res, &res->routes[i]);

		if (check_route(res, &res->routes[i], message, size) != 0 ||
		    check_fields(res, body, false, message, size) != 0 ||
		    check_defaults(res, body, message, size) != 0 || compile_access(p, i) != 0)
			goto out;
	}
	if (compile_roles(forever, PUR_OWNER | PUR_ADMIN, &p->leaders) != 0)
		goto out;
	for (int i = 1; i < res->n_stmts; i++) {
		if (compile(res, i, &p->stmts[i], message, size) != 0)
			goto out;
		p->keeps_revisions |= strstr(res->stmts[i].sql, "_revision") != NULL;
	}
	return p;
out:
	if (p != NULL) {
		for (int i = 1; p->stmts != NULL && i < res->n_stmts; i++)
			pur_bind_release(&p->stmts[i]);
		free(p->stmts);
		free(p->roles);
		free(p->scopes);
	}
	free(p);
	pur_arena_free(forever);
	return NULL;
}
