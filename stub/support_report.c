/* Collecting, redacting and writing the support report. */
#include "support_report.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "file_io.h"
#include "interpolation.h"
#include "number.h"
#include "tar_writer.h"

#define MASKED "****"

void support_report_init(
	struct support_report *report, const struct secret_mask *mask, struct arena *arena)
{
	*report = (struct support_report){.arena = arena, .mask = mask};
}

void support_report_add(struct support_report *report, const char *path, const char *text)
{
	size_t length = strlen(text);
	const char *bytes = text;
	if (report->total >= SUPPORT_REPORT_LIMIT)
		bytes = "(left out: the report is large enough)\n", length = strlen(bytes);
	if (length > SUPPORT_REPORT_ENTRY_LIMIT) {
		bytes += length - SUPPORT_REPORT_ENTRY_LIMIT;
		bytes += strcspn(bytes, "\n"); /* a torn line may hold half a secret */
		length = strlen(bytes);
	}
	struct support_entry *entry =
		ARENA_PUSH(report->arena, report->items, report->count, report->capacity);
	*entry = (struct support_entry){arena_strdup(report->arena, path),
		arena_strndup(report->arena, bytes, length), length};
	report->total += length;
}

static const char *read_text(struct support_report *report, const char *file)
{
	enum { FILE_LIMIT = 4 << 20 };
	struct err ignored = ERR_INIT;
	AUTO_TEXT safe = TEXT_INIT;
	char *bytes;
	size_t length;
	if (access(file, F_OK) != 0)
		return NULL;
	if (file_read_all(file, FILE_LIMIT, report->arena, &bytes, &length, &ignored) < 0)
		return arena_printf(report->arena, "(%s)\n", ignored.text);
	text_add_printable(&safe, bytes, length);
	return arena_strndup(report->arena, safe.bytes, safe.length);
}

void support_report_add_file(struct support_report *report, const char *path, const char *file)
{
	const char *text = read_text(report, file);
	if (text)
		support_report_add(report, path, text);
}

/* ---- compose files ---- */

