/* The locator: finding it, its fields, and what contradicts itself. */
#include "check.h"
#include "locator.h"
#include "locator_self.h"
#include "number.h"

static const unsigned char magic[] = {LOCATOR_MAGIC};

static void make(unsigned char bytes[LOCATOR_BYTES])
{
	struct locator locator = {
		.version = LOCATOR_VERSION,
		.header_length = 5672,
		.payload_offset = 3 * 16384,
		.payload_length = 12345,
	};
	memset(locator.root.bytes, 0xab, 32);
	memset(bytes, 0xff, LOCATOR_BYTES);
	memcpy(bytes, magic, sizeof(magic));
	locator_format(&locator, bytes);
}

TEST(magic_is_found_wherever_it_is)
{
	unsigned char bytes[200] = {0};
	for (size_t at = 0; at + sizeof(magic) <= sizeof(bytes); at++) {
		memset(bytes, 0x89, sizeof(bytes)); /* its first byte, everywhere */
		memcpy(bytes + at, magic, sizeof(magic));
		CHECK_INT(locator_find(bytes, sizeof(bytes)), at);
		CHECK_INT(locator_find(bytes, at + sizeof(magic)), at);
		CHECK_INT(locator_find(bytes, at + sizeof(magic) - 1), -1);
	}
	CHECK_INT(locator_find(bytes, 0), -1);
	for (size_t i = 0; i < sizeof(magic); i++) {
		memset(bytes, 0, sizeof(bytes));
		memcpy(bytes, magic, sizeof(magic));
		bytes[i] ^= 1;
		CHECK_INT(locator_find(bytes, sizeof(bytes)), -1);
	}
}

TEST(fields_survive_a_round_trip_and_stand_where_the_format_says)
{
	unsigned char bytes[LOCATOR_BYTES];
	struct locator locator;
	struct err err = ERR_INIT;
	make(bytes);
	CHECK_INT(load_le32(bytes + 32), 1);
	CHECK_INT(load_le64(bytes + 40), 5672);
	CHECK_INT(load_le64(bytes + 48), 49152);
	CHECK_INT(load_le64(bytes + 56), 12345);
	CHECK_INT(bytes[64], 0xab);
	CHECK_INT(bytes[95], 0xab);
	CHECK_INT(bytes[96], 0);
	CHECK_OK(locator_parse(&locator, bytes, "x", &err));
	CHECK_INT(locator.payload_length, 12345);
	CHECK_INT(locator_end(&locator), 49152 + 12345);
	CHECK_INT(locator.root.bytes[31], 0xab);
}

TEST(the_own_locator_of_a_program_that_was_not_packed_has_no_payload)
{
	unsigned char bytes[LOCATOR_BYTES];
	struct locator locator;
	struct err err = ERR_INIT;
	locator_self_read(bytes);
	CHECK_INT(locator_find(bytes, sizeof(bytes)), 0);
	CHECK_FAILS(locator_parse(&locator, bytes, "stub", &err), CODE_INTEGRITY);
	CHECK_CONTAINS(err.text, "no payload");
}

TEST(contradictions_are_refused)
{
	static const struct {
		int at;
		uint64_t value;
	} wrong[] = {
		{0, 1},                        /* magic */
		{32, 2}, {32, 0},              /* version */
		{36, 1},                       /* flags (upper half: header length) */
		{40, 49152}, {40, UINT64_MAX}, /* the header reaches the payload */
		{48, 49153}, {48, 0}, {48, UINT64_MAX & ~UINT64_C(16383)}, /* payload offset */
		{56, UINT64_MAX}, {56, LOCATOR_LARGEST_LENGTH + 1}, {96, 1},
		{120, UINT64_C(1) << 63}, /* reserved */
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		unsigned char bytes[LOCATOR_BYTES];
		struct locator locator;
		struct err err = ERR_INIT;
		make(bytes);
		store_le64(bytes + wrong[i].at, wrong[i].value);
		CHECK_FAILS(locator_parse(&locator, bytes, "x", &err), CODE_INTEGRITY);
		CHECK(err.hint[0]);
	}
}
