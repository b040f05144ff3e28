/* Volumes and helper containers. */
#include "docker_volume.h"

#include <stdlib.h>
#include <string.h>

#include "docker_run.h"
#include "json.h"

enum { ANSWER_LIMIT = 4 << 20, MAX_LABELS = 200 };

static int run_or_fail(struct docker_cli *docker, const struct docker_command *command,
	uint64_t timeout_ms, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	if (docker_command_run(docker, command, timeout_ms, &result, err) < 0)
		return -1;
	return result.exit_code == 0
		       ? 0
		       : docker_command_failed(docker, command, &result, CODE_DOCKER, err);
}

static bool says_missing(const struct child_result *result, const char *what)
{
	AUTO_TEXT words = TEXT_INIT;
	text_addf(&words, "o such %s", what); /* "No such volume", "no such volume" */
	return strstr(result->err.head.bytes, words.bytes) != NULL;
}

/* ---- volumes ---- */

static int parse_labels(
	struct docker_cli *docker, struct json volume, struct docker_volume *out, struct err *err)
{
	struct json labels, value;
	const char *name;
	if (json_get_object_or_none(volume, "Labels", &labels, err) < 0)
		return -1;
	out->labels = arena_alloc(docker->arena, (json_count(labels) + 1) * sizeof(*out->labels));
	for (struct json_iterator it = json_items(labels); json_next_member(&it, &name, &value);) {
		struct docker_label *label = &out->labels[out->label_count++];
		label->name = arena_strdup(docker->arena, name);
		if (json_as_string(value, &label->value, err) < 0)
			return -1;
		if (strcmp(name, "com.docker.compose.project") == 0)
			out->project = label->value;
		else if (strcmp(name, "com.docker.compose.volume") == 0)
			out->key = label->value;
		else if (strcmp(name, "com.docker.volume.anonymous") == 0)
			out->anonymous = true;
	}
	return 0;
}

/* 20.10 does not label anonymous volumes: their names are 64 hex digits. */
static bool is_anonymous_name(const char *name)
{
	return strlen(name) == 64 && strspn(name, "0123456789abcdef") == 64;
}

static int parse_volume(
	struct docker_cli *docker, struct json volume, struct docker_volume *out, struct err *err)
{
	struct json options;
	if (json_get_string(volume, "Name", &out->name, err) < 0 ||
		json_get_string_or(volume, "Driver", "local", &out->driver, err) < 0 ||
		json_get_object_or_none(volume, "Options", &options, err) < 0 ||
		parse_labels(docker, volume, out, err) < 0)
		return -1;
	out->has_options = json_count(options) > 0;
	out->anonymous = out->anonymous || is_anonymous_name(out->name);
	return 0;
}

int docker_volume_inspect(struct docker_cli *docker, const char *name, struct docker_volume *out,
	bool *found, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct docker_command command = {0};
	struct err parse_err = ERR_INIT;
	struct json root, volume;
	*out = (struct docker_volume){.project = "", .key = ""};
	*found = false;
	docker_command_add(&command, docker->path, "volume", "inspect", name);
	if (docker_command_run(docker, &command, QUERY_TIMEOUT_MS, &result, err) < 0)
		return -1;
	if (result.exit_code != 0 && says_missing(&result, "volume"))
		return 0;
	if (result.exit_code != 0)
		return docker_command_failed(docker, &command, &result, CODE_DOCKER, err);
	const struct text *answer = &result.out.head;
	if (json_parse(answer->bytes, answer->length, "docker volume inspect", ANSWER_LIMIT,
		    docker->arena, &root, &parse_err) == 0) {
		struct json_iterator it = json_items(root);
		*found = json_next(&it, &volume) &&
			 parse_volume(docker, volume, out, &parse_err) == 0;
	}
	return *found ? 0
		      : err_set(err, CODE_DOCKER, "docker %s: unexpected answer: %s",
				"volume inspect", parse_err.text);
}

