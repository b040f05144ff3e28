/*
 * Interpolation of $VAR in texts, with compose's operators and compose's errors
 * (compose-spec, 12-interpolation.md; compose-go's template package):
 *
 *     $VAR ${VAR}                     the value, "" when not set
 *     ${VAR:-d} ${VAR-d}              d when not set or empty; d when not set
 *     ${VAR:?e} ${VAR?e}              an error that says e, likewise
 *     ${VAR:+r} ${VAR+r}              r when set and not empty; r when set; else ""
 *     $$                              a dollar sign
 *
 * d, e and r may have references themselves. A dollar sign before anything else than a name or a
 * brace stays; a malformed ${…} is an error.
 */
#pragma once

#include <stddef.h>

#include "arena.h"
#include "err.h"
#include "variable_set.h"

enum { INTERPOLATION_LIMIT_BYTES = 1 << 20, INTERPOLATION_LIMIT_DEPTH = 32 };

/* Is told the name of each variable that is used without a value and without an operator. */
struct interpolation_listener {
	void (*unset)(struct interpolation_listener *listener, const char *name);
};

/* The expanded text in the arena; NULL with CODE_INPUT (the caller wraps it with file and line).
 * listener may be NULL. */
const char *interpolation_expand(struct arena *arena, const char *text,
	const struct variable_set *variables, struct interpolation_listener *listener,
	struct err *err);

/* The length of the reference that starts at text ("$A", "${A:-${B}}", "$$"); 0 when text does not
 * start with a well-formed one. For those who must split a text around references. */
size_t interpolation_reference_length(const char *text);
