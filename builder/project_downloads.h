/*
 * downloads: of the project file: third-party files that are handed over. They go the way of an
 * image's blobs: locked by hash, fetched into the cache, packed from there.
 */
#pragma once

#include "compose_closure.h"
#include "lock_file.h"
#include "project_file.h"

/*
 * Adds each to the closure as CLOSURE_DOWNLOAD, under the name it gets ("to", with the last part
 * of the URL when that is a folder). A name that is none, or that something else has: an error in
 * findings.
 */
void project_downloads_add(const struct project_file *file, struct arena *arena,
	struct closure *closure, struct finding_list *findings);

/* The hash a download must have: the project file's, else the lock's, else NULL. */
const char *project_download_sha256(
	const struct project_download *download, const struct lock_file *lock);
