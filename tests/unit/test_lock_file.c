/* hardtack.lock: what is written is read again; what is wrong is refused with its line. */
#include "check.h"
#include "corpus_folder.h"

#include <sys/stat.h>

#include "file_io.h"
#include "image_platform.h"
#include "lock_file.h"

#define CORPUS TEST_DATA "/reject/lock"

static struct arena *arena;

__attribute__((constructor)) static void set_up(void)
{
	arena = arena_new();
}

__attribute__((destructor)) static void tear_down(void)
{
	arena_free(arena);
}

static const char *digest(char digit)
{
	char hex[65] = {0};
	memset(hex, digit, 64);
	return arena_printf(arena, "sha256:%s", hex);
}

static void fill(struct lock_image *image, char pin)
{
	static struct lock_layer layers[2];
	layers[0] = (struct lock_layer){digest('4'), digest('5'), OCI_MEDIA_LAYER_GZIP, 400};
	layers[1] = (struct lock_layer){digest('6'), digest('6'), DOCKER_MEDIA_LAYER, 600};
	image->manifest = digest(pin);
	image->manifest_media_type = OCI_MEDIA_MANIFEST;
	image->manifest_size = 200;
	image->config = digest('3');
	image->config_media_type = OCI_MEDIA_CONFIG;
	image->config_size = 300;
	image->layers = layers;
	image->layer_count = 2;
}

static void fill_lock(struct lock_file *lock)
{
	struct lock_image *image =
		lock_file_put(lock, arena, "ghcr.io/acme/web:1.0", "linux/arm64/v8");
	fill(image, '2');
	image->seen_at = "swr.example/{repo}:{tag}-linuxarm64";
	image = lock_file_put(lock, arena, "docker.io/library/postgres:17", "linux/arm64");
	fill(image, '7');
	image->index = digest('1');
	image->index_media_type = DOCKER_MEDIA_LIST;
	image->index_size = 100;
	fill(lock_file_put(lock, arena, "docker.io/library/postgres:17", "linux/amd64"), '8');
	struct lock_download *download =
		lock_file_put_download(lock, arena, "https://files.example/x.whl?a=\"b\"#c");
	download->sha256 = digest('9') + strlen("sha256:");
	download->size_bytes = 500;
	lock_file_put_download(lock, arena, "https://files.example/a.whl")->sha256 =
		digest('a') + strlen("sha256:");
}

static int parse(const char *text, struct lock_file *lock, struct err *err)
{
	return lock_file_parse(arena, "hardtack.lock", text, strlen(text), lock, err);
}

TEST(what_is_written_is_read_again_and_gives_the_same_bytes)
{
	struct err err = ERR_INIT;
	struct lock_file lock = {0}, again;
	AUTO_TEXT first = TEXT_INIT, second = TEXT_INIT;
	fill_lock(&lock);
	lock_file_text(&lock, &first);
	CHECK_OK(parse(first.bytes, &again, &err));
	lock_file_text(&again, &second);
	CHECK_STR(second.bytes, first.bytes);
	CHECK_INT(again.image_count, 3);
	CHECK_STR(again.images[0].platform, "linux/amd64");
	CHECK_STR(again.images[1].index, digest('1'));
	CHECK_INT(again.images[1].index_size, 100);
	CHECK(!again.images[1].seen_at);
	CHECK_STR(again.images[2].reference, "ghcr.io/acme/web:1.0");
	CHECK_STR(again.images[2].seen_at, "swr.example/{repo}:{tag}-linuxarm64");
	CHECK_INT(again.images[2].layer_count, 2);
	CHECK_STR(again.images[2].layers[1].media_type, DOCKER_MEDIA_LAYER);
	CHECK_INT(again.images[2].layers[0].size_bytes, 400);
	CHECK_INT(again.download_count, 2);
	CHECK_STR(again.downloads[1].url, "https://files.example/x.whl?a=\"b\"#c");
	CHECK_INT(again.downloads[0].size_bytes, 0);
	for (size_t i = 0; i < 3; i++)
		CHECK(lock_image_same(&lock.images[i], &again.images[i]));
}

TEST(the_bytes_do_not_depend_on_the_order_of_the_entries)
{
	struct lock_file one = {0}, other = {0};
	AUTO_TEXT first = TEXT_INIT, second = TEXT_INIT;
	fill(lock_file_put(&one, arena, "docker.io/library/a:1", "linux/arm64"), '1');
	fill(lock_file_put(&one, arena, "docker.io/library/b:1", "linux/arm64"), '2');
	fill(lock_file_put(&other, arena, "docker.io/library/b:1", "linux/arm64"), '2');
	fill(lock_file_put(&other, arena, "docker.io/library/a:1", "linux/arm64"), '1');
	lock_file_text(&one, &first);
	lock_file_text(&other, &second);
	CHECK_STR(first.bytes, second.bytes);
}

