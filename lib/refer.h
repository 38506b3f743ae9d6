/*
 * refer: whether what a body refers to is there, in this tenant and not deleted.
 *
 * A foreign key knows neither of deletion nor, being past row-level security, of what the one who
 * asks may see. Fields say what they refer to (`.refers`), and for each one given a write looks.
 */
#ifndef PUR_REFER_H
#define PUR_REFER_H

#include "bind.h"

/* What a body refers to, and whether it was found. */
struct pur_refers {
	const struct pur_field *fields[PUR_REFERS];
	PGresult *found[PUR_REFERS];
	int n;
};

/* Finds the references a body gives; n stays 0 for none. */
void pur_refers_find(struct pur_refers *r, const struct pur_field *fields,
		     const struct pur_value *values);

/* The statement that looks for a field's reference; the same for the life of the process. */
struct pur_query *pur_refer_query(const struct pur_field *f);

/* Queues a look at each. PUR_OK, PUR_ETOOLARGE or what pur_db_send() gives. */
enum pur_rc pur_refers_send(struct pur_arena *a, struct pur_db *db, const struct pur_input *in,
			    struct pur_refers *r) PUR_MUST;

/*
 * Adds a fault for each that was looked for and isn't there. Returns PUR_OK, or PUR_EBODY.
 */
enum pur_rc pur_refers_judge(struct pur_arena *a, const struct pur_refers *r,
			     struct pur_error *e) PUR_MUST;

#endif
