/* YAML nodes -> compose values: aliases, merge keys, interpolation. */
#include "compose_value.h"

#include <string.h>

#include "message.h"

struct conversion {
	struct interpolation_listener listener; /* first: the listener is the conversion */
	struct arena *arena;
	const struct compose_file *file;
	const struct variable_set *variables;
	struct finding_list *warnings;
	const struct yaml_node *node; /* being interpolated */
	struct err *err;
};

static struct compose_value *convert(struct conversion *conversion, struct yaml_node *node);

static void on_unset(struct interpolation_listener *listener, const char *name)
{
	struct conversion *conversion = (struct conversion *)listener;
	if (!conversion->warnings)
		return;
	struct finding *finding = finding_add(conversion->warnings, FINDING_WARNING,
		"unset-variable", conversion->file->path, conversion->node->line,
		"the variable %s is not set; compose takes it as empty", name);
	finding_remedy(conversion->warnings, finding, "set %s in the env file, or write ${%s:-}",
		name, name);
}

static enum compose_value_tag tag_of(const struct yaml_node *node)
{
	if (node->tag && strcmp(node->tag, "!reset") == 0)
		return COMPOSE_TAG_RESET;
	if (node->tag && strcmp(node->tag, "!override") == 0)
		return COMPOSE_TAG_OVERRIDE;
	return COMPOSE_TAG_NONE;
}

static int convert_scalar(
	struct conversion *conversion, const struct yaml_node *node, struct compose_value *value)
{
	value->kind = yaml_node_is_null(node) ? COMPOSE_NULL : COMPOSE_SCALAR;
	value->raw = node->text;
	value->text = "";
	if (value->kind == COMPOSE_NULL)
		return 0;
	conversion->node = node;
	value->text = interpolation_expand(conversion->arena, node->text, conversion->variables,
		&conversion->listener, conversion->err);
	if (!value->text)
		return err_wrap(conversion->err, "%s:%u", conversion->file->path, node->line);
	return 0;
}

static void add_field(struct conversion *conversion, struct compose_value *map,
	const struct yaml_pair *pair, struct compose_value *field)
{
	struct compose_field *slot =
		ARENA_PUSH(conversion->arena, map->fields, map->count, map->capacity);
	*slot = (struct compose_field){pair->key->text, pair->key, pair->value, field};
}

/* The maps behind one merge key: later ones do not replace what earlier ones gave. */
static int merge_key(
	struct conversion *conversion, struct yaml_node *node, struct compose_value *map)
{
	node = yaml_node_resolve(node);
	if (node->kind == YAML_SEQUENCE) {
		for (size_t i = 0; i < node->count; i++)
			if (yaml_node_resolve(node->items[i])->kind != YAML_MAPPING ||
				merge_key(conversion, node->items[i], map) < 0)
				goto bad;
		return 0;
	}
	if (node->kind != YAML_MAPPING)
		goto bad;
	struct compose_value *merged = convert(conversion, node);
	if (!merged)
		return -1;
	for (size_t i = 0; i < merged->count; i++)
		if (!compose_value_field(map, merged->fields[i].key))
			*ARENA_PUSH(conversion->arena, map->fields, map->count, map->capacity) =
				merged->fields[i];
	return 0;
bad:
	return conversion->err->code
		       ? -1
		       : err_set(conversion->err, CODE_INPUT,
				 "%s:%u: a merge key (<<) takes a mapping or a list of mappings",
				 conversion->file->path, node->line);
}

static int convert_map(
	struct conversion *conversion, const struct yaml_node *node, struct compose_value *map)
{
	for (size_t i = 0; i < node->count; i++) {
		if (yaml_node_is_merge_key(node->pairs[i].key))
			continue;
		struct compose_value *field = convert(conversion, node->pairs[i].value);
		if (!field)
			return -1;
		add_field(conversion, map, &node->pairs[i], field);
	}
	for (size_t i = 0; i < node->count; i++)
		if (yaml_node_is_merge_key(node->pairs[i].key) &&
			merge_key(conversion, node->pairs[i].value, map) < 0)
			return -1;
	return 0;
}

