/*
 * main: what every handler's main() is.
 */
#ifndef PUR_MAIN_H
#define PUR_MAIN_H

#include "route.h"

/*
 * Runs a program over the tables of its resource:
 *
 *   program             serves FastCGI on the listening socket that stands on descriptor 0
 *   program --describe  prints its tables as JSON
 *   program --check     connects to the database and prepares every statement
 *
 * Returns the exit status: 0; 64 for wrong usage, 69 when the database can't be asked (--check),
 * 70 when serving failed, 78 for a bad table or configuration (sysexits.h).
 */
int pur_main(int argc, char **argv, const struct pur_resource *res);

#endif
