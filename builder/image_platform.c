/* Platforms: parsing, normal form, and what runs where. */
#include "image_platform.h"

#include <string.h>

struct alias {
	const char *given, *architecture, *variant;
};

static const struct alias aliases[] = {
	{"x86_64", "amd64", NULL},
	{"x86-64", "amd64", NULL},
	{"aarch64", "arm64", NULL},
	{"armhf", "arm", "v7"},
	{"armel", "arm", "v6"},
	{"i386", "386", NULL},
};

static bool is_known_os(const char *os)
{
	return strcmp(os, "linux") == 0;
}

static bool is_word(const char *word)
{
	size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_-");
	return length > 0 && word[length] == '\0';
}

static void apply_alias(struct oci_platform *platform)
{
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
		if (strcmp(platform->architecture, aliases[i].given) != 0)
			continue;
		platform->architecture = aliases[i].architecture;
		if (!platform->variant)
			platform->variant = aliases[i].variant;
		return;
	}
}

int image_platform_parse(
	const char *text, struct arena *arena, struct oci_platform *out, struct err *err)
{
	char *parts[3] = {NULL};
	size_t count = 0;
	char *rest = arena_strdup(arena, text);
	*out = (struct oci_platform){0};
	while (rest && count < ARRAY_SIZE(parts))
		parts[count++] = strsep(&rest, "/");
	for (size_t i = 0; i < count; i++)
		if (!is_word(parts[i]))
			count = 0;
	if (rest || count == 0 || (count == 1 && is_known_os(parts[0]))) {
		err_set(err, CODE_USAGE, "%s is not a platform", text);
		return err_hint(err, "Write it as linux/amd64, linux/arm64 or linux/arm/v7.");
	}
	out->os = count == 1 ? "linux" : parts[0];
	out->architecture = count == 1 ? parts[0] : parts[1];
	out->variant = count == 3 ? parts[2] : NULL;
	apply_alias(out);
	return 0;
}

/* What an architecture without a variant means. */
static int default_variant(const char *architecture)
{
	static const struct {
		const char *architecture;
		int number;
	} defaults[] = {{"arm64", 8}, {"arm", 7}, {"amd64", 1}};
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		if (strcmp(architecture, defaults[i].architecture) == 0)
			return defaults[i].number;
	return 1;
}

/* The number in "v7", 0 when it is none. */
static int variant_number(const struct oci_platform *platform)
{
	const char *variant = platform->variant;
	if (!variant || !*variant)
		return default_variant(platform->architecture);
	if (*variant == 'v')
		variant++;
	return variant[0] >= '1' && variant[0] <= '9' && !variant[1] ? variant[0] - '0' : 0;
}

const char *image_platform_text(const struct oci_platform *platform, struct arena *arena)
{
	struct oci_platform normal = *platform;
	if (normal.architecture) {
		apply_alias(&normal);
		int number = variant_number(&normal);
		if (number == default_variant(normal.architecture))
			normal.variant = NULL;
		else if (number)
			normal.variant = arena_printf(arena, "v%d", number);
	}
	return oci_platform_text(&normal, arena);
}

int image_platform_match(const struct oci_platform *wanted, const struct oci_platform *image)
{
	struct oci_platform a = *wanted, b = *image;
	if (!a.os || !a.architecture || !b.os || !b.architecture || strcmp(a.os, b.os) != 0)
		return 0;
	apply_alias(&a);
	apply_alias(&b);
	if (strcmp(a.architecture, b.architecture) != 0)
		return 0;
	int most = variant_number(&a), number = variant_number(&b);
	/* A variant that we cannot order ("v8.2") fits only itself. */
	if (most == 0 || number == 0)
		return a.variant && b.variant && strcmp(a.variant, b.variant) == 0;
	return number <= most ? number : 0;
}
