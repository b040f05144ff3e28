/* hardtack.yaml -> struct. */
#include "project_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "compose_path.h"
#include "file_io.h"
#include "message.h"
#include "mirror_yaml.h"
#include "pattern.h"
#include "project_name.h"
#include "project_schema.h"
#include "step_schema.h"

struct parser {
	struct arena *arena;
	const struct yaml_document *document;
	struct project_file *file;
	struct err *err;
};

__attribute__((format(printf, 3, 4))) static int section_fail(
	const struct parser *parser, const struct yaml_node *node, const char *format, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), T(format), ap);
	va_end(ap);
	return project_schema_fail(parser->document, node, parser->err, "%s", text);
}

static int parse_text(
	struct parser *parser, const struct yaml_node *node, const char *key, const char **out)
{
	if (node->kind != YAML_SCALAR || yaml_node_is_null(node) || !*node->text)
		return section_fail(parser, node, "%s must be a text", key);
	*out = node->text;
	return 0;
}

/* A path below the project directory. */
static int parse_path(
	struct parser *parser, const struct yaml_node *node, const char *key, const char **out)
{
	if (parse_text(parser, node, key, out) < 0)
		return -1;
	if (compose_path_escapes(compose_path_join(parser->arena, "", *out)))
		return section_fail(parser, node, "%s lies outside the project directory", *out);
	return 0;
}

static int parse_local(struct parser *parser, const struct yaml_node *node, const char *key,
	bool path, struct manifest_text *out)
{
	int (*parse)(struct parser *, const struct yaml_node *, const char *, const char **) =
		path ? parse_path : parse_text;
	if (node->kind == YAML_SCALAR)
		return parse(parser, node, key, &out->en);
	if (node->kind != YAML_MAPPING || node->count == 0)
		return section_fail(
			parser, node, "%s must be a text, or {en: text, zh: text}", key);
	for (size_t i = 0; i < node->count; i++) {
		const char *language = node->pairs[i].key->text;
		const struct yaml_node *value = yaml_node_resolve(node->pairs[i].value);
		const char **slot = strcmp(language, "en") == 0   ? &out->en
				    : strcmp(language, "zh") == 0 ? &out->zh
								  : NULL;
		if (!slot)
			return section_fail(parser, node->pairs[i].key, "%s: unknown key \"%s\"",
				key, language);
		if (parse(parser, value, key, slot) < 0)
			return -1;
	}
	return 0;
}

static int expect_list(struct parser *parser, const struct yaml_node *node, const char *key)
{
	return node->kind == YAML_SEQUENCE ? 0
					   : section_fail(parser, node, "%s must be a list", key);
}

static int parse_schema(struct parser *parser, const struct yaml_node *node)
{
	if (node->kind == YAML_SCALAR && strcmp(node->text, "1") == 0)
		return 0;
	section_fail(parser, node, "this hardtack reads \"hardtack: 1\" only");
	return err_hint(parser->err, "a newer project file needs a newer hardtack");
}

static int parse_name(struct parser *parser, const struct yaml_node *node)
{
	if (parse_text(parser, node, "name", &parser->file->name) < 0)
		return -1;
	if (project_name_is_valid(node->text))
		return 0;
	section_fail(parser, node, "\"%s\" is not a valid project name", node->text);
	return err_hint(parser->err, "use lower-case letters, digits, - and _, beginning with a "
				     "letter or digit");
}

static int parse_version(struct parser *parser, const struct yaml_node *node)
{
	return parse_text(parser, node, "version", &parser->file->version);
}

static int parse_title(struct parser *parser, const struct yaml_node *node)
{
	return parse_local(parser, node, "title", false, &parser->file->title);
}

static int parse_handoff(struct parser *parser, const struct yaml_node *node)
{
	return parse_local(parser, node, "handoff", true, &parser->file->handoff);
}

