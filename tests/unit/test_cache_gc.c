/* What the cache lists, and what may go from it. */
#include "check.h"

#include <stdlib.h>

#include "cache_gc.h"

enum { DAY = 24 * 60 * 60 };

#define HEX(c) c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c
#define D(c) "sha256:" HEX(c)
#define A D("aa")
#define B D("bb")
#define C D("cc")

static struct cached_file blobs[] = {
	{A, "a", 100, 1000 * DAY},
	{B, "b", 200, 990 * DAY},
	{C, "c", 400, 980 * DAY},
};
static struct cached_file partials[] = {
	{"sha256-x", "x", 10, 999 * DAY},
	{"sha256-y", "y", 10, 900 * DAY},
};

static struct cached_file records[] = {
	{"proofs/sha256-" HEX("cc"), "r", 200, 980 * DAY},
	{"proofs/sha256-" HEX("dd"), "s", 200, 960 * DAY},
};

/* The paths that go, in order: "cb". */
static const char *chosen(const struct cache_gc_rules *rules, struct arena *arena)
{
	struct cache_list list = {.blobs = blobs,
		.blob_count = 3,
		.blob_bytes = 700,
		.partials = partials,
		.partial_count = 2};
	const struct cached_file **files;
	size_t count;
	const char *out = "";
	cache_gc_choose(&list, rules, arena, &files, &count);
	for (size_t i = 0; i < count; i++)
		out = arena_printf(arena, "%s%s", out, files[i]->path);
	return out;
}

TEST(only_what_was_not_used_for_so_long_goes)
{
	AUTO(arena) arena = arena_new();
	struct cache_gc_rules rules = {.now = 1000 * DAY + 1, .older_than_days = 15};
	CHECK_STR(chosen(&rules, arena), "yc");
	rules.older_than_days = 10;
	CHECK_STR(chosen(&rules, arena), "ycb");
	rules.older_than_days = 100;
	CHECK_STR(chosen(&rules, arena), "y");
}

TEST(the_longest_unused_go_until_the_rest_fits)
{
	AUTO(arena) arena = arena_new();
	struct cache_gc_rules rules = {.now = 1000 * DAY + 1, .max_bytes = 699};
	CHECK_STR(chosen(&rules, arena), "yc");
	rules.max_bytes = 299;
	CHECK_STR(chosen(&rules, arena), "ycb");
	rules.max_bytes = 700;
	CHECK_STR(chosen(&rules, arena), "y");
}

TEST(what_a_lock_names_never_goes)
{
	AUTO(arena) arena = arena_new();
	struct lock_layer layers[] = {{.digest = C}};
	struct lock_image image = {.manifest = B, .layers = layers, .layer_count = 1};
	struct lock_file lock = {.images = &image, .image_count = 1};
	struct cache_gc_rules rules = {.now = 1000 * DAY + 1, .locks = &lock, .lock_count = 1};
	CHECK_STR(chosen(&rules, arena), "ya");
	rules.max_bytes = 1;
	CHECK_STR(chosen(&rules, arena), "ya");
	rules.older_than_days = 1;
	rules.max_bytes = 0;
	CHECK_STR(chosen(&rules, arena), "xy");
	image.manifest = "";
	struct lock_download download = {.sha256 = B + 7};
	lock.downloads = &download;
	lock.download_count = 1;
	rules.older_than_days = 7;
	CHECK_STR(chosen(&rules, arena), "y");
}

static void store(struct blob_cache *cache, const char *path, const char *bytes)
{
	struct err err = ERR_INIT;
	(void)cache;
	CHECK_OK(file_write_all(path, bytes, strlen(bytes), 0644, &err));
}

TEST(a_cache_that_is_not_there_is_an_empty_list)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	AUTO(blob_cache) cache = NULL;
	struct cache_list list;
	CHECK_OK(blob_cache_open(&cache, "nothing", &err));
	CHECK_OK(cache_list_read(cache, arena, &list, &err));
	CHECK_INT(list.blob_count + list.partial_count, 0);
}

