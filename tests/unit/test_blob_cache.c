/* The cache: where it is, that blobs appear whole under their digest, that they are proven again.
 */
#include "check.h"

#include <stdlib.h>

#include "blob_cache.h"

struct chunks {
	struct stream_source source;
	int left;
	bool fails;
};

/* "hello " three times, or a failure after the second. */
static int next_hello(
	struct stream_source *source, const void **bytes, size_t *length, struct err *err)
{
	struct chunks *chunks = (struct chunks *)source;
	if (chunks->fails && chunks->left == 1)
		return err_set(err, CODE_IO, "broken");
	*bytes = "hello ";
	*length = chunks->left-- > 0 ? 6 : 0;
	return 0;
}

static char *default_path(void)
{
	struct err err = ERR_INIT;
	AUTO(blob_cache) cache = NULL;
	if (blob_cache_open(&cache, NULL, &err) < 0)
		return xprintf("error %d", err.code);
	return xstrdup(blob_cache_path(cache));
}

TEST(the_folder_follows_the_environment)
{
	static const struct {
		const char *chosen, *xdg, *home, *path;
	} cases[] = {
		{"/c", "/x", "/h", "/c"},
		{"", "/x", "/h", "/x/hardtack"},
#ifndef __APPLE__
		{NULL, NULL, "/h", "/h/.cache/hardtack"},
		{NULL, "relative", "/h", "/h/.cache/hardtack"},
#endif
		{NULL, NULL, NULL, "error 2"},
		{NULL, NULL, "", "error 2"},
	};
	static const char *const names[] = {"HARDTACK_CACHE", "XDG_CACHE_HOME", "HOME"};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *values[] = {cases[i].chosen, cases[i].xdg, cases[i].home};
		for (size_t v = 0; v < ARRAY_SIZE(names); v++)
			values[v] ? setenv(names[v], values[v], 1) : unsetenv(names[v]);
		AUTO_FREE char *path = default_path();
		CHECK_STR(path, cases[i].path);
	}
}

TEST(a_blob_is_stored_under_its_digest_and_found_again)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	AUTO(blob_cache) cache = NULL;
	struct blob_source blob, again;
	char *bytes;
	CHECK_OK(blob_cache_open(&cache, "made/on/demand", &err));
	for (int round = 0; round < 2; round++) {
		struct chunks chunks = {{next_hello}, 3, false};
		CHECK_OK(blob_cache_store(cache, &chunks.source, arena, &blob, &err));
	}
	struct sha256 sum = digest_sha256_of("hello hello hello ", 18);
	char digest[SHA256_DIGEST_LENGTH + 1];
	sha256_to_digest(&sum, digest);
	CHECK_STR(blob.digest, digest);
	CHECK_INT(blob.size_bytes, 18);
	CHECK_OK(blob_source_read(&blob, 100, arena, &bytes, &err));
	CHECK_STR(bytes, "hello hello hello ");
	CHECK(blob_cache_find(cache, digest, 18, arena, &again));
	CHECK_STR(again.path, blob.path);
	CHECK(!blob_cache_find(cache, digest, 19, arena, &again));
	CHECK_INT(system("test $(find made -type f | wc -l) = 1"), 0);
}

TEST(a_failed_source_leaves_nothing)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	AUTO(blob_cache) cache = NULL;
	struct blob_source blob;
	struct chunks chunks = {{next_hello}, 3, true};
	CHECK_OK(blob_cache_open(&cache, "c", &err));
	CHECK_FAILS(blob_cache_store(cache, &chunks.source, arena, &blob, &err), CODE_IO);
	CHECK_INT(system("test $(find c -type f | wc -l) = 0"), 0);
}

TEST(a_changed_blob_is_not_lent)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	AUTO(blob_cache) cache = NULL;
	struct blob_source blob;
	char *bytes;
	struct chunks chunks = {{next_hello}, 3, false};
	CHECK_OK(blob_cache_open(&cache, "c", &err));
	CHECK_OK(blob_cache_store(cache, &chunks.source, arena, &blob, &err));
	CHECK_OK(file_write_all(blob.path, "hello hellO hello ", 18, 0644, &err));
	CHECK_FAILS(blob_source_read(&blob, 100, arena, &bytes, &err), CODE_INTEGRITY);
	CHECK_OK(file_write_all(blob.path, "hello", 5, 0644, &err));
	CHECK_FAILS(blob_source_read(&blob, 100, arena, &bytes, &err), CODE_INTEGRITY);
	CHECK_CONTAINS(err.text, "5 bytes instead of 18");
	CHECK_INT(system("rm -r c"), 0);
	CHECK_FAILS(blob_source_read(&blob, 100, arena, &bytes, &err), CODE_NOT_FOUND);
}
