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
