/*
 * Running another program: argument vectors only, never a shell.
 *
 * The child has its own process group, a clean environment, stdin from a callback or /dev/null,
 * and stdout and stderr kept apart and in bounds (beginning and end are kept, the middle counts).
 * On a time-out or an interrupt the whole group is killed. Time stands still while the machine
 * sleeps. No descriptor of ours leaks into it but the hold (child_guard.h), under which it does not
 * go on when we are killed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "stream.h"
#include "text.h"

enum {
	CHILD_HEAD_LIMIT = 4 << 20, /* inspect output of some hundred containers */
	CHILD_TAIL_LIMIT = 16 << 10,
};

/* What a child wrote: all of it in head, or head, a gap, and the end. */
struct child_output {
	struct text head;
	char *tail;     /* ring of CHILD_TAIL_LIMIT bytes, NULL while head suffices */
	uint64_t total; /* bytes written in all */
};

struct child_request {
	const char *const *argv;        /* argv[0] is the path of the program: no search */
	const char *const *environment; /* NULL-terminated "NAME=value"; only these */
	/* Pushes stdin into the sink; returns when all is said or on an error of its own. NULL: the
	 * child's stdin is /dev/null. */
	int (*feed)(void *context, struct stream_sink *sink, struct err *err);
	void *feed_context;
	uint64_t timeout_ms; /* in all; 0: none */
	uint64_t stall_ms;   /* since the last byte in any direction; 0: none */
	/* Called about ten times a second while it runs; may be NULL. */
	void (*tick)(void *context);
	void *tick_context;
	bool outlives_us; /* what it starts shall stay (a browser, an engine): not guarded */
	/* Where stdout goes instead of result->out, as it comes; NULL: it is kept. When the sink
	 * fails, the group is killed and the sink's error is ours. */
	struct stream_sink *output;
	struct stream_sink *errors; /* the same for stderr and result->err */
};

struct child_result {
	int exit_code; /* -1 when a signal ended it */
	int signal;
	bool timed_out;    /* by timeout_ms or stall_ms; the group was killed */
	bool stdin_broken; /* it stopped reading before the feed was through: judge by exit code */
	struct child_output out, err;
};

/* Runs it to its end. 0: it ran, *result tells how it ended. -1: it could not be started
 * (CODE_IO), the feed failed (its error; stdin was closed early and the child waited for), or we
 * were interrupted. child_result_clear() is due in every case. */
int child_run(const struct child_request *request, struct child_result *result, struct err *err);
void child_result_clear(struct child_result *result);
#define AUTO_CHILD __attribute__((cleanup(child_result_clear))) struct child_result
#define CHILD_RESULT_INIT                                                                \
	{                                                                                \
		.exit_code = -1, .out = {.head = TEXT_INIT}, .err = {.head = TEXT_INIT } \
	}

/* Did everything fit? Parsers refuse what did not. */
bool child_output_is_whole(const struct child_output *output);

/* Adds the bytes as they came, for those who read them line by line: when the middle is missing,
 * the line before the gap and the one behind it go with it. */
void child_output_lines(const struct child_output *output, struct text *out);

/* Adds it for people: trimmed, made printable, the gap marked. */
void child_output_describe(const struct child_output *output, struct text *out);

/* The first executable file of this name in a colon-separated list of directories (may be NULL),
 * or NULL. */
const char *child_find_program(const char *name, const char *paths, struct arena *arena);
