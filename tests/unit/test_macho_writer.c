/* The Mach-O writer: every offset that moves, every stub that is refused. */
#include "check.h"
#include "macho_file.h"
#include "macho_writer.h"
#include "reject_corpus.h"
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
		{0x80000022, 8, 0x00},
		{0x80000022, 16, 0x10},
		{0x80000022, 24, 1},
		{0x80000022, 32, 0x30},
		{0x80000022, 40, 0x50},
		{0x26, 8, 0x80},
		{0x29, 8, 0x88},
		{0x2, 8, 0x88},
		{0x2, 16, 0x100},
		{0xb, 32, 1},
		{0xb, 40, 1},
		{0xb, 48, 1},
		{0xb, 56, 0xc8},
		{0xb, 64, 1},
		{0xb, 72, 1},
		{0x1d, 8, FIXTURE_LINK_DATA},
	};
	unsigned char *stub = fixture_macho();
	struct macho_plan plan;
	struct err err = ERR_INIT;
	CHECK_OK(macho_writer_plan(&plan, stub, FIXTURE_MACHO, PAYLOAD, &err));
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		uint32_t found = load_le32(
			fixture_find_command(plan.head, fields[i].kind, 0) + fields[i].at);
		uint32_t expected = fields[i].moved_from == 1
					    ? 0
					    : FIXTURE_LINKEDIT + DELTA + fields[i].moved_from;
		CHECK_INT(found, expected);
	}
	/* What does not move: entry point, names, sizes. */
	CHECK_INT(load_le64(fixture_find_command(plan.head, 0x80000028, 0) + 8), FIXTURE_SECTION);
	CHECK(memcmp(fixture_find_command(plan.head, 0x1b, 0), fixture_find_command(stub, 0x1b, 0),
		      24) == 0);
	CHECK(memcmp(fixture_find_command(plan.head, 0xc, 0), fixture_find_command(stub, 0xc, 0),
		      56) == 0);
	macho_writer_clear(&plan);
	free(stub);
}

static void refuse_stub(const struct corpus_case *item)
{
	unsigned char *stub = fixture_macho();
	size_t length = item->cut ? item->cut : FIXTURE_MACHO;
	struct macho_plan plan;
	struct err err = ERR_INIT;
	stub = realloc(stub, length > FIXTURE_MACHO ? length : FIXTURE_MACHO);
	corpus_apply(item, stub, 0);
	stub = realloc(stub, length); /* exactly, for ASan */
	CHECK_FAILS(macho_writer_plan(&plan, stub, length, PAYLOAD, &err), CODE_INPUT);
	CHECK_CONTAINS(err.text, item->says);
	free(stub);
}

TEST(every_stub_of_the_reject_corpus_is_refused_by_name)
{
	CHECK(corpus_each(TEST_DATA "/reject/macho", refuse_stub) >= 50);
}

/* Random words in header and commands: refused or planned, but never read out of bounds. */
TEST(random_changes_of_the_header_are_survived)
{
	unsigned char *good = fixture_macho(), *stub = fixture_macho();
	unsigned seed = 1;
	int planned = 0;
	for (int round = 0; round < 20000; round++) {
		struct macho_plan plan;
		struct err err = ERR_INIT;
		memcpy(stub, good, FIXTURE_SECTION);
		for (int changes = 1 + round % 3; changes > 0; changes--) {
			unsigned at = (seed = seed * 1664525u + 1013904223u) >> 8;
			unsigned value = (seed = seed * 1664525u + 1013904223u) >> 4;
			store_le32(stub + at % 1500 / 4 * 4, round % 2 ? value : value % 0x200);
		}
		if (macho_writer_plan(&plan, stub, FIXTURE_MACHO, PAYLOAD, &err) == 0) {
			planned++;
			macho_writer_clear(&plan);
		} else {
			CHECK_INT(err.code, CODE_INPUT);
		}
	}
	CHECK(planned > 100);
	free(good);
	free(stub);
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
	CHECK(low > (UINT64_C(4) << 30) - (36 << 20));
	CHECK_FAILS(macho_writer_plan(&plan, stub, FIXTURE_MACHO, UINT64_MAX, &err), CODE_INPUT);
	free(stub);
}
