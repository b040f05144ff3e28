/* Which files travel with a project, and why it cannot. */
#include "compose_closure.h"

#include <string.h>

#include "closure_template.h"
#include "closure_walk.h"
#include "compose_path.h"
#include "compose_value.h"
#include "database_image.h"
#include "secret_check.h"

struct collector {
	struct closure_walk walk;
	const struct compose_project *project;
	const struct closure_options *options;
};

static struct finding *add_refusal(struct collector *collector, const char *rule,
	const struct compose_place *place, const char *format, const char *what)
{
	return finding_add(collector->walk.findings, FINDING_ERROR, rule, place->file->path,
		place->line, format, what);
}

#define REMEDY(collector, finding, ...) \
	finding_remedy((collector)->walk.findings, (finding), __VA_ARGS__)

static void check_image(struct collector *collector, const struct compose_service *service)
{
	if (service->image)
		return;
	struct finding *finding;
	if (service->has_build) {
		finding = add_refusal(collector, "build-without-image", &service->build_place,
			"the service \"%s\" is built from source and names no image",
			service->name);
		REMEDY(collector, finding,
			"add  image: %s:1.0  beside build:, build it once (docker compose build), "
			"save it "
			"(docker save) and pass --image-archive",
			service->name);
		return;
	}
	finding = add_refusal(collector, "no-image", &service->place,
		"the service \"%s\" has no image", service->name);
	REMEDY(collector, finding, "add an image: line");
}

