/* Reads edited compose files again and compares. */
#include "compose_rewrite_check.h"

#include <string.h>

#include "compose_value.h"

/* The edited files in front of the project's own reader. */
struct overlay {
	struct compose_reader reader; /* first */
	const struct compose_project *project;
	const struct compose_rewritten *files;
};

struct comparison {
	const struct compose_project *project;
	const struct compose_image *images;
	size_t image_count;
};

static int overlay_read(struct compose_reader *reader, const char *path, struct arena *arena,
	char **bytes, size_t *length, struct err *err)
{
	struct overlay *overlay = (struct overlay *)reader;
	const struct compose_project *project = overlay->project;
	for (size_t i = 0; i < project->file_count; i++) {
		if (strcmp(project->files[i]->path, path) != 0)
			continue;
		*length = overlay->files[i].length;
		*bytes = arena_strndup(arena, overlay->files[i].bytes, *length);
		return 0;
	}
	return project->reader->read(project->reader, path, arena, bytes, length, err);
}

static bool is_old_image(const struct comparison *comparison, const char *text)
{
	for (size_t i = 0; i < comparison->project->service_count; i++) {
		const char *image = comparison->project->services[i].image;
		if (image && strcmp(image, text) == 0)
			return true;
	}
	return false;
}

static bool is_new_image(const struct comparison *comparison, const char *text)
{
	for (size_t i = 0; i < comparison->image_count; i++)
		if (strcmp(comparison->images[i].image, text) == 0)
			return true;
	return false;
}

static bool is_edited_key(const char *key)
{
	return strcmp(key, "image") == 0 || strcmp(key, "pull_policy") == 0;
}

/* An alias of an image's scalar elsewhere (a label, a variable) follows the image. */
static bool same_text(const struct comparison *comparison, const char *old, const char *new)
{
	return strcmp(old, new) == 0 ||
	       (is_old_image(comparison, old) && is_new_image(comparison, new));
}

static bool same(const struct comparison *comparison, const struct compose_value *old,
	const struct compose_value *new, bool service)
{
	if (old->kind != new->kind || !same_text(comparison, old->text, new->text))
		return false;
	size_t old_count = 0, new_count = 0;
	for (size_t i = 0; i < old->count; i++) {
		if (old->kind == COMPOSE_LIST) {
			if (i >= new->count ||
				!same(comparison, old->items[i], new->items[i], false))
				return false;
			continue;
		}
		const struct compose_field *field = &old->fields[i];
		if (service && is_edited_key(field->key))
			continue;
		const struct compose_field *other = compose_value_field(new, field->key);
		if (!other || !same(comparison, field->value, other->value, false))
			return false;
		old_count++;
	}
	for (size_t i = 0; i < new->count &&new->kind == COMPOSE_MAP; i++)
		new_count += !(service && is_edited_key(new->fields[i].key));
	return old->kind == COMPOSE_MAP ? old_count == new_count : old->count == new->count;
}

static const char *wanted_image(const struct comparison *comparison, const char *service)
{
	for (size_t i = 0; i < comparison->image_count; i++)
		if (strcmp(comparison->images[i].service, service) == 0)
			return comparison->images[i].image;
	return NULL;
}

static bool same_service(const struct comparison *comparison, const struct compose_service *old,
	const struct compose_service *new)
{
	const char *image = wanted_image(comparison, old->name);
	if (!image)
		return true; /* not packed: whatever it inherits, it is not started */
	return new->image &&strcmp(new->image, image) == 0 &&
	       new->pull_policy &&strcmp(new->pull_policy, "never") == 0 &&
	       same(comparison, old->value, new->value, true);
}

int compose_rewrite_check(struct arena *arena, const struct compose_project *project,
	const struct compose_image *images, size_t image_count,
	const struct compose_rewritten *files, struct err *err)
{
	struct comparison comparison = {project, images, image_count};
	struct overlay overlay = {{overlay_read}, project, files};
	struct compose_options options = project->options;
	options.reader = &overlay.reader;
	struct compose_project *edited =
		compose_project_load(arena, project->path, &options, NULL, err);
	if (!edited)
		return err_wrap(err, "read the edited compose file again");
	for (size_t i = 0; i < project->service_count; i++) {
		const struct compose_service *old = &project->services[i];
		const struct compose_service *new = compose_project_service(edited, old->name);
		if (new &&same_service(&comparison, old, new))
			continue;
		err_set(err, CODE_INPUT,
			"%s:%u: the image of the service \"%s\" cannot be edited where it stands",
			old->place.file->path, old->place.line, old->name);
		return err_hint(err, "write the service's image: on a line of its own");
	}
	return 0;
}
