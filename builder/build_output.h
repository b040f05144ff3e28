/* Where `build` writes, under which name, what lies beside it, and what stdout says of it. */
#pragma once

#include "installer_file.h"
#include "options.h"
#include "project.h"
#include "signing_key.h"

/* All of them are targets, each once. */
int build_output_check_targets(const char *const *targets, size_t count, struct err *err);

/* Targets known, none twice, -o fits their number; made directories are fine. CODE_USAGE. */
int build_output_check(
	const struct options *options, const char *const *targets, size_t count, struct err *err);

/* "<name>[-<version>]-<target>": what an installer is called. */
const char *build_output_name(
	const struct project *project, const char *target, struct arena *arena);

/* "<-o>" or "<directory>/<name>[-<version>]-<target>". */
const char *build_output_path(const struct options *options, const struct project *project,
	const char *target, struct arena *arena);

/* FILE.sha256, FILE.sig and the README beside the file. Without a key (NULL) a FILE.sig that is
 * there is removed: it was an earlier file's. */
int build_output_companions(const char *path, const struct installer_file *file,
	const struct signing_key *key, struct err *err);

/* FILE.sha256, and with a key FILE.sig: what is said about the complete file from outside. */
int build_output_digest(const char *path, const struct sha256 *sha256,
	const struct signing_key *key, struct err *err);

/* FILE.spdx.json beside the finished file. */
int build_output_sbom(const char *path, struct arena *arena, struct err *err);

/* stdout: the path, or the event "built". */
void build_output_record(struct ui *ui, const char *path, const char *target,
	const struct installer_file *file, const struct signing_key *key);
