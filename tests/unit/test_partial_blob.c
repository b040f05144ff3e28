/* Blobs on their way: what a killed run leaves, wrong bytes, two at a time. */
#include "check.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "partial_blob.h"

#define HELLO "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

static struct blob_cache *open_cache(void)
{
	struct err err = ERR_INIT;
	struct blob_cache *cache = NULL;
	CHECK_OK(blob_cache_open(&cache, "cache", &err));
	return cache;
}

static bool is_cached(const struct blob_cache *cache)
{
	AUTO(arena) arena = arena_new();
	struct blob_source blob;
	return blob_cache_find(cache, HELLO, 5, arena, &blob);
}

TEST(a_blob_gets_its_name_when_all_of_it_is_there_and_right)
{
	struct err err = ERR_INIT;
	AUTO(blob_cache) cache = open_cache();
	AUTO_PARTIAL_BLOB partial = PARTIAL_BLOB_INIT;
	enum partial_state state;
	char digest[SHA256_DIGEST_LENGTH + 1];
	bool proven = false;
	CHECK_OK(partial_blob_open(&partial, cache, HELLO, NULL, 5, &state, &err));
	CHECK_INT(state, PARTIAL_OURS);
	CHECK_INT(partial.length, 0);
	CHECK_OK(partial_blob_write(&partial, "hel", 3, &err));
	CHECK(!is_cached(cache));
	CHECK_OK(partial_blob_write(&partial, "lo", 2, &err));
	CHECK_OK(partial_blob_finish(&partial, &proven, digest, &err));
	CHECK(proven);
	CHECK_STR(digest, HELLO);
	CHECK(is_cached(cache));
	CHECK_INT(partial_blob_length(cache, HELLO), 0);
}

TEST(what_a_killed_run_left_is_gone_on_with)
{
	struct err err = ERR_INIT;
	AUTO(blob_cache) cache = open_cache();
	struct partial_blob first, second;
	enum partial_state state;
	char digest[SHA256_DIGEST_LENGTH + 1];
	bool proven = false;
	CHECK_OK(partial_blob_open(&first, cache, HELLO, NULL, 5, &state, &err));
	CHECK_OK(partial_blob_write(&first, "hell", 4, &err));
	partial_blob_close(&first);
	CHECK_INT(partial_blob_length(cache, HELLO), 4);
	CHECK_OK(partial_blob_open(&second, cache, HELLO, NULL, 5, &state, &err));
	CHECK_INT(second.length, 4);
	CHECK_OK(partial_blob_write(&second, "o", 1, &err));
	CHECK_OK(partial_blob_finish(&second, &proven, digest, &err));
	CHECK(proven);
	partial_blob_close(&second);
}

TEST(wrong_bytes_never_get_the_name_and_are_forgotten)
{
	struct err err = ERR_INIT;
	AUTO(blob_cache) cache = open_cache();
	AUTO_PARTIAL_BLOB partial = PARTIAL_BLOB_INIT;
	enum partial_state state;
	char digest[SHA256_DIGEST_LENGTH + 1];
	bool proven = true;
	CHECK_OK(partial_blob_open(&partial, cache, HELLO, NULL, 5, &state, &err));
	CHECK_OK(partial_blob_write(&partial, "hallo", 5, &err));
	CHECK_OK(partial_blob_finish(&partial, &proven, digest, &err));
	CHECK(!proven);
	CHECK(strcmp(digest, HELLO) != 0);
	CHECK(!is_cached(cache));
	CHECK_INT(partial.length, 0);
	CHECK_OK(partial_blob_write(&partial, "hello", 5, &err));
	CHECK_OK(partial_blob_finish(&partial, &proven, digest, &err));
	CHECK(proven);
}

TEST(too_few_bytes_are_not_the_blob)
{
	struct err err = ERR_INIT;
	AUTO(blob_cache) cache = open_cache();
	AUTO_PARTIAL_BLOB partial = PARTIAL_BLOB_INIT;
	enum partial_state state;
	char digest[SHA256_DIGEST_LENGTH + 1];
	bool proven = true;
	/* The right digest, but the descriptor said another size. */
	CHECK_OK(partial_blob_open(&partial, cache, HELLO, NULL, 6, &state, &err));
	CHECK_OK(partial_blob_write(&partial, "hello", 5, &err));
	CHECK_OK(partial_blob_finish(&partial, &proven, digest, &err));
	CHECK(!proven);
}

TEST(a_byte_too_many_is_refused)
{
	struct err err = ERR_INIT;
	AUTO(blob_cache) cache = open_cache();
	AUTO_PARTIAL_BLOB partial = PARTIAL_BLOB_INIT;
	enum partial_state state;
	CHECK_OK(partial_blob_open(&partial, cache, HELLO, NULL, 5, &state, &err));
	CHECK_OK(partial_blob_write(&partial, "hello", 5, &err));
	CHECK_FAILS(partial_blob_write(&partial, "!", 1, &err), CODE_INTEGRITY);
	CHECK_INT(partial.length, 5);
}

