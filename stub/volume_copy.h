/*
 * The contents of a volume (or of a directory of this machine) as a tar, out and in.
 *
 * The tar is the engine's own, as `docker cp` gives it: its first entry is the volume itself,
 * "hardtack-volume/", with owner and mode; all paths are below it. `tar -xf` unpacks it anywhere.
 * Nothing is started, no image needs any tool, and the bytes pass through without being stored.
 */
#pragma once

#include "docker_volume.h"

/* Where: the engine, the project (its helpers carry the name), an image that the engine holds
 * (any; volume_copy_find_image()), and a volume's name or an absolute directory. */
struct volume_copy {
	struct docker_cli *docker;
	const char *project;
	const char *image;
	const char *source;
};

/* Pushes the whole tar. A tar that ends early is CODE_DOCKER. The volume must exist: the engine
 * would make an empty one. */
int volume_copy_read(const struct volume_copy *copy, struct stream_sink *sink, struct err *err);

/* Unpacks what is fed into the volume, over what is in it. A tar of volume_copy_read(). */
int volume_copy_write(const struct volume_copy *copy,
	int (*feed)(void *context, struct stream_sink *sink, struct err *err), void *context,
	struct err *err);

/* One small file of the volume ("PG_VERSION"), NUL-terminated, in docker->arena; *bytes NULL: there
 * is none, or it is larger than limit_bytes. */
int volume_copy_read_file(const struct volume_copy *copy, const char *path, size_t limit_bytes,
	const char **bytes, struct err *err);

/* An image for helpers: one that a container of the project was made of, else the first of these
 * references that the engine holds; *image NULL: none. */
int volume_copy_find_image(struct docker_cli *docker, const char *project,
	const char *const *references, size_t count, const char **image, struct err *err);
