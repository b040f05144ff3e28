/*
 * The lines of a log that a person should see: the last ones, without what hides the error.
 *
 * Stack frames shrink to one line that counts them, equal neighbours to one. When the last line
 * that speaks of an error lies further up than the excerpt reaches, it comes first.
 */
#pragma once

#include "log_lines.h"

enum { LOG_EXCERPT_LIMIT = 16, LOG_EXCERPT_COLUMNS = 140 };

struct log_excerpt {
	const char *lines[LOG_EXCERPT_LIMIT]; /* at most LOG_EXCERPT_COLUMNS wide */
	size_t count;
};

/* At most limit (<= LOG_EXCERPT_LIMIT) lines of the last run. */
void log_excerpt_make(struct log_excerpt *excerpt, const struct log_lines *lines, size_t limit,
	struct arena *arena);

/* A line cut to so many columns, around the byte `at` when that lies far to the right. */
const char *log_excerpt_cut(const char *line, size_t columns, size_t at, struct arena *arena);
