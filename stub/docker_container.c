/* Containers and volumes of a project, by the labels that compose v1 and v2 both set. */
#include <stdlib.h>
#include <string.h>

#include "docker_run.h"
#include "json.h"
#include "number.h"

enum {
	ANSWER_LIMIT = 8 << 20,
	ASKED_AT_ONCE = 100,
	INSPECTED_AT_ONCE = 50, /* some 10 KiB each: a child's output is kept up to CHILD_HEAD_LIMIT */
};

#define INVALID_FILTER "invalid filter"

/* The last entry of State.Health.Log. */
static int parse_health_output(struct json health, const char **output, struct err *err)
{
	struct json log, entry;
	if (json_get_array_or_none(health, "Log", &log, err) < 0)
		return -1;
	for (struct json_iterator it = json_items(log); json_next(&it, &entry);)
		if (json_get_string_or(entry, "Output", "", output, err) < 0)
			return -1;
	return 0;
}

static int parse_state(struct json state, struct docker_container *out, struct err *err)
{
	struct json health;
	if (json_get_string(state, "Status", &out->status, err) < 0 ||
		json_get_bool_or(state, "Running", false, &out->running, err) < 0 ||
		json_get_bool_or(state, "Restarting", false, &out->restarting, err) < 0 ||
		json_get_bool_or(state, "OOMKilled", false, &out->oom_killed, err) < 0 ||
		json_get_i64_or(state, "ExitCode", 0, &out->exit_code, err) < 0 ||
		json_get_string_or(state, "Error", "", &out->error, err) < 0 ||
		json_get_string_or(state, "StartedAt", "", &out->started_at, err) < 0 ||
		json_get_object_or_none(state, "Health", &health, err) < 0)
		return -1;
	out->has_healthcheck = !json_is_absent(health);
	if (!json_is_absent(health) &&
		(json_get_string_or(health, "Status", "", &out->health, err) < 0 ||
			parse_health_output(health, &out->health_output, err) < 0))
		return -1;
	/* `docker run --no-healthcheck` and compose's disable leave "none". */
	if (strcmp(out->health, "none") == 0) {
		out->has_healthcheck = false;
		out->health = "";
	}
	return 0;
}

static int parse_policy(struct json container, struct docker_container *out, struct err *err)
{
	struct json host, policy = {0};
	const char *name = "";
	if (json_get_object_or_none(container, "HostConfig", &host, err) < 0 ||
		(!json_is_absent(host) &&
			json_get_object_or_none(host, "RestartPolicy", &policy, err) < 0) ||
		(!json_is_absent(policy) && json_get_string_or(policy, "Name", "", &name, err) < 0))
		return -1;
	out->stays = strcmp(name, "always") == 0 || strcmp(name, "unless-stopped") == 0;
	return 0;
}

static int parse_environment(struct docker_cli *docker, struct json config,
	struct docker_container *out, struct err *err)
{
	struct json list, item;
	if (json_get_array_or_none(config, "Env", &list, err) < 0)
		return -1;
	out->environment = arena_alloc(docker->arena, (json_count(list) + 1) * sizeof(char *));
	for (struct json_iterator it = json_items(list); json_next(&it, &item);)
		if (json_as_string(item, &out->environment[out->environment_count++], err) < 0)
			return -1;
	return 0;
}

static int parse_mounts(struct docker_cli *docker, struct json container,
	struct docker_container *out, struct err *err)
{
	struct json list, item;
	if (json_get_array_or_none(container, "Mounts", &list, err) < 0)
		return -1;
	out->mounts = arena_alloc(docker->arena, (json_count(list) + 1) * sizeof(*out->mounts));
	for (struct json_iterator it = json_items(list); json_next(&it, &item);) {
		struct docker_mount *mount = &out->mounts[out->mount_count];
		const char *type;
		if (json_get_string_or(item, "Type", "", &type, err) < 0 ||
			json_get_string_or(item, "Name", "", &mount->name, err) < 0 ||
			json_get_string_or(item, "Source", "", &mount->source, err) < 0 ||
			json_get_string_or(item, "Destination", "", &mount->destination, err) < 0 ||
			json_get_bool_or(item, "RW", true, &mount->writable, err) < 0)
			return -1;
		mount->is_volume = strcmp(type, "volume") == 0;
		out->mount_count += mount->is_volume || strcmp(type, "bind") == 0;
	}
	return 0;
}

/* {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8088"}, …], "9000/udp": null} */
static int add_ports(struct docker_cli *docker, struct json settings, const char *key,
	struct docker_container *out, struct err *err)
{
	struct json ports = {0}, bindings, binding;
	const char *name, *number;
	size_t capacity = 0;
	if (!json_is_absent(settings) && json_get_object_or_none(settings, key, &ports, err) < 0)
		return -1;
	for (struct json_iterator it = json_items(ports); json_next_member(&it, &name, &bindings);) {
		if (!json_is_array(bindings))
			continue;
		for (struct json_iterator at = json_items(bindings); json_next(&at, &binding);) {
			uint64_t port;
			if (json_get_string_or(binding, "HostPort", "", &number, err) < 0)
				return -1;
			if (!number_parse_u64(number, &port) || port > 65535)
				continue;
			*ARENA_PUSH(docker->arena, out->published, out->published_count, capacity) =
				(struct docker_published){
					(unsigned)port, strstr(name, "/udp") != NULL};
		}
	}
	return 0;
}

