/* The user's config, and with it the rules of mirrors: what is accepted makes addresses that can
 * be asked. */
#include "fuzz.h"

#include <string.h>

#include "image_platform.h"
#include "user_config.h"

/* Nothing that would end a header, a path or a line. */
static void check_word(const char *word)
{
	FUZZ_PROMISE(word[0]);
	for (const char *c = word; *c; c++)
		FUZZ_PROMISE(*c > ' ' && *c <= '~' && !strchr("\"<>\\^`{|}?#%", *c));
}

static void check_sources(
	const struct user_config *config, struct arena *arena, const char *registry)
{
	struct err err = ERR_INIT;
	struct image_reference reference;
	struct oci_platform platform;
	struct image_source *sources;
	size_t count;
	const char *text = arena_printf(arena, "%s/library/postgres:17", registry);
	FUZZ_PROMISE(image_reference_parse(text, arena, &reference, &err) == 0);
	FUZZ_PROMISE(image_platform_parse("linux/arm64", arena, &platform, &err) == 0);
	mirror_policy_sources(&config->mirrors, &reference, &platform, arena, &sources, &count);
	FUZZ_PROMISE(count >= 1 && sources[count - 1].origin);
	for (size_t i = 0; i < count; i++) {
		check_word(sources[i].host);
		check_word(sources[i].repository);
		check_word(sources[i].tag);
		FUZZ_PROMISE(!strchr(sources[i].host, '/') && !strchr(sources[i].host, '@'));
		FUZZ_PROMISE(!strstr(sources[i].repository, ".."));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct user_config config;
	AUTO(arena) arena = arena_new();
	if (user_config_parse(arena, "/c/fuzz", (const char *)data, size, &config, &err) < 0) {
		FUZZ_PROMISE(err.code == CODE_INPUT && err.text[0]);
		return 0;
	}
	check_sources(&config, arena, "docker.io");
	for (size_t i = 0; i < config.mirrors.count && i < 100; i++)
		check_sources(&config, arena, config.mirrors.rules[i].registry);
	return 0;
}
