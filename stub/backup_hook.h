/*
 * The bundle's `backup:` hook (docs/backup.md): a command in a service's container whose output is
 * the backup of its data, and one that takes it back. Services go on running meanwhile.
 *
 *     {"exec": {"service": "db", "command": ["sh", "-c", "pg_dump …"]},
 *      "restore": {"service": "db", "command": [ … ]},
 *      "volumes": ["uploads"]}           volumes that are copied all the same, as they are
 */
#pragma once

#include "backup.h"

/* Is there one? */
bool backup_hook_exists(const struct session *session);

/* Does it stand for this volume (by its name in the compose file)? */
int backup_hook_covers(
	const struct session *session, const char *key, bool *covers, struct err *err);

/* CODE_STEP when the hook's "volumes" names one that the project does not have: what was meant
 * would be missing. */
int backup_hook_check(const struct session *session, const struct backup_volume *volumes,
	size_t count, struct err *err);

/* Runs exec; its stdout goes into the sink. CODE_STEP when it fails, says nothing, or its service
 * does not run. */
int backup_hook_run(const struct session *session, const struct place *place,
	struct docker_cli *docker, struct stream_sink *sink, struct err *err);

/* Starts restore's service alone (its volumes are as backup_restore_data() left them: the covered
 * ones empty), waits until it is healthy, and gives the command the backup's output on stdin.
 * Step "restore-hook". */
int backup_hook_restore(const struct session *session, const struct place *place,
	struct docker_cli *docker, const struct backup *backup, struct err *err);
