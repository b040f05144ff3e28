/* Sockets: addresses, options, messages. */
#include "guest.h"
#include "shim_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

TRANSLATION(families, DARWIN_FAMILY_SHARED);
TRANSLATION(socket_options, DARWIN_SOCKOPT_SHARED);
TRANSLATION(message_flags, DARWIN_MSG_SHARED);

int family_to_darwin(int host)
{
	return TO_DARWIN(families, host, -1);
}

int family_from_darwin(int darwin)
{
	return FROM_DARWIN(families, darwin, -1);
}

/* --- addresses: Darwin's begin with {length, family} of a byte each --- */

socklen_t address_from_darwin(
	struct sockaddr_storage *to, const struct darwin_sockaddr *from, uint32_t size)
{
	if (from == NULL || size < 2 || size > sizeof(*to))
		return 0;
	memset(to, 0, sizeof(*to));
	memcpy(to, from, size);
	to->ss_family = (sa_family_t)family_from_darwin(from->family);
	return size;
}

/* Writes at most *SIZE bytes and sets *SIZE to the whole length, as the system calls do. */
void address_to_darwin(struct darwin_sockaddr *to, uint32_t *size,
	const struct sockaddr_storage *from, socklen_t length)
{
	struct sockaddr_storage copy = *from;
	struct darwin_sockaddr head = {
		.len = (uint8_t)length, .family = (uint8_t)family_to_darwin(from->ss_family)};

	if (to == NULL || size == NULL)
		return;
	if (length < 2) {
		*size = 0;
		return;
	}
	memcpy(&copy, &head, 2);
	memcpy(to, &copy, length < *size ? length : *size);
	*size = length;
}

static int guest_socket(int family, int type, int protocol)
{
	int host = family_from_darwin(family), fd;

	if (host < 0) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	fd = socket(host, type, protocol);
	descriptor_set_no_sigpipe(fd, false);
	return fd;
}

static int guest_socketpair(int family, int type, int protocol, int fds[2])
{
	return socketpair(family_from_darwin(family), type, protocol, fds);
}

static int guest_bind(int fd, const struct darwin_sockaddr *address, uint32_t size)
{
	struct sockaddr_storage host;

	return bind(fd, (struct sockaddr *)&host, address_from_darwin(&host, address, size));
}

static int guest_connect(int fd, const struct darwin_sockaddr *address, uint32_t size)
{
	struct sockaddr_storage host;

	return connect(fd, (struct sockaddr *)&host, address_from_darwin(&host, address, size));
}

/* On BSD an accepted socket inherits O_NONBLOCK from the listening one. */
static int guest_accept(int fd, struct darwin_sockaddr *address, uint32_t *size)
{
	struct sockaddr_storage host;
	socklen_t length = sizeof(host);
	int accepted = accept(fd, (struct sockaddr *)&host, &length);

	if (accepted < 0)
		return -1;
	descriptor_set_no_sigpipe(accepted, descriptor_no_sigpipe(fd));
	if (fcntl(fd, F_GETFL) & O_NONBLOCK)
		fcntl(accepted, F_SETFL, fcntl(accepted, F_GETFL) | O_NONBLOCK);
	address_to_darwin(address, size, &host, length);
	return accepted;
}

static int guest_getsockname(int fd, struct darwin_sockaddr *address, uint32_t *size)
{
	struct sockaddr_storage host;
	socklen_t length = sizeof(host);

	if (getsockname(fd, (struct sockaddr *)&host, &length) < 0)
		return -1;
	address_to_darwin(address, size, &host, length);
	return 0;
}

static int guest_getpeername(int fd, struct darwin_sockaddr *address, uint32_t *size)
{
	struct sockaddr_storage host;
	socklen_t length = sizeof(host);

	if (getpeername(fd, (struct sockaddr *)&host, &length) < 0)
		return -1;
	address_to_darwin(address, size, &host, length);
	return 0;
}

/* --- options --- */

/* The option's host level and name; false when there is no counterpart. */
static bool option_from_darwin(int *level, int *name)
{
	static const struct translation tcp[] = {{TCP_NODELAY, DARWIN_TCP_NODELAY},
		{TCP_MAXSEG, DARWIN_TCP_MAXSEG}, {TCP_KEEPIDLE, DARWIN_TCP_KEEPALIVE},
		{TCP_KEEPINTVL, DARWIN_TCP_KEEPINTVL}, {TCP_KEEPCNT, DARWIN_TCP_KEEPCNT}};
	static const struct translation ip[] = {{IP_TTL, DARWIN_IP_TTL}, {IP_TOS, DARWIN_IP_TOS}};
	static const struct translation ip6[] = {{IPV6_V6ONLY, DARWIN_IPV6_V6ONLY}};

	if (*level == DARWIN_SOL_SOCKET) {
		*level = SOL_SOCKET;
		*name = FROM_DARWIN(socket_options, *name, -1);
	} else if (*level == IPPROTO_TCP) {
		*name = FROM_DARWIN(tcp, *name, -1);
	} else if (*level == IPPROTO_IP) {
		*name = FROM_DARWIN(ip, *name, -1);
	} else if (*level == IPPROTO_IPV6) {
		*name = FROM_DARWIN(ip6, *name, -1);
	} else {
		*name = -1;
	}
	if (*name < 0)
		errno = ENOPROTOOPT;
	return *name >= 0;
}

static bool is_timeout(int level, int name)
{
	return level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO);
}

