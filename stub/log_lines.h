/*
 * What a container wrote, as lines that are safe to show and to search.
 *
 * Input is the raw output of `docker logs --timestamps`, both streams: bytes that nobody has
 * vouched for. Lines come back in the order of their time stamps, without them. Colours and
 * erasures are dropped; every other control character, bidirectional override and malformed UTF-8
 * becomes visible (\x1b, \u202e, \xff), so that no log can drive or deceive the person's terminal.
 * What a progress bar overwrote is gone, as it is on a terminal. A line keeps LOG_LINE_BYTES at
 * most, and of more than LOG_LINES_LIMIT lines the last count.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "text.h"

enum { LOG_LINES_LIMIT = 1000, LOG_LINE_BYTES = 2000 };

struct log_line {
	const char *text;
	/* Of the container's last attempt, as far as the time stamps tell; true for all lines when
	 * they do not. */
	bool last_run;
};

struct log_lines {
	struct log_line *items;
	size_t count;
};

/* started_at: State.StartedAt of the last attempt, or "" to count all lines as of the last run
 * (while it runs nobody knows whether it has said everything). All in the arena. */
void log_lines_read(struct log_lines *lines, const char *out, size_t out_length, const char *err,
	size_t err_length, const char *started_at, struct arena *arena);

/* Adds one line of unknown origin in the safe form described above, at most limit bytes of it. */
void log_lines_add_safe(struct text *text, const char *bytes, size_t length, size_t limit);