static void refuse_escape(
	struct collector *collector, const struct compose_place *place, const char *path)
{
	struct finding *finding = add_refusal(
		collector, "path-escapes", place, "%s lies outside the project directory", path);
	REMEDY(collector, finding, "copy it into the project directory and write ./%s",
		strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
}

static void refuse_missing(
	struct collector *collector, const struct compose_place *place, const char *packed)
{
	struct finding *finding = add_refusal(collector, "missing-file", place,
		"there is no file %s",
		compose_path_open(collector->walk.arena, collector->project->directory, packed));
	REMEDY(collector, finding, "create it, or take the line out");
}

/* The name below the project directory of a path in a compose file; NULL when refused. */
static const char *packed_path(struct collector *collector, const struct compose_place *place,
	const struct compose_file *base, const char *path)
{
	const char *packed = compose_path_join(collector->walk.arena, base->directory, path);
	if (path[0] != '~' && !compose_path_escapes(packed))
		return packed;
	refuse_escape(collector, place, path);
	return NULL;
}

static int add_path(struct collector *collector, enum closure_kind kind,
	const struct compose_place *place, const char *packed, bool *found)
{
	struct closure_reason reason = {place->file->path, place->line};
	enum closure_presence presence = closure_walk_look(&collector->walk, packed, &reason);
	*found = presence != CLOSURE_MISSING;
	if (presence == CLOSURE_MISSING || presence == CLOSURE_REFUSED)
		return 0;
	return closure_walk_tree(&collector->walk, kind, packed, &reason);
}

/* Is it the .env that the target renders from the project's template? */
static bool is_rendered_env(const struct collector *collector, const char *packed)
{
	return strcmp(packed, ".env") == 0 && collector->project->env_path;
}

static int add_env_file(struct collector *collector, const struct compose_env_file *file)
{
	const char *packed = packed_path(collector, &file->place, file->base, file->path);
	if (!packed || is_rendered_env(collector, packed))
		return 0;
	bool found;
	if (add_path(collector, CLOSURE_ENV_FILE, &file->place, packed, &found) < 0)
		return -1;
	if (!found && file->required)
		refuse_missing(collector, &file->place, packed);
	return 0;
}

/* A mount of the maker's $PWD is an absolute path on the target. */
static bool mentions_pwd(const struct compose_place *place)
{
	for (size_t i = place->begin; i + 4 <= place->end; i++) {
		const char *at = place->file->bytes + i;
		if (memcmp(at, "$PWD", 4) == 0 ||
			(i + 5 <= place->end && memcmp(at, "${PWD", 5) == 0))
			return true;
	}
	return false;
}

/* A missing folder is made by compose itself; a name with a suffix was meant to be a file. */
static bool may_be_missing(const struct compose_mount *mount)
{
	const char *slash = strrchr(mount->source, '/');
	const char *name = slash ? slash + 1 : mount->source;
	return !mount->must_exist && (!*name || !strchr(name + 1, '.'));
}

static int add_mount(struct collector *collector, const struct compose_service *service,
	const struct compose_mount *mount)
{
	if (mentions_pwd(&mount->place)) {
		struct finding *finding = add_refusal(collector, "pwd-mount", &mount->place,
			"%s: the working directory is another one on the target", "$PWD");
		REMEDY(collector, finding,
			"write ./ instead: compose takes it from the file's folder");
		return 0;
	}
	if (mount->source[0] == '/')
		return 0; /* of the target's host; the lint names it */
	const char *packed = packed_path(collector, &mount->place, mount->base, mount->source);
	if (!packed || is_rendered_env(collector, packed))
		return 0;
	if (database_image_keeps(service->image, mount->target)) {
		closure_walk_add(&collector->walk, CLOSURE_DIRECTORY, packed, NULL, 0755);
		return 0;
	}
	bool found;
	if (add_path(collector, CLOSURE_FILE, &mount->place, packed, &found) < 0)
		return -1;
	if (!found && may_be_missing(mount))
		closure_walk_add(&collector->walk, CLOSURE_DIRECTORY, packed, NULL, 0755);
	else if (!found)
		refuse_missing(collector, &mount->place, packed);
	return 0;
}

static void check_volume(struct collector *collector, const struct compose_mount *mount)
{
	const struct compose_project *project = collector->project;
	for (size_t i = 0; i < project->volume_count; i++)
		if (strcmp(project->volumes[i].name, mount->source) == 0)
			return;
	struct finding *finding = add_refusal(collector, "undefined-volume", &mount->place,
		"the volume \"%s\" is not defined", mount->source);
	REMEDY(collector, finding,
		"add it under the top-level volumes:, or write ./%s for a folder", mount->source);
}

static void check_grants(struct collector *collector, const struct compose_grant *grants,
	size_t count, const struct compose_source *sources, size_t source_count)
{
	for (size_t i = 0; i < count; i++) {
		bool known = false;
		for (size_t j = 0; j < source_count && !known; j++)
			known = strcmp(sources[j].name, grants[i].source) == 0;
		if (!known)
			add_refusal(collector, "undefined-source", &grants[i].place,
				"the config or secret \"%s\" is not defined", grants[i].source);
	}
}

/* label_file: a text or a list. */
static int add_label_files(struct collector *collector, const struct compose_service *service)
{
	struct compose_value *value = compose_value_get(service->value, "label_file");
	for (size_t i = 0; value && i < compose_value_item_count(value); i++) {
		const struct compose_value *item = compose_value_item(value, i);
		struct compose_place place = compose_value_place(item);
		bool found = true;
		const char *packed = packed_path(collector, &place, item->file, item->text);
		if (packed && add_path(collector, CLOSURE_FILE, &place, packed, &found) < 0)
			return -1;
		if (!found)
			refuse_missing(collector, &place, packed);
	}
	return 0;
}

static int add_service(struct collector *collector, const struct compose_service *service)
{
	const struct compose_project *project = collector->project;
	check_image(collector, service);
	for (size_t i = 0; i < service->env_file_count; i++)
		if (add_env_file(collector, &service->env_files[i]) < 0)
			return -1;
	for (size_t i = 0; i < service->mount_count; i++) {
		const struct compose_mount *mount = &service->mounts[i];
		if (mount->kind == COMPOSE_VOLUME_NAMED)
			check_volume(collector, mount);
		if (mount->kind == COMPOSE_VOLUME_BIND && add_mount(collector, service, mount) < 0)
			return -1;
	}
	check_grants(collector, service->configs, service->config_count, project->configs,
		project->config_count);
	check_grants(collector, service->secrets, service->secret_count, project->secrets,
		project->secret_count);
	return add_label_files(collector, service);
}

static int add_sources(
	struct collector *collector, const struct compose_source *sources, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct compose_source *source = &sources[i];
		if (source->external || !source->path)
			continue;
		const char *packed =
			packed_path(collector, &source->place, source->base, source->path);
		bool found = true;
		if (packed && add_path(collector, CLOSURE_FILE, &source->place, packed, &found) < 0)
			return -1;
		if (!found)
			refuse_missing(collector, &source->place, packed);
	}
	return 0;
}

