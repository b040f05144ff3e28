/*
 * The supply of a project: every image and file that it packs is locked, fetched into the cache
 * and handed to the packer. What `build` and `fetch` do alike:
 *
 *     project_supply_open()     what is wanted, minus what the archives have
 *     project_supply_lock()     pins for what has none yet, into hardtack.lock
 *     project_supply_plan()     how much will travel, how much is there; tells the person
 *     project_supply_fetch()    what is missing, from wherever it can be had
 *     project_supply_images()   the images into the set, the downloads into the closure
 *
 * The network is touched only for what is missing, and never with --offline. Signals are a flag
 * from the first use of it to the end of the fetch (interrupt.h).
 */
#pragma once

#include "blob_fetch.h"
#include "image_set.h"
#include "project_lock.h"

struct supplied_image {
	const struct image_want *want;
	struct lock_image locked;    /* what is fetched and packed */
	const char *label;           /* "postgres:17" */
	struct image_source *sources;
	size_t source_count;
	size_t first_blob, blob_count; /* in blobs */
};

struct project_supply {
	const struct project *project;
	struct closure *closures; /* one a variant: of each of the project's composes */
	const struct options *options;
	const struct image_set *archives;
	struct ui *ui;
	struct arena *arena;
	struct blob_cache *cache;
	struct network network; /* opened when it is needed */
	bool network_is_open;
	struct image_resolver *resolver; /* likewise */
	struct project_lock lock;
	struct image_want *wants;
	size_t want_count;
	struct supplied_image *images; /* one for each want */
	struct fetch_blob *blobs;
	size_t blob_count, blob_capacity;
	struct fetch_totals totals;
};

/* archives: images that need no supply; may be empty. Everything is borrowed.
 * project_supply_close() is due after a failure too. */
int project_supply_open(struct project_supply *supply, const struct project *project,
	struct closure *closures, const struct options *options, const struct image_set *archives,
	struct ui *ui, struct arena *arena, struct err *err);
void project_supply_close(struct project_supply *supply);

int project_supply_lock(struct project_supply *supply, struct err *err);
int project_supply_plan(struct project_supply *supply, struct err *err);
int project_supply_fetch(struct project_supply *supply, struct err *err);
int project_supply_images(struct project_supply *supply, struct image_set *set, struct err *err);

/* Blobs that are missing, and that an archive has under the same digest, go from there into the
 * cache. After the plan, which is made anew. */
int project_supply_import(
	struct project_supply *supply, const struct image_set *archives, struct err *err);

/* A blob of this image proved wrong: when it came from the cache, the next step is another one
 * than for an archive. Returns -1. */
int project_supply_explain(
	const struct project_supply *supply, const struct image *image, struct err *err);
