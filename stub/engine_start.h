/* Starting an engine that is installed but does not run: asked, never unasked. */
#pragma once

#include "docker_cli.h"
#include "session.h"

/*
 * At a terminal: asks whether it shall be started, starts it, and waits until it answers. Without a
 * terminal, with --yes, or when nobody knows how, it does nothing. What became of it is in *engine:
 * ready, or the state and words of why not. Fails only on an interrupt.
 */
int engine_start_offer(struct docker_cli *docker, struct docker_engine *engine,
	const struct session *session, struct err *err);
