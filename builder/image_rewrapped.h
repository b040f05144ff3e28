/*
 * The same image in other wrapping: some mirrors push images again, and then manifest and layers
 * have other digests than the origin's, while config and contents (diff_ids) are the same.
 *
 * Used when nothing can be had under the lock's digests, and remembered, so that the next build
 * needs no network for it either:
 *
 *     CACHE/rewrapped/<64 hex of the locked manifest>     a lock file with one image
 */
#pragma once

#include "image_resolve.h"

/* Asks the sources, the origin left out. true: *image is what *source has. */
bool image_rewrapped_find(struct image_resolver *resolver, struct blob_cache *cache,
	struct image_source *sources, size_t source_count, struct lock_image *image,
	struct arena *arena, struct image_source **source);

/* When the locked manifest is not in the cache, but one that has taken its place before is:
 * *image becomes that. */
void image_rewrapped_recall(
	const struct blob_cache *cache, struct lock_image *image, struct arena *arena);
