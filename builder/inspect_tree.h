/*
 * The tree that `inspect` prints: the installer's parts, files, images and layers, with what each
 * takes. Long lists are cut to what matters, with the rest summed up, unless all is asked for.
 */
#pragma once

#include "contents.h"

struct inspect_tree {
	const char *name; /* of the file */
	uint64_t size_bytes;
	const struct manifest *manifest;
	const struct contents *contents;
	struct arena *arena;
	bool all;
	size_t columns; /* of the terminal */
};

/* Adds the tree and the totals. Names are never cut: one that is too wide for its column has its
 * numbers on a line of their own. */
void inspect_tree_add(const struct inspect_tree *tree, struct text *out);