/* Between two crashes it publishes nothing, and a moment later it has its ports again. */
static int parse_ports(struct docker_cli *docker, struct json container,
	struct docker_container *out, struct err *err)
{
	struct json settings;
	bool restarting = strcmp(out->status, "restarting") == 0;
	return json_get_object_or_none(container, restarting ? "HostConfig" : "NetworkSettings",
		       &settings, err) < 0
		       ? -1
		       : add_ports(docker, settings, restarting ? "PortBindings" : "Ports", out,
				 err);
}

static int parse_container(struct docker_cli *docker, struct json container,
	struct docker_container *out, struct err *err)
{
	struct json state, config, labels;
	const char *one_off = "";
	*out = (struct docker_container){.health = "",
		.service = "",
		.health_output = "",
		.directory = ""};
	if (json_get_string(container, "Id", &out->id, err) < 0 ||
		json_get_string(container, "Name", &out->name, err) < 0 ||
		json_get_string_or(container, "Image", "", &out->image, err) < 0 ||
		json_get_u64_or(container, "RestartCount", 0, &out->restart_count, err) < 0 ||
		json_get_object(container, "State", &state, err) < 0 ||
		parse_state(state, out, err) < 0 || parse_policy(container, out, err) < 0 ||
		json_get_object(container, "Config", &config, err) < 0 ||
		parse_environment(docker, config, out, err) < 0 ||
		parse_mounts(docker, container, out, err) < 0 ||
		parse_ports(docker, container, out, err) < 0 ||
		json_get_object_or_none(config, "Labels", &labels, err) < 0)
		return -1;
	if (!json_is_absent(labels) &&
		(json_get_string_or(labels, "com.docker.compose.service", "", &out->service, err) <
				0 ||
			json_get_string_or(labels, "com.docker.compose.project.working_dir", "",
				&out->directory, err) < 0 ||
			json_get_string_or(labels, "com.docker.compose.oneoff", "", &one_off, err) <
				0))
		return -1;
	out->one_off = text_equal_ignoring_case(one_off, "true");
	if (out->name[0] == '/')
		out->name++;
	return 0;
}

/* Out of the document, which is ten times as large. */
static void keep_strings(struct docker_container *container, struct arena *arena)
{
	const char **const strings[] = {&container->id, &container->name, &container->service,
		&container->status, &container->health, &container->error, &container->image,
		&container->started_at, &container->health_output, &container->directory};
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		*strings[i] = arena_strdup(arena, *strings[i]);
	for (size_t i = 0; i < container->environment_count; i++)
		container->environment[i] = arena_strdup(arena, container->environment[i]);
	for (size_t i = 0; i < container->mount_count; i++) {
		struct docker_mount *mount = &container->mounts[i];
		mount->name = arena_strdup(arena, mount->name);
		mount->source = arena_strdup(arena, mount->source);
		mount->destination = arena_strdup(arena, mount->destination);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct docker_container *)a)->name,
		((const struct docker_container *)b)->name);
}

/* Containers may vanish between the two commands: `inspect` then answers with those that are left
 * and exit 1, which is as good an answer. Adds to out, which has room for all. */
static int inspect(struct docker_cli *docker, const char *const *ids, size_t id_count,
	struct docker_container *out, size_t *count, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	AUTO(arena) document = arena_new();
	struct docker_command command = {0};
	struct json root, item;
	struct err parse_err = ERR_INIT;
	docker_command_add(&command, docker->path, "container", "inspect");
	docker_command_add_words(&command, ids, id_count);
	if (docker_command_run(docker, &command, QUERY_TIMEOUT_MS, &result, err) < 0)
		return -1;
	const struct text *answer = &result.out.head;
	if (json_parse(answer->bytes, answer->length, "docker container inspect", ANSWER_LIMIT,
		    document, &root, &parse_err) < 0 ||
		!json_is_array(root) || json_count(root) > id_count)
		return docker_command_failed(docker, &command, &result, CODE_DOCKER, err);
	for (struct json_iterator it = json_items(root); json_next(&it, &item); (*count)++) {
		if (parse_container(docker, item, &out[*count], &parse_err) < 0)
			return err_set(err, CODE_DOCKER, "docker %s: unexpected answer: %s",
				"container inspect", parse_err.text);
		keep_strings(&out[*count], docker->arena);
	}
	return 0;
}

