/*
 * The images that a lock names, from the cache into the set that build looks in.
 *
 * Documents are read and proven here, layers are read in place when they are packed. What the
 * documents say must be what the lock says: another layer, diff_id or platform is CODE_INTEGRITY.
 */
#pragma once

#include "blob_cache.h"
#include "image_set.h"
#include "lock_file.h"

/* Adds the image under the lock's reference. CODE_NOT_FOUND: a blob is not in the cache. */
int image_locked_add(struct image_set *set, const struct lock_image *locked,
	struct blob_cache *cache, struct err *err);
