/*
 * Tests of permission: which roles each permission of the contract has, and that what is none has
 * no role at all.
 */
#include "permission.h"
#include "support.h"

#define LEADERS (PUR_OWNER | PUR_ADMIN | PUR_MANAGER)

static void
test_who_may_do_what(void **state)
{
	static const struct {
		const char *permission;
		unsigned roles;
	} rows[] = {
		{ "any", PUR_ALL_ROLES },
		{ "orders:read", PUR_ALL_ROLES },
		{ "orders:create", LEADERS | PUR_STAFF },
		{ "orders:approve", LEADERS | PUR_STAFF },
		{ "orders:cancel", LEADERS | PUR_STAFF },
		{ "inventory:read", PUR_ALL_ROLES },
		{ "inventory:write", LEADERS | PUR_STAFF },
		{ "orders:update", LEADERS | PUR_STAFF },
		{ "orders:produce", LEADERS | PUR_STAFF },
		{ "orders:complete", LEADERS | PUR_STAFF },
		{ "clients:read", PUR_ALL_ROLES },
		{ "clients:write", LEADERS | PUR_STAFF | PUR_ACCOUNTANT },
		{ "users:read", LEADERS },
		{ "users:write", PUR_OWNER | PUR_ADMIN },
		{ "settings:read", PUR_ALL_ROLES },
		{ "settings:write", PUR_OWNER | PUR_ADMIN },
		{ "tenant:read", PUR_ALL_ROLES },
		{ "tenant:write", PUR_OWNER | PUR_ADMIN },
		{ "events:read", PUR_ALL_ROLES },
		{ "products:read", PUR_ALL_ROLES },
		{ "products:write", LEADERS },
		{ "whatever-comes:read", PUR_ALL_ROLES },
		/* Any one of several will do. */
		{ "users:write orders:write", LEADERS | PUR_STAFF },
		{ "users:write audit:read", PUR_OWNER | PUR_ADMIN },
		{ "whatever-comes:write", LEADERS },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		if (pur_permission_roles(rows[i].permission) != rows[i].roles)
			fail_msg("%s: %#x", rows[i].permission,
				 pur_permission_roles(rows[i].permission));
	}
}

static void
test_what_is_no_permission_has_no_role(void **state)
{
	static const char *const none[] = {
		"",
		":",
		"orders",
		"orders:",
		":read",
		"public",
		"all",
		"any:",
		"Any",
		"anyone",
		"products:Read",
		"products:rea",
		"*",
		"products:reads",
		"products:delete",
		"orders read",
		"orders:read users",
		"orders:read ",
		" orders:read",
		"orders:read  users:read",
		"products:*",
	};

	(void)state;
	for (size_t i = 0; i < N_OF(none); i++) {
		if (pur_permission_roles(none[i]) != 0)
			fail_msg("\"%s\": %#x", none[i], pur_permission_roles(none[i]));
	}
}

static void
test_roles_as_words(void **state)
{
	char words[64];

	(void)state;
	pur_roles_words(0, words, sizeof(words));
	assert_string_equal(words, "");
	pur_roles_words(PUR_VIEWER, words, sizeof(words));
	assert_string_equal(words, "viewer");
	pur_roles_words(LEADERS, words, sizeof(words));
	assert_string_equal(words, "owner admin manager");
	pur_roles_words(PUR_ALL_ROLES, words, sizeof(words));
	assert_string_equal(words, "owner admin manager staff accountant viewer");
	pur_roles_words(1u << 6, words, sizeof(words));
	assert_string_equal(words, "");
}

/* What doesn't fit is cut off, and nothing behind the end is touched. */
static void
test_words_stay_within_their_size(void **state)
{
	char words[64], all[64];

	(void)state;
	pur_roles_words(PUR_ALL_ROLES, all, sizeof(all));
	for (int size = 1; size < (int)sizeof(words); size++) {
		memset(words, '#', sizeof(words));
		pur_roles_words(PUR_ALL_ROLES, words, size);
		assert_memory_equal(words, all, strlen(words));
		assert_true((int)strlen(words) < size);
		for (size_t i = (size_t)size; i < sizeof(words); i++)
			assert_int_equal(words[i], '#');
	}
}

/* ---- scopes of keys ---- */

static void
test_scopes_that_would_do(void **state)
{
	static const struct {
		const char *permission, *scopes;
	} rows[] = {
		{ "orders:read", "orders:read orders:*" },
		{ "orders:write", "orders:write orders:write orders:*" },
		{ "orders:approve", "orders:approve orders:write orders:*" },
		{ "api-keys:write", "api-keys:write api-keys:write api-keys:*" },
		{ "clients:export", "clients:export clients:*" },
		{ "clients:erase", "clients:erase clients:*" },
		{ "clients:merge", "clients:merge clients:write clients:*" },
		{ "users:read orders:write",
		  "users:read users:* orders:write orders:write orders:*" },
		{ "any", "" },    /* is for people */
		{ "public", "" }, /* needs none */
		{ "", "" },
	};
	char words[64];

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		memset(words, '#', sizeof(words));
		pur_permission_scopes(rows[i].permission, words, sizeof(words));
		assert_string_equal(words, rows[i].scopes);
	}
}

/* To write is not to read: a key that may do both has two scopes, or the star. */
static void
test_reading_is_not_given_with_writing(void **state)
{
	char words[64];

	(void)state;
	pur_permission_scopes("orders:read", words, sizeof(words));
	assert_null(strstr(words, "write"));
	pur_permission_scopes("orders:approve", words, sizeof(words));
	assert_null(strstr(words, "read"));
}

static void
test_words_that_can_be_scopes(void **state)
{
	static const char *const good[] = { "orders:read", "products:*", "api-keys:write", "a:b" };
	static const char *const bad[] = {
		"",
		":",
		"orders",
		"orders:",
		":read",
		"*:read",
		"*:*",
		"*",
		"orders:**",
		"orders:*x",
		"orders:x*",
		"Orders:read",
		"orders:Read",
		"orders read",
		"orders: read",
		" orders:read",
		"orders:read ",
		"orders:read:all",
		"orders::read",
		"orders:re_ad",
		"orders:read1",
		"\xc3\xb6:read",
		"orders:read\n",
		"orders:read,orders:write",
	};

	(void)state;
	for (size_t i = 0; i < N_OF(good); i++) {
		if (!pur_scope_valid(good[i]))
			fail_msg("\"%s\" is refused", good[i]);
	}
	for (size_t i = 0; i < N_OF(bad); i++) {
		if (pur_scope_valid(bad[i]))
			fail_msg("\"%s\" is taken", bad[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_may_do_what),
		cmocka_unit_test(test_what_is_no_permission_has_no_role),
		cmocka_unit_test(test_roles_as_words),
		cmocka_unit_test(test_words_stay_within_their_size),
		cmocka_unit_test(test_scopes_that_would_do),
		cmocka_unit_test(test_reading_is_not_given_with_writing),
		cmocka_unit_test(test_words_that_can_be_scopes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
