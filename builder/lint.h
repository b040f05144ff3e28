/* Advice about a compose project: what will bite on the target, where it is written, what to write.
 */
#pragma once

#include "compose_project.h"

/* Adds warnings, and errors for what is proven fatal from the compose file alone (an explicit
 * postgres >= 18 over a volume at /var/lib/postgresql/data). */
void lint_project(const struct compose_project *project, struct finding_list *findings);

/*
 * What is proven fatal once the image is known: image_env are the "NAME=value" strings of the
 * packed image's own config (Env). Adds errors (rule postgres-18-volume), each with the exact
 * replacement line. build stops on them.
 */
void lint_known_fatal(const struct compose_project *project, const struct compose_service *service,
	const char *const *image_env, size_t image_env_count, struct finding_list *findings);
