/* How many columns a text takes on a terminal. */
#pragma once

#include <stddef.h>

/* Columns of UTF-8 text: East Asian wide and fullwidth characters and emoji count two, combining
 * marks none (Unicode Standard Annex 11, the ranges that terminals agree on). */
size_t ui_width(const char *text);

/* The bytes at the start of text that fit into so many columns; never half a character. */
size_t ui_width_fit(const char *text, size_t columns);

/* How wide the terminal is that fd goes to; 80 when it is none, or does not say. */
size_t ui_columns(int fd);
