/* config.yaml -> struct. */
#include "user_config.h"

#include <string.h>
#include <unistd.h>

#include "file_io.h"
#include "mirror_yaml.h"
#include "number.h"
#include "project_schema.h"
#include "transfer_rate.h"

enum { MOST_JOBS = 64 };

struct parser {
	struct arena *arena;
	const struct yaml_document *document;
	struct user_config *config;
	struct err *err;
};

static int parse_text(
	struct parser *parser, const struct yaml_node *node, const char *key, const char **out)
{
	if (node->kind != YAML_SCALAR || yaml_node_is_null(node) || !*node->text)
		return project_schema_fail(
			parser->document, node, parser->err, "%s must be a text", key);
	*out = node->text;
	return 0;
}

static int parse_mirrors(struct parser *parser, const struct yaml_node *node)
{
	return mirror_yaml_parse(
		&parser->config->mirrors, parser->arena, parser->document, node, parser->err);
}

static int parse_ca(struct parser *parser, const struct yaml_node *node)
{
	const char *name;
	const char *path = parser->config->path, *slash = strrchr(path, '/');
	if (parse_text(parser, node, "ca", &name) < 0)
		return -1;
	parser->config->ca_file = *name == '/' || !slash ? name
							 : arena_printf(parser->arena, "%.*s/%s",
								   (int)(slash - path), path, name);
	return 0;
}

static int add_plain(struct parser *parser, const struct yaml_node *node)
{
	struct option_list *list = &parser->config->plain_http;
	const char *host;
	if (parse_text(parser, node, "plain_http", &host) < 0)
		return -1;
	*ARENA_PUSH(parser->arena, list->items, list->count, list->capacity) = host;
	return 0;
}

static int parse_plain(struct parser *parser, const struct yaml_node *node)
{
	if (node->kind != YAML_SEQUENCE)
		return add_plain(parser, node);
	for (size_t i = 0; i < node->count; i++)
		if (add_plain(parser, yaml_node_resolve(node->items[i])) < 0)
			return -1;
	return 0;
}

static int parse_rate(struct parser *parser, const struct yaml_node *node)
{
	const char *text;
	if (parse_text(parser, node, "limit_rate", &text) < 0)
		return -1;
	if (transfer_rate_parse(text, &parser->config->limit_rate_bytes_per_s, parser->err) == 0)
		return 0;
	return project_schema_fail(parser->document, node, parser->err,
		"%s must be a rate such as 500K, 2M or 1MiB", "limit_rate");
}

static int parse_jobs(struct parser *parser, const struct yaml_node *node)
{
	const char *text;
	if (parse_text(parser, node, "jobs", &text) < 0)
		return -1;
	if (number_parse_u64(text, &parser->config->jobs) && parser->config->jobs > 0 &&
		parser->config->jobs <= MOST_JOBS)
		return 0;
	return project_schema_fail(parser->document, node, parser->err,
		"%s must be a number from 1 to %d", "jobs", (int)MOST_JOBS);
}

static const struct {
	const char *key;
	int (*parse)(struct parser *parser, const struct yaml_node *node);
} sections[] = {
	{"mirrors", parse_mirrors},
	{"ca", parse_ca},
	{"plain_http", parse_plain},
	{"limit_rate", parse_rate},
	{"jobs", parse_jobs},
};

static int parse_section(struct parser *parser, const struct yaml_pair *pair)
{
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (strcmp(sections[i].key, pair->key->text) == 0)
			return sections[i].parse(parser, yaml_node_resolve(pair->value));
	project_schema_fail(
		parser->document, pair->key, parser->err, "unknown key \"%s\"", pair->key->text);
	return err_hint(parser->err, "there are mirrors, ca, plain_http, limit_rate and jobs");
}

int user_config_parse(struct arena *arena, const char *path, const char *bytes, size_t length,
	struct user_config *out, struct err *err)
{
	*out = (struct user_config){.path = path};
	const struct yaml_document *document = yaml_document_parse(arena, path, bytes, length, err);
	if (!document)
		return -1;
	struct parser parser = {arena, document, out, err};
	const struct yaml_node *root = yaml_node_resolve(document->root);
	if (!root || yaml_node_is_null(root))
		return 0;
	if (root->kind != YAML_MAPPING)
		return project_schema_fail(
			document, root, err, "%s must be a mapping (name: value)", "config.yaml");
	for (size_t i = 0; i < root->count; i++)
		if (parse_section(&parser, &root->pairs[i]) < 0)
			return -1;
	return 0;
}

static const char *default_path(struct arena *arena)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	/* "All paths must be absolute; if not, ignore" (XDG base directory specification). */
	if (xdg && *xdg == '/')
		return arena_printf(arena, "%s/hardtack/config.yaml", xdg);
	if (home && *home == '/')
		return arena_printf(arena, "%s/.config/hardtack/config.yaml", home);
	return NULL;
}

int user_config_read(struct arena *arena, struct user_config *out, struct err *err)
{
	const char *path = default_path(arena);
	char *bytes;
	size_t length;
	*out = (struct user_config){.path = path};
	if (!path || access(path, F_OK) < 0)
		return 0;
	if (file_read_all(path, YAML_LIMIT_BYTES, arena, &bytes, &length, err) < 0)
		return -1;
	return user_config_parse(arena, path, bytes, length, out, err);
}
