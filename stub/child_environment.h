/* What the children of an installer may know of our environment. */
#pragma once

#include "arena.h"

/* The environment for docker and compose: PATH (with the usual places added), HOME, the locale
 * and the DOCKER_* that choose the engine; nothing else, so that no variable of the person's
 * shell beats .env (facts/docker.md). */
const char *const *child_environment(struct arena *arena);
