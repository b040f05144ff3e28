/*
 * The journal of an installation: journal.jsonl in its directory, a line for each thing begun and
 * ended, on disk before the thing is done. It tells the next run (and `doctor`) where the last
 * one stopped; what is true of images, files and services is always looked at, never believed.
 *
 *     {"at":"2026-11-22T20:15:03Z","run":"8c1f…","verb":"install","step":"load","state":"begin"}
 *     {"at":…,"run":…,"verb":"install","step":"load","state":"done"}      or "failed" with "code"
 *
 * 0600, append only; older lines are dropped when it passes 1 MiB. No secrets, ever.
 */
#pragma once

#include "place.h"

struct journal {
	int fd; /* -1: not open, everything is a no-op */
	const char *path, *verb;
	char run[33];
	const char *step; /* begun and not ended */
	/* Of the run before: the step it was killed in, or NULL, and the verb of that run. */
	const char *unfinished_step, *unfinished_verb;
};

#define JOURNAL_INIT    \
	{               \
		.fd = -1 \
	}

/* In the locked place. A journal that cannot be read is kept as journal.jsonl.old. */
int journal_open(struct journal *journal, const struct place *place, const char *verb,
	struct arena *arena, struct err *err);

/* The line is on the disk when this returns: a full disk stops the step before it begins. */
int journal_begin(struct journal *journal, const char *step, struct err *err);
/* status 0, or -1 with the error that ended it. */
void journal_end(struct journal *journal, int status, const struct err *cause);

/* The verb is through; the lock's holder goes. */
void journal_close(struct journal *journal, int status, const struct err *cause);

/* Times in all records: UTC, RFC 3339, seconds. */
void journal_time(char *out, size_t size);
enum { JOURNAL_TIME_SIZE = 24 };
