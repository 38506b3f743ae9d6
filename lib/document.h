/*
 * document: the argument @body, the given fields of a body as one jsonb.
 *
 * jsonb_populate_record(row, @body) merges it into a row as RFC 7396 says, so one UPDATE serves PUT
 * and PATCH. Names are those of the field table; secrets (PUR_WRITEONLY) stay out, code binds them.
 */
#ifndef PUR_DOCUMENT_H
#define PUR_DOCUMENT_H

#include "datum.h"

/*
 * values: one for each of fields; NULL: no body. With PATCH, what wasn't given has PUR_NOTYPE.
 * out: jsonb in PostgreSQL's binary format, in the arena. Returns PUR_OK or PUR_ETOOLARGE.
 */
enum pur_rc pur_document(struct pur_arena *a, const struct pur_field *fields,
			 const struct pur_value *values, struct pur_datum *out) PUR_MUST;

#endif