int docker_volume_create(
	struct docker_cli *docker, const struct docker_volume *volume, struct err *err)
{
	struct docker_command command = {0};
	docker_command_add(&command, docker->path, "volume", "create", "--driver", "local");
	if (volume->label_count > MAX_LABELS)
		return err_set(err, CODE_INPUT, "the volume %s has %zu labels, more than %d",
			volume->name, volume->label_count, MAX_LABELS);
	for (size_t i = 0; i < volume->label_count; i++)
		docker_command_add(&command, "--label",
			arena_printf(docker->arena, "%s=%s", volume->labels[i].name,
				volume->labels[i].value));
	docker_command_add(&command, volume->name);
	return run_or_fail(docker, &command, QUERY_TIMEOUT_MS, err);
}

int docker_volume_remove(struct docker_cli *docker, const char *name, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct docker_command command = {0};
	docker_command_add(&command, docker->path, "volume", "rm", name);
	if (docker_command_run(docker, &command, CHANGE_TIMEOUT_MS, &result, err) < 0)
		return -1;
	if (result.exit_code == 0 || says_missing(&result, "volume"))
		return 0;
	return docker_command_failed(docker, &command, &result, CODE_DOCKER, err);
}

int docker_volume_users(struct docker_cli *docker, const char *volume, const char ***names,
	size_t *count, struct err *err)
{
	struct docker_command command = {0};
	docker_command_add(&command, docker->path, "ps", "-a", "--filter",
		arena_printf(docker->arena, "volume=%s", volume), "--format", "{{.Names}}");
	return docker_command_lines(docker, &command, names, count, err);
}

/* ---- helpers ---- */

int docker_helper_create(struct docker_cli *docker, const char *project, const char *image,
	const char *source, const char **id, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct docker_command command = {0};
	bool is_volume = source[0] != '/';
	docker_command_add(&command, docker->path, "create", "--pull", "never", "--network", "none",
		"--label", arena_printf(docker->arena, DOCKER_HELPER_LABEL "=%s", project),
		"--mount",
		arena_printf(docker->arena, "type=%s,source=%s,target=/" DOCKER_HELPER_PATH "%s",
			is_volume ? "volume" : "bind", source, is_volume ? ",volume-nocopy" : ""),
		image, "/hardtack-helper");
	if (docker_command_run(docker, &command, CHANGE_TIMEOUT_MS, &result, err) < 0)
		return -1;
	size_t length = strcspn(result.out.head.bytes, "\r\n");
	if (result.exit_code != 0 || length < 12)
		return docker_command_failed(docker, &command, &result, CODE_DOCKER, err);
	*id = arena_strndup(docker->arena, result.out.head.bytes, length);
	return 0;
}

/* -v would take the anonymous volumes that the image declares; a named one stays in any case. */
int docker_helper_remove(struct docker_cli *docker, const char *id, struct err *err)
{
	struct docker_command command = {0};
	docker_command_add(&command, docker->path, "rm", "-f", "-v", id);
	return run_or_fail(docker, &command, CHANGE_TIMEOUT_MS, err);
}

static int containers_with(struct docker_cli *docker, const char *label, const char *project,
	bool running, const char ***ids, size_t *count, struct err *err)
{
	struct docker_command command = {0};
	docker_command_add(&command, docker->path, "ps", running ? "-q" : "-aq", "--no-trunc",
		"--filter", arena_printf(docker->arena, "label=%s=%s", label, project));
	return docker_command_ids(docker, &command, ids, count, err);
}

