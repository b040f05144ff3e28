/*
 * Installing over an older version, in verb_install.c's plan (docs/upgrade.md):
 *
 *   upgrade_judge()    what is this: a first installation, the same again, an upgrade, one that was
 *                      interrupted, going back from one?
 *   upgrade_show()     the part of the plan that says so
 *   upgrade_save()     under the lock: rollback point and data backup; nothing else has changed yet
 *   upgrade_touch()    right before the new containers may start
 *   upgrade_finish()   after the new receipt: the point goes, the backup stays, superseded images
 *   upgrade_give_up()  after an error of any step since upgrade_save(): back to the old version
 *
 * All are no-ops where there is no upgrade.
 */
#pragma once

#include "journal.h"
#include "preflight.h"
#include "rollback.h"
#include "version_order.h"

struct upgrade {
	struct session *session;
	const struct place *place;
	const struct receipt *old; /* NULL: nothing is installed */
	enum version_change change;
	bool wanted;    /* another version than the installed one, or an upgrade to be finished */
	bool goes_back; /* this file is what an interrupted upgrade began with */
	bool saved;     /* upgrade_save() has begun: an error goes back */
	bool touched_before; /* by an earlier run: its containers may have worked since */
	struct rollback_point *point;
	/* Of an installation that is gone: its backup is kept, it is never gone back to. */
	struct rollback_point *stray;
	bool left; /* there is such a one, perhaps damaged */
};

/* Reads the rollback point. old is the receipt. Touches nothing. */
int upgrade_judge(struct upgrade *upgrade, struct session *session, const struct place *place,
	const struct receipt *old, struct err *err);

void upgrade_show(const struct upgrade *upgrade);

/* Was the plan agreed to still the right one once the lock is held? CODE_PREFLIGHT when another run
 * has changed the installation meanwhile. */
int upgrade_check_again(struct upgrade *upgrade, struct err *err);

/* Instead of installing, when goes_back. */
int upgrade_go_back(struct upgrade *upgrade, struct preflight *preflight, struct err *err);

/* preflight: engine, and the images that are to be loaded. Steps "save" and those of backup.h. An
 * interrupted upgrade keeps its first backup as soon as its containers were started. */
int upgrade_save(struct upgrade *upgrade, const struct preflight *preflight, struct err *err);

/* Files and images change from here on. */
int upgrade_change(struct upgrade *upgrade, struct err *err);
int upgrade_touch(struct upgrade *upgrade, struct err *err);
int upgrade_finish(struct upgrade *upgrade, struct docker_cli *docker, struct err *err);

/* *err: what went wrong; it keeps its code and says what has become of the installation. */
void upgrade_give_up(struct upgrade *upgrade, struct journal *journal, struct preflight *preflight,
	struct err *err);
