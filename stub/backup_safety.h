/*
 * Before data is deleted or replaced: a backup of it, which outlives the installation
 * (backup_keep.h). It always copies the volumes, while the services are stopped: a hook saves what
 * its maker chose, needs a healthy service, and everything else would be deleted unsaved.
 */
#pragma once

#include "installed.h"

struct backup_safety {
	const char *path; /* of the file; NULL: there is nothing to save */
	bool stopped;     /* services ran, and are stopped now */
};

/* Saves data, and with settings_too also env files where there is no data. CODE_DISK_FULL and
 * others: nothing may be deleted, the hint says the way out, and services that ran are started
 * again, unless an upgrade or a restore is unfinished. */
int backup_safety_make(const struct installed *installed, struct session *session,
	bool settings_too, struct backup_safety *safety, struct err *err);

/* When nothing is deleted after all: starts again what backup_safety_make() has stopped, or says
 * that `start` does. *err, why, stays. */
void backup_safety_give_up(const struct installed *installed, const struct session *session,
	const struct backup_safety *safety);

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
