/* purser: the operator's command. */
#include "command.h"
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage, *summary;
} commands[] = {
	{ "tenant", tenant_command,
	  "create SLUG --name NAME [--currency EUR] [--time-zone UTC] [--locale en]",
	  "make a business" },
	{ "user", user_command, "create --tenant SLUG --email ADDRESS --name NAME --role ROLE",
	  "make a person a member; the password is read from standard input" },
	{ "migrate", migrate_command, "[--to CHANGE | --status | --verify] [FOLDER]",
	  "bring the database to the installed schema" },
	{ "doctor", doctor_command, "[--quiet] [--nginx FILE] [FOLDER]",
	  "check the whole deployment, and say how to mend what is wrong" },
	{ "audit", audit_command, "verify [--tenant SLUG] [--head FILE] | head [--tenant SLUG]",
	  "prove that the audit trail is whole, or print its ends to keep elsewhere" },
	{ "check", check_command, "[--tenant SLUG]",
	  "prove that all that is kept twice agrees: totals, stock, sums, pick-up slots" },
	{ "routes", routes_command, "[--audit] [FOLDER]",
	  "list every route with its program, permission and cache policy, or its roles" },
	{ "roles", roles_command, "[FOLDER]", "list which roles have which permission" },
	{ "conf", conf_command, "", "list the keys of purser.conf(5)" },
	{ "openapi", openapi_command, "[--api 1|2] [FOLDER]",
	  "write the OpenAPI document, by what the programs say of themselves" },
	{ "dispatch", dispatch_command, "[FOLDER]", "write nginx's table of paths and programs" },
};

static int
usage(FILE *out)
{
	fprintf(out, "usage: purser COMMAND\n\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  purser %s %s\n      %s\n", commands[i].name, commands[i].usage,
			commands[i].summary);
	fprintf(out,
		"\nPURSER_DB names the database, as the administrator sees it: a libpq conninfo.\n"
		"purser(1) says more.\n");
	return out == stdout ? EX_OK : EX_USAGE;
}

int
main(int argc, char **argv)
{
	if (sodium_init() < 0)
		return EX_SOFTWARE;
	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		return usage(stdout);
	if (argc > 1 && strcmp(argv[1], "--version") == 0)
		return puts("purser " PUR_VERSION) < 0 ? EX_IOERR : EX_OK;
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, argv[1]) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}
	return usage(stderr);
}
