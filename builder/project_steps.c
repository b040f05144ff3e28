/* The procedure of a project as the manifest carries it. */
#include "project_steps.h"

static const struct manifest_step default_steps[] = {
	{"up", "{}"},
	{"wait_healthy", "{}"},
};

void project_steps_fill(
	const struct project *project, struct manifest *manifest, struct arena *arena)
{
	(void)project;
	manifest->step_count = ARRAY_SIZE(default_steps);
	manifest->steps = arena_alloc(arena, sizeof(default_steps));
	for (size_t i = 0; i < manifest->step_count; i++)
		manifest->steps[i] = default_steps[i];
}
