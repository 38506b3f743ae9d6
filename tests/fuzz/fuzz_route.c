/*
 * fuzz_route: a method and a path. The route that is found fits the path, is found again by a path
 * that is made of its pattern and parts, and 404 and 405 are told apart.
 */
#include "fuzz.h"
#include "route.h"

enum { LATE = 2 };

static const struct pur_route routes[] = {
	{ PUR_GET, "/orders" },
	{ PUR_POST, "/orders" },
	[LATE] = { PUR_GET, "/orders/late" },
	{ PUR_GET, "/orders/{ref}" },
	{ PUR_PATCH, "/orders/{ref}" },
	{ PUR_POST, "/orders/{ref}/approve" },
	{ PUR_PUT, "/orders/{ref}/lines/{line}" },
	{ PUR_DELETE, "/orders/{a}/{b}/{c}/{d}" },
	{ PUR_GET, "/orders/{ref}/lines/first" },
	{ PUR_GET, "/livez", .flags = PUR_ROOT },
	{ PUR_GET, "/{any}", .flags = PUR_ROOT },
	{ PUR_METHOD_UNKNOWN },
};

static const struct pur_resource resource = { .routes = routes };

static void
put_encoded(struct pur_buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		pur_buf_printf(b, "%%%02x", (unsigned char)*s);
}

/* The path of a route without parts, which wins over one with a part in its place. */
static int
is_late(const char *path)
{
	return strcmp(path, "/api/orders/late") == 0 || strcmp(path, "/api/v1/orders/late") == 0 ||
	       strcmp(path, "/api/v2/orders/late") == 0;
}

/* A path that has to lead to the match's route, with its parts. */
static void
put_path(struct pur_buf *b, const struct pur_match *m)
{
	int part = 0;

	if ((m->route->flags & PUR_ROOT) == 0)
		pur_buf_puts(b, "/api");
	if ((m->route->flags & PUR_ROOT) == 0 && m->version != 0)
		pur_buf_printf(b, "/v%d", m->version);
	for (const char *p = m->route->path; *p != '\0';) {
		size_t len = strcspn(p + 1, "/") + 1;

		if (p[1] == '{') {
			pur_buf_putc(b, '/');
			put_encoded(b, m->values[part++]);
		} else {
			pur_buf_put(b, p, len);
		}
		p += len;
	}
	pur_buf_putc(b, '\0');
	HOLDS(part == m->n);
}

static void
is_found_again(struct pur_arena *a, enum pur_method method, const struct pur_match *m)
{
	struct pur_buf b = { .data = NULL };
	struct pur_match again;
	enum pur_rc rc;

	put_path(&b, m);
	rc = pur_route_match(a, &resource, method, b.data, &again);
	holds_of_memory(a, rc);
	if (rc != PUR_ETOOLARGE) {
		HOLDS(rc == PUR_OK && again.route == m->route && again.n == m->n);
		HOLDS(again.allowed == m->allowed);
		for (int i = 0; i < m->n; i++)
			HOLDS(strcmp(again.values[i], m->values[i]) == 0);
	}
	pur_buf_free(&b);
}

/* Each part has its pattern's name, and a value that PostgreSQL takes. */
static void
holds_of_parts(const struct pur_match *m, const char *path)
{
	for (int i = 0; i < m->n; i++) {
		size_t len = strcspn(m->names[i], "}");
		char name[16];

		HOLDS(m->names[i] >= m->route->path && m->names[i][0] == '{');
		HOLDS(m->names[i][len] == '}' && len < sizeof(name));
		snprintf(name, sizeof(name), "%.*s", (int)len - 1, m->names[i] + 1);
		HOLDS(pur_match_part(m, name) == m->values[i]);
		holds_of_text(m->values[i]);
		HOLDS(m->values[i][0] != '\0');
		HOLDS(strchr(m->values[i], ' ') == NULL || strchr(path, ' ') != NULL ||
		      strstr(path, "%20") != NULL);
	}
	HOLDS(pur_match_part(m, "") == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const methods[] = { "GET",    "POST", "PUT",    "PATCH",
					       "DELETE", "HEAD", "OPTIONS" };
	struct input in = { data, size };
	struct pur_arena *a = take_arena(&in);
	unsigned chosen = take_byte(&in);
	enum pur_method method = pur_method_parse(methods[chosen % N_OF(methods)]);
	enum pur_method looked_for = method == PUR_HEAD ? PUR_GET : method;
	char *path = text_of(in);
	struct pur_match m;
	enum pur_rc rc = pur_route_match(a, &resource, method, path, &m);

	holds_of_memory(a, rc);
	HOLDS(rc == PUR_ENOTFOUND || (m.version >= 0 && m.version <= 2));
	if (rc == PUR_OK) {
		HOLDS(m.route != NULL && m.route->method == looked_for);
		HOLDS((m.allowed & looked_for) != 0);
		holds_of_parts(&m, path);
		HOLDS(m.route == &routes[LATE] || method != PUR_GET || !is_late(path));
		is_found_again(a, method, &m);
	} else if (rc == PUR_EMETHOD) {
		HOLDS(m.allowed != 0 && (m.allowed & looked_for) == 0 && m.route == NULL);
	} else {
		HOLDS(rc == PUR_ENOTFOUND || rc == PUR_ETOOLARGE);
		HOLDS(m.allowed == 0 || rc == PUR_ETOOLARGE || strchr(path, '%') != NULL ||
		      !pur_utf8_valid(path, strlen(path)));
	}
	free(path);
	pur_arena_free(a);
	return 0;
}
