/* `environment:` and `env_file:` of a service. */
#pragma once

#include "compose_value.h"

/* Fill service->environment (the last of a name wins) and service->env_files. */
int compose_environment_read(struct arena *arena, struct compose_value *environment,
	struct compose_value *env_files, struct compose_service *service, struct err *err);
