/* The procedure that travels in the manifest: the project file's, or the default one. */
#pragma once

#include "manifest.h"
#include "project.h"

/* Fills title, steps, handoff, preflight and known issues. A bare compose file gets
 * up, wait_healthy: what preflight, load and the URLs at the end are is the stub's own plan. */
void project_steps_fill(
	const struct project *project, struct manifest *manifest, struct arena *arena);
