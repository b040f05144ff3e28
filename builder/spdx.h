/*
 * What an installer holds as an SPDX 2.3 document (JSON; spdx.github.io/spdx-spec/v2.3): the
 * installer, its images with their layers, files and downloads, its program with the libraries
 * that are linked into it, and how they belong together. docs/sbom.md says what stands where.
 *
 * The same installer gives the same bytes: "created" is the time that the entries of its payload
 * carry (SOURCE_DATE_EPOCH of the build, else 1970), the namespace ends with the root.
 */
#pragma once

#include "installer_open.h"

/* Adds the document. Everything in it is from the manifest: only a verified installer's is worth
 * something. */
int spdx_add(
	const struct installer *installer, struct arena *arena, struct text *out, struct err *err);
