/*
 * Tests of datum: every type against the bytes that PostgreSQL 15 reads (the *_recv functions in
 * src/backend/utils/adt).
 */
#include "datum.h"
#include "support.h"

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"
#define ID_BYTES "\x01\x89\x0a\x5d\xac\x96\x77\x4b\xbc\xce\xb3\x02\x09\x9a\x80\x57"

static struct pur_datum
datum_of(struct pur_arena *a, struct pur_value v)
{
	struct pur_datum d = { .data = "garbage", .len = 7 };

	assert_int_equal(pur_datum_value(a, &v, &d), PUR_OK);
	return d;
}

static void
test_integers_in_binary(void **state)
{
	static const struct {
		int64_t n;
		char bytes[8];
	} rows[] = {
		{ 0, { 0, 0, 0, 0, 0, 0, 0, 0 } },
		{ 1, { 0, 0, 0, 0, 0, 0, 0, 1 } },
		{ 1250, { 0, 0, 0, 0, 0, 0, 4, '\xe2' } },
		{ -2, "\xff\xff\xff\xff\xff\xff\xff\xfe" },
		{ INT64_MAX, "\x7f\xff\xff\xff\xff\xff\xff\xff" },
		{ INT64_MIN, { '\x80', 0, 0, 0, 0, 0, 0, 0 } },
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct pur_datum d = datum_of(*state, INT(rows[i].n));

		assert_bytes(&d, rows[i].bytes, 8);
		d = datum_of(*state, (struct pur_value){ .type = PUR_MONEY, .i = rows[i].n });
		assert_bytes(&d, rows[i].bytes, 8);
	}
}

/* PostgreSQL counts from 2000-01-01. */
static void
test_times_and_dates_in_binary(void **state)
{
	static const struct {
		enum pur_type type;
		int64_t since_1970;
		char bytes[9];
		size_t len;
	} rows[] = {
		{ PUR_TIME, INT64_C(946684800000000), "\0\0\0\0\0\0\0\0", 8 },
		{ PUR_TIME, INT64_C(946684800000001), "\0\0\0\0\0\0\0\1", 8 },
		{ PUR_TIME, INT64_C(946684799999999), "\xff\xff\xff\xff\xff\xff\xff\xff", 8 },
		{ PUR_TIME, 0, "\xff\xfc\xa2\xfe\xc4\xc8\x20\x00", 8 },
		{ PUR_DATE, 10957, "\0\0\0\0", 4 },
		{ PUR_DATE, 10958, "\0\0\0\1", 4 },
		{ PUR_DATE, 10956, "\xff\xff\xff\xff", 4 },
		{ PUR_DATE, 0, "\xff\xff\xd5\x33", 4 },
		{ PUR_DATE, -719162, "\xff\xf4\xdb\xf9", 4 }, /* 0001-01-01 */
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct pur_datum d = datum_of(
		    *state, (struct pur_value){ .type = rows[i].type, .i = rows[i].since_1970 });

		assert_bytes(&d, rows[i].bytes, rows[i].len);
	}
}

static void
test_other_values_in_binary(void **state)
{
	struct pur_datum d = datum_of(*state, (struct pur_value){ .type = PUR_BOOL, .b = true });

	ASSERT_BYTES(&d, "\1");
	d = datum_of(*state, (struct pur_value){ .type = PUR_BOOL });
	ASSERT_BYTES(&d, "\0");
	d = datum_of(*state, TEXT("caf\xc3\xa9"));
	ASSERT_BYTES(&d, "caf\xc3\xa9");
	d = datum_of(*state, TEXT("")); /* is a text, not NULL */
	ASSERT_BYTES(&d, "");
	d = datum_of(*state, (struct pur_value){ .type = PUR_CLOCK, .s = "08:30", .len = 5 });
	ASSERT_BYTES(&d, "08:30");
	assert_int_equal(pur_datum_oid(PUR_CLOCK), PUR_OID_TEXT);
	d = datum_of(*state, (struct pur_value){ .type = PUR_SLUG, .s = "acme", .len = 4 });
	ASSERT_BYTES(&d, "acme");
	d = datum_of(*state, (struct pur_value){ .type = PUR_BYTES, .s = "a\0b", .len = 3 });
	ASSERT_BYTES(&d, "a\0b");
}

static void
test_ids_in_binary(void **state)
{
	const struct pur_value v = { .type = PUR_UUID, .uuid = uuid_of(ID) };
	struct pur_datum d;

	assert_int_equal(pur_datum_value(*state, &v, &d), PUR_OK);
	ASSERT_BYTES(&d, ID_BYTES);
	d = pur_datum_uuid(&v.uuid);
	ASSERT_BYTES(&d, ID_BYTES);
}

static void
test_nulls(void **state)
{
	struct pur_datum d = datum_of(*state, NOTHING);

	assert_sql_null(&d);
	d = datum_of(*state, (struct pur_value){ .type = PUR_NOTYPE, .i = 7 });
	assert_sql_null(&d);
	d = (struct pur_datum){ .data = "garbage", .len = 7 };
	assert_int_equal(pur_datum_value(*state, NULL, &d), PUR_OK);
	assert_sql_null(&d);
	d = pur_datum_text(NULL);
	assert_sql_null(&d);
	d = pur_datum_text("x");
	ASSERT_BYTES(&d, "x");
}

