/* Hostile logs: lines come out safe, bounded and in order; rules and excerpts stand them; what is
 * masked is gone; the filter's output is harmless. The first byte says what the rest is taken for. */
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "known_issue.h"
#include "log_excerpt.h"
#include "log_filter.h"
#include "secret_mask.h"
#include "support_report.h"
#include "ui_width.h"

static bool is_safe(const char *text)
{
	if (!text_is_utf8(text, strlen(text)))
		return false;
	for (const unsigned char *at = (const unsigned char *)text; *at; at++)
		if (*at < 0x20 || *at == 0x7f || (*at == 0xc2 && at[1] < 0xa0) ||
			(at[0] == 0xe2 && at[1] == 0x80 && at[2] == 0xae))
			return false;
	return true;
}

/* Half of the input is stdout, half stderr. */
static void try_log(const char *bytes, size_t size)
{
	AUTO(arena) arena = arena_new();
	struct log_lines lines;
	struct log_excerpt excerpt;
	struct known_issue_hit hits[KNOWN_ISSUE_HITS];
	struct err err = ERR_INIT;
	size_t count = 0, half = size / 2;
	log_lines_read(
		&lines, bytes, half, bytes + half, size - half, "2026-01-01T00:00:02Z", arena);
	FUZZ_PROMISE(lines.count <= LOG_LINES_LIMIT);
	for (size_t i = 0; i < lines.count; i++)
		FUZZ_PROMISE(is_safe(lines.items[i].text) &&
			     strlen(lines.items[i].text) < LOG_LINE_BYTES + 16);
	log_excerpt_make(&excerpt, &lines, 6, arena);
	FUZZ_PROMISE(excerpt.count <= 6);
	for (size_t i = 0; i < excerpt.count; i++)
		FUZZ_PROMISE(is_safe(excerpt.lines[i]) &&
			     ui_width(excerpt.lines[i]) <= LOG_EXCERPT_COLUMNS);
	struct known_issue_texts texts = {.lines = &lines, .http_status = 500};
	FUZZ_PROMISE(known_issue_search(&texts, arena, hits, &count, &err) == 0);
	FUZZ_PROMISE(count <= KNOWN_ISSUE_HITS);
	for (size_t i = 0; i < count; i++) {
		FUZZ_PROMISE(hits[i].cause[0] && hits[i].remedy[0]);
		FUZZ_PROMISE(hits[i].evidence_at <= strlen(hits[i].evidence));
		const char *cut = log_excerpt_cut(
			hits[i].evidence, LOG_EXCERPT_COLUMNS, hits[i].evidence_at, arena);
		FUZZ_PROMISE(is_safe(cut) && ui_width(cut) <= LOG_EXCERPT_COLUMNS);
	}
}

/* The secret is the first line, the text the rest: it is not there any more. */
static void try_mask(const char *bytes, size_t size)
{
	AUTO(arena) arena = arena_new();
	struct secret_mask mask;
	const char *newline = memchr(bytes, '\n', size);
	if (!newline || memchr(bytes, '\0', size))
		return;
	char *secret = arena_strndup(arena, bytes, (size_t)(newline - bytes));
	char *text = arena_strndup(arena, newline + 1, size - (size_t)(newline + 1 - bytes));
	secret_mask_init(&mask, arena);
	secret_mask_add(&mask, secret);
	const char *masked = secret_mask_text(&mask, text, arena);
	/* Shorter ones are masked as words only; stars may join to a secret made of stars. */
	if (mask.count > 0 && strlen(secret) >= 8 && !strchr(secret, '*'))
		FUZZ_PROMISE(!strstr(masked, secret));
}

static void try_redaction(const char *bytes, size_t size)
{
	AUTO(arena) arena = arena_new();
	AUTO_TEXT compose = TEXT_INIT;
	AUTO_TEXT env = TEXT_INIT;
	struct secret_mask found;
	char *text = arena_strndup(arena, bytes, strnlen(bytes, size));
	secret_mask_init(&found, arena);
	support_report_redact_compose(text, &found, &compose);
	support_report_redact_env(text, &env);
	FUZZ_PROMISE(compose.length <= 4 * strlen(text) + 16);
}

/* The bundle's own rules, against themselves. */
static void try_rules(const char *bytes, size_t size)
{
	AUTO(arena) arena = arena_new();
	struct known_issue_hit hits[KNOWN_ISSUE_HITS];
	struct err err = ERR_INIT;
	size_t count;
	char *text = arena_strndup(arena, bytes, strnlen(bytes, size));
	const char *words[] = {text};
	struct known_issue_texts texts = {.words = words, .word_count = 1, .project_json = text};
	if (known_issue_search(&texts, arena, hits, &count, &err) < 0)
		FUZZ_PROMISE(err.code == CODE_INTEGRITY && err.text[0]);
}

/* The lines, written in parts of the first byte's size, into a file. */
static void filter_into(int fd, const char *bytes, size_t size, size_t part)
{
	struct log_filter filter;
	struct err err = ERR_INIT;
	log_filter_init(&filter, fd, "out");
	for (size_t at = 0; at < size; at += part) {
		size_t length = size - at < part ? size - at : part;
		FUZZ_PROMISE(filter.sink.write(&filter.sink, bytes + at, length, &err) == 0);
		FUZZ_PROMISE(filter.rest.length < LOG_FILTER_BYTES);
	}
	FUZZ_PROMISE(log_filter_finish(&filter, &err) == 0);
	log_filter_clear(&filter);
}

/* What comes out is safe line by line, has all line ends, and is the same however it came. */
static void try_filter(const char *bytes, size_t size)
{
	enum { WHOLE = 0, PARTS = 1, MOST = 4 };
	static int fds[2] = {-1, -1};
	static char out[2][MOST * 16384 + 1];
	ssize_t got[2];
	if (size < 2 || size > 16384)
		return;
	size_t parts[2] = {size, 1 + (unsigned char)bytes[0] % 64};
	for (int i = WHOLE; i <= PARTS; i++) {
		if (fds[i] < 0)
			fds[i] = memfd_create("out", 0);
		FUZZ_PROMISE(ftruncate(fds[i], 0) == 0 && lseek(fds[i], 0, SEEK_SET) == 0);
		filter_into(fds[i], bytes + 1, size - 1, parts[i]);
		got[i] = pread(fds[i], out[i], sizeof out[i] - 1, 0);
		FUZZ_PROMISE(got[i] >= 0 && (size_t)got[i] < sizeof out[i] - 1);
		out[i][got[i]] = '\0';
	}
	FUZZ_PROMISE(got[WHOLE] == got[PARTS] && memcmp(out[0], out[1], (size_t)got[0]) == 0);
	FUZZ_PROMISE(strlen(out[0]) == (size_t)got[0]);
	size_t ends = 0, came = 0;
	for (size_t i = 1; i < size; i++)
		came += bytes[i] == '\n';
	for (char *at = out[0]; *at; at++) {
		ends += *at == '\n';
		if (*at == '\n' || *at == '\t')
			*at = ' ';
	}
	FUZZ_PROMISE(ends == came && is_safe(out[0]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(const char *, size_t) = {
		try_log, try_mask, try_redaction, try_rules, try_filter};
	if (size > 0)
		tries[data[0] % 5]((const char *)data + 1, size - 1);
	return 0;
}
