/* Images from a lock and the cache. */
#include "image_locked.h"

#include <string.h>

#include "image_archive_parts.h"
#include "image_platform.h"

static int check(const struct lock_image *locked, const char *what, const char *said,
	const char *expected, struct err *err)
{
	if (said && strcmp(said, expected) == 0)
		return 0;
	err_set(err, CODE_INTEGRITY, "%s (%s): its %s is %s, the lock says %s", locked->reference,
		locked->platform, what, said ? said : "-", expected);
	return err_hint(err, "The lock was edited or damaged: restore it, or make a new one with "
			     "`hardtack lock --update`.");
}

/* The manifest's digest proves the rest; this proves that the lock is of one piece. */
static int check_image(const struct image *image, const struct lock_image *locked,
	struct arena *arena, struct err *err)
{
	struct oci_platform wanted;
	if (check(locked, "config", image->config_blob.digest, locked->config, err) < 0 ||
		image_platform_parse(locked->platform, arena, &wanted, err) < 0)
		return -1;
	if (!image_platform_match(&wanted, &image->platform))
		return check(locked, "platform", oci_platform_text(&image->platform, arena),
			locked->platform, err);
	if (image->layer_count != locked->layer_count)
		return err_set(err, CODE_INTEGRITY, "%s (%s) has %zu layers, the lock says %zu",
			locked->reference, locked->platform, image->layer_count,
			locked->layer_count);
	for (size_t i = 0; i < image->layer_count; i++)
		if (check(locked, "layer", image->layers[i].blob.digest, locked->layers[i].digest,
			    err) < 0 ||
			check(locked, "diff_id", image->layers[i].diff_id,
				locked->layers[i].diff_id, err) < 0)
			return -1;
	return 0;
}

/* `cache gc` goes by the last use. */
static void touch(const struct image *image)
{
	blob_cache_touch(&image->manifest);
	blob_cache_touch(&image->config_blob);
	for (size_t i = 0; i < image->layer_count; i++)
		blob_cache_touch(&image->layers[i].blob);
}

int image_locked_add(struct image_set *set, const struct lock_image *locked,
	struct blob_cache *cache, struct err *err)
{
	struct image_archive archive = {.arena = set->arena};
	struct archive_input *input;
	struct image *image;
	struct oci_descriptor manifest = {
		.media_type = locked->manifest_media_type,
		.digest = locked->manifest,
		.size_bytes = locked->manifest_size,
	};
	AUTO_FD fd = -1;
	if (archive_input_open(&input, blob_cache_path(cache), cache, set->arena, &fd, err) < 0)
		return -1;
	archive.input = input;
	if (image_archive_read_image(&archive, &manifest, &image, err) < 0)
		return err->code == CODE_INTEGRITY ? blob_cache_explain(err) : -1;
	if (image_archive_add_name(&archive, image, locked->reference, err) < 0 ||
		check_image(image, locked, set->arena, err) < 0)
		return -1;
	image->index_digest = locked->index;
	touch(image);
	*ARENA_PUSH(set->arena, set->images, set->count, set->capacity) = image;
	return 0;
}
