/*
 * job: work for later, enqueued in the transaction that makes it necessary.
 *
 * The worker does it once that has committed, again where it fails. A payload names things by their
 * ids: never a value of a personal field, nor a secret, which the worker looks up or makes itself.
 * The installation's own jobs, which are no tenant's, have the tenant 0.
 */
#ifndef PUR_JOB_H
#define PUR_JOB_H

#include "bind.h"

struct pur_job {
	const char *kind;    /* "mail.send" */
	const char *payload; /* a JSON object */
	int64_t delay;       /* seconds from now until it may run */
	int64_t priority;    /* those with a higher one go first; 0: as most */
	int64_t attempts;    /* how often it is tried at most; 0: as often as most, 20 times */
	const char *once;    /* while a job of the tenant waits that says the same, none is added;
				NULL: always added */
};

/* Queues the job. PUR_OK, PUR_ETOOLARGE or what pur_db_send() gives. */
enum pur_rc pur_job_send(struct pur_arena *a, struct pur_db *db, const struct pur_input *in,
			 const struct pur_job *job) PUR_MUST;

#endif
