/*
 * The packed form of the compose files: each service gets a literal image and
 * `pull_policy: never`, edited at the scalars' own bytes; comments and layout stay. A service whose
 * image comes from an anchor, a merge key, `extends` or an alias gets keys of its own.
 * A top-level `name:` of the main file becomes a comment (compose v1 refuses it; the installer
 * always passes -p). `version:` and `build:` stay as they are: with the image present,
 * `pull_policy: never` and `up --no-build` nothing is built.
 *
 * The result is parsed again before it is returned: the same project with the new images, or an
 * error. Rewriting a rewritten project with the same images changes nothing.
 */
#pragma once

#include "compose_project.h"

/* The image a service is to run, e.g. {"web", "docker.io/library/nginx:1.27-0123456789ab"}. */
struct compose_image {
	const char *service;
	const char *image;
};

struct compose_rewritten {
	const struct compose_file *file;
	const char *bytes; /* the file's own when nothing changed */
	size_t length;
};

/*
 * images: one for each packed service, in any order; services without one are left alone.
 * *files (in the arena): one for each of project->files, same order.
 */
int compose_rewrite(struct arena *arena, const struct compose_project *project,
	const struct compose_image *images, size_t image_count, struct compose_rewritten **files,
	struct err *err);
