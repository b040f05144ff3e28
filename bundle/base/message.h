/*
 * Texts for people, in English and Chinese.
 *
 * The English printf format literal at the place of use is the key; a room's messages.def has
 * the rows M("english", "中文"). The Chinese has the same conversions in the same order, or names
 * them by position (%2$s). tests/check_messages.py holds sources and tables together.
 */
#pragma once

enum message_language { MESSAGE_EN, MESSAGE_ZH };

struct message_row {
	const char *en;
	const char *zh;
};

/* Adds a room's table (borrowed for ever; ends with a row of NULLs). Called by main before any
 * text is made. At most eight tables. */
void message_register(const struct message_row *rows);

void message_set_language(enum message_language language);
enum message_language message_language(void);

/* The language that `--lang` or the environment (LC_ALL, LC_MESSAGES, LANG) asks for.
 * name may be NULL. Returns -1 for a name that is neither en… nor zh…. */
int message_language_parse(const char *name, enum message_language *out);

/* The text in the current language; the key itself when it has no row. */
const char *message_translate(const char *english) __attribute__((format_arg(1)));

#define T(literal) message_translate(literal)

/* Marks a key in a table of texts that are translated when they are shown. */
#define N_T(literal) literal
