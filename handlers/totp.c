/*
 * totp: one-time passwords of an authenticator app, a second factor beside one's own password.
 * Life: enrolled (a secret that waits for its first code) -> on -> off. Ten recovery codes, each
 * for once, stand in for a lost device.
 */
#include "purser.h"
#include <sodium.h>

enum { GET = 1, ENROL, CONFIRM, DISABLE, SET_CODES };

static const struct pur_field fields[] = {
	{ .name = "enabled",
	  .type = PUR_BOOL,
	  .flags = PUR_READONLY | PUR_ALWAYS,
	  .summary = "Whether a login asks for a code" },
	{ .name = "recovery_codes_left", .type = PUR_INT, .flags = PUR_READONLY | PUR_ALWAYS },
	{ .name = "secret",
	  .type = PUR_TEXT,
	  .flags = PUR_READONLY | PUR_ONCE,
	  .summary = "Base32, for an app without a camera; when it is made" },
	{ .name = "uri",
	  .type = PUR_TEXT,
	  .flags = PUR_READONLY | PUR_ONCE,
	  .summary = "otpauth://, for a QR code; when it is made" },
	{ .name = "recovery_codes",
	  .type = PUR_TEXTS,
	  .flags = PUR_READONLY | PUR_ONCE,
	  .summary = "When they are made" },
	{ .name = NULL },
};

#define PASSWORD                                                                                   \
	{                                                                                          \
		.name = "password", .type = PUR_TEXT, .max = PUR_PASSWORD_MOST,                    \
		.flags = PUR_REQUIRED | PUR_WRITEONLY                                              \
	}

static const struct pur_field password_fields[] = { PASSWORD, { .name = NULL } };

static const struct pur_field code_fields[] = {
	{ .name = "code",
	  .type = PUR_TEXT,
	  .max = PUR_TOTP_TYPED,
	  .flags = PUR_REQUIRED | PUR_WRITEONLY,
	  .summary = "What the app shows" },
	{ .name = NULL },
};

static const struct pur_field both_fields[] = {
	PASSWORD,
	{ .name = "otp",
	  .type = PUR_TEXT,
	  .max = PUR_TOTP_TYPED,
	  .flags = PUR_REQUIRED | PUR_WRITEONLY,
	  .summary = "A code of the app, or a recovery code" },
	{ .name = NULL },
};

static const struct pur_stmt stmts[] = {
	[GET] = { PUR_ONE, "@tenant",
		  "SELECT enabled, codes_left AS recovery_codes_left FROM own_proof($1)" },
	[ENROL] = { PUR_ONE, "@tenant =sealed:bytes",
		    "SELECT done FROM enrol_totp($1, $2) AS done WHERE done" },
	[CONFIRM] = { PUR_ONE, "@tenant =sealed:bytes =step:int =codes:text",
		      "SELECT done FROM confirm_totp($1, $2, $3, string_to_array($4, ' ')) AS done"
		      " WHERE done" },
	[DISABLE] = { PUR_ONE, "@tenant", "SELECT done FROM disable_totp($1) AS done WHERE done" },
	[SET_CODES] = { PUR_ONE, "@tenant =codes:text",
			"SELECT done FROM set_totp_codes($1, string_to_array($2, ' ')) AS done"
			" WHERE done" },
};

static bool
is_on(struct pur_req *rq)
{
	bool on = false;

	(void)!pur_row_bool(pur_proof_of(rq), 0, "enabled", &on);
	return on;
}

/* The end of an answer's object; begun by whoever calls. */
static void
put_state(struct pur_buf *b, int *first, bool on, int64_t codes)
{
	pur_json_put_name(b, first, "enabled");
	pur_buf_puts(b, on ? "true" : "false");
	pur_json_put_name(b, first, "recovery_codes_left");
	pur_buf_put_int(b, codes);
	pur_buf_puts(b, "}}");
}

static enum pur_rc
answer_state(struct pur_req *rq, bool on, int64_t codes)
{
	struct pur_buf *b = pur_answer_begin(rq);
	int first = 1;

	pur_object(rq, pur_actor(rq));
	pur_buf_puts(b, "{\"data\":{");
	put_state(b, &first, on, codes);
	return PUR_OK;
}

