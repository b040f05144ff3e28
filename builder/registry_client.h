/*
 * The registry's protocol (OCI distribution-spec 1.1; Docker's Registry HTTP API V2 and its token
 * authentication): manifests and blobs by digest or tag, with logins.
 *
 * Thread-safe: the registry is shared (logins, tokens), each thread brings its connection. Tokens
 * are per host and repository scope, renewed before they end, and asked for once, whichever thread
 * needs them first. Nothing here retries or chooses another mirror: blob_fetch and image_resolve
 * do, by what `registry_failure` says.
 */
#pragma once

#include "http_client.h"
#include "mirror_policy.h"

struct registry;
/* docker_config: the folder of config.json; NULL: $DOCKER_CONFIG, else ~/.docker. A malformed
 * config.json is CODE_INPUT. */
int registry_new(struct registry **out, struct http_client *http, const char *docker_config,
	struct err *err);
void registry_free(struct registry *registry);
AUTO_DEFINE(registry);

/* What the person should know and what is no failure: a credential helper that is missing. Called
 * from any thread, one at a time. */
void registry_on_notice(
	struct registry *registry, void (*notice)(void *context, const char *text), void *context);

/* What a failed call means for the next try. err has the code: 4 network, 5 credentials (401, 403,
 * 429 apart, with registry, waiting time and remedy), 6 not found, 7 not what was asked for. */
struct registry_failure {
	enum registry_failure_kind {
		REGISTRY_OK,
		REGISTRY_TRANSIENT,    /* again here, after retry_after_ms: network, 5xx, cut */
		REGISTRY_LIMITED,      /* 429: again after retry_after_ms, better elsewhere */
		REGISTRY_UNAUTHORIZED, /* 401 with the credentials that there are */
		REGISTRY_FORBIDDEN,    /* 403: an allow-list, or no right */
		REGISTRY_MISSING,      /* 404 */
		REGISTRY_WRONG, /* a login page, an empty body, another digest: not a source */
		REGISTRY_LOCAL  /* our disk, an interrupt: end */
	} kind;
	uint64_t retry_after_ms; /* 0: not said */
};

enum { OCI_MANIFEST_LIMIT = 4 << 20 }; /* bytes; what registries accept themselves */

struct registry_manifest {
	const char *bytes;      /* as served, NUL-terminated */
	size_t length;          /* at most OCI_MANIFEST_LIMIT */
	const char *media_type; /* the document's own, else Content-Type */
	const char *digest;     /* computed here: "sha256:…" */
};

/* reference: a tag or "sha256:…"; a digest that the bytes have not is REGISTRY_WRONG. Indexes,
 * manifest lists, OCI and schema 2 manifests are asked for; what comes is not interpreted here,
 * but must be JSON. Schema 1 is refused by name (CODE_INPUT). */
int registry_get_manifest(struct registry *registry, struct http_connection *connection,
	const struct image_source *source, const char *reference, struct arena *arena,
	struct registry_manifest *out, struct registry_failure *failure, struct err *err);

/* A blob's bytes from offset on, at most size_bytes - offset. The sink proves the digest. A server
 * that ignores Range answers 200: *restarted becomes true before the first byte and all size_bytes
 * come. */
int registry_get_blob(struct registry *registry, struct http_connection *connection,
	const struct image_source *source, const char *digest, uint64_t size_bytes, uint64_t offset,
	bool *restarted, struct stream_sink *sink, struct registry_failure *failure,
	struct err *err);

/* A plain file by URL, under the same rules (no login but basic auth of config.json for its host).
 */
int registry_get_file(struct registry *registry, struct http_connection *connection,
	const char *url, uint64_t limit_bytes, uint64_t offset, bool *restarted,
	uint64_t *size_bytes, struct stream_sink *sink, struct registry_failure *failure,
	struct err *err);

/* Does it answer /v2/? For `mirrors test`: time in ms, error as above. */
int registry_ping(struct registry *registry, struct http_connection *connection,
	const struct image_source *source, uint64_t *elapsed_ms, struct registry_failure *failure,
	struct err *err);
