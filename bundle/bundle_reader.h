/*
 * Reading a bundle: the payload tar inside an installer (or on its own).
 *
 * bundle_open() walks the tar's headers once, parses manifest.json and holds the two together:
 * entries that the manifest does not name, that are missing, doubled or of another size make the
 * bundle CODE_INTEGRITY, and so does a manifest.sig that does not fit the manifest. It does not
 * verify the bytes (executable_verify.h did, for the whole file); every later read hashes what it
 * lends.
 * The descriptor stays the caller's and must outlive the bundle; it is only read with pread.
 */
#pragma once

#include "manifest.h"
#include "public_key.h"
#include "stream.h"

struct bundle;

int bundle_open(struct bundle **out, int fd, const char *name, uint64_t offset, uint64_t length,
	struct err *err);
void bundle_free(struct bundle *bundle);
AUTO_DEFINE(bundle);

/* Lent for the bundle's life. */
const struct manifest *bundle_manifest(const struct bundle *bundle);
/* Who signed the manifest, by the key that travels with it (proven, but not by itself trusted:
 * trusted_keys.h); NULL when nobody did. */
const struct public_key *bundle_signer(const struct bundle *bundle);
uint64_t bundle_offset(const struct bundle *bundle);
uint64_t bundle_length(const struct bundle *bundle);

/* A whole small entry by its tar path, verified, NUL-terminated. A missing entry is
 * CODE_INTEGRITY, one above limit_bytes CODE_INPUT. */
int bundle_read(const struct bundle *bundle, const char *path, size_t limit_bytes,
	struct arena *arena, char **bytes, size_t *length, struct err *err);

/* Pushes an entry; its last chunk is withheld until the digest matches. */
int bundle_stream(
	const struct bundle *bundle, const char *path, struct stream_sink *sink, struct err *err);

/* Every entry that the manifest names, one behind the other: proves that the payload's bytes are
 * those of the manifest, and so of its signature, which the locator's root does not. */
int bundle_stream_all(const struct bundle *bundle, struct stream_sink *sink, struct err *err);

/*
 * The `docker load` archive of the chosen images: oci-layout, index.json, manifest.json, then
 * each blob once, config and manifest before layers; hardtack/ is left out. wanted[i] chooses
 * manifest->images[i]. A blob is hashed as it streams and its last chunk withheld until the
 * digest matches: on a mismatch the stream ends early, which every engine answers with a clean
 * failure (facts/docker.md).
 */
int bundle_stream_images(
	const struct bundle *bundle, const bool *wanted, struct stream_sink *sink, struct err *err);

/* The exact number of bytes that bundle_stream_images() will push. */
uint64_t bundle_images_size(const struct bundle *bundle, const bool *wanted);
