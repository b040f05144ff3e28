/*
 * Image references: "postgres:17", "ghcr.io/a/b@sha256:…" (grammar: distribution/reference).
 *
 *     reference  = name [":" tag] ["@" digest]
 *     name       = [domain "/"] path          path: lower case, at most 255 bytes with the domain
 *     domain     = a first component with a "." or ":" in it, or "localhost", or in upper case
 *     tag        = [A-Za-z0-9_][A-Za-z0-9_.-]{0,127}
 *     digest     = "sha256:" 64 lower-case hex digits (no other algorithm here)
 *
 * Normalised, as Docker does it: without a domain it is docker.io; "index.docker.io" is docker.io;
 * one component on docker.io gets "library/"; without tag and digest the tag is "latest".
 * Pure: no files, no network. All strings live in the arena.
 */
#pragma once

#include <stdbool.h>

#include "arena.h"
#include "err.h"

struct image_reference {
	const char *domain; /* "docker.io", "localhost:5000" */
	const char *path;   /* "library/postgres" */
	const char *tag;    /* NULL when there is only a digest */
	const char *digest; /* "sha256:<64 hex>" or NULL */
	bool tag_given;     /* false: the tag is the default "latest" */
};

/* The text as a normalised reference. Refused as CODE_INPUT with the reason: what the grammar does
 * not allow, 64 hex digits alone (Docker reads that as an image id), other digest algorithms. */
int image_reference_parse(
	const char *text, struct arena *arena, struct image_reference *out, struct err *err);

/* "docker.io/library/postgres": the repository. */
const char *image_reference_repository(const struct image_reference *ref, struct arena *arena);

/* "docker.io/library/postgres:17", "…:17@sha256:…", "…@sha256:…". */
const char *image_reference_text(const struct image_reference *ref, struct arena *arena);

/* As a person writes it: "postgres:17", "grafana/grafana:11"; other domains stay. */
const char *image_reference_familiar(const struct image_reference *ref, struct arena *arena);

/* The same name, tag and digest? */
bool image_reference_equal(const struct image_reference *a, const struct image_reference *b);

/* The private, immutable tag that is loaded on the target: "docker.io/library/postgres:17-<first
 * 12 hex digits of the pin>". The tag in front is cut so that all of it has at most 128
 * characters; a reference with a digest only gets "pinned-<12 hex>". pin is "sha256:<64 hex>". */
const char *image_reference_private_tag(
	const struct image_reference *ref, const char *pin, struct arena *arena);