/* A file beside hardtack.yaml, so that one directory is the project. */
static int parse_beside(
	struct parser *parser, const struct yaml_node *node, const char *key, const char **out)
{
	if (parse_path(parser, node, key, out) < 0)
		return -1;
	*out = compose_path_join(parser->arena, "", *out);
	return strchr(*out, '/')
		       ? section_fail(parser, node, "%s must name a file beside hardtack.yaml", key)
		       : 0;
}

static int parse_compose(struct parser *parser, const struct yaml_node *node)
{
	return parse_beside(parser, node, "compose", &parser->file->compose);
}

static int parse_env(struct parser *parser, const struct yaml_node *node)
{
	return parse_beside(parser, node, "env", &parser->file->env);
}

static int parse_files(struct parser *parser, const struct yaml_node *node)
{
	struct project_file *file = parser->file;
	if (expect_list(parser, node, "files") < 0)
		return -1;
	file->files = arena_alloc(parser->arena, (node->count + 1) * sizeof(*file->files));
	for (size_t i = 0; i < node->count; i++)
		if (parse_path(parser, yaml_node_resolve(node->items[i]), "files",
			    &file->files[file->file_count++]) < 0)
			return -1;
	return 0;
}

static bool is_sha256(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static int parse_download(
	struct parser *parser, const struct yaml_node *node, struct project_download *download)
{
	download->line = node->line;
	if (node->kind != YAML_MAPPING)
		return section_fail(
			parser, node, "%s must be a mapping (name: value)", "downloads");
	for (size_t i = 0; i < node->count; i++) {
		const char *key = node->pairs[i].key->text;
		const struct yaml_node *value = yaml_node_resolve(node->pairs[i].value);
		const char **slot = strcmp(key, "url") == 0      ? &download->url
				    : strcmp(key, "sha256") == 0 ? &download->sha256
				    : strcmp(key, "to") == 0     ? &download->to
								 : NULL;
		if (!slot)
			return section_fail(parser, node->pairs[i].key, "%s: unknown key \"%s\"",
				"downloads", key);
		if ((slot == &download->to ? parse_path : parse_text)(parser, value, key, slot) < 0)
			return -1;
	}
	if (!download->url || !download->to)
		return section_fail(parser, node, "%s: the key \"%s\" is missing", "downloads",
			download->url ? "to" : "url");
	if (!text_starts_with(download->url, "https://") &&
		!text_starts_with(download->url, "http://"))
		return section_fail(parser, node, "%s is not an http address", download->url);
	if (download->sha256 && !is_sha256(download->sha256))
		return section_fail(parser, node, "sha256 must be 64 lower-case hex digits");
	return 0;
}

static int parse_downloads(struct parser *parser, const struct yaml_node *node)
{
	struct project_file *file = parser->file;
	if (expect_list(parser, node, "downloads") < 0)
		return -1;
	file->downloads = arena_alloc(parser->arena, (node->count + 1) * sizeof(*file->downloads));
	for (size_t i = 0; i < node->count; i++)
		if (parse_download(parser, yaml_node_resolve(node->items[i]),
			    &file->downloads[file->download_count++]) < 0)
			return -1;
	return 0;
}

static int parse_mirrors(struct parser *parser, const struct yaml_node *node)
{
	return mirror_yaml_parse(
		&parser->file->mirrors, parser->arena, parser->document, node, parser->err);
}

static int parse_preflight(struct parser *parser, const struct yaml_node *node)
{
	AUTO_TEXT json = TEXT_INIT;
	if (project_schema_add_json(&json, parser->document, (struct yaml_node *)node,
		    &project_schema_preflight, parser->err) < 0)
		return -1;
	parser->file->preflight_json = arena_strdup(parser->arena, json.bytes);
	return 0;
}

static int parse_sop(struct parser *parser, const struct yaml_node *node)
{
	struct project_file *file = parser->file;
	if (expect_list(parser, node, "sop") < 0)
		return -1;
	if (node->count == 0)
		return section_fail(parser, node, "sop has no steps");
	file->document = parser->document;
	file->sop = node;
	file->steps = arena_alloc(parser->arena, node->count * sizeof(*file->steps));
	for (size_t i = 0; i < node->count; i++)
		if (step_schema_parse(parser->arena, parser->document, node->items[i],
			    &file->steps[file->step_count++], parser->err) < 0)
			return -1;
	return 0;
}

/* A rule that never matches would be found out on the day it is needed. */
static int check_issue_pattern(struct parser *parser, struct yaml_node *issue)
{
	AUTO_PATTERN pattern = PATTERN_INIT;
	const struct yaml_pair *pair = yaml_node_pair(yaml_node_resolve(issue), "match");
	const struct yaml_node *node = yaml_node_resolve(pair->value);
	if (pattern_compile(&pattern, node->text, parser->err) == 0)
		return 0;
	return err_wrap(parser->err, "%s:%u", parser->document->name, node->line);
}

static int parse_known_issues(struct parser *parser, const struct yaml_node *node)
{
	AUTO_TEXT json = TEXT_INIT;
	if (expect_list(parser, node, "known_issues") < 0)
		return -1;
	text_add(&json, "[");
	for (size_t i = 0; i < node->count; i++) {
		text_add(&json, i ? "," : "");
		if (project_schema_add_json(&json, parser->document, node->items[i],
			    &project_schema_issue, parser->err) < 0 ||
			check_issue_pattern(parser, node->items[i]) < 0)
			return -1;
	}
	text_add(&json, "]");
	parser->file->known_issues_json = arena_strdup(parser->arena, json.bytes);
	return 0;
}

static int parse_backup(struct parser *parser, const struct yaml_node *node)
{
	AUTO_TEXT json = TEXT_INIT;
	if (project_schema_add_json(&json, parser->document, (struct yaml_node *)node,
		    &project_schema_backup, parser->err) < 0)
		return -1;
	parser->file->backup_json = arena_strdup(parser->arena, json.bytes);
	parser->file->backup = node;
	parser->file->document = parser->document;
	return 0;
}

static int parse_fallback(struct parser *parser, const struct yaml_node *node);

struct section {
	const char *key;
	int (*parse)(struct parser *parser, const struct yaml_node *node);
	bool of_variant; /* a variant may say it, too */
};

static const struct section sections[] = {
	{"hardtack", parse_schema, false},
	{"name", parse_name, false},
	{"version", parse_version, true},
	{"title", parse_title, true},
	{"compose", parse_compose, true},
	{"env", parse_env, true},
	{"files", parse_files, true},
	{"downloads", parse_downloads, true},
	{"mirrors", parse_mirrors, false},
	{"preflight", parse_preflight, true},
	{"sop", parse_sop, true},
	{"known_issues", parse_known_issues, true},
	{"backup", parse_backup, true},
	{"fallback", parse_fallback, false},
	{"handoff", parse_handoff, true},
};

static const struct section *find_section(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (strcmp(sections[i].key, key) == 0)
			return &sections[i];
	return NULL;
}

/* ---- fallback ---- */

static int parse_variant_name(
	struct parser *parser, const struct yaml_node *node, const struct project_file *first)
{
	struct project_file *file = parser->file;
	if (parse_text(parser, node, "name", &file->variant) < 0)
		return -1;
	if (!manifest_is_variant_name(file->variant)) {
		section_fail(parser, node, "\"%s\" is no name for a variant", file->variant);
		return err_hint(parser->err,
			"use up to %d lower-case letters, digits and -, beginning "
			"with a letter: v2",
			MANIFEST_VARIANT_NAME_LIMIT);
	}
	for (; first < file; first++)
		if (strcmp(first->variant, file->variant) == 0)
			return section_fail(
				parser, node, "two variants have the name %s", file->variant);
	return 0;
}

static int parse_variant(
	struct parser *parser, const struct yaml_node *node, const struct project_file *first)
{
	parser->file->path = parser->document->name;
	if (node->kind != YAML_MAPPING)
		return section_fail(parser, node, "%s must be a mapping (name: value)", "fallback");
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_pair *pair = &node->pairs[i];
		const struct yaml_node *value = yaml_node_resolve(pair->value);
		const struct section *section = find_section(pair->key->text);
		int status;
		if (strcmp(pair->key->text, "name") == 0)
			status = parse_variant_name(parser, value, first);
		else if (section && section->of_variant)
			status = section->parse(parser, value);
		else
			return section_fail(parser, pair->key, "%s: unknown key \"%s\"", "fallback",
				pair->key->text);
		if (status < 0)
			return -1;
	}
	if (!parser->file->variant || !parser->file->compose)
		return section_fail(parser, node, "%s: the key \"%s\" is missing", "fallback",
			parser->file->variant ? "compose" : "name");
	return 0;
}

