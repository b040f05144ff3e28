/* Finding docker, and telling what kind of engine answers. */
#include <stdlib.h>
#include <string.h>

#include "child_environment.h"
#include "docker_ahead.h"
#include "docker_product.h"
#include "docker_run.h"
#include "interrupt.h"
#include "json.h"
#include "monotonic.h"

enum { ANSWER_LIMIT = 4 << 20 };

bool docker_cli_find(struct docker_cli *docker, struct arena *arena, struct ui *ui)
{
	const char *home = getenv("HOME");
	*docker = (struct docker_cli){.arena = arena, .ui = ui};
	docker->environment = child_environment(arena);
	docker->path = child_find_program("docker", getenv("PATH"), arena);
	if (!docker->path)
		docker->path = child_find_program("docker",
			"/usr/local/bin:/opt/homebrew/bin:/usr/bin:/bin:/snap/bin:"
			"/Applications/Docker.app/Contents/Resources/bin:"
			"/Applications/OrbStack.app/Contents/MacOS/xbin:"
			"/Applications/Rancher Desktop.app/Contents/Resources/resources/darwin/bin:"
			"/opt/local/bin",
			arena);
	if (!docker->path && home)
		docker->path = child_find_program("docker",
			arena_printf(arena,
				"%s/.docker/bin:%s/.orbstack/bin:%s/.rd/bin:%s/.colima/bin", home,
				home, home, home),
			arena);
	return docker->path != NULL;
}

static bool says(const char *words, const char *part)
{
	return strstr(words, part) != NULL;
}

/* By docker's words: the same since 19.03 (docs/facts, "Preflight facts"). */
static enum docker_state state_of(const char *words)
{
	if (says(words, "permission denied"))
		return DOCKER_NO_PERMISSION;
	if (says(words, "unable to resolve docker endpoint") || says(words, "context not found"))
		return DOCKER_BROKEN_CONTEXT;
	if (says(words, "Cannot connect to the Docker daemon") ||
		says(words, "Is the docker daemon running") || says(words, "connection refused") ||
		says(words, "error during connect") || says(words, "ECONNREFUSED"))
		return DOCKER_NOT_RUNNING;
	return DOCKER_UNKNOWN;
}

static int give_up(struct docker_cli *docker, struct docker_engine *engine, enum docker_state state,
	const char *words)
{
	engine->state = state;
	engine->detail = words;
	docker_ahead_forget(docker);
	return 0;
}

static bool is_remote(const char *endpoint)
{
	return text_starts_with(endpoint, "tcp://") || text_starts_with(endpoint, "ssh://") ||
	       text_starts_with(endpoint, "http://") || text_starts_with(endpoint, "https://");
}

/* /var/run is a link to /run on Linux. */
static bool is_usual(const char *endpoint)
{
	return strcmp(endpoint, DOCKER_USUAL_ENDPOINT) == 0 ||
	       strcmp(endpoint, "unix:///run/docker.sock") == 0;
}

/* Where the CLI would connect: DOCKER_HOST beats every context. What is no URL there it takes as
 * the name of another machine, and some of what is one it cannot read. */
static int find_endpoint(struct docker_cli *docker, struct docker_engine *engine, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct docker_command command = {0};
	const char *host = getenv("DOCKER_HOST"), *chosen = getenv("DOCKER_CONTEXT");
	if (host)
		host += strspn(host, " \t\r\n"); /* as docker does: blanks alone say nothing */
	if (host && *host) {
		engine->endpoint = arena_strdup(docker->arena, host);
		engine->context = "default";
		engine->chosen_by = is_usual(host) ? NULL : "DOCKER_HOST";
		if (!text_starts_with(host, "unix://") && !is_remote(host))
			return give_up(docker, engine, DOCKER_BROKEN_CONTEXT, engine->endpoint);
		return 0;
	}
	docker_command_add(&command, docker->path, "context", "inspect", "--format",
		"{{.Name}} {{.Endpoints.docker.Host}}");
	if (docker_command_run(docker, &command, QUERY_TIMEOUT_MS, &result, err) < 0)
		return -1;
	if (result.exit_code != 0)
		return give_up(docker, engine, state_of(docker_words(docker, &result)),
			docker_words(docker, &result));
	const char *line = result.out.head.bytes, *space = strchr(line, ' ');
	if (!space)
		return 0;
	engine->context = arena_strndup(docker->arena, line, (size_t)(space - line));
	engine->endpoint = arena_strndup(docker->arena, space + 1, strcspn(space + 1, "\r\n"));
	if (strcmp(engine->context, "default") != 0 && !is_usual(engine->endpoint))
		engine->chosen_by = chosen && *chosen ? "DOCKER_CONTEXT" : "context";
	return 0;
}

static int parse_version(struct docker_cli *docker, const struct child_result *result,
	struct docker_engine *engine, struct err *err)
{
	struct json root, server;
	const struct text *answer = &result->out.head;
	if (json_parse(answer->bytes, answer->length, "docker version", ANSWER_LIMIT, docker->arena,
		    &root, err) < 0 ||
		json_get_object(root, "Server", &server, err) < 0 ||
		json_get_string(server, "Os", &engine->os, err) < 0 ||
		json_get_string(server, "Arch", &engine->architecture, err) < 0 ||
		json_get_string(server, "Version", &engine->version, err) < 0)
		return -1;
	return json_get_string_or(server, "ApiVersion", "", &engine->api_version, err);
}

