/* Rules of mirrors from YAML. */
#include "mirror_yaml.h"

#include "project_schema.h"

static int add_place(struct mirror_policy *policy, struct arena *arena,
	const struct yaml_document *document, const char *registry, const struct yaml_node *node,
	struct err *err)
{
	if (node->kind != YAML_SCALAR || yaml_node_is_null(node) || !*node->text)
		return project_schema_fail(document, node, err, "%s must be a text", registry);
	const char *from = arena_printf(arena, "%s:%u", document->name, node->line);
	if (mirror_policy_add_rule(policy, arena, registry, node->text, from, err) < 0) {
		err->code = CODE_INPUT;
		return -1;
	}
	return 0;
}

int mirror_yaml_parse(struct mirror_policy *policy, struct arena *arena,
	const struct yaml_document *document, const struct yaml_node *node, struct err *err)
{
	if (node->kind != YAML_MAPPING)
		return project_schema_fail(
			document, node, err, "%s must be a mapping (name: value)", "mirrors");
	for (size_t i = 0; i < node->count; i++) {
		const char *registry = node->pairs[i].key->text;
		struct yaml_node *places = yaml_node_resolve(node->pairs[i].value);
		if (places->kind != YAML_SEQUENCE) {
			if (add_place(policy, arena, document, registry, places, err) < 0)
				return -1;
			continue;
		}
		for (size_t j = 0; j < places->count; j++)
			if (add_place(policy, arena, document, registry,
				    yaml_node_resolve(places->items[j]), err) < 0)
				return -1;
	}
	return 0;
}
