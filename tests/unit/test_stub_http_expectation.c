/* What a step expects of a response, and how a difference is told. */
#include "check.h"

#include "http_expectation.h"

static struct arena *arena;

__attribute__((constructor)) static void set_up(void)
{
	arena = arena_new();
}

__attribute__((destructor)) static void tear_down(void)
{
	arena_free(arena);
}

static struct json parse(const char *text)
{
	struct err err = ERR_INIT;
	struct json json = {0};
	CHECK_OK(json_parse(text, strlen(text), "test", 1 << 20, arena, &json, &err));
	return json;
}

/* "" when it is met. */
static const char *judge(const char *response_text, const char *expect)
{
	struct err err = ERR_INIT, ignored = ERR_INIT;
	struct http_response response;
	struct json body = {0};
	bool met = false;
	AUTO_TEXT why = TEXT_INIT;
	http_response_init(&response, arena);
	CHECK_OK(http_response_feed(&response, response_text, strlen(response_text), &err));
	if (!response.complete)
		CHECK_OK(http_response_end(&response, &err));
	json_parse(
		response.body.bytes, response.body.length, "body", 1 << 20, arena, &body, &ignored);
	if (http_expectation_check(parse(expect), &response, body, &met, &why, &err) < 0)
		text_add(&why, err.text);
	else
		CHECK_INT(met, why.length == 0);
	http_response_clear(&response);
	return arena_strdup(arena, why.bytes);
}

#define INGESTED                                                                           \
	"HTTP/1.1 207 Multi-Status\r\nX-App: langfuse\r\nContent-Type: application/json; " \
	"charset=utf-8\r\n\r\n"                                                            \
	"{\"successes\":[{\"id\":\"e1\",\"status\":201}],\"errors\":[]}"

TEST(all_that_is_said_has_to_hold)
{
	CHECK_STR(
		judge(INGESTED,
			"{\"status\":207,\"json\":{\"errors\":[],\"successes[0].status\":201},"
			"\"header\":{\"x-app\":\"langfuse\",\"Content-Type\":{\"match\":"
			"\"^application/json\"}},\"contains\":\"e1\",\"body_match\":\"20[0-9]\"}"),
		"");
	CHECK_STR(judge(INGESTED, "{}"), "");
	CHECK_STR(judge(INGESTED, "{\"status\":[200,207]}"), "");
	CHECK_STR(judge(INGESTED, "{\"json\":{\"$\":{\"successes\":[{\"id\":\"e1\"}]}}}"), "");
}

TEST(the_first_difference_is_told)
{
	CHECK_STR(judge(INGESTED, "{\"status\":200}"), "status 207, expected 200");
	CHECK_STR(judge(INGESTED, "{\"status\":[200,201]}"), "status 207, expected [200,201]");
	CHECK_STR(judge("HTTP/1.1 500 X\r\n\r\n", "{}"), "status 500, expected 2xx");
	CHECK_STR(judge("HTTP/1.1 302 X\r\nLocation: /auth\r\n\r\n", "{}"),
		"status 302, expected 2xx; it redirects to /auth");
	CHECK_STR(judge("HTTP/1.1 302 X\r\nLocation: /auth\r\n\r\n", "{\"status\":302}"), "");
	CHECK_STR(judge(INGESTED, "{\"header\":{\"X-No\":\"a\"}}"), "there is no header X-No");
	CHECK_STR(judge(INGESTED, "{\"header\":{\"X-App\":\"a\"}}"),
		"the header X-App is \"langfuse\", expected \"a\"");
	CHECK_STR(judge(INGESTED, "{\"header\":{\"X-App\":{\"match\":\"^b\"}}}"),
		"the header X-App is \"langfuse\", expected \"^b\"");
	CHECK_STR(judge(INGESTED, "{\"json\":{\"errors\":[1]}}"), "errors is [], expected [1]");
	CHECK_STR(judge(INGESTED, "{\"json\":{\"successes\":[{\"status\":200}]}}"),
		"successes[0].status is 201, expected 200");
	CHECK_STR(judge(INGESTED, "{\"json\":{\"data.id\":\"x\"}}"),
		"data.id is missing, expected \"x\"");
	CHECK_STR(judge("HTTP/1.1 200 X\r\n\r\n<html>", "{\"json\":{\"a\":1}}"),
		"the answer is not JSON");
	CHECK_STR(judge(INGESTED, "{\"contains\":\"e2\"}"), "the answer does not contain \"e2\"");
	CHECK_STR(judge(INGESTED, "{\"body_match\":\"^x\"}"), "the answer does not match \"^x\"");
}

TEST(a_malformed_expectation_is_an_error_of_its_own)
{
	CHECK_CONTAINS(judge(INGESTED, "{\"body_match\":\"\\\\d\"}"), "regular expression");
	CHECK_CONTAINS(judge(INGESTED, "{\"header\":{\"X-App\":1}}"), "must be");
	CHECK_CONTAINS(judge(INGESTED, "{\"json\":{\"a b\":1}}"), "is not a path");
	CHECK_CONTAINS(judge(INGESTED, "{\"json\":[]}"), "must be");
}

TEST(what_the_server_says_cannot_drive_the_terminal)
{
	CHECK_STR(judge("HTTP/1.1 302 X\r\nLocation: /\xc2\x9b\x32J\r\n\r\n", "{}"),
		"status 302, expected 2xx; it redirects to /\\xc2\\x9b2J");
	CHECK_STR(judge("HTTP/1.1 200 X\r\n\r\n{\"a\":\"\\u001b[2J\"}", "{\"json\":{\"a\":1}}"),
		"a is \"\\u001B[2J\", expected 1");
}
