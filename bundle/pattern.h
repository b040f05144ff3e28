/*
 * Regular expressions of the procedure: POSIX extended ones (IEEE 1003.1, 9.4), the part of them
 * that every C library reads in the same way.
 *
 * The builder refuses the rest, for an expression that works here and not on the target would be
 * found out too late: \d \w \b and their kin (write [0-9], [A-Za-z0-9_]), (?…), lazy quantifiers,
 * empty alternatives, a brace that is no interval (write \{ for the character).
 * ^ and $ match at every line, . matches no newline.
 */
#pragma once

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "err.h"

enum {
	PATTERN_LIMIT = 1000,   /* bytes */
	PATTERN_PLACES = 10000, /* characters, with all repetitions written out */
};

struct pattern {
	regex_t regex;
	bool compiled;
};

#define PATTERN_INIT {0}

/* CODE_INPUT with the expression in the text. */
int pattern_compile(struct pattern *pattern, const char *text, struct err *err);
void pattern_clear(struct pattern *pattern);
#define AUTO_PATTERN __attribute__((cleanup(pattern_clear))) struct pattern

bool pattern_matches(const struct pattern *pattern, const char *text);

/* Any bytes: CR LF counts as a newline, a NUL as U+FFFD. */
bool pattern_matches_bytes(const struct pattern *pattern, const char *bytes, size_t length);

/* The text as an expression that matches exactly it. */
const char *pattern_quote(struct arena *arena, const char *text);
