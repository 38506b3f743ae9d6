/*
 * Tests of network: which addresses are neighbours, and which stand in a list.
 */
#include "network.h"
#include "support.h"

static void
test_neighbours(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.254", true },
		{ "192.0.2.1", "192.0.3.1", false },
		{ "192.0.2.1", "::ffff:192.0.2.9", true },
		{ "2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true },
		{ "2001:db8::1", "2001:db8:0:1::1", false },
		{ "::1", "127.0.0.1", false },
	};
	unsigned char a[PUR_NETWORK], b[PUR_NETWORK];

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		assert_true(pur_network_of(rows[i].a, a));
		assert_true(pur_network_of(rows[i].b, b));
		if ((memcmp(a, b, sizeof(a)) == 0) != rows[i].same)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
	}
	assert_false(pur_network_of("unix:", a));
	assert_false(pur_network_of("", a));
	assert_false(pur_network_of(NULL, a));
}

static void
test_who_is_in_a_list(void **state)
{
	static const char list[] = " 127.0.0.1 10.0.0.0/8  2001:db8::/33 ::1 198.51.100.128/25";
	static const char *const in[] = { "127.0.0.1", "10.255.0.1",     "2001:db8:7fff::1",
					  "::1",       "198.51.100.200", "::ffff:10.1.1.1" };
	static const char *const out[] = { "127.0.0.2",  "11.0.0.1",       "2001:db8:8000::1",
					   "::2",        "198.51.100.127", "",
					   "10.0.0.0/8", "10.0.0" };

	(void)state;
	assert_true(pur_networks_valid(list));
	for (size_t i = 0; i < N_OF(in); i++) {
		if (!pur_networks_have(list, in[i]))
			fail_msg("%s is not in the list", in[i]);
	}
	for (size_t i = 0; i < N_OF(out); i++) {
		if (pur_networks_have(list, out[i]))
			fail_msg("%s is in the list", out[i]);
	}
	assert_false(pur_networks_have(list, NULL));
	assert_false(pur_networks_have("", "127.0.0.1"));
	assert_true(pur_networks_have("0.0.0.0/0", "203.0.113.7"));
	assert_false(pur_networks_have("0.0.0.0/0", "2001:db8::1"));
	assert_true(pur_networks_have("::/0", "203.0.113.7"));
}

static void
test_what_is_no_list(void **state)
{
	static const char *const bad[] = {
		"localhost",
		"127.0.0.1,::1",
		"127.0.0.1/33",
		"::1/129",
		"127.0.0.1/",
		"127.0.0.1/x",
		"127.0.0.1/-1",
		"127.0.0.1/8x",
		"/8",
		"256.0.0.1",
		"127.0.0.1 0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"
	};

	(void)state;
	assert_true(pur_networks_valid(""));
	assert_true(pur_networks_valid("  "));
	for (size_t i = 0; i < N_OF(bad); i++) {
		if (pur_networks_valid(bad[i]))
			fail_msg("\"%s\" is taken", bad[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_who_is_in_a_list),
		cmocka_unit_test(test_what_is_no_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
