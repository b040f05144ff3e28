/*
 * The documents of an image: config, manifest, index (OCI image-spec 1.1; Docker image manifest
 * version 2 schema 2 and manifest list), parsed strictly, and a manifest written.
 *
 * Parsing takes the bytes whose digest the caller has checked. Faults are CODE_INPUT and name the
 * document and the path in it. Digests are "sha256:<64 lower-case hex>" only. Strings live in the
 * arena.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "text.h"

enum {
	OCI_DOCUMENT_LIMIT = 8 << 20, /* bytes of a config, manifest or index */
	OCI_LAYER_LIMIT = 1000,       /* layers of an image; overlay2 can stack 128 */
	OCI_INDEX_LIMIT = 10000,      /* manifests in one index */
};

#define OCI_MEDIA_INDEX "application/vnd.oci.image.index.v1+json"
#define OCI_MEDIA_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define OCI_MEDIA_CONFIG "application/vnd.oci.image.config.v1+json"
#define OCI_MEDIA_LAYER "application/vnd.oci.image.layer.v1.tar"
#define OCI_MEDIA_LAYER_GZIP "application/vnd.oci.image.layer.v1.tar+gzip"
#define DOCKER_MEDIA_LIST "application/vnd.docker.distribution.manifest.list.v2+json"
#define DOCKER_MEDIA_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define DOCKER_MEDIA_CONFIG "application/vnd.docker.container.image.v1+json"
#define DOCKER_MEDIA_LAYER "application/vnd.docker.image.rootfs.diff.tar"
#define DOCKER_MEDIA_LAYER_GZIP "application/vnd.docker.image.rootfs.diff.tar.gzip"

struct oci_platform {
	const char *os;           /* "linux"; NULL when not said */
	const char *architecture; /* "arm64"; NULL when not said */
	const char *variant;      /* "v8"; NULL when not said */
};

struct oci_descriptor {
	const char *media_type; /* "" when not said */
	const char *digest;
	uint64_t size_bytes;
	struct oci_platform platform; /* the label in the index: only a hint, the config decides */
	const char *ref_name;         /* annotation org.opencontainers.image.ref.name, or NULL */
	const char *image_name;       /* annotation io.containerd.image.name, or NULL */
	bool is_attestation;          /* BuildKit's provenance and the like: no image */
};

struct oci_index {
	const char *media_type; /* "" when not said */
	struct oci_descriptor *manifests;
	size_t count;
};

struct oci_manifest {
	const char *media_type; /* never empty: from the document, else from its config's type */
	struct oci_descriptor config;
	struct oci_descriptor *layers;
	size_t layer_count;
	bool is_image; /* false: an artifact (chart, signature) in a manifest's clothes */
};

struct oci_config {
	struct oci_platform platform;
	const char **diff_ids; /* of the layers, lowest first */
	size_t diff_id_count;
	const char **env; /* "NAME=value" */
	size_t env_count;
	const char **volumes; /* container paths */
	size_t volume_count;
	const char **exposed_ports; /* "5432/tcp" */
	size_t exposed_port_count;
	bool has_healthcheck; /* one that is not NONE */
};

/* What a layer's media type says about its bytes. */
enum oci_layer_kind {
	OCI_LAYER_TAR,
	OCI_LAYER_TAR_GZIP,
	OCI_LAYER_TAR_ZSTD,
	OCI_LAYER_FOREIGN, /* bytes live elsewhere and may not be passed on (Windows base layers) */
	OCI_LAYER_UNKNOWN,
};

enum oci_layer_kind oci_layer_kind(const char *media_type);

/* What the bytes are, by their members rather than by a label: schema 1 and others are errors. */
enum oci_document { OCI_DOCUMENT_INDEX, OCI_DOCUMENT_MANIFEST };
int oci_document_kind(const char *bytes, size_t length, const char *name, enum oci_document *kind,
	struct err *err);

int oci_index_parse(const char *bytes, size_t length, const char *name, struct arena *arena,
	struct oci_index *out, struct err *err);
int oci_manifest_parse(const char *bytes, size_t length, const char *name, struct arena *arena,
	struct oci_manifest *out, struct err *err);
int oci_config_parse(const char *bytes, size_t length, const char *name, struct arena *arena,
	struct oci_config *out, struct err *err);

/* The value of an environment variable of the image ("PG_MAJOR"), or NULL. */
const char *oci_config_env(const struct oci_config *config, const char *name);

/* Is it "sha256:" and 64 lower-case hex digits? */
bool oci_digest_is_valid(const char *digest);

/* "linux/arm64", "linux/arm/v7". */
const char *oci_platform_text(const struct oci_platform *platform, struct arena *arena);

/* An OCI manifest over a config and layers (media_type, digest, size_bytes are used): compact,
 * fields in the specification's order, no annotations, so the same image always gets the same
 * bytes and thus the same digest. */
void oci_manifest_write(const struct oci_descriptor *config, const struct oci_descriptor *layers,
	size_t layer_count, struct text *out);
