/* Lint of images: tags that move, and Postgres 18 over the old volume path. */
#pragma once

#include "compose_project.h"

void lint_image_check(const struct compose_service *service, struct finding_list *findings);

/* With the image's own Env ("NAME=value"): an error when it is Postgres 18 or later. */
void lint_image_check_config(const struct compose_service *service, const char *const *image_env,
	size_t image_env_count, struct finding_list *findings);
