/*
 * command: what the operator's commands share. Each command is one file with one function
 * int <name>_command(int argc, char **argv), argv[0] being the command's own name; it returns the
 * exit status (sysexits.h) and writes faults to stderr, saying what to do next.
 */
#ifndef PURSER_COMMAND_H
#define PURSER_COMMAND_H

#include "id.h"
#include <json-c/json.h>
#include <libpq-fe.h>
#include <stddef.h>

int conf_command(int argc, char **argv);
int dispatch_command(int argc, char **argv);
int routes_command(int argc, char **argv);
int tenant_command(int argc, char **argv);
int user_command(int argc, char **argv);

/* An option that takes a value: `--name VALUE`. */
struct option_value {
	const char *name;
	const char **value; /* holds the default before, the value after */
	int required;
};

/*
 * Reads `--name value` pairs and up to one plain argument.
 * options: ends with a NULL name. plain: receives the argument; NULL where none is allowed.
 * Returns 0, or 64 after a message.
 */
int read_options(int argc, char **argv, const struct option_value *options, const char **plain);

/*
 * Connects as the administrator: the conninfo of the environment variable PURSER_DB.
 * Returns a connection that works (PQfinish it), or NULL after a message.
 */
PGconn *admin_connect(void);

/* Runs one statement with text arguments. Returns the result (PQclear it) or NULL after a message.
 */
PGresult *admin_run(PGconn *db, const char *sql, int n, const char *const *args);

/* A new id as text with a NUL. */
void new_id(char text[PUR_UUID_TEXT + 1]);

/*
 * What all programs of a folder say of themselves, by name: an array of --describe's objects.
 * Returns it (json_object_put it) or NULL after a message.
 */
struct json_object *describe_programs(const char *folder);

/* A member that is a string, or "". Borrowed. */
const char *text_of(struct json_object *o, const char *member);

#endif
