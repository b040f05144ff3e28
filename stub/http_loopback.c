/* HTTP to this machine over sockets that never block. */
#include "http_loopback.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "interrupt.h"
#include "monotonic.h"

enum { SLICE_MS = 100, READ_BYTES = 16 << 10 };

struct exchange {
	const struct http_loopback_request *request;
	uint64_t deadline_ms;
	struct text out; /* head and body */
	size_t sent;
	struct err *err;
};

static bool has_header(const struct http_loopback_request *request, const char *name)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (text_equal_ignoring_case(request->headers[i].name, name))
			return true;
	return false;
}

int http_loopback_check_header(const char *name, const char *value, struct err *err)
{
	static const char *const own[] = {
		"Content-Length", "Transfer-Encoding", "Connection", "Expect", "Upgrade", "TE"};
	static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	if (!*name || strspn(name, token) != strlen(name))
		return err_set(err, CODE_INPUT, "\"%s\" is not a header's name", name);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (text_equal_ignoring_case(name, own[i]))
			return err_set(err, CODE_INPUT, "the header %s cannot be set", name);
	for (const char *at = value; *at; at++)
		if (((unsigned char)*at < ' ' && *at != '\t') || *at == 127)
			return err_set(err, CODE_INPUT,
				"the value of the header %s has a line break or another control "
				"character",
				name);
	return 0;
}

static void write_request(const struct http_loopback_request *request, struct text *out)
{
	static const struct http_header standard[] = {
		{"User-Agent", "hardtack"}, {"Accept", "*/*"}, {"Accept-Encoding", "identity"}};
	text_addf(out, "%s %s HTTP/1.1\r\n", request->method, request->url->target);
	if (!has_header(request, "Host"))
		text_addf(out, "Host: %s\r\n", request->url->authority);
	for (size_t i = 0; i < ARRAY_SIZE(standard); i++)
		if (!has_header(request, standard[i].name))
			text_addf(out, "%s: %s\r\n", standard[i].name, standard[i].value);
	for (size_t i = 0; i < request->header_count; i++)
		text_addf(out, "%s: %s\r\n", request->headers[i].name, request->headers[i].value);
	if (request->body || strcmp(request->method, "POST") == 0 ||
		strcmp(request->method, "PUT") == 0)
		text_addf(out, "Content-Length: %zu\r\n", request->body_length);
	text_add(out, "Connection: close\r\n\r\n");
	if (request->body)
		text_add_bytes(out, request->body, request->body_length);
}

/* Waits for an event on the socket; -1 at the deadline and on an interrupt. */
static int wait_for(struct exchange *exchange, int fd, short events, short *got)
{
	const struct http_loopback_request *request = exchange->request;
	for (;;) {
		struct pollfd poll_fd = {.fd = fd, .events = events};
		uint64_t now = monotonic_ms();
		if (interrupt_check(exchange->err) < 0)
			return -1;
		if (now >= exchange->deadline_ms)
			return err_set(exchange->err, CODE_NETWORK, "no answer within %llu seconds",
				(unsigned long long)(request->timeout_ms + 999) / 1000);
		uint64_t left = exchange->deadline_ms - now;
		int count = poll(&poll_fd, 1, left < SLICE_MS ? (int)left : SLICE_MS);
		if (count < 0 && errno != EINTR)
			return err_set_errno(exchange->err, CODE_IO, "poll");
		if (request->tick)
			request->tick(request->tick_context);
		if (count > 0) {
			*got = poll_fd.revents;
			return 0;
		}
	}
}

static int open_socket(int family, struct err *err)
{
	int fd = socket(family, SOCK_STREAM, 0);
	if (fd < 0)
		return err_set_errno(err, CODE_NETWORK, "open a socket");
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
		err_set_errno(err, CODE_IO, "open a socket");
		close(fd);
		return -1;
	}
	return fd;
}