static void
test_arrays_in_binary(void **state)
{
	const struct pur_value numbers[] = { INT(7), NOTHING, INT(-2) };
	const struct pur_value texts[] = { TEXT("a"), TEXT(""), TEXT("caf\xc3\xa9") };
	const struct pur_value days[] = { { .type = PUR_DATE, .i = 10956 } };
	const struct pur_value bools[] = { { .type = PUR_BOOL, .b = true } };
	const struct pur_value ids[] = { { .type = PUR_UUID, .uuid = uuid_of(ID) } };
	struct pur_datum d;

	/* dimensions, has NULLs, element type, length, lower bound; then length and bytes of each
	 */
	assert_int_equal(pur_datum_array(*state, PUR_INT, numbers, 3, &d), PUR_OK);
	ASSERT_BYTES(&d, WORD("\1") WORD("\1") WORD("\x14") WORD("\3") WORD("\1") /* int8 is 20 */
		     INT8_ITEM("\7") NULL_ITEM WORD("\x08") "\xff\xff\xff\xff\xff\xff\xff\xfe");
	assert_int_equal(pur_datum_array(*state, PUR_TEXT, texts, 3, &d), PUR_OK);
	ASSERT_BYTES(&d, WORD("\1") WORD("\0") WORD("\x19") WORD("\3") WORD("\1")
			     WORD("\1") "a" WORD("\0") WORD("\5") "caf\xc3\xa9");
	assert_int_equal(pur_datum_array(*state, PUR_DATE, days, 1, &d), PUR_OK);
	ASSERT_BYTES(&d, WORD("\1") WORD("\0") "\0\0\x04\x3a" WORD("\1") WORD("\1") WORD("\4")
			     NULL_ITEM);
	assert_int_equal(pur_datum_array(*state, PUR_BOOL, bools, 1, &d), PUR_OK);
	ASSERT_BYTES(&d, WORD("\1") WORD("\0") WORD("\x10") WORD("\1") WORD("\1") WORD("\1") "\1");
	assert_int_equal(pur_datum_array(*state, PUR_UUID, ids, 1, &d), PUR_OK);
	ASSERT_BYTES(&d, WORD("\1") WORD("\0") "\0\0\x0b\x86" WORD("\1") WORD("\1") WORD("\x10")
			     ID_BYTES);
}

static void
test_arrays_of_nothing(void **state)
{
	struct pur_datum d;

	assert_int_equal(pur_datum_array(*state, PUR_TEXT, NULL, 0, &d), PUR_OK);
	ASSERT_BYTES(&d, WORD("\0") WORD("\0") WORD("\x19"));
	d = datum_of(*state, (struct pur_value){ .type = PUR_TEXTS });
	ASSERT_BYTES(&d, WORD("\0") WORD("\0") WORD("\x19"));
}

static void
test_types_of_arrays(void **state)
{
	static const struct {
		enum pur_type type;
		Oid oid, array;
	} rows[] = {
		{ PUR_BOOL, PUR_OID_BOOL, PUR_OID_BOOL_ARRAY },
		{ PUR_INT, PUR_OID_INT8, PUR_OID_INT8_ARRAY },
		{ PUR_MONEY, PUR_OID_INT8, PUR_OID_INT8_ARRAY },
		{ PUR_TEXT, PUR_OID_TEXT, PUR_OID_TEXT_ARRAY },
		{ PUR_CHOICE, PUR_OID_TEXT, PUR_OID_TEXT_ARRAY },
		{ PUR_UUID, PUR_OID_UUID, PUR_OID_UUID_ARRAY },
		{ PUR_TIME, PUR_OID_TIMESTAMPTZ, PUR_OID_TIMESTAMPTZ_ARRAY },
		{ PUR_DATE, PUR_OID_DATE, PUR_OID_DATE_ARRAY },
		{ PUR_BYTES, PUR_OID_BYTEA, PUR_OID_BYTEA_ARRAY },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		assert_int_equal(pur_datum_oid(rows[i].type), rows[i].oid);
		assert_int_equal(pur_datum_array_oid(rows[i].type), rows[i].array);
	}
}

static enum pur_rc
array_of_numbers(struct pur_arena *a)
{
	const struct pur_value numbers[] = { INT(1), NOTHING, INT(2) };
	struct pur_datum d;

	return pur_datum_array(a, PUR_INT, numbers, N_OF(numbers), &d);
}

static enum pur_rc
date(struct pur_arena *a)
{
	const struct pur_value v = { .type = PUR_DATE, .i = 1 };
	struct pur_datum d;

	return pur_datum_value(a, &v, &d);
}

static void
test_a_small_arena(void **state)
{
	(void)state;
	with_every_ceiling(array_of_numbers, PUR_OK);
	with_every_ceiling(date, PUR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers_in_binary),
		cmocka_unit_test(test_times_and_dates_in_binary),
		cmocka_unit_test(test_other_values_in_binary),
		cmocka_unit_test(test_ids_in_binary),
		cmocka_unit_test(test_nulls),
		cmocka_unit_test(test_arrays_in_binary),
		cmocka_unit_test(test_arrays_of_nothing),
		cmocka_unit_test(test_types_of_arrays),
		cmocka_unit_test(test_a_small_arena),
	};

	return cmocka_run_group_tests(tests, new_arena, free_arena);
}
