/*
 * The bundle's steps, in order: what is done once files and images are there (docs/sop.md).
 *
 * A step of a kind that this version does not know is shown as not done, with a warning, never as
 * passed. A new kind is a row of the table in sop_runner.c and a file step_<kind>.c (step.h).
 */
#pragma once

#include "env_file.h"
#include "place.h"
#include "session.h"

struct sop {
	const struct session *session;
	const struct place *place;
	const struct env_files *env; /* values for ${VAR}, and for masking */
	struct docker_cli *docker;
	bool recreate;   /* up may replace containers whose settings changed */
	bool proof_only; /* smoke: waits until all is healthy, then only http and exec steps */
};

int sop_run(const struct sop *sop, struct err *err);
