/* Which manifest of an index is meant, and what a manifest and a config pin together. */
#include "check.h"

#include "image_pin.h"
#include "image_platform.h"
#include "text.h"

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

static struct oci_platform platform(const char *text)
{
	struct err err = ERR_INIT;
	struct oci_platform out;
	CHECK_OK(image_platform_parse(text, arena, &out, &err));
	return out;
}

/* Entries as "os/arch[/variant]", "-" without label, "?" an attestation, "+…" an index. */
static const char *chosen(const char *entries, const char *wanted_text, struct err *err)
{
	AUTO_TEXT out = TEXT_INIT;
	struct oci_descriptor manifests[16] = {0};
	struct oci_index index = {.manifests = manifests};
	char *rest = arena_strdup(arena, entries);
	for (char *word; (word = strsep(&rest, " ")); index.count++) {
		struct oci_descriptor *entry = &manifests[index.count];
		entry->digest = digest((char)('0' + index.count));
		entry->media_type = *word == '+' ? OCI_MEDIA_INDEX : OCI_MEDIA_MANIFEST;
		entry->is_attestation = *word == '?';
		if (*word != '-')
			entry->platform = platform(word + strspn(word, "+?"));
	}
	const struct oci_platform wanted = platform(wanted_text);
	const struct oci_descriptor **best;
	size_t count;
	if (image_pin_choose(&index, &wanted, "x:1", arena, &best, &count, err) < 0)
		return "-";
	for (size_t i = 0; i < count; i++)
		text_addf(&out, "%s%c", i ? " " : "", best[i]->digest[strlen("sha256:")]);
	return arena_strdup(arena, out.bytes);
}

