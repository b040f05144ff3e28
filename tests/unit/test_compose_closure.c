/* The closed world: what travels and what is refused. */
#include "check.h"

#include <sys/stat.h>

#include "compose_closure.h"
#include "file_io.h"
#include "secret_check.h"

static struct arena *arena;
static struct err err;
static struct closure closure;
static struct finding_list findings;
static struct closure_options options;

__attribute__((constructor)) static void set_up(void)
{
	arena = arena_new();
}

__attribute__((destructor)) static void tear_down(void)
{
	arena_free(arena);
}

static void file(const char *path, const char *text, unsigned mode)
{
	struct err failure = ERR_INIT;
	CHECK(file_write_all(path, text, strlen(text), mode, &failure) == 0);
}

static void collect(const char *text)
{
	file("compose.yaml", text, 0644);
	err_clear(&err);
	finding_list_init(&findings, arena);
	struct compose_project *project =
		compose_project_load(arena, "compose.yaml", NULL, NULL, &err);
	CHECK_STR(err.text, "");
	if (project)
		CHECK_OK(compose_closure(project, &options, &closure, &findings, &err));
	finding_list_sort(&findings);
}

static const struct closure_entry *entry(const char *packed)
{
	for (size_t i = 0; i < closure.count; i++)
		if (strcmp(closure.entries[i].packed, packed) == 0)
			return &closure.entries[i];
	return NULL;
}

static void refused(const char *text, const char *rule, unsigned line)
{
	collect(text);
	CHECK_INT(findings.count, 1);
	if (findings.count == 0)
		return;
	CHECK_STR(findings.items[0].rule, rule);
	CHECK_INT(findings.items[0].line, line);
	CHECK_STR(findings.items[0].file, "compose.yaml");
	CHECK_FAILS(finding_list_fail(&findings, &err), CODE_INPUT);
}

TEST(everything_that_is_mounted_or_read_travels)
{
	mkdir("conf", 0755);
	mkdir("conf/empty", 0755);
	mkdir("conf/.git", 0755);
	mkdir("pg", 0755);
	file("conf/b.conf", "b", 0600);
	file("conf/a.sh", "a", 0700);
	file("conf/.git/x", "x", 0644);
	file("pg/PG_VERSION", "17", 0644);
	file("one.env", "A=1\n", 0644);
	file("c1", "c", 0644);
	file("s1", "s", 0644);
	CHECK(symlink("conf/b.conf", "link.conf") == 0);
	collect("services:\n"
		"  a:\n"
		"    image: a\n"
		"    env_file: [one.env, {path: no.env, required: false}]\n"
		"    configs: [c]\n"
		"    secrets: [s]\n"
		"    volumes: [\"./conf:/conf\", \"./link.conf:/l\", \"./made:/made\", \"v:/v\", "
		"\"/var/run/docker.sock:/s\"]\n"
		"  db: {image: postgres:17, volumes: [\"./pg:/var/lib/postgresql/data\"]}\n"
		"volumes: {v: }\n"
		"configs: {c: {file: ./c1}}\n"
		"secrets: {s: {file: s1}}\n");
	CHECK_INT(findings.count, 0);
	static const struct {
		const char *packed;
		enum closure_kind kind;
		unsigned mode;
	} expected[] = {
		{"c1", CLOSURE_FILE, 0644},
		{"compose.yaml", CLOSURE_COMPOSE, 0644},
		{"conf/a.sh", CLOSURE_FILE, 0755},
		{"conf/b.conf", CLOSURE_FILE, 0644},
		{"conf/empty", CLOSURE_DIRECTORY, 0755},
		{"link.conf", CLOSURE_FILE, 0644},
		{"made", CLOSURE_DIRECTORY, 0755},
		{"one.env", CLOSURE_ENV_FILE, 0644},
		{"pg", CLOSURE_DIRECTORY, 0755},
		{"s1", CLOSURE_FILE, 0644},
	};
	CHECK_INT(closure.count, ARRAY_SIZE(expected));
	for (size_t i = 0; i < closure.count && i < ARRAY_SIZE(expected); i++) {
		CHECK_STR(closure.entries[i].packed, expected[i].packed);
		CHECK_INT(closure.entries[i].kind, expected[i].kind);
		CHECK_INT(closure.entries[i].mode, expected[i].mode);
	}
}

