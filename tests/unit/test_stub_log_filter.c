/* Logs that are passed on: harmless wherever they end, whatever pieces they come in. */
#include "log_filter.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "file_io.h"

/* All of it, in pieces of that many bytes. */
static const char *filtered(const char *bytes, size_t length, size_t piece, struct arena *arena)
{
	struct log_filter filter;
	struct err err = ERR_INIT;
	char *out = NULL;
	size_t out_length;
	AUTO_FD fd = open("out", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	log_filter_init(&filter, fd, "out");
	for (size_t at = 0; at < length; at += piece)
		CHECK_OK(stream_write(
			&filter.sink, bytes + at, length - at < piece ? length - at : piece, &err));
	CHECK(filter.rest.length < LOG_FILTER_BYTES);
	CHECK_OK(log_filter_finish(&filter, &err));
	log_filter_clear(&filter);
	CHECK_OK(file_read_all("out", 8 << 20, arena, &out, &out_length, &err));
	return out;
}

#define CHECK_FILTERED(bytes, expected)                                                    \
	do {                                                                               \
		AUTO(arena) arena = arena_new();                                           \
		for (size_t piece = 1; piece < 9; piece += 3)                              \
			CHECK_STR(filtered(bytes, strlen(bytes), piece, arena), expected); \
	} while (0)

TEST(plain_lines_pass_as_they_are)
{
	CHECK_FILTERED("", "");
	CHECK_FILTERED("web-1  | ready\n\nweb-1  | a\tb\n", "web-1  | ready\n\nweb-1  | a\tb\n");
	CHECK_FILTERED("web-1  | 就绪 é\n", "web-1  | 就绪 é\n");
	CHECK_FILTERED("no newline", "no newline");
}

TEST(colours_go_and_what_drives_a_terminal_becomes_visible)
{
	CHECK_FILTERED("\033[31mred\033[0m\n", "red\n");
	CHECK_FILTERED("\033[2J\033]0;title\a\n", "\\x1b[2J\\x1b]0;title\\x07\n");
	CHECK_FILTERED("db-1  | x\rweb-1  | paid\n", "db-1  | x\\x0dweb-1  | paid\n");
	CHECK_FILTERED("of a terminal\r\n", "of a terminal\n");
	CHECK_FILTERED("\xe2\x80\xae"
		       "evil\xff\n",
		"\\u202eevil\\xff\n");
	CHECK_FILTERED("\xc2\x9b"
		       "31m\n",
		"\\xc2\\x9b31m\n");
}

TEST(a_line_without_end_goes_in_parts)
{
	AUTO(arena) arena = arena_new();
	AUTO_TEXT text = TEXT_INIT;
	while (text.length < 300000)
		text_add(&text, "\xe7\xb2\xae\xe8\x8d\x89"); /* 粮草 */
	CHECK(strcmp(filtered(text.bytes, text.length, 4096, arena), text.bytes) == 0);
}
