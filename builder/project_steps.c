/* The procedure of a project as the manifest carries it. */
#include "project_steps.h"

static const struct manifest_step default_steps[] = {
	{"up", "{}"},
	{"wait_healthy", "{}"},
};

void project_steps_fill(
	const struct project *project, struct manifest *manifest, struct arena *arena)
{
	const struct project_file *file = project->file;
	const struct manifest_step *steps = default_steps;
	manifest->step_count = ARRAY_SIZE(default_steps);
	if (file && file->step_count) {
		steps = file->steps;
		manifest->step_count = file->step_count;
	}
	manifest->steps = arena_alloc(arena, manifest->step_count * sizeof(*steps));
	for (size_t i = 0; i < manifest->step_count; i++)
		manifest->steps[i] = steps[i];
	if (!file)
		return;
	manifest->title = file->title;
	manifest->handoff = file->handoff;
	manifest->preflight_json = file->preflight_json;
	manifest->known_issues_json = file->known_issues_json;
	manifest->backup_json = file->backup_json;
}
