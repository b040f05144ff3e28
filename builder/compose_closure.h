/*
 * The closed world: every file that the project needs on the target, and every reason why it
 * cannot travel. Reads the file system (the only part of the compose reader that lists folders).
 *
 * Not packed: what the target's host has to have (absolute paths), a database's own data (an empty
 * directory travels instead), .git, and the .env that is rendered on the target.
 */
#pragma once

#include "compose_project.h"

enum closure_kind {
	CLOSURE_COMPOSE,  /* a compose file: packed as compose_rewrite() returns it */
	CLOSURE_ENV,      /* project->env_path, the template of .env: at most one */
	CLOSURE_ENV_FILE, /* an env_file: of a service or an include: packed as a template too */
	CLOSURE_FILE,     /* bind mounts, configs, secrets: packed as it is */
	CLOSURE_TEMPLATE, /* NAME.template of files:, filled in on the target (closure_template.h)
			   */
	CLOSURE_DIRECTORY, /* a directory that must exist and has nothing in it */
			   /* Where two say the same name, the first of these kinds wins. */
	CLOSURE_DOWNLOAD   /* a download of the project file (project_downloads.h) */
};

struct blob_source;
struct project_download;

struct closure_entry {
	enum closure_kind kind;
	const char *packed; /* name below the project directory, '/' separated, no "." or ".." */
	const char *source; /* the file to read; NULL for CLOSURE_DIRECTORY, CLOSURE_DOWNLOAD */
	unsigned mode;      /* 0644 or 0755 */
	const struct project_download *download; /* of CLOSURE_DOWNLOAD */
	const struct blob_source *blob;          /* likewise, when it has been fetched */
};

struct closure {
	struct closure_entry *entries; /* sorted by packed (bytes), each name once */
	size_t count, capacity;
};

struct closure_options {
	bool pack_secrets;        /* --pack-secrets */
	const char *const *files; /* the project file's files: and handoff:, below its directory */
	size_t file_count;
	const char *files_named_in; /* the project file, for refusals */
};

/*
 * Lists the files and adds all refusals (rules build-without-image, path-escapes, missing-file,
 * literal-secret, special-file, …) to findings as errors; finding_list_fail() then makes one error
 * of them. Returns -1 only when the listing itself fails (I/O).
 */
int compose_closure(const struct compose_project *project, const struct closure_options *options,
	struct closure *out, struct finding_list *findings, struct err *err);
