/* Raw logs become safe lines in order; the excerpt shows the error and hides the noise. */
#include "log_excerpt.h"

#include "check.h"
#include "message.h"

static struct log_lines read_both(
	const char *out, const char *err, const char *started_at, struct arena *arena)
{
	struct log_lines lines;
	log_lines_read(&lines, out, strlen(out), err, strlen(err), started_at, arena);
	return lines;
}

TEST(both_streams_come_in_the_order_of_their_stamps)
{
	AUTO(arena) arena = arena_new();
	struct log_lines lines =
		read_both("2026-01-01T00:00:01.000000000Z one\n"
			  "2026-01-01T00:00:03.000000000Z three\n  more of three\n",
			"2026-01-01T00:00:02.5Z two\n2026-01-01T01:00:03.9+01:00 four", "", arena);
	CHECK_INT(lines.count, 5);
	CHECK_STR(lines.items[0].text, "one");
	CHECK_STR(lines.items[1].text, "two");
	CHECK_STR(lines.items[2].text, "three");
	CHECK_STR(lines.items[3].text, "  more of three");
	CHECK_STR(lines.items[4].text, "four");
}

TEST(lines_of_the_last_attempt_are_told_from_earlier_ones)
{
	AUTO(arena) arena = arena_new();
	struct log_lines lines = read_both("2024-02-29T23:59:58.000000000Z old\n"
					   "2024-03-01T00:00:02.900000000Z new\n",
		"", "2024-03-01T00:00:03.1Z", arena);
	CHECK(!lines.items[0].last_run && lines.items[1].last_run);
	lines = read_both(
		"2024-02-29T23:59:58.000000000Z old\n", "", "2024-03-01T00:00:03Z", arena);
	CHECK(lines.items[0].last_run);
	lines = read_both(
		"2024-02-29T23:59:58.000000000Z old\n", "", "0001-01-01T00:00:00Z", arena);
	CHECK(lines.items[0].last_run);
	lines = read_both("no stamp\n", "", "2024-03-01T00:00:03Z", arena);
	CHECK(lines.items[0].last_run);
}

static const char *safe(const char *bytes, struct arena *arena)
{
	struct log_lines lines = read_both(bytes, "", "", arena);
	return lines.count == 1 ? lines.items[0].text : "(not one line)";
}

TEST(no_log_drives_or_deceives_the_terminal)
{
	AUTO(arena) arena = arena_new();
	CHECK_STR(safe("\033[1;31mred\033[0m\033[K", arena), "red");
	CHECK_STR(safe("\033[2Jgone", arena), "\\x1b[2Jgone");
	CHECK_STR(safe("\033]0;title\007", arena), "\\x1b]0;title\\x07");
	CHECK_STR(safe("a\tb", arena), "a    b");
	CHECK_STR(safe("\xff\xfe ok", arena), "\\xff\\xfe ok");
	CHECK_STR(safe("a\xe2\x80\xae"
		       "b\xe2\x81\xa6",
			  arena),
		"a\\u202eb\\u2066");
	CHECK_STR(safe("\xef\xbb\xbfx", arena), "\\ufeffx");
	CHECK_STR(safe("\xc2\x9b"
		       "2J",
			  arena),
		"\\xc2\\x9b2J");
	CHECK_STR(safe("数据库 ✓ ❌", arena), "数据库 ✓ ❌");
	CHECK_STR(safe("10%\r20%\r100% done\r\n", arena), "100% done");
	CHECK_STR(safe("\033[1", arena), "\\x1b[1");
	CHECK_STR(safe("cut \xe6\x95", arena), "cut \\xe6\\x95");
}

TEST(a_nul_is_shown_and_blank_lines_are_not)
{
	AUTO(arena) arena = arena_new();
	struct log_lines lines;
	static const char bytes[] = "a\0b\n\n  \t \r\nc\n";
	log_lines_read(&lines, bytes, sizeof(bytes) - 1, "", 0, "", arena);
	CHECK_INT(lines.count, 2);
	CHECK_STR(lines.items[0].text, "a\\x00b");
}

