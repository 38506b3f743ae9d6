/* chain: reads the events of a tenant in order and finds the first that doesn't follow. */
#include "chain.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define PROGRESS 100000 /* events between two lines that say how far it is */

enum {
	SEQ,
	HASH,
	FORMAT,
	TENANT,
	KIND,
	TYPE,
	OBJECT,
	ACTOR,
	KEY,
	ADDRESS,
	FIELDS,
	REQUEST,
	AT,
	NAMES
};

/* What is put together with '|' between, by the version; lib/event.c does the same. */
static const int covered[][12] = {
	[1] = { SEQ, KIND, OBJECT, ACTOR, ADDRESS, NAMES, REQUEST, AT, -1 },
	[2] = { FORMAT, TENANT, SEQ, KIND, TYPE, OBJECT, ACTOR, KEY, ADDRESS, FIELDS, REQUEST, AT },
};

/* A chain while it is read. */
struct walk {
	const struct head *end, *kept;
	struct verdict *v;
	int64_t expected; /* the place of the next event */
	char before[HEX]; /* the hash of the last one that was right */
	int looking;      /* for the event that belongs to the place where another one stands */
	char there[HEX];  /* the hash that stands at that place */
};

int
chain_hash(const PGresult *r, int row, int64_t seq, const char *before, char hash[HEX])
{
	unsigned char bytes[crypto_hash_sha256_BYTES], last[crypto_hash_sha256_BYTES];
	long version = strtol(PQgetvalue(r, row, FORMAT), NULL, 10);
	size_t last_len = 0;
	struct pur_buf text = { .data = NULL };

	if (version < 1 || version > 2)
		return -1;
	sodium_hex2bin(last, sizeof(last), before, strlen(before), NULL, &last_len, NULL);
	pur_buf_put(&text, (const char *)last, last_len);
	for (size_t i = 0; i < 12 && covered[version][i] >= 0; i++) {
		int column = covered[version][i];

		if (i > 0)
			pur_buf_putc(&text, '|');
		if (column == SEQ)
			pur_buf_put_int(&text, seq);
		else
			pur_buf_puts(&text, PQgetvalue(r, row, column));
	}
	crypto_hash_sha256(bytes, (const unsigned char *)text.data, text.len);
	sodium_bin2hex(hash, HEX, bytes, sizeof(bytes));
	pur_buf_free(&text);
	return 0;
}

/* Notes the first fault; those behind it follow from it. */
__attribute__((format(printf, 2, 3))) static void
fault(struct walk *w, const char *format, ...)
{
	va_list ap;

	if (w->v->fault[0] != '\0')
		return;
	va_start(ap, format);
	vsnprintf(w->v->fault, sizeof(w->v->fault), format, ap);
	va_end(ap);
}

/* Behind an event that doesn't fit its place: does this one fit there? */
static void
look_for(struct walk *w, const PGresult *r, int64_t seq)
{
	char hash[HEX];

	if (chain_hash(r, 0, w->expected, w->before, hash) != 0 ||
	    (strcmp(hash, PQgetvalue(r, 0, HASH)) != 0 && strcmp(hash, w->there) != 0))
		return;
	w->looking = 0;
	fault(w,
	      "event %" PRId64 " stands at %" PRId64
	      ": events were put into another order, or one was put in",
	      w->expected, seq);
}

static void
take(struct walk *w, const PGresult *r)
{
	int64_t seq = strtoll(PQgetvalue(r, 0, SEQ), NULL, 10);
	char hash[HEX];

	w->v->events++;
	if (w->v->events % PROGRESS == 0)
		fprintf(stderr, "%" PRId64 " of %" PRId64 " events\n", w->v->events, w->end->seq);
	if (w->looking) {
		look_for(w, r, seq);
		return;
	}
	if (w->v->fault[0] != '\0')
		return;
	if (seq != w->expected) {
		fault(w, "event %" PRId64 " is missing: behind %" PRId64 " stands %" PRId64,
		      w->expected, w->expected - 1, seq);
		return;
	}
	if (chain_hash(r, 0, seq, w->before, hash) != 0) {
		fault(w, "event %" PRId64 " has a hash of a version that isn't known", seq);
		return;
	}
	if (strcmp(hash, PQgetvalue(r, 0, HASH)) != 0) {
		w->looking = 1;
		snprintf(w->there, sizeof(w->there), "%s", PQgetvalue(r, 0, HASH));
		return;
	}
	if (w->kept != NULL && w->kept->seq == seq && strcmp(w->kept->hash, hash) != 0)
		fault(w,
		      "event %" PRId64 " isn't the one whose hash was kept: the chain was made"
		      " anew",
		      seq);
	memcpy(w->before, hash, sizeof(hash));
	w->expected++;
}

/* What only the end can tell. */
static void
judge_end(struct walk *w)
{
	int64_t last = w->expected - 1;

	if (w->looking)
		fault(w, "event %" PRId64 " was changed", w->expected);
	if (last < w->end->seq)
		fault(w, "events %" PRId64 " to %" PRId64 " are missing at the end", last + 1,
		      w->end->seq);
	if (last > w->end->seq)
		fault(w, "event %" PRId64 " stands behind the end, which is %" PRId64, last,
		      w->end->seq);
	if (strcmp(w->before, w->end->hash) != 0)
		fault(w, "the end that is noted in tenant_state isn't the hash of event %" PRId64,
		      last);
	if (w->kept != NULL && w->kept->seq > last)
		fault(w,
		      "events %" PRId64 " to %" PRId64 " are missing: there were %" PRId64
		      " when the head was kept",
		      last + 1, w->kept->seq, w->kept->seq);
}

int
chain_verify(PGconn *db, const struct head *end, const struct head *kept, struct verdict *v)
{
	const char *tenant = end->tenant;
	struct walk w = { .end = end, .kept = kept, .v = v, .expected = 1 };
	int rc = 0;

	*v = (struct verdict){ .events = 0 };
	if (PQsendQueryParams(
		db, "SELECT " CHAIN_COLUMNS " FROM events WHERE tenant_id = $1::uuid ORDER BY seq",
		1, NULL, &tenant, NULL, NULL, 0) != 1 ||
	    PQsetSingleRowMode(db) != 1)
		rc = -1;
	for (PGresult *r; (r = PQgetResult(db)) != NULL; PQclear(r)) {
		if (PQresultStatus(r) == PGRES_SINGLE_TUPLE)
			take(&w, r);
		else if (PQresultStatus(r) != PGRES_TUPLES_OK)
			rc = -1;
	}
	if (rc != 0)
		fprintf(stderr, "the database refused: %s", PQerrorMessage(db));
	judge_end(&w);
	return rc;
}
