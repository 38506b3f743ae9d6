/*
 * Tests of reply: the contract's envelope of an error and RFC 9457's, headers, and what 304 and
 * 204 leave out.
 */
#include "reply.h"
#include "support.h"

static struct pur_reply reply;
static struct pur_error error;
static struct pur_buf head;

static int
setup(void **state)
{
	memset(&error, 0, sizeof(error));
	return reset_arena(state);
}

static int
teardown(void **state)
{
	(void)state;
	pur_buf_free(&reply.body);
	pur_buf_free(&reply.headers);
	pur_buf_free(&head);
	memset(&reply, 0, sizeof(reply));
	return 0;
}

static void
assert_error_body(struct pur_arena *a, int problem, const char *extra, const char *expected)
{
	pur_reply_error(&reply, &error, problem, extra, "r-1");
	assert_written(&reply.body, expected);
	parse_json(a, reply.body.data, reply.body.len);
}

/* ---- errors ---- */

static void
test_an_error(void **state)
{
	error.rc = PUR_ENOTFOUND;
	assert_error_body(*state, 0, NULL,
			  "{\"error\":\"not_found\",\"message\":\"No such thing\",\"details\":[]}");
	assert_int_equal(reply.status, 404);
	assert_null(reply.type);
	assert_string_equal(reply.cache, "no-store");
}

static void
test_an_error_with_details(void **state)
{
	pur_error_detail(&error, *state, "pickup_date", "Must be in the future");
	pur_error_detail(&error, *state, "lines[0].\"quantity\"", "Must be at least %d\n", 1);
	pur_error_set(&error, *state, PUR_EBODY, "%s could not be created", "Order");
	assert_error_body(*state, 0, NULL,
			  "{\"error\":\"validation_failed\","
			  "\"message\":\"Order could not be created\",\"details\":["
			  "{\"field\":\"pickup_date\",\"message\":\"Must be in the future\"},"
			  "{\"field\":\"lines[0].\\\"quantity\\\"\","
			  "\"message\":\"Must be at least 1\\n\"}]}");
	assert_int_equal(reply.status, 400);
}

/* What a client typed comes back in messages: it must not end the string. */
static void
test_an_error_in_odd_words(void **state)
{
	pur_error_detail(&error, *state, "\xff\x01\"", "%s", "</script>\\");
	pur_error_set(&error, *state, PUR_EINPUT, "\"}\x7f");
	assert_error_body(
	    *state, 0, NULL,
	    "{\"error\":\"invalid_input\",\"message\":\"\\\"}\x7f\",\"details\":["
	    "{\"field\":\"\xef\xbf\xbd\\u0001\\\"\",\"message\":\"</script>\\\\\"}]}");
}

static void
test_an_error_with_further_members(void **state)
{
	static const char extra[] = "\"status\":\"approved\",\"allowed_actions\":[\"cancel\"]";

	error.rc = PUR_ETRANSITION;
	assert_error_body(
	    *state, 0, extra,
	    "{\"error\":\"invalid_transition\",\"message\":\"The status does not allow this\","
	    "\"status\":\"approved\",\"allowed_actions\":[\"cancel\"],\"details\":[]}");
	assert_int_equal(reply.status, 409);
	/* RFC 9457 has a number of its own called status. */
	assert_error_body(
	    *state, 1, extra,
	    "{\"type\":\"about:blank\",\"title\":\"Conflict\",\"status\":409,"
	    "\"instance\":\"r-1\",\"error\":\"invalid_transition\","
	    "\"detail\":\"The status does not allow this\","
	    "\"thing_status\":\"approved\",\"allowed_actions\":[\"cancel\"],\"details\":[]}");
}

static void
test_problem_details(void **state)
{
	pur_error_detail(&error, *state, "page", "Must be an integer from 1 to 100");
	pur_error_set(&error, *state, PUR_EINPUT, NULL);
	assert_error_body(
	    *state, 1, NULL,
	    "{\"type\":\"about:blank\",\"title\":\"Bad Request\","
	    "\"status\":400,\"instance\":\"r-1\",\"error\":\"invalid_input\","
	    "\"detail\":\"The path, query or a header has errors\",\"details\":["
	    "{\"field\":\"page\",\"message\":\"Must be an integer from 1 to 100\"}]}");
	assert_string_equal(reply.type, "application/problem+json");
}

/* An error takes the place of an answer that was half made. */
static void
test_nothing_is_left_of_an_answer(void **state)
{
	pur_buf_puts(&reply.body, "{\"data\":{\"secret\":");
	reply.etag = "\"5\"";
	reply.location = "/api/v1/orders/7";
	reply.cache = "private, no-cache";
	error.rc = PUR_EINTERNAL;
	assert_error_body(*state, 0, NULL,
			  "{\"error\":\"internal_error\","
			  "\"message\":\"Something went wrong on our side\",\"details\":[]}");
	assert_null(reply.etag);
	assert_null(reply.location);
	assert_string_equal(reply.cache, "no-store");
}

static void
test_every_error_makes_json(void **state)
{
	for (int rc = PUR_EBODY; rc <= PUR_EREPLAY; rc++) {
		for (int problem = 0; problem <= 1; problem++) {
			error.rc = (enum pur_rc)rc;
			pur_reply_error(&reply, &error, problem, "\"a\":1", "r-1");
			parse_json(*state, reply.body.data, reply.body.len);
			assert_int_equal(reply.status, pur_rc_info(error.rc)->status);
		}
	}
}

