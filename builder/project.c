/* Finding and reading what the maker points at. */
#include "project.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "file_io.h"
#include "project_downloads.h"
#include "project_name.h"
#include "step_schema.h"
#include "variant_check.h"

/* In the order that docker compose prefers them. */
static const char *const compose_names[] = {
	"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"};

static bool is_file(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static const char *join(struct arena *arena, const char *directory, const char *name)
{
	return strcmp(directory, ".") == 0 || name[0] == '/'
		       ? name
		       : arena_printf(arena, "%s/%s", directory, name);
}

static const char *directory_of(struct arena *arena, const char *path)
{
	AUTO_FREE char *directory = file_directory(path);
	return arena_strdup(arena, directory);
}

static int find_compose_file(
	struct project *project, const char *directory, struct arena *arena, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(compose_names); i++) {
		project->compose_path = join(arena, directory, compose_names[i]);
		if (is_file(project->compose_path))
			return 0;
	}
	err_set(err, CODE_INPUT, "no compose file in %s", directory);
	return err_hint(err, "name one: hardtack build path/to/compose.yaml");
}

static char *trim_slashes(struct arena *arena, const char *path)
{
	char *copy = arena_strdup(arena, path);
	for (size_t n = strlen(copy); n > 1 && copy[n - 1] == '/';)
		copy[--n] = '\0';
	return copy;
}

/* A directory may hold hardtack.yaml, which names the compose file; a file is one or the other. */
static int find_files(
	struct project *project, const char *path, struct arena *arena, struct err *err)
{
	struct stat st;
	if (stat(path, &st) < 0) {
		err_set_errno(err, CODE_INPUT, "open %s", path);
		return err_hint(err, "name a compose file or a project directory");
	}
	const char *project_file = NULL;
	if (S_ISDIR(st.st_mode)) {
		const char *directory = trim_slashes(arena, path);
		const char *candidate = join(arena, directory, "hardtack.yaml");
		if (!is_file(candidate))
			return find_compose_file(project, directory, arena, err);
		project_file = candidate;
	} else if (strcmp(file_base_name(path), "hardtack.yaml") == 0) {
		project_file = path;
	}
	if (!project_file) {
		project->compose_path = path;
		return 0;
	}
	const char *directory = directory_of(arena, project_file);
	if (project_file_read(project_file, arena, &project->file, err) < 0)
		return -1;
	if (!project->file->compose)
		return find_compose_file(project, directory, arena, err);
	project->compose_path = join(arena, directory, project->file->compose);
	return 0;
}

