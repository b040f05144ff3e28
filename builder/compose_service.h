/* A service's merged value -> struct compose_service. */
#pragma once

#include "compose_value.h"

/* Everything but packed, active and awaited_to_complete, which need the other services. */
int compose_service_read(struct arena *arena, const struct compose_field *field,
	struct compose_service *service, struct err *err);
