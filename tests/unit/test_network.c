/* Who has the last word about the network: flags, variables, project file, the user's config. */
#include "check.h"

#include <stdlib.h>
#include <unistd.h>

#include "file_io.h"
#include "network.h"

static struct arena *arena;

__attribute__((constructor)) static void set_up(void)
{
	arena = arena_new();
}

__attribute__((destructor)) static void tear_down(void)
{
	arena_free(arena);
}

static const char *const variables[] = {"HARDTACK_MIRRORS", "HARDTACK_CA", "HARDTACK_PLAIN_HTTP",
	"HARDTACK_LIMIT_RATE", "HARDTACK_JOBS"};

static void clear_variables(void)
{
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		unsetenv(variables[i]);
}

static void write_config(const char *text)
{
	struct err err = ERR_INIT;
	char folder[4096];
	CHECK(getcwd(folder, sizeof(folder)) != NULL);
	CHECK_OK(file_make_directories("hardtack", 0755, &err));
	CHECK_OK(file_write_all("hardtack/config.yaml", text, strlen(text), 0644, &err));
	setenv("XDG_CONFIG_HOME", folder, 1);
}

TEST(flags_come_before_variables_before_the_project_before_the_config)
{
	struct err err = ERR_INIT;
	struct options options = {0};
	struct project_file *file;
	struct network network;
	static const char project[] = "hardtack: 1\nmirrors: {ghcr.io: [http://c.example:5000]}\n";
	const char *flags[] = {"ghcr.io=a.example"}, *plain[] = {"p.example"};
	clear_variables();
	write_config("mirrors: {ghcr.io: [d.example]}\nca: ca.pem\nplain_http: [q.example]\n"
		     "limit_rate: 1K\njobs: 2\n");
	CHECK_OK(project_file_parse(arena, "hardtack.yaml", project, strlen(project), &file, &err));
	CHECK_OK(network_settings(&network, &options, file, arena, &err));
	CHECK_INT(network.policy.count, 2);
	CHECK_STR(network.policy.rules[1].place, "d.example");
	CHECK_CONTAINS(network.settings.ca_file, "/hardtack/ca.pem");
	CHECK_INT(network.settings.limit_bytes_per_s, 1000);
	CHECK_INT(network.jobs, 2);
	CHECK_INT(network.settings.plain.count, 2);
	CHECK_STR(network.settings.plain.items[0], "q.example");
	CHECK_STR(network.settings.plain.items[1], "c.example:5000");

	setenv("HARDTACK_MIRRORS", "ghcr.io=b.example, ghcr.io=e.example", 1);
	setenv("HARDTACK_CA", "/v.pem", 1);
	setenv("HARDTACK_LIMIT_RATE", "2K", 1);
	setenv("HARDTACK_JOBS", "3", 1);
	setenv("HARDTACK_PLAIN_HTTP", "r.example, s.example", 1);
	CHECK_OK(network_settings(&network, &options, file, arena, &err));
	CHECK_INT(network.policy.count, 4);
	CHECK_STR(network.policy.rules[0].place, "b.example");
	CHECK_STR(network.policy.rules[2].place, "http://c.example:5000");
	CHECK_STR(network.settings.ca_file, "/v.pem");
	CHECK_INT(network.settings.limit_bytes_per_s, 2000);
	CHECK_INT(network.jobs, 3);
	CHECK_INT(network.settings.plain.count, 4);

	options.mirrors = (struct option_list){flags, 1, 1};
	options.plain_http = (struct option_list){plain, 1, 1};
	options.ca_file = "/f.pem";
	options.limit_rate = "3K";
	options.jobs = 5;
	CHECK_OK(network_settings(&network, &options, file, arena, &err));
	CHECK_STR(network.policy.rules[0].place, "a.example");
	CHECK_STR(network.settings.ca_file, "/f.pem");
	CHECK_INT(network.settings.limit_bytes_per_s, 3000);
	CHECK_INT(network.jobs, 5);
	CHECK_STR(network.settings.plain.items[0], "p.example");
	clear_variables();
}

TEST(without_any_word_there_are_defaults)
{
	struct err err = ERR_INIT;
	struct options options = {0};
	struct network network;
	clear_variables();
	write_config("");
	CHECK_OK(network_settings(&network, &options, NULL, arena, &err));
	CHECK_INT(network.policy.count, 0);
	CHECK_INT(network.jobs, 4);
	CHECK_INT(network.settings.limit_bytes_per_s, 0);
	CHECK(!network.settings.ca_file);
}

TEST(a_bad_setting_is_a_mistake_in_its_use)
{
	struct err err = ERR_INIT;
	struct options options = {0};
	struct network network;
	const char *flags[] = {"ghcr.io"};
	clear_variables();
	write_config("");
	options.jobs = 65;
	CHECK_FAILS(network_settings(&network, &options, NULL, arena, &err), CODE_USAGE);
	options.jobs = 0;
	setenv("HARDTACK_JOBS", "many", 1);
	CHECK(network_settings(&network, &options, NULL, arena, &err) < 0);
	CHECK_CONTAINS(err.text, "HARDTACK_JOBS");
	err_clear(&err);
	clear_variables();
	options.limit_rate = "fast";
	CHECK_FAILS(network_settings(&network, &options, NULL, arena, &err), CODE_USAGE);
	options.limit_rate = NULL;
	options.mirrors = (struct option_list){flags, 1, 1};
	CHECK_FAILS(network_settings(&network, &options, NULL, arena, &err), CODE_USAGE);
	options.mirrors.count = 0;
	const char *plain[] = {"a b"};
	options.plain_http = (struct option_list){plain, 1, 1};
	CHECK_FAILS(network_settings(&network, &options, NULL, arena, &err), CODE_USAGE);
	options.plain_http.count = 0;
	setenv("HARDTACK_JOBS", "0", 1);
	CHECK_FAILS(network_settings(&network, &options, NULL, arena, &err), CODE_USAGE);
	clear_variables();
	write_config("mirror: {}\n");
	CHECK_FAILS(network_settings(&network, &options, NULL, arena, &err), CODE_INPUT);
}
