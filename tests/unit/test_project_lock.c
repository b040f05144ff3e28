/* When the lock of a project changes: which pins may move, what is taken out, what downloads say.
 */
#include "check.h"

#include "file_io.h"
#include "project_lock.h"

static struct arena *arena;

__attribute__((constructor)) static void set_up(void)
{
	arena = arena_new();
}

__attribute__((destructor)) static void tear_down(void)
{
	arena_free(arena);
}

static struct image_reference reference(const char *text)
{
	struct err err = ERR_INIT;
	struct image_reference out;
	CHECK_OK(image_reference_parse(text, arena, &out, &err));
	return out;
}

TEST(an_update_moves_the_images_it_names_and_no_others)
{
	static const struct {
		const char *named, *image;
		bool moves;
	} rows[] = {
		{"postgres", "postgres:17", true},
		{"postgres", "postgres:16", true},
		{"postgres:17", "postgres:17", true},
		{"docker.io/library/postgres:17", "postgres:17", true},
		{"postgres:16", "postgres:17", false},
		{"postgres:latest", "postgres:17", false},
		{"acme/postgres", "postgres:17", false},
		{"ghcr.io/library/postgres", "postgres:17", false},
	};
	const struct image_reference any = reference("postgres:17");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct image_reference named = reference(rows[i].named);
		const struct image_reference image = reference(rows[i].image);
		const struct lock_update update = {.images = &named, .image_count = 1};
		CHECK_INT(project_lock_may_move(&update, &image), rows[i].moves);
	}
	CHECK(!project_lock_may_move(NULL, &any));
	CHECK(project_lock_may_move(&(struct lock_update){.all = true}, &any));
	CHECK(!project_lock_may_move(&(struct lock_update){0}, &any));
}

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void open_project(struct project *project, const char *compose, const char *file)
{
	struct err err = ERR_INIT;
	struct finding_list findings;
	const struct options options = {.name = "x"};
	finding_list_init(&findings, arena);
	CHECK_OK(file_write_all("compose.yaml", compose, strlen(compose), 0644, &err));
	CHECK_OK(file_write_all("hardtack.yaml", file, strlen(file), 0644, &err));
	CHECK_OK(project_open(project, ".", &options, arena, &findings, &err));
}

TEST(only_what_no_service_of_any_profile_names_is_taken_out)
{
	struct err err = ERR_INIT;
	struct project project;
	struct project_lock lock;
	open_project(&project,
		"services:\n  a: {image: \"a:1\"}\n  b: {image: \"b:1\", profiles: [p]}\n",
		"hardtack: 1\ndownloads: [{url: \"https://x.example/a\", to: a}]\n");
	CHECK_OK(project_lock_read(&lock, &project, arena, &err));
	CHECK(!lock.exists);
	CHECK_STR(lock.path, "hardtack.lock");
	static const char *const entries[][2] = {{"docker.io/library/a:1", "linux/arm64"},
		{"docker.io/library/a:1", "linux/amd64"}, {"docker.io/library/b:1", "linux/arm64"},
		{"docker.io/library/c:1", "linux/arm64"}, {"docker.io/library/a:2", "linux/arm64"}};
	for (size_t i = 0; i < 5; i++)
		lock_file_put(&lock.file, arena, entries[i][0], entries[i][1])->manifest = SHA;
	lock_file_put_download(&lock.file, arena, "https://x.example/a")->sha256 = SHA;
	lock_file_put_download(&lock.file, arena, "https://x.example/b")->sha256 = SHA;
	CHECK_OK(project_lock_prune(&lock, &project, arena, &err));
	CHECK_INT(lock.file.image_count, 3);
	CHECK(!lock_file_image(&lock.file, "docker.io/library/c:1", "linux/arm64"));
	CHECK_INT(lock.file.download_count, 1);
	CHECK_INT(lock.change_count, 3);
	CHECK_STR(lock.changes[0].name, "c:1");
	CHECK_INT(lock.changes[0].kind, LOCK_REMOVED);
	CHECK_STR(lock.changes[2].name, "https://x.example/b");
}

TEST(downloads_follow_the_project_file)
{
	struct err err = ERR_INIT;
	struct project project;
	struct project_lock lock;
	size_t unknown;
	open_project(&project, "services:\n  a: {image: \"a:1\"}\n",
		"hardtack: 1\ndownloads:\n"
		"  - {url: \"https://x.example/a\", to: a, sha256: " SHA "}\n"
		"  - {url: \"https://x.example/b\", to: b}\n");
	CHECK_OK(project_lock_read(&lock, &project, arena, &err));
	project_lock_downloads(&lock, &project, NULL, &unknown, arena);
	CHECK_INT(unknown, 1);
	CHECK_INT(lock.change_count, 1);
	CHECK_STR(lock.file.downloads[0].sha256, SHA);
	lock.file.downloads[0].sha256 = OTHER;
	lock_file_put_download(&lock.file, arena, "https://x.example/b")->sha256 = OTHER;
	project_lock_downloads(&lock, &project, NULL, &unknown, arena);
	CHECK_INT(unknown, 0);
	CHECK_INT(lock.change_count, 2);
	CHECK_INT(lock.changes[1].kind, LOCK_MOVED);
	CHECK_STR(lock.changes[1].old_digest, OTHER);
	const struct lock_update update = {.all = true};
	project_lock_downloads(&lock, &project, &update, &unknown, arena);
	CHECK_INT(unknown, 1);
	CHECK_INT(lock.change_count, 2);
}
