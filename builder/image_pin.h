/*
 * From an image's documents to what the lock records: which manifest of an index fits a platform,
 * and what manifest and config say together. Pure: bytes came from wherever, their digests are
 * checked. `name` is for errors ("postgres:17 (docker.io)").
 */
#pragma once

#include "lock_file.h"
#include "oci_image.h"

/*
 * The manifests of an index that may be for the platform, best first: those whose label fits,
 * exact before lower variants, then (only when none fits) those without a label. Attestations
 * never. None: CODE_NOT_FOUND, listing the platforms that exist; only an index inside this index:
 * CODE_INPUT.
 */
int image_pin_choose(const struct oci_index *index, const struct oci_platform *wanted,
	const char *name, struct arena *arena, const struct oci_descriptor ***out, size_t *count,
	struct err *err);

/*
 * Config and layers into an entry, with every refusal: an artifact, layers that cannot be packed,
 * a config with another number of layers. The platform is what the config says: one that does not
 * run where `wanted` does is CODE_NOT_FOUND, or, when a label promised it, CODE_INTEGRITY.
 * Strings are borrowed from the documents' arena.
 */
int image_pin_fill(struct lock_image *out, const struct oci_manifest *manifest,
	const struct oci_config *config, const struct oci_platform *wanted, bool labelled,
	const char *name, struct arena *arena, struct err *err);

/* The same image in other wrapping: config digest and diff_ids are equal? */
bool image_pin_equivalent(const struct lock_image *a, const struct lock_image *b);
