/*
 * command: what the operator's commands share. Each command is one file with one function
 * int <name>_command(int argc, char **argv), argv[0] being the command's own name; it returns the
 * exit status (sysexits.h) and writes faults to stderr, saying what to do next.
 */
#ifndef PURSER_COMMAND_H
#define PURSER_COMMAND_H

#include "buf.h"
#include "id.h"
#include <json-c/json.h>
#include <libpq-fe.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

int audit_command(int argc, char **argv);
int check_command(int argc, char **argv);
int conf_command(int argc, char **argv);
int dispatch_command(int argc, char **argv);
int doctor_command(int argc, char **argv);
int migrate_command(int argc, char **argv);
int openapi_command(int argc, char **argv);
int roles_command(int argc, char **argv);
int routes_command(int argc, char **argv);
int tenant_command(int argc, char **argv);
int user_command(int argc, char **argv);

/* An option that takes a value, `--name VALUE`, or a flag, `--name`. */
struct option_value {
	const char *name;
	const char **value; /* holds the default before, the value after */
	int required;
	int *flag; /* with value NULL: becomes 1 where the option stands */
};

/*
 * Reads options and up to one plain argument.
 * options: ends with a NULL name. plain: receives the argument; NULL where none is allowed.
 * Returns 0, or 64 after a message.
 */
int read_options(int argc, char **argv, const struct option_value *options, const char **plain);

/*
 * Connects as the administrator: the conninfo of the environment variable PURSER_DB.
 * Returns a connection that works (PQfinish it), or NULL after a message.
 */
PGconn *admin_connect(void);

/* The same without a word: where it fails, why and what to do stand in `why`. */
PGconn *admin_try(char *why, size_t size);

/* The same, in a transaction that reads, and sees all that it reads as of one moment. */
PGconn *admin_read(void);

/*
 * All tenants by slug, or the one of that slug: id, slug, and where tenant_state says that its
 * chain of events ends (the last one's number and hash, in hex).
 * Returns the rows (PQclear them) or NULL after a message.
 */
PGresult *admin_tenants(PGconn *db, const char *slug);

/* Runs one statement with text arguments. Returns the result (PQclear it) or NULL after a message.
 */
PGresult *admin_run(PGconn *db, const char *sql, int n, const char *const *args);

/* A new id as text with a NUL. */
void new_id(char text[PUR_UUID_TEXT + 1]);

/* Which of a program's outputs are read. */
enum { RUN_STDOUT = 1, RUN_STDERR = 2 };

/* What run_program returns for a program that there isn't. */
#define RUN_MISSING 127

/*
 * Runs a program to its end, without PURSER_DB in its environment: that is the administrator's.
 * argv: ends with NULL; a name without '/' is looked for in PATH. read: RUN_STDOUT | RUN_STDERR;
 * what is not read goes where ours goes. user: whom it runs as, which needs root; (uid_t)-1 for
 * ourselves. out: receives what was read, with a NUL; NULL where nothing is.
 * Returns its exit status, RUN_MISSING, or -1 when it could not be run or was killed.
 */
int run_program(const char *const *argv, int read, uid_t user, struct pur_buf *out);

/* Where programs are installed. */
#define PROGRAMS_FOLDER PUR_LIBEXECDIR "/purser"

/*
 * The names in a folder, sorted; not those that begin with '.'.
 * Returns an array of them (json_object_put it), or NULL with errno set.
 */
struct json_object *list_folder(const char *folder);

/* A name of that array; borrowed. */
const char *name_at(struct json_object *names, size_t i);

/*
 * What one program says of itself: --describe's object.
 * Returns it (json_object_put it), or NULL when it says nothing of use.
 */
struct json_object *describe_program(const char *folder, const char *name);

/*
 * The same of all programs of a folder, by name, as an array.
 * Returns it (json_object_put it) or NULL after a message.
 */
struct json_object *describe_programs(const char *folder);

/* Writes nginx's table of paths and programs. all: what describe_programs() returns. */
void write_dispatch(FILE *out, struct json_object *all);

/* A member that is a string, or "". Borrowed. */
const char *text_of(struct json_object *o, const char *member);

#endif
