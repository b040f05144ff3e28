/* Reads the files of a project: env file, include, extends. */
#include "compose_load.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "compose_merge.h"
#include "compose_path.h"
#include "env_template.h"
#include "file_io.h"
#include "project_name.h"

enum { LIMIT_FILES = 200, LIMIT_DEPTH = 16, LIMIT_EXTENDS = 32, LIMIT_EXPANDED = 500000 };

/* A file's root under one environment. */
struct root {
	const struct compose_file *file;
	const struct variable_set *variables;
	struct compose_value *value;
};

struct loader {
	struct arena *arena;
	struct compose_project *project;
	struct compose_model *model;
	struct finding_list *warnings;
	struct err *err;
	struct root *roots;
	size_t root_count, root_capacity;
	size_t file_capacity, env_file_capacity;
	int depth; /* of includes */
	size_t include_count;
	size_t expanded; /* values made so far, about */
};

static int load_files(struct loader *loader, const struct compose_file **files, size_t count,
	const struct variable_set *variables);

static int read_from_file_system(struct compose_reader *reader, const char *path,
	struct arena *arena, char **bytes, size_t *length, struct err *err)
{
	(void)reader;
	struct stat st;
	*bytes = NULL;
	if (stat(path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	return file_read_all(path, YAML_LIMIT_BYTES, arena, bytes, length, err);
}

static struct compose_reader file_system = {read_from_file_system};

/* A compose file of the project by its packed name; parsed once. from is the value that names it,
 * NULL for the main file. */
static const struct compose_file *open_file(struct loader *loader, const char *packed,
	const char *directory, const struct compose_value *from)
{
	struct compose_project *project = loader->project;
	for (size_t i = 0; i < project->file_count; i++)
		if (strcmp(project->files[i]->packed, packed) == 0)
			return project->files[i];
	const char *path = compose_path_open(loader->arena, project->directory, packed);
	if (from && compose_path_escapes(packed)) {
		compose_value_fail(from, loader->err, "%s lies outside the project directory %s",
			packed, project->directory);
		err_hint(
			loader->err, "move the file into the project directory; only that travels");
		return NULL;
	}
	if (project->file_count == LIMIT_FILES) {
		err_set(loader->err, CODE_INPUT, "%s: the project has too many compose files",
			path);
		return NULL;
	}
	char *bytes;
	size_t length;
	if (project->reader->read(
		    project->reader, path, loader->arena, &bytes, &length, loader->err) < 0)
		return NULL;
	if (!bytes && from) {
		compose_value_fail(from, loader->err, "there is no file %s", path);
		return NULL;
	}
	if (!bytes) {
		err_set(loader->err, CODE_INPUT, "there is no file %s", path);
		return NULL;
	}
	struct compose_file *file = ARENA_NEW(loader->arena, struct compose_file);
	*file = (struct compose_file){path, packed, directory, bytes, length, NULL};
	file->document = yaml_document_parse(loader->arena, path, bytes, length, loader->err);
	if (!file->document)
		return NULL;
	*ARENA_PUSH(loader->arena, project->files, project->file_count, loader->file_capacity) =
		file;
	return file;
}

static struct compose_value *file_root(struct loader *loader, const struct compose_file *file,
	const struct variable_set *variables)
{
	for (size_t i = 0; i < loader->root_count; i++)
		if (loader->roots[i].file == file && loader->roots[i].variables == variables)
			return loader->roots[i].value;
	if (!file->document->root ||
		yaml_node_resolve(file->document->root)->kind != YAML_MAPPING) {
		err_set(loader->err, CODE_INPUT, "%s:1: this is not a compose file: no mapping",
			file->path);
		return NULL;
	}
	/* Files that are included again and again are read again under other variables. */
	loader->expanded += file->document->root->expanded;
	if (loader->expanded > LIMIT_EXPANDED) {
		err_set(loader->err, CODE_INPUT, "%s: the project is too large", file->path);
		return NULL;
	}
	struct compose_value *value = compose_value_new(loader->arena, file, file->document->root,
		variables, loader->warnings, loader->err);
	if (value)
		*ARENA_PUSH(loader->arena, loader->roots, loader->root_count,
			loader->root_capacity) = (struct root){file, variables, value};
	return value;
}

/* Adds what an env file sets; required: it must be there. */
static int read_env_file(
	struct loader *loader, const char *path, struct variable_set *variables, bool *found)
{
	char *bytes;
	size_t length;
	struct compose_reader *reader = loader->project->reader;
	if (reader->read(reader, path, loader->arena, &bytes, &length, loader->err) < 0)
		return -1;
	*found = bytes != NULL;
	if (!bytes)
		return 0;
	struct env_template file;
	if (env_template_parse(loader->arena, path, bytes, length, &file, loader->err) < 0)
		return -1;
	return env_template_evaluate(&file, path, variables, NULL, loader->err);
}

/* extends */

static struct compose_value *extend(struct loader *loader, const struct compose_value *services,
	const char *name, const struct compose_value *from, const struct variable_set *variables,
	int depth)
{
	struct compose_value *own = compose_value_get(services, name);
	if (!own) {
		compose_value_fail(from, loader->err, "there is no service \"%s\" to extend in %s",
			name, services ? services->file->path : from->file->path);
		return NULL;
	}
	if (compose_value_expect(own, COMPOSE_MAP, COMPOSE_MAP, name, loader->err) < 0)
		return NULL;
	const struct compose_value *extends = compose_value_get(own, "extends");
	if (!extends)
		return own;
	if (depth == LIMIT_EXTENDS) {
		compose_value_fail(extends, loader->err, "extends goes around in a circle");
		return NULL;
	}
	const char *service = extends->text, *path = NULL;
	if (extends->kind == COMPOSE_MAP &&
		(compose_value_text(extends, "service", &service, loader->err) < 0 ||
			compose_value_text(extends, "file", &path, loader->err) < 0))
		return NULL;
	if (extends->kind == COMPOSE_LIST || !service || !*service) {
		compose_value_fail(extends, loader->err, "extends must name a service");
		return NULL;
	}
	if (path) {
		const char *packed =
			compose_path_join(loader->arena, extends->file->directory, path);
		const struct compose_file *file = open_file(
			loader, packed, compose_path_directory(loader->arena, packed), extends);
		struct compose_value *root = file ? file_root(loader, file, variables) : NULL;
		if (!root)
			return NULL;
		services = compose_value_get(root, "services");
	}
	struct compose_value *base =
		extend(loader, services, service, extends, variables, depth + 1);
	return base ? compose_merge_service(loader->arena, base, own) : NULL;
}

/* Collecting */

static bool same_value(const struct compose_value *a, const struct compose_value *b)
{
	if (a->node == b->node)
		return true;
	if (a->kind != b->kind || a->count != b->count || strcmp(a->text, b->text) != 0)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (a->kind == COMPOSE_LIST && !same_value(a->items[i], b->items[i]))
			return false;
		const struct compose_field *other =
			compose_value_field(b, a->kind == COMPOSE_MAP ? a->fields[i].key : "");
		if (a->kind == COMPOSE_MAP &&
			(!other || !same_value(a->fields[i].value, other->value)))
			return false;
	}
	return true;
}

static int collect(struct loader *loader, struct compose_field_list *list,
	const struct compose_field *field, const struct compose_value *map)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct compose_field *other = &list->items[i];
		if (strcmp(other->key, field->key) != 0)
			continue;
		if (same_value(other->value, field->value))
			return 0;
		return err_set(loader->err, CODE_INPUT, "%s:%u: \"%s\" is already defined in %s:%u",
			map->file->path, field->key_node->line, field->key,
			other->value->file->path, other->key_node->line);
	}
	*ARENA_PUSH(loader->arena, list->items, list->count, list->capacity) = *field;
	return 0;
}

