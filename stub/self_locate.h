/* Where the running program's own file is: a file a system (self_locate_linux.c, _macos.c). */
#pragma once

#include "arena.h"
#include "err.h"

/* Opens it for reading, close-on-exec; *path is for texts, in the arena. Does not depend on the
 * working directory. */
int self_locate_open(int *fd, const char **path, struct arena *arena, struct err *err);
