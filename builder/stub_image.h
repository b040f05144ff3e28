/* The stubs of all targets, inside the builder itself. */
#pragma once

#include <stddef.h>

struct stub_image {
	const char *target;
	const void *bytes;
	size_t length;
};

/* NULL for a target that there is no stub for. */
const struct stub_image *stub_image_find(const char *target);

/* All of them, for texts: the last has target NULL. */
const struct stub_image *stub_image_list(void);
