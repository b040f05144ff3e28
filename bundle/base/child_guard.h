/*
 * Children that must not go on when this program is killed: a `docker compose up` that outlives its
 * installer would start services while the next run puts data back.
 *
 * Two things, alike on every system, from child_guard_take() on:
 *
 *   the guardian   a process of our own that learns of each child's group and, when we are gone
 *                  without having waited for it, ends that group as child_run() would have
 *                  (SIGTERM, a moment, SIGKILL). It ends with us.
 *   the hold       a file under flock(), the descriptor inherited by the guardian, by each child
 *                  and by what that starts: the lock is free when the last of them is gone. It
 *                  holds where the guardian cannot: it was killed too, or a child left its group.
 *
 * What outlives both is a request that the Docker engine works on already: whoever refills
 * volumes looks again afterwards (backup_restore_data).
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "err.h"

/* Takes the hold on this file, which is made when it is missing, and starts the guardian. *taken
 * false: somebody is left of another program that held it; *group is then that program's last
 * child as a process group, 0 when no such group is there any more. A file system without flock()
 * counts as taken. */
int child_guard_take(const char *path, bool *taken, pid_t *group, struct err *err);

/* Ends the guardian and gives the hold up; nothing when there is none. */
void child_guard_drop(void);

/* For child_run() alone: what a child inherits (-1: nothing), and what the guardian is told. */
int child_guard_descriptor(void);
void child_guard_begin(pid_t group);
void child_guard_end(pid_t group);

enum {
	CHILD_GUARD_INHERITED = 3, /* the descriptor's number in a child */
	CHILD_GRACE_MS = 3000,     /* between SIGTERM and SIGKILL */
};
