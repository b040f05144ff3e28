/*
 * From a variant that does not work here to the next one (docs/fallback.md).
 *
 * What counts is the procedure's own verdict: not healthy (13), crash loop (14), a step failed
 * (12), a wrong answer (15). What is wrong with the machine, the file or Docker would be no better
 * with another variant. A variant that has once been proven here (it has a receipt) is not given
 * up: its data would seem lost.
 */
#pragma once

#include "env_file.h"
#include "place.h"
#include "session.h"

/* --fallback says ask, auto or never; CODE_USAGE for anything else, and for ask when nobody can be
 * asked. */
int fallback_check_option(const struct session *session, struct err *err);

/*
 * After an installation of the session's variant that ended with *err. When there is another one
 * and the person (or --fallback) wants it: the failed one's containers are removed, its volumes,
 * files and .env stay; fallback.json names the next one, which the session uses from now on; *err
 * is cleared, and true is returned. Else *err stands, its hint says how to go on.
 */
bool fallback_next(struct session *session, struct err *err);

/* What the person has chosen for the first choice (questions, ports) holds for the variant, where
 * its own .env and --set say nothing. Secrets are made anew: so is its data. */
int fallback_take_values(struct env_files *env, const struct session *session,
	const struct place *place, struct err *err);

/* What a backup holds goes back to the variant that wrote it (NULL: the first choice), never to
 * another: the session and *place turn to that one. CODE_PREFLIGHT: this file does not have it, or
 * another one is installed here. */
int fallback_turn_to(
	struct session *session, struct place *place, const char *variant, struct err *err);

/* In the locked place: from now on the session's variant is the one that runs here. */
int fallback_remember(const struct session *session, const struct place *place, struct err *err);

/* "Langfuse v2 2.95.12": title or name, and version. */
const char *fallback_title(const struct manifest *manifest, struct arena *arena);

/* Since when and why the place runs another variant than the first choice, for people; NULL: it
 * does not. */
const char *fallback_story(const struct session *session, const struct place *place);
