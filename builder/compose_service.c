/* The typed view of one service. */
#include "compose_service.h"

#include <string.h>

#include "compose_environment.h"
#include "compose_mounts.h"
#include "compose_ports.h"
#include "number.h"

struct dependencies {
	struct arena *arena;
	struct compose_service *service;
	size_t capacity;
};

static void depend(struct dependencies *dependencies, const struct compose_dependency *dependency)
{
	struct compose_service *service = dependencies->service;
	for (size_t i = 0; i < service->dependency_count; i++) {
		if (strcmp(service->depends_on[i].service, dependency->service) == 0) {
			service->depends_on[i] = *dependency;
			return;
		}
	}
	*ARENA_PUSH(dependencies->arena, service->depends_on, service->dependency_count,
		dependencies->capacity) = *dependency;
}

/* What is implied says nothing about conditions. */
static void depend_implied(
	struct dependencies *dependencies, const struct compose_dependency *dependency)
{
	for (size_t i = 0; i < dependencies->service->dependency_count; i++)
		if (strcmp(dependencies->service->depends_on[i].service, dependency->service) == 0)
			return;
	depend(dependencies, dependency);
}

static int read_condition(
	const struct compose_value *value, struct compose_dependency *dependency, struct err *err)
{
	const char *condition;
	if (value->kind != COMPOSE_MAP)
		return value->kind == COMPOSE_NULL
			       ? 0
			       : compose_value_fail(value, err, "depends_on has the wrong form");
	if (compose_value_text(value, "condition", &condition, err) < 0 ||
		compose_value_bool(
			compose_value_get(value, "required"), true, &dependency->required, err) < 0)
		return -1;
	if (!condition || strcmp(condition, "service_started") == 0)
		dependency->condition = COMPOSE_STARTED;
	else if (strcmp(condition, "service_healthy") == 0)
		dependency->condition = COMPOSE_HEALTHY;
	else if (strcmp(condition, "service_completed_successfully") == 0)
		dependency->condition = COMPOSE_COMPLETED;
	else
		return compose_value_fail(value, err, "unknown condition \"%s\"", condition);
	return 0;
}

static int read_depends_on(
	struct dependencies *dependencies, struct compose_value *value, struct err *err)
{
	for (size_t i = 0; value && i < compose_value_item_count(value); i++) {
		const struct compose_value *item = compose_value_item(value, i);
		struct compose_dependency dependency = {
			.place = compose_value_place(item), .required = true};
		if (item->kind == COMPOSE_SCALAR && value->kind == COMPOSE_LIST) {
			dependency.service = item->text;
			dependency.bare = true;
			depend(dependencies, &dependency);
		} else if (item->kind == COMPOSE_MAP) {
			for (size_t j = 0; j < item->count; j++) {
				dependency.service = item->fields[j].key;
				dependency.place = compose_value_place(item->fields[j].value);
				dependency.place.line = item->fields[j].key_node->line;
				dependency.required = true;
				if (read_condition(item->fields[j].value, &dependency, err) < 0)
					return -1;
				depend(dependencies, &dependency);
			}
		} else {
			return compose_value_fail(item, err, "depends_on has the wrong form");
		}
	}
	return 0;
}

/* "service[:rest]" in links and volumes_from; "service:NAME" in network_mode, ipc, pid. */
static void read_implied(struct dependencies *dependencies, struct compose_value *value)
{
	struct compose_dependency dependency = {.required = true};
	static const char *const lists[] = {"links", "volumes_from"};
	static const char *const modes[] = {"network_mode", "ipc", "pid"};
	for (size_t k = 0; k < ARRAY_SIZE(lists); k++) {
		struct compose_value *list = compose_value_get(value, lists[k]);
		for (size_t i = 0; list && i < compose_value_item_count(list); i++) {
			const struct compose_value *item = compose_value_item(list, i);
			if (item->kind != COMPOSE_SCALAR ||
				text_starts_with(item->text, "container:"))
				continue;
			dependency.place = compose_value_place(item);
			dependency.service = arena_strndup(
				dependencies->arena, item->text, strcspn(item->text, ":"));
			depend_implied(dependencies, &dependency);
		}
	}
	for (size_t k = 0; k < ARRAY_SIZE(modes); k++) {
		const struct compose_value *mode = compose_value_get(value, modes[k]);
		if (!mode || !text_starts_with(mode->text, "service:"))
			continue;
		dependency.place = compose_value_place(mode);
		dependency.service = mode->text + strlen("service:");
		depend_implied(dependencies, &dependency);
	}
}

static int read_grants(struct arena *arena, struct compose_value *value,
	struct compose_grant **grants, size_t *count, struct err *err)
{
	size_t capacity = 0;
	for (size_t i = 0; value && i < compose_value_item_count(value); i++) {
		const struct compose_value *item = compose_value_item(value, i);
		struct compose_grant grant = {
			.place = compose_value_place(item), .source = item->text, .target = ""};
		if (item->kind == COMPOSE_MAP &&
			(compose_value_text(item, "source", &grant.source, err) < 0 ||
				compose_value_text(item, "target", &grant.target, err) < 0))
			return -1;
		if (item->kind == COMPOSE_LIST || !grant.source || !*grant.source)
			return compose_value_fail(item, err, "a config or secret needs a source");
		grant.target = grant.target ? grant.target : "";
		*ARENA_PUSH(arena, *grants, *count, capacity) = grant;
	}
	return 0;
}

