/* hardtack.yaml (DESIGN.md, section 2). Helper `compose` replaces this minimal declaration. */
#pragma once

#include "arena.h"
#include "err.h"

struct project_file {
	const char *name, *version, *compose, *env;
};

int project_file_read(const char *path, struct arena *arena, struct project_file **out,
	struct err *err);
