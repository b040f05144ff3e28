/* Sockets on loopback: resolver, non-blocking connect, options, addresses, Unix sockets, SIGPIPE.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "say.h"

static struct sockaddr_in loopback(int port)
{
	struct sockaddr_in address;

	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	address.sin_port = htons((unsigned short)port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

static int listen_on_loopback(int *port)
{
	struct sockaddr_in address = loopback(0);
	socklen_t size = sizeof(address);
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK("reuse address", setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
	CHECK("bind", bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK("listen", listen(fd, 5) == 0);
	CHECK("getsockname", getsockname(fd, (struct sockaddr *)&address, &size) == 0 &&
				     size == sizeof(address) && address.sin_family == AF_INET &&
				     ntohl(address.sin_addr.s_addr) == INADDR_LOOPBACK &&
				     address.sin_port != 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static int connect_nonblocking(int port)
{
	struct sockaddr_in address = loopback(port);
	struct pollfd poll_out;
	int error = -1, fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t size = sizeof(error);

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	CHECK("non-blocking", fcntl(fd, F_GETFL) & O_NONBLOCK);
	CHECK("connect", connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ||
				 errno == EINPROGRESS);
	poll_out = (struct pollfd){.fd = fd, .events = POLLOUT};
	CHECK("writable", poll(&poll_out, 1, 5000) == 1 && (poll_out.revents & POLLOUT));
	CHECK("no error", getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0);
	return fd;
}

static void talk(int listener, int port)
{
	struct sockaddr_in peer;
	struct timeval timeout = {0, 20000};
	socklen_t size = sizeof(peer);
	char bytes[16];
	int one = 1, count = 0, fd = connect_nonblocking(port);
	int accepted = accept(listener, (struct sockaddr *)&peer, &size);
	fd_set readable;

	CHECK("accept", accepted >= 0 && peer.sin_family == AF_INET && size == sizeof(peer));
	CHECK("read would block", read(fd, bytes, 1) < 0 && errno == EAGAIN);
	CHECK("no delay", setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0);
	CHECK("send", send(accepted, "hello", 5, 0) == 5);
	FD_ZERO(&readable);
	FD_SET(fd, &readable);
	timeout.tv_sec = 5;
	CHECK("select",
		select(fd + 1, &readable, NULL, NULL, &timeout) == 1 && FD_ISSET(fd, &readable));
	CHECK("FIONREAD", ioctl(fd, FIONREAD, &count) == 0 && count == 5);
	CHECK("peek and recv", recv(fd, bytes, 2, MSG_PEEK) == 2 &&
				       recv(fd, bytes, sizeof(bytes), 0) == 5 &&
				       memcmp(bytes, "hello", 5) == 0);
	timeout = (struct timeval){0, 20000};
	CHECK("timeout set",
		setsockopt(accepted, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) == 0);
	CHECK("timeout", recv(accepted, bytes, 1, 0) < 0 && errno == EAGAIN);
	CHECK("shutdown", shutdown(fd, SHUT_WR) == 0 && recv(accepted, bytes, 1, 0) == 0);
	close(fd);
	usleep(20000);
	send(accepted, "x", 1, 0);
	usleep(20000);
	CHECK("EPIPE", send(accepted, "x", 1, 0) < 0 && (errno == EPIPE || errno == ECONNRESET));
	close(accepted);
}

static void refused(int port)
{
	struct sockaddr_in address = loopback(port);
	struct pollfd poll_out;
	int error = 0, fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t size = sizeof(error);

	CHECK("refused", connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 &&
				 errno == ECONNREFUSED);
	close(fd);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 && errno == EINPROGRESS) {
		poll_out = (struct pollfd){.fd = fd, .events = POLLOUT};
		poll(&poll_out, 1, 5000);
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	} else {
		error = errno;
	}
	CHECK("refused by SO_ERROR", error == ECONNREFUSED);
	close(fd);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	address.sin_port = 0;
	CHECK("bind", bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	close(fd);
}

static void resolver(int port)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
	char service[8], text[64], number[8];
	struct in6_addr six;

	snprintf(service, sizeof(service), "%d", port);
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
	CHECK("getaddrinfo", getaddrinfo("127.0.0.1", service, &hints, &list) == 0 &&
				     list != NULL && list->ai_family == AF_INET &&
				     list->ai_next == NULL &&
				     list->ai_addrlen == sizeof(struct sockaddr_in));
	CHECK("its port",
		((struct sockaddr_in *)list->ai_addr)->sin_port == htons((unsigned short)port));
	CHECK("getnameinfo",
		getnameinfo(list->ai_addr, list->ai_addrlen, text, sizeof(text), number,
			sizeof(number), NI_NUMERICHOST | NI_NUMERICSERV) == 0 &&
			strcmp(text, "127.0.0.1") == 0 && strcmp(number, service) == 0);
	freeaddrinfo(list);
	CHECK("IPv6", getaddrinfo("::1", service, &hints, &list) == 0 &&
			      list->ai_family == AF_INET6 && list->ai_addr->sa_family == AF_INET6);
	freeaddrinfo(list);
	CHECK("not a number", getaddrinfo("nothing.invalid", service, &hints, &list) == EAI_NONAME);
	hints.ai_flags = 0;
	hints.ai_family = AF_INET;
	CHECK("localhost", getaddrinfo("localhost", service, &hints, &list) == 0 &&
				   list->ai_family == AF_INET);
	freeaddrinfo(list);
	CHECK("inet_pton", inet_pton(AF_INET6, "fe80::1", &six) == 1 &&
				   inet_pton(AF_INET, "1.2.3", &six) == 0);
	CHECK("inet_ntop", inet_ntop(AF_INET6, &six, text, sizeof(text)) == text);
}

static void unix_sockets(void)
{
	struct sockaddr_un address;
	int fds[2], listener, fd, accepted;
	char bytes[4];

	CHECK("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0 &&
				    write(fds[0], "ab", 2) == 2 && read(fds[1], bytes, 4) == 2);
	close(fds[0]);
	close(fds[1]);
	memset(&address, 0, sizeof(address));
	address.sun_family = AF_UNIX;
	snprintf(address.sun_path, sizeof(address.sun_path), "socket");
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK("unix bind", bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0 &&
				   listen(listener, 1) == 0 && access("socket", F_OK) == 0);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK("unix connect", connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	accepted = accept(listener, NULL, NULL);
	CHECK("unix data", write(accepted, "xyz", 3) == 3 && read(fd, bytes, 4) == 3);
	close(fd);
	close(accepted);
	close(listener);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK("nobody listens", connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 &&
					errno == ECONNREFUSED);
	close(fd);
}

int main(void)
{
	int port, listener;

	signal(SIGPIPE, SIG_IGN);
	listener = listen_on_loopback(&port);
	talk(listener, port);
	resolver(port);
	close(listener);
	refused(port);
	unix_sockets();
	return say_done();
}
