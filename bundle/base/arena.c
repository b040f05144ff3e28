/* An arena of growing chunks, and allocation that cannot fail quietly. */
#include "arena.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

enum { FIRST_CHUNK = 4096, LARGEST_CHUNK = 1 << 18, ALIGNMENT = 16 };

struct chunk {
	struct chunk *next;
	size_t used;
	size_t size;
	_Alignas(ALIGNMENT) unsigned char bytes[];
};

struct arena {
	struct chunk *chunks;
	size_t next_size;
};

static _Noreturn void out_of_memory(void)
{
	static const char text[] = "hardtack: out of memory\n";
	ssize_t ignored = write(2, text, sizeof(text) - 1);
	(void)ignored;
	_exit(CODE_BUG);
}

void *xmalloc(size_t size_bytes)
{
	void *memory = malloc(size_bytes ? size_bytes : 1);
	if (!memory)
		out_of_memory();
	return memory;
}

void *xrealloc(void *old, size_t size_bytes)
{
	void *memory = realloc(old, size_bytes ? size_bytes : 1);
	if (!memory)
		out_of_memory();
	return memory;
}

char *xstrdup(const char *text)
{
	size_t size = strlen(text) + 1;
	return memcpy(xmalloc(size), text, size);
}

char *xprintf(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	char *text = NULL;
	int length = vasprintf(&text, format, ap);
	va_end(ap);
	if (length < 0)
		out_of_memory();
	return text;
}

struct arena *arena_new(void)
{
	struct arena *arena = xmalloc(sizeof(*arena));
	arena->chunks = NULL;
	arena->next_size = FIRST_CHUNK;
	return arena;
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	for (struct chunk *chunk = arena->chunks, *next; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(arena);
}

void *arena_alloc(struct arena *arena, size_t size_bytes)
{
	BUG_ON(size_bytes > SIZE_MAX / 2);
	size_t need = (size_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	struct chunk *chunk = arena->chunks;
	if (!chunk || chunk->size - chunk->used < need) {
		size_t size = need > arena->next_size ? need : arena->next_size;
		chunk = xmalloc(sizeof(*chunk) + size);
		chunk->next = arena->chunks;
		chunk->used = 0;
		chunk->size = size;
		arena->chunks = chunk;
		if (arena->next_size < LARGEST_CHUNK)
			arena->next_size *= 2;
	}
	void *memory = chunk->bytes + chunk->used;
	chunk->used += need;
	return memset(memory, 0, need);
}

char *arena_strndup(struct arena *arena, const char *text, size_t length_bytes)
{
	char *copy = arena_alloc(arena, length_bytes + 1);
	memcpy(copy, text, length_bytes);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_vprintf(struct arena *arena, const char *format, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	BUG_ON(length < 0);
	char *text = arena_alloc(arena, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, ap);
	return text;
}

char *arena_shell_word(struct arena *arena, const char *word)
{
	AUTO_TEXT quoted = TEXT_INIT;
	text_add_shell_word(&quoted, word);
	return arena_strdup(arena, quoted.bytes);
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	char *text = arena_vprintf(arena, format, ap);
	va_end(ap);
	return text;
}

void *arena_grow(struct arena *arena, const void *items, size_t *capacity, size_t item_bytes)
{
	size_t old = *capacity;
	size_t larger = old ? old * 2 : 8;
	BUG_ON(larger > SIZE_MAX / 2 / item_bytes);
	void *memory = arena_alloc(arena, larger * item_bytes);
	if (old)
		memcpy(memory, items, old * item_bytes);
	*capacity = larger;
	return memory;
}
