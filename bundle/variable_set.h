/* Variables: names with values, as an env file or the environment gives them. */
#pragma once

#include <stddef.h>

#include "arena.h"

struct variable {
	const char *name;
	const char *value;
};

/* Lives in an arena; in the order of first setting. */
struct variable_set {
	struct arena *arena;
	struct variable *items;
	size_t count, capacity;
};

void variable_set_init(struct variable_set *set, struct arena *arena);

/* NULL when the name is not set. */
const char *variable_set_get(const struct variable_set *set, const char *name);
const char *variable_set_get_n(const struct variable_set *set, const char *name, size_t length);

/* Sets or replaces; copies both. */
void variable_set_put(struct variable_set *set, const char *name, const char *value);
