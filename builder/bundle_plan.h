/*
 * What goes into one bundle, decided before its first byte is written: the manifest and the tar's
 * entries in order. Same project and images: same plan, same bytes.
 */
#pragma once

#include "blob_source.h"
#include "compose_closure.h"
#include "image_set.h"
#include "manifest.h"
#include "project.h"
#include "signing_key.h"

/* One entry of the tar, wherever its bytes are: exactly one of bytes, source, blob. */
struct bundle_content {
	const char *path;
	uint64_t size_bytes;
	unsigned mode;
	struct sha256 sha256;
	const void *bytes;
	const char *source; /* a file of the project */
	const struct blob_source *blob;
	const char *url; /* of a download, as the manifest tells it; NULL for all else */
};

/* Signatures of manifests that somebody else made (manifest.sig as it is), for a plan that is held
 * against their file: the one that fits a manifest is taken. */
struct given_signatures {
	const void *bytes[2];
	size_t lengths[2];
	size_t count;
};

struct bundle_plan {
	struct arena *arena;
	const struct given_signatures *given; /* NULL: none */
	struct manifest manifest;
	const char *manifest_json;
	size_t manifest_length;
	unsigned char signature[SIGNATURE_DOCUMENT_MOST_BYTES]; /* manifest.sig */
	size_t signature_length;                                /* 0: unsigned */
	struct bundle_content *contents; /* all but manifest.json and manifest.sig */
	size_t content_count, content_capacity;
	uint64_t length; /* of the whole tar */
};

/* A packed service and the image that was found for it. */
struct service_image {
	const struct compose_service *service;
	struct image_reference reference;
	struct image *image; /* verified: unpacked_bytes is known */
};

/* A project, or one of its variants. */
struct bundle_variant {
	const struct project *project;
	const struct closure *closure;
	struct service_image *images;
	size_t image_count;
};

/* variants: the project, then those of its fallback. Borrows all that it is given for the plan's
 * life. Reads and hashes the projects' files. The plan still wants bundle_plan_finish(). */
int bundle_plan_make(struct bundle_plan *plan, const struct bundle_variant *variants, size_t count,
	struct arena *arena, struct err *err);

/* One more entry at the end, for the caller to fill in. */
struct bundle_content *bundle_plan_add(struct bundle_plan *plan, const char *path);

/* Writes the manifest over the entries as they are, signs it (key NULL: not, but for a given
 * signature that fits), and adds the lengths
 * up. */
int bundle_plan_finish(
	struct bundle_plan *plan, const struct signing_key *key, struct err *err);
