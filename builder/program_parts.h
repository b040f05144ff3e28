/* What the stub of a target is made of, for the manifest and the SBOM. */
#pragma once

#include "manifest.h"

/* Fills the manifest's libraries: those that the target's stub is linked with, as the build
 * wrote them into this program (bundle/license_text.h). */
int program_parts_fill(
	const char *target, struct manifest *manifest, struct arena *arena, struct err *err);
