/* Compose, plugin or standalone, v1 or v2: told apart by the version number alone. */
#include <stdlib.h>
#include <string.h>

#include "docker_run.h"
#include "number.h"

/* "2.26.1", "v2.40.3-desktop.1", "1.29.2"; anything else is no compose. */
static bool parse_version(
	struct docker_cli *docker, const char *words, unsigned *major, unsigned *minor)
{
	const char *at = words + (*words == 'v');
	size_t first = strspn(at, "0123456789");
	if (first == 0 || first > 3 || at[first] != '.')
		return false;
	const char *second = at + first + 1;
	size_t second_length = strspn(second, "0123456789");
	uint64_t a, b;
	if (second_length == 0 || second_length > 5 ||
		!number_parse_u64(arena_strndup(docker->arena, at, first), &a) ||
		!number_parse_u64(arena_strndup(docker->arena, second, second_length), &b))
		return false;
	*major = (unsigned)a;
	*minor = (unsigned)b;
	return true;
}

static bool take_version(
	struct docker_cli *docker, const char *path, bool plugin, const char *words)
{
	if (!parse_version(docker, words, &docker->compose_major, &docker->compose_minor))
		return false;
	docker->compose_path = path;
	docker->compose_is_plugin = plugin;
	docker->compose_version = arena_strndup(
		docker->arena, words + (*words == 'v'), strcspn(words + (*words == 'v'), " \r\n"));
	return true;
}

static int try_compose(
	struct docker_cli *docker, const char *path, bool plugin, bool *found, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct docker_command command = {0};
	docker_command_add(&command, path);
	if (plugin)
		docker_command_add(&command, "compose");
	docker_command_add(&command, "version", "--short");
	if (docker_command_run(docker, &command, QUERY_TIMEOUT_MS, &result, err) < 0)
		return -1;
	*found = result.exit_code == 0 && take_version(docker, path, plugin, result.out.head.bytes);
	return 0;
}

int docker_compose_find(struct docker_cli *docker, bool *found, struct err *err)
{
	*found = docker->compose_answer &&
		 take_version(docker, docker->path, true, docker->compose_answer);
	if (!docker->compose_answer && try_compose(docker, docker->path, true, found, err) < 0)
		return -1;
	if (*found)
		return 0;
	const char *slash = strrchr(docker->path, '/');
	const char *path = child_find_program("docker-compose",
		arena_printf(docker->arena, "%s:/usr/local/bin:/opt/homebrew/bin:/usr/bin:%.*s",
			getenv("PATH") ? getenv("PATH") : "", (int)(slash - docker->path),
			docker->path),
		docker->arena);
	return path ? try_compose(docker, path, false, found, err) : 0;
}

/* Everything before the verb. Always -p and -f: what compose would derive differs between v1 and
 * v2 and depends on the working directory. */
static void begin(struct docker_cli *docker, const struct compose_project *project,
	struct docker_command *command)
{
	docker_command_add(command, docker->compose_path);
	if (docker->compose_is_plugin)
		docker_command_add(command, "compose");
	docker_command_add(command, "-p", project->name, "--project-directory", project->directory,
		"-f", project->file);
	if (project->env_file)
		docker_command_add(command, "--env-file", project->env_file);
	for (const char *const *profile = project->profiles; profile && *profile; profile++)
		docker_command_add(command, "--profile", *profile);
}

/* verb: what the person asked for, and is told about. */
static int run(struct docker_cli *docker, const struct compose_project *project,
	const struct docker_command *command, const char *verb, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	if (docker_command_run(docker, command, CHANGE_TIMEOUT_MS, &result, err) < 0) {
		if (err->code != CODE_DOCKER)
			return -1;
		err_set(err, CODE_STEP, "compose %s did not finish in time", verb);
		return err_hint(err, "Docker hangs or has too much to do: wait, then run this "
				     "again; if that does not help, restart Docker");
	}
	if (result.exit_code == 0)
		return 0;
	err_set(err, CODE_STEP, "compose %s: %s", verb, docker_words(docker, &result));
	if (project->hide)
		project->hide(project, err);
	return -1;
}

