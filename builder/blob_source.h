/*
 * Where the bytes of a blob are: in memory, or in a range of a file (an archive read in place, an
 * image layout, the cache). Reading always proves digest and size.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "digest.h"
#include "err.h"
#include "stream.h"

struct blob_source {
	const char *digest; /* "sha256:<64 hex>"; NULL while nobody knows it: then only the size
			     * is proven (blob_source_digest() finds it out) */
	uint64_t size_bytes;
	const char *name;  /* for errors: "FILE: blobs/sha256/…" */
	const void *bytes; /* in memory: all of it; otherwise NULL */
	int fd;            /* an open file (its owner keeps it open), or -1 */
	const char *path;  /* opened for reading while fd is -1 */
	uint64_t offset;   /* in the file */
};

/*
 * A blob as a stream. Its last chunk is lent only after digest and size have proven right;
 * otherwise next() fails with CODE_INTEGRITY, naming blob and place.
 */
struct blob_reader {
	struct stream_source source;
	const struct blob_source *blob;
	struct stream_file file;
	int own_fd;
	uint64_t left;
	bool proven;
	struct digest_sha256 hash;
};

/* A file that is no longer there is CODE_NOT_FOUND, one of another size CODE_INTEGRITY. The blob
 * must outlive the reader. blob_reader_clear() is legal after a failed open and twice. */
int blob_source_open(const struct blob_source *blob, struct blob_reader *reader, struct err *err);
void blob_reader_clear(struct blob_reader *reader);
#define AUTO_BLOB_READER __attribute__((cleanup(blob_reader_clear))) struct blob_reader

/* A small blob, proven, NUL-terminated, in the arena; CODE_INPUT above limit_bytes. */
int blob_source_read(const struct blob_source *blob, size_t limit_bytes, struct arena *arena,
	char **bytes, struct err *err);

/* The digest of the bytes as they are, by reading them all. `out` as in sha256_to_digest(). */
int blob_source_digest(const struct blob_source *blob, char *out, struct err *err);
