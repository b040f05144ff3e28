/* The Mach-O writer: every offset that moves, every stub that is refused. */
#include "check.h"
#include "macho_file.h"
#include "macho_writer.h"
#include "stub_fixture.h"

enum { PAYLOAD = 20000, DELTA = 32768 };

TEST(payload_segment_stands_directly_before_linkedit)
{
	unsigned char *stub = fixture_macho();
	struct macho_plan plan;
	struct macho_file macho;
	struct err err = ERR_INIT;
	CHECK_OK(macho_writer_plan(&plan, stub, FIXTURE_MACHO, PAYLOAD, &err));
	CHECK_OK(macho_file_parse(&macho, plan.head, plan.payload_offset, "head", &err));
	CHECK_INT(macho.segment_count, 5);
	const struct macho_segment *payload = &macho.segments[3], *linkedit = &macho.segments[4];
	CHECK_STR(payload->name, "__PAYLOAD");
	CHECK_INT(payload->fileoff, FIXTURE_LINKEDIT);
	CHECK_INT(payload->filesize, DELTA);
	CHECK_INT(payload->vmaddr, linkedit->vmaddr);
	CHECK_INT(payload->vmsize, 0);
	CHECK_INT(payload->maxprot | payload->initprot | payload->section_count, 0);
	CHECK_INT(payload->flags, 4);
	CHECK_STR(linkedit->name, "__LINKEDIT");
	CHECK_INT(linkedit->fileoff, FIXTURE_LINKEDIT + DELTA);
	CHECK_INT(linkedit->filesize, plan.size - linkedit->fileoff);
	CHECK_INT(linkedit->vmsize, 16384);
	CHECK_INT(macho.signature_at, plan.code_limit);
	CHECK_INT(macho.signature_at + macho.signature_length, plan.size);
	CHECK_INT(plan.code_limit, FIXTURE_LINKEDIT + DELTA + FIXTURE_LINK_DATA);
	CHECK_INT(plan.header_length, FIXTURE_SECTION);
	CHECK_INT(plan.padding, DELTA - PAYLOAD);
	CHECK_INT(plan.tail_length, FIXTURE_LINK_DATA);
	CHECK(memcmp(plan.head + FIXTURE_SECTION, stub + FIXTURE_SECTION,
		      FIXTURE_LINKEDIT - FIXTURE_SECTION) == 0);
	macho_writer_clear(&plan);
	free(stub);
}

TEST(every_offset_into_linkedit_moves_and_zero_stays)
{
	static const struct {
		uint32_t kind;
		int at;
		uint32_t moved_from; /* within __LINKEDIT; 1: stays 0 */
	} fields[] = {
		{0x80000022, 8, 0x00}, {0x80000022, 16, 0x10}, {0x80000022, 24, 1},
		{0x80000022, 32, 0x30}, {0x80000022, 40, 0x50}, {0x26, 8, 0x80}, {0x29, 8, 0x88},
		{0x2, 8, 0x88}, {0x2, 16, 0x100}, {0xb, 32, 1}, {0xb, 40, 1}, {0xb, 48, 1},
		{0xb, 56, 0xc8}, {0xb, 64, 1}, {0xb, 72, 1}, {0x1d, 8, FIXTURE_LINK_DATA},
	};
	unsigned char *stub = fixture_macho();
	struct macho_plan plan;
	struct err err = ERR_INIT;
	CHECK_OK(macho_writer_plan(&plan, stub, FIXTURE_MACHO, PAYLOAD, &err));
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		uint32_t found = load_le32(
			fixture_find_command(plan.head, fields[i].kind, 0) + fields[i].at);
		uint32_t expected = fields[i].moved_from == 1 ?
					    0 :
					    FIXTURE_LINKEDIT + DELTA + fields[i].moved_from;
		CHECK_INT(found, expected);
	}
	/* What does not move: entry point, names, sizes. */
	CHECK_INT(load_le64(fixture_find_command(plan.head, 0x80000028, 0) + 8), FIXTURE_SECTION);
	CHECK(memcmp(fixture_find_command(plan.head, 0x1b, 0), fixture_find_command(stub, 0x1b, 0), 24) == 0);
	CHECK(memcmp(fixture_find_command(plan.head, 0xc, 0), fixture_find_command(stub, 0xc, 0), 56) == 0);
	macho_writer_clear(&plan);
	free(stub);
}

/* One changed 32-bit word in a load command (segments by index), and what the refusal says. */
static const struct {
	uint32_t kind;
	int index, at;
	uint32_t value;
	const char *says;
} refusals[] = {
	{0x26, 0, 0, 0x80000034, "chained fixups"},
	{0x26, 0, 0, 0x2d, "load command 0x2d is unknown"},
	{0x26, 0, 0, 0x29, "there twice"},
	{0x1b, 0, 0, 0x2a, "unusual size"},
	{0x29, 0, 0, 0x1b, "unusual size"},
	{0x26, 0, 4, 0, "size is wrong"},
	{0x26, 0, 4, 12, "size is wrong"},
	{0x26, 0, 4, 0xfffffff8, "size is wrong"},
	{0x32, 0, 8, 2, "not for macOS"},
	{0x32, 0, 12, 0xc0000, "not linked for macOS 11.0"},
	{0x32, 0, 16, 0xf0400, "SDK of macOS 15.4"},
	{0x19, 0, 36, 0, "gaps or overlaps in memory"},
	{0x19, 1, 60, 7, "__TEXT is not readable and executable"},
	{0x19, 3, 40, 0x8000, "gaps or overlaps in the file"},
	{0x19, 2, 48, 0x4001, "gaps or overlaps in the file"},
	{0x19, 2, 32, 0x1000, "more bytes than memory"},
	{0x19, 2, 64, 3, "another size than its sections"},
	{0x19, 1, 72 + 48, 0x9000, "a section lies outside"},
	{0x19, 1, 72 + 48, 0x100, "reach into its first section"},
	{0x19, 1, 72 + 60, 1, "relocations"},
	{0x19, 3, 8, 0x41414141, "__LINKEDIT is not its last segment"},
	{0x19, 3, 60, 3, "__LINKEDIT is unusual"},
	{0x19, 2, 8, 0x41505f5f, NULL}, /* only another name: fine */
	{0x2, 0, 8, 0x1000, "points outside __LINKEDIT"},
	{0x2, 0, 16, 0x7fffffff, "points outside __LINKEDIT"},
	{0x1d, 0, 8, FIXTURE_LINKEDIT + FIXTURE_LINK_DATA + 8, "does not end the file"},
	{0x1d, 0, 8, 0, "does not end the file"},
	{0x1d, 0, 12, 0x10, "does not end the file"},
	{0x1d, 0, 0, 0x2a, "load command 0x1d is missing"},
};

