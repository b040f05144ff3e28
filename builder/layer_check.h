/*
 * A sink that proves a layer while its bytes pass by: a plain tar must have the diff_id as its
 * digest, a gzip one must inflate to it, without an early end or trailing bytes.
 *
 *     layer_check_init(&check, layer);
 *     … stream_write(&check.sink, bytes, length, err) for all bytes of the blob …
 *     if (layer_check_finish(&check, err) < 0) …      // fills in layer->unpacked_bytes
 *     layer_check_clear(&check);
 */
#pragma once

#include "digest.h"
#include "gzip_inflater.h"
#include "image_set.h"
#include "stream.h"

struct layer_check {
	struct stream_sink sink;
	struct stream_sink unpacked; /* behind the inflater */
	struct image_layer *layer;
	struct gzip_inflater *inflater; /* NULL for a plain tar */
	struct digest_sha256 hash;
	uint64_t unpacked_bytes;
};

void layer_check_init(struct layer_check *check, struct image_layer *layer);
int layer_check_finish(struct layer_check *check, struct err *err);
void layer_check_clear(struct layer_check *check); /* legal twice */
