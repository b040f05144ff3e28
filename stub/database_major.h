/*
 * Which PostgreSQL an image brings, and whose data a volume holds: a new major version does not
 * start over an old one's data (PostgreSQL documentation, "Upgrading a PostgreSQL Cluster"), and
 * whoever replaces one has a stack that crash-loops.
 *
 * The image speaks by the environment in its config, PG_MAJOR (the official images and what is
 * built on them), else by its tag when its repository is a known one ("postgres:17-alpine",
 * "pgvector:0.8-pg17"); the data by its own file PG_VERSION. Both are facts; where one of them is
 * missing, nothing is said. MySQL, MariaDB and MongoDB convert data of the version before by
 * themselves and have no such file: they are not judged.
 */
#pragma once

#include "docker_cli.h"
#include "manifest.h"
#include "session.h"

/* The major of the image by its own words; 0: not PostgreSQL, or not known. A config that is no
 * JSON is an error of the bundle's. */
int database_major_of_image(const struct session *session, const struct manifest_image *image,
	unsigned *major, struct err *err);

/* By reference alone. */
unsigned database_major_of_reference(const char *reference);

/* Of the data of a container, running or not; 0: it has none that is PostgreSQL's. */
int database_major_of_container(struct docker_cli *docker, const struct docker_container *container,
	unsigned *major, struct err *err);
