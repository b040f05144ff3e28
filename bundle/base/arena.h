/*
 * An arena: everything that a parsed document owns, released at once.
 *
 * Running out of memory ends the program (CODE_BUG, a clear text); sizes that come from input
 * are checked against the arena's limit first and fail as an error of the input instead.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "cleanup.h"
#include "err.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena); /* NULL is legal */
AUTO_DEFINE(arena);

/* Zeroed, aligned for any type; lives as long as the arena. Never NULL. */
void *arena_alloc(struct arena *arena, size_t size_bytes);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length_bytes);
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list ap);
/* text_add_shell_word(): what a person is to type of a path that may have blanks. */
char *arena_shell_word(struct arena *arena, const char *word);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

/* Grows an array that lives in the arena: ARENA_PUSH(arena, items, count, capacity) returns a
 * pointer to a new zeroed last element. Old storage stays in the arena (doubling: at most 2x). */
#define ARENA_PUSH(arena, items, count, capacity)                                                 \
	((count) == (capacity) ? (void)((items) = arena_grow(                                     \
						(arena), (items), &(capacity), sizeof(*(items)))) \
			       : (void)0,                                                         \
		&(items)[(count)++])
void *arena_grow(struct arena *arena, const void *items, size_t *capacity, size_t item_bytes);

/* malloc and friends that never return NULL, for the few things outside an arena. */
void *xmalloc(size_t size_bytes);
void *xrealloc(void *old, size_t size_bytes);
char *xstrdup(const char *text);
char *xprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
