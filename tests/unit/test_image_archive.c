/* Image archives: every form is read, blobs in place; the reject corpus tests/reject/image_archive.
 */
#include "check.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_io.h"
#include "image_archive.h"
#include "image_platform.h"
#include "number.h"
#include "text.h"

#define MAKER "python3 -B " TEST_DATA "/image_archives.py "

static void make_forms(void)
{
	CHECK_INT(system(MAKER "forms forms"), 0);
	setenv("HARDTACK_CACHE", "cache", 1);
}

static int add(struct image_set *set, const char *argument, struct err *err)
{
	AUTO(blob_cache) cache = NULL;
	if (blob_cache_open(&cache, NULL, err) < 0)
		return -1;
	return image_archive_add(set, argument, cache, err);
}

static int find(struct image_set *set, const char *reference, const char *platform,
	struct image **out, struct err *err)
{
	struct image_reference ref;
	struct oci_platform wanted;
	*out = NULL;
	if (image_reference_parse(reference, set->arena, &ref, err) < 0 ||
		image_platform_parse(platform, set->arena, &wanted, err) < 0)
		return -1;
	return image_set_find(set, &ref, &wanted, out, err);
}

static bool file_exists(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0;
}

TEST(every_form_gives_the_same_image)
{
	static const struct {
		const char *file;
		bool made, gzip, cached;
	} cases[] = {
		{"docker-old.tar", true, false, false},
		{"docker-old.tar.gz", true, false, true},
		{"docker-old-gzip-layers.tar", true, true, false},
		{"docker-25.tar", false, false, false},
		{"docker-25.tar.zst", false, false, true},
		{"skopeo-docker.tar", true, false, false},
		{"oci.tar", false, true, false},
		{"oci.tar.gz", false, true, false}, /* small enough for memory */
		{"oci", false, true, false},
		{"docker-unpacked", true, false, false},
	};
	make_forms();
	char config[80] = "", pins[10][80];
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = ERR_INIT;
		AUTO(image_set) set = image_set_new();
		struct image *image;
		AUTO_FREE char *path = xprintf("forms/%s", cases[i].file);
		CHECK_INT(system("rm -rf cache"), 0);
		CHECK_OK(add(set, path, &err));
		CHECK_OK(find(set, "lab/app:1.0", "linux/arm64", &image, &err));
		if (!image)
			continue;
		CHECK_INT(image->manifest_is_made, cases[i].made);
		CHECK_INT(image->layer_count, 2);
		CHECK_STR(oci_config_env(&image->config, "PG_MAJOR"), "17");
		CHECK_STR(image->layers[0].media_type,
			cases[i].gzip ? OCI_MEDIA_LAYER_GZIP : OCI_MEDIA_LAYER);
		if (!*config)
			snprintf(config, sizeof(config), "%s", image->config_blob.digest);
		CHECK_STR(image->config_blob.digest, config);
		snprintf(pins[i], sizeof(pins[i]), "%s", image->manifest.digest);
		CHECK_OK(image_layers_verify(image, &err));
		CHECK_INT(image->layers[0].unpacked_bytes, 204800);
		CHECK_INT(file_exists("cache"), cases[i].cached);
		/* The manifest's bytes are what the pin says. */
		char digest[SHA256_DIGEST_LENGTH + 1];
		CHECK_OK(blob_source_digest(&image->manifest, digest, &err));
		CHECK_STR(digest, image->manifest.digest);
	}
	CHECK_STR(pins[1], pins[0]);
	CHECK_STR(pins[5], pins[0]);
	CHECK_STR(pins[9], pins[0]);
	CHECK_STR(pins[4], pins[3]);
	CHECK_STR(pins[7], pins[6]);
	CHECK_STR(pins[8], pins[6]);
	/* Docker 25's own manifest over plain layers is the one that we make. */
	CHECK_STR(pins[3], pins[0]);
	CHECK(strcmp(pins[0], pins[2]) != 0 && strcmp(pins[0], pins[6]) != 0);
}