static int collect_section(struct loader *loader, const struct compose_value *root,
	const char *name, struct compose_field_list *list)
{
	const struct compose_value *map = compose_value_get(root, name);
	if (!map)
		return 0;
	if (compose_value_expect(map, COMPOSE_MAP, COMPOSE_MAP, name, loader->err) < 0)
		return -1;
	for (size_t i = 0; i < map->count; i++)
		if (!text_starts_with(map->fields[i].key, "x-") &&
			collect(loader, list, &map->fields[i], map) < 0)
			return -1;
	return 0;
}

static int collect_services(struct loader *loader, const struct compose_value *root,
	const struct variable_set *variables)
{
	const struct compose_value *services = compose_value_get(root, "services");
	if (!services)
		return 0;
	if (compose_value_expect(services, COMPOSE_MAP, COMPOSE_MAP, "services", loader->err) < 0)
		return -1;
	for (size_t i = 0; i < services->count; i++) {
		struct compose_field field = services->fields[i];
		if (field.value->tag == COMPOSE_TAG_RESET || text_starts_with(field.key, "x-"))
			continue;
		if (field.value->kind == COMPOSE_NULL)
			return compose_value_fail(
				field.value, loader->err, "the service \"%s\" is empty", field.key);
		field.value = extend(loader, services, field.key, services, variables, 0);
		if (!field.value || collect(loader, &loader->model->services, &field, services) < 0)
			return -1;
	}
	return 0;
}

