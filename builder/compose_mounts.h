/* `volumes:` and `tmpfs:` of a service. */
#pragma once

#include "compose_value.h"

/* Fills service->mounts: volumes first, the last one of a target wins. Values may be NULL. */
int compose_mounts_read(struct arena *arena, struct compose_value *volumes,
	struct compose_value *tmpfs, struct compose_service *service, struct err *err);

/* Is a short form's source a path of the host rather than a volume's name? As compose-go. */
bool compose_mounts_is_path(const char *source);
