/* The lines of a response's head. */
#include "check.h"

#include "http_header.h"

enum { NOW = 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */ };

static void read_lines(struct http_response *response, struct arena *arena, const char *lines)
{
	http_header_reset(response);
	while (*lines) {
		size_t length = strcspn(lines, "\n");
		length += lines[length] != '\0';
		http_header_line(response, lines, length, NOW, arena);
		lines += length;
	}
}

TEST(lines_that_we_use_are_read_whatever_their_case)
{
	AUTO(arena) arena = arena_new();
	struct http_response response = {0};
	read_lines(&response, arena,
		"CONTENT-TYPE: Text/HTML; charset=utf-8\r\nContent-Length:  42 \r\n"
		"docker-content-digest: sha256:ab\r\nLocation:/x\r\nRateLimit-Remaining: "
		"76;w=21600\r\n"
		"Content-Range: bytes 100-199/200\r\nX-Other: y\r\nno colon\r\n: nameless\r\n");
	CHECK_STR(response.content_type, "text/html");
	CHECK_INT(response.content_length, 42);
	CHECK_STR(response.content_digest, "sha256:ab");
	CHECK_STR(response.location, "/x");
	CHECK_INT(response.rate_remaining, 76);
	CHECK_INT(response.rate_window_s, 21600);
	CHECK_INT(response.range_begin, 100);
}

TEST(challenges_of_several_lines_are_joined)
{
	AUTO(arena) arena = arena_new();
	struct http_response response = {0};
	read_lines(&response, arena,
		"WWW-Authenticate: Basic realm=\"x\"\r\nwww-authenticate: Bearer realm=\"y\"\r\n");
	CHECK_STR(response.authenticate, "Basic realm=\"x\"\nBearer realm=\"y\"");
}

TEST(what_is_not_understood_is_as_if_not_said)
{
	AUTO(arena) arena = arena_new();
	struct http_response response = {0};
	read_lines(&response, arena,
		"Content-Length: 12x\r\nContent-Range: bytes */200\r\nRetry-After: soon\r\n"
		"RateLimit-Remaining: -1\r\n");
	CHECK(response.content_length == UINT64_MAX);
	CHECK(response.range_begin == UINT64_MAX);
	CHECK_INT(response.retry_after_s, 0);
	CHECK(response.rate_remaining == UINT64_MAX);
	read_lines(&response, arena, "Content-Length: 99999999999999999999999\r\n");
	CHECK(response.content_length == UINT64_MAX);
	CHECK_STR(response.content_type, "");
}

TEST(waiting_time_is_seconds_or_a_date_and_a_day_at_most)
{
	static const struct {
		const char *line;
		unsigned long long seconds;
	} cases[] = {
		{"Retry-After: 7", 7},
		{"Retry-After: 999999999", 86400},
		{"Retry-After: Sun, 06 Nov 1994 08:50:37 GMT", 60},
		{"Retry-After: Sun, 06 Nov 1994 08:40:00 GMT", 0},
		{"Retry-After: Fri, 31 Dec 1999 23:59:59 GMT", 86400},
		{"Retry-After: Sun, 06 anN 1994 08:50:37 GMT", 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO(arena) arena = arena_new();
		struct http_response response = {0};
		read_lines(&response, arena, cases[i].line);
		CHECK_INT(response.retry_after_s, cases[i].seconds);
	}
}

TEST(a_new_head_forgets_the_one_before)
{
	AUTO(arena) arena = arena_new();
	struct http_response response = {.final_host = "a"};
	read_lines(&response, arena, "Location: /x\r\nContent-Length: 1\r\n");
	http_header_reset(&response);
	CHECK_STR(response.location, "");
	CHECK(response.content_length == UINT64_MAX);
	CHECK_STR(response.final_host, "a");
}
