// The demo's web service: one static program that serves one page, and probes itself for the
// healthcheck.
//
//	hello            serve on port 8080 (PORT) until SIGTERM or SIGINT
//	hello --probe    exit 0 when that service answers "GET /healthz" with 200, else 1
//
// It runs alone in an image made from scratch: no shell, no C library beside it, no name service.
// Connections are answered one after the other, each within a deadline, so that a silent client
// cannot hold the page back.
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	DEFAULT_PORT = 8080,
	BACKLOG = 64,
	REQUEST_MAX = 4096, // no request that this page answers is longer
	CLIENT_DEADLINE_MS = 2000,
	TEXT_MAX = 512,
};

#define DEFAULT_TEXT "Hello from hardtack: one file carried this page here, no network needed."

static volatile sig_atomic_t stopping;

static void on_stop(int number)
{
	(void)number;
	stopping = 1;
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000L + now.tv_nsec / 1000000L;
}

// The port from the environment; a value that is no port falls back to the default, as nobody reads
// our stderr.
static unsigned short port_from_environment(void)
{
	const char *text = getenv("PORT");
	char *end = NULL;
	long port = text ? strtol(text, &end, 10) : 0;

	if (port < 1 || port > 65535 || *end != '\0')
		port = DEFAULT_PORT;
	return (unsigned short)port;
}

// Waits until the socket can be read (or written) or the deadline has passed. Returns 0, or -1 when
// it has.
static int wait_for(int fd, short events, long deadline_ms)
{
	struct pollfd entry = {.fd = fd, .events = events};

	for (;;) {
		long left = deadline_ms - now_ms();
		int ready = left > 0 ? poll(&entry, 1, (int)left) : 0;

		if (ready > 0)
			return 0;
		if (ready == 0 || errno != EINTR)
			return -1;
	}
}

static int send_all(int fd, const char *bytes, size_t count, long deadline_ms)
{
	while (count > 0) {
		ssize_t sent;

		if (wait_for(fd, POLLOUT, deadline_ms) < 0)
			return -1;
		sent = send(fd, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (sent <= 0)
			return -1;
		bytes += sent;
		count -= (size_t)sent;
	}
	return 0;
}

// Reads until the blank line behind the request's headers. Returns 0, or -1 on silence, a hang-up
// or too much.
static int read_request(int fd, char *request, long deadline_ms)
{
	size_t used = 0;

	while (used < REQUEST_MAX - 1) {
		ssize_t count;

		if (wait_for(fd, POLLIN, deadline_ms) < 0)
			return -1;
		count = recv(fd, request + used, REQUEST_MAX - 1 - used, MSG_DONTWAIT);
		if (count < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (count <= 0)
			return -1;
		used += (size_t)count;
		request[used] = '\0';
		if (strstr(request, "\r\n\r\n") || strstr(request, "\n\n"))
			return 0;
	}
	return -1;
}

static void answer(int fd, const char *status, const char *body, int with_body, long deadline_ms)
{
	char head[256];
	int length = snprintf(head, sizeof(head),
		"HTTP/1.1 %s\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"Content-Length: %zu\r\nConnection: close\r\n\r\n",
		status, strlen(body));

	if (send_all(fd, head, (size_t)length, deadline_ms) == 0 && with_body)
		send_all(fd, body, strlen(body), deadline_ms);
}

// The path's end is a space or a query: "/healthz?x" is asked for /healthz.
static int path_is(const char *path, const char *wanted)
{
	size_t length = strlen(wanted);

	return strncmp(path, wanted, length) == 0 && (path[length] == ' ' || path[length] == '?');
}

static void serve_client(int fd, const char *page)
{
	char request[REQUEST_MAX];
	long deadline_ms = now_ms() + CLIENT_DEADLINE_MS;
	int is_get, is_head;
	const char *path;

	if (read_request(fd, request, deadline_ms) < 0)
		return;
	is_get = strncmp(request, "GET ", 4) == 0;
	is_head = strncmp(request, "HEAD ", 5) == 0;
	path = request + (is_get ? 4 : 5);
	if (!is_get && !is_head)
		answer(fd, "405 Method Not Allowed", "405\n", 1, deadline_ms);
	else if (path_is(path, "/"))
		answer(fd, "200 OK", page, is_get, deadline_ms);
	else if (path_is(path, "/healthz"))
		answer(fd, "200 OK", "ok\n", is_get, deadline_ms);
	else
		answer(fd, "404 Not Found", "404\n", is_get, deadline_ms);
}

static int serve(unsigned short port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sigaction action = {.sa_handler = on_stop}; // no SA_RESTART: accept() shall notice
	const char *text = getenv("HELLO_TEXT");
	char page[TEXT_MAX];
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	int yes = 1;

	snprintf(page, sizeof(page), "%s\n", text && *text ? text : DEFAULT_TEXT);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
		bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(listener, BACKLOG) < 0) {
		fprintf(stderr, "hello: port %u: %s\n", (unsigned int)port, strerror(errno));
		return 1;
	}
	printf("hello: listening on port %u\n", (unsigned int)port);
	fflush(stdout);
	while (!stopping) {
		// A signal between the test and accept() would be slept through: hence poll with a
		// limit.
		struct pollfd entry = {.fd = listener, .events = POLLIN};
		int client;

		if (poll(&entry, 1, 500) <= 0)
			continue;
		client = accept(listener, NULL, NULL);
		if (client < 0)
			continue;
		serve_client(client, page);
		close(client);
	}
	close(listener);
	return 0;
}

static int probe(unsigned short port)
{
	static const char request[] = "GET /healthz HTTP/1.0\r\n\r\n";
	static const char wanted[] = "HTTP/1.1 200";
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	long deadline_ms = now_ms() + CLIENT_DEADLINE_MS;
	char reply[sizeof(wanted)] = "";
	size_t used = 0;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		send_all(fd, request, sizeof(request) - 1, deadline_ms) < 0)
		return 1;
	while (used < sizeof(wanted) - 1) {
		ssize_t count;

		if (wait_for(fd, POLLIN, deadline_ms) < 0)
			return 1;
		count = recv(fd, reply + used, sizeof(wanted) - 1 - used, 0);
		if (count <= 0)
			return 1;
		used += (size_t)count;
	}
	return strcmp(reply, wanted) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	unsigned short port = port_from_environment();

	if (argc == 2 && strcmp(argv[1], "--probe") == 0)
		return probe(port);
	if (argc == 1)
		return serve(port);
	fprintf(stderr, "usage: hello [--probe]\n");
	return 2;
}
