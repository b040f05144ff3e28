/*
 * restore.json in the installation's directory: a restore has begun there and is not through. On
 * disk before the first change, removed behind the last one: whoever finds it knows that data,
 * settings and containers may be of two minds, and that running `restore` again finishes it.
 */
#pragma once

#include "place.h"

struct restore_state {
	const char *backup;   /* path of the file that is restored */
	const char *identity; /* struct backup's, in hex */
	const char
		*saved; /* the backup that was made of what was there; "" when there was no data */
	const char *begun_at;
	bool whole; /* the backup's data is all there, and services may have written to it since */
};

/* *out NULL: there is none. */
int restore_state_read(
	const char *directory, struct arena *arena, struct restore_state **out, struct err *err);
int restore_state_write(const char *directory, const struct restore_state *state, struct err *err);
void restore_state_remove(const char *directory);

/* CODE_PREFLIGHT, with what to do, when there is one: for whoever would start or save that data. */
int restore_state_require_none(const struct place *place, struct arena *arena, struct err *err);

/* For status and doctor: a warning when there is one. */
void restore_state_tell(const struct place *place, struct arena *arena, struct ui *ui);