TEST(what_cannot_travel_is_refused_with_its_line)
{
	refused("services:\n  a:\n    build: .\n", "build-without-image", 3);
	refused("services:\n  a:\n    command: x\n", "no-image", 2);
	refused("services:\n  a: {image: a,\n    volumes: [\"../x:/x\"]}\n", "path-escapes", 3);
	refused("services:\n  a: {image: a,\n    volumes: [\"~/x:/x\"]}\n", "path-escapes", 3);
	refused("services:\n  a: {image: a,\n    env_file: /etc/x.env}\n", "path-escapes", 3);
	refused("services:\n  a: {image: a,\n    env_file: no.env}\n", "missing-file", 3);
	refused("services:\n  a: {image: a,\n    volumes: [\"./no.conf:/x\"]}\n", "missing-file",
		3);
	refused("services:\n  a: {image: a,\n    volumes: [\"data:/x\"]}\n", "undefined-volume", 3);
	refused("services:\n  a: {image: a}\nconfigs:\n  c:\n    file: no\n", "missing-file", 5);
	refused("services:\n  a: {image: a,\n    secrets: [s]}\n", "undefined-source", 3);
	refused("services:\n  a: {image: a,\n    volumes: [\"${PWD}/conf:/x\"]}\n", "pwd-mount", 3);
	CHECK(symlink("/etc/passwd", "out") == 0);
	refused("services:\n  a: {image: a,\n    volumes: [\"./out:/x\"]}\n", "path-escapes", 3);
	CHECK(mkfifo("pipe", 0644) == 0);
	refused("services:\n  a: {image: a,\n    volumes: [\"./pipe:/x\"]}\n", "special-file", 3);
	mkdir("loop", 0755);
	CHECK(symlink("..", "loop/up") == 0);
	refused("services:\n  a: {image: a,\n    volumes: [\"./loop:/x\"]}\n", "link-loop", 3);
	mkdir("bad", 0755);
	file("bad/a\nb", "", 0644);
	refused("services:\n  a: {image: a,\n    volumes: [\"./bad:/x\"]}\n", "bad-name", 3);
}

TEST(all_refusals_come_at_once)
{
	collect("services:\n  a: {build: .}\n  b: {image: b, env_file: no.env}\n");
	CHECK_INT(findings.count, 2);
	CHECK_FAILS(finding_list_fail(&findings, &err), CODE_INPUT);
	CHECK_CONTAINS(err.text, "compose.yaml:2: the service \"a\" is built");
	CHECK_CONTAINS(err.text, "compose.yaml:3: there is no file no.env");
	CHECK_CONTAINS(err.hint, "add  image: a:1.0");
}

TEST(secrets_in_env_files_are_refused_and_never_shown)
{
	file(".env", "A=1\nDB_PASSWORD=hunter2\nOTHER_SECRET={{secret hex 32}}\nX_TOKEN=\n", 0644);
	file("a.env", "API_KEY=${DB_PASSWORD}\napi_key=abc\n", 0644);
	collect("services: {a: {image: a, env_file: [.env, a.env]}}\n");
	CHECK_INT(findings.count, 2);
	CHECK_STR(findings.items[0].file, ".env");
	CHECK_INT(findings.items[0].line, 2);
	CHECK_STR(findings.items[0].rule, "literal-secret");
	CHECK_CONTAINS(findings.items[0].remedy, "DB_PASSWORD={{secret hex 32}}");
	CHECK_STR(findings.items[1].file, "a.env");
	CHECK_INT(findings.items[1].line, 2);
	for (size_t i = 0; i < findings.count; i++)
		CHECK(!strstr(findings.items[i].text, "hunter2"));
	options.pack_secrets = true;
	collect("services: {a: {image: a, env_file: [.env, a.env]}}\n");
	CHECK_INT(findings.count, 0);
	CHECK(entry("env.template") && entry("env.template")->kind == CLOSURE_ENV);
	CHECK_STR(entry("env.template")->source, ".env");
	CHECK(entry("a.env") && entry("a.env")->kind == CLOSURE_ENV_FILE);
	CHECK(!entry(".env"));
	options.pack_secrets = false;
}

