/*
 * The last run that changed an installation, in words: for status and doctor, and for whoever finds
 * nothing installed. Looks at journal and lock, changes nothing.
 */
#pragma once

#include "place.h"
#include "ui.h"

enum last_run_state {
	LAST_RUN_WELL,    /* none, or it came to a good end */
	LAST_RUN_AT_WORK, /* another process holds the lock */
	LAST_RUN_CUT,     /* killed: by a signal that nobody can catch, a crash, a power cut */
	LAST_RUN_STOPPED, /* by Ctrl-C or SIGTERM, or declined */
	LAST_RUN_FAILED,
	LAST_RUN_UNREADABLE, /* this user may not open what says it */
};

struct last_run {
	enum last_run_state state;
	bool unfinished;    /* what it began is to be brought to its end */
	const char *text;   /* "install was cut off in step load (2026-…)" */
	const char *remedy; /* "run install again: …" */
	const char *verb, *step;
	int code;
};

/* Not while this process holds the lock (place_is_locked). Returns last->state. */
enum last_run_state last_run_look(
	const struct place *place, struct arena *arena, struct last_run *last);

/* Was it a `stop` that came to its end? */
bool last_run_was_stop(const struct place *place, struct arena *arena);

/* One line for the person, and a record for programs; nothing when all is well. */
void last_run_show(const struct last_run *last, struct ui *ui);

/* Was .env changed after the last run? Then it does not count yet. */
bool last_run_env_is_newer(const struct place *place);
