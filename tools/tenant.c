/* tenant: `purser tenant create`. */
#include "command.h"
#include "field.h"
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

int
tenant_command(int argc, char **argv)
{
	const char *slug = NULL, *name = NULL, *currency = "EUR", *zone = "UTC", *locale = "en";
	const struct option_value options[] = { { "name", &name, 1 },
						{ "currency", &currency, 0 },
						{ "time-zone", &zone, 0 },
						{ "locale", &locale, 0 },
						{ NULL, NULL, 0 } };
	char id[PUR_UUID_TEXT + 1];
	const char *args[] = { id, NULL, NULL, NULL, NULL, NULL };
	PGconn *db;
	PGresult *r;

	if (argc < 2 || strcmp(argv[1], "create") != 0) {
		fprintf(stderr, "usage: purser tenant create SLUG --name NAME ...\n");
		return EX_USAGE;
	}
	if (read_options(argc - 1, argv + 1, options, &slug) != 0)
		return EX_USAGE;
	if (slug == NULL || !pur_slug_valid(slug, strlen(slug))) {
		fprintf(stderr, "SLUG must be 1 to 100 of a-z, 0-9 and '-', as in sweet-spot\n");
		return EX_USAGE;
	}
	db = admin_connect();
	if (db == NULL)
		return EX_UNAVAILABLE;
	new_id(id);
	args[1] = slug, args[2] = name, args[3] = currency, args[4] = zone, args[5] = locale;
	r = admin_run(db, "SELECT create_tenant($1::uuid, $2, $3, $4, $5, $6)", 6, args);
	if (r != NULL)
		printf("tenant %s is there, with the id %s\n", slug, id);
	PQclear(r);
	PQfinish(db);
	return r != NULL ? EX_OK : EX_DATAERR;
}
