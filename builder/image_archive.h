/*
 * Images from local files: `--image-archive [REF=]FILE`.
 *
 * FILE is a `docker save` tar of any engine (before 25: manifest.json, <id>/layer.tar; since: an
 * OCI layout with a manifest.json), what skopeo and podman write as docker-archive, or an OCI image
 * layout as a tar or as a folder. A tar may be compressed as a whole with gzip or zstd.
 *
 * Uncompressed tars and folders are read in place: only the JSON documents are read here, layers
 * when they are streamed. The entries of a compressed tar go through the cache.
 * The manifest of the archive is taken as it is; an archive without one gets a deterministic OCI
 * manifest over its layers as they are (image.manifest_is_made).
 */
#pragma once

#include "blob_cache.h"
#include "image_set.h"

/*
 * Adds the images of one argument to the set. An argument that exists as a path is a FILE,
 * otherwise what is before the first '=' is REF, which replaces all names in the archive; then
 * the archive may hold one image only (for one or more platforms).
 * CODE_INPUT for what is no image archive, CODE_INTEGRITY for bytes that differ from their
 * digest, CODE_NOT_FOUND for a blob that is not in the archive. cache is used for compressed tars.
 */
int image_archive_add(
	struct image_set *set, const char *argument, struct blob_cache *cache, struct err *err);
