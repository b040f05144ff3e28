/* Merging a map over another by compose's rules (compose-go's override package). */
#pragma once

#include "compose_value.h"

/* A service over the one it extends. Neither is changed; parts are shared. */
struct compose_value *compose_merge_service(
	struct arena *arena, struct compose_value *base, struct compose_value *over);

/* A whole file over another (`include` with several paths). */
struct compose_value *compose_merge_file(
	struct arena *arena, struct compose_value *base, struct compose_value *over);
