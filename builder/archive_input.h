/*
 * The files of an image archive by their paths, whatever it is: a tar read in place, a compressed
 * tar that went through the cache, a folder. Links inside are followed, links out are refused.
 */
#pragma once

#include <stdbool.h>

#include "blob_cache.h"
#include "blob_source.h"

struct archive_input;

/* Opens a file or folder; everything it needs lives in the arena, an open descriptor (or -1) goes
 * to *fd for the caller to close when the blobs are no longer read. The cache takes the larger
 * entries of a compressed tar, whose bytes are nowhere else. */
int archive_input_open(struct archive_input **out, const char *path, struct blob_cache *cache,
	struct arena *arena, int *fd, struct err *err);

/* As it was given, for errors. */
const char *archive_input_name(const struct archive_input *input);

/* The regular file of this path, behind any links: a blob without a digest. *found says whether it
 * is there; a path or link that leads out of the archive is CODE_INPUT. */
int archive_input_find(const struct archive_input *input, const char *path, bool *found,
	struct blob_source *out, struct err *err);

/* Does the archive have anything below this top-level folder ("etc")? False for folders. */
bool archive_input_has_folder(const struct archive_input *input, const char *name);
