/*
 * What lies in the cache, for `hardtack cache ls|gc|verify`: complete blobs, partial files, and
 * records of proven layers (layer_record.h), each sorted by name. Foreign files are not listed and never touched.
 */
#pragma once

#include "blob_cache.h"

struct cached_file {
	const char *name;   /* "sha256:…" of a blob; the file's name of a partial one; "proofs/…" */
	const char *path;
	uint64_t size_bytes;
	int64_t used_at;    /* seconds since 1970: last use of a blob, last byte of a partial file */
};

struct cache_list {
	struct cached_file *blobs;
	size_t blob_count, blob_capacity;
	uint64_t blob_bytes;
	struct cached_file *partials;
	size_t partial_count, partial_capacity;
	uint64_t partial_bytes;
	struct cached_file *records;
	size_t record_count;
};

/* A cache that does not exist is an empty one. */
int cache_list_read(const struct blob_cache *cache, struct arena *arena, struct cache_list *out,
	struct err *err);

/* What its first bytes say: "manifest", "index", "config", "layer" (gzip or tar), "file". */
const char *cache_list_kind(const struct cached_file *blob, struct arena *arena);
