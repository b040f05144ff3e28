/*
 * The env files of a backup, laid out in a folder of their own (.hardtack-restore) in the
 * installation's directory, so that everything can be checked with their values before the real
 * ones are replaced.
 */
#pragma once

#include "backup.h"
#include "env_file.h"

/* The folder as a place: the same project, other env files. */
int restore_env_stage(const struct backup *backup, const struct session *session,
	const struct place *place, struct place *staged, struct err *err);

/* Makes them the real ones; what was there is kept as NAME.before-restore. May be repeated. */
int restore_env_apply(const struct session *session, const struct place *place, struct err *err);

/* Removes what restore_env_apply() kept: it is in a backup, or all data goes. No errors. */
void restore_env_forget_old(const struct session *session, const struct place *place);

/* Takes the folder away; no errors. */
void restore_env_drop(const struct session *session, const struct place *place);
