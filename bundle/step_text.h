/*
 * ${VAR} in the texts of the procedure's steps: interpolation.h's forms, from .env, from what
 * earlier steps captured, and from a few names of our own. Other than in compose files, a name
 * without a value and without an operator is an error: a request with a hole in it proves nothing.
 */
#pragma once

#include "interpolation.h"

enum step_text_kind {
	STEP_TEXT_PLAIN,
	/* Behind the address's host and port a value stands for one segment of the path, or one
	 * value of the query: everything but letters, digits and -._~ is percent-encoded. */
	STEP_TEXT_URL,
	/* A value stands for itself in a regular expression: its special characters are quoted. */
	STEP_TEXT_PATTERN,
};

/* Names that every step knows:
 *   HARDTACK_RUN_ID   a random UUID, one a run of the procedure
 *   HARDTACK_NOW      the time when the step began, RFC 3339 in UTC: 2026-01-31T12:00:00.000Z
 *   HARDTACK_PROJECT  the compose project's name
 * Ends with NULL. */
extern const char *const step_text_builtins[];

/* The expanded text in the arena. NULL with CODE_INPUT: malformed, or the name of a variable that
 * has no value. */
const char *step_text_expand(struct arena *arena, const char *text, enum step_text_kind kind,
	const struct variable_set *variables, struct err *err);
