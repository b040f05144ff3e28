/* Choosing the lines to show. */
#include "log_excerpt.h"

#include <string.h>
#include <strings.h>

#include "message.h"
#include "text.h"
#include "ui_width.h"

/* ---- noise ---- */

static const char *skip_spaces(const char *line)
{
	return line + strspn(line, " ");
}

/* "    at f (/app/x.js:1:2)" of JavaScript and Java. */
static bool is_at_frame(const char *line)
{
	const char *text = skip_spaces(line);
	return text > line && text_starts_with(text, "at ") &&
	       (strchr(text, ':') || strchr(text, '('));
}

/* Is it a frame of a stack trace, or what decorates one? */
static bool is_noise(const char *line)
{
	const char *text = skip_spaces(line);
	bool indented = text > line;
	size_t digits = strspn(text + (*text == '#'), "0123456789");
	if (is_at_frame(line) || text[strspn(text, "^~-=_*|{}[](),; ")] == '\0')
		return true;
	if (text_starts_with(text, "File \"") && strstr(text, "\", line "))
		return true; /* Python */
	if (text_starts_with(text, "... ") && strstr(text, " more"))
		return true; /* Java */
	if (indented && strstr(text, ".go:") && strstr(text, " +0x"))
		return true;
	if (*text == '#' && digits > 0 && strstr(text, "("))
		return true; /* PHP, gdb */
	if (indented && text_starts_with(text, "from ") && strstr(text, ":in "))
		return true; /* Ruby */
	return text_starts_with(text, "node:internal/") || text_starts_with(text, "goroutine ");
}

static bool speaks_of_error(const char *line)
{
	static const char *const words[] = {"error", "fatal", "panic", "exception", "failed",
		"cannot ", "can't", "could not", "denied", "refused", "invalid", "missing",
		"not found", "no such", "unable to"};
	for (const char *at = line; *at; at++)
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (strncasecmp(at, words[i], strlen(words[i])) == 0)
				return true;
	return false;
}

/* ---- width ---- */

const char *log_excerpt_cut(const char *line, size_t columns, size_t at, struct arena *arena)
{
	size_t length = strlen(line);
	if (ui_width(line) <= columns)
		return line;
	const char *begin = line;
	if (at > columns * 2 / 3) {
		begin = line + at - columns / 3;
		while (begin > line && ((unsigned char)*begin & 0xc0) == 0x80)
			begin--;
	}
	size_t room = columns - 1 - (begin > line ? 1 : 0);
	size_t fits = ui_width_fit(begin, room);
	return arena_printf(arena, "%s%.*s%s", begin > line ? "…" : "", (int)fits, begin,
		begin + fits < line + length ? "…" : "");
}

/* ---- the excerpt ---- */

struct chosen {
	const char *text;
	size_t frames; /* noise behind it */
	size_t times;
	bool error;
};

/* Lines of the last run, frames and repetitions folded into the line before them. */
static size_t fold(const struct log_lines *lines, struct chosen *out)
{
	size_t count = 0;
	for (size_t i = 0; i < lines->count; i++) {
		const char *text = lines->items[i].text;
		if (!lines->items[i].last_run)
			continue;
		if (is_noise(text)) {
			if (count > 0)
				out[count - 1].frames++;
		} else if (count > 0 && out[count - 1].frames == 0 &&
			   strcmp(out[count - 1].text, text) == 0) {
			out[count - 1].times++;
		} else {
			out[count++] = (struct chosen){text, 0, 1, speaks_of_error(text)};
		}
	}
	return count;
}

static void show(struct log_excerpt *excerpt, const struct chosen *line, struct arena *arena)
{
	AUTO_TEXT note = TEXT_INIT;
	if (line->times > 1)
		text_addf(&note, T("  (%zu times)"), line->times);
	if (line->frames > 0)
		text_addf(&note, T("  (and %zu lines of stack trace)"), line->frames);
	size_t room = LOG_EXCERPT_COLUMNS - ui_width(note.bytes);
	excerpt->lines[excerpt->count++] = arena_printf(
		arena, "%s%s", log_excerpt_cut(line->text, room, 0, arena), note.bytes);
}

void log_excerpt_make(struct log_excerpt *excerpt, const struct log_lines *lines, size_t limit,
	struct arena *arena)
{
	AUTO(arena) scratch = arena_new();
	struct chosen *chosen = arena_alloc(scratch, (lines->count + 1) * sizeof(*chosen));
	size_t count = fold(lines, chosen);
	*excerpt = (struct log_excerpt){0};
	if (limit > LOG_EXCERPT_LIMIT)
		limit = LOG_EXCERPT_LIMIT;
	if (limit == 0)
		return;
	size_t first = count > limit ? count - limit : 0, error = count;
	for (size_t i = count; i > 0; i--)
		if (chosen[i - 1].error) {
			error = i - 1;
			break;
		}
	if (error < first) {
		show(excerpt, &chosen[error], arena);
		first++;
	}
	for (size_t i = first; i < count; i++)
		show(excerpt, &chosen[i], arena);
}