/* ---- headers ---- */

static void
test_headers(void **state)
{
	(void)state;
	pur_reply_header(&reply, "Allow", "GET, HEAD");
	pur_reply_header(&reply, "Link", "</a?b=%C3%A4>; rel=\"next\"");
	pur_reply_header(&reply, "X-Empty", "");
	pur_reply_header(&reply, "X-Name", "caf\xc3\xa9");
	assert_written(&reply.headers, "Allow: GET, HEAD\r\n"
				       "Link: </a?b=%C3%A4>; rel=\"next\"\r\n"
				       "X-Empty: \r\n"
				       "X-Name: caf\xc3\xa9\r\n");
}

static void
test_headers_cannot_be_smuggled(void **state)
{
	char value[] = "good?bad";

	(void)state;
	for (int c = 1; c < 256; c++) {
		value[4] = (char)c;
		pur_buf_reset(&reply.headers);
		pur_reply_header(&reply, "X", value);
		if ((c < ' ' || c == 127) != (reply.headers.len == 0))
			fail_msg("byte %02x", (unsigned)c);
	}
}

static void
assert_head(const char *expected)
{
	pur_buf_reset(&head);
	pur_reply_head(&reply, "r-1", &head);
	assert_written(&head, expected);
}

static void
test_the_head_of_an_answer(void **state)
{
	(void)state;
	reply.status = 200;
	pur_buf_puts(&reply.body, "{\"data\":{}}");
	assert_head("Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n"
		    "X-Request-Id: r-1\r\nVary: Accept, Origin\r\n\r\n");
	reply.status = 201;
	reply.type = "application/problem+json";
	reply.cache = "private, no-cache";
	reply.etag = "\"5\"";
	reply.location = "/api/v1/orders/7";
	pur_reply_header(&reply, "Allow", "GET");
	pur_reply_header(&reply, "Retry-After", "1");
	assert_head(
	    "Status: 201 Created\r\nContent-Type: application/problem+json\r\nContent-Length: 11\r\n"
	    "Cache-Control: private, no-cache\r\nETag: \"5\"\r\n"
	    "Location: /api/v1/orders/7\r\nX-Request-Id: r-1\r\nVary: Accept, Origin\r\n"
	    "Allow: GET\r\nRetry-After: 1\r\n\r\n");
}

static void
test_answers_without_a_body(void **state)
{
	(void)state;
	reply.status = 304;
	reply.etag = "\"5\"";
	assert_head(
	    "Status: 304 Not Modified\r\nETag: \"5\"\r\nX-Request-Id: r-1\r\nVary: Accept, Origin\r\n\r\n");
	reply.status = 204;
	reply.etag = NULL;
	assert_head("Status: 204 No Content\r\nX-Request-Id: r-1\r\nVary: Accept, Origin\r\n\r\n");
	reply.status = 200;
	assert_head("Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\n"
		    "X-Request-Id: r-1\r\nVary: Accept, Origin\r\n\r\n");
}

static void
test_the_next_answer_begins_empty(void **state)
{
	const char *memory;

	(void)state;
	reply.status = 201;
	pur_buf_puts(&reply.body, "body");
	memory = reply.body.data;
	pur_reply_header(&reply, "X", "y");
	reply.type = reply.cache = reply.etag = reply.location = "x";
	pur_reply_reset(&reply);
	assert_int_equal(reply.status, 0);
	assert_int_equal(reply.body.len, 0);
	assert_int_equal(reply.headers.len, 0);
	assert_null(reply.type);
	assert_null(reply.cache);
	assert_null(reply.etag);
	assert_null(reply.location);
	pur_buf_puts(&reply.body, "next");
	assert_ptr_equal(reply.body.data, memory);
}

/* As long as the file is, whatever stands in the body. */
static void
test_the_head_of_a_file(void **state)
{
	(void)state;
	reply.status = 200;
	reply.type = "text/csv; charset=utf-8";
	reply.file = stdin; /* it isn't read here */
	reply.file_len = INT64_C(5000000000);
	pur_buf_puts(&reply.body, "{}");
	assert_head(
	    "Status: 200 OK\r\nContent-Type: text/csv; charset=utf-8\r\n"
	    "Content-Length: 5000000000\r\nX-Request-Id: r-1\r\nVary: Accept, Origin\r\n\r\n");
	reply.file_len = 0;
	assert_head("Status: 200 OK\r\nContent-Type: text/csv; charset=utf-8\r\n"
		    "Content-Length: 0\r\nX-Request-Id: r-1\r\nVary: Accept, Origin\r\n\r\n");
	pur_reply_reset(&reply);
	assert_null(reply.file);
	assert_int_equal(reply.file_len, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_an_error),
		TEST(test_an_error_with_details),
		TEST(test_an_error_in_odd_words),
		TEST(test_an_error_with_further_members),
		TEST(test_problem_details),
		TEST(test_nothing_is_left_of_an_answer),
		TEST(test_every_error_makes_json),
		TEST(test_headers),
		TEST(test_headers_cannot_be_smuggled),
		TEST(test_the_head_of_an_answer),
		TEST(test_answers_without_a_body),
		TEST(test_the_head_of_a_file),
		TEST(test_the_next_answer_begins_empty),
	};

	return cmocka_run_group_tests(tests, new_arena, free_arena);
}
