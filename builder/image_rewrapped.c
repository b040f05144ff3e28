/* Finding and remembering images that were pushed again. */
#include "image_rewrapped.h"

#include <string.h>

#include "image_pin.h"

static char *path_of(const struct blob_cache *cache, const struct lock_image *image)
{
	return xprintf("%s/rewrapped/%s", blob_cache_path(cache),
		image->manifest + strlen("sha256:"));
}

/* Only a convenience of the next run: nothing fails when it cannot be written. */
static void remember(const struct blob_cache *cache, const struct lock_image *locked,
	struct lock_image *found)
{
	struct err ignored = ERR_INIT;
	bool changed;
	struct lock_file lock = {.images = found, .image_count = 1};
	AUTO_FREE char *folder = xprintf("%s/rewrapped", blob_cache_path(cache));
	AUTO_FREE char *path = path_of(cache, locked);
	if (file_make_directories(folder, 0777, &ignored) == 0)
		lock_file_write(&lock, path, &changed, &ignored);
}

/* The lock's config and contents. */
bool image_rewrapped_find(struct image_resolver *resolver, struct blob_cache *cache,
	struct image_source *sources, size_t source_count, struct lock_image *image,
	struct arena *arena, struct image_source **source)
{
	for (size_t i = 0; i < source_count; i++) {
		struct err ignored = ERR_INIT;
		struct registry_failure failure;
		struct lock_image found = {0};
		if (sources[i].origin || !sources[i].tag ||
			image_resolve_equivalent(resolver, &sources[i], image, arena, &found,
				&failure, &ignored) < 0 ||
			strcmp(found.manifest, image->manifest) == 0)
			continue;
		remember(cache, image, &found);
		*image = found;
		*source = &sources[i];
		return true;
	}
	return false;
}

void image_rewrapped_recall(
	const struct blob_cache *cache, struct lock_image *image, struct arena *arena)
{
	struct err ignored = ERR_INIT;
	struct blob_source blob;
	struct lock_file lock = {0};
	bool exists;
	AUTO_FREE char *path = path_of(cache, image);
	if (blob_cache_find(cache, image->manifest, image->manifest_size, arena, &blob) ||
		lock_file_read(path, arena, &lock, &exists, &ignored) < 0 || !exists ||
		lock.image_count != 1 || !image_pin_equivalent(&lock.images[0], image) ||
		!blob_cache_find(cache, lock.images[0].manifest, lock.images[0].manifest_size, arena,
			&blob))
		return;
	const char *reference = image->reference, *platform = image->platform;
	*image = lock.images[0];
	image->reference = reference;
	image->platform = platform;
}
