/* Raw logs as safe lines in order. */
#include "log_lines.h"

#include <stdint.h>
#include <string.h>

/* A quick program's first words may be stamped a moment before the engine notes its start. */
enum { START_SLACK_MS = 300 };

/* ---- one line ---- */

/* Length of the control sequence at bytes (ESC [ parameters final) that only colours or erases;
 * 0 for anything else. ECMA-48, 5.4. */
static size_t harmless_sequence(const char *bytes, size_t length)
{
	size_t at = 2;
	if (length < 3 || bytes[0] != '\033' || bytes[1] != '[')
		return 0;
	while (at < length && ((bytes[at] >= '0' && bytes[at] <= '9') || bytes[at] == ';'))
		at++;
	return at < length && (bytes[at] == 'm' || bytes[at] == 'K') ? at + 1 : 0;
}

/* Invisible characters that change how the others are read: zero width, bidirectional marks,
 * embeddings, overrides and isolates, line separators, the byte order mark. 0: none of them. */
static unsigned deceptive_character(const char *bytes, size_t length)
{
	const unsigned char *at = (const unsigned char *)bytes;
	if (length < 3 || (at[0] != 0xe2 && at[0] != 0xef))
		return 0;
	unsigned code = (at[0] & 15U) << 12 | (at[1] & 63U) << 6 | (at[2] & 63U);
	bool deceptive = (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
			 (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
	return deceptive ? code : 0;
}

static size_t character_length(const char *bytes, size_t length)
{
	unsigned char lead = (unsigned char)*bytes;
	size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
	return size <= length && text_is_utf8(bytes, size) ? size : 1;
}

void log_lines_add_safe(struct text *text, const char *bytes, size_t length, size_t limit)
{
	size_t begin = text->length;
	while (length > 0 && text->length - begin < limit) {
		size_t step = harmless_sequence(bytes, length);
		unsigned code = deceptive_character(bytes, length);
		if (code) {
			text_addf(text, "\\u%04x", code);
			step = 3;
		} else if (!step) {
			step = *bytes == '\t' ? 1 : character_length(bytes, length);
			if (*bytes == '\t')
				text_add(text, "    ");
			else if (*bytes == '\n')
				text_add(text, " ");
			else
				text_add_printable(text, bytes, step);
		}
		bytes += step;
		length -= step;
	}
	if (length > 0)
		text_add(text, "…");
}

/* What is left on a terminal of a line that returned to its beginning. */
static void drop_overwritten(const char **bytes, size_t *length)
{
	while (*length > 0 && (*bytes)[*length - 1] == '\r')
		--*length;
	for (size_t i = *length; i > 0; i--)
		if ((*bytes)[i - 1] == '\r') {
			*bytes += i;
			*length -= i;
			return;
		}
}

/* ---- time stamps ---- */

static bool read_number(const char *text, size_t digits, int64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < digits; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*out = *out * 10 + (text[i] - '0');
	}
	return true;
}

/* Days since 1970 in the proleptic Gregorian calendar, years from March on. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	year -= month <= 2;
	int64_t era_year = year % 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return year / 400 * 146097 + era_year * 365 + era_year / 4 - era_year / 100 + day_of_year -
	       719468;
}

/* "2026-01-02T03:04:05.678901234Z" (RFC 3339, any number of digits, Z or an offset), ended by a
 * space or the text's end. Milliseconds since 1970; *used: its bytes. */
static bool read_stamp(const char *text, size_t length, int64_t *ms, size_t *used)
{
	int64_t year, month, day, hour, minute, second, fraction = 0, scale = 100;
	if (length < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
		text[16] != ':' || !read_number(text, 4, &year) ||
		!read_number(text + 5, 2, &month) || !read_number(text + 8, 2, &day) ||
		!read_number(text + 11, 2, &hour) || !read_number(text + 14, 2, &minute) ||
		!read_number(text + 17, 2, &second))
		return false;
	size_t at = 19;
	if (text[at] == '.')
		for (at++; at < length && text[at] >= '0' && text[at] <= '9'; at++, scale /= 10)
			fraction += (text[at] - '0') * scale;
	int64_t offset_hour = 0, offset_minute = 0, sign = 1;
	if (at < length && text[at] == 'Z') {
		at++;
	} else if (at + 6 <= length && (text[at] == '+' || text[at] == '-') &&
		   read_number(text + at + 1, 2, &offset_hour) && text[at + 3] == ':' &&
		   read_number(text + at + 4, 2, &offset_minute)) {
		sign = text[at] == '-' ? -1 : 1;
		at += 6;
	} else {
		return false;
	}
	if (at < length && text[at] != ' ')
		return false;
	*ms = (((days_of(year, month, day) * 24 + hour - sign * offset_hour) * 60 + minute -
		       sign * offset_minute) *
			      60 +
		      second) *
		      1000 +
	      fraction;
	*used = at < length ? at + 1 : at;
	return true;
}

/* ---- streams ---- */

struct raw_line {
	const char *bytes;
	size_t length;
	int64_t ms; /* 0: not stamped */
};

struct raw_lines {
	struct arena *arena;
	struct raw_line *items;
	size_t count, capacity;
};

/* The last LOG_LINES_LIMIT lines of one stream. A line without stamp goes on where the one before
 * it was. */
static void split(struct raw_lines *lines, const char *bytes, size_t length)
{
	const char *end = bytes + length;
	const char *begin = end;
	int64_t before = 0;
	for (size_t found = 0; begin > bytes; begin--)
		if (begin[-1] == '\n' && begin != end && ++found >= LOG_LINES_LIMIT)
			break;
	while (begin < end) {
		const char *newline = memchr(begin, '\n', (size_t)(end - begin));
		struct raw_line line = {begin, (size_t)((newline ? newline : end) - begin), before};
		size_t used;
		if (read_stamp(line.bytes, line.length, &line.ms, &used)) {
			line.bytes += used;
			line.length -= used;
		}
		before = line.ms;
		*ARENA_PUSH(lines->arena, lines->items, lines->count, lines->capacity) = line;
		begin = newline ? newline + 1 : end;
	}
}

static bool is_blank(const struct raw_line *line)
{
	for (size_t i = 0; i < line->length; i++)
		if (line->bytes[i] != ' ' && line->bytes[i] != '\t' && line->bytes[i] != '\r')
			return false;
	return true;
}

static void add(
	struct log_lines *lines, struct raw_line *line, int64_t from_ms, struct arena *arena)
{
	AUTO_TEXT safe = TEXT_INIT;
	drop_overwritten(&line->bytes, &line->length);
	if (is_blank(line))
		return;
	log_lines_add_safe(&safe, line->bytes, line->length, LOG_LINE_BYTES);
	while (safe.length > 0 && safe.bytes[safe.length - 1] == ' ')
		text_cut(&safe, safe.length - 1);
	lines->items[lines->count++] =
		(struct log_line){arena_strndup(arena, safe.bytes, safe.length),
			!from_ms || !line->ms || line->ms >= from_ms};
}

void log_lines_read(struct log_lines *lines, const char *out, size_t out_length, const char *err,
	size_t err_length, const char *started_at, struct arena *arena)
{
	AUTO(arena) scratch = arena_new();
	struct raw_lines a = {.arena = scratch}, b = {.arena = scratch};
	int64_t from_ms = 0;
	size_t used;
	split(&a, out, out_length);
	split(&b, err, err_length);
	if (!read_stamp(started_at, strlen(started_at), &from_ms, &used) || from_ms < 0)
		from_ms = 0;
	if (from_ms)
		from_ms -= START_SLACK_MS;
	size_t total = a.count + b.count;
	size_t skip = total > LOG_LINES_LIMIT ? total - LOG_LINES_LIMIT : 0;
	*lines = (struct log_lines){
		.items = arena_alloc(arena, (total - skip + 1) * sizeof(*lines->items))};
	for (size_t i = 0, j = 0, n = 0; n < total; n++) {
		bool from_a = j == b.count || (i < a.count && a.items[i].ms <= b.items[j].ms);
		struct raw_line *line = from_a ? &a.items[i++] : &b.items[j++];
		if (n >= skip)
			add(lines, line, from_ms, arena);
	}
	/* Nothing of the last attempt yet: then the one before it speaks. */
	bool any = false;
	for (size_t i = 0; i < lines->count; i++)
		any = any || lines->items[i].last_run;
	for (size_t i = 0; i < lines->count && !any; i++)
		lines->items[i].last_run = true;
}
