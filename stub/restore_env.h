/*
 * The env files of a backup, laid out in a folder of their own (.hardtack-restore) in the
 * installation's directory, so that everything can be checked with their values before the real
 * ones are replaced. For one that the backup does not have (a deletion by somebody who had none
 * saved the data alone) the real one is laid there: it stays, and gets what --set says and the
 * template's new names.
 */
#pragma once

#include "backup.h"
#include "env_file.h"

/* The folder as a place: the same project, other env files. */
int restore_env_stage(const struct backup *backup, const struct session *session,
	const struct place *place, struct place *staged, struct err *err);

/* For the plan: what of them the backup does not have, and what becomes of it. */
void restore_env_tell(
	const struct backup *backup, const struct session *session, const struct place *place);

/* Makes them the real ones. May be repeated. again: an earlier run was cut off; what is there then
 * is in no backup, and is kept (backup_keep.h) unless it is the same. */
int restore_env_apply(
	const struct session *session, const struct place *place, bool again, struct err *err);

/* Takes the folder away; no errors. */
void restore_env_drop(const struct session *session, const struct place *place);
