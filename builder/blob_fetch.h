/*
 * Fetching blobs into the cache: in parallel, resumable, from whichever source has them.
 *
 * A blob is asked from its sources in order; a source that fails is retried with backoff (full
 * jitter; Retry-After is obeyed) or left, for this blob and, when it is broken as a whole, for all.
 * Bytes are hashed as they land in CACHE/partial/sha256/<hex>, which survives kill -9: the next run
 * hashes what is there and asks for the rest. Descriptor sizes bound every download. A blob
 * appears in the cache by rename, when digest and size are right.
 */
#pragma once

#include "blob_cache.h"
#include "registry_client.h"
#include "ui.h"

struct fetch_blob {
	const char *digest;   /* "sha256:…" */
	uint64_t size_bytes;  /* 0 for a download whose size nobody knows yet */
	const char *label;    /* for people: "postgres:17 layer 3/14", "client/wheels/x.whl" */
	/* An image's blob: sources; a plain file: urls. */
	const struct image_source *sources;
	size_t source_count;
	const char **urls;
	size_t url_count;
	/* Filled in: */
	bool cached;          /* before we began */
	const char *served_by;
};

struct fetch_settings {
	unsigned jobs;        /* -j; 0: 4 */
	unsigned tries;       /* a source and blob; 0: 5 */
};

struct fetch_totals {
	size_t blobs, cached_blobs;
	uint64_t bytes, cached_bytes, partial_bytes; /* all; complete in the cache; in partial files */
	uint64_t received_bytes;                     /* over the network, by blob_fetch_run() */
};

/* What would travel. */
void blob_fetch_plan(struct blob_cache *cache, struct fetch_blob *blobs, size_t count,
	struct fetch_totals *totals);

/* Fetches what is missing; blobs of one digest once. Every failed source is a warning (which, why,
 * what is used instead); -1 with the most telling error when a blob could not be had anywhere. */
int blob_fetch_run(struct blob_cache *cache, struct registry *registry, struct http_client *http,
	struct fetch_blob *blobs, size_t count, const struct fetch_settings *settings,
	struct ui *ui, struct fetch_totals *totals, struct err *err);
