/*
 * What a run that was killed has left at work: docker commands that go on without it. The next run
 * changes nothing before they are gone (child_guard.h).
 */
#pragma once

#include "session.h"

/* The file under which the children of a run stand, in the installation's directory. */
#define ORPHAN_HOLD ".hardtack.children"

/* With the directory's lock taken: waits for them, at most --timeout or two minutes, and says so
 * when it takes more than a moment; then CODE_PREFLIGHT. From then on our own children are
 * guarded, until child_guard_drop(). */
int orphan_wait(const char *directory, const struct session *session, struct err *err);
