/* Published ports: what the compose file says after interpolation, and whether they are free. */
#pragma once

#include "manifest.h"
#include "variable_set.h"

struct port {
	const char *service;
	const char *host_ip;  /* "", "127.0.0.1", "::1", … "" = all interfaces */
	unsigned first, last; /* last > first for a range; 0 = Docker chooses */
	unsigned target;      /* in the container */
	bool udp;
	const char *variable; /* the name to --set for another port, or NULL */
};

/* The ports of all active services; a value that is no port is CODE_INPUT, naming it. */
int port_list(const struct manifest *manifest, const struct variable_set *variables,
	struct arena *arena, struct port **ports, size_t *count, struct err *err);

enum port_state {
	PORT_FREE,
	PORT_TAKEN,
	PORT_NO_ADDRESS, /* the address is not this machine's */
};

/* Does nobody listen there? All interfaces: there, on 127.0.0.1 and on ::1. */
enum port_state port_try(const char *host_ip, unsigned number, bool udp);

/* "http://127.0.0.1:8088", or "127.0.0.1:5432" for what is known not to speak HTTP. */
const char *port_url(const struct port *port, struct arena *arena);
