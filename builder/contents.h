/*
 * Where the bytes of an installer go: the parts of the file, which add up to its size, and its
 * layers with the images that share them. What `inspect` shows is taken from here.
 */
#pragma once

#include "installer_open.h"

/* A layer that is in the file, once, however many images have it. */
struct contents_layer {
	const char *digest;
	uint64_t size_bytes;
	size_t *images; /* indexes into the manifest's images, ascending */
	size_t image_count;
};

struct contents {
	/* Bytes of the file; their sum is its size. */
	uint64_t program;   /* the stub as it was linked */
	uint64_t files;     /* hardtack/files/…, downloads included */
	uint64_t blobs;     /* of the images: layers, configs, manifests */
	uint64_t index;     /* the image part's three documents */
	uint64_t manifest;  /* manifest.json */
	uint64_t framing;   /* the tar's headers and padding, and a signature of the manifest */
	uint64_t alignment; /* zeros up to a page of 16 KiB */
	uint64_t signature; /* Mach-O: the code signature */

	struct contents_layer *layers; /* sorted by digest; none in a control program */
	size_t layer_count;
	size_t shared_count;     /* of them in more than one image */
	uint64_t layer_bytes;    /* all of them */
	uint64_t unshared_bytes; /* what they would take if every image had its own */
	uint64_t unpacked_bytes; /* of all images, shared layers counted each time; 0: not known */
	size_t file_count;
};

/* Reads the program's headers and the manifest's size; the rest is arithmetic. */
int contents_of(const struct installer *installer, struct arena *arena, struct contents *contents,
	struct err *err);

/* The part of it that is about layers, from the manifest alone; the rest stays as it is. */
void contents_measure_layers(
	const struct manifest *manifest, struct arena *arena, struct contents *contents);

/* The layer of this digest, or NULL. */
const struct contents_layer *contents_layer(const struct contents *contents, const char *digest);

/* Of one image: everything it needs, and of that what no other image needs. */
uint64_t contents_image_bytes(const struct manifest_image *image);
uint64_t contents_image_own_bytes(
	const struct contents *contents, const struct manifest_image *image);
