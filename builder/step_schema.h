/*
 * The steps of hardtack.yaml's sop: (docs/sop.md): shape here, sense in step_check().
 */
#pragma once

#include "project_file.h"
#include "project_schema.h"

/* A step ("- up: {}", "- up"): its kind and the JSON of its parameters. */
int step_schema_parse(struct arena *arena, const struct yaml_document *document,
	struct yaml_node *node, struct manifest_step *step, struct err *err);

/* What the texts of the steps may refer to. */
struct step_world {
	/* What .env will have on the target, with values that stand in for the real ones. */
	const struct variable_set *variables;
	bool (*has_service)(const void *context, const char *name);
	const void *context;
	bool pack_secrets; /* --pack-secrets: passwords may be written out */
};

/*
 * Does every step make sense: addresses of this machine, regular expressions and JSON paths that
 * can be read, services that exist, variables that will have a value when their step runs (also in
 * smoke, which leaves steps out), no secrets written out or in command lines? CODE_INPUT with
 * file:line. A project file without steps is fine.
 */
int step_check(const struct project_file *file, const struct step_world *world, struct arena *arena,
	struct err *err);
