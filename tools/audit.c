/*
 * audit: `purser audit verify` proves each tenant's chain of events; `purser audit head` prints
 * where the chains end, to be kept where whoever can write to the database can't.
 */
#include "chain.h"
#include "id.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define BROKEN 1

/* Heads that were kept: as many as there are tenants. */
struct heads {
	struct head *all;
	size_t n;
};

static struct head
head_of(const PGresult *tenants, int row)
{
	struct head h = { .seq = strtoll(PQgetvalue(tenants, row, 2), NULL, 10) };

	snprintf(h.tenant, sizeof(h.tenant), "%s", PQgetvalue(tenants, row, 0));
	snprintf(h.hash, sizeof(h.hash), "%s", PQgetvalue(tenants, row, 3));
	return h;
}

static int
print_heads(const PGresult *tenants)
{
	for (int i = 0; i < PQntuples(tenants); i++) {
		struct head h = head_of(tenants, i);

		printf("%s %" PRId64 " %s\n", h.tenant, h.seq, h.hash[0] != '\0' ? h.hash : "-");
	}
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

/* One line as print_heads() writes it. Returns 0, or -1 for anything else. */
static int
read_head(const char *line, struct head *h)
{
	struct pur_uuid id;
	char seq[20], *rest;
	int end = 0;

	if (sscanf(line, "%36s %19s %64s%n", h->tenant, seq, h->hash, &end) != 3 ||
	    (line[end] != '\n' && line[end] != '\0'))
		return -1;
	h->seq = strtoll(seq, &rest, 10);
	if (*rest != '\0' || h->seq < 0 || pur_uuid_parse(h->tenant, strlen(h->tenant), &id) != 0)
		return -1;
	if (strcmp(h->hash, "-") == 0)
		return 0;
	return strlen(h->hash) == HEX - 1 && strspn(h->hash, "0123456789abcdef") == HEX - 1 ? 0
											    : -1;
}

/* Returns 0, or an exit status after a message. */
static int
read_heads(const char *file, struct heads *heads)
{
	FILE *in = fopen(file, "re");
	char line[256];
	int rc = 0;

	if (in == NULL) {
		fprintf(stderr, "can't read %s: %s\n", file, strerror(errno));
		return EX_NOINPUT;
	}
	while (rc == 0 && fgets(line, sizeof(line), in) != NULL) {
		struct head *more = realloc(heads->all, (heads->n + 1) * sizeof(*more));

		if (more == NULL) {
			rc = EX_OSERR;
			break;
		}
		heads->all = more;
		memset(&more[heads->n], 0, sizeof(*more));
		if (read_head(line, &more[heads->n++]) != 0) {
			fprintf(stderr, "%s, line %zu isn't one that purser audit head printed\n",
				file, heads->n);
			rc = EX_DATAERR;
		}
	}
	fclose(in);
	return rc;
}

static const struct head *
kept_of(const struct heads *heads, const char *tenant)
{
	for (size_t i = 0; i < heads->n; i++) {
		if (strcmp(heads->all[i].tenant, tenant) == 0)
			return &heads->all[i];
	}
	return NULL;
}

/* Heads that were kept of tenants that aren't there any more. Returns how many. */
static int
tell_missing(const struct heads *heads, const PGresult *tenants)
{
	int missing = 0;

	for (size_t i = 0; i < heads->n; i++) {
		int row = 0;

		while (row < PQntuples(tenants) &&
		       strcmp(PQgetvalue(tenants, row, 0), heads->all[i].tenant) != 0)
			row++;
		if (row < PQntuples(tenants))
			continue;
		printf("%s: BROKEN: the tenant is missing, with its %" PRId64 " events\n",
		       heads->all[i].tenant, heads->all[i].seq);
		missing++;
	}
	return missing;
}

static int
verify(PGconn *db, const PGresult *tenants, const struct heads *heads, int all)
{
	int broken = all ? tell_missing(heads, tenants) : 0;

	for (int i = 0; i < PQntuples(tenants); i++) {
		struct head end = head_of(tenants, i);
		struct verdict v;

		if (chain_verify(db, &end, kept_of(heads, end.tenant), &v) != 0)
			return EX_DATAERR;
		if (v.fault[0] == '\0')
			printf("%s: %" PRId64 " events, whole\n", PQgetvalue(tenants, i, 1),
			       v.events);
		else
			printf("%s: BROKEN: %s\n", PQgetvalue(tenants, i, 1), v.fault);
		broken += v.fault[0] != '\0';
	}
	printf("%d chains, %d broken\n", PQntuples(tenants), broken);
	if (fflush(stdout) != 0)
		return EX_IOERR;
	return broken > 0 ? BROKEN : EX_OK;
}

int
audit_command(int argc, char **argv)
{
	const char *slug = NULL, *file = NULL;
	const struct option_value options[] = { { .name = "tenant", .value = &slug },
						{ .name = "head", .value = &file },
						{ .name = NULL } };
	int verifies = argc > 1 && strcmp(argv[1], "verify") == 0, status = EX_DATAERR;
	struct heads heads = { .n = 0 };
	PGresult *tenants;
	PGconn *db;

	if (argc < 2 || (!verifies && strcmp(argv[1], "head") != 0)) {
		fprintf(stderr, "usage: purser audit verify|head [--tenant SLUG] ...\n");
		return EX_USAGE;
	}
	if (read_options(argc - 1, argv + 1, options, NULL) != 0)
		return EX_USAGE;
	if (!verifies && file != NULL) {
		fprintf(stderr, "--head is for purser audit verify\n");
		return EX_USAGE;
	}
	if (file != NULL && (status = read_heads(file, &heads)) != 0) {
		free(heads.all);
		return status;
	}
	db = admin_read();
	tenants = db != NULL ? admin_tenants(db, slug) : NULL;
	if (db == NULL)
		status = EX_UNAVAILABLE;
	else if (tenants == NULL)
		status = EX_DATAERR;
	else
		status =
		    verifies ? verify(db, tenants, &heads, slug == NULL) : print_heads(tenants);
	PQclear(tenants);
	PQfinish(db);
	free(heads.all);
	return status;
}