TEST(other_stubs_are_refused_by_name)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		unsigned char *stub = fixture_macho();
		struct macho_plan plan;
		struct err err = ERR_INIT;
		store_le32(fixture_find_command(stub, refusals[i].kind, refusals[i].index) + refusals[i].at,
			refusals[i].value);
		if (!refusals[i].says) {
			CHECK_OK(macho_writer_plan(&plan, stub, FIXTURE_MACHO, PAYLOAD, &err));
			macho_writer_clear(&plan);
		} else {
			CHECK_FAILS(macho_writer_plan(&plan, stub, FIXTURE_MACHO, PAYLOAD, &err), CODE_INPUT);
			CHECK_CONTAINS(err.text, refusals[i].says);
		}
		free(stub);
	}
}

TEST(wrong_headers_are_refused)
{
	static const struct {
		int at;
		uint32_t value;
		const char *says;
	} wrong[] = {
		{0, 0xfeedface, "magic"}, {0, 0xcafebabe, "magic"}, {4, 0x01000007, "not for arm64"},
		{8, 2, "not for arm64"}, {12, 6, "not an executable"}, {16, 1000, "too many"},
		{16, 5, "another size than the header"}, {20, 0x7fffffff, "too long"},
		{20, 8, "size is wrong"}, {24, 0x85, "position-independent"},
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		unsigned char *stub = fixture_macho();
		struct macho_plan plan;
		struct err err = ERR_INIT;
		store_le32(stub + wrong[i].at, wrong[i].value);
		CHECK_FAILS(macho_writer_plan(&plan, stub, FIXTURE_MACHO, PAYLOAD, &err), CODE_INPUT);
		CHECK_CONTAINS(err.text, wrong[i].says);
		free(stub);
	}
}

TEST(header_pad_must_be_there_and_empty)
{
	unsigned char *stub = fixture_macho();
	struct macho_plan plan;
	struct err err = ERR_INIT;
	uint32_t end = 32 + load_le32(stub + 20);
	stub[FIXTURE_SECTION - 1] = 1;
	CHECK_FAILS(macho_writer_plan(&plan, stub, FIXTURE_MACHO, PAYLOAD, &err), CODE_INPUT);
	CHECK_CONTAINS(err.text, "not zero");
	stub[FIXTURE_SECTION - 1] = 0;
	unsigned char *text = fixture_find_command(stub, 0x19, 1);
	store_le32(text + 72 + 48, end + 64); /* the first section: 8 bytes too near */
	memset(stub + end, 0, FIXTURE_SECTION - end);
	CHECK_FAILS(macho_writer_plan(&plan, stub, FIXTURE_MACHO, PAYLOAD, &err), CODE_INPUT);
	CHECK_CONTAINS(err.text, "-headerpad");
	store_le32(text + 72 + 48, end + 72);
	CHECK_OK(macho_writer_plan(&plan, stub, FIXTURE_MACHO, PAYLOAD, &err));
	macho_writer_clear(&plan);
	free(stub);
}

TEST(no_prefix_of_a_stub_is_accepted_or_read_beyond)
{
	unsigned char *stub = fixture_macho();
	for (size_t length = 0; length < FIXTURE_MACHO; length += length < 2200 ? 1 : 997) {
		unsigned char *part = malloc(length + 1);
		struct macho_plan plan;
		struct err err = ERR_INIT;
		memcpy(part, stub, length);
		part = realloc(part, length ? length : 1); /* for ASan */
		CHECK_FAILS(macho_writer_plan(&plan, part, length, PAYLOAD, &err), CODE_INPUT);
		free(part);
	}
	free(stub);
}

TEST(largest_payload_ends_below_4_gib)
{
	unsigned char *stub = fixture_macho();
	struct macho_plan plan;
	struct err err = ERR_INIT;
	uint64_t low = 0, high = UINT64_C(1) << 33;
	while (low + 1 < high) {
		uint64_t middle = (low + high) / 2;
		if (macho_writer_plan(&plan, stub, FIXTURE_MACHO, middle, &err) == 0) {
			low = middle;
			CHECK(plan.size <= UINT32_MAX);
			macho_writer_clear(&plan);
		} else {
			high = middle;
			CHECK_INT(err.code, CODE_INPUT);
			CHECK_CONTAINS(err.text, "below 4 GiB");
			CHECK_CONTAINS(err.hint, "linux-arm64");
		}
	}
	CHECK_INT(low % 16384, 0);
	CHECK(low > (UINT64_C(4) << 30) - (16 << 20));
	CHECK_FAILS(macho_writer_plan(&plan, stub, FIXTURE_MACHO, UINT64_MAX, &err), CODE_INPUT);
	free(stub);
}
