/*
 * Known issues: what lines of logs and answers of Docker mean, and what to do about it.
 *
 * The built-in rules are data (known_issue_table.c); a bundle brings its own (`known_issues` of the
 * project file), which come first, because they know their application. Texts are searched line by
 * line. docs/diagnosis.md says how to add one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "err.h"
#include "log_lines.h"

enum {
	KNOWN_ISSUE_HITS = 8,
	KNOWN_ISSUE_MORE = 2,
	KNOWN_ISSUE_PROJECT_LIMIT = 100, /* rules of a bundle */
};

struct known_issue {
	const char *id;
	const char *cause;  /* key of the message table; what a pattern caught is added behind it */
	const char *remedy; /* likewise */
	/* Lines that say more about it, shown as evidence: an extended regular expression, or NULL.
	 */
	const char *detail;
	bool waits;      /* may pass by itself while other services come up */
	bool note;       /* often harmless: never the cause when there is another */
	int http_status; /* counts only when the service answered with this; 0: always */
};

struct known_issue_pattern {
	const char *issue;      /* its id */
	const char *needle;     /* lower case; a line that has it in any case … */
	const char *expression; /* … and matches this is a hit: extended, any case; NULL: the needle
				   is enough */
	unsigned group;         /* of the expression: what it is about; 0: nothing */
};

/* In the order of decisiveness: a root cause stands above what it leads to. Ends with {0}. */
extern const struct known_issue known_issue_table[];
extern const struct known_issue_pattern known_issue_patterns[];

/* What is searched. */
struct known_issue_texts {
	const char *service;
	const struct log_lines *lines;
	/* Other words about it: State.Error, compose's stderr, the healthcheck's output. May have
	 * several lines; NULL entries are skipped. */
	const char *const *words;
	size_t word_count;
	int http_status;          /* what the service answered, or 0 */
	const char *project_json; /* manifest.known_issues_json, or NULL */
};

struct known_issue_hit {
	const char *id; /* "project" for the bundle's own */
	const char *cause, *remedy;
	const char *evidence;               /* the line, as it is: mask before showing */
	size_t evidence_at;                 /* byte of it where the match is */
	const char *more[KNOWN_ISSUE_MORE]; /* further lines, or NULL */
	bool waits, note;
	bool last_run;
	unsigned rank; /* smaller is nearer to the root */
	size_t line;   /* its number among those searched */
};

/* The hits, the true cause first; an issue and a line of evidence come once. Fails when the
 * bundle's rules are not what a builder writes (CODE_INTEGRITY). */
int known_issue_search(const struct known_issue_texts *texts, struct arena *arena,
	struct known_issue_hit *hits, size_t *count, struct err *err);
