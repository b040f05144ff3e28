/* The journal is believed only as far as its whole lines go, and never stands in the way. */
#include "journal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "file_io.h"
#include "last_run.h"

#define LINE(step, state) "{\"verb\":\"install\",\"step\":\"" step "\",\"state\":\"" state "\"}\n"
#define END "{\"verb\":\"install\",\"state\":\"end\"}\n"

static const struct place place = {.project = "test", .directory = ".", .lock_fd = -1};

static void put(const void *bytes, size_t length)
{
	struct err err = ERR_INIT;
	CHECK_OK(file_write_all("journal.jsonl", bytes, length, 0600, &err));
}

static char *contents(struct arena *arena, size_t *length)
{
	char *bytes = NULL;
	struct err err = ERR_INIT;
	CHECK_OK(file_read_all("journal.jsonl", 8 << 20, arena, &bytes, length, &err));
	return bytes;
}

/* Opens, and closes without a run of its own. */
static void open_once(struct journal *journal, struct arena *arena)
{
	struct err err = ERR_INIT;
	CHECK_OK(journal_open(journal, &place, "install", arena, &err));
	close(journal->fd);
	journal->fd = -1;
}

#define CHECK_UNFINISHED(bytes, length, expected)                                      \
	do {                                                                           \
		AUTO(arena) own = arena_new();                                         \
		struct journal journal;                                                \
		put((bytes), (length));                                                \
		open_once(&journal, own);                                              \
		const char *step = journal.unfinished_step;                            \
		CHECK_STR(step ? step : "(none)", (expected) ? (expected) : "(none)"); \
	} while (0)

#define CHECK_UNFINISHED_TEXT(text, expected) CHECK_UNFINISHED(text, strlen(text), expected)

TEST(a_run_that_ended_left_nothing_unfinished)
{
	CHECK_UNFINISHED_TEXT("", (const char *)NULL);
	CHECK_UNFINISHED_TEXT(LINE("load", "begin") LINE("load", "done") END, (const char *)NULL);
	CHECK_UNFINISHED_TEXT(LINE("load", "begin") LINE("load", "failed"), (const char *)NULL);
	CHECK_UNFINISHED_TEXT(
		LINE("load", "begin") LINE("load", "interrupted"), (const char *)NULL);
}

TEST(a_killed_run_is_known_by_its_last_step)
{
	CHECK_UNFINISHED_TEXT(LINE("files", "done") LINE("load", "begin"), "load");
	CHECK_UNFINISHED_TEXT(LINE("files", "begin") LINE("files", "done"), "files");
	CHECK_UNFINISHED_TEXT(END LINE("lock", "begin"), "lock");
}

TEST(a_torn_last_line_is_no_line_and_is_removed)
{
	AUTO(arena) arena = arena_new();
	size_t length;
	CHECK_UNFINISHED_TEXT(LINE("load", "begin") "{\"verb\":\"install\",\"st", "load");
	CHECK_STR(contents(arena, &length), LINE("load", "begin"));
	CHECK_UNFINISHED_TEXT("{\"verb\"", (const char *)NULL);
	CHECK_STR(contents(arena, &length), "");
}

TEST(zeros_of_a_power_cut_hide_nothing_that_comes_later)
{
	static const char tail[] = LINE("load", "begin") "\0\0\0\0\0\0\0";
	static const char middle[] = LINE("files", "begin") "\0\0\0\0\n" LINE("load", "begin");
	AUTO(arena) arena = arena_new();
	size_t length;
	CHECK_UNFINISHED(tail, sizeof(tail) - 1, "load");
	contents(arena, &length);
	CHECK_INT(length, strlen(LINE("load", "begin")));
	CHECK_UNFINISHED(middle, sizeof(middle) - 1, "load");
}