static int parse_fallback(struct parser *parser, const struct yaml_node *node)
{
	struct project_file *file = parser->file;
	if (expect_list(parser, node, "fallback") < 0)
		return -1;
	file->fallback = arena_alloc(parser->arena, (node->count + 1) * sizeof(*file->fallback));
	struct parser variant = *parser;
	for (size_t i = 0; i < node->count; i++) {
		variant.file = &file->fallback[file->fallback_count++];
		if (parse_variant(&variant, yaml_node_resolve(node->items[i]), file->fallback) < 0)
			return -1;
	}
	return 0;
}

/* What a variant does not say is as above; version and title are its own. */
static void inherit(struct project_file *variant, const struct project_file *from)
{
	variant->env = variant->env ? variant->env : from->env;
	variant->preflight_json =
		variant->preflight_json ? variant->preflight_json : from->preflight_json;
	variant->known_issues_json =
		variant->known_issues_json ? variant->known_issues_json : from->known_issues_json;
	if (!variant->files) {
		variant->files = from->files;
		variant->file_count = from->file_count;
	}
	if (!variant->downloads) {
		variant->downloads = from->downloads;
		variant->download_count = from->download_count;
	}
	if (!variant->steps) {
		variant->steps = from->steps;
		variant->step_count = from->step_count;
		variant->document = from->document;
		variant->sop = from->sop;
	}
	if (!variant->handoff.en && !variant->handoff.zh)
		variant->handoff = from->handoff;
}

