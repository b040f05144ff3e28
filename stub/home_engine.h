/*
 * The engine that an installation lives in. A folder's containers and volumes are in one engine; a
 * changed context, a DOCKER_HOST that is set or was lost (sudo) leads to another one, which has
 * nothing of it: taken for the same, it would make an empty backup that calls itself sound, or an
 * upgrade without the data.
 *
 * So the receipt has the engine's id (`docker info`, ID: kept under the engine's data root). Another
 * id alone proves nothing, for Podman makes one up for each answer, and an engine may lose its own: it
 * is another engine if that one has no container of the project either, and if it has a volume of the
 * project but keeps its id. (A folder that was copied from another machine once took over, and then
 * purged, what somebody else's uninstall had kept.)
 */
#pragma once

#include "docker_cli.h"
#include "receipt.h"

/* *elsewhere: the installation of this receipt (NULL: none is known) lives in another engine than
 * this one; then *problem is CODE_PREFLIGHT and names both, with a hint only where a volume of the
 * project is here. Fails only when docker cannot be asked. */
int home_engine_check(struct docker_cli *docker, const struct docker_engine *engine,
	const struct receipt *receipt, const struct place *place, bool *elsewhere,
	struct err *problem, struct err *err);

/* The way out, for verbs about what is installed, where *problem has none yet. Returns -1. */
int home_engine_hint(struct err *problem);
