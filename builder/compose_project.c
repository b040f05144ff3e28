/* A compose project: the model's sections -> structs. */
#include "compose_project.h"

#include <string.h>

#include "compose_load.h"
#include "compose_path.h"
#include "compose_service.h"

static int compare_services(const void *a, const void *b)
{
	const struct compose_service *x = a, *y = b;
	return strcmp(x->name, y->name);
}

static int read_services(
	struct compose_project *project, const struct compose_model *model, struct err *err)
{
	const struct compose_file *main_file = project->files[0];
	if (model->services.count == 0) {
		err_set(err, CODE_INPUT, "%s: no services are defined", main_file->path);
		return err_hint(err, "a compose file has a mapping \"services:\" at its top level");
	}
	project->service_count = model->services.count;
	project->services =
		arena_alloc(project->arena, project->service_count * sizeof(*project->services));
	for (size_t i = 0; i < project->service_count; i++)
		if (compose_service_read(project->arena, &model->services.items[i],
			    &project->services[i], err) < 0)
			return -1;
	qsort(project->services, project->service_count, sizeof(*project->services),
		compare_services);
	return 0;
}

static int read_resources(struct arena *arena, const struct compose_field_list *fields,
	struct compose_resource **out, size_t *count, struct err *err)
{
	*count = fields->count;
	*out = arena_alloc(arena, (fields->count + 1) * sizeof(**out));
	for (size_t i = 0; i < fields->count; i++) {
		const struct compose_value *value = fields->items[i].value;
		struct compose_resource *resource = &(*out)[i];
		resource->name = fields->items[i].key;
		resource->place = compose_value_place(value);
		resource->place.line = fields->items[i].key_node->line;
		if (value->kind != COMPOSE_NULL && compose_value_expect(value, COMPOSE_MAP,
							   COMPOSE_MAP, resource->name, err) < 0)
			return -1;
		/* The old form is external: {name: x}. */
		struct compose_value *external = compose_value_get(value, "external");
		if (compose_value_text(value, "name", &resource->label, err) < 0)
			return -1;
		if (external && external->kind == COMPOSE_MAP) {
			resource->external = true;
			if (compose_value_text(external, "name", &resource->label, err) < 0)
				return -1;
		} else if (compose_value_bool(external, false, &resource->external, err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int read_sources(struct arena *arena, const struct compose_field_list *fields,
	struct compose_source **out, size_t *count, struct err *err)
{
	*count = fields->count;
	*out = arena_alloc(arena, (fields->count + 1) * sizeof(**out));
	for (size_t i = 0; i < fields->count; i++) {
		const struct compose_value *value = fields->items[i].value;
		struct compose_source *source = &(*out)[i];
		const struct compose_value *external = compose_value_get(value, "external");
		source->name = fields->items[i].key;
		source->base = value->file;
		source->place = compose_value_place(value);
		source->place.line = fields->items[i].key_node->line;
		if (compose_value_expect(value, COMPOSE_MAP, COMPOSE_MAP, source->name, err) < 0 ||
			compose_value_text(value, "file", &source->path, err) < 0 ||
			compose_value_text(value, "environment", &source->environment, err) < 0 ||
			compose_value_text(value, "content", &source->content, err) < 0)
			return -1;
		if (external && external->kind == COMPOSE_MAP)
			source->external = true;
		else if (compose_value_bool(external, false, &source->external, err) < 0)
			return -1;
		if (source->path)
			source->place = compose_value_place(compose_value_get(value, "file"));
	}
	return 0;
}

static int read_head(
	struct compose_project *project, const struct compose_value *root, struct err *err)
{
	const struct compose_value *name = compose_value_get(root, "name");
	const struct compose_value *version = compose_value_get(root, "version");
	if (compose_value_text(root, "name", &project->name, err) < 0 ||
		compose_value_text(root, "version", &project->version, err) < 0)
		return -1;
	if (name)
		project->name_place = compose_value_place(name);
	if (version)
		project->version_place = compose_value_place(version);
	return 0;
}

static bool has_profile(const struct compose_service *service, const char *profile, size_t length)
{
	for (size_t i = 0; i < service->profile_count; i++)
		if (strlen(service->profiles[i]) == length &&
			memcmp(service->profiles[i], profile, length) == 0)
			return true;
	return false;
}

/* COMPOSE_PROFILES: names between commas; "*" is all. */
static bool in_list(const struct compose_service *service, const char *list)
{
	for (const char *at = list; *at;) {
		size_t n = strcspn(at, ",");
		size_t skip = strspn(at, " ");
		size_t length = n > skip ? n - skip : 0;
		if ((length == 1 && at[skip] == '*') || has_profile(service, at + skip, length))
			return true;
		at += n + (at[n] == ',');
	}
	return false;
}

static struct compose_service *find(const struct compose_project *project, const char *name)
{
	for (size_t i = 0; i < project->service_count; i++)
		if (strcmp(project->services[i].name, name) == 0)
			return &project->services[i];
	return NULL;
}

static void activate(
	const struct compose_project *project, struct compose_service *service, int depth)
{
	if (service->active || depth > 64)
		return;
	service->active = service->packed = true;
	for (size_t i = 0; i < service->dependency_count; i++) {
		struct compose_service *other = find(project, service->depends_on[i].service);
		if (other && service->depends_on[i].required)
			activate(project, other, depth + 1);
	}
}

static void apply_profiles(struct compose_project *project, const struct compose_options *options)
{
	const char *list = variable_set_get(project->variables, "COMPOSE_PROFILES");
	for (size_t i = 0; i < project->service_count; i++) {
		struct compose_service *service = &project->services[i];
		bool wanted = service->profile_count == 0 || (list && in_list(service, list));
		for (size_t j = 0; j < options->profile_count; j++)
			wanted = wanted || in_list(service, options->profiles[j]);
		service->packed = service->packed || wanted || options->profile_count == 0;
		if (wanted)
			activate(project, service, 0);
	}
}

static int check_dependencies(struct compose_project *project, struct err *err)
{
	for (size_t i = 0; i < project->service_count; i++) {
		const struct compose_service *service = &project->services[i];
		for (size_t j = 0; j < service->dependency_count; j++) {
			const struct compose_dependency *dependency = &service->depends_on[j];
			struct compose_service *other = find(project, dependency->service);
			if (other && dependency->condition == COMPOSE_COMPLETED)
				other->awaited_to_complete = true;
			if (!other && dependency->required)
				return err_set(err, CODE_INPUT,
					"%s:%u: the service \"%s\" depends on \"%s\", which is not "
					"defined",
					dependency->place.file->path, dependency->place.line,
					service->name, dependency->service);
		}
	}
	return 0;
}

struct compose_project *compose_project_load(struct arena *arena, const char *path,
	const struct compose_options *options, struct finding_list *warnings, struct err *err)
{
	static const struct compose_options none = {0};
	struct compose_project *project = ARENA_NEW(arena, struct compose_project);
	struct compose_model model = {0};
	options = options ? options : &none;
	project->arena = arena;
	project->path = arena_strdup(arena, path);
	project->options = *options;
	if (compose_load(project, path, options, warnings, &model, err) < 0 ||
		read_head(project, model.root, err) < 0 ||
		read_services(project, &model, err) < 0 ||
		read_resources(arena, &model.volumes, &project->volumes, &project->volume_count,
			err) < 0 ||
		read_resources(arena, &model.networks, &project->networks, &project->network_count,
			err) < 0 ||
		read_sources(arena, &model.configs, &project->configs, &project->config_count,
			err) < 0 ||
		read_sources(arena, &model.secrets, &project->secrets, &project->secret_count,
			err) < 0 ||
		check_dependencies(project, err) < 0)
		return NULL;
	apply_profiles(project, options);
	return project;
}

const struct compose_service *compose_project_service(
	const struct compose_project *project, const char *name)
{
	return find(project, name);
}
