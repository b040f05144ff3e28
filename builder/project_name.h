/* The project's name: a valid compose project name, [a-z0-9][a-z0-9_-]*, at most 63 bytes. */
#pragma once

#include <stdbool.h>

#include "arena.h"
#include "err.h"

bool project_name_is_valid(const char *name);

/*
 * The first that is not NULL of: --name, the project file's name, compose's name:, the directory.
 * The first two must be valid as they are (CODE_USAGE, CODE_INPUT). The others are normalised as
 * compose does it: lower case, every other character dropped, leading _ and - dropped; when nothing
 * is left (本地部署) the error (CODE_INPUT) asks for --name. directory is a path; "." is resolved.
 */
const char *project_name_choose(struct arena *arena, const char *flag, const char *project_file,
	const char *compose, const char *directory, struct err *err);