TEST(a_mounted_project_directory_leaves_its_env_behind)
{
	file(".env", "A=1\n", 0644);
	mkdir("app", 0755);
	file("app/.env", "MY_SECRET=x\n", 0644);
	file("app/.env.example", "MY_SECRET=x\n", 0644);
	collect("services: {a: {image: a, volumes: [\".:/app\"]}}\n");
	CHECK_INT(findings.count, 1);
	CHECK_STR(findings.items[0].file, "app/.env");
	CHECK(entry("compose.yaml") && entry("compose.yaml")->kind == CLOSURE_COMPOSE);
	CHECK(entry("env.template") && !entry(".env"));
	CHECK(entry("app/.env.example") != NULL);
}

TEST(the_project_files_own_files_travel_as_they_are)
{
	mkdir("client", 0755);
	file("client/.env", "LANGFUSE_SECRET_KEY=sk\n", 0644);
	static const char *const files[] = {"client/", "../up", "nothing"};
	options.files = files;
	options.file_count = 3;
	options.files_named_in = "hardtack.yaml";
	collect("services: {a: {image: a}}\n");
	CHECK(entry("client/.env") != NULL);
	CHECK_INT(findings.count, 2);
	CHECK_STR(findings.items[0].rule, "missing-file");
	CHECK_STR(findings.items[1].rule, "path-escapes");
	options = (struct closure_options){0};
}

TEST(templates_among_the_handed_over_files_are_checked_at_build_time)
{
	static const char *const files[] = {"hand/"};
	mkdir("hand", 0755);
	mkdir("hand/nginx", 0755);
	file(".env", "A=1\nURL=http://localhost:${A}\n", 0644);
	file("hand/.env.template", "HOST=${URL}\nBOTH=${HOST}/${UNKNOWN:-x}\n", 0644);
	file("hand/nginx/site.template", "server { listen 80; }\n", 0644);
	options.files = files;
	options.file_count = 1;
	/* Mounted, it stays what it is. */
	collect("services: {a: {image: a, volumes: [\"./hand/nginx:/etc/nginx/templates\"]}}\n");
	CHECK_INT(findings.count, 0);
	CHECK(entry("hand/.env.template") && entry("hand/.env.template")->kind == CLOSURE_TEMPLATE);
	CHECK(entry("hand/nginx/site.template")->kind == CLOSURE_FILE);
	file("hand/nginx/site.template", "API_KEY=${A}\nSOME_SECRET=hunter2\n", 0644);
	file("hand/.env", "X=1\n", 0644);
	file("hand/.env.template", "HOST=${MISSING}\n", 0644);
	collect("services: {a: {image: a}}\n");
	CHECK_INT(findings.count, 3);
	CHECK_STR(findings.items[0].rule, "same-target");
	CHECK_STR(findings.items[1].rule, "unset-variable");
	CHECK_CONTAINS(findings.items[1].text, "MISSING");
	CHECK_STR(findings.items[2].rule, "literal-secret");
	options = (struct closure_options){0};
}

TEST(services_that_do_not_travel_need_nothing)
{
	file("compose.yaml", "services:\n  a: {image: a}\n  b: {build: ., profiles: [dev]}\n",
		0644);
	static const char *const profiles[] = {"prod"};
	struct compose_options compose = {.profiles = profiles, .profile_count = 1};
	finding_list_init(&findings, arena);
	struct compose_project *project =
		compose_project_load(arena, "compose.yaml", &compose, NULL, &err);
	CHECK_OK(compose_closure(project, &options, &closure, &findings, &err));
	CHECK_INT(findings.count, 0);
}

TEST(names_and_values_of_secrets_are_told_apart)
{
	CHECK(secret_check_name("POSTGRES_PASSWORD") && secret_check_name("my_token_x"));
	CHECK(!secret_check_name("POSTGRES_USER"));
	CHECK(secret_check_value("A_KEY", "x") && secret_check_value("A_KEY", "${B:-x}"));
	CHECK(!secret_check_value("A_KEY", "${B}") && !secret_check_value("A_KEY", "$B"));
	CHECK(!secret_check_value("A_KEY", "${B:?set-it}") &&
		!secret_check_value("A_KEY", "${B:-}"));
	CHECK(secret_check_value("A_KEY", "$$B") && secret_check_value("A_KEY", "$B-x"));
	CHECK(!secret_check_value("A_PASSWORD_FILE", "/run/secrets/x"));
	CHECK(!secret_check_value("USE_TOKEN", "true"));
}
