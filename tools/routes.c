/* routes: `purser routes`, every route of the house in one table. */
#include "command.h"
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static void
print_route(const char *program, struct json_object *route)
{
	printf("%-7s %-44s %-12s %-18s %s\n", text_of(route, "method"), text_of(route, "path"),
	       program, text_of(route, "permission"), text_of(route, "cache"));
}

int
routes_command(int argc, char **argv)
{
	struct json_object *all = describe_programs(argc > 1 ? argv[1] : PUR_LIBEXECDIR "/purser");

	if (all == NULL)
		return EX_UNAVAILABLE;
	printf("%-7s %-44s %-12s %-18s %s\n", "method", "path", "program", "permission", "cache");
	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *one = json_object_array_get_idx(all, i), *routes;

		if (!json_object_object_get_ex(one, "routes", &routes))
			continue;
		for (size_t k = 0; k < json_object_array_length(routes); k++)
			print_route(text_of(one, "program"), json_object_array_get_idx(routes, k));
	}
	json_object_put(all);
	return EX_OK;
}
