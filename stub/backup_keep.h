/*
 * The folder of what outlives an installation: "backups" beside the installation's directory, or
 * --backup-to DIR. Nothing in it is ever overwritten or deleted; every file there is 0600.
 *
 *     PROJECT-TIME.tar                    before a deletion, a restore or a rollback
 *                                         (backup_safety.h)
 *     PROJECT-before-upgrade-TIME.tar     what an upgrade had saved, of what was purged
 *     PROJECT-before-unfinished-upgrade-TIME.tar
 *                                         of one that a purge, a restore or --erase-data ends
 *     PROJECT-before-restore-TIME.env     an env file that a restore replaces
 */
#pragma once

#include "place.h"

/* A path in the folder, which is made, that nobody has: FOLDER/PROJECT[-WHAT]-AT[-N]EXTENSION. what
 * may be NULL; at in seconds since 1970. */
const char *backup_keep_path(const struct session *session, const struct place *place,
	const char *what, long long at, const char *extension, struct err *err);

/* Moves a file there, also to another disk, named by its own time, and says so (record
 * "backup-kept"). Where it is not, nothing happens; what may not be looked at is an
 * error, and an error leaves it where it is. */
int backup_keep_file(const struct session *session, const struct place *place, const char *path,
	const char *what, const char *extension, struct err *err);

/* Ends an upgrade that nobody finishes or goes back from any more: the rollback point goes, its
 * backup is kept, for it may be the only copy of what the old version had. */
int backup_keep_rollback(const struct session *session, const struct place *place, struct err *err);

/* Before anything is deleted: could this user do that, and with purge also keep what the last upgrade
 * saved? CODE_IO names what belongs to another user; changes nothing. */
int backup_keep_check(const struct place *place, bool purge, struct err *err);
