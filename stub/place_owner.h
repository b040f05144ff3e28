/*
 * Of which compose project is this directory? An installation says it in its own folder, so that
 * no verb takes the folder of one project, and the containers and volumes of another.
 */
#pragma once

#include <stdbool.h>

#include "arena.h"
#include "err.h"

struct place_owner {
	const char *project; /* of the first choice; NULL: nothing says it */
	const char *name;    /* of the bundle that was installed; NULL: nothing says it */
	const char *variant; /* of a fallback, whose own folder this is; else NULL */
	bool traces;         /* something is installed here, whoever says what */
	struct err refused;  /* the first of what would say it and may not be opened; code 0: none */
};

/* By the receipt or its copy, the choice of a variant, the receipt of what was uninstalled, or the
 * journal of an installation that was not finished, in this order. What cannot be read says
 * nothing: who needs it tells of it. */
void place_owner_find(const char *directory, struct arena *arena, struct place_owner *owner);
