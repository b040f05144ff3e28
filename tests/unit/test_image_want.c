/* Which images a project asks for: services, targets, platforms, each once. */
#include "check.h"

#include "file_io.h"
#include "image_want.h"
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

static const char compose[] = "name: x\n"
			      "services:\n"
			      "  web: {image: ghcr.io/acme/web:1}\n"
			      "  db: {image: \"postgres:17\"}\n"
			      "  db2: {image: docker.io/library/postgres:17}\n"
			      "  old: {image: mysql, platform: linux/amd64}\n"
			      "  extra: {image: redis, profiles: [more]}\n";

static struct compose_project *load(const char *profile)
{
	struct err err = ERR_INIT;
	struct finding_list findings;
	const char *profiles[] = {profile};
	struct compose_options options = {.profiles = profiles, .profile_count = profile ? 1 : 0};
	finding_list_init(&findings, arena);
	CHECK_OK(file_write_all("compose.yaml", compose, strlen(compose), 0644, &err));
	return compose_project_load(arena, "compose.yaml", &options, &findings, &err);
}

static const char *listed(
	const struct compose_project *project, const struct options *options, struct err *err)
{
	struct image_want *wants;
	size_t count;
	AUTO_TEXT out = TEXT_INIT;
	if (image_want_list(&project, 1, options, arena, &wants, &count, err) < 0)
		return err->text;
	for (size_t i = 0; i < count; i++)
		text_addf(&out, "%s%s %s", i ? ", " : "",
			image_reference_familiar(&wants[i].reference, arena),
			wants[i].platform_text);
	return arena_strdup(arena, out.bytes);
}

TEST(each_image_and_platform_is_wanted_once)
{
	struct err err = ERR_INIT;
	struct options options = {0};
	const char *targets[] = {"darwin-arm64", "linux-arm64", "linux-amd64"};
	const struct compose_project *project = load(NULL);
	CHECK_STR(listed(project, &options, &err),
		"mysql:latest linux/amd64, postgres:17 linux/arm64, redis:latest linux/arm64, "
		"ghcr.io/acme/web:1 linux/arm64");
	options.targets = (struct option_list){targets, 3, 3};
	CHECK_STR(listed(project, &options, &err),
		"mysql:latest linux/amd64, postgres:17 linux/amd64, postgres:17 linux/arm64, "
		"redis:latest linux/amd64, redis:latest linux/arm64, "
		"ghcr.io/acme/web:1 linux/amd64, ghcr.io/acme/web:1 linux/arm64");
}

TEST(a_profile_leaves_the_services_of_others_out)
{
	struct err err = ERR_INIT;
	struct options options = {0};
	const struct compose_project *all = load("more"), *some = load("none");
	CHECK(strstr(listed(all, &options, &err), "redis") != NULL);
	CHECK(strstr(listed(some, &options, &err), "redis") == NULL);
}

TEST(the_services_own_platform_beats_its_flag_beats_the_general_flag)
{
	struct err err = ERR_INIT;
	struct options options = {0};
	const char *platforms[] = {"linux/arm/v6", "db=aarch64", "old=linux/arm64"};
	const struct compose_project *project = load(NULL);
	options.platforms = (struct option_list){platforms, 3, 3};
	CHECK_OK(image_want_check(&project, 1, &options, arena, &err));
	CHECK_STR(listed(project, &options, &err),
		"mysql:latest linux/amd64, postgres:17 linux/arm/v6, postgres:17 linux/arm64, "
		"redis:latest linux/arm/v6, ghcr.io/acme/web:1 linux/arm/v6");
}

TEST(mistakes_name_the_service)
{
	struct err err = ERR_INIT;
	struct options options = {0};
	const char *unknown[] = {"cache=linux/amd64"}, *malformed[] = {"web=amd 64"};
	const struct compose_project *project = load(NULL);
	options.platforms = (struct option_list){unknown, 1, 1};
	CHECK_FAILS(image_want_check(&project, 1, &options, arena, &err), CODE_USAGE);
	options.platforms = (struct option_list){malformed, 1, 1};
	CHECK_CONTAINS(listed(project, &options, &err), "compose.yaml:3: service web");
	CHECK_INT(err.code, CODE_USAGE);
}
