/* manifest.json: what is written is read back, and nothing else is accepted. */
#include "check.h"

#include <stdlib.h>

#include "load_archive.h"
#include "manifest.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"

static struct manifest_layer layers[] = {
	{"sha256:" HEX "1", "sha256:" HEX "a", "application/vnd.oci.image.layer.v1.tar+gzip", 100},
	{"sha256:" HEX "2", "sha256:" HEX "b", "application/vnd.oci.image.layer.v1.tar+gzip", 200},
};
static struct manifest_image images[] = {
	{.reference = "docker.io/library/db:17",
		.tag = "docker.io/library/db:17-0123456789ab",
		.pin = "sha256:" HEX "3",
		.config = "sha256:" HEX "4",
		.config_size = 10,
		.manifest_media_type = "application/vnd.oci.image.manifest.v1+json",
		.manifest_size = 20,
		.os = "linux",
		.architecture = "arm64",
		.variant = "v8",
		.layers = layers,
		.layer_count = 2,
		.unpacked_bytes = 1000},
	{.reference = "ghcr.io/a/b:2",
		.tag = "ghcr.io/a/b:2-0123456789ab",
		.index = "sha256:" HEX "5",
		.pin = "sha256:" HEX "6",
		.config = "sha256:" HEX "7",
		.config_size = 11,
		.manifest_media_type = "application/vnd.oci.image.manifest.v1+json",
		.manifest_size = 21,
		.os = "linux",
		.architecture = "arm64",
		.layers = layers,
		.layer_count = 1},
};
static struct manifest_port ports[] = {{"127.0.0.1", "${PORT:-80}", "80", "tcp"}};
static struct manifest_service services[] = {
	{.name = "db", .active = true, .has_healthcheck = true, .container_name = "the-db"},
	{.name = "web", .image = 1, .ports = ports, .port_count = 1},
};
static struct manifest_entry entries[] = {
	{"hardtack/files/compose.yaml", 5, {{1, 2}}, 0644,
		"https://files.example.org/a"},
	{"hardtack/files/.env", 0, {{3}}, 0755, NULL},
};
static struct manifest_library libraries[] = {
	{"zlib", "1.3.1", "Zlib", "https://files.example.org/z", HEX "8"},
	{"musl", "1.2.5", "MIT", NULL, NULL},
};
static struct manifest_template templates[] = {
	{".env", ".env", false}, {".env", "client/.env", true}};
static struct manifest_step steps[] = {{"up", "{}"}, {"wait_healthy", "{\"timeout\":\"5m\"}"}};
static const char *directories[] = {"data"};
static const char *profiles[] = {"debug"};

static struct manifest sample(void)
{
	return (struct manifest){
		.name = "stack",
		.version = "1.0",
		.title = {NULL, "标题"},
		.builder = "hardtack x",
		.compose = "compose.yaml",
		.templates = templates,
		.template_count = 2,
		.directories = directories,
		.directory_count = 1,
		.profiles = profiles,
		.profile_count = 1,
		.images = images,
		.image_count = 2,
		.services = services,
		.service_count = 2,
		.entries = entries,
		.entry_count = 2,
		.steps = steps,
		.step_count = 2,
		.libraries = libraries,
		.library_count = 2,
	};
}

TEST(what_is_written_is_read_back)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	AUTO_TEXT first = TEXT_INIT;
	AUTO_TEXT second = TEXT_INIT;
	struct manifest manifest = sample(), *parsed = NULL;
	manifest_write(&manifest, &first);
	CHECK_OK(manifest_parse(first.bytes, first.length, arena, &parsed, &err));
	if (!parsed)
		return;
	manifest_write(parsed, &second);
	CHECK_STR(second.bytes, first.bytes);
	CHECK_STR(parsed->services[0].container_name, "the-db");
	CHECK(!parsed->services[1].container_name);
	CHECK_STR(parsed->entries[0].url, "https://files.example.org/a");
	CHECK(!parsed->entries[1].url);
	CHECK_INT(parsed->library_count, 2);
	CHECK_STR(parsed->libraries[0].sha256, HEX "8");
	CHECK(!parsed->libraries[1].url);
	CHECK(!parsed->templates[0].fill && parsed->templates[1].fill);
	CHECK_STR(parsed->services[1].ports[0].published, "${PORT:-80}");
	CHECK_STR(manifest_platform(&parsed->images[0], arena), "linux/arm64/v8");
	CHECK_STR(manifest_text_pick(&parsed->title), "标题");
}

