/*
 * What the maker points at: a compose file, or a directory with hardtack.yaml or a compose file.
 *
 * project_open() reads it whole: project file, compose files, environment, name.
 */
#pragma once

#include "compose_closure.h"
#include "compose_project.h"
#include "options.h"
#include "project_file.h"

struct project {
	const char *name;          /* valid compose project name */
	const char *version;       /* or NULL */
	struct project_file *file; /* hardtack.yaml, or NULL */
	const char *compose_path;  /* the top compose file */
	const char *directory;     /* where it lies */
	struct compose_project *compose;
};

/* findings gets what compose itself would warn of. Everything lives in the arena. */
int project_open(struct project *project, const char *path, const struct options *options,
	struct arena *arena, struct finding_list *findings, struct err *err);

/* The closed world of the project, with the project file's own files. */
int project_closure(const struct project *project, const struct options *options,
	struct closure *closure, struct finding_list *findings, struct err *err);