static enum pur_rc
answer_secret(struct pur_req *rq, const unsigned char secret[PUR_TOTP_SECRET])
{
	struct pur_arena *a = pur_arena_of(rq);
	struct pur_buf *b = pur_answer_begin(rq);
	const char *text = pur_totp_text(a, secret), *uri;
	int first = 1;

	uri = text != NULL
		  ? pur_totp_uri(a, text, "Purser", pur_row_text(pur_proof_of(rq), 0, "email"))
		  : NULL;
	if (uri == NULL)
		return pur_fail(rq, PUR_ETOOLARGE, NULL);
	pur_object(rq, pur_actor(rq));
	pur_buf_puts(b, "{\"data\":{");
	pur_put_text(b, &first, "secret", text);
	pur_put_text(b, &first, "uri", uri);
	put_state(b, &first, false, 0);
	return PUR_OK;
}

/*
 * POST /users/me/totp: again, as often as one likes, until it is confirmed.
 */
static enum pur_rc
enrol(struct pur_req *rq)
{
	unsigned char secret[PUR_TOTP_SECRET];
	unsigned char *sealed = pur_alloc(pur_arena_of(rq), PUR_TOTP_SEALED);
	const unsigned char *key;
	struct pur_uuid holder;
	enum pur_rc rc = pur_proof_again(rq);

	if (rc != PUR_OK)
		return rc;
	key = pur_proof_key(rq, PUR_KEY_TOTP);
	if (is_on(rq))
		return pur_fail(rq, PUR_EDUPLICATE, "It is on already: switch it off first");
	if (key == NULL || sealed == NULL ||
	    pur_row_uuid(pur_proof_of(rq), 0, "holder", &holder) != 0)
		return pur_fail(rq, PUR_EINTERNAL, NULL);
	pur_totp_new(secret);
	pur_totp_seal(key, &holder, secret, sealed);
	pur_set_bytes(rq, "sealed", sealed, PUR_TOTP_SEALED);
	rc = pur_do(rq, ENROL);
	if (rc == PUR_OK)
		rc = pur_wait(rq);
	if (rc == PUR_OK && pur_rows_count(pur_rows(rq, ENROL)) == 0)
		rc = pur_fail(rq, PUR_EDUPLICATE, "It is on already: switch it off first");
	if (rc == PUR_OK)
		rc = answer_secret(rq, secret);
	sodium_memzero(secret, sizeof(secret));
	return rc;
}

/* New recovery codes for people to read, and their hashes as the argument `=codes:text`. */
static enum pur_rc
make_codes(struct pur_req *rq, const char *codes[PUR_TOTP_CODES])
{
	struct pur_arena *a = pur_arena_of(rq);
	const unsigned char *key = pur_proof_key(rq, PUR_KEY_TOTP);
	const char *hashes = "";

	for (int i = 0; i < PUR_TOTP_CODES && hashes != NULL && key != NULL; i++) {
		const char *hash;

		codes[i] = pur_recovery_new(a);
		hash = codes[i] != NULL ? pur_recovery_hash(a, key, codes[i]) : NULL;
		hashes =
		    hash != NULL ? pur_sprintf(a, "%s%s%s", hashes, i > 0 ? " " : "", hash) : NULL;
	}
	if (key == NULL || hashes == NULL)
		return pur_fail(rq, PUR_ETOOLARGE, NULL);
	pur_set_text(rq, "codes", hashes);
	return PUR_OK;
}

static void
answer_codes(struct pur_req *rq, const char *codes[PUR_TOTP_CODES])
{
	struct pur_buf *b = pur_answer_begin(rq);
	int first = 1;

	pur_object(rq, pur_actor(rq));
	pur_buf_puts(b, "{\"data\":{");
	pur_json_put_name(b, &first, "recovery_codes");
	for (int i = 0; i < PUR_TOTP_CODES; i++)
		pur_buf_printf(b, "%s\"%s\"", i > 0 ? "," : "[", codes[i]);
	pur_buf_putc(b, ']');
	put_state(b, &first, true, PUR_TOTP_CODES);
}

/* Codes, once the statement that keeps them has hit its row. */
static enum pur_rc
keep_codes(struct pur_req *rq, int stmt)
{
	const char *codes[PUR_TOTP_CODES] = { NULL };
	enum pur_rc rc = make_codes(rq, codes);

	if (rc == PUR_OK)
		rc = pur_do(rq, stmt);
	if (rc == PUR_OK)
		rc = pur_wait(rq);
	if (rc == PUR_OK && pur_rows_count(pur_rows(rq, stmt)) == 0)
		rc = pur_fail(rq, PUR_ENOTFOUND, NULL);
	if (rc == PUR_OK)
		answer_codes(rq, codes);
	return rc;
}

