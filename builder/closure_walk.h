/* Files and folders of a project on the maker's disk, as entries of its closed world. */
#pragma once

#include "compose_closure.h"

struct closure_walk {
	struct arena *arena;
	const char *directory; /* project directory, to open */
	const char *real;      /* the same without symbolic links */
	bool check_env;        /* refuse literal secrets in .env files of mounted folders */
	bool skip_env;         /* the .env of the project directory is rendered on the target */
	struct closure *closure;
	struct finding_list *findings;
	struct err *err;
};

/* Who needs it: for refusals. */
struct closure_reason {
	const char *file;
	unsigned line;
};

int closure_walk_init(struct closure_walk *walk, struct err *err);

void closure_walk_add(struct closure_walk *walk, enum closure_kind kind, const char *packed,
	const char *source, unsigned mode);

enum closure_presence { CLOSURE_MISSING, CLOSURE_IS_FILE, CLOSURE_IS_DIRECTORY, CLOSURE_REFUSED };

/* What is there; refusals (a link that leaves the project, a device) are added to the findings. */
enum closure_presence closure_walk_look(
	struct closure_walk *walk, const char *packed, const struct closure_reason *reason);

/* Adds the file, or the whole folder, sorted later. */
int closure_walk_tree(struct closure_walk *walk, enum closure_kind kind, const char *packed,
	const struct closure_reason *reason);