int docker_project_containers(struct docker_cli *docker, const char *project,
	struct docker_container **out, size_t *count, struct err *err)
{
	const char **ids;
	size_t id_count;
	struct docker_command command = {0};
	*out = NULL;
	*count = 0;
	docker_command_add(&command, docker->path, "ps", "-aq", "--no-trunc", "--filter",
		arena_printf(docker->arena, "label=com.docker.compose.project=%s", project));
	if (docker_command_ids(docker, &command, &ids, &id_count, err) < 0)
		return -1;
	*out = arena_alloc(docker->arena, (id_count + 1) * sizeof(**out));
	for (size_t at = 0; at < id_count; at += INSPECTED_AT_ONCE) {
		size_t left = id_count - at;
		if (inspect(docker, ids + at, left < INSPECTED_AT_ONCE ? left : INSPECTED_AT_ONCE,
			    *out, count, err) < 0)
			return -1;
	}
	qsort(*out, *count, sizeof(**out), by_name);
	return 0;
}

int docker_container_find(struct docker_cli *docker, const char *id, struct docker_container *out,
	bool *found, struct err *err)
{
	size_t count = 0;
	*found = false;
	if (inspect(docker, &id, 1, out, &count, err) < 0)
		return -1;
	*found = count > 0;
	return 0;
}

int docker_container_remove(struct docker_cli *docker, const char *id, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct docker_command command = {0};
	docker_command_add(&command, docker->path, "rm", "-f", id);
	if (docker_command_run(docker, &command, CHANGE_TIMEOUT_MS, &result, err) < 0)
		return -1;
	return result.exit_code == 0
		       ? 0
		       : docker_command_failed(docker, &command, &result, CODE_DOCKER, err);
}

int docker_project_volumes(struct docker_cli *docker, const char *project, const char ***names,
	size_t *count, struct err *err)
{
	struct docker_command command = {0};
	docker_command_add(&command, docker->path, "volume", "ls", "-q", "--filter",
		arena_printf(docker->arena, "label=com.docker.compose.project=%s", project));
	return docker_command_lines(docker, &command, names, count, err);
}

int docker_containers_match(struct docker_cli *docker, const char *const *filters, size_t count,
	bool running, bool *any, struct err *err)
{
	*any = false;
	for (size_t at = 0; at < count && !*any; at += ASKED_AT_ONCE) {
		struct docker_command command = {0};
		const char **lines;
		size_t found = 0;
		struct err refused = ERR_INIT;
		docker_command_add(&command, docker->path, "ps", running ? "-q" : "-aq");
		for (size_t i = at; i < count && i < at + ASKED_AT_ONCE; i++)
			docker_command_add(&command, "--filter", filters[i]);
		if (docker_command_lines(docker, &command, &lines, &found, &refused) < 0) {
			/* Podman 4.3 and publish=: whoever asks for one is told. */
			if (!strstr(refused.text, INVALID_FILTER))
				return *err = refused, -1;
			found = 1;
		}
		*any = found > 0;
	}
	return 0;
}

/* "127.0.0.1:3000->80/tcp, 53/udp": is ":3000->" of this protocol among them? */
static bool publishes(const char *ports, const char *arrow, bool udp)
{
	while ((ports = strstr(ports, arrow)) != NULL) {
		ports += strcspn(ports, "/,");
		if (text_starts_with(ports, udp ? "/udp" : "/tcp"))
			return true;
	}
	return false;
}

int docker_port_owner(struct docker_cli *docker, unsigned port, bool udp, const char **name,
	const char **project, struct err *err)
{
	const char *format = "{{.Names}} {{.Label \"com.docker.compose.project\"}} {{.Ports}}";
	const char **lines, *arrow = "";
	struct docker_command asked = {0}, all = {0};
	struct err refused = ERR_INIT;
	size_t count = 0;
	*name = NULL;
	*project = "";
	docker_command_add(&asked, docker->path, "ps", "--format", format, "--filter",
		arena_printf(docker->arena, "publish=%u%s", port, udp ? "/udp" : ""));
	if (docker_command_lines(docker, &asked, &lines, &count, &refused) < 0) {
		if (!strstr(refused.text, INVALID_FILTER))
			return *err = refused, -1;
		/* Podman 4.3 does not know this one. */
		arrow = arena_printf(docker->arena, ":%u->", port);
		docker_command_add(&all, docker->path, "ps", "--format", format);
		if (docker_command_lines(docker, &all, &lines, &count, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < count && !*name; i++) {
		size_t length = strcspn(lines[i], " ");
		const char *theirs = lines[i] + length + (lines[i][length] == ' ');
		size_t theirs_length = strcspn(theirs, " ");
		if (*arrow && !publishes(theirs + theirs_length, arrow, udp))
			continue;
		*name = arena_strndup(docker->arena, lines[i], length);
		*project = arena_strndup(docker->arena, theirs, theirs_length);
	}
	return 0;
}

int docker_container_log_streams(struct docker_cli *docker, const char *id, unsigned lines,
	struct text *out, struct text *errors, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct docker_command command = {0};
	docker_command_add(&command, docker->path, "logs", "--timestamps", "--tail",
		arena_printf(docker->arena, "%u", lines), id);
	if (docker_command_run(docker, &command, QUERY_TIMEOUT_MS, &result, err) < 0)
		return -1;
	if (result.exit_code != 0)
		return 0; /* gone meanwhile, or a logging driver that cannot be read */
	child_output_lines(&result.out, out);
	child_output_lines(&result.err, errors);
	return 0;
}
