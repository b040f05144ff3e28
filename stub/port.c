/* Ports: expanding, trying, naming. */
#include "port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "interpolation.h"
#include "number.h"

static bool parse_number(const char *text, size_t length, unsigned *out)
{
	char digits[8];
	uint64_t value;
	if (length == 0 || length >= sizeof(digits))
		return false;
	memcpy(digits, text, length);
	digits[length] = '\0';
	if (!number_parse_u64(digits, &value) || value > 65535)
		return false;
	*out = (unsigned)value;
	return true;
}

/* "3000" or "3000-3005"; "" is Docker's choice. */
static bool parse_range(const char *text, unsigned *first, unsigned *last)
{
	const char *dash = strchr(text, '-');
	*first = *last = 0;
	if (!*text)
		return true;
	if (!dash)
		return parse_number(text, strlen(text), first) && (*last = *first, true);
	return parse_number(text, (size_t)(dash - text), first) &&
	       parse_number(dash + 1, strlen(dash + 1), last) && *last >= *first;
}

/* The name in "${NAME…}" or "$NAME" at the start: what the person may set. */
static const char *variable_of(const char *published, struct arena *arena)
{
	const char *at = published;
	if (*at != '$')
		return NULL;
	at += 1 + (at[1] == '{');
	size_t length =
		strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
	return length ? arena_strndup(arena, at, length) : NULL;
}

static int expand_port(const struct manifest_service *service, const struct manifest_port *from,
	const struct variable_set *variables, struct arena *arena, struct port *to, struct err *err)
{
	unsigned ignored;
	const char *host_ip, *published;
	host_ip = interpolation_expand(arena, from->host_ip, variables, NULL, err);
	published =
		host_ip ? interpolation_expand(arena, from->published, variables, NULL, err) : NULL;
	if (!published)
		return err_wrap(err, "port of service %s", service->name);
	*to = (struct port){
		.service = service->name,
		.host_ip = host_ip,
		.udp = strcmp(from->protocol, "udp") == 0,
		.variable = variable_of(from->published, arena),
	};
	const char *target = interpolation_expand(arena, from->target, variables, NULL, err);
	if (!target)
		return err_wrap(err, "port of service %s", service->name);
	parse_range(target, &to->target, &ignored);
	if (!parse_range(published, &to->first, &to->last)) {
		err_set(err, CODE_INPUT, "service %s: \"%s\" is not a port", service->name,
			published);
		return to->variable ? err_hint(err,
					      "make %s a number from 1 to 65535: with --set, or in "
					      ".env if it is there already",
					      to->variable)
				    : -1;
	}
	return 0;
}

int port_list(const struct manifest *manifest, const struct variable_set *variables,
	struct arena *arena, struct port **ports, size_t *count, struct err *err)
{
	size_t capacity = 0;
	*ports = NULL;
	*count = 0;
	for (size_t i = 0; i < manifest->service_count; i++) {
		const struct manifest_service *service = &manifest->services[i];
		for (size_t j = 0; service->active && j < service->port_count; j++)
			if (expand_port(service, &service->ports[j], variables, arena,
				    ARENA_PUSH(arena, *ports, *count, capacity), err) < 0)
				return -1;
	}
	return 0;
}

/* ---- trying ---- */

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t length;
};

static bool make_address(const char *ip, unsigned number, struct address *out)
{
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, ip, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons((uint16_t)number);
		out->length = sizeof(out->v4);
		return true;
	}
	if (inet_pton(AF_INET6, ip, &out->v6.sin6_addr) == 1) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons((uint16_t)number);
		out->length = sizeof(out->v6);
		return true;
	}
	return false;
}

enum { ANSWER_MS = 1000 };

/* Does somebody answer? Needed behind bind(): macOS lets SO_REUSEADDR bind 127.0.0.1 while another
 * listens on all interfaces. On loopback this is answered at once, unless the listener is there but
 * too busy to accept: then nobody says no in time, and that is an answer too. */
static bool somebody_listens(const struct address *address)
{
	AUTO_FD fd = socket(address->any.sa_family, SOCK_STREAM, 0);
	if (fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return false;
	if (connect(fd, &address->any, address->length) == 0)
		return true;
	if (errno != EINPROGRESS)
		return false;
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	int count = poll(&ready, 1, ANSWER_MS);
	if (count <= 0)
		return count == 0;
	int failed = 0;
	socklen_t size = sizeof(failed);
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size) == 0 && failed == 0;
}

static enum port_state try_at(const char *ip, unsigned number, bool udp)
{
	struct address address;
	int one = 1;
	if (!make_address(ip, number, &address))
		return PORT_FREE; /* a name: not ours to judge */
	AUTO_FD fd = socket(address.any.sa_family, udp ? SOCK_DGRAM : SOCK_STREAM, 0);
	if (fd < 0)
		return PORT_FREE; /* no IPv6 here */
	/* Connections that just ended (TIME_WAIT) do not count. */
	if (!udp)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	/* Else :: would be 0.0.0.0 as well. */
	if (address.any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	/* EACCES: below 1024, which the engine may use though we may not. */
	if (bind(fd, &address.any, address.length) < 0 && errno != EACCES)
		return errno == EADDRINUSE      ? PORT_TAKEN
		       : errno == EADDRNOTAVAIL ? PORT_NO_ADDRESS
						: PORT_FREE;
	bool loopback = strcmp(ip, "127.0.0.1") == 0 || strcmp(ip, "::1") == 0;
	return !udp && loopback && somebody_listens(&address) ? PORT_TAKEN : PORT_FREE;
}

enum port_state port_try(const char *host_ip, unsigned number, bool udp)
{
	static const char *const everywhere[] = {"127.0.0.1", "::1", "0.0.0.0", "::"};
	if (*host_ip && strcmp(host_ip, "0.0.0.0") != 0 && strcmp(host_ip, "::") != 0)
		return try_at(host_ip, number, udp);
	for (size_t i = 0; i < ARRAY_SIZE(everywhere); i++)
		if (try_at(everywhere[i], number, udp) == PORT_TAKEN)
			return PORT_TAKEN;
	return PORT_FREE; /* without IPv6 there is no ::1 */
}

/* ---- naming ---- */

const char *port_url(const struct port *port, struct arena *arena)
{
	/* PostgreSQL, MySQL, Redis, MongoDB, AMQP, Kafka, SMTP, SSH */
	static const unsigned not_http[] = {5432, 3306, 6379, 27017, 5672, 9092, 25, 22};
	const char *ip = port->host_ip;
	bool http = !port->udp;
	if (!*ip || strcmp(ip, "0.0.0.0") == 0 || strcmp(ip, "::") == 0)
		ip = "127.0.0.1";
	for (size_t i = 0; i < ARRAY_SIZE(not_http); i++)
		http = http && port->target != not_http[i];
	return arena_printf(arena, "%s%s%s%s:%u", http ? "http://" : "", strchr(ip, ':') ? "[" : "",
		ip, strchr(ip, ':') ? "]" : "", port->first);
}
