/* Volumes, bind mounts and tmpfs, short and long form. */
#include "compose_mounts.h"

#include <string.h>

#include "compose_path.h"

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool compose_mounts_is_path(const char *source)
{
	return (*source && strchr("./~", *source)) || text_starts_with(source, "\\\\") ||
	       (is_letter(source[0]) && source[1] == ':');
}

static bool has_option(const char *options, const char *option)
{
	size_t length = strlen(option);
	for (const char *at = options; *at;) {
		size_t n = strcspn(at, ",");
		if (n == length && memcmp(at, option, n) == 0)
			return true;
		at += n + (at[n] == ',');
	}
	return false;
}

static int fail(const struct compose_value *value, struct err *err)
{
	compose_value_fail(value, err, "\"%s\" is not a volume", value->text);
	return err_hint(err, "write SOURCE:/path/in/container[:ro]");
}

static int read_short(struct arena *arena, const struct compose_value *value,
	struct compose_mount *mount, struct err *err)
{
	const char *text = value->text;
	/* A single letter before the first colon is a Windows drive to compose v2 when a path
	 * follows; hardtack reads a volume's name and the lint says so. */
	const char *first = strchr(text, ':');
	mount->source = "";
	mount->target = text;
	const char *options = "";
	if (first) {
		const char *second = strchr(first + 1, ':');
		mount->source = arena_strndup(arena, text, (size_t)(first - text));
		mount->target =
			second ? arena_strndup(arena, first + 1, (size_t)(second - first - 1))
			       : first + 1;
		options = second ? second + 1 : "";
		mount->one_letter = first - text == 1 && is_letter(*text);
	}
	if (!*mount->target || strchr(options, ':'))
		return fail(value, err);
	mount->read_only = has_option(options, "ro");
	mount->kind = !*mount->source                         ? COMPOSE_VOLUME_ANONYMOUS
		      : compose_mounts_is_path(mount->source) ? COMPOSE_VOLUME_BIND
							      : COMPOSE_VOLUME_NAMED;
	return 0;
}

static int read_long(
	const struct compose_value *value, struct compose_mount *mount, struct err *err)
{
	const char *type;
	const struct compose_value *bind = compose_value_get(value, "bind");
	bool create;
	if (compose_value_text(value, "type", &type, err) < 0 ||
		compose_value_text(value, "source", &mount->source, err) < 0 ||
		compose_value_text(value, "target", &mount->target, err) < 0 ||
		compose_value_bool(
			compose_value_get(value, "read_only"), false, &mount->read_only, err) < 0 ||
		compose_value_bool(
			compose_value_get(bind, "create_host_path"), false, &create, err) < 0)
		return -1;
	mount->source = mount->source ? mount->source : "";
	if (!mount->target || !*mount->target)
		return compose_value_fail(value, err, "a volume needs a target");
	if (!type || strcmp(type, "volume") == 0)
		mount->kind = *mount->source ? COMPOSE_VOLUME_NAMED : COMPOSE_VOLUME_ANONYMOUS;
	else if (strcmp(type, "bind") == 0)
		mount->kind = COMPOSE_VOLUME_BIND;
	else if (strcmp(type, "tmpfs") == 0)
		mount->kind = COMPOSE_VOLUME_TMPFS;
	else
		mount->kind = COMPOSE_VOLUME_OTHER;
	if (mount->kind == COMPOSE_VOLUME_BIND && !*mount->source)
		return compose_value_fail(value, err, "a bind mount needs a source");
	const struct compose_value *source = compose_value_get(value, "source");
	if (source)
		mount->place = compose_value_place(source);
	mount->must_exist = mount->kind == COMPOSE_VOLUME_BIND && !create;
	return 0;
}

/* Targets are compared without trailing slashes, as compose does. */
static void add(struct arena *arena, struct compose_service *service, struct compose_mount *mount,
	size_t *capacity)
{
	mount->target = compose_path_join(arena, "", mount->target);
	for (size_t i = 0; i < service->mount_count; i++) {
		if (strcmp(service->mounts[i].target, mount->target) == 0) {
			service->mounts[i] = *mount;
			return;
		}
	}
	*ARENA_PUSH(arena, service->mounts, service->mount_count, *capacity) = *mount;
}

int compose_mounts_read(struct arena *arena, struct compose_value *volumes,
	struct compose_value *tmpfs, struct compose_service *service, struct err *err)
{
	size_t capacity = 0;
	if (volumes &&
		compose_value_expect(volumes, COMPOSE_LIST, COMPOSE_LIST, "volumes", err) < 0)
		return -1;
	for (size_t i = 0; volumes && i < volumes->count; i++) {
		const struct compose_value *item = volumes->items[i];
		struct compose_mount mount = {
			.place = compose_value_place(item), .base = item->file};
		if (item->kind == COMPOSE_MAP) {
			if (read_long(item, &mount, err) < 0)
				return -1;
		} else if (item->kind != COMPOSE_SCALAR) {
			return fail(item, err);
		} else if (read_short(arena, item, &mount, err) < 0) {
			return -1;
		}
		add(arena, service, &mount, &capacity);
	}
	for (size_t i = 0; tmpfs && i < compose_value_item_count(tmpfs); i++) {
		const struct compose_value *item = compose_value_item(tmpfs, i);
		if (item->kind != COMPOSE_SCALAR)
			return compose_value_fail(item, err, "%s must be a text", "tmpfs");
		struct compose_mount mount = {.place = compose_value_place(item),
			.kind = COMPOSE_VOLUME_TMPFS,
			.source = "",
			.target = arena_strndup(arena, item->text, strcspn(item->text, ":")),
			.base = item->file};
		add(arena, service, &mount, &capacity);
	}
	return 0;
}
