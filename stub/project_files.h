/* The bundle's files (compose file, configuration, hand-over) in the installation's directory. */
#pragma once

#include "place.h"
#include "receipt.h"
#include "session.h"

/* Writes what is missing or differs, whole or not at all. A file that the person changed is kept
 * beside the new one as NAME.old (and the one before it as NAME.old.2 …), with a warning; one that
 * is still as the earlier installation (old, may be NULL) handed it over is simply replaced.
 * Templates of env files are left out. */
int project_files_write(const struct session *session, const struct place *place,
	const struct receipt *old, struct err *err);

/* The same for one of the bundle's files ("compose.yaml"), whoever has changed it. */
int project_files_write_one(const struct session *session, const struct place *place,
	const char *relative, struct err *err);

/* The compose file makes a place an installation: it goes. One that the person changed stays as
 * NAME.old, with a warning. */
void project_files_remove_compose(const struct session *session, const struct place *place);

/* Takes away what project_files_write() wrote, also by another program than this one (the receipt
 * tells), the rendered env files, and the directories that this leaves empty. Files that the person
 * changed or added stay, and with them their directories; no errors. */
void project_files_remove(const struct session *session, const struct place *place);
