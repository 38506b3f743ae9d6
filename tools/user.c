/* user: `purser user create`. */
#include "command.h"
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define LEAST 12 /* characters of a password */
#define MOST 128

/* Reads the password's line, so that it never stands among the arguments. Returns 0, or -1. */
static int
read_password(char password[MOST + 2])
{
	size_t len;

	if (fgets(password, MOST + 2, stdin) == NULL)
		password[0] = '\0';
	len = strcspn(password, "\n");
	password[len] = '\0';
	if (len >= LEAST && len <= MOST)
		return 0;
	fprintf(stderr, "the password, read from standard input, must have %d to %d characters\n",
		LEAST, MOST);
	return -1;
}

static int
run(PGconn *db, const char *sql, int n, const char *const *args)
{
	PGresult *r = admin_run(db, sql, n, args);

	PQclear(r);
	return r != NULL ? 0 : -1;
}

/* Makes the membership; one that is there already gets the name and the role. */
static int
make_member(PGconn *db, const char *tenant, const char *email, const char *name, const char *role,
	    const char *hash)
{
	char user[PUR_UUID_TEXT + 1], account[PUR_UUID_TEXT + 1];
	const char *update[] = { tenant, email, name, role };
	const char *create[] = { tenant, user, account, email, name, role, hash };
	PGresult *r = admin_run(
	    db,
	    "UPDATE users u SET name = $3, role = $4, revision = u.revision + 1, updated_at = now()"
	    " FROM accounts a, tenant_slugs t WHERE t.slug = $1 AND t.tenant_id = u.tenant_id"
	    " AND a.id = u.account_id AND a.email_key = lower($2) AND u.active RETURNING u.id",
	    4, update);
	int known = PQntuples(r) > 0;

	PQclear(r);
	if (r == NULL || known)
		return r != NULL ? 0 : -1;
	new_id(user);
	new_id(account);
	return run(
	    db,
	    "SELECT create_user(tenant_id, $2::uuid, $3::uuid, $4, $5, $6, $7) FROM tenant_slugs"
	    " WHERE slug = $1",
	    7, create);
}

/* A new password ends every session that the old one began. */
static int
set_password(PGconn *db, const char *email, const char *hash)
{
	const char *args[] = { email, hash };

	if (run(db,
		"UPDATE accounts SET password_hash = $2, updated_at = now() WHERE email_key = lower($1)",
		2, args) != 0)
		return -1;
	return run(
	    db,
	    "DELETE FROM sessions s USING users u, accounts a WHERE u.tenant_id = s.tenant_id"
	    " AND u.id = s.user_id AND a.id = u.account_id AND a.email_key = lower($1)",
	    1, args);
}

static int
create(PGconn *db, const char *tenant, const char *email, const char *name, const char *role,
       const char *hash)
{
	if (run(db, "BEGIN", 0, NULL) == 0 &&
	    make_member(db, tenant, email, name, role, hash) == 0 &&
	    set_password(db, email, hash) == 0 && run(db, "COMMIT", 0, NULL) == 0)
		return EX_OK;
	return EX_DATAERR;
}

static int
tenant_exists(PGconn *db, const char *slug)
{
	PGresult *r = admin_run(db, "SELECT 1 FROM tenant_slugs WHERE slug = $1", 1, &slug);
	int found = r != NULL && PQntuples(r) == 1;

	if (r != NULL && !found)
		fprintf(stderr,
			"there is no tenant '%s': purser tenant create %s --name NAME makes it\n",
			slug, slug);
	PQclear(r);
	return found;
}

int
user_command(int argc, char **argv)
{
	const char *tenant = NULL, *email = NULL, *name = NULL, *role = NULL;
	const struct option_value options[] = { { "tenant", &tenant, 1 },
						{ "email", &email, 1 },
						{ "name", &name, 1 },
						{ "role", &role, 1 },
						{ NULL, NULL, 0 } };
	char password[MOST + 2], hash[crypto_pwhash_STRBYTES];
	int status = EX_DATAERR;
	PGconn *db;

	if (argc < 2 || strcmp(argv[1], "create") != 0) {
		fprintf(stderr, "usage: purser user create --tenant SLUG --email ADDRESS ...\n");
		return EX_USAGE;
	}
	if (read_options(argc - 1, argv + 1, options, NULL) != 0 || read_password(password) != 0)
		return EX_USAGE;
	if (crypto_pwhash_str(hash, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
			      crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0) {
		fprintf(stderr, "no memory for argon2id, which takes 64 MiB\n");
		return EX_OSERR;
	}
	sodium_memzero(password, sizeof(password));
	db = admin_connect();
	if (db == NULL)
		return EX_UNAVAILABLE;
	if (tenant_exists(db, tenant))
		status = create(db, tenant, email, name, role, hash);
	if (status == EX_OK)
		printf("%s is %s of %s\n", email, role, tenant);
	PQfinish(db);
	return status;
}
