/* The bundle's own way of saving and taking back its data. */
#include "backup_hook.h"

#include <string.h>

#include "message.h"
#include "step.h"

enum { HOOK_LIMIT = 1 << 20, HEALTHY_MS = 5 * 60 * 1000 };

struct hook {
	struct json root;
	const char *service;
	struct docker_exec exec;
	struct variable_set variables;
};

bool backup_hook_exists(const struct session *session)
{
	return session->manifest->backup_json != NULL;
}

static int parse(const struct session *session, struct json *root, struct err *err)
{
	const char *text = session->manifest->backup_json;
	return json_parse(text, strlen(text), "backup", HOOK_LIMIT, session->arena, root, err);
}

int backup_hook_covers(
	const struct session *session, const char *key, bool *covers, struct err *err)
{
	struct json root, list, item;
	const char *name;
	*covers = true;
	if (parse(session, &root, err) < 0 ||
		json_get_array_or_none(root, "volumes", &list, err) < 0)
		return -1;
	for (struct json_iterator it = json_items(list); json_next(&it, &item);) {
		if (json_as_string(item, &name, err) < 0)
			return -1;
		*covers = *covers && strcmp(name, key) != 0;
	}
	return 0;
}

int backup_hook_check(const struct session *session, const struct backup_volume *volumes,
	size_t count, struct err *err)
{
	struct json root, list, item;
	const char *name;
	if (parse(session, &root, err) < 0 ||
		json_get_array_or_none(root, "volumes", &list, err) < 0)
		return -1;
	for (struct json_iterator it = json_items(list); json_next(&it, &item);) {
		bool found = false;
		if (json_as_string(item, &name, err) < 0)
			return -1;
		for (size_t i = 0; i < count; i++)
			found |= strcmp(volumes[i].key, name) == 0;
		if (!found)
			return err_set(err, CODE_STEP,
				"the backup hook wants the volume %s copied, and the project has "
				"none",
				name);
	}
	return 0;
}

/* ---- a command of it ---- */

static int read_command(
	struct hook *hook, struct json part, const struct step_values *values, struct err *err)
{
	struct json command, env, item;
	const char *name, *value;
	hook->exec.variables = &hook->variables;
	variable_set_init(&hook->variables, values->arena);
	if (json_get_string(part, "service", &hook->service, err) < 0 ||
		json_get_array(part, "command", &command, err) < 0 ||
		json_get_object_or_none(part, "env", &env, err) < 0)
		return -1;
	const char **words = arena_alloc(values->arena, (json_count(command) + 1) * sizeof(*words));
	hook->exec.words = words;
	for (struct json_iterator it = json_items(command); json_next(&it, &item);)
		if (json_as_string(item, &value, err) < 0 ||
			!(words[hook->exec.word_count++] =
					step_values_expand(values, value, STEP_TEXT_PLAIN, err)))
			return -1;
	for (struct json_iterator it = json_items(env); json_next_member(&it, &name, &item);) {
		if (json_as_string(item, &value, err) < 0 ||
			!(value = step_values_expand(values, value, STEP_TEXT_PLAIN, err)))
			return -1;
		variable_set_put(&hook->variables, arena_strdup(values->arena, name), value);
	}
	return hook->exec.word_count ? 0 : json_fail(part, err, "is empty");
}

static int read_hook(struct hook *hook, const char *part, const struct session *session,
	const struct place *place, struct step_values *values, struct err *err)
{
	struct env_files env;
	struct json root, json;
	*hook = (struct hook){0};
	if (env_files_plan(&env, session, place, err) < 0 ||
		step_values_init(values, session->arena, &env, place->project, err) < 0)
		return -1;
	step_values_set_time(values);
	if (parse(session, &root, err) < 0 || json_get_object(root, part, &json, err) < 0)
		return -1;
	return read_command(hook, json, values, err);
}

/* ---- running it ---- */

static int find_container(const struct place *place, struct docker_cli *docker, const char *service,
	struct docker_container *out, struct err *err)
{
	struct docker_container *containers;
	size_t count;
	if (docker_project_containers(docker, place->project, &containers, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(containers[i].service, service) != 0 || !containers[i].running ||
			containers[i].one_off)
			continue;
		*out = containers[i];
		return 0;
	}
	err_set(err, CODE_STEP, "the backup hook needs the service %s, which does not run",
		service);
	return err_hint(
		err, "start it (`start`), or stop all services: then the volumes are copied");
}

