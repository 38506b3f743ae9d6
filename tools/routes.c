/*
 * routes: `purser routes`, every route of the house in one table; with --audit, which roles may
 * take each.
 */
#include "command.h"
#include "permission.h"
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/*
 * A row of either table. Widths of the list follow from what stands in it; those of the audit are
 * fixed, so that a new route changes one line of the copy that is checked in.
 */
struct widths {
	int path, program, permission;
};

/* A route's permission; several, any of which will do, as one word. Borrowed until the next call.
 */
static const char *
permission_of(struct json_object *route)
{
	static char words[256];

	snprintf(words, sizeof(words), "%s", text_of(route, "permission"));
	for (char *p = words; *p != '\0'; p++) {
		if (*p == ' ')
			*p = '|';
	}
	return words;
}

static const struct widths audit_widths = { .path = 44, .permission = 20 };

typedef void each_route(const char *program, struct json_object *route, struct widths *w);

static void
for_each_route(struct json_object *all, each_route *act, struct widths *w)
{
	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *one = json_object_array_get_idx(all, i), *routes;

		if (!json_object_object_get_ex(one, "routes", &routes))
			continue;
		for (size_t k = 0; k < json_object_array_length(routes); k++)
			act(text_of(one, "program"), json_object_array_get_idx(routes, k), w);
	}
}

static void
widen(int *width, const char *text)
{
	if (*width < (int)strlen(text))
		*width = (int)strlen(text);
}

static void
measure(const char *program, struct json_object *route, struct widths *w)
{
	widen(&w->path, text_of(route, "path"));
	widen(&w->program, program);
	widen(&w->permission, permission_of(route));
}

static void
print_route(const char *program, struct json_object *route, struct widths *w)
{
	printf("%-6s  %-*s  %-*s  %-*s  %s\n", text_of(route, "method"), w->path,
	       text_of(route, "path"), w->program, program, w->permission, permission_of(route),
	       text_of(route, "cache"));
}

static void
list(struct json_object *all)
{
	struct widths w = { (int)strlen("path"), (int)strlen("program"),
			    (int)strlen("permission") };

	for_each_route(all, measure, &w);
	printf("%-6s  %-*s  %-*s  %-*s  %s\n", "method", w.path, "path", w.program, "program",
	       w.permission, "permission", "cache");
	for_each_route(all, print_route, &w);
}

/* Whether a route lets a role in; a route without roles is public. */
static int
lets_in(struct json_object *route, const char *role)
{
	struct json_object *roles;

	if (!json_object_object_get_ex(route, "roles", &roles))
		return 1;
	for (size_t i = 0; i < json_object_array_length(roles); i++) {
		if (strcmp(json_object_get_string(json_object_array_get_idx(roles, i)), role) == 0)
			return 1;
	}
	return 0;
}

/* One column for each role, and one for who has not logged in; route NULL: the heading. */
static void
print_roles(struct json_object *route)
{
	char words[128], *role, *rest = words;

	pur_roles_words(PUR_ALL_ROLES, words, sizeof(words));
	strncat(words, " anyone", sizeof(words) - strlen(words) - 1);
	while ((role = strsep(&rest, " ")) != NULL)
		printf("%s%-*s", "  ", rest != NULL ? (int)strlen(role) : 0,
		       route == NULL          ? role
		       : lets_in(route, role) ? "yes"
					      : "-");
	printf("\n");
}

static void
print_audit(const char *program, struct json_object *route, struct widths *w)
{
	(void)program;
	printf("%-6s  %-*s  %-*s", text_of(route, "method"), w->path, text_of(route, "path"),
	       w->permission, permission_of(route));
	print_roles(route);
}

static void
audit(struct json_object *all)
{
	struct widths w = audit_widths;

	printf("%-6s  %-*s  %-*s", "method", w.path, "path", w.permission, "permission");
	print_roles(NULL);
	for_each_route(all, print_audit, &w);
}

int
routes_command(int argc, char **argv)
{
	const char *folder = PROGRAMS_FOLDER, *named = NULL;
	int by_role = 0;
	const struct option_value options[] = { { .name = "audit", .flag = &by_role }, { NULL } };
	struct json_object *all;

	if (read_options(argc, argv, options, &named) != 0)
		return EX_USAGE;
	if (named != NULL)
		folder = named;
	all = describe_programs(folder);
	if (all == NULL)
		return EX_UNAVAILABLE;
	if (by_role)
		audit(all);
	else
		list(all);
	json_object_put(all);
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}
