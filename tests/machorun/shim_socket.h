/* Socket addresses between Darwin and Linux, for sockets and the resolver. */
#pragma once
#include <sys/socket.h>
#include "darwin_abi.h"

int family_to_darwin(int host);
int family_from_darwin(int darwin);

/* Answers the host's length; 0 when there is no address. */
socklen_t address_from_darwin(
	struct sockaddr_storage *to, const struct darwin_sockaddr *from, uint32_t size);

/* Writes at most *SIZE bytes and sets *SIZE to the whole length, as the system calls do. */
void address_to_darwin(struct darwin_sockaddr *to, uint32_t *size,
	const struct sockaddr_storage *from, socklen_t length);
