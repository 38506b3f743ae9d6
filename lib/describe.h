/*
 * describe: a program's tables as JSON, the source of the dispatch, the documentation and the
 * audits.
 */
#ifndef PUR_DESCRIBE_H
#define PUR_DESCRIBE_H

#include "buf.h"
#include "program.h"

/* Writes everything a resource's tables say; roles are spelled out for each route. */
void pur_describe(const struct pur_program *program, struct pur_buf *out);

#endif
