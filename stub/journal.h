/*
 * The journal of an installation: journal.jsonl in its directory, a line for each thing begun and
 * ended, on disk before the thing is done. It tells the next run (and `doctor`) where the last
 * one stopped; what is true of images, files and services is always looked at, never believed.
 *
 *     {"at":"2026-11-22T20:15:03Z","run":"8c1f…","verb":"install","step":"load","state":"begin","project":"langfuse"}
 *                       with "version" and "root" where the run is an installation of that version
 *     {"at":…,"run":…,"verb":"install","step":"load","state":"done"}
 *                       or "failed", or "interrupted" (130, 143), both with "code"
 *     {"at":…,"run":…,"verb":"install","state":"end"}    the run's last line; with "code" unless 0
 *
 * A run without its last line was killed, or is still at work. 0600, append only; older lines are
 * dropped when it passes 1 MiB. No secrets, ever. docs/journal.md.
 */
#pragma once

#include "place.h"

/* Where the last run stands. */
struct journal_past {
	const char *verb; /* NULL: no run is known */
	const char *step; /* the last one that it began */
	const char *at;   /* time of its last line, "" when the line has none */
	int code;         /* with which it failed, 0 when it did not */
	bool ended;       /* else it was killed, or is at work */
	/* compose project of the last run that named it (0.1 did not), perhaps no valid name */
	const char *project;
};

struct journal {
	int fd; /* -1: not open, everything is a no-op */
	const char *path, *verb, *project;
	/* Of the bundle that is installed, root in hex; set by the caller, NULL: not told. */
	const char *version, *root;
	char run[33];
	const char *step; /* begun and not ended */
	struct journal_past past;
	/* Of the run before: the step it was killed in, or NULL, and the verb of that run. */
	const char *unfinished_step, *unfinished_verb;
};

#define JOURNAL_INIT     \
	{                \
		.fd = -1 \
	}

/* In the locked place. Repairs what a power cut left (a torn last line, a tail of zeros); a
 * journal that is no file, or far too large, is kept as journal.jsonl.old. */
int journal_open(struct journal *journal, const struct place *place, const char *verb,
	struct arena *arena, struct err *err);

/* The line is on the disk when this returns: a full disk stops the step before it begins. */
int journal_begin(struct journal *journal, const char *step, struct err *err);
/* status 0, or -1 with the error that ended it. */
void journal_end(struct journal *journal, int status, const struct err *cause);

/* The verb is through; the lock's holder goes. */
void journal_close(struct journal *journal, int status, const struct err *cause);

/* What the journal in this directory says of the last run; changes nothing, needs no lock. A
 * journal that cannot be read, or is none, is no run. */
void journal_look(const char *directory, struct arena *arena, struct journal_past *past);

/* Was anything ever installed here? A journal that is none, or is not there, is silent. */
enum journal_story {
	JOURNAL_SILENT,
	JOURNAL_NEVER, /* a first installation that did not come to its receipt */
	JOURNAL_INSTALLED,
	JOURNAL_UNINSTALLED,
};
enum journal_story journal_story(const struct place *place);

/* The last version that came to its step `procedure` here, so that its services may have changed the
 * data; false: none is known, or the data is of a restored backup since. version may be NULL. */
struct journal_start {
	const char *version, *root, *at;
};
bool journal_last_start(
	const struct place *place, struct arena *arena, struct journal_start *start);

/* Times in all records: UTC, RFC 3339, seconds. */
void journal_time(char *out, size_t size);
enum { JOURNAL_TIME_SIZE = 24 };