static bool is_name_character(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* References alone, without a default, hold no secret themselves. */
static bool is_reference(const char *value, size_t length)
{
	AUTO_FREE char *copy = xprintf("%.*s", (int)length, value);
	return copy[0] == '$' && copy[1] != '$' && interpolation_reference_length(copy) == length &&
	       !strchr(copy, '-') && !strchr(copy, '+');
}

/* A scalar's end: its closing quote, or where a plain one stops. */
static size_t scalar_length(const char *value)
{
	if (*value == '"' || *value == '\'') {
		size_t at = 1;
		while (value[at] &&
			(value[at] != *value || (*value == '\'' && value[at + 1] == '\'')))
			at += (value[at] == '\\' && *value == '"' && value[at + 1]) ||
					      value[at] == *value
				      ? 2
				      : 1;
		return at;
	}
	size_t length = 0;
	unsigned braces = 0; /* of ${…} */
	for (; value[length] && value[length] != '\n'; length++) {
		braces += text_starts_with(value + length, "${");
		if (value[length] == '}' && braces-- == 0)
			break;
		if (!braces && strchr(",\"' ]", value[length]))
			break;
	}
	return length;
}

/* "|" and ">" begin a block: the lines that are indented deeper than the key's. */
static size_t block_length(const char *text, const char *key)
{
	const char *line = key;
	while (line > text && line[-1] != '\n')
		line--;
	size_t indent = strspn(line, " -");
	const char *at = key + strcspn(key, "\n");
	while (*at == '\n') {
		size_t spaces = strspn(at + 1, " ");
		if (at[1 + spaces] != '\n' && spaces <= indent)
			break;
		at += 1 + strcspn(at + 1, "\n");
	}
	return (size_t)(at - key);
}

void support_report_redact_compose(const char *yaml, struct secret_mask *found, struct text *out)
{
	const char *rest = yaml;
	for (const char *at = yaml; *at;) {
		size_t name_length = 0;
		while (is_name_character(at[name_length]))
			name_length++;
		if (name_length == 0) {
			at++;
			continue;
		}
		AUTO_FREE char *name = xprintf("%.*s", (int)name_length, at);
		const char *key = at, *value = at + name_length;
		at = value;
		value += *value == '"' || *value == '\'';
		value += strspn(value, " ");
		if ((*value != ':' && *value != '=') || !secret_mask_name(name) ||
			(*value == ':' && !strchr(" \n", value[1])))
			continue;
		value++;
		value += strspn(value, " ");
		size_t quote = *value == '"' || *value == '\'';
		size_t length;
		if (*value == '|' || *value == '>') {
			length = block_length(yaml, key) - (size_t)(value - key);
			quote = 0;
		} else {
			length = scalar_length(value) - quote;
		}
		value += quote;
		if (length == 0 || strchr("\n{[", *value) || is_reference(value, length))
			continue;
		AUTO_FREE char *literal = xprintf("%.*s", (int)length, value);
		if (found)
			secret_mask_add(found, literal);
		text_add_bytes(out, rest, (size_t)(value - rest));
		text_add(out, MASKED);
		rest = at = value + length;
	}
	text_add(out, rest);
}

void support_report_add_compose(
	struct support_report *report, struct secret_mask *mask, const char *path, const char *file)
{
	AUTO_TEXT redacted = TEXT_INIT;
	const char *text = read_text(report, file);
	if (!text)
		return;
	support_report_redact_compose(text, mask, &redacted);
	support_report_add(report, path, redacted.bytes);
}

/* ---- env files ---- */

static bool is_harmless_value(const char *name, const char *value)
{
	uint64_t port;
	if (secret_mask_name(name))
		return false;
	if (number_parse_u64(value, &port))
		return port <= 65535;
	return (text_starts_with(value, "http://") || text_starts_with(value, "https://")) &&
	       !value[strcspn(value, "@?#$ ")];
}

void support_report_redact_env(const char *text, struct text *out)
{
	struct dotenv env = {0};
	struct err problem = ERR_INIT;
	AUTO(arena) arena = arena_new();
	if (dotenv_parse(arena, ".env", text, strlen(text), &env, &problem) < 0) {
		/* Its words may quote a value. */
		text_add(out, "(not an env file that can be read)\n");
		return;
	}
	for (size_t i = 0; i < env.count; i++) {
		const struct dotenv_entry *entry = &env.entries[i];
		text_addf(out, "%s=%s\n", entry->name,
			!*entry->raw                                 ? ""
			: is_harmless_value(entry->name, entry->raw) ? entry->raw
								     : MASKED);
	}
}

void support_report_add_env(struct support_report *report, const char *path, const char *file)
{
	AUTO_TEXT redacted = TEXT_INIT;
	const char *text = read_text(report, file);
	if (!text)
		return;
	support_report_redact_env(text, &redacted);
	support_report_add(report, path, redacted.bytes);
}

/* ---- writing ---- */

struct file_sink {
	struct stream_sink sink;
	int fd;
	const char *path;
};

static int push(struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	struct file_sink *file = (struct file_sink *)sink;
	return file_write(file->fd, file->path, bytes, length, err);
}

static int write_entries(const struct support_report *report, struct stream_sink *sink,
	const char *folder, struct err *err)
{
	struct tar_writer writer;
	tar_writer_init(&writer, sink, (uint64_t)time(NULL));
	for (size_t i = 0; i < report->count; i++) {
		const struct support_entry *entry = &report->items[i];
		AUTO_FREE char *path = xprintf("%s/%s", folder, entry->path);
		const char *text = secret_mask_text(report->mask, entry->bytes, report->arena);
		size_t length = strlen(text);
		if (tar_writer_entry(&writer, path, length, 0600, err) < 0 ||
			tar_writer_data(&writer, text, length, err) < 0)
			return -1;
	}
	return tar_writer_finish(&writer, err);
}

int support_report_write(
	const struct support_report *report, const char *file, const char *folder, struct err *err)
{
	struct file_sink sink = {.sink = {.write = push}, .path = file};
	AUTO_FD fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	sink.fd = fd;
	if (fd < 0 && errno == EEXIST) {
		err_set(err, CODE_USAGE, "%s exists already", file);
		return err_hint(err, "choose another name, or remove it first");
	}
	if (fd < 0)
		return err_set_errno(err, CODE_IO, "create %s", file);
	if (write_entries(report, &sink.sink, folder, err) < 0 ||
		(fsync(fd) < 0 && err_set_errno(err, CODE_IO, "write %s", file) < 0)) {
		unlink(file);
		return -1;
	}
	return 0;
}
