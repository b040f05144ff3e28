/*
 * The proof of many images' layers, on all cores: a layer that several images have is read once.
 * Memory: a reader and an inflater a thread, at most LAYER_PROOF_THREADS of them.
 */
#pragma once

#include "image_set.h"

enum { LAYER_PROOF_THREADS = 16 };

/*
 * What image_layers_verify() does, for count images. The error is that of the first faulty layer
 * in the order of images and layers, whichever thread met it; *failed is its image.
 */
int layer_proof_run(
	struct image *const *images, size_t count, struct image **failed, struct err *err);
