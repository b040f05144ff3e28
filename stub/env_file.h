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
	struct variable_set answers;   /* of the person, in this run; they beat --set */
	const char *new_secret;        /* the first name that would get a new secret, or NULL */
};

int env_files_plan(struct env_files *files, const struct session *session,
	const struct place *place, struct err *err);

/* What the person answered or said with --set for this name; *value stays when it is nothing. */
int env_files_given(const struct env_files *files, const struct session *session, const char *name,
	const char **value, struct err *err);

/* Has the existing .env a line of this name? Then it decides, and nothing else. */
bool env_files_has_old(const struct env_files *files, const char *name);

/* Takes an answer: the whole value of this name, in every file that lacks it, else in .env. */
int env_files_answer(struct env_files *files, const struct session *session, const char *name,
	const char *value, struct err *err);

/* Looks at an answer: *problem says why it will not do (CODE_OK: it will). -1: could not look. */
struct env_check {
	int (*look)(void *context, const char *name, const char *answer, struct err *problem,
		struct err *err);
	void *context;
};

/* Asks for what the person may choose, when somebody can be asked (env_ask.c), and again until the
 * answer will do. A question without default and without answer is CODE_USAGE. */
int env_files_ask(struct env_files *files, const struct session *session,
	const struct env_check *check, struct err *err);

int env_files_write(const struct env_files *files, struct ui *ui, struct err *err);

/* Only what follows .env in other files that are there (env_fill.h); adds no names. */
int env_files_follow(const struct env_files *files, struct ui *ui, struct err *err);
