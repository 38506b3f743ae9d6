/*
 * conf: what an operator can set, from one file and the environment.
 *
 * The file holds `key = value` lines; '#' begins a comment where a line begins and after white
 * space. A value needs no quotes and may hold spaces and '='. Each key can be overridden by the
 * environment variable PURSER_<KEY in upper case>; other variables that begin so are left alone.
 * One table in conf.c says every key, its type, its default and what it is for; docs and messages
 * come from it.
 */
#ifndef PUR_CONF_H
#define PUR_CONF_H

#include "rc.h"
#include <stddef.h>
#include <stdio.h>

struct pur_conf {
	const char *database;     /* libpq conninfo without user and password */
	const char *passfile_dir; /* folder with <role>.pgpass files; "" for peer authentication */
	const char *transaction;  /* "implicit" or "explicit" (Citus) */
	const char *log_file;     /* "" for stderr */
	const char *log_level;    /* debug, info, warning or error */
	const char *public_url;   /* scheme://host[:port] that clients use; no slash at the end */
	const char *cookie_name;  /* of the session cookie */
	const char *secret_file;  /* what keys are made from; "" for none */
	const char *signup;       /* "open": anybody may make a tenant; or "closed" */
	const char *password_lists;     /* files of words that no password may be made of */
	const char *unlimited_networks; /* whose wrong logins are not counted by network */
	long proof_lifetime;   /* seconds until a proof of who one is has to be given anew */
	long request_memory;   /* bytes one request may take */
	long database_idle;    /* seconds until an unused database connection is closed */
	long database_wait;    /* milliseconds to wait for the database in one request */
	long session_idle;     /* seconds until an unused session ends */
	long session_lifetime; /* seconds until a session ends, used or not */
};

/*
 * Reads the configuration: defaults, then the file named by PURSER_CONF (default: the one that
 * `configure --sysconfdir` gave; that one may be missing, one named may not), then environment.
 *
 * conf: filled, on success alone; its strings belong to the process and are never released.
 * message: on failure, a line for the operator that names file, line and key, says what is wrong
 * and what would be right ("purser.conf:3: unknown key 'databse'; did you mean 'database'?").
 * Returns 0, or -1 with the message.
 */
int pur_conf_load(struct pur_conf *conf, char *message, size_t size) PUR_MUST;

/* Writes the table of keys (name, variable, default, values, meaning) as a Markdown table. */
void pur_conf_describe(FILE *out);

#endif
