/*
 * Env files as compose reads them (compose-go's dotenv package): NAME=value, NAME: value, export,
 * comments, 'raw' and "expanded" values over several lines, $VAR in values, names without a value.
 * Every entry knows its bytes, so that a renderer can keep all that it does not replace.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "err.h"
#include "interpolation.h"
#include "variable_set.h"

enum { DOTENV_LIMIT_BYTES = 1 << 20, DOTENV_LIMIT_ENTRIES = 10000 };

struct dotenv_entry {
	const char *name;
	const char *raw;    /* the value without quotes and comment, not yet expanded */
	char quote;         /* '"', '\'' or 0 */
	bool inherited;     /* "NAME" alone: taken from the environment */
	unsigned line;      /* of the name, from 1 */
	size_t begin, end;  /* bytes from the name (or export) to the value's last byte */
	size_t value_begin; /* bytes of the value with its quotes: value_begin..end */
};

struct dotenv {
	struct dotenv_entry *entries;
	size_t count, capacity;
};

/* name is for errors ("file:line: …", CODE_INPUT). A byte order mark and CRLF are fine. */
int dotenv_parse(struct arena *arena, const char *name, const char *bytes, size_t length,
	struct dotenv *out, struct err *err);

/* The entry's value: escapes resolved, references expanded from variables. NULL on failure (the
 * error names file and line). An inherited name is variables' own value, or "". */
const char *dotenv_value(struct arena *arena, const char *name, const struct dotenv_entry *entry,
	const struct variable_set *variables, struct interpolation_listener *listener,
	struct err *err);