TEST(the_best_manifest_of_an_index_is_chosen)
{
	static const struct {
		const char *entries, *wanted, *chosen;
	} rows[] = {
		{"linux/amd64 linux/arm64", "linux/arm64", "1"},
		{"linux/amd64 linux/arm64/v8", "linux/arm64", "1"},
		{"linux/arm64 linux/amd64", "linux/arm64/v8", "0"},
		{"linux/arm/v6 linux/arm/v7 linux/arm/v5", "linux/arm/v7", "1 0 2"},
		{"linux/arm/v7 linux/arm/v6", "linux/arm/v6", "1"},
		{"?linux/arm64 linux/arm64", "linux/arm64", "1"},
		{"+linux/arm64 linux/arm64", "linux/arm64", "1"},
		{"linux/arm64 linux/arm64", "linux/arm64", "0 1"},
		{"- - linux/amd64", "linux/arm64", "0 1"},
		{"- linux/arm64", "linux/arm64", "1"},
		{"linux/amd64/v2 linux/amd64", "linux/amd64", "1"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err = ERR_INIT;
		CHECK_STR(chosen(rows[i].entries, rows[i].wanted, &err), rows[i].chosen);
		CHECK_STR(err.text, "");
	}
}

TEST(a_missing_platform_lists_those_that_exist)
{
	struct err err = ERR_INIT;
	CHECK_STR(chosen("linux/amd64 ?linux/arm64 linux/arm/v7 linux/amd64", "linux/arm64", &err),
		"-");
	CHECK_INT(err.code, CODE_NOT_FOUND);
	CHECK_CONTAINS(err.text, "x:1 is there, but not for linux/arm64");
	CHECK_CONTAINS(err.hint, "There is: linux/amd64, linux/arm/v7. ");
	err_clear(&err);
	CHECK_STR(chosen("+linux/arm64", "linux/arm64", &err), "-");
	CHECK_INT(err.code, CODE_INPUT);
	err_clear(&err);
	CHECK_STR(chosen("?linux/arm64", "linux/arm64", &err), "-");
	CHECK_INT(err.code, CODE_NOT_FOUND);
}

struct fixture {
	struct oci_descriptor layers[2];
	const char *diff_ids[2];
	struct oci_manifest manifest;
	struct oci_config config;
};

static void make(struct fixture *fixture)
{
	*fixture = (struct fixture){
		.layers = {{.media_type = OCI_MEDIA_LAYER_GZIP,
				   .digest = digest('1'),
				   .size_bytes = 10},
			{.media_type = OCI_MEDIA_LAYER, .digest = digest('2'), .size_bytes = 20}},
		.diff_ids = {digest('3'), digest('2')},
		.manifest = {.media_type = OCI_MEDIA_MANIFEST,
			.config = {.media_type = OCI_MEDIA_CONFIG,
				.digest = digest('4'),
				.size_bytes = 30},
			.layer_count = 2,
			.is_image = true},
		.config = {.platform = platform("linux/arm64/v8"), .diff_id_count = 2},
	};
	fixture->manifest.layers = fixture->layers;
	fixture->config.diff_ids = fixture->diff_ids;
}

static int fill(struct fixture *fixture, const char *wanted_text, bool labelled,
	struct lock_image *out, struct err *err)
{
	const struct oci_platform wanted = platform(wanted_text);
	*out = (struct lock_image){0};
	return image_pin_fill(
		out, &fixture->manifest, &fixture->config, &wanted, labelled, "x:1", arena, err);
}

TEST(manifest_and_config_make_an_entry)
{
	struct err err = ERR_INIT;
	struct fixture fixture;
	struct lock_image image;
	make(&fixture);
	CHECK_OK(fill(&fixture, "linux/arm64", true, &image, &err));
	CHECK_STR(image.config, digest('4'));
	CHECK_INT(image.config_size, 30);
	CHECK_INT(image.layer_count, 2);
	CHECK_STR(image.layers[0].digest, digest('1'));
	CHECK_STR(image.layers[0].diff_id, digest('3'));
	CHECK_INT(image.layers[1].size_bytes, 20);
}

TEST(the_config_decides_about_the_platform)
{
	struct err err = ERR_INIT;
	struct fixture fixture;
	struct lock_image image;
	make(&fixture);
	CHECK_FAILS(fill(&fixture, "linux/amd64", true, &image, &err), CODE_INTEGRITY);
	CHECK(fill(&fixture, "linux/amd64", false, &image, &err) < 0);
	CHECK_INT(err.code, CODE_NOT_FOUND);
	CHECK_CONTAINS(err.hint, "There is: linux/arm64/v8.");
}

TEST(images_that_cannot_be_packed_are_refused)
{
	struct err err = ERR_INIT;
	struct fixture fixture;
	struct lock_image image;
	make(&fixture);
	fixture.manifest.is_image = false;
	CHECK_FAILS(fill(&fixture, "linux/arm64", true, &image, &err), CODE_INPUT);
	make(&fixture);
	fixture.config.diff_id_count = 1;
	CHECK_FAILS(fill(&fixture, "linux/arm64", true, &image, &err), CODE_INPUT);
	make(&fixture);
	fixture.layers[0].media_type = OCI_MEDIA_LAYER "+zstd";
	CHECK_FAILS(fill(&fixture, "linux/arm64", true, &image, &err), CODE_INPUT);
	make(&fixture);
	fixture.layers[0].media_type = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
	CHECK_FAILS(fill(&fixture, "linux/arm64", true, &image, &err), CODE_INPUT);
	make(&fixture);
	fixture.layers[0].size_bytes = 0;
	CHECK_FAILS(fill(&fixture, "linux/arm64", true, &image, &err), CODE_INPUT);
	make(&fixture);
	fixture.diff_ids[1] = digest('9');
	CHECK_FAILS(fill(&fixture, "linux/arm64", true, &image, &err), CODE_INTEGRITY);
}

TEST(a_repushed_image_is_equivalent_by_config_and_diff_ids)
{
	struct err err = ERR_INIT;
	struct fixture fixture;
	struct lock_image locked, other;
	make(&fixture);
	CHECK_OK(fill(&fixture, "linux/arm64", true, &locked, &err));
	make(&fixture);
	fixture.layers[0].digest = digest('7');
	fixture.layers[0].size_bytes = 11;
	CHECK_OK(fill(&fixture, "linux/arm64", true, &other, &err));
	CHECK(image_pin_equivalent(&locked, &other));
	fixture.diff_ids[0] = digest('8');
	CHECK_OK(fill(&fixture, "linux/arm64", true, &other, &err));
	CHECK(!image_pin_equivalent(&locked, &other));
	make(&fixture);
	fixture.manifest.config.digest = digest('5');
	CHECK_OK(fill(&fixture, "linux/arm64", true, &other, &err));
	CHECK(!image_pin_equivalent(&locked, &other));
}
