/* describe: prints the tables. */
#include "describe.h"
#include "json.h"
#include "permission.h"
#include <string.h>

static void
put_text(struct pur_buf *b, int *first, const char *name, const char *text)
{
	if (text == NULL)
		return;
	pur_json_put_name(b, first, name);
	pur_json_put_string(b, text, strlen(text));
}

static void
put_int(struct pur_buf *b, int *first, const char *name, int64_t n)
{
	pur_json_put_name(b, first, name);
	pur_buf_put_int(b, n);
}

static void
put_flag(struct pur_buf *b, int *first, const char *name, bool set)
{
	if (!set)
		return;
	pur_json_put_name(b, first, name);
	pur_buf_puts(b, "true");
}

/* Words separated by spaces, as a list. */
static void
put_words(struct pur_buf *b, int *first, const char *name, const char *words)
{
	if (words == NULL)
		return;
	pur_json_put_name(b, first, name);
	pur_buf_putc(b, '[');
	for (const char *p = words; *p != '\0';) {
		size_t len = strcspn(p, " ");

		if (p > words)
			pur_buf_putc(b, ',');
		pur_json_put_string(b, p, len);
		p += len;
		p += strspn(p, " ");
	}
	pur_buf_putc(b, ']');
}

static void put_fields(struct pur_buf *b, int *first, const char *name,
		       const struct pur_field *fields);

static void
put_field(struct pur_buf *b, const struct pur_field *f)
{
	int first = 1;

	pur_buf_putc(b, '{');
	put_text(b, &first, "name", f->name);
	put_text(b, &first, "type", pur_type_name(f->type));
	put_flag(b, &first, "required", (f->flags & PUR_REQUIRED) != 0);
	put_flag(b, &first, "read_only", (f->flags & PUR_READONLY) != 0);
	put_flag(b, &first, "write_only", (f->flags & PUR_WRITEONLY) != 0);
	put_flag(b, &first, "future", (f->flags & PUR_FUTURE) != 0);
	put_flag(b, &first, "sort", (f->flags & PUR_SORT) != 0);
	put_flag(b, &first, "filter", (f->flags & PUR_FILTER) != 0);
	put_flag(b, &first, "fixed", (f->flags & PUR_FIXED) != 0);
	put_flag(b, &first, "include", f->include != NULL);
	put_text(b, &first, "refers", f->refers);
	put_flag(b, &first, "personal", (f->flags & PUR_PERSONAL) != 0);
	put_flag(b, &first, "always", (f->flags & PUR_ALWAYS) != 0);
	put_flag(b, &first, "once", (f->flags & PUR_ONCE) != 0);
	if (f->min != 0)
		put_int(b, &first, "min", f->min);
	if (f->max != 0)
		put_int(b, &first, "max", f->max);
	if (f->choices != NULL) {
		pur_json_put_name(b, &first, "choices");
		pur_buf_putc(b, '[');
		for (const char *const *c = f->choices; *c != NULL; c++) {
			if (c > f->choices)
				pur_buf_putc(b, ',');
			pur_json_put_string(b, *c, strlen(*c));
		}
		pur_buf_putc(b, ']');
	}
	put_flag(b, &first, "formed", f->fault != NULL);
	put_text(b, &first, "default", f->default_value);
	put_text(b, &first, "summary", f->summary);
	put_text(b, &first, "example", f->example);
	if (f->of != NULL)
		put_fields(b, &first, "of", f->of);
	pur_buf_putc(b, '}');
}

static void
put_fields(struct pur_buf *b, int *first, const char *name, const struct pur_field *fields)
{
	if (fields == NULL)
		return;
	pur_json_put_name(b, first, name);
	pur_buf_putc(b, '[');
	for (const struct pur_field *f = fields; f->name != NULL; f++) {
		if (f > fields)
			pur_buf_putc(b, ',');
		put_field(b, f);
	}
	pur_buf_putc(b, ']');
}

static void
put_roles(struct pur_buf *b, int *first, const struct pur_route *r)
{
	char words[128];

	if (strcmp(r->permission, PUR_PUBLIC) == 0)
		return;
	pur_roles_words(pur_permission_roles(r->permission), words, sizeof(words));
	put_words(b, first, "roles", words);
}

static void
put_errors(struct pur_buf *b, int *first, const struct pur_route *r)
{
	size_t most = sizeof(r->errors) / sizeof(r->errors[0]);

	pur_json_put_name(b, first, "errors");
	pur_buf_putc(b, '[');
	for (size_t i = 0; i < most && r->errors[i] != PUR_OK; i++) {
		const char *code = pur_rc_info(r->errors[i])->code;

		if (i > 0)
			pur_buf_putc(b, ',');
		pur_json_put_string(b, code, strlen(code));
	}
	pur_buf_putc(b, ']');
}

/* What stands below `data`: what .run writes itself is one thing. */
static const char *
answer_name(const struct pur_resource *res, const struct pur_route *r)
{
	int answer = pur_route_answer(res, r);

	if (answer == 0 || res->stmts[answer].expect == PUR_ONE)
		return "one";
	return res->stmts[answer].expect == PUR_LIST ? "list" : "many";
}

