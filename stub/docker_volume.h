/*
 * Volumes, and bytes in and out of them: through a helper container, which is created of any image
 * that the engine holds and never started, so that it needs no tools and runs nothing.
 *
 * Measured on 20.10, 26.1 and 28.5 in both stores: `docker cp` reaches a volume of a created
 * container; owners, modes, links and times travel in its tar; extended attributes do not, but
 * security.capability.
 */
#pragma once

#include "docker_cli.h"

#define DOCKER_HELPER_LABEL "hardtack.helper"
#define DOCKER_HELPER_PATH "hardtack-volume" /* below / in a helper: where the volume is */

struct docker_label {
	const char *name, *value;
};

struct docker_volume {
	const char *name;
	const char *driver;        /* "local" */
	const char *project, *key; /* compose's labels: project, and the name in the file; "" */
	struct docker_label *labels;
	size_t label_count;
	bool has_options; /* driver options: its data lies elsewhere (nfs, a directory) */
	bool anonymous;   /* made for a container without a name given */
};

/* *found false: no volume of that name. */
int docker_volume_inspect(struct docker_cli *docker, const char *name, struct docker_volume *out,
	bool *found, struct err *err);

/* An empty volume of the local driver with the name and labels. One that exists stays as it is. */
int docker_volume_create(
	struct docker_cli *docker, const struct docker_volume *volume, struct err *err);

/* The volume and all in it. One that is not there is no error; one in use is CODE_DOCKER. */
int docker_volume_remove(struct docker_cli *docker, const char *name, struct err *err);

/* Containers, running or not, that use the volume: their names. */
int docker_volume_users(struct docker_cli *docker, const char *volume, const char ***names,
	size_t *count, struct err *err);

/* A helper container of this image with the volume (or the absolute directory) in it, labelled
 * with the project. */
int docker_helper_create(struct docker_cli *docker, const char *project, const char *image,
	const char *source, const char **id, struct err *err);
int docker_helper_remove(struct docker_cli *docker, const char *id, struct err *err);

/* Removes the project's helpers that a killed run left. */
int docker_helper_sweep(struct docker_cli *docker, const char *project, struct err *err);

/* `docker cp`: a path of the container as a tar. *found false: no such path there. */
int docker_copy_out(struct docker_cli *docker, const char *id, const char *path,
	struct stream_sink *sink, bool *found, struct err *err);

/* The tar that is fed is unpacked at /, owners and modes as they are in it. */
int docker_copy_in(struct docker_cli *docker, const char *id,
	int (*feed)(void *context, struct stream_sink *sink, struct err *err), void *context,
	struct err *err);

/* Bytes of each volume of the engine as it reckons them, rounded; 0 for one that it does not
 * know. *total: of those named. Slow: the engine walks through them. */
int docker_volume_sizes(struct docker_cli *docker, const char *const *names, size_t count,
	uint64_t *total, struct err *err);

/* Stops, and removes, all containers of the project, its helpers too: without compose or a compose
 * file. Volumes stay; anonymous: those without a name go with their containers. */
int docker_project_stop(struct docker_cli *docker, const char *project, struct err *err);
int docker_project_remove(
	struct docker_cli *docker, const char *project, bool anonymous, struct err *err);
int docker_project_has_containers(
	struct docker_cli *docker, const char *project, bool running, bool *has, struct err *err);
int docker_project_remove_networks(struct docker_cli *docker, const char *project, struct err *err);
