/*
 * A sink that writes what containers wrote to a descriptor, line by line as it comes, in the safe
 * form of log_lines.h: nothing in it drives a terminal, now or when somebody shows the file that
 * it went into. Tabs stay. Memory is bounded: a line longer than LOG_FILTER_BYTES goes in parts.
 */
#pragma once

#include "stream.h"
#include "text.h"

enum { LOG_FILTER_BYTES = 64 << 10 };

struct log_filter {
	struct stream_sink sink;
	int fd;
	const char *name; /* borrowed, for errors */
	struct text rest; /* of a line that has not ended */
};

void log_filter_init(struct log_filter *filter, int fd, const char *name);
/* The line that never ended. */
int log_filter_finish(struct log_filter *filter, struct err *err);
void log_filter_clear(struct log_filter *filter);
