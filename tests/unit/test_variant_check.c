/* What variants of a fallback must not share, and what the closure of each is called. */
#include "check.h"

#include "file_io.h"
#include "project.h"

static struct arena *arena;

__attribute__((constructor)) static void set_up(void)
{
	arena = arena_new();
}

__attribute__((destructor)) static void tear_down(void)
{
	arena_free(arena);
}

static void put(const char *path, const char *text)
{
	struct err err = ERR_INIT;
	CHECK_OK(file_write_all(path, text, strlen(text), 0644, &err));
}

/* The rules of all errors about a project of two variants, "rule rule". */
static const char *refused(const char *first, const char *second, struct closure **closures)
{
	struct err err = ERR_INIT;
	struct project *project = ARENA_NEW(arena, struct project);
	struct finding_list findings;
	const struct options options = {.name = "x"};
	AUTO_TEXT out = TEXT_INIT;
	finding_list_init(&findings, arena);
	put("compose.yaml", first);
	put("compose.v2.yaml", second);
	put("env.template", "A=1\n");
	put("env.two", "A=2\n");
	put("hardtack.yaml", "hardtack: 1\nenv: env.template\nfallback:\n"
			     "  - {name: v2, compose: compose.v2.yaml, env: env.two}\n");
	CHECK_OK(project_open(project, ".", &options, arena, &findings, &err));
	CHECK_OK(project_closures(project, &options, closures, &findings, &err));
	finding_list_sort(&findings);
	for (size_t i = 0; i < findings.count; i++)
		if (findings.items[i].severity == FINDING_ERROR)
			text_addf(&out, "%s%s", out.length ? " " : "", findings.items[i].rule);
	return arena_strdup(arena, out.bytes ? out.bytes : "");
}

#define SERVICE(mount) "services:\n  db: {image: \"a:1\", volumes: [\"" mount "\"]}\n"

TEST(data_with_a_name_for_all_projects_is_not_shared)
{
	struct closure *closures;
	static const char own[] = SERVICE("data:/d") "volumes: {data: {}}\n";
	static const char named[] = SERVICE("data:/d") "volumes: {data: {name: everybodys}}\n";
	static const char alias[] = SERVICE("other:/d") "volumes: {other: {name: everybodys}}\n";
	static const char external[] = SERVICE("data:/d") "volumes: {data: {external: true}}\n";
	CHECK_STR(refused(own, own, &closures), "");
	CHECK_STR(refused(own, named, &closures), "");
	CHECK_STR(refused(named, alias, &closures), "fallback-shared-data");
	CHECK_STR(refused(external, external, &closures), "fallback-shared-data");
	CHECK_STR(refused(SERVICE("/srv/d:/d"), SERVICE("/srv/d:/d"), &closures),
		"fallback-shared-data");
	CHECK_STR(refused(SERVICE("/srv/d:/d"), SERVICE("/srv/d:/d:ro"), &closures), "");
	CHECK_STR(refused(SERVICE("/var/run/docker.sock:/s"), SERVICE("/var/run/docker.sock:/s"),
			  &closures),
		"");
}

TEST(each_variant_has_an_env_template_of_its_own_name)
{
	struct closure *closures;
	CHECK_STR(refused(SERVICE("/d"), SERVICE("/d"), &closures), "");
	CHECK_INT(closures[0].count, 2);
	CHECK_STR(closures[0].entries[1].packed, "env.template");
	CHECK_INT(closures[1].count, 2);
	CHECK_STR(closures[1].entries[1].packed, "env.v2.template");
	CHECK_STR(closures[1].entries[1].source, "env.two");
}

TEST(no_file_of_the_project_lies_where_a_variant_will)
{
	struct err err = ERR_INIT;
	struct closure *closures;
	CHECK_OK(file_make_directories("v2", 0755, &err));
	put("v2/file", "x");
	CHECK_STR(refused(SERVICE("./v2/file:/f:ro"), SERVICE("/d"), &closures), "fallback-name");
}
