/*
 * The env files of an installation: rendered once from the bundle's templates, never overwritten.
 *
 * env_files_plan() works everything out in memory: what exists, which names are new, values from
 * --set, secrets from the system's generator, defaults of questions. env_files_ask() puts the
 * questions. Only env_files_write() touches the disk: a new file (0600), or the old bytes with the
 * new names behind them.
 */
#pragma once

#include "env_template.h"
#include "place.h"
#include "session.h"

struct env_file {
	const char *target; /* relative: ".env" */
	const char *path;   /* absolute */
	bool exists;
	bool fill;             /* env_fill.h */
	const char *old_bytes; /* when it exists */
	struct dotenv old;
	struct env_template template;
	const char **values; /* one an entry; NULL: the template's own bytes */
	const char **filled; /* with fill: one an entry, before values; NULL: no reference in it */
	bool *missing;       /* entries that the existing file lacks; all, without a file */
	size_t missing_count;
	struct option_list extra; /* "K=V" of --set that the template does not know: .env only */
};

struct env_files {
	struct arena *arena;
	struct env_file *items;
	size_t count;
	struct variable_set variables; /* what compose will read from .env */
	bool has_new_secret;
};

int env_files_plan(struct env_files *files, const struct session *session,
	const struct place *place, struct err *err);

/* Asks for what the person may choose, when somebody can be asked; a question without default
 * and without answer is CODE_USAGE. */
int env_files_ask(struct env_files *files, const struct session *session, struct err *err);

int env_files_write(const struct env_files *files, struct ui *ui, struct err *err);
