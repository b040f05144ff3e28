/* Appending to the journal and reading where the last run stopped. */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file_io.h"
#include "json.h"
#include "json_writer.h"

enum {
	LARGEST = 1 << 20, /* then it is cut to its younger half */
	LINE_LIMIT = 4096,
};

void journal_time(char *out, size_t size)
{
	time_t now = time(NULL);
	struct tm utc;
	gmtime_r(&now, &utc);
	strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

/* ---- the past ---- */

/* A line's "state" and "step"; a cut last line (a killed write) is no line. */
static void follow(struct journal *journal, const char *line, size_t length, struct arena *arena)
{
	struct json record;
	struct err ignored = ERR_INIT;
	const char *step, *state, *verb;
	if (length > LINE_LIMIT ||
		json_parse(line, length, "journal", LINE_LIMIT, arena, &record, &ignored) < 0 ||
		json_get_string(record, "step", &step, &ignored) < 0 ||
		json_get_string(record, "verb", &verb, &ignored) < 0 ||
		json_get_string(record, "state", &state, &ignored) < 0)
		return;
	bool begins = strcmp(state, "begin") == 0;
	journal->unfinished_step = begins ? step : NULL;
	journal->unfinished_verb = begins ? verb : NULL;
}

static int read_past(struct journal *journal, struct arena *arena, struct err *err)
{
	char *bytes;
	size_t length;
	struct stat st;
	if (stat(journal->path, &st) < 0)
		return errno == ENOENT ? 0 : err_set_errno(err, CODE_IO, "open %s", journal->path);
	if (!S_ISREG(st.st_mode) || st.st_size > 2 * LARGEST) {
		AUTO_FREE char *old = xprintf("%s.old", journal->path);
		if (rename(journal->path, old) < 0)
			return err_set_errno(err, CODE_IO, "rename %s to %s", journal->path, old);
		return 0;
	}
	if (file_read_all(journal->path, 2 * LARGEST, arena, &bytes, &length, err) < 0)
		return -1;
	const char *line = bytes;
	for (const char *end; (end = strchr(line, '\n')); line = end + 1)
		follow(journal, line, (size_t)(end - line), arena);
	if (length <= LARGEST && *line == '\0')
		return 0;
	/* Too long, or its last line was cut: rewritten from a line's beginning to a line's end. */
	const char *keep = length > LARGEST ? strchr(bytes + length / 2, '\n') : NULL;
	keep = keep ? keep + 1 : bytes;
	return file_write_all(journal->path, keep, (size_t)(line - keep), 0600, err);
}

/* ---- the present ---- */

static int append(
	struct journal *journal, const char *step, const char *state, int code, struct err *err)
{
	char at[JOURNAL_TIME_SIZE];
	AUTO_TEXT line = TEXT_INIT;
	struct json_writer writer = json_writer_begin(&line, true);
	journal_time(at, sizeof(at));
	json_object(&writer, NULL);
	json_string(&writer, "at", at);
	json_string(&writer, "run", journal->run);
	json_string(&writer, "verb", journal->verb);
	json_string(&writer, "step", step);
	json_string(&writer, "state", state);
	if (code)
		json_number(&writer, "code", (uint64_t)code);
	json_end(&writer);
	if (line.bytes[line.length - 1] != '\n')
		text_add(&line, "\n");
	if (file_write(journal->fd, journal->path, line.bytes, line.length, err) < 0)
		return -1;
	if (fsync(journal->fd) < 0)
		return err_set_errno(err, CODE_IO, "write %s", journal->path);
	return 0;
}

int journal_open(struct journal *journal, const struct place *place, const char *verb,
	struct arena *arena, struct err *err)
{
	unsigned char bytes[16];
	*journal = (struct journal)JOURNAL_INIT;
	journal->path = arena_printf(arena, "%s/journal.jsonl", place->directory);
	journal->verb = verb;
	if (getentropy(bytes, sizeof(bytes)) < 0)
		return err_set_errno(err, CODE_IO, "get random bytes");
	if (read_past(journal, arena, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		journal->run[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		journal->run[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	journal->fd = open(journal->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (journal->fd < 0)
		return err_set_errno(err, CODE_IO, "create %s", journal->path);
	return 0;
}

int journal_begin(struct journal *journal, const char *step, struct err *err)
{
	if (journal->fd < 0)
		return 0;
	journal->step = step;
	return append(journal, step, "begin", 0, err);
}

void journal_end(struct journal *journal, int status, const struct err *cause)
{
	struct err ignored = ERR_INIT;
	const char *step = TAKE(journal->step);
	if (journal->fd >= 0 && step)
		append(journal, step, status < 0 ? "failed" : "done", status < 0 ? cause->code : 0,
			&ignored);
}

void journal_close(struct journal *journal, int status, const struct err *cause)
{
	journal_end(journal, status, cause);
	if (journal->fd >= 0)
		close(journal->fd);
	journal->fd = -1;
}
