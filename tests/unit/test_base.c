/* The plumbing: errors, arena, text, numbers, files. */
#include "check.h"

#include <sys/stat.h>
#include <errno.h>

#include "arena.h"
#include "file_io.h"
#include "message.h"
#include "number.h"
#include "text.h"

static int inner(struct err *err)
{
	errno = ENOENT;
	return err_set_errno(err, CODE_IO, "open %s", "a");
}

TEST(an_error_carries_its_chain_code_and_hint)
{
	struct err err = ERR_INIT;
	CHECK_INT(inner(&err), -1);
	err_hint(&err, "do %d", 1);
	err_wrap(&err, "read %s", "b");
	err_hint(&err, "not this one");
	CHECK_STR(err.text, "read b: open a: No such file or directory");
	CHECK_STR(err.hint, "do 1");
	CHECK_INT(err.code, CODE_IO);
	CHECK_INT(err.sys_errno, ENOENT);
}

TEST(a_full_disk_is_told_apart)
{
	struct err err = ERR_INIT;
	errno = ENOSPC;
	err_set_errno(&err, CODE_IO, "write %s", "a");
	CHECK_INT(err.code, CODE_DISK_FULL);
	CHECK_CONTAINS(err.hint, "make room");
}

TEST(a_text_is_found_in_the_chosen_language)
{
	static const struct message_row rows[] = {{"hello %d", "你好 %d"}, {NULL, NULL}};
	message_register(rows);
	message_set_language(MESSAGE_ZH);
	struct err err = ERR_INIT;
	err_set(&err, CODE_INPUT, "hello %d", 3);
	message_set_language(MESSAGE_EN);
	CHECK_STR(err.text, "你好 3");
	CHECK_STR(T("hello %d"), "hello %d");
}

TEST(an_arena_grows_arrays_and_keeps_what_was_there)
{
	AUTO(arena) arena = arena_new();
	int *items = NULL;
	size_t count = 0, capacity = 0;
	for (int i = 0; i < 1000; i++)
		*ARENA_PUSH(arena, items, count, capacity) = i;
	CHECK_INT(count, 1000);
	for (int i = 0; i < 1000; i++)
		CHECK(items[i] == i);
	CHECK_STR(arena_printf(arena, "%s-%d", "a", 7), "a-7");
}

TEST(numbers_are_parsed_strictly)
{
	uint64_t value;
	CHECK(number_parse_u64("18446744073709551615", &value) && value == UINT64_MAX);
	CHECK(!number_parse_u64("18446744073709551616", &value));
	CHECK(!number_parse_u64("", &value));
	CHECK(!number_parse_u64("+1", &value));
	CHECK(!number_parse_u64("1 ", &value));
}

TEST(foreign_text_cannot_drive_the_terminal)
{
	AUTO_TEXT text = TEXT_INIT;
	text_add_printable(&text, "a\x1b[31m\xc2\x9b\xff\xe4\xbd\xa0\n", 13);
	CHECK_STR(text.bytes, "a\\x1b[31m\\xc2\\x9b\\xff你\n");
}

TEST(words_are_quoted_for_the_shell)
{
	AUTO_TEXT text = TEXT_INIT;
	static const char *const words[] = {"/a/b-1", "a b", "it's", "-x", "", "$A;\n"};
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		text_add_shell_word(&text, words[i]);
		text_add(&text, " ");
	}
	CHECK_STR(text.bytes, "/a/b-1 'a b' 'it'\\''s' '-x' '' '$A;\n' ");
}

TEST(json_strings_are_escaped)
{
	AUTO_TEXT text = TEXT_INIT;
	text_add_json(&text, "a\"\\\n\x01\xff你");
	CHECK_STR(text.bytes, "\"a\\\"\\\\\\n\\u0001\xef\xbf\xbd你\"");
}

TEST(utf8_is_checked)
{
	CHECK(text_is_utf8("压缩饼干", 12));
	CHECK(!text_is_utf8("\xc0\x80", 2));
	CHECK(!text_is_utf8("\xed\xa0\x80", 3));
	CHECK(!text_is_utf8("\xf4\x90\x80\x80", 4));
	CHECK(!text_is_utf8("\xe4\xbd", 2));
}

TEST(an_output_appears_whole_or_not_at_all)
{
	struct err err = ERR_INIT;
	{
		AUTO_OUTPUT output = FILE_OUTPUT_INIT;
		CHECK_OK(file_output_open(&output, "x", 0755, &err));
		CHECK_OK(file_write(output.fd, "x", "abc", 3, &err));
		CHECK(access("x", F_OK) < 0);
	}
	CHECK(access("x", F_OK) < 0);
	umask(077);
	CHECK_OK(file_write_all("x", "abc", 3, 0755, &err));
	CHECK_OK(file_write_all("x", "abcd", 4, 0755, &err));
	struct stat st;
	CHECK(stat("x", &st) == 0 && st.st_size == 4 && (st.st_mode & 07777) == 0755);
	AUTO(arena) arena = arena_new();
	char *bytes;
	size_t length;
	CHECK_OK(file_read_all("x", 4, arena, &bytes, &length, &err));
	CHECK_STR(bytes, "abcd");
	CHECK_FAILS(file_read_all("x", 3, arena, &bytes, &length, &err), CODE_INPUT);
	CHECK_FAILS(file_read_all(".", 3, arena, &bytes, &length, &err), CODE_INPUT);
}

TEST(directories_are_made_with_their_parents)
{
	struct err err = ERR_INIT;
	CHECK_OK(file_make_directories("a/b/c", 0755, &err));
	CHECK_OK(file_make_directories("a/b/c", 0755, &err));
	CHECK_OK(file_write_all("a/f", "", 0, 0644, &err));
	CHECK_FAILS(file_make_directories("a/f", 0755, &err), CODE_IO);
}

__attribute__((noinline)) static void begin_text(struct text *text)
{
	*text = TEXT_INIT;
}

__attribute__((noinline)) static int write_over_the_stack(void)
{
	volatile char bytes[512];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = 'x';
	return bytes[100];
}

TEST(an_empty_text_outlives_the_function_that_began_it)
{
	struct text text;
	begin_text(&text);
	CHECK_INT(write_over_the_stack(), 'x');
	CHECK_STR(text.bytes, "");
	text_add(&text, "a");
	CHECK_STR(text.bytes, "a");
	text_clear(&text);
	CHECK_STR(text.bytes, "");
}
