/* Proof that edited compose files still are the same project with the new images. */
#pragma once

#include "compose_rewrite.h"

/* Reads the edited files as compose would and compares every service of the project: image and
 * pull_policy as asked for, everything else as before. */
int compose_rewrite_check(struct arena *arena, const struct compose_project *project,
	const struct compose_image *images, size_t image_count,
	const struct compose_rewritten *files, struct err *err);
