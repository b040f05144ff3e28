/* Variables by name; sets are small, so a list is searched from its start. */
#include "variable_set.h"

#include <string.h>

void variable_set_init(struct variable_set *set, struct arena *arena)
{
	*set = (struct variable_set){.arena = arena};
}

static struct variable *find(const struct variable_set *set, const char *name, size_t length)
{
	for (size_t i = 0; i < set->count; i++)
		if (strncmp(set->items[i].name, name, length) == 0 && !set->items[i].name[length])
			return &set->items[i];
	return NULL;
}

const char *variable_set_get_n(const struct variable_set *set, const char *name, size_t length)
{
	const struct variable *variable = set ? find(set, name, length) : NULL;
	return variable ? variable->value : NULL;
}

const char *variable_set_get(const struct variable_set *set, const char *name)
{
	return variable_set_get_n(set, name, strlen(name));
}

void variable_set_put(struct variable_set *set, const char *name, const char *value)
{
	struct variable *variable = find(set, name, strlen(name));
	if (!variable) {
		variable = ARENA_PUSH(set->arena, set->items, set->count, set->capacity);
		variable->name = arena_strdup(set->arena, name);
	}
	variable->value = arena_strdup(set->arena, value);
}
