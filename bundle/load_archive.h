/*
 * The image part of a bundle: an OCI image layout that is a `docker load` archive at once.
 *
 * Measured (facts/docker.md, rows d1-d12): this hybrid loads on every engine from 20.10 to 28 in
 * both image stores, keeps the registry's manifest digest in the containerd store, and shares
 * blobs between images. Metadata comes first; RepoTags are fully qualified; index.json carries
 * io.containerd.image.name, without which the containerd store leaves images untagged.
 * The builder writes these documents for all images, the stub for those it loads.
 */
#pragma once

#include "manifest.h"

#define LOAD_ARCHIVE_LAYOUT_PATH "oci-layout"
#define LOAD_ARCHIVE_INDEX_PATH "index.json"
#define LOAD_ARCHIVE_MANIFEST_PATH "manifest.json"

/* OCI image layout 1.0.0, "oci-layout". */
extern const char load_archive_layout[];

/* index.json (OCI image index) and docker's manifest.json for the images with wanted[i]; wanted
 * NULL means all. Images with the same pin share one entry of manifest.json. */
void load_archive_index(const struct manifest *manifest, const bool *wanted, struct text *out);
void load_archive_manifest(const struct manifest *manifest, const bool *wanted, struct text *out);

/* A blob of the image part. */
struct load_archive_blob {
	const char *digest;
	uint64_t size_bytes;
};

/* Every blob once, in the order of the archive: the configs and manifests of all images in the
 * manifest's order, then the layers. The array lives in the arena. */
size_t load_archive_blobs(const struct manifest *manifest, const bool *wanted, struct arena *arena,
	struct load_archive_blob **out);
