/*
 * What the person (or a program) is told: modules raise typed events, a renderer shows them.
 *
 *   terminal  progress bars, one line a step with a mark, on stderr; results on stdout
 *   plain     the same as lines, for logs and pipes
 *   JSON      one object a line on stdout, with "schema":1 and "event"; stderr stays silent
 *
 * JSON events and their own fields (every object also has schema and event):
 *   step      name, state ("begin", "ok", "warning", "failed", "skipped"), text
 *   progress  name, done, total                 (at most twice a second)
 *   note      text                              warning   text, hint
 *   problem   name, severity ("error", "warning", "ignored"), text, hint
 *   error     code, name, text, hint            (at most one, directly before the result)
 *   result    verb, exit                        (always the last line)
 *   others    what ui_record() is given
 *
 * Texts come in the person's language: callers write T("..."). Nothing here fails: a closed
 * stdout or stderr is not a reason to stop an installation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "err.h"

struct ui;

enum ui_mode { UI_AUTO, UI_TERMINAL, UI_PLAIN, UI_JSON };

struct ui_settings {
	enum ui_mode mode; /* UI_AUTO: terminal when stderr is one that can, else plain */
	bool quiet;        /* -q: only warnings, errors, questions and results */
	bool verbose;      /* -v: details too */
	bool no_progress;  /* no bars, no progress events */
};

struct ui *ui_new(const struct ui_settings *settings);
void ui_free(struct ui *ui);
AUTO_DEFINE(ui);

/* Whether --json stands anywhere in the command line: errors about options follow it too. */
bool ui_wants_json(int argc, char *const *argv);

bool ui_is_json(const struct ui *ui);
bool ui_is_verbose(const struct ui *ui);

enum ui_state { UI_BEGIN, UI_DONE, UI_WARNED, UI_FAILED, UI_SKIPPED };

/* A step of the plan. One at a time; the end's text replaces the beginning's on a terminal.
 * Both names are the machine's ("verify", "load"). */
void ui_step_begin(struct ui *ui, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void ui_step_end(struct ui *ui, enum ui_state state, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* How far the step is; total 0 means that the end is not known. Cheap: call it for every chunk. */
void ui_progress(struct ui *ui, uint64_t done_bytes, uint64_t total_bytes);

/* What the step waits for at the moment ("web: starting"); terminal only. */
void ui_status(struct ui *ui, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Something still works in silence: call it often, a terminal then shows the seconds go by. */
void ui_tick(struct ui *ui);

void ui_note(struct ui *ui, const char *format, ...) __attribute__((format(printf, 2, 3)));
void ui_detail(struct ui *ui, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* hint may be NULL. */
void ui_warning(struct ui *ui, const char *hint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

enum ui_severity { UI_PROBLEM_ERROR, UI_PROBLEM_WARNING, UI_PROBLEM_IGNORED };

/* A finding among several (preflight): cause and remedy. */
void ui_problem(struct ui *ui, enum ui_severity severity, const char *name, const char *text,
	const char *hint);

/* A result, for stdout: a line for people, an object with these fields for programs. */
struct ui_field {
	const char *name;
	enum { UI_FIELD_TEXT, UI_FIELD_NUMBER, UI_FIELD_BOOL, UI_FIELD_JSON } kind;
	const char *text; /* TEXT: NULL shows as null; JSON: an object or array as it is */
	long long number;
};
#define UI_TEXT(field, value)                                           \
	{                                                               \
		.name = (field), .kind = UI_FIELD_TEXT, .text = (value) \
	}
#define UI_NUMBER(field, value)                                                        \
	{                                                                              \
		.name = (field), .kind = UI_FIELD_NUMBER, .number = (long long)(value) \
	}
#define UI_BOOL(field, value)                                             \
	{                                                                 \
		.name = (field), .kind = UI_FIELD_BOOL, .number = (value) \
	}
#define UI_RAW_JSON(field, value)                                       \
	{                                                               \
		.name = (field), .kind = UI_FIELD_JSON, .text = (value) \
	}

void ui_record(struct ui *ui, const char *event, const struct ui_field *fields, size_t count,
	const char *format, ...) __attribute__((format(printf, 5, 6)));
#define UI_RECORD(ui, event, fields, ...) \
	ui_record((ui), (event), (fields), ARRAY_SIZE(fields), __VA_ARGS__)

/* Can the person be asked: stdin and stderr are terminals, and the mode is not JSON? */
bool ui_can_ask(const struct ui *ui);

/* Asks for a line; an empty answer gives preset (which may be NULL for none). secret does not
 * echo, and a stop (Ctrl-Z) gives the terminal back until the job goes on, which puts the question
 * again. The answer is in the caller's buffer, without newline. End of input or an interrupt is
 * CODE_INTERRUPTED. */
int ui_ask(struct ui *ui, const char *question, const char *preset, bool secret, char *answer,
	size_t capacity, struct err *err);

/* Yes or no; Enter means preset. No is *yes = false, not an error. */
int ui_confirm(struct ui *ui, const char *question, bool preset, bool *yes, struct err *err);

/* The end: the error if there is one, then the result line (JSON). */
void ui_error(struct ui *ui, const struct err *err);
void ui_result(struct ui *ui, const char *verb, int exit_code);

/* Did stdout refuse a result (full, closed)? An installation goes on all the same; a program whose
 * results are its purpose says so with its exit code. */
bool ui_lost_results(void);

/* Writes all of it, or gives up quietly. Never through stdio: no buffer to lose in _exit(). */
void ui_write(int fd, const char *bytes, size_t length);

/* Clears a half-drawn line and turns echo on again. Async-signal-safe; legal at any time. */
void ui_restore_terminal(void);

/*
 * The language: --lang (looked up in argv, so that errors about options speak it too), else
 * LC_ALL, LC_MESSAGES, LANG, else on macOS the system's first language, else English.
 * Sets message.h's language. A bad --lang value is left for the option parser to refuse.
 */
void ui_language_detect(int argc, char *const *argv);
