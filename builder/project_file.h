/* hardtack.yaml: what to pack and how to run it (DESIGN.md, section 2). Strict: an unknown key, a
 * wrong type or a path that leaves the directory is CODE_INPUT with file:line. */
#pragma once

#include "arena.h"
#include "err.h"
#include "manifest.h"
#include "mirror_policy.h"

/* A third-party file to hand over. */
struct project_download {
	unsigned line;
	const char *url;    /* https:// or http:// */
	const char *sha256; /* 64 lower-case hex digits; NULL: the lock file has it */
	const char *to;     /* below the project directory; ends with / for a folder */
};

struct yaml_document;
struct yaml_node;

struct project_file {
	const char *path;
	const char *name, *version; /* NULL: not said */
	struct manifest_text title;
	const char *compose; /* file beside hardtack.yaml; NULL: not said */
	const char *env;     /* likewise */
	const char **files;  /* extra files and folders, relative */
	size_t file_count;
	struct project_download *downloads;
	size_t download_count;
	struct mirror_policy mirrors; /* its rules, checked */
	struct manifest_step *steps;  /* ready for the manifest; none: the default procedure */
	size_t step_count;
	/* The same as written, for step_check(); NULL: no steps. */
	const struct yaml_document *document;
	const struct yaml_node *sop;
	struct manifest_text handoff; /* relative paths */
	const char *preflight_json; /* {"memory":bytes|"auto","disk":…,"ports":"auto"|bool}; NULL */
	const char *known_issues_json; /* [{service, match, cause, remedy}]; NULL */
	const char *backup_json;       /* {exec, restore, volumes}; NULL */
	const struct yaml_node *backup; /* as written, for step_check() */
	/* Other ways to run it, in order. Each is complete: what it does not say of env, files,
	 * downloads, sop, known_issues, preflight and handoff is copied from above. */
	struct project_file *fallback;
	size_t fallback_count;
	const char *variant; /* of an item of fallback: its name there; NULL: the first choice */
};

int project_file_parse(struct arena *arena, const char *path, const char *bytes, size_t length,
	struct project_file **out, struct err *err);

int project_file_read(
	const char *path, struct arena *arena, struct project_file **out, struct err *err);
