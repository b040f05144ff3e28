/*
 * The bundle's steps, in order: what is done once files and images are there.
 *
 * This version knows `up` and `wait_healthy`; a step of another kind is shown as not done, with a
 * warning, never as passed. A new kind is a row of the table in sop_runner.c and a file
 * step_<kind>.c (step.h).
 */
#pragma once

#include "env_file.h"
#include "place.h"
#include "session.h"

struct sop {
	const struct session *session;
	const struct place *place;
	const struct env_files *env; /* for masking */
	struct docker_cli *docker;
	bool recreate; /* up may replace containers whose settings changed */
};

int sop_run(const struct sop *sop, struct err *err);