static int parse_section(struct parser *parser, const struct yaml_pair *pair)
{
	const struct section *section = find_section(pair->key->text);
	if (section)
		return section->parse(parser, yaml_node_resolve(pair->value));
	AUTO_TEXT known = TEXT_INIT;
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		text_addf(&known, "%s%s", i ? ", " : "", sections[i].key);
	section_fail(parser, pair->key, "unknown key \"%s\"", pair->key->text);
	return err_hint(parser->err, "keys are: %s", known.bytes);
}

int project_file_parse(struct arena *arena, const char *path, const char *bytes, size_t length,
	struct project_file **out, struct err *err)
{
	struct project_file *file = ARENA_NEW(arena, struct project_file);
	const struct yaml_document *document = yaml_document_parse(arena, path, bytes, length, err);
	if (!document)
		return -1;
	struct parser parser = {arena, document, file, err};
	const struct yaml_node *root = yaml_node_resolve(document->root);
	file->path = path;
	if (!root || root->kind != YAML_MAPPING || !yaml_node_pair(root, "hardtack")) {
		err_set(err, CODE_INPUT, "%s:1: the key \"hardtack\" is missing", path);
		return err_hint(err, "a project file begins with \"hardtack: 1\"");
	}
	for (size_t i = 0; i < root->count; i++)
		if (parse_section(&parser, &root->pairs[i]) < 0)
			return -1;
	for (size_t i = 0; i < file->fallback_count; i++)
		inherit(&file->fallback[i], file);
	*out = file;
	return 0;
}

int project_file_read(
	const char *path, struct arena *arena, struct project_file **out, struct err *err)
{
	char *bytes;
	size_t length;
	if (file_read_all(path, YAML_LIMIT_BYTES, arena, &bytes, &length, err) < 0)
		return -1;
	return project_file_parse(arena, path, bytes, length, out, err);
}