/*
 * POST /users/me/totp/confirm: the app works, so from now on a login asks for it.
 */
static enum pur_rc
confirm(struct pur_req *rq)
{
	unsigned char secret[PUR_TOTP_SECRET];
	int64_t clock = 0, step;
	enum pur_rc rc = pur_proof_read(rq);

	if (rc == PUR_OK && (is_on(rq) || !pur_proof_sealed(rq, "sealed")))
		return pur_fail(rq, PUR_ENOTFOUND, "Nothing waits to be confirmed: enrol first");
	if (rc == PUR_OK)
		rc = pur_proof_open(rq, secret);
	if (rc != PUR_OK)
		return rc;
	(void)!pur_row_int(pur_proof_of(rq), 0, "clock", &clock);
	step = pur_totp_step(secret, pur_body(rq, "code")->s, clock, 0);
	sodium_memzero(secret, sizeof(secret));
	if (step < 0) {
		pur_fault(rq, "code", "Is not what the app shows now");
		return pur_fail(rq, PUR_EBODY, "The code is wrong");
	}
	pur_set_int(rq, "step", step);
	return keep_codes(rq, CONFIRM);
}

/* Behind the routes that change what is on. */
static enum pur_rc
prove(struct pur_req *rq)
{
	enum pur_rc rc = pur_proof_read(rq);

	if (rc == PUR_OK && !is_on(rq))
		return pur_fail(rq, PUR_ENOTFOUND, "It is off");
	return rc == PUR_OK ? pur_proof_again(rq) : rc;
}

/*
 * POST /users/me/totp/disable
 */
static enum pur_rc
disable(struct pur_req *rq)
{
	enum pur_rc rc = prove(rq);

	if (rc == PUR_OK)
		rc = pur_do(rq, DISABLE);
	if (rc == PUR_OK)
		rc = pur_wait(rq);
	return rc == PUR_OK ? answer_state(rq, false, 0) : rc;
}

/*
 * POST /users/me/totp/recovery-codes
 */
static enum pur_rc
renew_codes(struct pur_req *rq)
{
	enum pur_rc rc = prove(rq);

	return rc == PUR_OK ? keep_codes(rq, SET_CODES) : rc;
}

static const struct pur_route routes[] = {
	{ PUR_GET, "/users/me/totp", PUR_ANY_ROLE, PUR_NO_STORE, .stmts = { GET },
	  .summary = "See whether one's logins ask for a one-time password" },
	{ PUR_POST, "/users/me/totp", PUR_ANY_ROLE, PUR_NO_STORE, .run = enrol,
	  .body = password_fields, .event = "totp.enrolled", .flags = PUR_SECRET | PUR_SLOW,
	  .errors = { PUR_EDUPLICATE, PUR_ERATE },
	  .summary = "Make a secret for an authenticator app; it is shown this once" },
	{ PUR_POST, "/users/me/totp/confirm", PUR_ANY_ROLE, PUR_NO_STORE, .run = confirm,
	  .body = code_fields, .event = "totp.enabled", .flags = PUR_SECRET,
	  .errors = { PUR_ENOTFOUND },
	  .summary = "Switch one-time passwords on; the recovery codes are shown this once" },
	{ PUR_POST, "/users/me/totp/disable", PUR_ANY_ROLE, PUR_NO_STORE, .run = disable,
	  .body = both_fields, .event = "totp.disabled", .flags = PUR_SECRET | PUR_SLOW,
	  .errors = { PUR_ENOTFOUND, PUR_ERATE }, .summary = "Switch one-time passwords off" },
	{ PUR_POST, "/users/me/totp/recovery-codes", PUR_ANY_ROLE, PUR_NO_STORE, .run = renew_codes,
	  .body = both_fields, .event = "totp.codes_renewed", .flags = PUR_SECRET | PUR_SLOW,
	  .errors = { PUR_ENOTFOUND, PUR_ERATE },
	  .summary = "Make new recovery codes in place of the old; they are shown this once" },
	{ .method = PUR_METHOD_UNKNOWN },
};

PUR_PROGRAM(.program = "totp", .title = "One-time password",
	    .summary = "A second factor for one's logins")
