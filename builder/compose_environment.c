/* Variables of a service: lists, maps, files. */
#include "compose_environment.h"

#include <string.h>

static void put(struct arena *arena, struct compose_service *service,
	const struct compose_variable *variable, size_t *capacity)
{
	for (size_t i = 0; i < service->variable_count; i++) {
		if (strcmp(service->environment[i].name, variable->name) == 0) {
			service->environment[i] = *variable;
			return;
		}
	}
	*ARENA_PUSH(arena, service->environment, service->variable_count, *capacity) = *variable;
}

/* "NAME=value" or "NAME". */
static void put_line(struct arena *arena, struct compose_service *service,
	const struct compose_value *item, size_t *capacity)
{
	const char *sign = strchr(item->text, '=');
	const char *raw_sign = strchr(item->raw, '=');
	struct compose_variable variable = {
		.place = compose_value_place(item),
		.name = sign ? arena_strndup(arena, item->text, (size_t)(sign - item->text))
			     : item->text,
		.value = sign ? sign + 1 : NULL,
		.raw = raw_sign ? raw_sign + 1
		       : sign   ? sign + 1
				: NULL,
	};
	put(arena, service, &variable, capacity);
}

static int put_map(struct arena *arena, struct compose_service *service,
	const struct compose_value *map, size_t *capacity, struct err *err)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct compose_value *value = map->fields[i].value;
		if (value->kind == COMPOSE_LIST || value->kind == COMPOSE_MAP)
			return compose_value_fail(
				value, err, "%s must be a text", map->fields[i].key);
		bool null = value->kind == COMPOSE_NULL;
		struct compose_variable variable = {compose_value_place(value), map->fields[i].key,
			null ? NULL : value->text, null ? NULL : value->raw};
		put(arena, service, &variable, capacity);
	}
	return 0;
}

static int read_environment(struct arena *arena, struct compose_value *value,
	struct compose_service *service, struct err *err)
{
	size_t capacity = 0;
	if (value->kind == COMPOSE_SCALAR)
		return compose_value_fail(
			value, err, "%s must be a list or a mapping", "environment");
	for (size_t i = 0; i < compose_value_item_count(value); i++) {
		const struct compose_value *item = compose_value_item(value, i);
		if (item->kind == COMPOSE_MAP) {
			if (put_map(arena, service, item, &capacity, err) < 0)
				return -1;
		} else if (item->kind == COMPOSE_SCALAR) {
			put_line(arena, service, item, &capacity);
		} else if (item->kind == COMPOSE_LIST) {
			return compose_value_fail(item, err, "write NAME=value");
		}
	}
	return 0;
}

static int read_env_file(struct arena *arena, const struct compose_value *item,
	struct compose_service *service, size_t *capacity, struct err *err)
{
	struct compose_env_file file = {
		.place = compose_value_place(item), .required = true, .base = item->file};
	if (item->kind == COMPOSE_SCALAR) {
		file.path = item->text;
	} else if (item->kind == COMPOSE_MAP) {
		const char *format;
		if (compose_value_text(item, "path", &file.path, err) < 0 ||
			compose_value_text(item, "format", &format, err) < 0 ||
			compose_value_bool(
				compose_value_get(item, "required"), true, &file.required, err) < 0)
			return -1;
		file.raw = format && strcmp(format, "raw") == 0;
	}
	if (!file.path || !*file.path)
		return compose_value_fail(item, err, "env_file must name a file");
	*ARENA_PUSH(arena, service->env_files, service->env_file_count, *capacity) = file;
	return 0;
}

int compose_environment_read(struct arena *arena, struct compose_value *environment,
	struct compose_value *env_files, struct compose_service *service, struct err *err)
{
	size_t capacity = 0;
	if (environment && read_environment(arena, environment, service, err) < 0)
		return -1;
	for (size_t i = 0; env_files && i < compose_value_item_count(env_files); i++)
		if (read_env_file(
			    arena, compose_value_item(env_files, i), service, &capacity, err) < 0)
			return -1;
	return 0;
}
