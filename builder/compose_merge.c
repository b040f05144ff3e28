/* Maps over maps: which keys replace, which append, which go by name. */
#include "compose_merge.h"

#include <string.h>

enum rule { RULE_SERVICE_KEYS, RULE_FILE_KEYS, RULE_SERVICES, RULE_HEALTHCHECK, RULE_DEFAULT };

static struct compose_value *merge(struct arena *arena, struct compose_value *base,
	struct compose_value *over, enum rule rule);

static bool is_one_of(const char *key, const char *const *keys)
{
	for (; *keys; keys++)
		if (strcmp(key, *keys) == 0)
			return true;
	return false;
}

static struct compose_value *copy_shell(struct arena *arena, const struct compose_value *value)
{
	struct compose_value *copy = ARENA_NEW(arena, struct compose_value);
	*copy = *value;
	copy->items = NULL;
	copy->fields = NULL;
	copy->count = copy->capacity = 0;
	return copy;
}

static void append(struct arena *arena, struct compose_value *list, struct compose_value *value)
{
	if (value->kind != COMPOSE_LIST) {
		/* A map or a scalar counts as one item; the typed readers take both. */
		*ARENA_PUSH(arena, list->items, list->count, list->capacity) = value;
		return;
	}
	for (size_t i = 0; i < value->count; i++)
		*ARENA_PUSH(arena, list->items, list->count, list->capacity) = value->items[i];
}

/* Keys that may be a list or a map in either: one list with all, later ones win by name. */
static struct compose_value *concatenate(
	struct arena *arena, struct compose_value *base, struct compose_value *over)
{
	struct compose_value *list = copy_shell(arena, over);
	list->kind = COMPOSE_LIST;
	append(arena, list, base);
	append(arena, list, over);
	return list;
}

static struct compose_value *merge_field(struct arena *arena, const char *key,
	struct compose_value *base, struct compose_value *over, enum rule rule)
{
	static const char *const replaced[] = {"command", "entrypoint", NULL};
	static const char *const joined[] = {"environment", "labels", "annotations", "sysctls",
		"tmpfs", "dns", "dns_search", "dns_opt", "env_file", "label_file", "extra_hosts",
		"depends_on", "networks", "links", NULL};
	static const char *const test[] = {"test", NULL};
	enum rule below = RULE_DEFAULT;
	if (rule == RULE_SERVICE_KEYS) {
		if (is_one_of(key, replaced))
			return over;
		if (is_one_of(key, joined))
			return concatenate(arena, base, over);
		if (strcmp(key, "healthcheck") == 0)
			below = RULE_HEALTHCHECK;
	} else if (rule == RULE_HEALTHCHECK && is_one_of(key, test)) {
		return over;
	} else if (rule == RULE_FILE_KEYS && strcmp(key, "services") == 0) {
		below = RULE_SERVICES;
	} else if (rule == RULE_SERVICES) {
		below = RULE_SERVICE_KEYS;
	}
	return merge(arena, base, over, below);
}

static struct compose_value *merge_maps(
	struct arena *arena, struct compose_value *base, struct compose_value *over, enum rule rule)
{
	struct compose_value *map = copy_shell(arena, over);
	for (size_t i = 0; i < base->count; i++) {
		struct compose_field field = base->fields[i];
		const struct compose_field *other = compose_value_field(over, field.key);
		if (other && other->value->tag == COMPOSE_TAG_RESET)
			continue;
		if (other && other->value->kind != COMPOSE_NULL) {
			struct compose_value *value = other->value;
			if (value->tag != COMPOSE_TAG_OVERRIDE)
				value = merge_field(arena, field.key, field.value, value, rule);
			field = *other;
			field.value = value;
		}
		*ARENA_PUSH(arena, map->fields, map->count, map->capacity) = field;
	}
	for (size_t i = 0; i < over->count; i++)
		if (!compose_value_field(base, over->fields[i].key))
			*ARENA_PUSH(arena, map->fields, map->count, map->capacity) =
				over->fields[i];
	return map;
}

static struct compose_value *merge(
	struct arena *arena, struct compose_value *base, struct compose_value *over, enum rule rule)
{
	if (base->kind == COMPOSE_NULL)
		return over;
	if (over->kind == COMPOSE_NULL)
		return base;
	if (base->kind == COMPOSE_MAP && over->kind == COMPOSE_MAP)
		return merge_maps(arena, base, over, rule);
	if (base->kind == COMPOSE_LIST && over->kind == COMPOSE_LIST)
		return concatenate(arena, base, over);
	return over;
}

struct compose_value *compose_merge_service(
	struct arena *arena, struct compose_value *base, struct compose_value *over)
{
	return merge(arena, base, over, RULE_SERVICE_KEYS);
}

struct compose_value *compose_merge_file(
	struct arena *arena, struct compose_value *base, struct compose_value *over)
{
	return merge(arena, base, over, RULE_FILE_KEYS);
}
