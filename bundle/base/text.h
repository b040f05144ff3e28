/* Growing strings and the few questions about text that several rooms ask. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cleanup.h"

/* A growing, always NUL-terminated byte string. TEXT_INIT, then text_clear() or text_take(). */
struct text {
	char *bytes; /* "" until something is added */
	size_t length;
	size_t capacity; /* 0 while bytes is not ours */
};

/* Shared, for it outlives every function that makes an empty text. */
extern const char text_empty[1];
#define TEXT_INIT ((struct text){.bytes = (char *)text_empty})
#define AUTO_TEXT __attribute__((cleanup(text_clear))) struct text

void text_clear(struct text *text);
void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const void *bytes, size_t length);
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Keeps the first `length` bytes; one that is no longer than that stays as it is. */
void text_cut(struct text *text, size_t length);
char *text_take(struct text *text); /* caller frees; leaves the text empty */

bool text_starts_with(const char *string, const char *prefix);
bool text_ends_with(const char *string, const char *suffix);
bool text_equal_ignoring_case(const char *a, const char *b); /* ASCII only */

/* Is it well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms)? */
bool text_is_utf8(const void *bytes, size_t length);

/* Adds bytes of unknown origin for a terminal: control characters (C0 but tab and newline, DEL,
 * C1) and malformed UTF-8 become \xNN, so that no log can drive the person's terminal. */
void text_add_printable(struct text *text, const void *bytes, size_t length);

/* Adds a word as a POSIX shell reads it back: as it is, or in single quotes. */
void text_add_shell_word(struct text *text, const char *word);

/* Adds a string as a JSON string literal, quotes included (RFC 8259); malformed UTF-8 -> U+FFFD. */
void text_add_json(struct text *text, const char *string);

/* "1.4 GiB", "12 KiB", "7 B": one decimal from MiB on, the same in both languages. */
void text_add_size(struct text *text, unsigned long long size_bytes);
