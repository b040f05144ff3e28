/* Questions that both sides ask of a manifest. */
#include "manifest.h"

#include <string.h>

#include "message.h"

const char *manifest_platform(const struct manifest_image *image, struct arena *arena)
{
	return image->variant ? arena_printf(arena, "%s/%s/%s", image->os, image->architecture,
					image->variant)
			      : arena_printf(arena, "%s/%s", image->os, image->architecture);
}

static bool installs(const struct manifest *manifest, const char *path)
{
	if (!text_starts_with(path, MANIFEST_FILES_PREFIX))
		return true;
	path += strlen(MANIFEST_FILES_PREFIX);
	for (size_t i = 0; i < manifest->file_count; i++)
		if (strcmp(manifest->files[i], path) == 0)
			return true;
	return manifest->control && strcmp(manifest->control, path) == 0;
}

const struct manifest *manifest_variant(
	const struct manifest *manifest, size_t number, struct arena *arena)
{
	if (manifest->fallback_count == 0)
		return manifest;
	BUG_ON(number > manifest->fallback_count);
	struct manifest *view = ARENA_NEW(arena, struct manifest);
	*view = number ? manifest->fallback[number - 1] : *manifest;
	view->fallback = NULL;
	view->fallback_count = 0;
	view->name = manifest->name;
	view->builder = manifest->builder;
	view->control = manifest->control;
	view->installer = manifest->installer;
	view->images = manifest->images;
	view->image_count = manifest->image_count;
	view->entries = arena_alloc(arena, manifest->entry_count * sizeof(*view->entries));
	view->entry_count = 0;
	for (size_t i = 0; i < manifest->entry_count; i++)
		if (installs(view, manifest->entries[i].path))
			view->entries[view->entry_count++] = manifest->entries[i];
	return view;
}

bool manifest_is_variant_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	size_t length = strlen(name);
	return length > 0 && length <= MANIFEST_VARIANT_NAME_LIMIT && strchr(letters, *name) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length &&
	       name[length - 1] != '-';
}

bool manifest_uses_image(const struct manifest *manifest, size_t image, bool active)
{
	for (size_t i = 0; i < manifest->service_count; i++)
		if (manifest->services[i].image == image &&
			(manifest->services[i].active || !active))
			return true;
	return false;
}

const struct manifest_entry *manifest_find_entry(const struct manifest *manifest, const char *path)
{
	for (size_t i = 0; i < manifest->entry_count; i++)
		if (strcmp(manifest->entries[i].path, path) == 0)
			return &manifest->entries[i];
	return NULL;
}

const char *manifest_text_pick(const struct manifest_text *text)
{
	const char *first = message_language() == MESSAGE_ZH ? text->zh : text->en;
	const char *second = message_language() == MESSAGE_ZH ? text->en : text->zh;
	return first ? first : second ? second : "";
}

const char *manifest_blob_path(const char *digest, struct arena *arena)
{
	BUG_ON(strncmp(digest, "sha256:", 7) != 0);
	return arena_printf(arena, "blobs/sha256/%s", digest + 7);
}

bool manifest_is_safe_path(const char *path)
{
	for (const char *part = path;; part++) {
		size_t length = strcspn(part, "/");
		if (length == 0 || (length == 1 && part[0] == '.') ||
			(length == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		part += length;
		if (*part == '\0')
			return true;
	}
}
