/* FORMAT.md's example is what the reader reads and the writer writes. */
#include "check.h"

#include "arena.h"
#include "file_io.h"
#include "manifest.h"

TEST(the_example_in_format_md_is_read_and_written_back_to_the_letter)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	AUTO_TEXT written = TEXT_INIT;
	char *text = NULL;
	struct manifest *manifest = NULL;
	CHECK_OK(
		file_read_all(TEST_DATA "/../bundle/FORMAT.md", 1 << 20, arena, &text, NULL, &err));
	char *begin = text ? strstr(text, "```json\n") : NULL;
	char *end = begin ? strstr(begin, "\n```\n") : NULL;
	CHECK(end != NULL);
	if (!end)
		return;
	begin += strlen("```json\n");
	end[1] = '\0';
	CHECK_OK(manifest_parse(begin, strlen(begin), arena, &manifest, &err));
	if (!manifest)
		return;
	manifest_write(manifest, &written);
	CHECK_STR(written.bytes, begin);
}