TEST(what_followed_a_mark_is_taken_back)
{
	struct err err = ERR_INIT;
	AUTO(blob_cache) cache = open_cache();
	AUTO_PARTIAL_BLOB partial = PARTIAL_BLOB_INIT;
	enum partial_state state;
	char digest[SHA256_DIGEST_LENGTH + 1];
	bool proven = false;
	CHECK_OK(partial_blob_open(&partial, cache, HELLO, NULL, 5, &state, &err));
	CHECK_OK(partial_blob_write(&partial, "hel", 3, &err));
	struct partial_blob_mark mark = partial_blob_mark(&partial);
	CHECK_OK(partial_blob_write(&partial, "XX", 2, &err));
	CHECK_OK(partial_blob_rewind(&partial, &mark, &err));
	CHECK_INT(partial_blob_length(cache, HELLO), 3);
	CHECK_OK(partial_blob_write(&partial, "lo", 2, &err));
	CHECK_OK(partial_blob_finish(&partial, &proven, digest, &err));
	CHECK(proven);
}

TEST(a_second_one_sees_that_it_is_busy_and_then_that_it_has_arrived)
{
	struct err err = ERR_INIT;
	AUTO(blob_cache) cache = open_cache();
	struct partial_blob first, second;
	enum partial_state state;
	char digest[SHA256_DIGEST_LENGTH + 1];
	bool proven = false;
	CHECK_OK(partial_blob_open(&first, cache, HELLO, NULL, 5, &state, &err));
	CHECK_OK(partial_blob_open(&second, cache, HELLO, NULL, 5, &state, &err));
	CHECK_INT(state, PARTIAL_BUSY);
	partial_blob_close(&second);
	CHECK_OK(partial_blob_write(&first, "hello", 5, &err));
	CHECK_OK(partial_blob_finish(&first, &proven, digest, &err));
	partial_blob_close(&first);
	CHECK_OK(partial_blob_open(&second, cache, HELLO, NULL, 5, &state, &err));
	CHECK_INT(state, PARTIAL_ARRIVED);
	partial_blob_close(&second);
	CHECK_INT(partial_blob_length(cache, HELLO), 0);
}

TEST(a_second_one_takes_over_from_one_that_died)
{
	struct err err = ERR_INIT;
	AUTO(blob_cache) cache = open_cache();
	struct partial_blob first, second;
	enum partial_state state;
	CHECK_OK(partial_blob_open(&first, cache, HELLO, NULL, 5, &state, &err));
	CHECK_OK(partial_blob_write(&first, "he", 2, &err));
	partial_blob_close(&first);
	CHECK_OK(partial_blob_open(&second, cache, HELLO, NULL, 5, &state, &err));
	CHECK_INT(state, PARTIAL_OURS);
	CHECK_INT(second.length, 2);
	partial_blob_close(&second);
}

TEST(a_partial_file_that_is_too_long_is_begun_anew)
{
	struct err err = ERR_INIT;
	AUTO(blob_cache) cache = open_cache();
	AUTO_PARTIAL_BLOB partial = PARTIAL_BLOB_INIT;
	AUTO_FREE char *path = xprintf("cache/partial/sha256-%s", HELLO + 7);
	enum partial_state state;
	CHECK_OK(file_make_directories("cache/partial", 0777, &err));
	CHECK_OK(file_write_all(path, "hello world", 11, 0644, &err));
	CHECK_OK(partial_blob_open(&partial, cache, HELLO, NULL, 5, &state, &err));
	CHECK_INT(partial.length, 0);
}

TEST(without_a_digest_nothing_old_is_believed)
{
	struct err err = ERR_INIT;
	AUTO(blob_cache) cache = open_cache();
	struct partial_blob partial;
	enum partial_state state;
	char digest[SHA256_DIGEST_LENGTH + 1];
	bool proven = false;
	CHECK_OK(partial_blob_open(
		&partial, cache, NULL, "https://example.org/x", UINT64_MAX, &state, &err));
	CHECK_OK(partial_blob_write(&partial, "old", 3, &err));
	partial_blob_close(&partial);
	CHECK_OK(partial_blob_open(
		&partial, cache, NULL, "https://example.org/x", UINT64_MAX, &state, &err));
	CHECK_INT(partial.length, 0);
	CHECK_OK(partial_blob_write(&partial, "hello", 5, &err));
	CHECK_OK(partial_blob_finish(&partial, &proven, digest, &err));
	CHECK(proven);
	CHECK_STR(digest, HELLO);
	partial_blob_close(&partial);
	CHECK(is_cached(cache));
}

TEST(a_link_in_the_place_of_a_partial_file_is_not_followed)
{
	struct err err = ERR_INIT;
	AUTO(blob_cache) cache = open_cache();
	AUTO_PARTIAL_BLOB partial = PARTIAL_BLOB_INIT;
	AUTO_FREE char *path = xprintf("cache/partial/sha256-%s", HELLO + 7);
	enum partial_state state;
	CHECK_OK(file_make_directories("cache/partial", 0777, &err));
	CHECK_INT(symlink("../../elsewhere", path), 0);
	CHECK_FAILS(partial_blob_open(&partial, cache, HELLO, NULL, 5, &state, &err), CODE_IO);
	CHECK(access("elsewhere", F_OK) < 0);
}
