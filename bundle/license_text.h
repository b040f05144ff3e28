/*
 * What this program is made of besides its own code: every library that is linked into it, with
 * the text of its licence. Embedded, compressed, by the build (scripts/licenses.py,
 * scripts/embed.c) from the pinned sources; the list is the one that the linker was given.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "err.h"

struct license_text {
	const char *name;
	const char *version;
	const char *license; /* SPDX licence expression */
	const char *url;     /* of the source; "" for parts of the compiler */
	const char *sha256;  /* of that source, or "" */
	const char *targets; /* whose stub has it: "linux-amd64 linux-arm64"; "" when none has */
	const char *text;
};

/* The embedded bytes (zlib, RFC 1950). Each program has its own: license_blob. */
struct license_blob {
	const unsigned char *bytes;
	size_t length;
	size_t raw_length;
};
extern const struct license_blob license_blob;

/* All of them, this program itself first; in the arena. CODE_BUG when the embedded bytes are not
 * what the build wrote. */
int license_text_list(const struct license_blob *blob, struct arena *arena,
	struct license_text **out, size_t *count, struct err *err);

/* Is the target one of those that have it in their stub? */
bool license_text_is_for(const struct license_text *part, const char *target);
