/*
 * The command line as tables: verbs, their options, generated help, errors that name the nearest.
 *
 * Grammar: PROGRAM [options] [VERB] [options and arguments] [-- arguments]. Options are --name,
 * --name=value, --name value, -n, -nvalue, -n value, and bundles of flags (-qv). A name must have
 * the same shape (flag or value) in all verbs of a program, so that options may come before the
 * verb. Values go into one struct of the program by offset:
 *
 *   FLAG    bool                        NUMBER  uint64_t (decimal)
 *   TEXT    const char * (borrowed)     LIST    struct option_list (repeatable)
 *   CHOICE  int, index into choices ("en|zh")
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "text.h"

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_LIST, OPTION_NUMBER, OPTION_COUNT, OPTION_CHOICE };

struct option_list {
	const char **items;
	size_t count;
	size_t capacity;
};

struct option_row {  /* NOLINT(clang-analyzer-optin.performance.Padding): rows read by position */
	char letter; /* 0: none */
	const char *name;     /* without dashes */
	const char *argument; /* "DIR"; NULL for flags */
	enum option_kind kind;
	size_t offset;
	const char
		*choices; /* CHOICE: "en|zh"; the number stored is 1 for the first, 0 = not given */
	const char *help; /* English key of the message tables; NULL hides the row from help */
};

struct option_verb {
	const char *name;
	const char *arguments;            /* "FILE DIR", "[SERVICE]", or NULL */
	int min_arguments, max_arguments; /* max -1: any number */
	const struct option_row *rows;    /* ends with a row whose name is NULL; may be NULL */
	const char *help;                 /* one line; English key */
	int tag;                          /* the program's own number of the verb */
};

struct option_program {
	const char *name;                   /* as the person calls it; shown in help */
	const char *title;                  /* one line; English key; may be NULL */
	const struct option_row *common;    /* valid with every verb; may be NULL */
	const struct option_verb *verbs;    /* ends with a verb whose name is NULL */
	const struct option_verb *standard; /* when no verb is given; NULL: then help is shown */
};

struct option_result {
	const struct option_verb *verb; /* NULL: help of the program is wanted */
	bool help;                      /* -h, --help, `help [VERB]`: nothing else to be done */
	bool verb_given;                /* false when the standard verb was taken */
	char **arguments;               /* NULL-terminated; in the arena */
	int argument_count;
};

/* values: the program's struct that the offsets are for. A mistake is CODE_USAGE with a hint. */
int option_parse(const struct option_program *program, int argc, char *const *argv, void *values,
	struct arena *arena, struct option_result *result, struct err *err);

/* Help in the current language: of one verb, or (NULL) the list of all. */
void option_help(
	const struct option_program *program, const struct option_verb *verb, struct text *out);

/* Of these names (NULL-terminated), the one nearest to word; NULL when none is near. */
const char *option_nearest(const char *word, const char *const *names);

/* The options about output that both programs share, for their common table: AT is the offset of
 * the struct's member of type struct option_ui. */
struct option_ui {
	bool json, quiet, verbose, no_progress;
	int language; /* CHOICE en|zh */
};
#define OPTION_UI_ROWS(AT)                                                                         \
	{0, "json", NULL, OPTION_FLAG, (AT) + offsetof(struct option_ui, json), NULL,              \
		"print one JSON object a line on stdout"},                                         \
		{'q', "quiet", NULL, OPTION_FLAG, (AT) + offsetof(struct option_ui, quiet), NULL,  \
			"only warnings, errors and results"},                                      \
		{'v', "verbose", NULL, OPTION_FLAG, (AT) + offsetof(struct option_ui, verbose),    \
			NULL, "more detail"},                                                      \
		{0, "no-progress", NULL, OPTION_FLAG,                                              \
			(AT) + offsetof(struct option_ui, no_progress), NULL, "no progress bars"}, \
	{                                                                                          \
		0, "lang", "en|zh", OPTION_CHOICE, (AT) + offsetof(struct option_ui, language),    \
			"en|zh", "language of the texts"                                           \
	}
