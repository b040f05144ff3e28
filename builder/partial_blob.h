/*
 * A blob on its way into the cache: a file that survives whatever ends the program.
 *
 *     CACHE/partial/sha256-<64 hex>    a blob of that digest
 *     CACHE/partial/url-<64 hex>       a file whose hash nobody knows yet; named by its URL's
 *
 * What an earlier run left is hashed when it is opened, so that only the rest has to travel. The
 * file is locked (flock): of several processes one writes, the others see that it is busy, or that
 * the blob has arrived meanwhile. Bytes become a blob by rename, when size and digest are right.
 *
 * Not for use on several threads; different blobs may be on different threads.
 */
#pragma once

#include "blob_cache.h"

struct partial_blob {
	int fd;
	char *path;
	struct blob_cache *cache;
	const char *digest;  /* NULL: not known, any bytes are right */
	uint64_t size_bytes; /* UINT64_MAX: not known */
	uint64_t length;     /* bytes that are there, all of them in the hash */
	struct digest_sha256 hash;
};

#define PARTIAL_BLOB_INIT \
	{                 \
		.fd = -1  \
	}

enum partial_state {
	PARTIAL_OURS,   /* go on at partial->length */
	PARTIAL_BUSY,   /* another process writes it: ask again later */
	PARTIAL_ARRIVED /* the blob is in the cache */
};

/* digest is borrowed; without one, url names the file, and old bytes are not believed. */
int partial_blob_open(struct partial_blob *partial, struct blob_cache *cache, const char *digest,
	const char *url, uint64_t size_bytes, enum partial_state *state, struct err *err);

/* More bytes; beyond the size is CODE_INTEGRITY. */
int partial_blob_write(
	struct partial_blob *partial, const void *bytes, size_t length, struct err *err);

/* How far it is, to come back to when what follows was no good. */
struct partial_blob_mark {
	uint64_t length;
	struct digest_sha256 hash;
};
struct partial_blob_mark partial_blob_mark(const struct partial_blob *partial);
int partial_blob_rewind(
	struct partial_blob *partial, const struct partial_blob_mark *mark, struct err *err);

/* Forgets all bytes. */
int partial_blob_restart(struct partial_blob *partial, struct err *err);

/*
 * The bytes are complete: into the cache with them. Wrong ones: *proven is false, and they are
 * forgotten. out (SHA256_DIGEST_LENGTH + 1 bytes) gets the digest that they have.
 */
int partial_blob_finish(struct partial_blob *partial, bool *proven, char *out, struct err *err);

/* Closes it; the bytes stay for the next run. Legal twice. */
void partial_blob_close(struct partial_blob *partial);
#define AUTO_PARTIAL_BLOB __attribute__((cleanup(partial_blob_close))) struct partial_blob

/* How many bytes an earlier run has left of a blob. */
uint64_t partial_blob_length(const struct blob_cache *cache, const char *digest);
