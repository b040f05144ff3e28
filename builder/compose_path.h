/* Paths of a project: names below the project directory, by their text alone. */
#pragma once

#include <stdbool.h>

#include "arena.h"

/* directory/path without ".", "//" and inner "..": "a" + "../b/./c" is "b/c"; leading ".."s stay.
 * An absolute path stays itself (normalised). "" is the directory itself. */
const char *compose_path_join(struct arena *arena, const char *directory, const char *path);

/* Everything before the last slash of a normalised path; "" when there is none. */
const char *compose_path_directory(struct arena *arena, const char *path);

/* Does the normalised path leave the project: absolute, ".." or "../…"? */
bool compose_path_escapes(const char *path);

/* What open() takes: project directory ("." for the working directory) and normalised path. */
const char *compose_path_open(struct arena *arena, const char *project, const char *path);
