/*
 * secret: what handlers make of secrets, as arguments of the statements to come.
 */
#ifndef PUR_SECRET_H
#define PUR_SECRET_H

#include "action.h"
#include "password.h"

/*
 * Judges a new password, of the body's field `password`, and hashes it for the argument
 * `=hash:text`; NULL where none was given. Takes its time: best with no transaction open.
 * names: as pur_password_fault(), NULL for none.
 * Returns PUR_OK, PUR_EBODY with a fault of that field, or an error that is in the request already.
 */
enum pur_rc pur_hash_password(struct pur_req *rq, const char *const names[4]) PUR_MUST;

/*
 * A new token for a session, as the argument `=token_hash:bytes`. Returns its text, which lives as
 * long as the request; NULL with an error in the request.
 */
const char *pur_new_token(struct pur_req *rq);

/* Answers with a new token in place of the request's own: as a cookie to whom came with one. */
void pur_give_token(struct pur_req *rq, const char *token, int64_t seconds);

/*
 * Queues the job that sends a mail, where the column `mail` of a statement's row says that one is
 * due: its template, and the id of what it is about under that name. While one of the same waits no
 * other is added. Returns as pur_enqueue().
 */
enum pur_rc pur_send_mail(struct pur_req *rq, int stmt, const char *template, const char *name,
			  const struct pur_uuid *id) PUR_MUST;

/* A link of the body's field `token`. False when it can't be one. */
bool pur_body_link(const struct pur_req *rq, enum pur_link_kind kind, struct pur_link *l);

/*
 * True when a link's secret is the one that the column `seed` of a statement's row gives, which is
 * then the argument `=seed:bytes`.
 */
bool pur_link_holds(struct pur_req *rq, const struct pur_link *l, int stmt);

/* Refuses a link: there is none, or none any more. */
enum pur_rc pur_bad_link(struct pur_req *rq);

#endif
