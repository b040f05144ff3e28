/* The licences that this program carries, and bytes that are none. */
#include "check.h"
#include "license_text.h"

TEST(the_builder_names_itself_first_and_every_library_with_a_text)
{
	AUTO(arena) arena = arena_new();
	struct err err = ERR_INIT;
	struct license_text *parts = NULL;
	size_t count = 0;
	bool yaml = false;
	CHECK_OK(license_text_list(&license_blob, arena, &parts, &count, &err));
	CHECK(count > 8);
	CHECK_STR(count ? parts[0].name : NULL, "hardtack");
	for (size_t i = 0; i < count; i++) {
		CHECK(parts[i].version[0] && parts[i].license[0]);
		CHECK(strlen(parts[i].text) > 200);
		yaml |= strcmp(parts[i].name, "libyaml") == 0 && parts[i].targets[0] == '\0';
	}
	CHECK(yaml); /* only the builder has it, no stub */
}

TEST(a_part_is_for_the_targets_it_names_and_no_others)
{
	struct license_text part = {.targets = "linux-amd64 linux-arm64"};
	CHECK(license_text_is_for(&part, "linux-amd64"));
	CHECK(license_text_is_for(&part, "linux-arm64"));
	CHECK(!license_text_is_for(&part, "darwin-arm64"));
	CHECK(!license_text_is_for(&part, "linux"));
	CHECK(!license_text_is_for(&part, "arm64"));
}

TEST(damaged_bytes_are_an_error_and_no_crash)
{
	AUTO(arena) arena = arena_new();
	struct err err = ERR_INIT;
	struct license_text *parts;
	size_t count;
	struct license_blob cut = license_blob, grown = license_blob, none = license_blob;
	cut.length /= 2;
	grown.raw_length++;
	none.bytes = (const unsigned char *)"no zlib at all, just words";
	none.length = 26;
	CHECK_FAILS(license_text_list(&cut, arena, &parts, &count, &err), CODE_BUG);
	CHECK_FAILS(license_text_list(&grown, arena, &parts, &count, &err), CODE_BUG);
	CHECK_FAILS(license_text_list(&none, arena, &parts, &count, &err), CODE_BUG);
}
