/*
 * Templates among the files that are handed over (files:): NAME.template becomes NAME on the
 * target, an env file with the references to .env filled in (docs/env-template.md). env.template
 * becomes .env, as at the top of a project. What a service mounts stays as it is, whatever its
 * name.
 */
#pragma once

#include "compose_closure.h"

/* "client/.env" for "client/.env.template"; NULL when the name says no template. */
const char *closure_template_target(struct arena *arena, const char *packed);

/* Marks the entries from `first` on that are templates, and refuses those that cannot be rendered:
 * no env file, a name that .env will not have, a target that is packed as well. */
int closure_template_mark(const struct compose_project *project, struct closure *closure,
	size_t first, struct finding_list *findings, struct err *err);