TEST(an_index_gives_an_image_for_each_platform)
{
	static const char *const files[] = {"forms/multi.tar", "forms/multi"};
	make_forms();
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct err err = ERR_INIT;
		AUTO(image_set) set = image_set_new();
		struct image *arm, *amd, *other;
		CHECK_OK(add(set, files[i], &err));
		CHECK_INT(set->count, 2); /* no attestation */
		CHECK_OK(find(set, "ghcr.io/lab/multi:2", "linux/arm64", &arm, &err));
		CHECK_OK(find(set, "ghcr.io/lab/multi:2", "linux/amd64", &amd, &err));
		CHECK(arm && amd && arm != amd);
		if (!arm || !amd)
			return;
		CHECK_STR(arm->platform.variant, "v8");
		CHECK_STR(arm->index_digest, amd->index_digest);
		CHECK_STR(arm->manifest_media_type, DOCKER_MEDIA_MANIFEST);
		/* By digest: the manifest's is one platform, the index's both. */
		AUTO_FREE char *by_index = xprintf("x/y@%s", arm->index_digest);
		AUTO_FREE char *by_manifest = xprintf("x/y@%s", amd->manifest.digest);
		CHECK_OK(find(set, by_index, "linux/amd64", &other, &err));
		CHECK(other == amd);
		CHECK_OK(find(set, by_manifest, "linux/amd64", &other, &err));
		CHECK(other == amd);
		CHECK_FAILS(find(set, by_manifest, "linux/arm64", &other, &err), CODE_NOT_FOUND);
		CHECK_FAILS(find(set, "ghcr.io/lab/multi:2", "linux/s390x", &other, &err),
			CODE_NOT_FOUND);
		CHECK_CONTAINS(err.text, "not for linux/s390x");
		CHECK_CONTAINS(err.hint, "ghcr.io/lab/multi:2 (linux/arm64/v8)");
		CHECK_CONTAINS(err.hint, "ghcr.io/lab/multi:2 (linux/amd64)");
	}
}

TEST(a_platform_that_the_index_names_but_the_archive_lacks_is_told)
{
	struct err err = ERR_INIT;
	AUTO(image_set) set = image_set_new();
	struct image *image;
	make_forms();
	CHECK_OK(add(set, "forms/multi-arm64-only.tar", &err));
	CHECK_OK(find(set, "ghcr.io/lab/multi:2", "linux/arm64", &image, &err));
	CHECK_FAILS(find(set, "ghcr.io/lab/multi:2", "linux/amd64", &image, &err), CODE_NOT_FOUND);
	CHECK_CONTAINS(err.text, "is not in the archive");
	CHECK(err.hint[0] != '\0');
}

TEST(names_come_from_annotations_and_repo_tags)
{
	struct err err = ERR_INIT;
	AUTO(image_set) set = image_set_new();
	struct image *a, *b;
	make_forms();
	CHECK_OK(add(set, "forms/docker-25.tar", &err));
	CHECK_OK(find(set, "lab/app:1.0", "linux/arm64", &a, &err));
	CHECK_OK(find(set, "docker.io/lab/app:stable", "linux/arm64", &b, &err));
	CHECK(a == b);
	CHECK_OK(add(set, "forms/two.tar", &err));
	CHECK_OK(find(set, "web:2", "linux/arm64", &b, &err));
	CHECK(a != b);
}

TEST(a_given_reference_replaces_the_names)
{
	struct err err = ERR_INIT;
	AUTO(image_set) set = image_set_new();
	struct image *image;
	make_forms();
	CHECK_OK(add(set, "ghcr.io/x/y=forms/no-name.tar", &err));
	CHECK_OK(find(set, "ghcr.io/x/y:latest", "linux/arm64", &image, &err));
	CHECK_OK(add(set, "multi=forms/multi.tar", &err));
	CHECK_OK(find(set, "multi", "linux/amd64", &image, &err));
	CHECK_FAILS(find(set, "ghcr.io/lab/multi:2", "linux/amd64", &image, &err), CODE_NOT_FOUND);
	CHECK_FAILS(add(set, "z=forms/two.tar", &err), CODE_INPUT);
	CHECK_CONTAINS(err.hint, "lab/app:1.0, web:2");
	CHECK_FAILS(add(set, "Z=forms/oci.tar", &err), CODE_INPUT);
	CHECK_INT(system("cp forms/oci.tar a=b"), 0);
	CHECK_OK(add(set, "a=b", &err));
	CHECK_OK(find(set, "lab/app:1.0", "linux/arm64", &image, &err));
	/* A digest that no archive keeps can be given by hand. */
	AUTO_FREE char *pinned = xprintf("p@sha256:%064d=forms/no-name.tar", 7);
	AUTO_FREE char *wanted = xprintf("p@sha256:%064d", 7);
	CHECK_OK(add(set, pinned, &err));
	CHECK_OK(find(set, wanted, "linux/arm64", &image, &err));
}

