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
#include "file_owner.h"
#include "interrupt.h"
#include "json.h"
#include "json_writer.h"

enum {
	LARGEST = 1 << 20, /* then it is cut to its younger half */
	MOST_READ = 2 * LARGEST,
	LINE_LIMIT = 4096,
	RECENT = 256 << 10, /* in which the last run is looked for */
};

void journal_time(char *out, size_t size)
{
	time_t now = time(NULL);
	struct tm utc;
	gmtime_r(&now, &utc);
	strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static const char *path_in(const char *directory, struct arena *arena)
{
	return arena_printf(arena, "%s/journal.jsonl", directory);
}

/* ---- the past ---- */

struct record {
	const char *verb, *state, *at;
	const char *step, *project, *version, *root; /* NULL: not told */
	int code;
};

/* What a line says; a line that is none of ours says nothing: false. */
static bool read_record(
	struct record *record, const char *line, size_t length, struct arena *arena)
{
	struct json root;
	struct err ignored = ERR_INIT;
	uint64_t code = 0;
	*record = (struct record){0};
	if (length > LINE_LIMIT ||
		json_parse(line, length, "journal", LINE_LIMIT, arena, &root, &ignored) < 0 ||
		json_get_string(root, "verb", &record->verb, &ignored) < 0 ||
		json_get_string(root, "state", &record->state, &ignored) < 0 ||
		json_get_string_or(root, "at", "", &record->at, &ignored) < 0 ||
		json_get_string_or(root, "step", NULL, &record->step, &ignored) < 0 ||
		json_get_u64_or(root, "code", 0, &code, &ignored) < 0)
		return false;
	/* What else it says may be of another schema. */
	if (json_get_string_or(root, "project", NULL, &record->project, &ignored) < 0)
		record->project = NULL;
	if (json_get_string_or(root, "version", NULL, &record->version, &ignored) < 0)
		record->version = NULL;
	if (json_get_string_or(root, "root", NULL, &record->root, &ignored) < 0)
		record->root = NULL;
	record->code = code <= UINT8_MAX ? (int)code : CODE_BUG;
	return true;
}

static bool is_step(const struct record *record, const char *step, const char *state)
{
	return record->step && strcmp(record->step, step) == 0 && strcmp(record->state, state) == 0;
}

static bool is_success_of(const struct record *record, const char *verb)
{
	return strcmp(record->verb, verb) == 0 && strcmp(record->state, "end") == 0 &&
	       record->code == 0;
}

/* Calls for each record from a line's beginning on; returns how many bytes are whole lines. */
static size_t each_record(const char *bytes, size_t length, size_t at, struct arena *arena,
	void (*take)(const struct record *record, void *context), void *context)
{
	for (const char *end; (end = memchr(bytes + at, '\n', length - at));
		at = (size_t)(end - bytes) + 1) {
		struct record record;
		if (read_record(&record, bytes + at, (size_t)(end - bytes) - at, arena))
			take(&record, context);
	}
	return at;
}

static void follow(const struct record *record, void *context)
{
	struct journal_past *past = context;
	bool ended = strcmp(record->state, "begin") != 0 && strcmp(record->state, "done") != 0;
	*past = (struct journal_past){.verb = record->verb,
		.step = record->step ? record->step : past->step,
		.at = record->at,
		.code = record->code,
		.ended = ended,
		.project = record->project ? record->project : past->project};
}

/* Follows the last lines; returns how many bytes are whole lines. */
static size_t follow_lines(
	struct journal_past *past, const char *bytes, size_t length, struct arena *arena)
{
	size_t at = 0;
	*past = (struct journal_past){.step = ""};
	if (length > RECENT) {
		const char *first = memchr(bytes + length - RECENT, '\n', RECENT);
		at = first ? (size_t)(first - bytes) + 1 : 0;
	}
	return each_record(bytes, length, at, arena, follow, past);
}

static int set_aside(const struct journal *journal, struct err *err)
{
	AUTO_FREE char *old = xprintf("%s.old", journal->path);
	if (rename(journal->path, old) < 0)
		return err_set_errno(err, CODE_IO, "rename %s to %s", journal->path, old);
	return 0;
}

static int read_past(struct journal *journal, struct arena *arena, struct err *err)
{
	char *bytes;
	size_t length;
	struct stat st;
	if (lstat(journal->path, &st) < 0)
		return errno == ENOENT ? 0 : err_set_errno(err, CODE_IO, "open %s", journal->path);
	if (!S_ISREG(st.st_mode) || st.st_size > MOST_READ)
		return set_aside(journal, err);
	if (file_read_all(journal->path, MOST_READ, arena, &bytes, &length, err) < 0)
		return -1;
	size_t whole = follow_lines(&journal->past, bytes, length, arena);
	if (!journal->past.ended && journal->past.verb) {
		journal->unfinished_step = journal->past.step;
		journal->unfinished_verb = journal->past.verb;
	}
	if (length <= LARGEST && whole == length)
		return 0;
	/* Too long, or its last line was torn: rewritten from a line's beginning to a line's end.
	 */
	const char *keep = length > LARGEST && whole > length / 2
				   ? memchr(bytes + length / 2, '\n', whole - length / 2)
				   : NULL;
	keep = keep ? keep + 1 : bytes;
	return file_write_all(journal->path, keep, (size_t)(bytes + whole - keep), 0600, err);
}

void journal_look(const char *directory, struct arena *arena, struct journal_past *past)
{
	char *bytes;
	size_t length;
	struct err ignored = ERR_INIT;
	const char *path = path_in(directory, arena);
	*past = (struct journal_past){0};
	if (file_read_all(path, MOST_READ, arena, &bytes, &length, &ignored) == 0)
		follow_lines(past, bytes, length, arena);
}

static void go_on_telling(const struct record *record, void *context)
{
	enum journal_story *story = context;
	if (is_step(record, "receipt", "done"))
		*story = JOURNAL_INSTALLED;
	else if (is_success_of(record, "uninstall"))
		*story = JOURNAL_UNINSTALLED;
	else if (*story == JOURNAL_SILENT)
		*story = JOURNAL_NEVER;
}

/* The whole of it; its strings are in the arena. Returns its length, 0 when there is none. */
static size_t each_record_of(const struct place *place, struct arena *arena,
	void (*take)(const struct record *record, void *context), void *context)
{
	char *bytes;
	size_t length;
	struct err ignored = ERR_INIT;
	if (file_read_all(path_in(place->directory, arena), MOST_READ, arena, &bytes, &length,
		    &ignored) < 0)
		return 0;
	each_record(bytes, length, 0, arena, take, context);
	return length;
}

enum journal_story journal_story(const struct place *place)
{
	enum journal_story story = JOURNAL_SILENT;
	AUTO(arena) arena = arena_new();
	size_t length = each_record_of(place, arena, go_on_telling, &story);
	/* One as long as this may have been cut, and no first installation writes so much. */
	return story == JOURNAL_NEVER && length > LARGEST / 4 ? JOURNAL_INSTALLED : story;
}

static void follow_start(const struct record *record, void *context)
{
	struct journal_start *start = context;
	if (is_step(record, "procedure", "begin") && record->root)
		*start = (struct journal_start){record->version, record->root, record->at};
	else if (is_success_of(record, "restore"))
		*start = (struct journal_start){0};
}

bool journal_last_start(const struct place *place, struct arena *arena, struct journal_start *start)
{
	struct journal_start last = {0};
	AUTO(arena) lines = arena_new();
	each_record_of(place, lines, follow_start, &last);
	*start = (struct journal_start){0};
	if (!last.root)
		return false;
	start->root = arena_strdup(arena, last.root);
	start->version = last.version ? arena_strdup(arena, last.version) : NULL;
	start->at = arena_strdup(arena, last.at);
	return true;
}

/* ---- the present ---- */

static void add_line(const struct journal *journal, const char *step, const char *state, int code,
	struct text *line)
{
	char at[JOURNAL_TIME_SIZE];
	struct json_writer writer = json_writer_begin(line, true);
	journal_time(at, sizeof(at));
	json_object(&writer, NULL);
	json_string(&writer, "at", at);
	json_string(&writer, "run", journal->run);
	json_string(&writer, "verb", journal->verb);
	if (step)
		json_string(&writer, "step", step);
	json_string(&writer, "state", state);
	if (strcmp(state, "begin") == 0) {
		json_string(&writer, "project", journal->project);
		if (journal->version)
			json_string(&writer, "version", journal->version);
		if (journal->root)
			json_string(&writer, "root", journal->root);
	}
	if (code)
		json_number(&writer, "code", (uint64_t)code);
	json_end(&writer);
	if (line->bytes[line->length - 1] != '\n')
		text_add(line, "\n");
}

/* A line that did not fit whole is taken back, or the next one would be torn with it. */
static int append(
	struct journal *journal, const char *step, const char *state, int code, struct err *err)
{
	AUTO_TEXT line = TEXT_INIT;
	off_t end = lseek(journal->fd, 0, SEEK_END);
	add_line(journal, step, state, code, &line);
	if (file_write(journal->fd, journal->path, line.bytes, line.length, err) < 0) {
		if (end >= 0 && ftruncate(journal->fd, end) < 0)
			return -1; /* the reader drops it then */
		return -1;
	}
	if (fsync(journal->fd) < 0)
		return err_set_errno(err, CODE_IO, "write %s", journal->path);
	return 0;
}

int journal_open(struct journal *journal, const struct place *place, const char *verb,
	struct arena *arena, struct err *err)
{
	unsigned char bytes[16];
	*journal = (struct journal)JOURNAL_INIT;
	journal->path = path_in(place->directory, arena);
	journal->verb = verb;
	journal->project = place->project;
	if (getentropy(bytes, sizeof(bytes)) < 0)
		return err_set_errno(err, CODE_IO, "get random bytes");
	if (read_past(journal, arena, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		journal->run[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		journal->run[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	journal->fd = file_owner_open(journal->path, O_WRONLY | O_APPEND);
	if (journal->fd >= 0)
		return 0;
	err_set_errno(err, CODE_IO, "create %s", journal->path);
	return file_owner_hint(err, journal->path);
}

int journal_begin(struct journal *journal, const char *step, struct err *err)
{
	if (journal->fd < 0)
		return 0;
	journal->step = step;
	return append(journal, step, "begin", 0, err);
}

/* Whatever failed while a signal was pending, the signal is the cause. */
static int code_of(int status, const struct err *cause)
{
	struct err signal = ERR_INIT;
	if (status == 0)
		return 0;
	return interrupt_check(&signal) < 0 ? signal.code : cause->code;
}

void journal_end(struct journal *journal, int status, const struct err *cause)
{
	struct err ignored = ERR_INIT;
	const char *step = TAKE(journal->step);
	int code = code_of(status, cause);
	bool interrupted = code == CODE_INTERRUPTED || code == CODE_TERMINATED;
	if (journal->fd >= 0 && step)
		append(journal, step,
			!code         ? "done"
			: interrupted ? "interrupted"
				      : "failed",
			code, &ignored);
}

void journal_close(struct journal *journal, int status, const struct err *cause)
{
	struct err ignored = ERR_INIT;
	journal_end(journal, status, cause);
	if (journal->fd >= 0) {
		append(journal, NULL, "end", code_of(status, cause), &ignored);
		close(journal->fd);
	}
	journal->fd = -1;
}
