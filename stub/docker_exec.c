/* Running something in a container, and what it wrote since it started. */
#include <string.h>

#include "docker_run.h"

enum { MAX_WORDS = 400, MAX_VARIABLES = 50 };

static size_t count_environment(const char *const *environment)
{
	size_t count = 0;
	while (environment[count])
		count++;
	return count;
}

/* `docker exec -e NAME` takes the value from docker's own environment: it never stands in an
 * argument vector, where every process of the machine could read it. */
static void add_variables(struct docker_cli *docker, struct docker_command *command,
	const struct variable_set *variables, const char ***environment)
{
	size_t count = count_environment(docker->environment);
	const char **list =
		arena_alloc(docker->arena, (count + variables->count + 1) * sizeof(*list));
	memcpy(list, docker->environment, count * sizeof(*list));
	for (size_t i = 0; i < variables->count; i++) {
		const struct variable *variable = &variables->items[i];
		docker_command_add(command, "-e", variable->name);
		list[count++] =
			arena_printf(docker->arena, "%s=%s", variable->name, variable->value);
	}
	*environment = list;
}

/* What to run it with: to its end, with its stdout in a sink, or with a feed. */
struct exec_streams {
	struct stream_sink *sink;
	int (*feed)(void *context, struct stream_sink *sink, struct err *err);
	void *context;
};

static int run_exec(struct docker_cli *docker, const char *id, const struct docker_exec *exec,
	const struct exec_streams *streams, struct child_result *result, struct err *err)
{
	struct docker_command command = {.count = 0};
	const char *const *own = docker->environment;
	const char **environment;
	if (exec->word_count > MAX_WORDS || exec->variables->count > MAX_VARIABLES)
		return err_set(err, CODE_INPUT, "a command has at most %d words and %d variables",
			MAX_WORDS, MAX_VARIABLES);
	docker_command_add(&command, docker->path, "exec");
	if (streams->feed)
		docker_command_add(&command, "-i");
	add_variables(docker, &command, exec->variables, &environment);
	docker_command_add(&command, id);
	docker_command_add_words(&command, exec->words, exec->word_count);
	docker->environment = environment;
	int status = streams->feed ? docker_command_feed(docker, &command, streams->feed,
					     streams->context, result, err)
		     : streams->sink
			     ? docker_command_drain(docker, &command, streams->sink, result, err)
			     : docker_command_run(docker, &command, exec->timeout_ms, result, err);
	docker->environment = own;
	return status;
}

int docker_container_exec(struct docker_cli *docker, const char *id, const struct docker_exec *exec,
	struct child_result *result, struct err *err)
{
	return run_exec(docker, id, exec, &(struct exec_streams){0}, result, err);
}

int docker_container_exec_drain(struct docker_cli *docker, const char *id,
	const struct docker_exec *exec, struct stream_sink *sink, struct child_result *result,
	struct err *err)
{
	return run_exec(docker, id, exec, &(struct exec_streams){.sink = sink}, result, err);
}

int docker_container_exec_feed(struct docker_cli *docker, const char *id,
	const struct docker_exec *exec,
	int (*feed)(void *context, struct stream_sink *sink, struct err *err), void *context,
	struct child_result *result, struct err *err)
{
	return run_exec(docker, id, exec, &(struct exec_streams){.feed = feed, .context = context},
		result, err);
}

int docker_container_logs_since(struct docker_cli *docker, const char *id, const char *since,
	struct text *out, struct err *err)
{
	AUTO_CHILD result = CHILD_RESULT_INIT;
	struct docker_command command = {.count = 0};
	docker_command_add(&command, docker->path, "logs");
	if (*since)
		docker_command_add(&command, "--since", since);
	docker_command_add(&command, id);
	if (docker_command_run(docker, &command, QUERY_TIMEOUT_MS, &result, err) < 0)
		return -1;
	if (result.exit_code != 0)
		return docker_command_failed(docker, &command, &result, CODE_DOCKER, err);
	child_output_describe(&result.out, out);
	text_add(out, "\n");
	child_output_describe(&result.err, out);
	return 0;
}