static int check(struct docker_cli *docker, const struct compose_project *project, const char *verb,
	struct err *err)
{
	struct docker_command command = {0};
	begin(docker, project, &command);
	docker_command_add(&command, "config", "-q");
	return run(docker, project, &command, verb, err);
}

/* Every verb reads the files first, and says what is wrong with them in words that differ from
 * version to version. `config`, of v1 as of v2, does nothing but read: when it fails as well, that
 * was the cause. Its words take the place of the verb's, which may have gone elsewhere. */
static int blame(struct docker_cli *docker, const struct compose_project *project, const char *verb,
	struct err *err)
{
	struct err refused = ERR_INIT;
	docker->compose_unreadable = false;
	/* A hint: it hung. */
	if (err->code != CODE_STEP || *err->hint || check(docker, project, verb, &refused) == 0 ||
		refused.code != CODE_STEP || *refused.hint)
		return -1;
	docker->compose_unreadable = true;
	*err = refused;
	return project->env_file
		       ? err_hint(err,
				 "correct that line of %s (or of %s, if you changed it), then run "
				 "this again",
				 project->env_file, project->file)
		       : err_hint(err, "correct %s, then run this again", project->file);
}

static int finish(struct docker_cli *docker, const struct compose_project *project,
	const struct docker_command *command, const char *verb, struct err *err)
{
	return run(docker, project, command, verb, err) == 0 ? 0
							     : blame(docker, project, verb, err);
}

static int up(struct docker_cli *docker, const struct compose_project *project, bool recreate,
	const char *service, struct err *err)
{
	struct docker_command command = {0};
	begin(docker, project, &command);
	docker_command_add(&command, "up", "-d", "--no-build");
	if (!recreate)
		docker_command_add(&command, "--no-recreate");
	/* v1 knows no --pull, and answers an unknown flag with usage, exit 0 and no work. */
	if (docker->compose_major >= 2)
		docker_command_add(&command, "--pull", "never");
	if (service)
		docker_command_add(&command, service);
	return finish(docker, project, &command, "up", err);
}

int docker_compose_up(struct docker_cli *docker, const struct compose_project *project,
	bool recreate, struct err *err)
{
	return up(docker, project, recreate, NULL, err);
}

int docker_compose_up_service(struct docker_cli *docker, const struct compose_project *project,
	const char *service, struct err *err)
{
	return up(docker, project, true, service, err);
}

int docker_compose_stop(
	struct docker_cli *docker, const struct compose_project *project, struct err *err)
{
	struct docker_command command = {0};
	begin(docker, project, &command);
	docker_command_add(&command, "stop");
	return finish(docker, project, &command, "stop", err);
}

int docker_compose_check(
	struct docker_cli *docker, const struct compose_project *project, struct err *err)
{
	return check(docker, project, "config", err);
}

int docker_compose_down(
	struct docker_cli *docker, const struct compose_project *project, struct err *err)
{
	struct docker_command command = {0};
	begin(docker, project, &command);
	docker_command_add(&command, "down");
	return finish(docker, project, &command, "down", err);
}

int docker_compose_logs(struct docker_cli *docker, const struct compose_project *project,
	const char *const *services, bool follow, const char *tail, struct stream_sink *output,
	struct stream_sink *errors, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct docker_command command = {0};
	begin(docker, project, &command);
	docker_command_add(&command, "logs");
	if (follow)
		docker_command_add(&command, "--follow");
	if (tail)
		docker_command_add(&command, "--tail", tail);
	for (; services && *services; services++)
		docker_command_add(&command, *services);
	struct child_request request = {.argv = command.argv,
		.environment = docker->environment,
		.output = output,
		.errors = errors};
	if (child_run(&request, &result, err) < 0)
		return -1;
	if (result.exit_code == 0)
		return 0;
	err_set(err, CODE_STEP, "compose %s: %s", "logs", docker_words(docker, &result));
	return blame(docker, project, "logs", err);
}
