/* Platforms: their normal form and what runs where. */
#include "check.h"

#include "image_platform.h"

TEST(platforms_are_normalised)
{
	static const struct {
		const char *text, *normal;
	} cases[] = {
		{"linux/amd64", "linux/amd64"},
		{"amd64", "linux/amd64"},
		{"x86_64", "linux/amd64"},
		{"linux/aarch64", "linux/arm64"},
		{"linux/arm64/v8", "linux/arm64/v8"},
		{"armhf", "linux/arm/v7"},
		{"linux/arm/v6", "linux/arm/v6"},
		{"windows/amd64", "windows/amd64"},
	};
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct oci_platform platform;
		CHECK_OK(image_platform_parse(cases[i].text, arena, &platform, &err));
		CHECK_STR(oci_platform_text(&platform, arena), cases[i].normal);
	}
}

TEST(what_is_no_platform_is_refused)
{
	static const char *const bad[] = {"", "/", "linux", "linux/", "linux/arm64/", "a/b/c/d",
		"Linux/amd64", "linux amd64"};
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct oci_platform platform;
		CHECK_FAILS(image_platform_parse(bad[i], arena, &platform, &err), CODE_USAGE);
	}
}

TEST(images_run_on_their_architecture_and_lower_variants_too)
{
	static const struct {
		const char *wanted, *image;
		int match;
	} cases[] = {
		{"linux/arm64", "linux/arm64", 8},
		{"linux/arm64", "linux/arm64/v8", 8},
		{"linux/arm64/v8", "linux/arm64", 8},
		{"linux/arm64", "linux/aarch64", 8},
		{"linux/arm64", "linux/arm64/v9", 0},
		{"linux/arm64", "linux/arm/v7", 0},
		{"linux/arm64", "linux/amd64", 0},
		{"linux/arm/v7", "linux/arm/v6", 6},
		{"linux/arm/v7", "linux/arm", 7},
		{"linux/arm/v6", "linux/arm/v7", 0},
		{"linux/amd64", "linux/amd64/v2", 0},
		{"linux/amd64/v3", "linux/amd64/v2", 2},
		{"linux/amd64/v3", "linux/amd64", 1},
		{"linux/amd64", "windows/amd64", 0},
		{"linux/arm64/v8.2", "linux/arm64/v8.2", 1},
		{"linux/arm64", "linux/arm64/v8.2", 0},
		{"linux/s390x", "linux/s390x", 1},
	};
	AUTO(arena) arena = arena_new();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct oci_platform both[2];
		for (int side = 0; side < 2; side++) {
			char *text = arena_strdup(arena, side ? cases[i].image : cases[i].wanted);
			both[side] = (struct oci_platform){.os = strsep(&text, "/")};
			both[side].architecture = strsep(&text, "/");
			both[side].variant = text;
		}
		int match = image_platform_match(&both[0], &both[1]);
		if (match != cases[i].match)
			check_report(__FILE__, __LINE__, "%s on %s: %d, expected %d",
				cases[i].image, cases[i].wanted, match, cases[i].match);
	}
}