static int guest_setsockopt(int fd, int level, int name, const void *value, uint32_t size)
{
	const struct darwin_timeval *guest = value;
	struct timeval host;

	if (level == DARWIN_SOL_SOCKET && name == DARWIN_SO_NOSIGPIPE) {
		descriptor_set_no_sigpipe(fd, *(const int *)value != 0);
		return 0;
	}
	if (level == DARWIN_SOL_SOCKET && name == DARWIN_SO_LINGER_SEC)
		name = DARWIN_SO_LINGER;
	if (!option_from_darwin(&level, &name))
		return -1;
	if (!is_timeout(level, name))
		return setsockopt(fd, level, name, value, size);
	if (size < sizeof(*guest)) {
		errno = EINVAL;
		return -1;
	}
	host = (struct timeval){guest->sec, guest->usec};
	return setsockopt(fd, level, name, &host, sizeof(host));
}

static int guest_getsockopt(int fd, int level, int name, void *value, uint32_t *size)
{
	struct timeval host;
	socklen_t length = sizeof(host);

	if (level == DARWIN_SOL_SOCKET && name == DARWIN_SO_NOSIGPIPE) {
		*(int *)value = descriptor_no_sigpipe(fd);
		return 0;
	}
	if (!option_from_darwin(&level, &name))
		return -1;
	if (is_timeout(level, name)) {
		if (getsockopt(fd, level, name, &host, &length) < 0)
			return -1;
		*(struct darwin_timeval *)value =
			(struct darwin_timeval){host.tv_sec, (int32_t)host.tv_usec};
		*size = sizeof(struct darwin_timeval);
		return 0;
	}
	if (getsockopt(fd, level, name, value, size) < 0)
		return -1;
	if (level == SOL_SOCKET && name == SO_ERROR)
		*(int *)value = errno_to_darwin(*(int *)value);
	return 0;
}

/* --- data --- */

static int send_flags(int fd, int flags)
{
	return BITS_FROM_DARWIN(message_flags, flags) |
	       (descriptor_no_sigpipe(fd) ? MSG_NOSIGNAL : 0);
}

static ssize_t guest_send(int fd, const void *from, size_t size, int flags)
{
	return send(fd, from, size, send_flags(fd, flags));
}

static ssize_t guest_sendto(int fd, const void *from, size_t size, int flags,
	const struct darwin_sockaddr *address, uint32_t address_size)
{
	struct sockaddr_storage host;
	socklen_t length = address_from_darwin(&host, address, address_size);

	return sendto(fd, from, size, send_flags(fd, flags),
		length > 0 ? (struct sockaddr *)&host : NULL, length);
}

static ssize_t guest_recv(int fd, void *to, size_t size, int flags)
{
	return recv(fd, to, size, BITS_FROM_DARWIN(message_flags, flags));
}

static ssize_t guest_recvfrom(int fd, void *to, size_t size, int flags,
	struct darwin_sockaddr *address, uint32_t *address_size)
{
	struct sockaddr_storage host;
	socklen_t length = sizeof(host);
	ssize_t got = recvfrom(fd, to, size, BITS_FROM_DARWIN(message_flags, flags),
		(struct sockaddr *)&host, &length);

	if (got >= 0)
		address_to_darwin(address, address_size, &host, length);
	return got;
}

/* Control messages (descriptor passing) are not translated: nobody here uses them. */
static void message_from_darwin(
	struct msghdr *to, struct sockaddr_storage *address, const struct darwin_msghdr *from)
{
	if (from->controllen != 0)
		machorun_die("control messages have no translation");
	*to = (struct msghdr){.msg_iov = from->iov, .msg_iovlen = (size_t)from->iovlen};
	to->msg_namelen = address_from_darwin(address, from->name, from->namelen);
	to->msg_name = to->msg_namelen > 0 ? address : NULL;
}

static ssize_t guest_sendmsg(int fd, const struct darwin_msghdr *message, int flags)
{
	struct sockaddr_storage address;
	struct msghdr host;

	message_from_darwin(&host, &address, message);
	return sendmsg(fd, &host, send_flags(fd, flags));
}

static ssize_t guest_recvmsg(int fd, struct darwin_msghdr *message, int flags)
{
	struct sockaddr_storage address;
	struct msghdr host = {.msg_iov = message->iov,
		.msg_iovlen = (size_t)message->iovlen,
		.msg_name = &address,
		.msg_namelen = sizeof(address)};
	ssize_t got = recvmsg(fd, &host, BITS_FROM_DARWIN(message_flags, flags));

	if (got < 0)
		return -1;
	if (message->name != NULL)
		address_to_darwin(message->name, &message->namelen, &address, host.msg_namelen);
	message->controllen = 0;
	message->flags = BITS_TO_DARWIN(message_flags, host.msg_flags);
	return got;
}

const struct shim shim_socket[] = {
	SHIM(socket, guest_socket),
	SHIM(socketpair, guest_socketpair),
	SHIM(bind, guest_bind),
	SHIM(connect, guest_connect),
	SHIM(accept, guest_accept),
	DIRECT(listen),
	DIRECT(shutdown),
	SHIM(getsockname, guest_getsockname),
	SHIM(getpeername, guest_getpeername),
	SHIM(setsockopt, guest_setsockopt),
	SHIM(getsockopt, guest_getsockopt),
	SHIM(send, guest_send),
	SHIM(sendto, guest_sendto),
	SHIM(recv, guest_recv),
	SHIM(recvfrom, guest_recvfrom),
	SHIM(sendmsg, guest_sendmsg),
	SHIM(recvmsg, guest_recvmsg),
	SHIM_END,
};