static int judge(const struct hook *hook, const struct child_result *result,
	const struct step_values *values, struct err *err)
{
	AUTO_TEXT said = TEXT_INIT;
	if (result->exit_code == 0)
		return 0;
	child_output_describe(&result->err, &said);
	step_values_mask(values, &said);
	return err_set(err, CODE_STEP, "the backup hook in service %s failed (exit code %d): %s",
		hook->service, result->exit_code, said.bytes);
}

struct counted {
	struct stream_sink sink;
	struct stream_sink *target;
	uint64_t bytes;
};

static int count_write(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct counted *counted = (struct counted *)sink;
	counted->bytes += length;
	return stream_write(counted->target, bytes, length, err);
}

int backup_hook_run(const struct session *session, const struct place *place,
	struct docker_cli *docker, struct stream_sink *sink, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct counted counted = {.sink.write = count_write, .target = sink};
	struct docker_container container;
	struct step_values values;
	struct hook hook;
	if (read_hook(&hook, "exec", session, place, &values, err) < 0 ||
		find_container(place, docker, hook.service, &container, err) < 0 ||
		docker_container_exec_drain(
			docker, container.id, &hook.exec, &counted.sink, &result, err) < 0 ||
		judge(&hook, &result, &values, err) < 0)
		return -1;
	return counted.bytes ? 0
			     : err_set(err, CODE_STEP,
				       "the backup hook in service %s wrote nothing", hook.service);
}

/* ---- taking it back ---- */

struct feeding {
	const struct backup *backup;
	struct ui *ui;
	uint64_t done;
};

static void show_progress(void *context, uint64_t length)
{
	struct feeding *feeding = context;
	feeding->done += length;
	ui_progress(feeding->ui, feeding->done, feeding->backup->hook_output->size_bytes);
}

static int feed(void *context, struct stream_sink *sink, struct err *err)
{
	struct feeding *feeding = context;
	return backup_stream_entry(
		feeding->backup, feeding->backup->hook_output, sink, show_progress, feeding, err);
}

static int start_alone(const struct session *session, const struct place *place,
	struct docker_cli *docker, const char *service, struct err *err)
{
	struct compose_project project = place_compose(place, session, session->arena);
	const struct health_service *culprit;
	struct health health;
	if (docker_compose_up_service(docker, &project, service, err) < 0)
		return -1;
	health_init(&health, docker, session->manifest, place->project, session->arena);
	/* Only this one: the others would wait for their database. */
	for (size_t i = 0; i < health.count; i++)
		if (strcmp(health.services[i].name, service) == 0)
			health.services[0] = health.services[i];
	health.count = 1;
	uint64_t limit_s = session->options->timeout_s;
	return health_wait(
		&health, limit_s ? limit_s * 1000 : HEALTHY_MS, session->ui, &culprit, err);
}

int backup_hook_restore(const struct session *session, const struct place *place,
	struct docker_cli *docker, const struct backup *backup, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct feeding feeding = {.backup = backup, .ui = session->ui};
	struct docker_container container;
	struct step_values values;
	struct hook hook;
	ui_step_begin(session->ui, "restore-hook", "%s", T("Giving the data back to its service"));
	if (!backup_hook_exists(session))
		return err_set(err, CODE_INPUT,
			"the backup %s holds what a backup hook wrote, and this file has no hook",
			backup->path);
	if (read_hook(&hook, "restore", session, place, &values, err) < 0)
		return -1;
	if (start_alone(session, place, docker, hook.service, err) < 0) {
		secret_mask_err(&values.mask, err); /* a healthcheck's words */
		return err_hint(err, "look at what it says; run this again when the cause is gone");
	}
	if (find_container(place, docker, hook.service, &container, err) < 0 ||
		docker_container_exec_feed(
			docker, container.id, &hook.exec, feed, &feeding, &result, err) < 0 ||
		judge(&hook, &result, &values, err) < 0)
		return -1;
	ui_step_end(session->ui, UI_DONE, "%s", T("The data is back in its service"));
	return 0;
}