TEST(an_entry_is_found_by_reference_and_platform)
{
	struct lock_file lock = {0};
	fill_lock(&lock);
	const char *postgres = "docker.io/library/postgres:17";
	CHECK_STR(lock_file_image(&lock, postgres, "linux/arm64")->manifest, digest('7'));
	CHECK_STR(lock_file_image(&lock, postgres, "linux/aarch64/v8")->manifest, digest('7'));
	CHECK_STR(lock_file_image(&lock, postgres, "amd64")->manifest, digest('8'));
	CHECK(!lock_file_image(&lock, postgres, "linux/arm/v7"));
	CHECK(!lock_file_image(&lock, "docker.io/library/postgres:16", "linux/arm64"));
	CHECK(lock_file_put(&lock, arena, postgres, "arm64") ==
		lock_file_image(&lock, postgres, "linux/arm64"));
	CHECK_INT(lock.image_count, 3);
	lock_file_remove(&lock, lock_file_image(&lock, postgres, "linux/arm64"));
	CHECK_INT(lock.image_count, 2);
	CHECK(!lock_file_image(&lock, postgres, "linux/arm64"));
	CHECK(lock_file_image(&lock, postgres, "linux/amd64") != NULL);
	CHECK(!lock_image_same(&lock.images[0], &lock.images[1]));
	lock_file_remove_download(&lock, lock_file_download(&lock, "https://files.example/a.whl"));
	CHECK_INT(lock.download_count, 1);
	CHECK(!lock_file_download(&lock, "https://files.example/a.whl"));
}

TEST(a_file_that_would_not_change_is_not_touched)
{
	struct err err = ERR_INIT;
	struct lock_file lock = {0}, again;
	struct stat before, after;
	bool changed = false, exists = true;
	CHECK_OK(lock_file_read("hardtack.lock", arena, &again, &exists, &err));
	CHECK(!exists);
	CHECK_INT(again.image_count, 0);
	fill_lock(&lock);
	CHECK_OK(lock_file_write(&lock, "hardtack.lock", &changed, &err));
	CHECK(changed);
	CHECK(stat("hardtack.lock", &before) == 0);
	CHECK_OK(lock_file_read("hardtack.lock", arena, &again, &exists, &err));
	CHECK(exists);
	CHECK_OK(lock_file_write(&again, "hardtack.lock", &changed, &err));
	CHECK(!changed);
	CHECK(stat("hardtack.lock", &after) == 0);
	CHECK_INT(after.st_ino, before.st_ino);
	lock_file_remove(&again, &again.images[0]);
	CHECK_OK(lock_file_write(&again, "hardtack.lock", &changed, &err));
	CHECK(changed);
}

TEST(an_empty_lock_is_one)
{
	struct err err = ERR_INIT;
	struct lock_file lock = {0};
	AUTO_TEXT text = TEXT_INIT;
	lock_file_text(&lock, &text);
	CHECK_OK(parse(text.bytes, &lock, &err));
	CHECK_INT(lock.image_count, 0);
}

TEST(platforms_have_one_normal_form)
{
	static const char *const rows[][2] = {{"linux/arm64/v8", "linux/arm64"},
		{"aarch64", "linux/arm64"}, {"linux/arm", "linux/arm"},
		{"linux/arm/v7", "linux/arm"}, {"linux/arm/7", "linux/arm"},
		{"linux/arm/v6", "linux/arm/v6"}, {"armel", "linux/arm/v6"},
		{"linux/amd64/v3", "linux/amd64/v3"}, {"linux/arm64/v9", "linux/arm64/v9"},
		{"x86_64", "linux/amd64"}, {"linux/riscv64", "linux/riscv64"}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err = ERR_INIT;
		struct oci_platform platform;
		CHECK_OK(image_platform_parse(rows[i][0], arena, &platform, &err));
		CHECK_STR(image_platform_text(&platform, arena), rows[i][1]);
	}
}

/* The first line of each is "# expected: TEXT". */
static void check_reject(const char *name)
{
	static const char mark[] = "# expected: ";
	struct err err = ERR_INIT;
	struct lock_file lock;
	char *bytes;
	size_t length;
	CHECK_OK(file_read_all(
		arena_printf(arena, CORPUS "/%s", name), 1 << 20, arena, &bytes, &length, &err));
	if (!text_starts_with(bytes, mark)) {
		check_report(__FILE__, __LINE__, "%s does not say what is expected", name);
		return;
	}
	const char *expected = arena_printf(arena, "hardtack.lock%.*s",
		(int)(strcspn(bytes, "\n") - strlen(mark)), bytes + strlen(mark));
	if (lock_file_parse(arena, "hardtack.lock", bytes, length, &lock, &err) == 0)
		check_report(__FILE__, __LINE__, "%s was accepted", name);
	else if (err.code != CODE_INPUT || !text_starts_with(err.text, expected))
		check_report(__FILE__, __LINE__, "%s: code %d: \"%s\", expected \"%s\"", name,
			err.code, err.text, expected);
}

TEST(every_file_of_the_reject_corpus_is_refused_with_its_line)
{
	CHECK(corpus_folder_each(CORPUS, check_reject) >= 60);
}

/* docs/lock.md shows a lock as it is written. */
TEST(the_example_of_the_document_is_a_lock_as_it_is_written)
{
	struct err err = ERR_INIT;
	struct lock_file lock;
	AUTO_TEXT text = TEXT_INIT;
	char *bytes;
	size_t length;
	CHECK_OK(
		file_read_all(TEST_DATA "/../docs/lock.md", 1 << 20, arena, &bytes, &length, &err));
	const char *begin = strstr(bytes, "```yaml\n");
	const char *end = begin ? strstr(begin, "\n```\n") : NULL;
	CHECK(end != NULL);
	if (!end)
		return;
	begin += strlen("```yaml\n");
	const char *example = arena_strndup(arena, begin, (size_t)(end - begin) + 1);
	CHECK_OK(parse(example, &lock, &err));
	lock_file_text(&lock, &text);
	CHECK_STR(text.bytes, example);
}