static int convert_list(
	struct conversion *conversion, const struct yaml_node *node, struct compose_value *list)
{
	for (size_t i = 0; i < node->count; i++) {
		struct compose_value *item = convert(conversion, node->items[i]);
		if (!item)
			return -1;
		*ARENA_PUSH(conversion->arena, list->items, list->count, list->capacity) = item;
	}
	return 0;
}

static struct compose_value *convert(struct conversion *conversion, struct yaml_node *node)
{
	node = yaml_node_resolve(node);
	struct compose_value *value = ARENA_NEW(conversion->arena, struct compose_value);
	value->file = conversion->file;
	value->node = node;
	value->tag = tag_of(node);
	value->text = value->raw = "";
	int result;
	if (node->kind == YAML_MAPPING) {
		value->kind = COMPOSE_MAP;
		result = convert_map(conversion, node, value);
	} else if (node->kind == YAML_SEQUENCE) {
		value->kind = COMPOSE_LIST;
		result = convert_list(conversion, node, value);
	} else {
		result = convert_scalar(conversion, node, value);
	}
	return result < 0 ? NULL : value;
}

struct compose_value *compose_value_new(struct arena *arena, const struct compose_file *file,
	struct yaml_node *node, const struct variable_set *variables, struct finding_list *warnings,
	struct err *err)
{
	struct conversion conversion = {{on_unset}, arena, file, variables, warnings, node, err};
	return convert(&conversion, node);
}

struct compose_field *compose_value_field(const struct compose_value *value, const char *key)
{
	if (!value || value->kind != COMPOSE_MAP)
		return NULL;
	for (size_t i = 0; i < value->count; i++)
		if (strcmp(value->fields[i].key, key) == 0)
			return &value->fields[i];
	return NULL;
}

struct compose_value *compose_value_get(const struct compose_value *value, const char *key)
{
	const struct compose_field *field = compose_value_field(value, key);
	if (!field || field->value->kind == COMPOSE_NULL || field->value->tag == COMPOSE_TAG_RESET)
		return NULL;
	return field->value;
}

struct compose_place compose_value_place(const struct compose_value *value)
{
	const struct yaml_node *node = value->node;
	bool scalar = node->kind == YAML_SCALAR;
	return (struct compose_place){
		value->file, node->line, scalar ? node->begin : 0, scalar ? node->end : 0};
}

int compose_value_fail(const struct compose_value *value, struct err *err, const char *format, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), T(format), ap);
	va_end(ap);
	return err_set(err, CODE_INPUT, "%s:%u: %s", value->file->path, value->node->line, text);
}

int compose_value_text(
	const struct compose_value *value, const char *key, const char **out, struct err *err)
{
	const struct compose_value *field = compose_value_get(value, key);
	*out = NULL;
	if (!field)
		return 0;
	if (field->kind != COMPOSE_SCALAR)
		return compose_value_fail(field, err, "%s must be a text", key);
	*out = field->text;
	return 0;
}

int compose_value_bool(const struct compose_value *value, bool fallback, bool *out, struct err *err)
{
	static const char *const yes[] = {"true", "yes", "on", "y", "1"};
	static const char *const no[] = {"false", "no", "off", "n", "0"};
	*out = fallback;
	if (!value)
		return 0;
	for (size_t i = 0; value->kind == COMPOSE_SCALAR && i < ARRAY_SIZE(yes); i++) {
		*out = text_equal_ignoring_case(value->text, yes[i]);
		if (*out || text_equal_ignoring_case(value->text, no[i]))
			return 0;
	}
	return compose_value_fail(value, err, "this must be true or false");
}

int compose_value_expect(const struct compose_value *value, enum compose_value_kind kind,
	enum compose_value_kind other, const char *what, struct err *err)
{
	if (value->kind == kind || value->kind == other)
		return 0;
	if (kind == COMPOSE_MAP && other == COMPOSE_MAP)
		return compose_value_fail(value, err, "%s must be a mapping (name: value)", what);
	return compose_value_fail(value, err, "%s has the wrong type", what);
}