/* include */

/* The environment of an included project: the parent's variables beat its own env files. */
static const struct variable_set *include_variables(struct loader *loader,
	const struct compose_value *include, const char *directory,
	const struct variable_set *parent)
{
	struct variable_set *variables = ARENA_NEW(loader->arena, struct variable_set);
	variable_set_init(variables, loader->arena);
	for (size_t i = 0; i < parent->count; i++)
		variable_set_put(variables, parent->items[i].name, parent->items[i].value);
	struct compose_value *written = compose_value_get(include, "env_file");
	size_t count = written ? compose_value_item_count(written) : 1;
	for (size_t i = 0; i < count; i++) {
		const struct compose_value *item = written ? compose_value_item(written, i) : NULL;
		const char *packed = item ? compose_path_join(loader->arena,
						    include->file->directory, item->text)
					  : compose_path_join(loader->arena, directory, ".env");
		if (!item && !*directory)
			continue; /* the main file's own */
		const char *path =
			compose_path_open(loader->arena, loader->project->directory, packed);
		bool found;
		if (read_env_file(loader, path, variables, &found) < 0)
			return NULL;
		if (item && !found) {
			compose_value_fail(item, loader->err, "there is no file %s", path);
			return NULL;
		}
		if (!found)
			continue;
		struct compose_project *project = loader->project;
		*ARENA_PUSH(loader->arena, project->include_env_files,
			project->include_env_file_count, loader->env_file_capacity) =
			(struct compose_env_file){
				.place = compose_value_place(item ? item : include),
				.path = packed,
				.required = true,
				.base = project->files[0]};
	}
	return variables;
}

static int load_include(
	struct loader *loader, struct compose_value *include, const struct variable_set *variables)
{
	struct compose_value *paths =
		include->kind == COMPOSE_MAP ? compose_value_get(include, "path") : include;
	const char *written = NULL;
	if (!paths || paths->kind == COMPOSE_MAP || compose_value_item_count(paths) == 0)
		return compose_value_fail(include, loader->err, "include must name a file");
	if (compose_value_text(include, "project_directory", &written, loader->err) < 0)
		return -1;
	size_t count = compose_value_item_count(paths);
	/* A file that includes itself twice doubles at each level. */
	loader->include_count += count;
	if (loader->depth == LIMIT_DEPTH || loader->include_count > LIMIT_FILES)
		return compose_value_fail(include, loader->err, "include goes around in a circle");
	const struct compose_file **files =
		arena_alloc(loader->arena, count * sizeof(const struct compose_file *));
	const char *directory = NULL;
	for (size_t i = 0; i < count; i++) {
		const struct compose_value *path = compose_value_item(paths, i);
		if (path->kind != COMPOSE_SCALAR || !*path->text)
			return compose_value_fail(path, loader->err, "include must name a file");
		if (strstr(path->text, "://") || text_starts_with(path->text, "git@")) {
			compose_value_fail(
				path, loader->err, "include of something remote: %s", path->text);
			return err_hint(loader->err, "copy the file into the project directory and "
						     "include it from there");
		}
		const char *packed =
			compose_path_join(loader->arena, include->file->directory, path->text);
		if (!directory)
			directory = written ? compose_path_join(loader->arena,
						      include->file->directory, written)
					    : compose_path_directory(loader->arena, packed);
		files[i] = open_file(loader, packed, directory, path);
		if (!files[i])
			return -1;
	}
	const struct variable_set *own = include_variables(loader, include, directory, variables);
	loader->depth++;
	int result = own ? load_files(loader, files, count, own) : -1;
	loader->depth--;
	return result;
}