static int add_project_files(struct collector *collector)
{
	const struct closure_options *options = collector->options;
	struct closure_reason reason = {options->files_named_in, 0};
	size_t first = collector->walk.closure->count;
	collector->walk.check_env = false; /* these were asked for by name */
	for (size_t i = 0; i < options->file_count; i++) {
		const char *packed =
			compose_path_join(collector->walk.arena, "", options->files[i]);
		if (compose_path_escapes(packed) || !*packed)
			finding_add(collector->walk.findings, FINDING_ERROR, "path-escapes",
				reason.file, 0, "%s lies outside the project directory",
				options->files[i]);
		else if (closure_walk_look(&collector->walk, packed, &reason) == CLOSURE_MISSING)
			finding_add(collector->walk.findings, FINDING_ERROR, "missing-file",
				reason.file, 0, "there is no file %s", options->files[i]);
		else if (closure_walk_tree(&collector->walk, CLOSURE_FILE, packed, &reason) < 0)
			return -1;
	}
	return closure_template_mark(collector->project, collector->walk.closure, first,
		collector->walk.findings, collector->walk.err);
}

static int compare_entries(const void *a, const void *b)
{
	const struct closure_entry *x = a, *y = b;
	int order = strcmp(x->packed, y->packed);
	return order ? order : (int)x->kind - (int)y->kind;
}

/* Sorted, each name once. */
static void sort_entries(struct closure *closure)
{
	if (closure->count < 2)
		return;
	qsort(closure->entries, closure->count, sizeof(*closure->entries), compare_entries);
	size_t kept = 0;
	for (size_t i = 0; i < closure->count; i++) {
		const struct closure_entry *entry = &closure->entries[i];
		if (kept > 0 && strcmp(closure->entries[kept - 1].packed, entry->packed) == 0)
			continue;
		closure->entries[kept++] = *entry;
	}
	closure->count = kept;
}

static bool has_entry(const struct closure *closure, const char *packed)
{
	for (size_t i = 0; i < closure->count; i++)
		if (strcmp(closure->entries[i].packed, packed) == 0)
			return true;
	return false;
}

/* The template of .env keeps out of the way of the project's own files. */
static void add_env(struct collector *collector)
{
	const struct compose_project *project = collector->project;
	if (!project->env_path)
		return;
	const char *name =
		has_entry(collector->walk.closure, "env.template") ? ".env" : "env.template";
	closure_walk_add(&collector->walk, CLOSURE_ENV, name, project->env_path, 0644);
}

/* Once a file, however many services read it. */
static int check_secrets(struct collector *collector)
{
	const struct closure *closure = collector->walk.closure;
	struct finding_list *findings = collector->walk.findings;
	if (collector->options->pack_secrets)
		return 0;
	for (size_t i = 0; i < closure->count; i++) {
		const struct closure_entry *entry = &closure->entries[i];
		if ((entry->kind == CLOSURE_ENV || entry->kind == CLOSURE_ENV_FILE ||
			    entry->kind == CLOSURE_TEMPLATE) &&
			secret_check_file(entry->source, true, findings, collector->walk.err) < 0)
			return -1;
	}
	return 0;
}

int compose_closure(const struct compose_project *project, const struct closure_options *options,
	struct closure *out, struct finding_list *findings, struct err *err)
{
	struct collector collector = {
		.walk = {.arena = project->arena,
			.directory = project->directory,
			.check_env = !options->pack_secrets,
			.skip_env = project->env_path != NULL,
			.closure = out,
			.findings = findings},
		.project = project,
		.options = options,
	};
	*out = (struct closure){0};
	if (closure_walk_init(&collector.walk, err) < 0)
		return -1;
	for (size_t i = 0; i < project->file_count; i++)
		closure_walk_add(&collector.walk, CLOSURE_COMPOSE, project->files[i]->packed,
			project->files[i]->path, 0644);
	for (size_t i = 0; i < project->include_env_file_count; i++)
		if (add_env_file(&collector, &project->include_env_files[i]) < 0)
			return -1;
	for (size_t i = 0; i < project->service_count; i++)
		if (project->services[i].packed &&
			add_service(&collector, &project->services[i]) < 0)
			return -1;
	if (add_sources(&collector, project->configs, project->config_count) < 0 ||
		add_sources(&collector, project->secrets, project->secret_count) < 0 ||
		add_project_files(&collector) < 0)
		return -1;
	add_env(&collector);
	sort_entries(out);
	return check_secrets(&collector);
}
