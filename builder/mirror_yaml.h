/* The mapping `mirrors:` of hardtack.yaml and of the user's config:
 *
 *     mirrors:
 *       docker.io: [mirror.example, "other.example/hub/{repo}:{tag}"]
 *       ghcr.io: mirror.example/ghcr
 */
#pragma once

#include "mirror_policy.h"
#include "yaml_document.h"

/* Adds its rules, in the order in which they are written. CODE_INPUT with file:line. */
int mirror_yaml_parse(struct mirror_policy *policy, struct arena *arena,
	const struct yaml_document *document, const struct yaml_node *node, struct err *err);