/* One project file, or several merged one over the other. */
static int load_files(struct loader *loader, const struct compose_file **files, size_t count,
	const struct variable_set *variables)
{
	struct compose_value *merged = NULL;
	for (size_t i = 0; i < count; i++) {
		struct compose_value *root = file_root(loader, files[i], variables);
		if (!root)
			return -1;
		merged = merged ? compose_merge_file(loader->arena, merged, root) : root;
	}
	if (loader->depth == 0)
		loader->model->root = merged;
	struct compose_model *model = loader->model;
	if (collect_services(loader, merged, variables) < 0 ||
		collect_section(loader, merged, "volumes", &model->volumes) < 0 ||
		collect_section(loader, merged, "networks", &model->networks) < 0 ||
		collect_section(loader, merged, "configs", &model->configs) < 0 ||
		collect_section(loader, merged, "secrets", &model->secrets) < 0)
		return -1;
	struct compose_value *include = compose_value_get(merged, "include");
	for (size_t i = 0; include && i < compose_value_item_count(include); i++)
		if (load_include(loader, compose_value_item(include, i), variables) < 0)
			return -1;
	return 0;
}

/* The environment of the main file. */
static int load_variables(struct loader *loader, const struct compose_options *options,
	struct variable_set *variables)
{
	struct compose_project *project = loader->project;
	for (size_t i = 0; i < options->variable_count; i++) {
		const char *sign = strchr(options->variables[i], '=');
		if (!sign)
			return err_set(loader->err, CODE_USAGE, "%s is not NAME=value",
				options->variables[i]);
		variable_set_put(variables,
			arena_strndup(loader->arena, options->variables[i],
				(size_t)(sign - options->variables[i])),
			sign + 1);
	}
	const char *path = options->env_file;
	if (!path)
		path = compose_path_open(loader->arena, project->directory, ".env");
	bool found;
	if (read_env_file(loader, path, variables, &found) < 0)
		return -1;
	if (!found && options->env_file)
		return err_set(loader->err, CODE_INPUT, "there is no file %s", path);
	project->env_path = found ? path : NULL;
	return 0;
}

/* compose sets COMPOSE_PROJECT_NAME for the file itself. */
static void set_project_name(struct loader *loader, struct variable_set *variables)
{
	struct yaml_node *root = yaml_node_resolve(loader->project->files[0]->document->root);
	const struct yaml_pair *pair = yaml_node_pair(root, "name");
	const struct yaml_node *node = pair ? yaml_node_resolve(pair->value) : NULL;
	if (variable_set_get(variables, "COMPOSE_PROJECT_NAME"))
		return;
	struct err ignored = ERR_INIT;
	const char *name = project_name_choose(loader->arena, NULL, NULL,
		node && node->kind == YAML_SCALAR && !strchr(node->text, '$') ? node->text : NULL,
		loader->project->directory, &ignored);
	variable_set_put(variables, "COMPOSE_PROJECT_NAME", name ? name : "project");
}

int compose_load(struct compose_project *project, const char *path,
	const struct compose_options *options, struct finding_list *warnings,
	struct compose_model *model, struct err *err)
{
	struct loader loader = {.arena = project->arena,
		.project = project,
		.model = model,
		.warnings = warnings,
		.err = err};
	project->reader = options->reader ? options->reader : &file_system;
	const char *slash = strrchr(path, '/');
	project->directory = !slash ? "."
			     : slash == path
				     ? "/"
				     : arena_strndup(project->arena, path, (size_t)(slash - path));
	struct variable_set *variables = ARENA_NEW(project->arena, struct variable_set);
	variable_set_init(variables, project->arena);
	project->variables = variables;
	if (load_variables(&loader, options, variables) < 0)
		return -1;
	const struct compose_file *main_file = open_file(
		&loader, arena_strdup(project->arena, slash ? slash + 1 : path), "", NULL);
	if (!main_file)
		return -1;
	set_project_name(&loader, variables);
	return load_files(&loader, &main_file, 1, variables);
}
