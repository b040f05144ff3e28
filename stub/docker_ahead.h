/*
 * Questions asked ahead: beside others that are asked together, because their answers are wanted
 * next. A docker command costs some 50 ms whatever it asks; beside another it costs next to
 * nothing. Shared by docker_*.c only, and for questions that change nothing.
 */
#pragma once

#include "docker_run.h"

enum { DOCKER_AHEAD_MOST = 4 };

/* The next docker_commands_run() asks this as well. Where it cannot, it is asked when its turn
 * comes. */
void docker_ahead_add(struct docker_cli *docker, const struct docker_command *command);

/* The commands that wait to be asked, DOCKER_AHEAD_MOST at most; and the answers to them, in that
 * order. One that came late, or not whole, is none. */
size_t docker_ahead_pending(const struct docker_cli *docker, struct docker_command *commands);
void docker_ahead_keep(struct docker_cli *docker, const struct child_result *results);

/* The answer to this very command, given once: the next one would be old. False: ask. */
bool docker_ahead_take(struct docker_cli *docker, const struct docker_command *command,
	struct child_result *result);

/* The engine is changed, or cannot be asked: what it said, or was to be asked, no longer counts. */
void docker_ahead_forget(struct docker_cli *docker);
