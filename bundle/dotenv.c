/* Env files -> entries with their places. */
#include "dotenv.h"

#include <string.h>

#include "text.h"

struct reader {
	struct arena *arena;
	const char *name;
	const char *bytes;
	size_t length, at;
	unsigned line;
	struct err *err;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool ended(const struct reader *reader)
{
	return reader->at >= reader->length;
}

static char current(const struct reader *reader)
{
	return ended(reader) ? '\0' : reader->bytes[reader->at];
}

static void skip_blanks(struct reader *reader)
{
	while (!ended(reader) && is_blank(current(reader)))
		reader->at++;
}

static void skip_line(struct reader *reader)
{
	while (!ended(reader) && current(reader) != '\n')
		reader->at++;
}

/* To the first byte of the next entry. */
static void skip_to_entry(struct reader *reader)
{
	while (!ended(reader)) {
		char c = current(reader);
		if (c == '#') {
			skip_line(reader);
		} else if (c == '\n') {
			reader->line++;
			reader->at++;
		} else if (is_blank(c)) {
			reader->at++;
		} else {
			return;
		}
	}
}

static bool is_name_byte(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c >= 0x80 || (c && strchr("_.-[]", c));
}

static int read_name(struct reader *reader, struct dotenv_entry *entry)
{
	entry->begin = reader->at;
	entry->line = reader->line;
	if (reader->length - reader->at > 7 &&
		memcmp(reader->bytes + reader->at, "export", 6) == 0 &&
		is_blank(reader->bytes[reader->at + 6])) {
		reader->at += 6;
		skip_blanks(reader);
	}
	size_t begin = reader->at;
	while (!ended(reader) && is_name_byte((unsigned char)current(reader)))
		reader->at++;
	size_t end = reader->at;
	skip_blanks(reader);
	char c = current(reader);
	if (end == begin)
		return err_set(reader->err, CODE_INPUT, "%s:%u: a variable name is missing",
			reader->name, reader->line);
	entry->name = arena_strndup(reader->arena, reader->bytes + begin, end - begin);
	entry->end = end;
	if (ended(reader) || c == '\n') {
		entry->inherited = true;
		entry->raw = "";
		entry->value_begin = end;
		return 0;
	}
	if (c != '=' && c != ':') {
		err_set(reader->err, CODE_INPUT, "%s:%u: after the name %s there must be an = sign",
			reader->name, reader->line, entry->name);
		return err_hint(reader->err, "write NAME=value, a line each, or # for a comment");
	}
	reader->at++;
	skip_blanks(reader);
	return 0;
}

static int read_quoted(struct reader *reader, struct dotenv_entry *entry)
{
	AUTO_TEXT value = TEXT_INIT;
	entry->quote = current(reader);
	bool escaped = false;
	for (reader->at++; !ended(reader); reader->at++) {
		char c = current(reader);
		if (c == '\n')
			reader->line++;
		if (!escaped && c == '\\') {
			escaped = true;
			continue;
		}
		if (c == entry->quote && !escaped) {
			entry->end = ++reader->at;
			entry->raw = arena_strndup(reader->arena, value.bytes, value.length);
			return 0;
		}
		if (escaped && c != entry->quote)
			text_add(&value, "\\");
		escaped = false;
		text_add_bytes(&value, &c, 1);
	}
	return err_set(reader->err, CODE_INPUT, "%s:%u: the quote of %s is not closed",
		reader->name, entry->line, entry->name);
}

static void read_unquoted(struct reader *reader, struct dotenv_entry *entry)
{
	size_t begin = reader->at;
	skip_line(reader);
	size_t end = reader->at;
	for (size_t i = begin; i + 1 < end; i++)
		if (reader->bytes[i] == ' ' && reader->bytes[i + 1] == '#')
			end = i;
	while (end > begin && is_blank(reader->bytes[end - 1]))
		end--;
	entry->end = end;
	entry->raw = arena_strndup(reader->arena, reader->bytes + begin, end - begin);
}

int dotenv_parse(struct arena *arena, const char *name, const char *bytes, size_t length,
	struct dotenv *out, struct err *err)
{
	*out = (struct dotenv){0};
	if (length > DOTENV_LIMIT_BYTES)
		return err_set(err, CODE_INPUT, "%s is larger than the limit of %zu bytes", name,
			(size_t)DOTENV_LIMIT_BYTES);
	if (!text_is_utf8(bytes, length) || memchr(bytes, '\0', length))
		return err_set(err, CODE_INPUT, "%s is not a text file in UTF-8", name);
	struct reader reader = {arena, name, bytes, length, 0, 1, err};
	if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		reader.at = 3;
	for (skip_to_entry(&reader); !ended(&reader); skip_to_entry(&reader)) {
		if (out->count == DOTENV_LIMIT_ENTRIES)
			return err_set(
				err, CODE_INPUT, "%s:%u: too many variables", name, reader.line);
		struct dotenv_entry entry = {0};
		if (read_name(&reader, &entry) < 0)
			return -1;
		if (!entry.inherited) {
			entry.value_begin = reader.at;
			char c = current(&reader);
			if (c != '"' && c != '\'')
				read_unquoted(&reader, &entry);
			else if (read_quoted(&reader, &entry) < 0)
				return -1;
		}
		*ARENA_PUSH(arena, out->entries, out->count, out->capacity) = entry;
	}
	return 0;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* The escapes of a double-quoted value; \$ stays a dollar sign by becoming $$. */
static void unescape(struct text *out, const char *raw)
{
	static const char letters[] = "abfnrtv\"\\", bytes[] = "\a\b\f\n\r\t\v\"\\";
	for (const char *at = raw; *at; at++) {
		const char *letter = at[0] == '\\' && at[1] ? strchr(letters, at[1]) : NULL;
		if (at[0] == '\\' && at[1] == '0' && is_octal(at[2]) && is_octal(at[3]) &&
			is_octal(at[4])) {
			char byte = (char)((at[2] - '0') << 6 | (at[3] - '0') << 3 | (at[4] - '0'));
			text_add_bytes(out, &byte, 1);
			at += 4;
		} else if (letter) {
			text_add_bytes(out, &bytes[letter - letters], 1);
			at++;
		} else if (at[0] == '\\' && at[1] == '$') {
			text_add(out, "$$");
			at++;
		} else {
			text_add_bytes(out, at, 1);
		}
	}
}

const char *dotenv_value(struct arena *arena, const char *name, const struct dotenv_entry *entry,
	const struct variable_set *variables, struct interpolation_listener *listener,
	struct err *err)
{
	if (entry->inherited) {
		const char *value = variable_set_get(variables, entry->name);
		return value ? value : "";
	}
	if (entry->quote == '\'')
		return entry->raw;
	AUTO_TEXT text = TEXT_INIT;
	if (entry->quote == '"')
		unescape(&text, entry->raw);
	else
		text_add(&text, entry->raw);
	const char *value = interpolation_expand(arena, text.bytes, variables, listener, err);
	if (!value)
		err_wrap(err, "%s:%u", name, entry->line);
	return value;
}