static bool uses_containerd_store(struct json info)
{
	AUTO_TEXT status = TEXT_INIT;
	json_write(&status, json_member(info, "DriverStatus"));
	return strstr(status.bytes, "io.containerd.snapshotter") != NULL;
}

/* Measured for Docker's classic store; Podman has the same answer to much, but another driver. */
static bool may_load_together(struct json info, const struct docker_engine *engine)
{
	const char *driver;
	struct err ignored = ERR_INIT;
	return json_get_string_or(info, "Driver", "", &driver, &ignored) == 0 &&
	       strcmp(driver, "overlay2") == 0 && !engine->containerd_store && engine->cpus > 1;
}

static int parse_info(struct docker_cli *docker, const struct child_result *result,
	struct docker_engine *engine, struct err *err)
{
	struct json root;
	const char *time;
	const struct text *answer = &result->out.head;
	if (json_parse(answer->bytes, answer->length, "docker info", ANSWER_LIMIT, docker->arena,
		    &root, err) < 0 ||
		json_get_string_or(root, "OperatingSystem", "", &engine->product, err) < 0 ||
		json_get_string_or(root, "ID", "", &engine->id, err) < 0 ||
		json_get_string_or(root, "DockerRootDir", "", &engine->root_dir, err) < 0 ||
		json_get_u64_or(root, "MemTotal", 0, &engine->memory_bytes, err) < 0 ||
		json_get_u64_or(root, "NCPU", 0, &engine->cpus, err) < 0)
		return -1;
	engine->containerd_store = uses_containerd_store(root);
	docker->loads_at_once = may_load_together(root, engine) ? 2 : 1;
	if (json_get_string_or(root, "SystemTime", "", &time, err) < 0)
		return -1;
	docker->clock.at_ms = monotonic_ms();
	if (!engine_clock_parse(time, &docker->clock.asked_ms))
		docker->clock.asked_ms = 0;
	return 0;
}

/* Neither exit code nor form can be trusted alone: with the daemon down, `info` of 26 exits 0 and
 * `version` prints half an answer. */
static int judge(struct docker_cli *docker, struct docker_engine *engine,
	const struct docker_command *command, const struct child_result *result,
	int (*parse)(struct docker_cli *, const struct child_result *, struct docker_engine *,
		struct err *),
	struct err *err)
{
	struct err parse_err = ERR_INIT;
	if (docker_command_check_time(docker, command, result, err) < 0)
		return -1;
	if (result->exit_code == 0 && parse(docker, result, engine, &parse_err) == 0)
		return 0;
	const char *words = docker_words(docker, result);
	enum docker_state state = state_of(words);
	if (state == DOCKER_UNKNOWN && result->exit_code == 0)
		words = arena_strdup(docker->arena, parse_err.text);
	return give_up(docker, engine, state, words);
}

static void take_compose(struct docker_cli *docker, const struct child_result *result)
{
	const char *words = result->exit_code == 0 ? result->out.head.bytes : "";
	docker->compose_answer = result->timed_out ? NULL : arena_strdup(docker->arena, words);
}

/* All at once: none needs another's answer. */
static int ask(struct docker_cli *docker, struct docker_engine *engine, struct err *err)
{
	enum { VERSION, INFO, COMPOSE, QUESTIONS };
	struct docker_command commands[QUESTIONS] = {0};
	struct child_result results[QUESTIONS];
	size_t count = docker->asks_compose ? QUESTIONS : COMPOSE;
	uint64_t patience_ms = docker->patience_ms ? docker->patience_ms : QUERY_TIMEOUT_MS;
	docker_command_add(
		&commands[VERSION], docker->path, "version", "--format", "{{json .}}");
	docker_command_add(&commands[INFO], docker->path, "info", "--format", "{{json .}}");
	docker_command_add(&commands[COMPOSE], docker->path, "compose", "version", "--short");
	docker->asked_ms = monotonic_ms();
	int status = docker_commands_run(docker, commands, count, patience_ms, results, err);
	docker->asked_ms = 0;
	if (status == 0)
		status = judge(docker, engine, &commands[VERSION], &results[VERSION], parse_version,
			err);
	if (status == 0 && engine->state == DOCKER_READY)
		status = judge(
			docker, engine, &commands[INFO], &results[INFO], parse_info, err);
	if (status == 0 && docker->asks_compose)
		take_compose(docker, &results[COMPOSE]);
	for (size_t i = 0; i < count; i++)
		child_result_clear(&results[i]);
	return status;
}

int docker_engine_probe(struct docker_cli *docker, struct docker_engine *engine, struct err *err)
{
	*engine = (struct docker_engine){.detail = "",
		.endpoint = "",
		.context = "",
		.os = "",
		.architecture = "",
		.version = "",
		.api_version = "",
		.product = "",
		.id = "",
		.root_dir = ""};
	if (!docker->path)
		return give_up(docker, engine, DOCKER_NOT_INSTALLED, "");
	int status = find_endpoint(docker, engine, err);
	if (status == 0 && engine->state == DOCKER_READY && is_remote(engine->endpoint))
		return give_up(docker, engine, DOCKER_REMOTE, engine->endpoint);
	if (status == 0 && engine->state == DOCKER_READY)
		status = ask(docker, engine, err);
	if (status == 0 || interrupt_pending())
		return status;
	give_up(docker, engine, err->code == CODE_DOCKER ? DOCKER_SILENT : DOCKER_UNKNOWN,
		arena_strdup(docker->arena, err->text));
	err_clear(err);
	return 0;
}
