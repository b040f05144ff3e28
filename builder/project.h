/*
 * What the maker points at: a compose file, or a directory with hardtack.yaml or a compose file.
 *
 * project_open() reads it whole: project file, compose files, environment, name; and each variant
 * of fallback: as a project of its own in the same directory.
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
	const char *variant; /* its name in fallback:; NULL: the first choice */
	struct project *fallback;
	size_t fallback_count;
	/* Of all variants: compose projects, this one's first, and downloads, each address once. */
	const struct compose_project **composes;
	size_t compose_count;
	const struct project_download **downloads;
	size_t download_count;
};

/* 0 is the project itself, then those of fallback: up to composes' count. */
const struct project *project_variant(const struct project *project, size_t number);

/* findings gets what compose itself would warn of. Everything lives in the arena. */
int project_open(struct project *project, const char *path, const struct options *options,
	struct arena *arena, struct finding_list *findings, struct err *err);

/* The closed world of the project, with the project file's own files. */
int project_closure(const struct project *project, const struct options *options,
	struct closure *closure, struct finding_list *findings, struct err *err);

/* The same for each variant: *closures are compose_count. What variants must not share is an error
 * among the findings (variant_check.h). */
int project_closures(const struct project *project, const struct options *options,
	struct closure **closures, struct finding_list *findings, struct err *err);
