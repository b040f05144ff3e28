/* Requests over real sockets: what is sent, and servers that refuse, drip, fall silent or hang up.
 */
#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "http_loopback.h"
#include "monotonic.h"

static struct arena *arena;

__attribute__((constructor)) static void set_up(void)
{
	arena = arena_new();
	signal(SIGPIPE, SIG_IGN);
}

__attribute__((destructor)) static void tear_down(void)
{
	arena_free(arena);
}

enum server { DOES_NOT_READ = 1, DRIPS = 2, STAYS_SILENT = 4 };

/* A child that serves one connection; *port is where. It reads to the end of the head (and leaves
 * the request in the file "request"), answers, and hangs up. */
static pid_t serve(const char *answer, unsigned how, unsigned *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK(listen(listener, 1) == 0);
	CHECK(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
	*port = ntohs(address.sin_port);
	pid_t child = fork();
	if (child != 0) {
		close(listener);
		return child;
	}
	alarm(20);
	char bytes[8192] = "";
	size_t have = 0;
	int fd = accept(listener, NULL, NULL);
	while (!(how & DOES_NOT_READ) && have < sizeof(bytes) - 1 && !strstr(bytes, "\r\n\r\n")) {
		ssize_t n = read(fd, bytes + have, sizeof(bytes) - 1 - have);
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	FILE *file = fopen("request", "w");
	if (!file || fwrite(bytes, 1, have, file) != have || fclose(file) != 0)
		_exit(1);
	if (how & STAYS_SILENT)
		sleep(15);
	for (const char *at = answer; *at; at++) {
		if (how & DRIPS)
			usleep(2000);
		if (write(fd, at, 1) != 1)
			_exit(1);
	}
	shutdown(fd, SHUT_WR);
	usleep(how & DOES_NOT_READ ? 200000 : 0);
	_exit(0);
}

static int ask(unsigned port, const char *method, size_t body_length, uint64_t timeout_ms,
	struct http_response *response, struct err *err)
{
	struct loopback_url url;
	static const struct http_header headers[] = {{"X-One", "1"}, {"Accept", "text/html"}};
	char *body = body_length ? arena_alloc(arena, body_length) : NULL;
	if (body)
		memset(body, 'x', body_length);
	CHECK_INT(loopback_url_parse(
			  arena, arena_printf(arena, "http://127.0.0.1:%u/a?b", port), &url, err),
		0);
	struct http_loopback_request request = {.method = method,
		.url = &url,
		.headers = headers,
		.header_count = 2,
		.body = body,
		.body_length = body_length,
		.timeout_ms = timeout_ms};
	http_response_init(response, arena);
	return http_loopback_ask(&request, response, err);
}

static void read_request(char *bytes, size_t size)
{
	FILE *file = fopen("request", "r");
	size_t length = file ? fread(bytes, 1, size - 1, file) : 0;
	bytes[length] = '\0';
	if (file)
		fclose(file);
}

TEST(a_request_is_what_the_standard_wants)
{
	struct err err = ERR_INIT;
	struct http_response response;
	char request[8192];
	unsigned port;
	pid_t child = serve("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 0, &port);
	CHECK_OK(ask(port, "GET", 0, 5000, &response, &err));
	CHECK_STR(response.body.bytes, "hi");
	http_response_clear(&response);
	waitpid(child, NULL, 0);
	read_request(request, sizeof(request));
	char *expected = arena_printf(arena,
		"GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUser-Agent: hardtack\r\n"
		"Accept-Encoding: identity\r\nX-One: 1\r\nAccept: text/html\r\n"
		"Connection: close\r\n\r\n",
		port);
	CHECK_STR(request, expected);
}

TEST(a_body_is_sent_with_its_length)
{
	struct err err = ERR_INIT;
	struct http_response response;
	char request[8192];
	unsigned port;
	pid_t child = serve("HTTP/1.1 201 Created\r\n\r\nmade", DRIPS, &port);
	CHECK_OK(ask(port, "POST", 5, 5000, &response, &err));
	CHECK_INT(response.status, 201);
	CHECK_STR(response.body.bytes, "made");
	http_response_clear(&response);
	waitpid(child, NULL, 0);
	read_request(request, sizeof(request));
	CHECK_CONTAINS(request, "Content-Length: 5\r\n");
}

TEST(a_server_that_answers_before_it_has_read_all_is_heard)
{
	struct err err = ERR_INIT;
	struct http_response response;
	unsigned port;
	pid_t child = serve(
		"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!", DOES_NOT_READ, &port);
	CHECK_OK(ask(port, "PUT", 8 << 20, 5000, &response, &err));
	CHECK_INT(response.status, 413);
	CHECK_STR(response.body.bytes, "no!");
	http_response_clear(&response);
	waitpid(child, NULL, 0);
}

TEST(a_silent_server_is_given_up_in_time)
{
	struct err err = ERR_INIT;
	struct http_response response;
	unsigned port;
	uint64_t began = monotonic_ms();
	pid_t child = serve("", STAYS_SILENT, &port);
	CHECK_FAILS(ask(port, "GET", 0, 300, &response, &err), CODE_NETWORK);
	CHECK(monotonic_ms() - began < 3000);
	http_response_clear(&response);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

TEST(a_server_that_hangs_up_has_not_answered)
{
	struct err err = ERR_INIT;
	struct http_response response;
	unsigned port;
	pid_t child = serve("", 0, &port);
	CHECK_FAILS(ask(port, "GET", 0, 5000, &response, &err), CODE_INPUT);
	http_response_clear(&response);
	waitpid(child, NULL, 0);
	/* Nobody is at its port any more. */
	CHECK_FAILS(ask(port, "GET", 0, 5000, &response, &err), CODE_NETWORK);
	http_response_clear(&response);
}

TEST(headers_that_would_change_the_request_are_refused)
{
	struct err err = ERR_INIT;
	CHECK_OK(http_loopback_check_header("X-A", "a b \xe4\xbd\xa0", &err));
	CHECK_FAILS(http_loopback_check_header("X-A", "a\r\nX-B: c", &err), CODE_INPUT);
	CHECK_FAILS(http_loopback_check_header("X A", "a", &err), CODE_INPUT);
	CHECK_FAILS(http_loopback_check_header("X:", "a", &err), CODE_INPUT);
	CHECK_FAILS(http_loopback_check_header("", "a", &err), CODE_INPUT);
	CHECK_FAILS(http_loopback_check_header("content-length", "1", &err), CODE_INPUT);
	CHECK_FAILS(http_loopback_check_header("Transfer-Encoding", "chunked", &err), CODE_INPUT);
}