static int check_version(const struct project *project, struct err *err)
{
	if (project->version &&
		(!project->version[0] ||
			strspn(project->version,
				"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"0123456789._+-") != strlen(project->version)))
		return err_set(err, CODE_INPUT,
			"the version \"%s\" has characters other than letters, digits and . _ + -",
			project->version);
	return 0;
}

static int choose_name(struct project *project, const struct options *options, struct arena *arena,
	struct err *err)
{
	project->name = project_name_choose(arena, options->name,
		project->file ? project->file->name : NULL, project->compose->name,
		project->directory, err);
	project->version = options->version ? options->version
			   : project->file  ? project->file->version
					    : NULL;
	if (check_version(project, err) < 0)
		return -1;
	return project->name ? 0 : -1;
}

static bool has_service(const void *context, const char *name)
{
	return compose_project_service(context, name) != NULL;
}

static int check_steps(const struct project *project, const struct options *options,
	struct arena *arena, struct err *err)
{
	const struct step_world world = {
		.variables = project->compose->variables,
		.has_service = has_service,
		.context = project->compose,
		.pack_secrets = options->pack_secrets,
	};
	return project->file ? step_check(project->file, &world, arena, err) : 0;
}

static int load_compose(struct project *project, const struct options *options, struct arena *arena,
	struct finding_list *findings, struct err *err)
{
	struct compose_options compose = {
		.env_file = options->env_file,
		.profiles = options->profiles.items,
		.profile_count = options->profiles.count,
	};
	if (!compose.env_file && project->file && project->file->env)
		compose.env_file = join(arena, project->directory, project->file->env);
	project->compose =
		compose_project_load(arena, project->compose_path, &compose, findings, err);
	return project->compose ? check_steps(project, options, arena, err) : -1;
}

static int load_variant(struct project *variant, const struct project *first,
	struct project_file *file, const struct options *options, struct arena *arena,
	struct finding_list *findings, struct err *err)
{
	*variant = (struct project){
		.name = first->name,
		.version = file->version,
		.file = file,
		.compose_path = join(arena, first->directory, file->compose),
		.directory = first->directory,
		.variant = file->variant,
	};
	if (load_compose(variant, options, arena, findings, err) < 0)
		return err_wrap(err, "fallback %s", file->variant);
	return check_version(variant, err);
}

static void list_downloads(struct project *project, const struct project_file *file,
	size_t *capacity, struct arena *arena)
{
	for (size_t i = 0; i < file->download_count; i++) {
		bool known = false;
		for (size_t j = 0; j < project->download_count && !known; j++)
			known = strcmp(project->downloads[j]->url, file->downloads[i].url) == 0;
		if (!known)
			*ARENA_PUSH(arena, project->downloads, project->download_count, *capacity) =
				&file->downloads[i];
	}
}

static int load_fallback(struct project *project, const struct options *options,
	struct arena *arena, struct finding_list *findings, struct err *err)
{
	const struct project_file *file = project->file;
	size_t count = file ? file->fallback_count : 0, capacity = 0;
	project->fallback = arena_alloc(arena, (count + 1) * sizeof(*project->fallback));
	project->composes = arena_alloc(arena, (count + 1) * sizeof(*project->composes));
	project->composes[project->compose_count++] = project->compose;
	if (file)
		list_downloads(project, file, &capacity, arena);
	for (size_t i = 0; i < count; i++) {
		struct project *variant = &project->fallback[project->fallback_count++];
		if (load_variant(variant, project, &file->fallback[i], options, arena, findings,
			    err) < 0)
			return -1;
		project->composes[project->compose_count++] = variant->compose;
		list_downloads(project, variant->file, &capacity, arena);
	}
	return 0;
}

int project_open(struct project *project, const char *path, const struct options *options,
	struct arena *arena, struct finding_list *findings, struct err *err)
{
	*project = (struct project){0};
	if (find_files(project, path, arena, err) < 0)
		return -1;
	project->directory = directory_of(arena, project->compose_path);
	if (load_compose(project, options, arena, findings, err) < 0 ||
		choose_name(project, options, arena, err) < 0)
		return -1;
	return load_fallback(project, options, arena, findings, err);
}

const struct project *project_variant(const struct project *project, size_t number)
{
	BUG_ON(number > project->fallback_count);
	return number ? &project->fallback[number - 1] : project;
}

/* files: and handoff: of the project file. */
static const char **own_files(const struct project_file *file, size_t *count, struct arena *arena)
{
	const char **files = arena_alloc(arena, (file->file_count + 2) * sizeof(*files));
	for (size_t i = 0; i < file->file_count; i++)
		files[(*count)++] = file->files[i];
	if (file->handoff.en)
		files[(*count)++] = file->handoff.en;
	if (file->handoff.zh)
		files[(*count)++] = file->handoff.zh;
	return files;
}

int project_closure(const struct project *project, const struct options *options,
	struct closure *closure, struct finding_list *findings, struct err *err)
{
	struct closure_options closure_options = {.pack_secrets = options->pack_secrets};
	*closure = (struct closure){0};
	if (project->file) {
		closure_options.files = own_files(
			project->file, &closure_options.file_count, project->compose->arena);
		closure_options.files_named_in = project->file->path;
	}
	if (compose_closure(project->compose, &closure_options, closure, findings, err) < 0)
		return -1;
	if (project->file)
		project_downloads_add(project->file, project->compose->arena, closure, findings);
	return 0;
}

/* Every variant's template of .env is a file of its own, unless they are the same file. */
static void name_template(
	const struct project *variant, const struct project *first, struct closure *closure)
{
	for (size_t i = 0; i < closure->count; i++) {
		struct closure_entry *entry = &closure->entries[i];
		if (entry->kind == CLOSURE_ENV &&
			(!first->compose->env_path ||
				strcmp(entry->source, first->compose->env_path) != 0))
			entry->packed = arena_printf(
				variant->compose->arena, "env.%s.template", variant->variant);
	}
}

int project_closures(const struct project *project, const struct options *options,
	struct closure **closures, struct finding_list *findings, struct err *err)
{
	*closures =
		arena_alloc(project->compose->arena, project->compose_count * sizeof(**closures));
	for (size_t i = 0; i < project->compose_count; i++) {
		const struct project *variant = project_variant(project, i);
		if (project_closure(variant, options, &(*closures)[i], findings, err) < 0)
			return -1;
		if (i > 0)
			name_template(variant, project, &(*closures)[i]);
	}
	variant_check(project, *closures, findings);
	return 0;
}