static socklen_t make_address(
	const struct loopback_url *url, bool v6, struct sockaddr_storage *storage)
{
	memset(storage, 0, sizeof(*storage));
	if (v6) {
		struct sockaddr_in6 *address = (struct sockaddr_in6 *)storage;
		address->sin6_family = AF_INET6;
		address->sin6_port = htons((unsigned short)url->port);
		address->sin6_addr = in6addr_loopback;
		return sizeof(*address);
	}
	struct sockaddr_in *address = (struct sockaddr_in *)storage;
	address->sin_family = AF_INET;
	address->sin_port = htons((unsigned short)url->port);
	memcpy(&address->sin_addr, url->v4, sizeof(url->v4));
	return sizeof(*address);
}

/* A connected socket, or -1. */
static int connect_to(struct exchange *exchange, bool v6)
{
	struct sockaddr_storage storage;
	int fault = 0;
	short got;
	socklen_t size = sizeof(fault);
	socklen_t length = make_address(exchange->request->url, v6, &storage);
	AUTO_FD fd = open_socket(v6 ? AF_INET6 : AF_INET, exchange->err);
	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&storage, length) < 0) {
		/* EINTR: it goes on in the background, as with EINPROGRESS. */
		fault = errno == EINPROGRESS || errno == EINTR ? 0 : errno;
		if (!fault && wait_for(exchange, fd, POLLOUT, &got) < 0)
			return -1;
		if (!fault && getsockopt(fd, SOL_SOCKET, SO_ERROR, &fault, &size) < 0)
			fault = errno;
	}
	if (!fault)
		return TAKE_FD(fd);
	errno = fault;
	return err_set_errno(exchange->err, CODE_NETWORK, "connect");
}

static int connect_any(struct exchange *exchange)
{
	const struct loopback_url *url = exchange->request->url;
	int fd = -1;
	if (url->has_v4)
		fd = connect_to(exchange, false);
	if (fd < 0 && url->has_v6 && (!url->has_v4 || exchange->err->code == CODE_NETWORK)) {
		struct err first = *exchange->err;
		err_clear(exchange->err);
		fd = connect_to(exchange, true);
		/* Where there is no IPv6, the first complaint says more. */
		if (fd < 0 && first.code && exchange->err->code == CODE_NETWORK)
			*exchange->err = first;
	}
	return fd;
}

static bool may_come_again(int number)
{
	return number == EAGAIN || number == EWOULDBLOCK || number == EINTR;
}

/* A server that has heard enough closes its side: what it has to say may still be there. */
static void send_more(struct exchange *exchange, int fd)
{
	ssize_t n = send(
		fd, exchange->out.bytes + exchange->sent, exchange->out.length - exchange->sent, 0);
	if (n >= 0)
		exchange->sent += (size_t)n;
	else if (!may_come_again(errno))
		exchange->sent = exchange->out.length;
}

static int receive_more(
	struct exchange *exchange, int fd, struct http_response *response, bool *end)
{
	char bytes[READ_BYTES];
	ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
	if (n < 0 && may_come_again(errno))
		return 0;
	if (n > 0)
		return http_response_feed(response, bytes, (size_t)n, exchange->err);
	*end = true;
	if (n < 0)
		return err_set_errno(exchange->err, CODE_NETWORK, "read the answer");
	return http_response_end(response, exchange->err);
}

int http_loopback_ask(const struct http_loopback_request *request, struct http_response *response,
	struct err *err)
{
	AUTO_TEXT out = TEXT_INIT;
	bool end = false;
	write_request(request, &out);
	struct exchange exchange = {.request = request,
		.deadline_ms = monotonic_ms() + request->timeout_ms,
		.out = out,
		.err = err};
	AUTO_FD fd = connect_any(&exchange);
	if (fd < 0)
		return -1;
	while (!response->complete && !end) {
		bool unsent = exchange.sent < exchange.out.length;
		short got;
		if (wait_for(&exchange, fd, unsent ? POLLIN | POLLOUT : POLLIN, &got) < 0)
			return -1;
		if (unsent && (got & POLLOUT))
			send_more(&exchange, fd);
		if ((got & ~POLLOUT) && receive_more(&exchange, fd, response, &end) < 0)
			return -1;
	}
	return 0;
}
