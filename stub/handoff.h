/*
 * The end of an installation: what the person now has, and what to type next.
 *
 * The bundle's handoff text is shown up to its first "## " (the rest is read in its file), with
 * ${NAME} filled in from .env, and ${HARDTACK_FILE}, ${HARDTACK_DIR}, ${HARDTACK_PROJECT}: the
 * program to type, the directory, the compose project. Secrets are shown as ****: `credentials`
 * tells them.
 */
#pragma once

#include "env_file.h"
#include "place.h"
#include "session.h"

int handoff_show(const struct session *session, const struct place *place,
	const struct env_files *env, struct err *err);

/* A url record for each published port, for `credentials` too. */
int handoff_show_urls(const struct session *session, const struct env_files *env, struct err *err);