int docker_helper_sweep(struct docker_cli *docker, const char *project, struct err *err)
{
	const char **ids;
	size_t count;
	if (containers_with(docker, DOCKER_HELPER_LABEL, project, false, &ids, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (docker_helper_remove(docker, ids[i], err) < 0)
			return -1;
	return 0;
}

int docker_project_stop(struct docker_cli *docker, const char *project, struct err *err)
{
	const char **ids;
	size_t count;
	struct docker_command command = {0};
	if (containers_with(
		    docker, "com.docker.compose.project", project, true, &ids, &count, err) < 0)
		return -1;
	docker_command_add(&command, docker->path, "stop");
	return docker_command_each(docker, &command, ids, count, err);
}

int docker_project_has_containers(
	struct docker_cli *docker, const char *project, bool running, bool *has, struct err *err)
{
	const char *ours =
		arena_printf(docker->arena, "label=com.docker.compose.project=%s", project);
	return docker_containers_match(docker, &ours, 1, running, has, err);
}

int docker_project_remove(
	struct docker_cli *docker, const char *project, bool anonymous, struct err *err)
{
	const char **ids;
	size_t count;
	struct docker_command command = {0};
	if (docker_helper_sweep(docker, project, err) < 0 ||
		docker_project_stop(docker, project, err) < 0 ||
		containers_with(docker, "com.docker.compose.project", project, false, &ids, &count,
			err) < 0)
		return -1;
	docker_command_add(&command, docker->path, "rm", "-f");
	if (anonymous)
		docker_command_add(&command, "-v");
	return docker_command_each(docker, &command, ids, count, err);
}

int docker_project_remove_networks(struct docker_cli *docker, const char *project, struct err *err)
{
	const char **ids;
	size_t count;
	struct docker_command list = {0}, command = {0};
	docker_command_add(&list, docker->path, "network", "ls", "-q", "--no-trunc", "--filter",
		arena_printf(docker->arena, "label=com.docker.compose.project=%s", project));
	if (docker_command_ids(docker, &list, &ids, &count, err) < 0)
		return -1;
	docker_command_add(&command, docker->path, "network", "rm");
	return docker_command_each(docker, &command, ids, count, err);
}

/* ---- bytes ---- */

int docker_copy_out(struct docker_cli *docker, const char *id, const char *path,
	struct stream_sink *sink, bool *found, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct docker_command command = {0};
	docker_command_add(
		&command, docker->path, "cp", arena_printf(docker->arena, "%s:/%s", id, path), "-");
	if (docker_command_drain(docker, &command, sink, &result, err) < 0)
		return -1;
	/* "Could not find the file /x in container …" (26, 28), "No such container:path" (20.10).
	 */
	*found = result.exit_code == 0;
	if (*found || strstr(result.err.head.bytes, "ould not find the file") ||
		says_missing(&result, "container:path"))
		return 0;
	return docker_command_failed(docker, &command, &result, CODE_DOCKER, err);
}

int docker_copy_in(struct docker_cli *docker, const char *id,
	int (*feed)(void *context, struct stream_sink *sink, struct err *err), void *context,
	struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct docker_command command = {0};
	docker_command_add(
		&command, docker->path, "cp", "-", arena_printf(docker->arena, "%s:/", id));
	if (docker_command_feed(docker, &command, feed, context, &result, err) < 0)
		return -1;
	if (result.exit_code == 0)
		return 0;
	int code = strstr(result.err.head.bytes, "no space left") ? CODE_DISK_FULL : CODE_DOCKER;
	return docker_command_failed(docker, &command, &result, code, err);
}

/* ---- sizes ---- */

/* "1.217GB", "49.5MB", "0B": decimal units, as docker prints them. */
static uint64_t parse_size(const char *words)
{
	static const struct {
		const char *unit;
		double bytes;
	} units[] = {{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"KB", 1e3}, {"B", 1}};
	char *end;
	double number = strtod(words, &end);
	for (size_t i = 0; i < ARRAY_SIZE(units) && number > 0; i++)
		if (strcmp(end, units[i].unit) == 0)
			return (uint64_t)(number * units[i].bytes);
	return 0;
}

int docker_volume_sizes(struct docker_cli *docker, const char *const *names, size_t count,
	uint64_t *total, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct docker_command command = {0};
	*total = 0;
	docker_command_add(&command, docker->path, "system", "df", "-v", "--format",
		"{{range .Volumes}}{{.Name}} {{.Size}}\n{{end}}");
	if (docker_command_run(docker, &command, CHANGE_TIMEOUT_MS, &result, err) < 0)
		return -1;
	for (const char *at = result.out.head.bytes; result.exit_code == 0 && *at;) {
		size_t length = strcspn(at, "\n"), name = strcspn(at, " \n");
		for (size_t i = 0; i < count && name < length; i++)
			if (strlen(names[i]) == name && strncmp(names[i], at, name) == 0)
				*total += parse_size(arena_strndup(
					docker->arena, at + name + 1, length - name - 1));
		at += length + (at[length] == '\n');
	}
	return 0;
}