TEST(floods_are_bounded)
{
	AUTO(arena) arena = arena_new();
	AUTO_TEXT flood = TEXT_INIT;
	for (int i = 0; i < 5000; i++)
		text_addf(&flood, "line %d\n", i);
	struct log_lines lines = read_both(flood.bytes, flood.bytes, "", arena);
	CHECK_INT(lines.count, LOG_LINES_LIMIT);
	CHECK_STR(lines.items[lines.count - 1].text, "line 4999");
	text_clear(&flood);
	for (int i = 0; i < 100000; i++)
		text_add(&flood, "\001");
	lines = read_both(flood.bytes, "", "", arena);
	CHECK_INT(lines.count, 1);
	CHECK(strlen(lines.items[0].text) < LOG_LINE_BYTES + 16);
}

/* ---- the excerpt ---- */

static struct log_excerpt excerpt_of(const char *log, size_t limit, struct arena *arena)
{
	struct log_excerpt excerpt;
	struct log_lines lines = read_both(log, "", "", arena);
	log_excerpt_make(&excerpt, &lines, limit, arena);
	return excerpt;
}

TEST(stack_frames_shrink_to_their_number)
{
	AUTO(arena) arena = arena_new();
	struct log_excerpt excerpt = excerpt_of("/app/x.js:1\n"
						"    throw err;\n"
						"    ^\n"
						"TypeError: boom\n"
						"    at f (/app/x.js:1:2)\n"
						"    at async g (/app/y.js:3:4)\n"
						"    at node:internal/main:1:2\n"
						"Node.js v20.1.0\n",
		8, arena);
	CHECK_INT(excerpt.count, 4);
	CHECK_STR(excerpt.lines[2], "TypeError: boom  (and 3 lines of stack trace)");
	CHECK_STR(excerpt.lines[3], "Node.js v20.1.0");
}

TEST(frames_of_other_languages_are_known)
{
	AUTO(arena) arena = arena_new();
	struct log_excerpt excerpt =
		excerpt_of("java.lang.Error: x\n\tat a.B.c(D.java:1)\n\t... 3 more\n"
			   "panic: y\ngoroutine 1 [running]:\n\t/a/b.go:12 +0x1d\n"
			   "#0 /a.php(3): f()\n"
			   "  File \"/a.py\", line 3, in f\n",
			8, arena);
	CHECK_INT(excerpt.count, 2);
	CHECK_STR(excerpt.lines[0], "java.lang.Error: x  (and 2 lines of stack trace)");
	CHECK_STR(excerpt.lines[1], "panic: y  (and 4 lines of stack trace)");
}

TEST(equal_neighbours_are_counted)
{
	AUTO(arena) arena = arena_new();
	struct log_excerpt excerpt = excerpt_of("retry\nretry\nretry\nend\n", 8, arena);
	CHECK_INT(excerpt.count, 2);
	CHECK_STR(excerpt.lines[0], "retry  (3 times)");
}

TEST(an_error_further_up_comes_first)
{
	AUTO(arena) arena = arena_new();
	struct log_excerpt excerpt = excerpt_of("a\nFATAL: the cause\nb\nc\nd\ne\n", 3, arena);
	CHECK_INT(excerpt.count, 3);
	CHECK_STR(excerpt.lines[0], "FATAL: the cause");
	CHECK_STR(excerpt.lines[2], "e");
}

TEST(long_lines_are_cut_around_what_matters_and_never_inside_a_character)
{
	AUTO(arena) arena = arena_new();
	AUTO_TEXT line = TEXT_INIT;
	for (int i = 0; i < 200; i++)
		text_add(&line, "数");
	text_add(&line, "HERE");
	const char *cut = log_excerpt_cut(line.bytes, 60, 600, arena);
	CHECK(text_is_utf8(cut, strlen(cut)));
	CHECK_CONTAINS(cut, "HERE");
	CHECK(text_starts_with(cut, "…"));
	cut = log_excerpt_cut(line.bytes, 60, 0, arena);
	CHECK(text_is_utf8(cut, strlen(cut)));
	CHECK(text_ends_with(cut, "…"));
	CHECK_STR(log_excerpt_cut("short", 60, 2, arena), "short");
}
