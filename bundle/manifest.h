/*
 * hardtack/manifest.json: what is in a bundle and how it is run (FORMAT.md, "manifest.json").
 *
 * It is the payload's first entry and names every other entry with size and SHA-256, so that one
 * verified document vouches for all the rest. The builder fills the struct and writes it; the
 * stub and `hardtack inspect` parse it. Parsing is strict: an unknown schema, a missing field, a
 * path outside the bundle or a number out of range is CODE_INTEGRITY (the file is not what the
 * builder wrote). All strings live in the arena that was handed in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "digest.h"
#include "err.h"
#include "text.h"

#define MANIFEST_SCHEMA 1
#define MANIFEST_PATH "hardtack/manifest.json"
#define MANIFEST_FILES_PREFIX "hardtack/files/"
#define MANIFEST_CONTROL_NAME "hardtack-control"
enum { MANIFEST_LIMIT = 16 << 20 }; /* bytes; 10,000 blobs need about 2 MiB */

/* A text in both languages; either may be NULL, then the other serves. */
struct manifest_text {
	const char *en;
	const char *zh;
};

struct manifest_layer {
	const char *digest;  /* "sha256:<64 hex>" of the blob as it is in the bundle */
	const char *diff_id; /* "sha256:<64 hex>" of the uncompressed layer tar */
	const char *media_type;
	uint64_t size_bytes;
};

struct manifest_image {
	const char
		*reference; /* as the project names it, normalised: docker.io/library/postgres:17 */
	const char
		*tag; /* the private one that is loaded: docker.io/library/postgres:17-<12 hex> */
	const char *pin;    /* manifest digest */
	const char *index;  /* digest of the index it was found in, or NULL */
	const char *config; /* config digest */
	uint64_t config_size;
	const char *manifest_media_type;
	uint64_t manifest_size;
	const char *os, *architecture, *variant; /* from the config; variant may be NULL */
	struct manifest_layer *layers;
	size_t layer_count;
	uint64_t unpacked_bytes; /* sum of the uncompressed layers; 0 = not known */
};

/* A published port, before interpolation: the stub fills in the values of .env
 * (interpolation.h), because the person may have changed them. */
struct manifest_port {
	const char *host_ip;   /* "", "127.0.0.1", "${BIND:-127.0.0.1}" … "" = all interfaces */
	const char *published; /* "3000", "${LANGFUSE_PORT:-3000}", "3000-3005", "" = chosen by
				  Docker */
	const char *target;    /* port in the container */
	const char *protocol;  /* "tcp" or "udp" */
};

struct manifest_service {
	const char *name;
	size_t image;               /* index into images */
	bool active;                /* false: only started with its profile */
	bool has_healthcheck;       /* the compose file's or the image's own */
	const char *container_name; /* fixed by the compose file, or NULL */
	struct manifest_port *ports;
	size_t port_count;
};

/* An entry of the tar: under MANIFEST_FILES_PREFIX, one of the image part's three, or a blob. */
struct manifest_entry {
	const char *path; /* in the tar */
	uint64_t size_bytes;
	struct sha256 sha256;
	unsigned mode;   /* 0644 or 0755 */
	const char *url; /* where a download came from, without login and query; or NULL */
};

/* A library that is linked into the program of this file. */
struct manifest_library {
	const char *name, *version;
	const char *license;     /* SPDX licence expression */
	const char *url, *sha256; /* of the source; NULL for parts of the compiler */
};

/* A dotenv file that is rendered on the target (env_template.h): once, 0600, never overwritten;
 * a later run only adds new keys. All other files are copied as they are. */
struct manifest_template {
	const char *path;   /* below files/: "env.template", "web.env" */
	const char *target; /* relative to the project's directory: ".env", "web.env" */
	bool fill; /* for readers that know no .env: references become values, and follow it */
};

struct manifest_step {
	const char *kind; /* "up", "wait_healthy", "wait_log", "http", "exec", "message" */
	const char *json; /* its parameters: one JSON object, as written */
};

struct manifest {
	const char *name;    /* compose project name */
	const char *version; /* may be NULL */
	struct manifest_text title;
	const char *builder;   /* "hardtack 0.1.0" */
	const char *compose;   /* path below files/ of the top compose file */
	const char *control;   /* path below files/ of the control program, or NULL */
	const char *installer; /* in the control program itself: the installer's file name; then
				  the bundle has the images' descriptions, but no image part */
	struct manifest_template *templates; /* the one with target ".env" first, if there is one */
	size_t template_count;
	const char **directories; /* empty ones to make, relative to the project's directory */
	size_t directory_count;
	const char **profiles; /* active ones */
	size_t profile_count;
	struct manifest_image *images;
	size_t image_count;
	struct manifest_service *services;
	size_t service_count;
	struct manifest_entry
		*entries; /* every tar entry but manifest.json (and .sig), in tar order */
	size_t entry_count;
	struct manifest_step *steps;
	size_t step_count;
	struct manifest_library *libraries; /* none in files of an older hardtack */
	size_t library_count;
	struct manifest_text handoff;  /* paths below files/ */
	const char *preflight_json;    /* JSON object of thresholds, or NULL */
	const char *known_issues_json; /* JSON array, or NULL */
	const char *backup_json;       /* the backup hook: JSON object, or NULL */
	/* Other ways to run it, in order (docs/fallback.md). Each is a manifest of its own: images
	 * are the bundle's, entries are those that it installs. No item has a fallback itself. */
	struct manifest *fallback;
	size_t fallback_count;
	const char *variant; /* of an item of fallback: its name there; NULL: the first choice */
	const char **files;  /* with fallback: paths below files/ that this one installs */
	size_t file_count;
};

enum { MANIFEST_VARIANT_NAME_LIMIT = 16 };

/* bytes -> struct. The text may be changed or freed afterwards. */
int manifest_parse(const char *json, size_t length, struct arena *arena, struct manifest **out,
	struct err *err);

/* struct -> bytes: two-space indented, fields in a fixed order; the same struct gives the same
 * bytes everywhere. */
void manifest_write(const struct manifest *manifest, struct text *out);

/* "linux/arm64" or "linux/arm/v7". */
const char *manifest_platform(const struct manifest_image *image, struct arena *arena);

/* Variant number 0 is the bundle's first choice, then those of fallback. What a program that runs
 * one of them reads: without a fallback, the manifest itself. */
const struct manifest *manifest_variant(
	const struct manifest *manifest, size_t number, struct arena *arena);

/* A letter, then letters, digits and -, in lower case: part of directories' and projects' names. */
bool manifest_is_variant_name(const char *name);

/* Does a service of this manifest (active: one that `up` starts) use that image? */
bool manifest_uses_image(const struct manifest *manifest, size_t image, bool active);

/* The entry of this path, or NULL. */
const struct manifest_entry *manifest_find_entry(const struct manifest *manifest, const char *path);

/* The better text for the current language; "" when there is none. */
const char *manifest_text_pick(const struct manifest_text *text);

/* A relative path that stays where it is: no empty, "." or ".." component, no leading slash. */
bool manifest_is_safe_path(const char *path);

/* Tar path of a blob by its "sha256:<hex>" digest: "blobs/sha256/<hex>". */
const char *manifest_blob_path(const char *digest, struct arena *arena);
