/* What the variants of fallback: must not share: data. An older program on a database that a newer
 * one has migrated is what a fallback must never be. */
#pragma once

#include "project.h"

/* Adds errors: a volume with one name for all projects, or a folder of the host, that two variants
 * write (rule fallback-shared-data); a file of the project where a variant is installed (rule
 * fallback-name). Data in unnamed volumes and below the project's directory is each variant's own.
 * closures: one a variant, the first choice's first. */
void variant_check(const struct project *project, const struct closure *closures,
	struct finding_list *findings);
