/* Growing strings; UTF-8 checks; text made safe for terminals and JSON. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"

static void reserve(struct text *text, size_t more)
{
	size_t need = text->length + more + 1;
	if (need <= text->capacity)
		return;
	size_t capacity = text->capacity ? text->capacity : 64;
	while (capacity < need)
		capacity *= 2;
	if (text->capacity) {
		text->bytes = xrealloc(text->bytes, capacity);
	} else {
		text->bytes = xmalloc(capacity);
		text->bytes[0] = '\0';
	}
	text->capacity = capacity;
}

const char text_empty[1];

void text_clear(struct text *text)
{
	if (text->capacity)
		free(text->bytes);
	*text = TEXT_INIT;
}

void text_add_bytes(struct text *text, const void *bytes, size_t length)
{
	reserve(text, length);
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

void text_add(struct text *text, const char *string)
{
	text_add_bytes(text, string, strlen(string));
}

void text_addf(struct text *text, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	va_list again;
	va_copy(again, ap);
	int length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length > 0) {
		reserve(text, (size_t)length);
		vsnprintf(text->bytes + text->length, (size_t)length + 1, format, ap);
		text->length += (size_t)length;
	}
	va_end(ap);
}

/* An empty one's byte is everybody's, and not to be written. */
void text_cut(struct text *text, size_t length)
{
	if (length >= text->length)
		return;
	text->length = length;
	text->bytes[length] = '\0';
}

char *text_take(struct text *text)
{
	reserve(text, 0);
	char *bytes = text->bytes;
	*text = TEXT_INIT;
	return bytes;
}

bool text_starts_with(const char *string, const char *prefix)
{
	return strncmp(string, prefix, strlen(prefix)) == 0;
}

bool text_ends_with(const char *string, const char *suffix)
{
	size_t length = strlen(string), tail = strlen(suffix);
	return length >= tail && memcmp(string + length - tail, suffix, tail) == 0;
}

static int lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

bool text_equal_ignoring_case(const char *a, const char *b)
{
	while (*a && lower((unsigned char)*a) == lower((unsigned char)*b))
		a++, b++;
	return lower((unsigned char)*a) == lower((unsigned char)*b);
}

/* Length of the well-formed character at bytes, 0 when there is none (RFC 3629, section 4). */
static size_t utf8_character(const unsigned char *bytes, size_t length)
{
	if (length == 0)
		return 0;
	unsigned char lead = bytes[0];
	if (lead < 0x80)
		return 1;
	size_t size = lead >= 0xc2 && lead <= 0xdf   ? 2
		      : lead >= 0xe0 && lead <= 0xef ? 3
		      : lead >= 0xf0 && lead <= 0xf4 ? 4
						     : 0;
	if (size == 0 || size > length)
		return 0;
	unsigned char low = 0x80, high = 0xbf;
	if (lead == 0xe0)
		low = 0xa0;
	else if (lead == 0xed)
		high = 0x9f;
	else if (lead == 0xf0)
		low = 0x90;
	else if (lead == 0xf4)
		high = 0x8f;
	if (bytes[1] < low || bytes[1] > high)
		return 0;
	for (size_t i = 2; i < size; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	return size;
}

bool text_is_utf8(const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	while (length > 0) {
		size_t size = utf8_character(at, length);
		if (size == 0)
			return false;
		at += size;
		length -= size;
	}
	return true;
}

void text_add_printable(struct text *text, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	while (length > 0) {
		size_t size = utf8_character(at, length);
		bool control = (at[0] < 0x20 && at[0] != '\t' && at[0] != '\n') || at[0] == 0x7f ||
			       (size == 2 && at[0] == 0xc2 && at[1] < 0xa0);
		if (size == 0 || control) {
			for (size_t i = 0; i < (size ? size : 1); i++)
				text_addf(text, "\\x%02x", at[i]);
			size = size ? size : 1;
		} else {
			text_add_bytes(text, at, size);
		}
		at += size;
		length -= size;
	}
}

void text_add_shell_word(struct text *text, const char *word)
{
	if (*word && *word != '-' &&
		strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "0123456789._/-+:@%") == strlen(word)) {
		text_add(text, word);
		return;
	}
	text_add(text, "'");
	for (; *word; word++) {
		if (*word == '\'')
			text_add(text, "'\\''");
		else
			text_add_bytes(text, word, 1);
	}
	text_add(text, "'");
}

void text_add_json(struct text *text, const char *string)
{
	const unsigned char *at = (const unsigned char *)string;
	size_t length = strlen(string);
	text_add(text, "\"");
	while (length > 0) {
		size_t size = utf8_character(at, length);
		if (size == 0) {
			text_add(text, "\xef\xbf\xbd");
			size = 1;
		} else if (*at == '"' || *at == '\\') {
			text_addf(text, "\\%c", *at);
		} else if (*at == '\n') {
			text_add(text, "\\n");
		} else if (*at < 0x20 || *at == 0x7f) {
			text_addf(text, "\\u%04x", *at);
		} else {
			text_add_bytes(text, at, size);
		}
		at += size;
		length -= size;
	}
	text_add(text, "\"");
}

void text_add_size(struct text *text, unsigned long long size_bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	size_t unit = 0;
	double value = (double)size_bytes;
	while (value >= 1024 && unit + 1 < ARRAY_SIZE(units)) {
		value /= 1024;
		unit++;
	}
	text_addf(text, unit >= 2 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}
