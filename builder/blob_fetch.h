/*
 * Fetching blobs into the cache: in parallel, resumable, from whichever source has them.
 *
 * A blob is asked from its sources in order; a source that fails is retried with backoff (full
 * jitter; Retry-After is obeyed) or left, for this blob and, when it is broken as a whole, for all.
 * Bytes are hashed as they land in a partial file (partial_blob.h), which survives kill -9: the
 * next run hashes what is there and asks for the rest. Descriptor sizes bound every download. A
 * blob appears in the cache by rename, when digest and size are right.
 *
 * Several processes may fetch at once: a blob that another one is writing is left to it.
 */
#pragma once

#include "blob_cache.h"
#include "registry_client.h"
#include "ui.h"

struct fetch_blob {
	const char *digest;  /* "sha256:…"; NULL for a file whose hash nobody knows yet */
	uint64_t size_bytes; /* UINT64_MAX for a file whose size nobody knows yet */
	const char *label;   /* for people: "postgres:17 layer 3/14", "client/wheels/x.whl" */
	bool is_manifest;    /* asked for as one; otherwise as a blob */
	/* An image's blob: sources; a plain file: urls. */
	const struct image_source *sources;
	size_t source_count;
	const char **urls;
	size_t url_count;
	/* Filled in (digest and size_bytes too, where they were not known; strings: the arena): */
	bool cached;           /* before we began */
	const char *served_by; /* NULL: another process fetched it */
	bool failed;           /* it could not be had anywhere */
};

struct fetch_settings {
	unsigned jobs;  /* -j; 0: 4 */
	unsigned tries; /* a source and blob; 0: 5 */
};

struct fetch_totals {
	size_t blobs, cached_blobs;                  /* each digest once */
	size_t unknown_sizes;                        /* files that are not in bytes */
	uint64_t bytes, cached_bytes, partial_bytes; /* all; complete in the cache; in partial files */
	uint64_t received_bytes;                     /* over the network, by blob_fetch_run() */
};

/* What would travel. Fills in `cached`. */
void blob_fetch_plan(struct blob_cache *cache, struct fetch_blob *blobs, size_t count,
	struct fetch_totals *totals);

/* Fetches what is missing; blobs of one digest once. Every failed source is a warning (which, why,
 * what is used instead); -1 with the most telling error when a blob could not be had anywhere.
 * Files larger than FETCH_FILE_LIMIT are refused while their size is not known. */
#define FETCH_FILE_LIMIT ((uint64_t)4 << 30)
int blob_fetch_run(struct blob_cache *cache, struct registry *registry, struct http_client *http,
	struct fetch_blob *blobs, size_t count, const struct fetch_settings *settings,
	struct arena *arena, struct ui *ui, struct fetch_totals *totals, struct err *err);
