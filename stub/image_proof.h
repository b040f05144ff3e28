/*
 * Is the image in the engine the one in the bundle? Neither exit codes nor tags say so.
 *
 * Proven means (docs/facts, "Identity of a loaded image"): the engine's id is the pinned config,
 * manifest or index digest; the layers' diff_ids, OS and architecture are equal; and a container
 * can be created of it, for an engine may show all that while a layer is missing.
 */
#pragma once

#include "docker_cli.h"
#include "manifest.h"

enum image_proof_depth {
	IMAGE_PROOF_INSPECT, /* cheap, for estimates */
	IMAGE_PROOF_FULL,
};

/* The images with checked[i] (NULL: all). why[i] NULL: proven; else what is wrong, in the person's
 * language, in docker->arena. */
int image_proof_check(struct docker_cli *docker, const struct manifest_image *images, size_t count,
	const bool *checked, enum image_proof_depth depth, const char **why, struct err *err);
