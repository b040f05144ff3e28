/*
 * The cache: a folder of blobs named by their SHA-256, for what cannot be read in place.
 *
 *     CACHE/blobs/sha256/<64 hex>      complete and proven when they got this name
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

/* A blob of this digest, when there is one of this size: fills *out (strings in the arena). */
bool blob_cache_find(const struct blob_cache *cache, const char *digest, uint64_t size_bytes,
	struct arena *arena, struct blob_source *out);

/* Stores all bytes of a source under their digest, which is computed here; fills *out. */
int blob_cache_store(struct blob_cache *cache, struct stream_source *source, struct arena *arena,
	struct blob_source *out, struct err *err);
