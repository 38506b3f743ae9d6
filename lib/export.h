/*
 * export: a whole list as a file, in constant memory.
 *
 * Read in stretches behind each other's last row, in one snapshot, into a file that has no name
 * any more; what it comes to is sent with its length once the transaction is over.
 */
#ifndef PUR_EXPORT_H
#define PUR_EXPORT_H

#include "req.h"

/*
 * Runs a list's route and fills the reply. Returns PUR_OK, an error that is in the request already,
 * or PUR_ESPACE when there is no room for the file.
 */
enum pur_rc pur_export(struct pur_req *rq) PUR_MUST;

#endif
