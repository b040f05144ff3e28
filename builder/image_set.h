/*
 * The images at hand: what the archives given to `build` hold, and which one a service means.
 *
 * An image that cannot be used (a blob is missing, a layer is compressed in a way that Docker
 * 20.10 cannot read, …) is kept with its problem: only asking for it is an error.
 */
#pragma once

#include "blob_source.h"
#include "image_reference.h"
#include "oci_image.h"

struct image_layer {
	struct blob_source blob; /* as it is in the archive: digest, size */
	const char *media_type;
	const char *diff_id;     /* "sha256:<64 hex>" of the uncompressed tar, as the config says */
	uint64_t unpacked_bytes; /* of the uncompressed tar; 0 until image_layers_verify() for gzip
				  */
};

struct image {
	struct image_reference *references; /* all its names, normalised; none: loaded by id only */
	size_t reference_count, reference_capacity;
	const char *archive;          /* the file it came from, as given */
	struct oci_platform platform; /* from the config */
	struct blob_source manifest;  /* its digest is the pin; bytes in memory */
	const char *manifest_media_type;
	bool manifest_is_made;          /* the archive has none; this one is hardtack's own */
	const char *index_digest;       /* of the index that names the manifest, or NULL */
	struct blob_source config_blob; /* bytes in memory */
	struct oci_config config;
	struct image_layer *layers;
	size_t layer_count;
	uint64_t unpacked_bytes;   /* sum over the layers; 0 until image_layers_verify() */
	const struct err *problem; /* why it cannot be used, or NULL */
};

struct image_set {
	struct arena *arena;
	struct image **images;
	size_t count, capacity;
	int *fds; /* open archives */
	size_t fd_count, fd_capacity;
};

struct image_set *image_set_new(void);
void image_set_free(struct image_set *set);
AUTO_DEFINE(image_set);

/* Is there an image of that name, tag or digest, on whatever platform? */
bool image_set_knows(const struct image_set *set, const struct image_reference *reference);

/*
 * The image for a service's reference on a platform.
 *
 * With a digest: the image whose manifest or index has that digest, or that was given under exactly
 * this reference (REF=FILE). Otherwise the image of that name and tag. No such image, or none for
 * the platform: CODE_NOT_FOUND, listing what there is. Two different ones: CODE_INPUT. An image
 * with a problem: that problem.
 */
int image_set_find(const struct image_set *set, const struct image_reference *reference,
	const struct oci_platform *platform, struct image **out, struct err *err);

/*
 * Proves that every layer's bytes are what manifest and config say: digest and size, and for gzip
 * layers that they inflate to the config's diff_id (Docker refuses the image otherwise, on the
 * target). Fills in unpacked_bytes. Reads everything once; CODE_INTEGRITY when it differs.
 * layer_check.h does the same for one layer as its bytes pass by.
 */
int image_layers_verify(struct image *image, struct err *err);

/* The same for one layer. Layers may be verified on several threads at once (layer_proof.h). */
int image_layer_verify(struct image_layer *layer, struct err *err);
