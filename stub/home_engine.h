/*
 * The engine that an installation lives in. A folder's containers and volumes are in one engine; a
 * changed context, a DOCKER_HOST that is set or was lost (sudo) leads to another one, which has
 * nothing of it: taken for the same, it would make an empty backup that calls itself sound, or an
 * upgrade without the data.
 *
 * So the receipt has the engine's id (`docker info`, ID: kept under the engine's data root). Another
 * id alone proves nothing, for Podman makes one up for each answer: it is another engine if that one
 * has neither containers nor volumes of the project either.
 */
#pragma once

#include "docker_cli.h"
#include "receipt.h"

/* *elsewhere: the installation of this receipt (NULL: none is known) lives in another engine than
 * this one; then *problem is CODE_PREFLIGHT and names both, without a hint. Fails only when docker
 * cannot be asked. */
int home_engine_check(struct docker_cli *docker, const struct docker_engine *engine,
	const struct receipt *receipt, const char *project, bool *elsewhere, struct err *problem,
	struct err *err);

/* The way out, for verbs about what is installed. Returns -1. */
int home_engine_hint(struct err *problem);
