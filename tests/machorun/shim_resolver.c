/* Names and addresses: getaddrinfo, getnameinfo, inet_*, interfaces. */
#include "guest.h"
#include "shim_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

TRANSLATION(info_flags, DARWIN_ADDRINFO_SHARED);
TRANSLATION(name_flags, DARWIN_NAMEINFO_SHARED);
TRANSLATION(gai_errors, DARWIN_GAI_SHARED);

static int gai_to_darwin(int host)
{
	if (host == 0)
		return 0;
#ifdef EAI_NODATA
	if (host == EAI_NODATA)
		return DARWIN_EAI_NONAME;
#endif
	return TO_DARWIN(gai_errors, host, DARWIN_EAI_FAIL);
}

/* A copy of the host's list in the guest's shape; socket address and node in one allocation. */
static struct darwin_addrinfo *info_to_darwin(const struct addrinfo *host)
{
	struct node {
		struct darwin_addrinfo info;
		struct sockaddr_storage address;
	} *node = calloc(1, sizeof(*node));
	uint32_t size = sizeof(node->address);
	struct sockaddr_storage address = {0};

	if (node == NULL)
		machorun_die("out of memory");
	memcpy(&address, host->ai_addr, host->ai_addrlen);
	node->info.flags = BITS_TO_DARWIN(info_flags, host->ai_flags);
	node->info.family = family_to_darwin(host->ai_family);
	node->info.socktype = host->ai_socktype;
	node->info.protocol = host->ai_protocol;
	node->info.addr = (struct darwin_sockaddr *)&node->address;
	address_to_darwin(node->info.addr, &size, &address, host->ai_addrlen);
	node->info.addrlen = size;
	node->info.canonname = host->ai_canonname != NULL ? strdup(host->ai_canonname) : NULL;
	return &node->info;
}

static int guest_getaddrinfo(const char *node, const char *service,
	const struct darwin_addrinfo *hints, struct darwin_addrinfo **result)
{
	struct addrinfo host_hints = {0}, *list = NULL;
	struct darwin_addrinfo **tail = result;
	int error;

	if (hints != NULL) {
		host_hints.ai_flags = BITS_FROM_DARWIN(info_flags, hints->flags);
		host_hints.ai_family = family_from_darwin(hints->family);
		host_hints.ai_socktype = hints->socktype;
		host_hints.ai_protocol = hints->protocol;
	}
	error = getaddrinfo(node, service, hints != NULL ? &host_hints : NULL, &list);
	if (error != 0)
		return gai_to_darwin(error);
	*result = NULL;
	for (const struct addrinfo *at = list; at != NULL; at = at->ai_next) {
		*tail = info_to_darwin(at);
		tail = &(*tail)->next;
	}
	freeaddrinfo(list);
	return 0;
}

static void guest_freeaddrinfo(struct darwin_addrinfo *list)
{
	while (list != NULL) {
		struct darwin_addrinfo *next = list->next;

		free(list->canonname);
		free(list);
		list = next;
	}
}

static const char *guest_gai_strerror(int error)
{
	if (error == DARWIN_EAI_NONAME)
		return "nodename nor servname provided, or not known";
	return error == 0 ? "Unknown error"
			  : gai_strerror(FROM_DARWIN(gai_errors, error, EAI_FAIL));
}

static int guest_getnameinfo(const struct darwin_sockaddr *address, uint32_t size, char *node,
	uint32_t node_size, char *service, uint32_t service_size, int flags)
{
	struct sockaddr_storage host;
	socklen_t length = address_from_darwin(&host, address, size);

	return gai_to_darwin(getnameinfo((struct sockaddr *)&host, length, node, node_size, service,
		service_size, BITS_FROM_DARWIN(name_flags, flags)));
}

static const char *guest_inet_ntop(int family, const void *from, char *to, uint32_t size)
{
	return inet_ntop(family_from_darwin(family), from, to, size);
}

static int guest_inet_pton(int family, const char *from, void *to)
{
	return inet_pton(family_from_darwin(family), from, to);
}

static struct hostent *guest_gethostbyname(const char *name)
{
	struct hostent *found = gethostbyname(name);

	if (found != NULL)
		found->h_addrtype = family_to_darwin(found->h_addrtype);
	return found;
}

/* --- interfaces --- */

static struct darwin_sockaddr *copy_address(const struct sockaddr *from)
{
	struct sockaddr_storage host = {0};
	struct darwin_sockaddr *to;
	uint32_t size = sizeof(host);
	socklen_t length;

	if (from == NULL || (from->sa_family != AF_INET && from->sa_family != AF_INET6))
		return NULL;
	length = from->sa_family == AF_INET ? sizeof(struct sockaddr_in)
					    : sizeof(struct sockaddr_in6);
	memcpy(&host, from, length);
	to = calloc(1, sizeof(host));
	if (to == NULL)
		machorun_die("out of memory");
	address_to_darwin(to, &size, &host, length);
	return to;
}

static int guest_getifaddrs(struct darwin_ifaddrs **result)
{
	struct ifaddrs *list;
	struct darwin_ifaddrs **tail = result;

	if (getifaddrs(&list) < 0)
		return -1;
	*result = NULL;
	for (const struct ifaddrs *at = list; at != NULL; at = at->ifa_next) {
		struct darwin_ifaddrs *copy;

		if (copy_address(at->ifa_addr) == NULL)
			continue; /* link-level addresses look different and are not needed */
		copy = calloc(1, sizeof(*copy));
		if (copy == NULL)
			machorun_die("out of memory");
		copy->name = strdup(at->ifa_name);
		copy->flags = at->ifa_flags & (IFF_UP | IFF_BROADCAST | IFF_LOOPBACK);
		copy->addr = copy_address(at->ifa_addr);
		copy->netmask = copy_address(at->ifa_netmask);
		*tail = copy;
		tail = &copy->next;
	}
	freeifaddrs(list);
	return 0;
}

static void guest_freeifaddrs(struct darwin_ifaddrs *list)
{
	while (list != NULL) {
		struct darwin_ifaddrs *next = list->next;

		free(list->name);
		free(list->addr);
		free(list->netmask);
		free(list);
		list = next;
	}
}

const struct shim shim_resolver[] = {
	SHIM(getaddrinfo, guest_getaddrinfo),
	SHIM(freeaddrinfo, guest_freeaddrinfo),
	SHIM(gai_strerror, guest_gai_strerror),
	SHIM(getnameinfo, guest_getnameinfo),
	SHIM(inet_ntop, guest_inet_ntop),
	SHIM(inet_pton, guest_inet_pton),
	DIRECT(inet_addr),
	DIRECT(inet_aton),
	DIRECT(inet_ntoa),
	SHIM(gethostbyname, guest_gethostbyname),
	DIRECT(getservbyname),
	DIRECT(getservbyport),
	DIRECT(getprotobyname),
	DIRECT(if_nametoindex),
	DIRECT(if_indextoname),
	SHIM(getifaddrs, guest_getifaddrs),
	SHIM(freeifaddrs, guest_freeifaddrs),
	SHIM(in6addr_any, &in6addr_any),
	SHIM(in6addr_loopback, &in6addr_loopback),
	SHIM_END,
};
