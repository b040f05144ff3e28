/*
 * The cache: a folder of blobs named by their SHA-256, for what cannot be read in place.
 *
 *     CACHE/blobs/sha256/<64 hex>      complete and proven when they got this name
 *     CACHE/partial/…                  on their way (partial_blob.h)
 *     CACHE/in-use                     flock: shared by who uses blobs, exclusive for `cache gc`
 *
 * The folder: $HARDTACK_CACHE, else $XDG_CACHE_HOME/hardtack, else ~/.cache/hardtack (on macOS
 * ~/Library/Caches/hardtack). Several builds may use it at once: a blob appears by rename.
 * Blobs are proven again whenever they are read (blob_source.h).
 */
#pragma once

#include "blob_source.h"
#include "file_io.h"

struct blob_cache;

/* path NULL: the default folder. It is made when something is stored. */
int blob_cache_open(struct blob_cache **out, const char *path, struct err *err);
void blob_cache_free(struct blob_cache *cache);
AUTO_DEFINE(blob_cache);

const char *blob_cache_path(const struct blob_cache *cache);

/*
 * Says that blobs of the cache are used from now until it is freed, so that `cache gc` takes none
 * away; waits for one that is at work. Makes the folder. Legal twice. A cache that cannot be
 * written to is used without.
 */
int blob_cache_use(struct blob_cache *cache, struct err *err);

/* The opposite: nobody else uses it until it is freed. *busy: somebody does. No folder, no lock. */
int blob_cache_use_alone(struct blob_cache *cache, bool *busy, struct err *err);

/* Where a blob of this digest lies, or would. */
const char *blob_cache_blob_path(
	const struct blob_cache *cache, const char *digest, struct arena *arena);

/* A blob was used now: `cache gc` goes by it. */
void blob_cache_touch(const struct blob_source *blob);

/* A blob of this digest, when there is one of this size (UINT64_MAX: of any): fills *out (strings
 * in the arena). Safe on several threads. */
bool blob_cache_find(const struct blob_cache *cache, const char *digest, uint64_t size_bytes,
	struct arena *arena, struct blob_source *out);

/* Stores all bytes of a source under their digest, which is computed here; fills *out. */
int blob_cache_store(struct blob_cache *cache, struct stream_source *source, struct arena *arena,
	struct blob_source *out, struct err *err);

/* A blob of the cache failed its proof: the hint says what to do then. -1, to return. */
int blob_cache_explain(struct err *err);