static int read_profiles(struct arena *arena, struct compose_value *value,
	struct compose_service *service, struct err *err)
{
	size_t capacity = 0;
	for (size_t i = 0; value && i < compose_value_item_count(value); i++) {
		const struct compose_value *item = compose_value_item(value, i);
		if (item->kind != COMPOSE_SCALAR)
			return compose_value_fail(item, err, "%s must be a text", "profiles");
		*ARENA_PUSH(arena, service->profiles, service->profile_count, capacity) =
			item->text;
	}
	return 0;
}

static int read_healthcheck(
	const struct compose_value *value, struct compose_service *service, struct err *err)
{
	if (compose_value_bool(compose_value_get(value, "disable"), false,
		    &service->healthcheck_disabled, err) < 0)
		return -1;
	struct compose_value *test = compose_value_get(value, "test");
	if (test && compose_value_item_count(test) > 0 &&
		strcmp(compose_value_item(test, 0)->text, "NONE") == 0)
		service->healthcheck_disabled = true;
	service->has_healthcheck = test && !service->healthcheck_disabled;
	return 0;
}

static int read_replicas(
	const struct compose_value *value, const char *key, unsigned *out, struct err *err)
{
	const char *text;
	uint64_t number;
	if (compose_value_text(value, key, &text, err) < 0)
		return -1;
	if (!text)
		return 0;
	if (!number_parse_u64(text, &number) || number > 10000)
		return compose_value_fail(
			compose_value_get(value, key), err, "%s must be a number", key);
	*out = (unsigned)number;
	return 0;
}

static int read_deploy(
	const struct compose_value *value, struct compose_service *service, struct err *err)
{
	const struct compose_value *deploy = compose_value_get(value, "deploy");
	const char *condition;
	service->replicas = 1;
	if (compose_value_text(value, "restart", &service->restart, err) < 0 ||
		read_replicas(value, "scale", &service->replicas, err) < 0 ||
		read_replicas(deploy, "replicas", &service->replicas, err) < 0 ||
		compose_value_text(compose_value_get(deploy, "restart_policy"), "condition",
			&condition, err) < 0)
		return -1;
	/* YAML 1.1 readers see `restart: no` as false. */
	if (service->restart && strcmp(service->restart, "false") == 0)
		service->restart = "no";
	if (!service->restart && condition)
		service->restart = strcmp(condition, "any") == 0    ? "always"
				   : strcmp(condition, "none") == 0 ? "no"
								    : condition;
	return 0;
}

/* A text field with its place. */
static int read_placed(const struct compose_value *value, const char *key, const char **out,
	struct compose_place *place, struct err *err)
{
	const struct compose_value *field = compose_value_get(value, key);
	if (field)
		*place = compose_value_place(field);
	return compose_value_text(value, key, out, err);
}

static int read_texts(
	const struct compose_value *value, struct compose_service *service, struct err *err)
{
	const struct compose_value *image = compose_value_get(value, "image");
	const struct compose_value *build = compose_value_get(value, "build");
	const struct compose_value *privileged = compose_value_get(value, "privileged");
	if (read_placed(value, "image", &service->image, &service->image_place, err) < 0 ||
		read_placed(value, "platform", &service->platform, &service->platform_place, err) <
			0 ||
		read_placed(value, "container_name", &service->container_name,
			&service->container_name_place, err) < 0 ||
		read_placed(value, "network_mode", &service->network_mode,
			&service->network_mode_place, err) < 0 ||
		compose_value_text(value, "pull_policy", &service->pull_policy, err) < 0 ||
		compose_value_bool(privileged, false, &service->privileged, err) < 0)
		return -1;
	service->image_raw = image ? image->raw : NULL;
	if (service->image && !*service->image)
		service->image = NULL;
	if (service->platform && !*service->platform)
		service->platform = NULL;
	if (build) {
		service->has_build = true;
		service->build_place = compose_value_place(build);
	}
	if (privileged)
		service->privileged_place = compose_value_place(privileged);
	return 0;
}

/* The line of the key, not of its value: what the person looks for. */
static unsigned key_line(const struct compose_value *value, const char *key, unsigned line)
{
	const struct compose_field *field = compose_value_field(value, key);
	return field ? field->key_node->line : line;
}

int compose_service_read(struct arena *arena, const struct compose_field *field,
	struct compose_service *service, struct err *err)
{
	struct compose_value *value = field->value;
	struct dependencies dependencies = {arena, service, 0};
	if (compose_value_expect(value, COMPOSE_MAP, COMPOSE_MAP, field->key, err) < 0)
		return -1;
	service->name = field->key;
	service->value = value;
	service->place = (struct compose_place){
		value->file, field->key_node->line, field->key_node->begin, field->key_node->end};
	service->definition = field->value_node;
	service->definition_file = value->file;
	if (read_texts(value, service, err) < 0 || read_deploy(value, service, err) < 0 ||
		read_profiles(arena, compose_value_get(value, "profiles"), service, err) < 0 ||
		read_healthcheck(compose_value_get(value, "healthcheck"), service, err) < 0 ||
		compose_ports_read(arena, compose_value_get(value, "ports"), service, err) < 0 ||
		compose_mounts_read(arena, compose_value_get(value, "volumes"),
			compose_value_get(value, "tmpfs"), service, err) < 0 ||
		compose_environment_read(arena, compose_value_get(value, "environment"),
			compose_value_get(value, "env_file"), service, err) < 0 ||
		read_depends_on(&dependencies, compose_value_get(value, "depends_on"), err) < 0 ||
		read_grants(arena, compose_value_get(value, "configs"), &service->configs,
			&service->config_count, err) < 0 ||
		read_grants(arena, compose_value_get(value, "secrets"), &service->secrets,
			&service->secret_count, err) < 0)
		return -1;
	if (service->has_build)
		service->build_place.line = key_line(value, "build", service->build_place.line);
	read_implied(&dependencies, value);
	return 0;
}
