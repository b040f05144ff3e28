/* What `inspect` shows of an installer: who shares what, and that long lists stay readable. */
#include "check.h"
#include "inspect_tree.h"
#include "message.h"
#include "messages_builder.h"
#include "ui_width.h"

static struct manifest_layer layer(struct arena *arena, unsigned number, uint64_t size_bytes)
{
	return (struct manifest_layer){
		.digest = arena_printf(arena, "sha256:%064x", number),
		.diff_id = "sha256:0",
		.media_type = number % 2 ? "application/vnd.oci.image.layer.v1.tar+gzip"
					 : "application/vnd.oci.image.layer.v1.tar",
		.size_bytes = size_bytes,
	};
}

/* An image with the layers [first, first + count), 1000 bytes and more. */
static struct manifest_image image(
	struct arena *arena, const char *reference, unsigned first, size_t count)
{
	struct manifest_image made = {
		.reference = reference,
		.tag = "docker.io/library/x:1-0123456789ab",
		.pin = "sha256:1",
		.config_size = 10,
		.manifest_size = 20,
		.os = "linux",
		.architecture = "arm64",
		.layers = arena_alloc(arena, count * sizeof(*made.layers)),
		.layer_count = count,
		.unpacked_bytes = 5000,
	};
	for (size_t i = 0; i < count; i++)
		made.layers[i] = layer(arena, first + (unsigned)i, 1000 + first + i);
	return made;
}

static void show(struct arena *arena, const struct manifest *manifest, bool all, size_t columns,
	struct text *out)
{
	struct contents contents = {0};
	contents_measure_layers(manifest, arena, &contents);
	struct inspect_tree tree = {.name = "an-installer",
		.size_bytes = 100000,
		.manifest = manifest,
		.contents = &contents,
		.arena = arena,
		.all = all,
		.columns = columns};
	inspect_tree_add(&tree, out);
}

