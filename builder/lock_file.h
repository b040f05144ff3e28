/*
 * hardtack.lock: every image of a project as digests, and every download as a hash. YAML, sorted,
 * commented, one fact a line, so that a diff shows what moved (docs/lock.md).
 *
 * For `hardtack build docker-compose.yml` it lies beside the compose file, for a project directory
 * in it. Bytes are a function of the content alone. Strict when read: unknown keys, digests that
 * are none, layers that no Docker could load, an entry twice: CODE_INPUT with file:line. The order
 * of the entries is free when read (people merge such files), sorted when written.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "text.h"

#define LOCK_FILE_NAME "hardtack.lock"

struct lock_layer {
	const char *digest;  /* of the blob */
	const char *diff_id; /* of the uncompressed tar */
	const char *media_type;
	uint64_t size_bytes;
};

struct lock_image {
	const char *reference; /* normalised: docker.io/library/postgres:17 */
	const char *platform;  /* "linux/arm64": what was asked for; the config fits it */
	const char *index;     /* digest, or NULL: the tag was a manifest */
	const char *index_media_type;
	uint64_t index_size;  /* 0 without index */
	const char *manifest; /* digest: the pin */
	const char *manifest_media_type;
	uint64_t manifest_size;
	const char *config;
	const char *config_media_type;
	uint64_t config_size;
	const char *seen_at; /* NULL: the origin was asked; else the mirror that was believed;
			      * printable ASCII without spaces */
	struct lock_layer *layers;
	size_t layer_count;
};

struct lock_download {
	const char *url;     /* printable ASCII without spaces */
	const char *sha256;  /* 64 hex */
	uint64_t size_bytes; /* 0: not known yet */
};

struct lock_file {
	struct lock_image *images; /* sorted by reference, then platform */
	size_t image_count, image_capacity;
	struct lock_download *downloads; /* sorted by URL */
	size_t download_count, download_capacity;
};

int lock_file_parse(struct arena *arena, const char *path, const char *bytes, size_t length,
	struct lock_file *out, struct err *err);

/* A missing file is an empty lock. */
int lock_file_read(const char *path, struct arena *arena, struct lock_file *out, bool *exists,
	struct err *err);

/* Sorts and writes the text. */
void lock_file_text(struct lock_file *lock, struct text *out);
/* Whole or not at all; a file whose bytes would not change is not touched. */
int lock_file_write(struct lock_file *lock, const char *path, bool *changed, struct err *err);

/* By normalised reference and platform ("linux/arm64/v8" finds "linux/arm64"), or NULL. */
struct lock_image *lock_file_image(
	const struct lock_file *lock, const char *reference, const char *platform);
struct lock_download *lock_file_download(const struct lock_file *lock, const char *url);

/* The entry to fill: the existing one of that reference and platform, or a new one; nothing but
 * those two is set in a new one. Pointers to other entries are no longer valid. */
struct lock_image *lock_file_put(
	struct lock_file *lock, struct arena *arena, const char *reference, const char *platform);
struct lock_download *lock_file_put_download(
	struct lock_file *lock, struct arena *arena, const char *url);

/* Takes one out; the order of the others stays. */
void lock_file_remove(struct lock_file *lock, const struct lock_image *image);
void lock_file_remove_download(struct lock_file *lock, const struct lock_download *download);

/* Do both pin the same bytes: manifest, config, layers? */
bool lock_image_same(const struct lock_image *a, const struct lock_image *b);