TEST(the_list_has_blobs_and_partial_files_and_nothing_foreign)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	AUTO(blob_cache) cache = NULL;
	struct cache_list list;
	CHECK_OK(blob_cache_open(&cache, "cache", &err));
	CHECK_OK(file_make_directories("cache/blobs/sha256", 0777, &err));
	CHECK_OK(file_make_directories("cache/partial", 0777, &err));
	store(cache, "cache/blobs/sha256/README", "no");
	store(cache, arena_printf(arena, "cache/blobs/sha256/%s", B + 7), "{\"a\":1}");
	store(cache, arena_printf(arena, "cache/blobs/sha256/%s", A + 7), "\x1f\x8b...");
	store(cache, arena_printf(arena, "cache/partial/sha256-%s", C + 7), "123");
	store(cache, arena_printf(arena, "cache/partial/x-%s", C + 7), "123");
	CHECK_OK(cache_list_read(cache, arena, &list, &err));
	CHECK_INT(list.blob_count, 2);
	CHECK_STR(list.blobs[0].name, A);
	CHECK_STR(cache_list_kind(&list.blobs[0], arena), "layer");
	CHECK_STR(cache_list_kind(&list.blobs[1], arena), "file");
	CHECK_INT(list.blob_bytes, 12);
	CHECK_INT(list.partial_count, 1);
	CHECK_INT(list.partials[0].size_bytes, 3);
}

TEST(a_manifest_and_a_config_are_known_by_their_members)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	struct cached_file file = {.name = A, .path = "blob"};
	store(NULL, "blob", "{\"schemaVersion\":2,\"config\":{},\"layers\":[]}");
	CHECK_STR(cache_list_kind(&file, arena), "manifest");
	store(NULL, "blob", "{\"schemaVersion\":2,\"manifests\":[]}");
	CHECK_STR(cache_list_kind(&file, arena), "index");
	store(NULL, "blob",
		"{\"architecture\":\"arm64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\","
		"\"diff_ids\":[]}}");
	CHECK_STR(cache_list_kind(&file, arena), "config");
	(void)err;
}

TEST(who_uses_the_cache_keeps_the_collector_away)
{
	struct err err = ERR_INIT;
	AUTO(blob_cache) user = NULL;
	AUTO(blob_cache) collector = NULL;
	bool busy = false;
	CHECK_OK(blob_cache_open(&user, "cache", &err));
	CHECK_OK(blob_cache_open(&collector, "cache", &err));
	CHECK_OK(blob_cache_use_alone(collector, &busy, &err));
	CHECK(!busy); /* there is no cache yet */
	CHECK_OK(blob_cache_use(user, &err));
	CHECK_OK(blob_cache_use_alone(collector, &busy, &err));
	CHECK(busy);
	blob_cache_free(user);
	user = NULL;
	CHECK_OK(blob_cache_use_alone(collector, &busy, &err));
	CHECK(!busy);
}

TEST(a_record_of_a_layer_goes_when_a_blob_of_its_digest_would)
{
	AUTO(arena) arena = arena_new();
	struct lock_layer layers[] = {{.digest = C}};
	struct lock_image image = {.layers = layers, .layer_count = 1};
	struct lock_file lock = {.images = &image, .image_count = 1};
	struct cache_list list = {.records = records, .record_count = 2};
	const struct cached_file **files;
	struct {
		struct cache_gc_rules rules;
		size_t expected;
	} cases[] = {
		{{.older_than_days = 10}, 2},
		{{.older_than_days = 30}, 1},
		{{.older_than_days = 100}, 0},
		{{.max_bytes = 1}, 1},
		{{.locks = &lock, .lock_count = 1}, 1},
		{{.locks = &lock, .lock_count = 1, .older_than_days = 1}, 1},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t count;
		cases[i].rules.now = 1000 * DAY + 1;
		cache_gc_choose(&list, &cases[i].rules, arena, &files, &count);
		CHECK_INT(count, cases[i].expected);
		if (count == 1)
			CHECK_STR(files[0]->path, "s");
	}
}
