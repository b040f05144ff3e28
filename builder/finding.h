/*
 * Findings: what is wrong with a project, each with its place and its remedy, collected so that
 * the person sees all of them at once. Errors stop a build, warnings do not.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "err.h"
#include "text.h"

enum finding_severity { FINDING_WARNING, FINDING_ERROR };

struct finding {
	enum finding_severity severity;
	const char *rule;   /* stable id, kebab-case: "floating-tag" */
	const char *file;   /* as the person can open it; "" when no file is to blame */
	unsigned line;      /* from 1; 0 when no line is to blame */
	const char *text;   /* one sentence, in the person's language, no newline */
	const char *remedy; /* what to write or do instead, or ""; may have several lines */
};

struct finding_list {
	struct arena *arena; /* owns all texts */
	struct finding *items;
	size_t count, capacity;
};

/* An empty list whose texts live in the arena. */
void finding_list_init(struct finding_list *list, struct arena *arena);

/* Adds one. The format is a message key (T() is applied inside); returns it, so that
 * finding_remedy() can follow. file may be NULL. */
struct finding *finding_add(struct finding_list *list, enum finding_severity severity,
	const char *rule, const char *file, unsigned line, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* Sets the remedy (a message key as well). */
void finding_remedy(struct finding_list *list, struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

size_t finding_count(const struct finding_list *list, enum finding_severity severity);

/* By file, line, rule, text: the order of output never depends on the order of checks. Equal
 * findings become one. */
void finding_list_sort(struct finding_list *list);

/* "file:line: warning: text [rule]\n" and, when there is one, "    remedy" lines. */
void finding_add_text(struct text *out, const struct finding *finding);

/* One JSON object and a newline: {"schema":1,"event":"finding","severity":…,"rule":…,"file":…,
 * "line":…,"text":…,"remedy":…}. */
void finding_add_json(struct text *out, const struct finding *finding);

/* Fails with CODE_INPUT when the list has errors: all of them as text lines (cut with a count of
 * the rest when err is too small), the first remedy as the hint. 0 otherwise. */
int finding_list_fail(const struct finding_list *list, struct err *err);
