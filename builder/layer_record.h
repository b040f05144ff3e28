/*
 * What was proven about a layer, remembered in the cache: that the blob of this digest unpacks to
 * this diff_id, and to how many bytes. Inflating it again would only find the same.
 *
 *     CACHE/proofs/sha256-<64 hex of the blob>     a text of a few lines, its own SHA-256 in the last
 *
 * A record says nothing about a file: the blob's bytes are hashed against the digest whenever they
 * are packed, record or not. It is believed when it is this user's own file that nobody else may
 * write to, names exactly this blob and this diff_id, and is intact; anything else is no record, and
 * the layer is proven as if there were none. What somebody gains who can forge one: docs/cache.md.
 */
#pragma once

#include "blob_cache.h"
#include "image_set.h"

/* true: proven before, layer->unpacked_bytes is filled in. Counts as use for `cache gc`. */
bool layer_record_recall(const struct blob_cache *cache, struct image_layer *layer);

/* After a proof. A record that cannot be written costs the next build its time, nothing else: not
 * fsynced, no error. Several processes may write the same one. */
void layer_record_keep(const struct blob_cache *cache, const struct image_layer *layer);
