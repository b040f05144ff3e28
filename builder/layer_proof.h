/*
 * The proof of many images' layers, on all cores: a layer that several images have is read once.
 * Memory: a reader and an inflater a thread, at most LAYER_PROOF_THREADS of them.
 */
#pragma once

#include "blob_cache.h"
#include "image_set.h"

enum { LAYER_PROOF_THREADS = 16 };

/*
 * What image_layers_verify() does, for count images. The error is that of the first faulty layer
 * in the order of images and layers, whichever thread met it; *failed is its image.
 *
 * memory: the cache whose records (layer_record.h) stand for layers that were proven before, and
 * that gets one for each that is proven now; those are then not read here, so that their bytes must be
 * hashed where they are used. NULL: every layer is read, nothing is remembered.
 */
int layer_proof_run(struct image *const *images, size_t count, const struct blob_cache *memory,
	struct image **failed, struct err *err);
