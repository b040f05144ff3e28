/* The files of a project put together: `include` followed, `extends` carried out. */
#pragma once

#include "compose_value.h"

struct compose_field_list {
	struct compose_field *items;
	size_t count, capacity;
};

/* What all files together define. A service's value is merged with what it extends; its value_node
 * is its own definition, value->file the file that it stands in. */
struct compose_model {
	struct compose_value *root; /* the main file's mapping, or an empty one */
	struct compose_field_list services, volumes, networks, configs, secrets;
};

/* Fills project->directory, files, env_path, variables, include_env_files, reader; the rest is read
 * from the model. */
int compose_load(struct compose_project *project, const char *path,
	const struct compose_options *options, struct finding_list *warnings,
	struct compose_model *model, struct err *err);