static const char *first_files[] = {"compose.yaml"}, *second_files[] = {".env", "compose.yaml"};
static struct manifest variants[] = {{
	.variant = "v2",
	.version = "2.0",
	.title = {"Two", NULL},
	.compose = "compose.yaml",
	.templates = templates,
	.template_count = 1,
	.services = services,
	.service_count = 1,
	.steps = steps,
	.step_count = 1,
	.known_issues_json = "[]",
	.files = second_files,
	.file_count = 2,
}};

static struct manifest sample_with_fallback(void)
{
	struct manifest manifest = sample();
	manifest.files = first_files;
	manifest.file_count = 1;
	manifest.fallback = variants;
	manifest.fallback_count = 1;
	return manifest;
}

TEST(variants_are_read_back_and_each_is_a_manifest_of_its_own)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	AUTO_TEXT first = TEXT_INIT;
	AUTO_TEXT second = TEXT_INIT;
	struct manifest manifest = sample_with_fallback(), *parsed = NULL;
	manifest_write(&manifest, &first);
	CHECK_OK(manifest_parse(first.bytes, first.length, arena, &parsed, &err));
	if (!parsed)
		return;
	manifest_write(parsed, &second);
	CHECK_STR(second.bytes, first.bytes);
	const struct manifest *one = manifest_variant(parsed, 0, arena);
	const struct manifest *two = manifest_variant(parsed, 1, arena);
	CHECK(!one->variant && one->service_count == 2 && one->entry_count == 1);
	CHECK_STR(one->entries[0].path, "hardtack/files/compose.yaml");
	CHECK_STR(two->variant, "v2");
	CHECK_STR(two->version, "2.0");
	CHECK_STR(two->name, "stack");
	CHECK_STR(two->known_issues_json, "[]");
	CHECK(two->service_count == 1 && two->image_count == 2 && two->entry_count == 2);
	CHECK(manifest_uses_image(two, 0, true) && !manifest_uses_image(two, 1, false));
	CHECK(manifest_uses_image(one, 1, false) && !manifest_uses_image(one, 1, true));
}

TEST(a_bundle_without_variants_says_nothing_of_them_and_is_its_own_view)
{
	AUTO(arena) arena = arena_new();
	AUTO_TEXT json = TEXT_INIT;
	struct manifest manifest = sample();
	manifest_write(&manifest, &json);
	CHECK(!strstr(json.bytes, "fallback") && !strstr(json.bytes, "\"files\""));
	CHECK(manifest_variant(&manifest, 0, arena) == &manifest);
}

