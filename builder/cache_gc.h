/*
 * What `hardtack cache gc` takes away: a pure decision over a listing.
 *
 * Blobs that a given lock names are kept, always. Of the others go: all, when locks are given and
 * nothing else; those not used for older_than_days; then, the longest unused first, as many as it
 * takes to fit max_bytes. Partial files go when nobody has written to them for a week, or as the
 * blobs do by age. Records of proven layers go as blobs of their digest would: of the layers of image
 * archives there is nothing else here. Without a given age 30 days hold for them.
 */
#pragma once

#include "cache_list.h"
#include "lock_file.h"

struct cache_gc_rules {
	const struct lock_file *locks;
	size_t lock_count;
	uint64_t older_than_days; /* 0: not asked for */
	uint64_t max_bytes;       /* 0: not asked for */
	int64_t now;              /* seconds since 1970 */
};

/* The files that go, in the order of their going. */
void cache_gc_choose(const struct cache_list *list, const struct cache_gc_rules *rules,
	struct arena *arena, const struct cached_file ***out, size_t *count);