static void
put_route(struct pur_buf *b, const struct pur_resource *res, const struct pur_route *r)
{
	static const char *const effects[] = { "changes", "creates", "deletes", "restores",
					       "accepts" };
	int first = 1, answer = pur_route_answer(res, r);

	pur_buf_putc(b, '{');
	put_text(b, &first, "method", pur_method_name(r->method));
	put_text(b, &first, "path", r->path);
	put_flag(b, &first, "root", (r->flags & PUR_ROOT) != 0);
	put_text(b, &first, "summary", r->summary);
	put_text(b, &first, "permission", r->permission);
	put_roles(b, &first, r);
	put_text(b, &first, "cache",
		 r->cache == PUR_NO_STORE || (r->flags & PUR_SECRET) != 0 ? "no-store" : "private");
	put_flag(b, &first, "list", pur_route_lists(res, r));
	put_text(b, &first, "answer", answer_name(res, r));
	put_flag(b, &first, "run", r->run != NULL);
	put_flag(b, &first, "guarded", r->guard != 0);
	put_flag(b, &first, "secret", (r->flags & PUR_SECRET) != 0);
	put_flag(b, &first, "slow", (r->flags & PUR_SLOW) != 0);
	put_flag(b, &first, "step_up", (r->flags & PUR_STEP_UP) != 0);
	put_flag(b, &first, "cookie", (r->flags & PUR_COOKIE) != 0);
	if (r->method != PUR_GET)
		put_text(b, &first, "effect", effects[r->effect]);
	put_text(b, &first, "event", r->event);
	put_words(b, &first, "from", r->from);
	put_text(b, &first, "to", r->to);
	put_text(b, &first, "sort", r->sort);
	put_flag(b, &first, "deleted",
		 answer != 0 && strstr(res->stmts[answer].sql, "{active}") != NULL &&
		     pur_route_lists(res, r));
	put_flag(b, &first, "search",
		 answer != 0 && strstr(res->stmts[answer].sql, "{search}") != NULL);
	put_flag(b, &first, "includes",
		 r->method == PUR_GET && answer != 0 &&
		     strstr(res->stmts[answer].sql, "{include}") != NULL);
	put_fields(b, &first, "fields", r->fields);
	put_fields(b, &first, "body", r->method != PUR_GET ? r->body : NULL);
	put_fields(b, &first, "params", r->params);
	put_errors(b, &first, r);
	put_text(b, &first, "deprecated", r->retired.deprecated);
	put_text(b, &first, "sunset", r->retired.sunset);
	put_text(b, &first, "successor", r->retired.successor);
	pur_buf_putc(b, '}');
}

static void
put_statements(struct pur_buf *b, int *first, const struct pur_resource *res)
{
	static const char *const expects[] = { "", "one", "many", "list", "exec" };

	pur_json_put_name(b, first, "statements");
	pur_buf_putc(b, '[');
	for (int i = 1; i < res->n_stmts; i++) {
		int in = 1;

		pur_buf_puts(b, i > 1 ? ",{" : "{");
		put_text(b, &in, "expect", expects[res->stmts[i].expect]);
		put_words(b, &in, "args", res->stmts[i].args);
		put_text(b, &in, "sql", res->stmts[i].sql);
		put_flag(b, &in, "crosses_tenants", res->stmts[i].crosses_tenants);
		pur_buf_putc(b, '}');
	}
	pur_buf_putc(b, ']');
}

/* The codes that the schema's constraints end a write with, whichever route it is. */
static void
put_constraints(struct pur_buf *b, int *first, const struct pur_resource *res)
{
	if (res->constraints == NULL)
		return;
	pur_json_put_name(b, first, "constraints");
	pur_buf_putc(b, '[');
	for (const struct pur_constraint *c = res->constraints; c->name != NULL; c++) {
		const char *code = pur_rc_info(c->rc)->code;

		if (c > res->constraints)
			pur_buf_putc(b, ',');
		pur_json_put_string(b, code, strlen(code));
	}
	pur_buf_putc(b, ']');
}

void
pur_describe(const struct pur_program *program, struct pur_buf *b)
{
	const struct pur_resource *res = program->res;
	int first = 1;

	pur_buf_putc(b, '{');
	put_text(b, &first, "program", res->program);
	put_text(b, &first, "title", res->title);
	put_text(b, &first, "summary", res->summary);
	put_text(b, &first, "key", res->key.name);
	put_text(b, &first, "counts", res->counts);
	put_fields(b, &first, "fields", res->fields);
	put_constraints(b, &first, res);
	put_statements(b, &first, res);
	pur_json_put_name(b, &first, "routes");
	pur_buf_putc(b, '[');
	for (const struct pur_route *r = res->routes; r->method != PUR_METHOD_UNKNOWN; r++) {
		if (r > res->routes)
			pur_buf_putc(b, ',');
		put_route(b, res, r);
	}
	pur_buf_puts(b, "]}\n");
}
