/* Databases that hardtack knows by their image: ports, data directories, a health check to write.
 */
#pragma once

#include <stdbool.h>

struct database_image {
	const char *repository; /* last component: "postgres" */
	const char *data;       /* where the image keeps its data */
	unsigned port;
	const char *healthcheck; /* a line for the compose file */
};

/* By the last component of the image's repository, whatever its registry; NULL: none of them. */
const struct database_image *database_image_find(const char *image);

/* Is this path in a container where such an image keeps its data? image may be NULL. */
bool database_image_keeps(const char *image, const char *path);
