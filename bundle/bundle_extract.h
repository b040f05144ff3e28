/* Unpacking a bundle into a directory, as `tar -x` would, with every entry verified. */
#pragma once

#include "bundle_reader.h"

/* directory is made when missing and must be empty otherwise (CODE_USAGE). When an entry fails,
 * what was written is removed again. */
int bundle_extract(const struct bundle *bundle, const char *directory, struct err *err);

/* One entry into one file, whole or not at all, with exactly this mode. */
int bundle_extract_file(const struct bundle *bundle, const char *entry, const char *path,
	unsigned mode, struct err *err);
