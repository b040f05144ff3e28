/*
 * Small documents from one source, with patience: a try that failed for now is made again, after
 * what the registry says (Retry-After) or a growing pause. For large blobs: blob_fetch.h.
 */
#pragma once

#include "registry_client.h"

struct registry_retry {
	struct registry *registry;
	struct http_connection *connection;
	unsigned tries; /* at least 1 */
};

/* registry_get_manifest(), again while that may help. */
int registry_retry_manifest(const struct registry_retry *retry, const struct image_source *source,
	const char *reference, struct arena *arena, struct registry_manifest *out,
	struct registry_failure *failure, struct err *err);

/* A small blob (a config), whole, NUL-terminated, its digest and size proven. A size above
 * OCI_DOCUMENT_LIMIT is CODE_INPUT. */
int registry_retry_blob(const struct registry_retry *retry, const struct image_source *source,
	const char *digest, uint64_t size_bytes, struct arena *arena, const char **bytes,
	struct registry_failure *failure, struct err *err);
