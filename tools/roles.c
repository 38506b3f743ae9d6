/*
 * roles: `purser roles` writes docs/roles.md: every permission that a route asks for, and which
 * roles have it by the table in lib/permission.c.
 */
#include "command.h"
#include "permission.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define PERMISSIONS_MOST 256

static const char introduction[] =
    "# Roles\n\nMade by `./dev generate` from the routes and the table in `lib/permission.c`.\n\n"
    "A person has one role in each business they work in. A route asks for one permission; `any` is"
    " for\nwhoever has logged in. API keys have scopes instead of a role: one that is spelled as"
    " the permission\ndoes, `orders:*` does for all of orders, and `orders:write` for all but"
    " reading; none does for `any`.\n`purser routes --audit` lists every route with who may take"
    " it.\n\n"
    "Beyond the table, only owners make, change or delete owners; the last owner stays; and what is"
    "\ndeleted is listed for owners and admins alone.\n\n";

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The permissions of all routes, each once, sorted. Returns how many. */
static size_t
collect(struct json_object *all, const char **found)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *one = json_object_array_get_idx(all, i), *routes;

		if (!json_object_object_get_ex(one, "routes", &routes))
			continue;
		for (size_t k = 0; k < json_object_array_length(routes) && n < PERMISSIONS_MOST;
		     k++)
			found[n++] = text_of(json_object_array_get_idx(routes, k), "permission");
	}
	qsort(found, n, sizeof(found[0]), by_name);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(found[i], "public") != 0 &&
		    (kept == 0 || strcmp(found[kept - 1], found[i]) != 0))
			found[kept++] = found[i];
	}
	return kept;
}

/* One cell for each role: those of the heading, or whether they have a permission. */
static void
print_cells(const char *permission)
{
	unsigned roles = permission != NULL ? pur_permission_roles(permission) : PUR_ALL_ROLES;

	for (unsigned bit = 1; bit < PUR_ALL_ROLES; bit <<= 1) {
		char word[32];

		pur_roles_words(bit, word, sizeof(word));
		printf(" %s |", permission == NULL ? word : (roles & bit) != 0 ? "yes" : "");
	}
	printf("\n");
}

int
roles_command(int argc, char **argv)
{
	static const struct option_value no_options[] = { { NULL } };
	const char *folder = NULL, *found[PERMISSIONS_MOST];
	struct json_object *all;
	size_t n;

	if (read_options(argc, argv, no_options, &folder) != 0)
		return EX_USAGE;
	all = describe_programs(folder != NULL ? folder : PROGRAMS_FOLDER);
	if (all == NULL)
		return EX_UNAVAILABLE;
	fputs(introduction, stdout);
	printf("| permission |");
	print_cells(NULL);
	printf("|---|---|---|---|---|---|---|\n");
	n = collect(all, found);
	for (size_t i = 0; i < n; i++) {
		printf("| `%s` |", found[i]);
		print_cells(found[i]);
	}
	json_object_put(all);
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}