TEST(names_of_variants_are_plain)
{
	static const char *const good[] = {"v2", "a", "lite-1", "abcdefghijklmnop"};
	static const char *const bad[] = {
		"", "2", "V2", "v2-", "-v", "a.b", "a/b", "abcdefghijklmnopq"};
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		CHECK(manifest_is_variant_name(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK(!manifest_is_variant_name(bad[i]));
}

/* Parses the sample with one piece of text replaced. */
static int parse_changed(const char *from, const char *to, struct err *err)
{
	AUTO(arena) arena = arena_new();
	AUTO_TEXT json = TEXT_INIT;
	AUTO_TEXT changed = TEXT_INIT;
	struct manifest manifest = sample_with_fallback(), *parsed;
	manifest_write(&manifest, &json);
	const char *at = strstr(json.bytes, from);
	CHECK(at != NULL);
	if (!at)
		return -1;
	text_add_bytes(&changed, json.bytes, (size_t)(at - json.bytes));
	text_add(&changed, to);
	text_add(&changed, at + strlen(from));
	return manifest_parse(changed.bytes, changed.length, arena, &parsed, err);
}

TEST(a_manifest_that_lies_is_refused_as_broken)
{
	static const struct {
		const char *from, *to, *text;
	} cases[] = {
		{"\"schema\": 1", "\"schema\": 2", "schema 2"},
		{"\"name\": \"stack\",", "", "name"},
		{"\"license\": \"Zlib\",", "", "license"},
		{"hardtack/files/.env", "hardtack/../.env", "leaves the bundle"},
		{"hardtack/files/.env", "/etc/passwd", "leaves the bundle"},
		{"\"target\": \".env\"", "\"target\": \"../.env\"", "leaves the bundle"},
		{"\"data\"", "\"../data\"", "leaves the bundle"},
		{"\"compose\": \"compose.yaml\"", "\"compose\": \"other.yaml\"",
			"not among the entries"},
		{"\"mode\": \"0755\"", "\"mode\": \"4755\"", "neither 0644 nor 0755"},
		{"\"image\": 1", "\"image\": 2", "no image number 2"},
		{"sha256:" HEX "3", "sha256:" HEX "G", "sha256"},
		{":17-0123456789ab", "/17", "has no tag"},
		{"\"up\": {}", "\"up\": 1", "exactly one kind"},
		{"\"size\": 100", "\"size\": -1", "size"},
		{"\"name\": \"v2\"", "\"name\": \"../v2\"", "no name of a variant"},
		{"\"fallback\": [", "\"fallback\": {}, \"x\": [", "fallback"},
		{"\"compose\": \"compose.yaml\",\n      \"templates\"",
			"\"compose\": \"c.yaml\",\n      \"templates\"", "not among the entries"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = ERR_INIT;
		CHECK_FAILS(parse_changed(cases[i].from, cases[i].to, &err), CODE_INTEGRITY);
		CHECK_CONTAINS(err.text, cases[i].text);
	}
}

TEST(safe_paths_stay_where_they_are)
{
	CHECK(manifest_is_safe_path("a/b.c"));
	CHECK(manifest_is_safe_path("..a/b.."));
	CHECK(!manifest_is_safe_path(""));
	CHECK(!manifest_is_safe_path("/a"));
	CHECK(!manifest_is_safe_path("a/"));
	CHECK(!manifest_is_safe_path("a//b"));
	CHECK(!manifest_is_safe_path("a/../b"));
	CHECK(!manifest_is_safe_path("./a"));
}

TEST(the_image_part_holds_each_blob_once_metadata_first)
{
	AUTO(arena) arena = arena_new();
	struct manifest manifest = sample();
	struct load_archive_blob *blobs;
	CHECK_INT(load_archive_blobs(&manifest, NULL, arena, &blobs), 6);
	CHECK_STR(blobs[0].digest, images[0].pin);
	CHECK_STR(blobs[3].digest, images[1].config);
	CHECK_STR(blobs[4].digest, layers[0].digest);
	CHECK_STR(blobs[5].digest, layers[1].digest);
	bool only_second[] = {false, true};
	CHECK_INT(load_archive_blobs(&manifest, only_second, arena, &blobs), 3);
}

TEST(the_load_documents_name_the_private_tags)
{
	AUTO_TEXT index = TEXT_INIT;
	AUTO_TEXT archive = TEXT_INIT;
	struct manifest manifest = sample();
	load_archive_index(&manifest, NULL, &index);
	load_archive_manifest(&manifest, NULL, &archive);
	CHECK_CONTAINS(index.bytes,
		"\"io.containerd.image.name\":\"docker.io/library/db:17-0123456789ab\"");
	CHECK_CONTAINS(index.bytes, "\"org.opencontainers.image.ref.name\":\"17-0123456789ab\"");
	CHECK_CONTAINS(index.bytes, "\"variant\":\"v8\"");
	CHECK_CONTAINS(archive.bytes, "{\"Config\":\"blobs/sha256/" HEX "4\",\"RepoTags\":["
				      "\"docker.io/library/db:17-0123456789ab\"],\"Layers\":["
				      "\"blobs/sha256/" HEX "1\",\"blobs/sha256/" HEX "2\"]}");
}

TEST(two_names_of_one_image_share_an_entry_of_the_archive)
{
	AUTO_TEXT archive = TEXT_INIT;
	struct manifest_image twins[] = {images[0], images[0]};
	twins[1].tag = "docker.io/library/twin:1-0123456789ab";
	struct manifest manifest = sample();
	manifest.images = twins;
	load_archive_manifest(&manifest, NULL, &archive);
	CHECK_CONTAINS(archive.bytes, "\"RepoTags\":[\"docker.io/library/db:17-0123456789ab\","
				      "\"docker.io/library/twin:1-0123456789ab\"]");
	bool none[] = {false, false};
	text_clear(&archive);
	load_archive_manifest(&manifest, none, &archive);
	CHECK_STR(archive.bytes, "[]\n");
}