TEST(garbage_says_nothing_and_is_survived)
{
	AUTO(arena) arena = arena_new();
	char *noise = arena_alloc(arena, 100000);
	for (size_t i = 0; i < 100000; i++)
		noise[i] = (char)(i * 2654435761u >> 13);
	CHECK_UNFINISHED(noise, 100000, (const char *)NULL);
	CHECK_UNFINISHED_TEXT("[]\n{}\nnull\n{\"verb\":1,\"state\":[]}\n", (const char *)NULL);
	CHECK_UNFINISHED_TEXT(
		"{\"verb\":\"install\",\"step\":\"load\",\"state\":\"begin\"}\nrubbish\n", "load");
}

TEST(a_long_journal_loses_its_older_half)
{
	AUTO(arena) arena = arena_new();
	AUTO_TEXT text = TEXT_INIT;
	size_t length;
	while (text.length <= 1 << 20)
		text_add(&text, LINE("files", "done") END);
	text_add(&text, LINE("load", "begin"));
	CHECK_UNFINISHED(text.bytes, text.length, "load");
	char *kept = contents(arena, &length);
	CHECK(length < text.length / 2 + 200 && length > text.length / 2 - 200);
	CHECK(kept[0] == '{' && kept[length - 1] == '\n');
}

TEST(what_is_no_journal_is_set_aside)
{
	AUTO(arena) arena = arena_new();
	struct journal journal;
	struct stat st;
	put("", 0);
	CHECK_INT(truncate("journal.jsonl", 64 << 20), 0);
	open_once(&journal, arena);
	CHECK(stat("journal.jsonl.old", &st) == 0 && st.st_size == 64 << 20);
	CHECK(stat("journal.jsonl", &st) == 0 && st.st_size == 0);
	unlink("journal.jsonl");
	unlink("journal.jsonl.old");
	CHECK_INT(mkdir("journal.jsonl", 0700), 0);
	open_once(&journal, arena);
	CHECK(stat("journal.jsonl.old", &st) == 0 && S_ISDIR(st.st_mode));
	CHECK(stat("journal.jsonl", &st) == 0 && S_ISREG(st.st_mode) &&
		(st.st_mode & 0777) == 0600);
}

TEST(a_full_disk_stops_the_step_before_it_begins)
{
	AUTO(arena) arena = arena_new();
	struct journal journal;
	struct err err = ERR_INIT;
	CHECK_OK(journal_open(&journal, &place, "install", arena, &err));
	int full = open("/dev/full", O_WRONLY);
	if (full < 0)
		return; /* Linux has it */
	dup2(full, journal.fd);
	close(full);
	CHECK_FAILS(journal_begin(&journal, "load", &err), CODE_DISK_FULL);
	journal_close(&journal, -1, &err);
}

TEST(a_line_that_did_not_fit_is_taken_back)
{
	AUTO(arena) arena = arena_new();
	struct journal journal;
	struct err err = ERR_INIT;
	size_t before, after;
	struct rlimit old, small;
	CHECK_OK(journal_open(&journal, &place, "install", arena, &err));
	CHECK_OK(journal_begin(&journal, "files", &err));
	contents(arena, &before);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = before + 20;
	setrlimit(RLIMIT_FSIZE, &small);
	CHECK_FAILS(journal_begin(&journal, "load", &err), CODE_IO);
	setrlimit(RLIMIT_FSIZE, &old);
	contents(arena, &after);
	CHECK_INT(after, before);
	journal_close(&journal, 0, &err);
}

TEST(a_directory_that_cannot_be_written_is_said)
{
	AUTO(arena) arena = arena_new();
	struct journal journal;
	struct err err = ERR_INIT;
	const struct place nowhere = {.directory = "/proc/self", .lock_fd = -1};
	CHECK_FAILS(journal_open(&journal, &nowhere, "install", arena, &err), CODE_IO);
	CHECK_CONTAINS(err.text, "journal.jsonl");
}

static enum last_run_state last(const char *journal, struct last_run *out, struct arena *arena)
{
	put(journal, strlen(journal));
	return last_run_look(&place, arena, out);
}

