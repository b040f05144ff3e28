/*
 * Before data is deleted or replaced: a backup of it, which outlives the installation. It lies in
 * the folder "backups" beside the installation's directory (or --backup-to DIR), as
 * PROJECT-TIME.tar.
 */
#pragma once

#include "installed.h"

/* *path: the file; NULL: there is no data to save. CODE_DISK_FULL and others: nothing may be
 * deleted, and the hint says the way out. The services stay stopped. */
int backup_safety_make(const struct installed *installed, struct session *session,
	const char **path, struct err *err);

/* Is there data of the project: volumes, or directories that services write to? */
int backup_safety_has_data(const struct installed *installed, struct session *session,
	bool *has_data, struct err *err);

/* Asks for the project's name, typed; or takes --yes. CODE_USAGE: nobody can be asked;
 * CODE_INTERRUPTED: declined. question has a %s for the name; translated. */
int backup_safety_agree(
	const struct session *session, const char *project, const char *question, struct err *err);

/* Containers, networks and volumes of the project, by their labels, without a compose file. Data
 * that backup_safety_make() does not save (external volumes, other drivers) stays. */
int backup_safety_erase(const struct installed *installed, bool volumes, struct err *err);
