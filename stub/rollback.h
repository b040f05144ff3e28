/*
 * Going back to the version before an upgrade, from its rollback point (rollback_point.h): by the
 * installer whose upgrade failed, by a later run of any program of this installation, after any
 * number of kills.
 *
 * Where the new version may have touched the data, and somebody may have worked with it since, what
 * there is is saved (backup_safety.h). Containers are stopped; touched data becomes what the
 * backup holds; files go back; the old containers are started and proven by the OLD procedure,
 * which is read from the old control program in the rollback point; tags that the upgrade loaded
 * go. Then, and only then, the rollback point is removed.
 */
#pragma once

#include "docker_cli.h"
#include "place.h"
#include "rollback_point.h"
#include "session.h"

struct rollback {
	struct session *session;   /* of whatever program runs */
	const struct place *place; /* locked */
	struct docker_cli *docker; /* with compose found */
	struct rollback_point *point;
	/* To save what there is first; NULL: all that wrote since is a version that failed just now. */
	const struct docker_engine *engine;
	const struct backup_omission *not_back; /* what the backup of the data left out */
	size_t not_back_count;
	bool unproven; /* after success: the old procedure was missing, the services were only
			  started */
};

/* 0: everything is as it was, and proven. -1: it is not; the point stays, and it can be run again.
 * code and cause (may be NULL) say why it goes back. Steps "rollback" and those of the procedure.
 */
int rollback_run(struct rollback *rollback, int code, const char *cause, struct err *err);

/* The rollback point of an upgrade that is neither finished nor gone back from; NULL: none, also
 * when the receipt says that only the point's removal was missing, and when it is a stray. */
int rollback_find_unfinished(
	const char *directory, struct arena *arena, struct rollback_point **out, struct err *err);

/* A point that is not of the installation that lies there now: it was left behind by one that is
 * gone, and its data must never take the place of what came after. It is when the receipt is
 * neither of the version that was upgraded nor of the one it was upgraded to, or was first written
 * at another time; or when there is no receipt, and the journal tells of a first installation that
 * is not through. NULL: none. */
int rollback_find_stray(
	const char *directory, struct arena *arena, struct rollback_point **out, struct err *err);

/* "a rollback point of an installation that is gone lies in …", in the arena. */
const char *rollback_describe_stray(const struct rollback_point *point, struct arena *arena);
const char *rollback_stray_way_out(void);

/* What happened and what to do about it, in the person's language, in the arena. */
const char *rollback_describe(const struct rollback_point *point, struct arena *arena);
const char *rollback_ways_out(const struct rollback_point *point, struct arena *arena);

/* CODE_PREFLIGHT with both when there is such a point: for verbs that would start services on data
 * of which nobody knows whose it is. */
int rollback_refuse_unfinished(const struct place *place, struct arena *arena, struct err *err);

/* "1.0.0", or of a bundle without version the beginning of its root. */
const char *rollback_version_name(const struct rollback_version *version, struct arena *arena);