TEST(the_last_run_is_told_in_words)
{
	AUTO(arena) arena = arena_new();
	struct last_run run;
	CHECK_INT(last("", &run, arena), LAST_RUN_WELL);
	CHECK_INT(last(LINE("load", "begin") LINE("load", "done") END, &run, arena), LAST_RUN_WELL);
	CHECK_INT(last(LINE("load", "begin"), &run, arena), LAST_RUN_CUT);
	CHECK_CONTAINS(run.text, "install was cut off in step load");
	CHECK_CONTAINS(run.remedy, "install again");
	CHECK(run.unfinished);
	CHECK_INT(last(LINE("load",
			       "begin") "{\"verb\":\"install\",\"step\":\"load\",\"state\":"
					"\"interrupted\",\"code\":130}\n"
					"{\"verb\":\"install\",\"state\":\"end\",\"code\":130}\n",
			  &run, arena),
		LAST_RUN_STOPPED);
	CHECK_CONTAINS(run.text, "interrupted in step load");
	CHECK_INT(last("{\"verb\":\"stop\",\"step\":\"stop\",\"state\":\"failed\",\"code\":10}\n",
			  &run, arena),
		LAST_RUN_FAILED);
	CHECK_CONTAINS(run.text, "exit code 10");
	CHECK_CONTAINS(run.remedy, "`stop`");
	CHECK(!run.unfinished);
}

TEST(a_whole_run_is_written_line_by_line)
{
	AUTO(arena) arena = arena_new();
	struct journal journal;
	struct journal_past past;
	struct err err = ERR_INIT;
	CHECK_OK(journal_open(&journal, &place, "install", arena, &err));
	CHECK_OK(journal_begin(&journal, "load", &err));
	journal_look(place.directory, arena, &past);
	CHECK(!past.ended);
	CHECK_STR(past.step, "load");
	journal_end(&journal, 0, &err);
	CHECK_OK(journal_begin(&journal, "procedure", &err));
	err_set(&err, CODE_SMOKE, "no");
	journal_close(&journal, -1, &err);
	journal_look(place.directory, arena, &past);
	CHECK(past.ended);
	CHECK_INT(past.code, CODE_SMOKE);
	CHECK_STR(past.step, "procedure");
}

static enum journal_story story_of(const char *text)
{
	AUTO(arena) arena = arena_new();
	put(text, strlen(text));
	return journal_story(&place);
}

#define UNINSTALLED(code) "{\"verb\":\"uninstall\",\"state\":\"end\"" code "}\n"

TEST(it_knows_whether_anything_was_ever_installed)
{
	AUTO(arena) arena = arena_new();
	AUTO_TEXT text = TEXT_INIT;
	unlink("journal.jsonl");
	CHECK_INT(journal_story(&place), JOURNAL_SILENT);
	CHECK_INT(story_of("rubbish\n\0\n"), JOURNAL_SILENT);
	CHECK_INT(story_of(LINE("procedure", "failed") END), JOURNAL_NEVER);
	CHECK_INT(story_of(LINE("receipt", "begin")), JOURNAL_NEVER);
	CHECK_INT(story_of(LINE("receipt", "done") END LINE("load", "failed")), JOURNAL_INSTALLED);
	CHECK_INT(story_of(LINE("receipt", "done") UNINSTALLED("")), JOURNAL_UNINSTALLED);
	CHECK_INT(story_of(LINE("receipt", "done") UNINSTALLED(",\"code\":10")), JOURNAL_INSTALLED);
	CHECK_INT(story_of(UNINSTALLED("") LINE("receipt", "done") END), JOURNAL_INSTALLED);
	while (text.length < 300000) /* the lines before these are gone */
		text_add(&text, "{\"verb\":\"stop\",\"step\":\"stop\",\"state\":\"done\"}\n");
	CHECK_INT(story_of(text.bytes), JOURNAL_INSTALLED);
}
