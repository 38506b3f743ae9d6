/*
 * error: how a request remembers what went wrong.
 */
#include "error.h"

#include <stdarg.h>

enum pur_rc
pur_error_set(struct pur_error *e, struct pur_arena *a, enum pur_rc rc, const char *message, ...)
{
	va_list ap;

	if (e->rc != PUR_OK)
		return e->rc;
	/* An error that claims all is well would commit a half-done request. */
	e->rc = rc == PUR_OK ? PUR_EINTERNAL : rc;
	if (message != NULL) {
		va_start(ap, message);
		e->message = pur_vsprintf(a, message, ap);
		va_end(ap);
	}
	return e->rc;
}

void
pur_error_detail(struct pur_error *e, struct pur_arena *a, const char *field, const char *message,
		 ...)
{
	struct pur_detail *d = field != NULL ? pur_alloc(a, sizeof(*d)) : NULL;
	va_list ap;

	if (d == NULL) /* or the field's name was made in an arena that is full */
		return;
	va_start(ap, message);
	d->message = pur_vsprintf(a, message, ap);
	va_end(ap);
	d->field = pur_strdup(a, field);
	if (d->message == NULL || d->field == NULL)
		return;
	if (e->last != NULL)
		e->last->next = d;
	else
		e->details = d;
	e->last = d;
}
