/* Lint of secrets that are written in the compose file itself. */
#pragma once

#include "compose_project.h"

void lint_secret_check(const struct compose_service *service, struct finding_list *findings);
