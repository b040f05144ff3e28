/* Who else uses a compose project's or a container's name: by labels that compose v1 and v2 set. */
#pragma once

#include "docker_cli.h"

/* A container of the project that was not made from this directory, *from where it was made; *container
 * NULL when there is none. One from a folder that is still there comes before others. */
int docker_project_stranger(struct docker_cli *docker, const char *project, const char *directory,
	const char **container, const char **from, struct err *err);

/* The same among containers that are known. */
void docker_project_find_stranger(const struct docker_container *containers, size_t count,
	const char *directory, const char **container, const char **from);

/* Is the folder where a container was made gone? Then an installation was moved, not copied. One
 * that we may not look at is not gone. */
bool docker_project_is_gone(const char *from);

/* The project of the container of this very name ("" for none); *found false: no such container. */
int docker_container_project(struct docker_cli *docker, const char *name, bool *found,
	const char **project, struct err *err);
