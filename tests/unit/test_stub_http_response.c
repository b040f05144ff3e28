/* HTTP responses: every way to send one, cut into every piece, and what hostile servers send. */
#include "check.h"

#include "http_response.h"

static struct http_response response;
static struct arena *arena;

static void begin(void)
{
	arena = arena_new();
	http_response_init(&response, arena);
}

static void end(void)
{
	http_response_clear(&response);
	arena_free(arena);
}

/* Feeds it in pieces of `step` bytes, then the end of the connection when it is not complete. */
static int feed(const char *bytes, size_t length, size_t step, struct err *err)
{
	for (size_t at = 0; at < length; at += step)
		if (http_response_feed(&response, bytes + at,
			    length - at < step ? length - at : step, err) < 0)
			return -1;
	return response.complete ? 0 : http_response_end(&response, err);
}

#define BOTH_WAYS(step, length)                 \
	for (size_t step = 1; step <= (length); \
		step = step * 3 > (length) && step < (length) ? (length) : step * 3)

static void gives(const char *bytes, size_t length, unsigned status, const char *body)
{
	BOTH_WAYS(step, length)
	{
		struct err err = ERR_INIT;
		begin();
		CHECK_OK(feed(bytes, length, step, &err));
		CHECK(response.complete);
		CHECK_INT(response.status, status);
		CHECK_STR(response.body.bytes, body);
		end();
	}
}

static void refused(const char *bytes, size_t length, const char *why)
{
	BOTH_WAYS(step, length)
	{
		struct err err = ERR_INIT;
		begin();
		CHECK_INT(feed(bytes, length, step, &err), -1);
		CHECK_INT(err.code, CODE_INPUT);
		CHECK_CONTAINS(err.text, why);
		CHECK(!response.complete);
		end();
	}
}

#define GIVES(text, status, body) gives(text, sizeof(text) - 1, status, body)
#define REFUSED(text, why) refused(text, sizeof(text) - 1, why)
#define OK "HTTP/1.1 200 OK\r\n"

TEST(a_body_has_a_length_or_ends_with_the_connection)
{
	GIVES(OK "Content-Length: 5\r\n\r\nhello", 200, "hello");
	GIVES(OK "content-length:5 \r\nContent-Length: 5\r\n\r\nhello and more", 200, "hello");
	GIVES(OK "\r\nhello\r\n", 200, "hello\r\n");
	GIVES("HTTP/1.0 404 Not Found\r\nServer: x\r\n\r\n", 404, "");
	GIVES(OK "Content-Length: 0\r\n\r\n", 200, "");
	GIVES("HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", 200, "x");
	GIVES("HTTP/1.1 200 OK\nContent-Length: 1\n\nx", 200, "x");
}

TEST(chunks_are_joined_and_trailers_dropped)
{
	GIVES(OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=\"b\"\r\n world\r\n0\r\n\r\n",
		200, "hello world");
	GIVES(OK "transfer-encoding: Chunked\r\n\r\nA \r\n0123456789\r\n000\r\nTrailer: x\r\n\r\n",
		200, "0123456789");
}

TEST(interim_responses_are_skipped)
{
	GIVES("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
	      "HTTP/1.1 207 Multi-Status\r\nContent-Length: 2\r\n\r\n{}",
		207, "{}");
}

