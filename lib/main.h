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

/*
 * A handler's last lines: its resource and main(). The tables `fields`, `stmts` and `routes` stand
 * above; what else a struct pur_resource has is given by name.
 */
#define PUR_PROGRAM(...)                                                                           \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		static const struct pur_resource resource = { .fields = fields,                    \
							      .stmts = stmts,                      \
							      .n_stmts = PUR_COUNT(stmts),         \
							      .routes = routes,                    \
							      __VA_ARGS__ };                       \
                                                                                                   \
		return pur_main(argc, argv, &resource);                                            \
	}

#endif
