/* The images that services want. */
#include "image_want.h"

#include <stdlib.h>
#include <string.h>

#include "image_platform.h"

const char *const *image_want_targets(const struct options *options, size_t *count)
{
	static const char *const standard[] = {"darwin-arm64"};
	*count = options->targets.count ? options->targets.count : ARRAY_SIZE(standard);
	return options->targets.count ? options->targets.items : standard;
}

static bool has_service(
	const struct compose_project *const *projects, size_t project_count, const char *name)
{
	for (size_t i = 0; i < project_count; i++)
		if (compose_project_service(projects[i], name))
			return true;
	return false;
}

int image_want_check(const struct compose_project *const *projects, size_t project_count,
	const struct options *options, struct arena *arena, struct err *err)
{
	const struct option_list *platforms = &options->platforms;
	for (size_t i = 0; i < platforms->count; i++) {
		const char *equals = strchr(platforms->items[i], '=');
		if (!equals)
			continue;
		const char *service = arena_strndup(
			arena, platforms->items[i], (size_t)(equals - platforms->items[i]));
		if (!has_service(projects, project_count, service))
			return err_set(err, CODE_USAGE, "--platform %s: there is no service %s",
				platforms->items[i], service);
	}
	return 0;
}

/* The platform that a flag gives this service; "SERVICE=OS/ARCH" beats "OS/ARCH". */
static const char *platform_flag(const struct option_list *platforms, const char *service)
{
	const char *general = NULL;
	size_t length = strlen(service);
	for (size_t i = 0; i < platforms->count; i++) {
		const char *item = platforms->items[i];
		if (!strchr(item, '='))
			general = item;
		else if (strncmp(item, service, length) == 0 && item[length] == '=')
			return item + length + 1;
	}
	return general;
}

static const char *target_platform(const char *target)
{
	return strcmp(target, "linux-amd64") == 0 ? "linux/amd64" : "linux/arm64";
}

int image_want_of(const struct compose_service *service, const struct options *options,
	const char *target, struct arena *arena, struct image_want *out, struct err *err)
{
	const char *flag = platform_flag(&options->platforms, service->name);
	const char *wanted = service->platform ? service->platform
			     : flag            ? flag
					       : target_platform(target);
	*out = (struct image_want){.service = service};
	if (image_reference_parse(service->image, arena, &out->reference, err) < 0 ||
		image_platform_parse(wanted, arena, &out->platform, err) < 0)
		return err_wrap(err, "%s:%u: service %s", service->place.file->path,
			service->place.line, service->name);
	out->reference_text = image_reference_text(&out->reference, arena);
	out->platform_text = image_platform_text(&out->platform, arena);
	return 0;
}

static int compare(const struct image_want *a, const struct image_want *b)
{
	int order = strcmp(a->reference_text, b->reference_text);
	return order ? order : strcmp(a->platform_text, b->platform_text);
}

static int compare_items(const void *left, const void *right)
{
	return compare(left, right);
}

/* The wants so far. */
struct want_list {
	struct image_want *items;
	size_t count, capacity;
};

static int add_wants(struct want_list *list, const struct compose_project *project,
	const char *target, const struct options *options, struct arena *arena, struct err *err)
{
	for (size_t i = 0; i < project->service_count; i++) {
		const struct compose_service *service = &project->services[i];
		struct image_want want;
		bool known = false;
		if (!service->packed)
			continue;
		if (image_want_of(service, options, target, arena, &want, err) < 0)
			return -1;
		for (size_t j = 0; j < list->count && !known; j++)
			known = compare(&list->items[j], &want) == 0;
		if (!known)
			*ARENA_PUSH(arena, list->items, list->count, list->capacity) = want;
	}
	return 0;
}

int image_want_list(const struct compose_project *const *projects, size_t project_count,
	const struct options *options, struct arena *arena, struct image_want **out, size_t *count,
	struct err *err)
{
	size_t target_count;
	const char *const *targets = image_want_targets(options, &target_count);
	struct want_list list = {0};
	for (size_t t = 0; t < target_count; t++)
		for (size_t p = 0; p < project_count; p++)
			if (add_wants(&list, projects[p], targets[t], options, arena, err) < 0)
				return -1;
	if (list.count)
		qsort(list.items, list.count, sizeof(*list.items), compare_items);
	*out = list.items;
	*count = list.count;
	return 0;
}
