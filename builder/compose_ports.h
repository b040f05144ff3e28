/* `ports:` of a service: "[IP:][PUBLISHED:]TARGET[/PROTOCOL]" and the long form. */
#pragma once

#include "compose_value.h"

/* Fills service->ports; entries that are the same twice count once. value may be NULL. */
int compose_ports_read(struct arena *arena, struct compose_value *value,
	struct compose_service *service, struct err *err);
