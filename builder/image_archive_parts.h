/* What the readers of the two forms share (image_archive_oci.c, image_archive_docker.c). */
#pragma once

#include "archive_input.h"
#include "image_set.h"

/* One archive while it is being read. */
struct image_archive {
	const struct archive_input *input;
	struct arena *arena; /* the set's */
	struct image **images;
	size_t count, capacity;
	size_t visits; /* documents looked at: an index of indexes may not grow without end */
	uint64_t document_bytes; /* kept in memory: many manifests may name one large config */
};

/* A new image of this archive, without names. */
struct image *image_archive_new_image(struct image_archive *archive);

/* Adds a name when it is a reference and not there yet; what is none is ignored: an image that
 * cannot be named can still be given one with REF=. Too many names are CODE_INPUT. */
int image_archive_add_name(
	struct image_archive *archive, struct image *image, const char *name, struct err *err);

/* Reads a document into memory and proves it; blob->bytes are its bytes from then on. */
int image_archive_read_document(
	struct image_archive *archive, struct blob_source *blob, struct err *err);

/* Keeps *err as the reason why this image cannot be used, and clears it. */
void image_archive_set_problem(struct image_archive *archive, struct image *image, struct err *err);

/* The error for a blob or file that the documents name but the archive does not have. */
int image_archive_fail_missing(
	const struct image_archive *archive, const char *path, struct err *err);

/* Parses the config, whose proven bytes image->config_blob has, and takes the platform from it;
 * checks the number of layers against its diff_ids. */
int image_archive_take_config(
	struct image_archive *archive, struct image *image, size_t layer_count, struct err *err);

/* An OCI layout: index.json and blobs/. *found is false when the archive has no index.json. */
int image_archive_read_oci(struct image_archive *archive, bool *found, struct err *err);

/* One image of a layout by its manifest, whatever index.json says. */
int image_archive_read_image(struct image_archive *archive,
	const struct oci_descriptor *manifest, struct image **out, struct err *err);

/* docker's manifest.json. After an OCI layout only its names are taken; alone it names configs
 * and layers. *found is false when the archive has none. */
int image_archive_read_docker(
	struct image_archive *archive, bool names_only, bool *found, struct err *err);
