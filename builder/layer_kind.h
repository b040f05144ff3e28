/* Which layers can be packed, judged by media type before their bytes are read. */
#pragma once

#include "oci_image.h"

/*
 * Refused (CODE_INPUT): zstd, which Docker 20.10 cannot read; foreign layers, which may not be
 * passed on; unknown media types. A layer without compression whose digest is not the config's
 * diff_id is CODE_INTEGRITY. name is whose layer it is, for errors.
 */
int layer_kind_check(
	const char *name, const struct oci_descriptor *layer, const char *diff_id, struct err *err);
