/*
 * Which variant of a bundle with a fallback a place runs: fallback.json in the first choice's
 * directory, written when that one is given up, before the next one begins. Without it: the first
 * choice. uninstall removes it, so that the next installation begins with the first choice again.
 *
 *     {"schema":1,"project":"langfuse","variant":"v2","code":14,"at":"2026-11-22T20:15:03Z"}
 */
#pragma once

#include "arena.h"
#include "err.h"

#define VARIANT_CHOICE_NAME "fallback.json"

struct variant_choice {
	const char *project; /* of the first choice */
	const char *variant; /* the one that runs, or is to run */
	int code;            /* with which the one before it failed */
	const char *at;
};

/* *out NULL: there is none. One that cannot be understood is CODE_INPUT with its path. */
int variant_choice_read(
	const char *directory, struct arena *arena, struct variant_choice **out, struct err *err);

/* 0600, whole or not at all; at is now. */
int variant_choice_write(
	const char *directory, const struct variant_choice *choice, struct err *err);
void variant_choice_remove(const char *directory);