static size_t lines_of(const char *text)
{
	size_t lines = 0;
	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

/* The widest line but those of names, which are never cut. */
static size_t widest(struct arena *arena, const char *text)
{
	size_t columns = 0;
	while (*text) {
		size_t length = strcspn(text, "\n");
		size_t width = ui_width(arena_strndup(arena, text, length));
		columns = width > columns ? width : columns;
		text += length + (text[length] == '\n');
	}
	return columns;
}

TEST(a_layer_of_two_images_is_counted_once_and_names_the_other)
{
	AUTO(arena) arena = arena_new();
	struct manifest_image images[] = {
		image(arena, "docker.io/library/one:1", 1, 3),
		image(arena, "docker.io/library/two:2", 3, 2),
	};
	struct manifest manifest = {.builder = "hardtack", .images = images, .image_count = 2};
	struct contents contents = {0};
	contents_measure_layers(&manifest, arena, &contents);
	CHECK_INT(contents.layer_count, 4);
	CHECK_INT(contents.shared_count, 1);
	CHECK_INT(contents.layer_bytes, 1001 + 1002 + 1003 + 1004);
	CHECK_INT(contents.unshared_bytes, 1001 + 1002 + 1003 + 1004 + 1003);
	CHECK_INT(contents.unpacked_bytes, 10000);
	CHECK_INT(contents_image_bytes(&images[0]), 1001 + 1002 + 1003 + 30);
	CHECK_INT(contents_image_own_bytes(&contents, &images[0]), 1001 + 1002 + 30);
	const struct contents_layer *shared = contents_layer(&contents, images[1].layers[0].digest);
	CHECK(shared && shared->image_count == 2);
	CHECK_INT(shared ? shared->images[1] : 0, 1);
	CHECK(!contents_layer(&contents, "sha256:none"));
	AUTO_TEXT out = TEXT_INIT;
	show(arena, &manifest, false, 80, &out);
	CHECK_CONTAINS(out.bytes, "also in docker.io/library/two:2");
	CHECK_CONTAINS(out.bytes, "also in docker.io/library/one:1");
	CHECK_CONTAINS(out.bytes, "of this only here");
	CHECK_CONTAINS(out.bytes, "Layers: 4, of them in several images: 1");
}

TEST(a_layer_twice_in_one_image_is_shared_with_nobody)
{
	AUTO(arena) arena = arena_new();
	struct manifest_image images[] = {image(arena, "docker.io/library/one:1", 1, 2)};
	images[0].layers[1] = images[0].layers[0];
	struct manifest manifest = {.builder = "hardtack", .images = images, .image_count = 1};
	struct contents contents = {0};
	contents_measure_layers(&manifest, arena, &contents);
	CHECK_INT(contents.layer_count, 1);
	CHECK_INT(contents.shared_count, 0);
}

TEST(ten_thousand_layers_stay_readable_and_all_shows_each)
{
	AUTO(arena) arena = arena_new();
	struct manifest_image images[] = {image(arena, "docker.io/library/one:1", 0, 10000)};
	struct manifest manifest = {.builder = "hardtack", .images = images, .image_count = 1};
	AUTO_TEXT few = TEXT_INIT;
	AUTO_TEXT all = TEXT_INIT;
	show(arena, &manifest, false, 80, &few);
	CHECK(lines_of(few.bytes) < 50);
	CHECK_CONTAINS(few.bytes, "layer 10000 "); /* the largest */
	CHECK_CONTAINS(few.bytes, "9984 smaller ones (--all shows them)");
	show(arena, &manifest, true, 80, &all);
	CHECK(lines_of(all.bytes) > 10000);
	CHECK_CONTAINS(all.bytes, "layer 1 ");
}

TEST(of_equal_layers_exactly_as_many_are_shown_as_there_is_room_for)
{
	AUTO(arena) arena = arena_new();
	struct manifest_image images[] = {image(arena, "docker.io/library/one:1", 0, 100)};
	for (size_t i = 0; i < 100; i++)
		images[0].layers[i].size_bytes = 7;
	struct manifest manifest = {.builder = "hardtack", .images = images, .image_count = 1};
	AUTO_TEXT out = TEXT_INIT;
	show(arena, &manifest, false, 80, &out);
	CHECK_CONTAINS(out.bytes, "layer 16 ");
	CHECK(!strstr(out.bytes, "layer 17 "));
	CHECK_CONTAINS(out.bytes, "84 smaller ones");
}

TEST(with_five_hundred_images_only_the_largest_are_shown)
{
	AUTO(arena) arena = arena_new();
	struct manifest_image *images = arena_alloc(arena, 500 * sizeof(*images));
	for (unsigned i = 0; i < 500; i++)
		images[i] = image(arena, arena_printf(arena, "docker.io/library/n%u:1", i), i, 4);
	struct manifest manifest = {.builder = "hardtack", .images = images, .image_count = 500};
	AUTO_TEXT out = TEXT_INIT;
	show(arena, &manifest, false, 80, &out);
	CHECK_CONTAINS(out.bytes, "docker.io/library/n499:1");
	CHECK(!strstr(out.bytes, "docker.io/library/n1:1"));
	CHECK_CONTAINS(out.bytes, "460 smaller ones");
	CHECK(lines_of(out.bytes) < 260);
}

TEST(numbers_stay_within_the_terminal_in_both_languages)
{
	AUTO(arena) arena = arena_new();
	struct manifest_image images[] = {
		image(arena, "docker.io/library/one:1", 1, 3),
		image(arena, "docker.io/library/two:2", 3, 2),
	};
	struct manifest manifest = {.builder = "hardtack", .images = images, .image_count = 2};
	message_register(messages_builder);
	for (size_t columns = 60; columns <= 200; columns += 20)
		for (int language = MESSAGE_EN; language <= MESSAGE_ZH; language++) {
			AUTO_TEXT out = TEXT_INIT;
			message_set_language((enum message_language)language);
			show(arena, &manifest, false, columns, &out);
			CHECK(widest(arena, out.bytes) <= columns);
			CHECK_CONTAINS(out.bytes, language == MESSAGE_ZH ? "镜像" : "images");
		}
	message_set_language(MESSAGE_EN);
}

TEST(a_download_says_where_it_came_from)
{
	AUTO(arena) arena = arena_new();
	struct manifest_entry entries[] = {
		{"hardtack/files/a.whl", 10, {{0}}, 0644, "https://files.example.org/a.whl"},
		{"hardtack/files/b", 20, {{0}}, 0755, NULL},
	};
	struct manifest manifest = {.builder = "hardtack", .entries = entries, .entry_count = 2};
	struct contents contents = {.file_count = 2, .files = 30};
	struct inspect_tree tree = {.name = "an-installer",
		.size_bytes = 100,
		.manifest = &manifest,
		.contents = &contents,
		.arena = arena,
		.columns = 80};
	AUTO_TEXT out = TEXT_INIT;
	inspect_tree_add(&tree, &out);
	CHECK_CONTAINS(out.bytes, "from https://files.example.org/a.whl");
	CHECK_CONTAINS(out.bytes, "└─ 0755 b ");
}
