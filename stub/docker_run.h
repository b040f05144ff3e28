/* Running a docker command: shared by docker_*.c only. */
#pragma once

#include "child_process.h"
#include "docker_cli.h"

enum {
	DOCKER_ARGUMENTS = 512,
	DOCKER_AT_ONCE = 200, /* names that one command is given */
	QUERY_TIMEOUT_MS = 60 * 1000,       /* an engine under load answers late */
	LOAD_STALL_MS = 30 * 60 * 1000,     /* unpacking a huge layer moves no byte on our side */
	CHANGE_TIMEOUT_MS = 20 * 60 * 1000, /* up: depends_on waits inside */
};

/* An argument vector under construction. */
struct docker_command {
	const char *argv[DOCKER_ARGUMENTS];
	size_t count;
};

/* Adds words; too many is a bug of ours: lists go through docker_command_each(). */
#define docker_command_add(command, ...)                                        \
	docker_command_add_words((command), (const char *const[]){__VA_ARGS__}, \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))
void docker_command_add_words(
	struct docker_command *command, const char *const *words, size_t count);

/* Runs it. timeout 0 with feed: LOAD_STALL_MS without a byte. A time-out is CODE_DOCKER. */
int docker_command_run(struct docker_cli *docker, const struct docker_command *command,
	uint64_t timeout_ms, struct child_result *result, struct err *err);
/* Several at the same time (child_together.h), and what is to be asked ahead (docker_ahead.h);
 * results[i] is that of commands[i], and whether it came in time is for docker_command_check_time(). */
int docker_commands_run(struct docker_cli *docker, const struct docker_command *commands,
	size_t count, uint64_t timeout_ms, struct child_result *results, struct err *err);
int docker_command_check_time(struct docker_cli *docker, const struct docker_command *command,
	const struct child_result *result, struct err *err);
/* Its stdout goes into the sink; LOAD_STALL_MS without a byte is a time-out. */
int docker_command_drain(struct docker_cli *docker, const struct docker_command *command,
	struct stream_sink *sink, struct child_result *result, struct err *err);
int docker_command_feed(struct docker_cli *docker, const struct docker_command *command,
	int (*feed)(void *context, struct stream_sink *sink, struct err *err), void *context,
	struct child_result *result, struct err *err);

/* The same for several feeds, each to a child of its own, all at once. */
int docker_command_feed_loads(struct docker_cli *docker, const struct docker_command *command,
	const struct docker_load *loads, size_t count, struct child_result *results,
	struct err *err);

/* Runs a query; the non-empty lines of its answer, all of them, in the arena. */
int docker_command_lines(struct docker_cli *docker, const struct docker_command *command,
	const char ***lines, size_t *count, struct err *err);

/* The same for ids: what is none would be taken for an option, or for anything. */
int docker_command_ids(struct docker_cli *docker, const struct docker_command *command,
	const char ***ids, size_t *count, struct err *err);

/* The command with names behind it, as often as it takes: none, never. */
int docker_command_each(struct docker_cli *docker, const struct docker_command *command,
	const char *const *names, size_t count, struct err *err);
bool docker_is_id(const char *word);

/* "docker load": for errors. */
const char *docker_command_name(struct docker_cli *docker, const struct docker_command *command);

/* What it said: stderr, else stdout, printable, in the arena; never "". */
const char *docker_words(struct docker_cli *docker, const struct child_result *result);

/* CODE_DOCKER (or another code) with the command and its words. */
int docker_command_failed(struct docker_cli *docker, const struct docker_command *command,
	const struct child_result *result, int code, struct err *err);
#ifdef __clang_analyzer__
#define docker_command_failed(...) err_failed((docker_command_failed)(__VA_ARGS__))
#endif
