/*
 * Which images a project wants: the reference and the platform of each packed service, for each
 * target. build, lock, fetch and mirrors test agree about it by asking here.
 *
 * The platform: the service's own `platform:`, else --platform SERVICE=OS/ARCH, else --platform
 * OS/ARCH, else the target's CPU (DESIGN.md 1.1).
 */
#pragma once

#include "compose_project.h"
#include "image_reference.h"
#include "oci_image.h"
#include "options.h"

struct image_want {
	const struct compose_service *service; /* the first that wants it */
	struct image_reference reference;
	struct oci_platform platform;
	const char *reference_text; /* "docker.io/library/postgres:17": the lock's key */
	const char *platform_text;  /* "linux/arm64": normal form, the lock's other key */
};

/* --target, or the default one. */
const char *const *image_want_targets(const struct options *options, size_t *count);

/* Every --platform names a service that exists in one of the projects (variants of one, project.h).
 */
int image_want_check(const struct compose_project *const *projects, size_t project_count,
	const struct options *options, struct arena *arena, struct err *err);

/* What a service wants for a target. Errors name file, line and service. */
int image_want_of(const struct compose_service *service, const struct options *options,
	const char *target, struct arena *arena, struct image_want *out, struct err *err);

/* What all packed services of the projects want for all targets, each once, sorted by reference
 * and platform. */
int image_want_list(const struct compose_project *const *projects, size_t project_count,
	const struct options *options, struct arena *arena, struct image_want **out, size_t *count,
	struct err *err);