TEST(some_answers_never_have_a_body)
{
	GIVES("HTTP/1.1 204 No Content\r\n\r\n", 204, "");
	GIVES("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, "");
}

TEST(headers_are_found_in_any_case)
{
	struct err err = ERR_INIT;
	static const char bytes[] = OK "X-One:  a b \t\r\nx-two:\r\nX-ONE: second\r\n\r\n";
	begin();
	CHECK_OK(feed(bytes, sizeof(bytes) - 1, 1, &err));
	CHECK_STR(http_response_header(&response, "x-one"), "a b");
	CHECK_STR(http_response_header(&response, "X-Two"), "");
	CHECK(!http_response_header(&response, "X-Three"));
	end();
}

TEST(a_body_may_have_any_bytes)
{
	struct err err = ERR_INIT;
	static const char bytes[] = OK "Content-Length: 4\r\n\r\na\0\x1b\xff";
	begin();
	CHECK_OK(feed(bytes, sizeof(bytes) - 1, 1, &err));
	CHECK_INT(response.body.length, 4);
	CHECK(memcmp(response.body.bytes, "a\0\x1b\xff", 5) == 0);
	end();
}

TEST(what_is_cut_off_is_never_complete)
{
	static const char bytes[] = OK "Content-Length: 5\r\n\r\nhello";
	for (size_t length = 1; length < sizeof(bytes) - 1; length++)
		refused(bytes, length, "the connection ended in the middle");
	static const char chunked[] =
		OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
	for (size_t length = 1; length < sizeof(chunked) - 1; length++)
		refused(chunked, length, "the connection ended in the middle");
	struct err err = ERR_INIT;
	begin();
	CHECK_FAILS(http_response_end(&response, &err), CODE_INPUT);
	end();
}

TEST(what_is_no_http_is_refused)
{
	REFUSED("hello\r\n", "no status line");
	REFUSED("\r\n", "no status line");
	REFUSED("HTTP/2 200 OK\r\n", "no status line");
	REFUSED("HTTP/1.1 20 OK\r\n", "no status line");
	REFUSED("HTTP/1.1 2000 OK\r\n", "no status line");
	REFUSED("HTTP/1.1 2x0 OK\r\n", "no status line");
	REFUSED("HTTP/1.12 200 OK\r\n", "no status line");
	REFUSED("HTTP/1.1 999 X\r\n", "unexpected status");
	REFUSED("HTTP/1.1 099 X\r\n", "unexpected status");
	REFUSED("HTTP/1.1 101 Switching Protocols\r\n", "unexpected status");
	REFUSED("SSH-2.0-OpenSSH_9.2\r\n", "no status line");
	REFUSED(OK "no colon\r\n", "no header");
	REFUSED(OK ": empty\r\n", "no header");
	REFUSED(OK "a b: c\r\n", "no header");
	REFUSED(OK "a: b\r\n folded\r\n", "no header");
	REFUSED(OK "a: b\0c\r\n", "a control character");
	REFUSED(OK "a: \x1b[2J\r\n", "a control character");
	REFUSED(OK "a: b\rc\r\n", "a control character");
}

TEST(lengths_that_lie_are_refused)
{
	REFUSED(OK "Content-Length: -1\r\n\r\n", "Content-Length is no number");
	REFUSED(OK "Content-Length: +5\r\n\r\n", "Content-Length is no number");
	REFUSED(OK "Content-Length: 0x5\r\n\r\n", "Content-Length is no number");
	REFUSED(OK "Content-Length: \r\n\r\n", "Content-Length is no number");
	REFUSED(OK "Content-Length: 5, 5\r\n\r\n", "Content-Length is no number");
	REFUSED(OK "Content-Length: 18446744073709551616\r\n\r\n", "Content-Length is no number");
	REFUSED(OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", "Content-Length is no number");
	REFUSED(OK "Content-Length: 18446744073709551615\r\n\r\n", "longer than 4 MiB");
	REFUSED(OK "Content-Length: 4194305\r\n\r\n", "longer than 4 MiB");
	REFUSED(OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding");
	REFUSED(OK "Transfer-Encoding: gzip, chunked\r\n\r\n", "Transfer-Encoding");
	REFUSED(OK "Transfer-Encoding: chunked\r\n\r\n-1\r\n", "no chunk size");
	REFUSED(OK "Transfer-Encoding: chunked\r\n\r\n\r\n", "no chunk size");
	REFUSED(OK "Transfer-Encoding: chunked\r\n\r\n0x5\r\n", "no chunk size");
	REFUSED(OK "Transfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n", "longer than 4 MiB");
	REFUSED(OK "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff0\r\n", "no chunk size");
	REFUSED(OK "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", "a chunk is longer");
}

static int flood(const char *head, const char *unit, size_t limit_bytes, struct err *err)
{
	size_t fed = 0, length = strlen(unit);
	begin();
	int status = http_response_feed(&response, head, strlen(head), err);
	while (status == 0 && fed < limit_bytes) {
		status = http_response_feed(&response, unit, length, err);
		fed += length;
	}
	CHECK(response.body.capacity <= 2 * HTTP_BODY_LIMIT &&
		response.line.capacity <= 4 * HTTP_HEAD_LIMIT);
	end();
	return status;
}

TEST(endless_answers_are_ended)
{
	struct err err = ERR_INIT;
	CHECK_FAILS(flood("", "aaaaaaaaaaaaaaaa", 1 << 20, &err), CODE_INPUT);
	CHECK_FAILS(flood(OK, "a: b\r\n", 1 << 20, &err), CODE_INPUT);
	CHECK_FAILS(flood(OK "a: ", "bbbbbbbbbbbbbbbb", 1 << 20, &err), CODE_INPUT);
	CHECK_FAILS(flood("", "HTTP/1.1 100 Continue\r\n\r\n", 1 << 20, &err), CODE_INPUT);
	CHECK_FAILS(
		flood(OK "\r\n", "0123456789abcdef0123456789abcdef", 8 << 20, &err), CODE_INPUT);
	CHECK_FAILS(flood(OK "Transfer-Encoding: chunked\r\n\r\n", "4\r\naaaa\r\n", 16 << 20, &err),
		CODE_INPUT);
	CHECK_FAILS(
		flood(OK "Transfer-Encoding: chunked\r\n\r\n", "1;xxxxxxxxxxxxxxxx", 1 << 20, &err),
		CODE_INPUT);
	CHECK_FAILS(flood(OK "Transfer-Encoding: chunked\r\n\r\n0\r\n", "a: b\r\n", 1 << 20, &err),
		CODE_INPUT);
}
