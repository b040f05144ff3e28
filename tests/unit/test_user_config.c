/* The user's config: what it may say, where it lies, what is refused. */
#include "check.h"

#include <stdlib.h>
#include <unistd.h>

#include "file_io.h"
#include "user_config.h"

static struct arena *arena;

__attribute__((constructor)) static void set_up(void)
{
	arena = arena_new();
}

__attribute__((destructor)) static void tear_down(void)
{
	arena_free(arena);
}

static int parse(const char *text, struct user_config *config, struct err *err)
{
	return user_config_parse(arena, "/c/config.yaml", text, strlen(text), config, err);
}

TEST(every_setting_is_read)
{
	struct err err = ERR_INIT;
	struct user_config config;
	CHECK_OK(parse("mirrors:\n"
		       "  docker.io: [a.example, b.example/hub]\n"
		       "  ghcr.io: c.example\n"
		       "ca: company.pem\n"
		       "plain_http: [10.0.0.5:5000, nas.lan]\n"
		       "limit_rate: 2M\n"
		       "jobs: 8\n",
		&config, &err));
	CHECK_INT(config.mirrors.count, 3);
	CHECK_STR(config.mirrors.rules[1].place, "b.example/hub");
	CHECK_STR(config.mirrors.rules[2].registry, "ghcr.io");
	CHECK_STR(config.mirrors.rules[2].from, "/c/config.yaml:3");
	CHECK_STR(config.ca_file, "/c/company.pem");
	CHECK_INT(config.plain_http.count, 2);
	CHECK_STR(config.plain_http.items[1], "nas.lan");
	CHECK_INT(config.limit_rate_bytes_per_s, 2000000);
	CHECK_INT(config.jobs, 8);
	CHECK_OK(parse("ca: /etc/ca.pem\nplain_http: nas.lan\n", &config, &err));
	CHECK_STR(config.ca_file, "/etc/ca.pem");
	CHECK_INT(config.plain_http.count, 1);
	CHECK_OK(parse("# nothing\n", &config, &err));
	CHECK_INT(config.mirrors.count, 0);
}

TEST(what_is_wrong_is_named_with_its_line)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{"mirror: {}\n", "config.yaml:1: unknown key \"mirror\""},
		{"[a]\n", "config.yaml:1: config.yaml must be a mapping"},
		{"mirrors: [a.example]\n", ":1: mirrors must be a mapping"},
		{"\nmirrors:\n  docker.io: [hub]\n", "/c/config.yaml:3: the mirror docker.io=hub"},
		{"mirrors:\n  hub: a.example\n", ":2: the mirror hub=a.example"},
		{"mirrors: {docker.io: [{}]}\n", ":1: docker.io must be a text"},
		{"mirrors: {docker.io: }\n", ":1: docker.io must be a text"},
		{"ca: [a]\n", ":1: ca must be a text"},
		{"plain_http: {a: b}\n", ":1: plain_http must be a text"},
		{"limit_rate: fast\n", ":1: limit_rate must be a rate"},
		{"jobs: 0\n", ":1: jobs must be a number from 1 to 64"},
		{"jobs: 65\n", ":1: jobs must be a number from 1 to 64"},
		{"jobs: many\n", ":1: jobs must be a number"},
		{"jobs: 1\njobs: 2\n", ":2: "},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err = ERR_INIT;
		struct user_config config;
		CHECK(parse(rows[i].text, &config, &err) < 0);
		CHECK_INT(err.code, CODE_INPUT);
		CHECK_CONTAINS(err.text, rows[i].message);
	}
}

TEST(it_lies_in_the_config_folder_of_the_user)
{
	struct err err = ERR_INIT;
	struct user_config config;
	char folder[4096];
	CHECK(getcwd(folder, sizeof(folder)) != NULL);
	CHECK_OK(file_make_directories(".config/hardtack", 0755, &err));
	CHECK_OK(file_make_directories("xdg/hardtack", 0755, &err));
	CHECK_OK(file_write_all(".config/hardtack/config.yaml", "jobs: 3\n", 8, 0644, &err));
	CHECK_OK(file_write_all("xdg/hardtack/config.yaml", "jobs: 7\n", 8, 0644, &err));
	setenv("HOME", folder, 1);
	unsetenv("XDG_CONFIG_HOME");
	CHECK_OK(user_config_read(arena, &config, &err));
	CHECK_INT(config.jobs, 3);
	setenv("XDG_CONFIG_HOME", arena_printf(arena, "%s/xdg", folder), 1);
	CHECK_OK(user_config_read(arena, &config, &err));
	CHECK_INT(config.jobs, 7);
	setenv("XDG_CONFIG_HOME", "xdg", 1);
	CHECK_OK(user_config_read(arena, &config, &err));
	CHECK_INT(config.jobs, 3);
	setenv("XDG_CONFIG_HOME", arena_printf(arena, "%s/none", folder), 1);
	CHECK_OK(user_config_read(arena, &config, &err));
	CHECK_INT(config.jobs, 0);
}

/* docs/mirrors.md shows a config that is one. */
TEST(the_starting_set_of_the_document_is_a_config)
{
	struct err err = ERR_INIT;
	struct user_config config;
	char *bytes;
	size_t length;
	CHECK_OK(file_read_all(
		TEST_DATA "/../docs/mirrors.md", 1 << 20, arena, &bytes, &length, &err));
	const char *begin = strstr(bytes, "```yaml\n");
	const char *end = begin ? strstr(begin, "\n```\n") : NULL;
	CHECK(end != NULL);
	if (!end)
		return;
	begin += strlen("```yaml\n");
	CHECK_OK(parse(arena_strndup(arena, begin, (size_t)(end - begin) + 1), &config, &err));
	CHECK_INT(config.mirrors.count, 8);
}