TEST(what_is_not_there_is_listed)
{
	struct err err = ERR_INIT;
	AUTO(image_set) set = image_set_new();
	struct image *image;
	make_forms();
	CHECK_FAILS(find(set, "postgres:17", "linux/arm64", &image, &err), CODE_NOT_FOUND);
	CHECK_CONTAINS(err.hint, "docker save -o FILE postgres:17");
	CHECK_OK(add(set, "forms/no-name.tar", &err));
	CHECK_OK(add(set, "forms/two.tar", &err));
	CHECK_FAILS(find(set, "lab/app:2.0", "linux/arm64", &image, &err), CODE_NOT_FOUND);
	CHECK_CONTAINS(err.text, "lab/app:2.0");
	CHECK_CONTAINS(err.hint, "- (linux/arm64), lab/app:1.0 (linux/arm64), web:2 (linux/arm64)");
	CHECK_CONTAINS(err.hint, "--image-archive lab/app:2.0=FILE");
	/* Two archives that call different images by the same name. */
	CHECK_OK(add(set, "forms/docker-old.tar", &err));
	CHECK_FAILS(find(set, "lab/app:1.0", "linux/arm64", &image, &err), CODE_INPUT);
	CHECK_CONTAINS(err.text, "two different images");
}

TEST(layers_are_read_in_place_and_a_change_in_between_is_found)
{
	struct err err = ERR_INIT;
	AUTO(image_set) set = image_set_new();
	AUTO(arena) arena = arena_new();
	struct image *image;
	char *bytes;
	make_forms();
	CHECK_OK(add(set, "forms/oci.tar", &err));
	CHECK_OK(find(set, "lab/app:1.0", "linux/arm64", &image, &err));
	const struct blob_source *blob = &image->layers[1].blob;
	CHECK(blob->fd >= 0 && blob->offset > 0);
	CHECK_OK(blob_source_read(blob, 1 << 20, arena, &bytes, &err));
	CHECK_FAILS(blob_source_read(blob, 10, arena, &bytes, &err), CODE_INPUT);
	FILE *file = fopen("forms/oci.tar", "r+");
	fseek(file, (long)blob->offset + 20, SEEK_SET);
	int old = fgetc(file);
	fseek(file, (long)blob->offset + 20, SEEK_SET);
	fputc(old ^ 1, file);
	fclose(file);
	AUTO_BLOB_READER reader = {0};
	const void *chunk;
	size_t length;
	CHECK_OK(blob_source_open(blob, &reader, &err));
	CHECK_FAILS(stream_next(&reader.source, &chunk, &length, &err), CODE_INTEGRITY);
	CHECK_CONTAINS(err.text, "forms/oci.tar: blobs/sha256/");
}

/* What a recipe's archive comes to: adding, finding, proving the layers. */
static int use(const char *path, struct err *err)
{
	AUTO(image_set) set = image_set_new();
	struct image *image;
	if (add(set, path, err) < 0 || find(set, "lab/app:1.0", "linux/arm64", &image, err) < 0)
		return -1;
	return image_layers_verify(image, err);
}

static void check_recipe(const char *name)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	char *recipe;
	size_t length;
	unsigned code = 0;
	char part[200] = "";
	const char *path = arena_printf(arena, "%s/%s", TEST_DATA "/reject/image_archive", name);
	CHECK_OK(file_read_all(path, 1 << 16, arena, &recipe, &length, &err));
	CHECK_INT(sscanf(recipe, "# expect %u: %199[^\n]", &code, part), 2);
	int result = use(arena_printf(arena, "bad/%.*s", (int)strlen(name) - 3, name), &err);
	if (result == 0)
		check_report(__FILE__, __LINE__, "%s: accepted", name);
	else if (err.code != (int)code || !strstr(err.text, part))
		check_report(__FILE__, __LINE__, "%s: %d %s", name, err.code, err.text);
}

TEST(every_archive_of_the_reject_corpus_is_refused_with_its_code)
{
	int count = 0;
	setenv("HARDTACK_CACHE", "cache", 1);
	CHECK_INT(system(MAKER "recipes " TEST_DATA "/reject/image_archive bad"), 0);
	DIR *dir = opendir(TEST_DATA "/reject/image_archive");
	for (struct dirent *file; dir && (file = readdir(dir));) {
		if (!text_ends_with(file->d_name, ".py"))
			continue;
		check_recipe(file->d_name);
		count++;
	}
	if (dir)
		closedir(dir);
	CHECK(count >= 50);
}
