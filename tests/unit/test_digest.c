/* SHA-256 against FIPS 180-4's and NIST's known answers, on every implementation; digests as text.
 */
#include <stdlib.h>

#include "check.h"
#include "digest.h"

static void check_answer(const char *input, size_t length, const char *expected)
{
	struct sha256 sha256 = digest_sha256_of(input, length);
	char hex[SHA256_HEX_LENGTH + 1];

	sha256_to_hex(&sha256, hex);
	CHECK_STR(hex, expected);
}

/* FIPS 180-4's examples, and NIST's million of "a". */
static void check_known_answers(void)
{
	static char million[1000000];

	check_answer("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	check_answer("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	check_answer("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	check_answer("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
		     "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		112, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
	memset(million, 'a', sizeof(million));
	check_answer(million, sizeof(million),
		"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(known_answers_on_this_processor)
{
	check_known_answers();
}

TEST(known_answers_with_the_portable_code)
{
	digest_sha256_force_portable(true);
	CHECK(strcmp(digest_sha256_implementation(), "sha-ni") != 0);
	check_known_answers();
	digest_sha256_force_portable(false);
}

/* Every length around the block boundaries, both implementations, in pieces of every size. */
TEST(pieces_of_any_size_give_what_the_whole_gives)
{
	unsigned char bytes[300];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 7 + 3);
	for (size_t length = 0; length <= sizeof(bytes); length++) {
		digest_sha256_force_portable(true);
		struct sha256 expected = digest_sha256_of(bytes, length);
		digest_sha256_force_portable(false);
		for (size_t piece = 1; piece <= length + 1; piece += 1 + piece / 8) {
			struct digest_sha256 digest;

			digest_sha256_init(&digest);
			for (size_t done = 0; done < length; done += piece)
				digest_sha256_update(&digest, bytes + done,
					length - done < piece ? length - done : piece);
			struct sha256 actual = digest_sha256_final(&digest);
			CHECK(sha256_equal(&actual, &expected));
		}
	}
}

TEST(a_copy_goes_its_own_way)
{
	struct digest_sha256 digest, copy;

	digest_sha256_init(&digest);
	digest_sha256_update(&digest, "a", 1);
	copy = digest;
	digest_sha256_update(&digest, "bc", 2);
	digest_sha256_update(&copy, "xy", 2);
	struct sha256 actual = digest_sha256_final(&digest), other = digest_sha256_final(&copy);
	struct sha256 abc = digest_sha256_of("abc", 3), axy = digest_sha256_of("axy", 3);
	CHECK(sha256_equal(&actual, &abc));
	CHECK(sha256_equal(&other, &axy));
}

/* More than 4 GiB: the count of bits needs both of its halves. Known answer from sha256sum. */
TEST(the_length_carries_beyond_32_bits)
{
	enum { CHUNK = 1 << 20 };
	unsigned char *zeros = calloc(1, CHUNK);
	struct digest_sha256 digest;
	char hex[SHA256_HEX_LENGTH + 1];

	digest_sha256_init(&digest);
	for (int i = 0; i < 600; i++) /* 600 MiB are 0x12c000000 bits */
		digest_sha256_update(&digest, zeros, CHUNK);
	struct sha256 sha256 = digest_sha256_final(&digest);
	sha256_to_hex(&sha256, hex);
	CHECK_STR(hex, "987523e7780392e283b404990c4e84e580bc75c451138b0c86c4f81c296eeebe");
	free(zeros);
}

TEST(text_goes_there_and_back)
{
	struct sha256 sha256 = digest_sha256_of("abc", 3), again = {{0}};
	char digest[SHA256_DIGEST_LENGTH + 1];

	sha256_to_digest(&sha256, digest);
	CHECK_STR(
		digest, "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	CHECK(sha256_from_digest(&again, digest));
	CHECK(sha256_equal(&again, &sha256));
	again = (struct sha256){{0}};
	CHECK(sha256_from_hex(&again, digest + 7));
	CHECK(sha256_equal(&again, &sha256));
}

TEST(text_that_is_no_digest_is_refused)
{
	static const char *const bad[] = {
		"",
		"sha256:",
		"sha256",
		"ba7816bf",
		"sha512:ba7816bf",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
		"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015add",
		"sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
		"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ag",
		" sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n",
	};
	struct sha256 sha256 = {{42}};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(!sha256_from_digest(&sha256, bad[i]));
		CHECK_FAILS(sha256_parse(&sha256, bad[i], &err), CODE_INPUT);
		err_clear(&err);
	}
	CHECK_INT(sha256.bytes[0], 42);
}

TEST(pages_are_digested_like_each_alone_whatever_their_number_and_the_end)
{
	enum { PAGE = 4096, MOST = 7 };
	static unsigned char bytes[MOST * PAGE];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 2654435761u >> 13);
	for (int portable = 0; portable < 2; portable++) {
		digest_sha256_force_portable(portable);
		for (size_t length = 0; length <= sizeof(bytes); length += length % PAGE ? PAGE - 100 : 100) {
			struct sha256 pages[MOST + 1] = {{{0}}};
			size_t count = 0;
			digest_sha256_pages(bytes, length, PAGE, pages);
			for (size_t at = 0; at < length; at += PAGE, count++) {
				size_t part = length - at < PAGE ? length - at : PAGE;
				struct sha256 alone = digest_sha256_of(bytes + at, part);
				CHECK(sha256_equal(&alone, &pages[count]));
			}
			CHECK_INT(pages[count].bytes[0], 0);
		}
	}
	digest_sha256_force_portable(false);
}
