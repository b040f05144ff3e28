/* Compose files edited in place: literal images, pull_policy, layout untouched. */
#include "check.h"

#include <sys/stat.h>

#include "compose_rewrite.h"
#include "file_io.h"

static struct arena *arena;
static struct err err;

__attribute__((constructor)) static void set_up(void)
{
	arena = arena_new();
}

__attribute__((destructor)) static void tear_down(void)
{
	arena_free(arena);
}

static void file(const char *path, const char *text)
{
	struct err failure = ERR_INIT;
	CHECK(file_write_all(path, text, strlen(text), 0644, &failure) == 0);
}

/* Rewrites ./compose.yaml with the image "new/SERVICE:1" for each packed service. */
static struct compose_rewritten *rewrite(void)
{
	struct compose_rewritten *files = NULL;
	err_clear(&err);
	struct compose_project *project =
		compose_project_load(arena, "compose.yaml", NULL, NULL, &err);
	if (!project)
		return NULL;
	struct compose_image *images =
		arena_alloc(arena, (project->service_count + 1) * sizeof(*images));
	for (size_t i = 0; i < project->service_count; i++)
		images[i] = (struct compose_image){project->services[i].name,
			arena_printf(arena, "new/%s:1", project->services[i].name)};
	if (compose_rewrite(arena, project, images, project->service_count, &files, &err) < 0)
		return NULL;
	return files;
}

static void becomes(const char *before, const char *after)
{
	file("compose.yaml", before);
	struct compose_rewritten *files = rewrite();
	CHECK_STR(err.text, "");
	if (!files)
		return;
	CHECK_STR(files[0].bytes, after);
	/* Once more: nothing changes. */
	file("compose.yaml", files[0].bytes);
	files = rewrite();
	CHECK_STR(err.text, "");
	CHECK(files && strcmp(files[0].bytes, after) == 0);
}

TEST(an_image_is_replaced_where_it_stands)
{
	becomes("services:\n"
		"  # 核心决策\n"
		"  a:\n"
		"    image:   'x:${TAG:-1}'   # the app\n"
		"    restart: always\n",
		"services:\n"
		"  # 核心决策\n"
		"  a:\n"
		"    image:   new/a:1   # the app\n"
		"    pull_policy: never\n"
		"    restart: always\n");
}

TEST(a_pull_policy_that_is_there_is_replaced)
{
	becomes("services:\n  a:\n    pull_policy: always # c\n    image: x\n",
		"services:\n  a:\n    pull_policy: never # c\n    image: new/a:1\n");
}

TEST(windows_line_ends_stay)
{
	becomes("services:\r\n  a:\r\n    image: x\r\n    restart: always\r\n",
		"services:\r\n  a:\r\n    image: new/a:1\r\n    pull_policy: never\r\n"
		"    restart: always\r\n");
}

TEST(a_file_without_a_last_line_break_works)
{
	becomes("services:\n  a:\n    image: x",
		"services:\n  a:\n    image: new/a:1\n    pull_policy: never");
}

TEST(flow_style_stays_flow_style)
{
	becomes("services: {a: {image: x, restart: always}}\n",
		"services: {a: {image: \"new/a:1\", pull_policy: never, restart: always}}\n");
	becomes("{\"services\":{\"a\":{\"image\":\"x\"}}}\n",
		"{\"services\":{\"a\":{\"image\":\"new/a:1\", pull_policy: never}}}\n");
}

TEST(a_block_scalar_is_replaced_whole)
{
	becomes("services:\n  a:\n    image: >-\n      x:1\n\n    restart: always\n",
		"services:\n  a:\n    image: new/a:1\n    pull_policy: never\n\n    restart: "
		"always\n");
}

TEST(a_merged_image_gets_keys_of_its_own)
{
	becomes("x-b: &b\n"
		"  image: x\n"
		"services:\n"
		"  a:\n"
		"    # from the base\n"
		"    <<: *b\n"
		"  c:\n"
		"    <<: *b\n"
		"    pull_policy: always\n",
		"x-b: &b\n"
		"  image: x\n"
		"services:\n"
		"  a:\n"
		"    # from the base\n"
		"    image: new/a:1\n"
		"    pull_policy: never\n"
		"    <<: *b\n"
		"  c:\n"
		"    image: new/c:1\n"
		"    <<: *b\n"
		"    pull_policy: never\n");
}

TEST(an_alias_of_a_service_becomes_a_merge)
{
	becomes("services:\n  a: &a\n    image: x\n  b: *a # same\n",
		"services:\n  a: &a\n    image: new/a:1\n    pull_policy: never\n"
		"  b: {<<: *a, image: \"new/b:1\", pull_policy: never} # same\n");
}

TEST(an_alias_of_an_image_becomes_a_text_and_its_anchor_stays)
{
	becomes("services:\n  a: {image: &i x, command: y}\n  b:\n    image: *i\n",
		"services:\n  a: {image: &i \"new/a:1\", pull_policy: never, command: y}\n"
		"  b:\n    image: new/b:1\n    pull_policy: never\n");
}

TEST(an_extended_service_gets_keys_of_its_own)
{
	becomes("services:\n"
		"  a:\n"
		"      image: x\n"
		"  b:\n"
		"      extends: a\n",
		"services:\n"
		"  a:\n"
		"      image: new/a:1\n"
		"      pull_policy: never\n"
		"  b:\n"
		"      image: new/b:1\n"
		"      pull_policy: never\n"
		"      extends: a\n");
	becomes("services:\n  a: {image: x}\n  b: {extends: {service: a}}\n",
		"services:\n  a: {image: \"new/a:1\", pull_policy: never}\n"
		"  b: {image: \"new/b:1\", pull_policy: never, extends: {service: a}}\n");
}

TEST(a_top_level_name_becomes_a_comment)
{
	becomes("name: stack # n\nservices:\n  a:\n    image: x\n    container_name: b\n",
		"# name: stack # n\nservices:\n  a:\n    image: new/a:1\n    pull_policy: never\n"
		"    container_name: b\n");
}

TEST(a_service_with_a_build_keeps_it)
{
	becomes("services:\n  a:\n    build: .\n    image: x\n",
		"services:\n  a:\n    build: .\n    image: new/a:1\n    pull_policy: never\n");
}

TEST(an_explicit_key_gets_its_column)
{
	becomes("services:\n  ? a\n  : image: x\n    restart: always\n",
		"services:\n  ? a\n  : image: new/a:1\n    pull_policy: never\n    restart: "
		"always\n");
}

TEST(included_and_extended_files_are_edited_where_the_service_is_defined)
{
	mkdir("sub", 0755);
	file("sub/i.yml", "name: inner\nservices:\n  i:\n    image: x\n");
	file("base.yml", "services:\n  base:\n    image: y\n");
	file("compose.yaml", "include: [sub/i.yml]\n"
			     "services:\n  a:\n    extends: {file: base.yml, service: base}\n");
	struct compose_rewritten *files = rewrite();
	CHECK_STR(err.text, "");
	if (!files)
		return;
	CHECK_STR(files[0].bytes, "include: [sub/i.yml]\nservices:\n  a:\n    image: new/a:1\n"
				  "    pull_policy: never\n"
				  "    extends: {file: base.yml, service: base}\n");
	CHECK_STR(files[1].file->packed, "base.yml");
	CHECK_STR(files[1].bytes, "services:\n  base:\n    image: y\n");
	CHECK_STR(files[2].bytes,
		"name: inner\nservices:\n  i:\n    image: new/i:1\n    pull_policy: never\n");
}

TEST(what_cannot_be_edited_is_refused_with_its_place)
{
	file("compose.yaml", "x-b: &b {image: x}\nservices:\n  a:\n    ? <<\n    : *b\n");
	CHECK(!rewrite());
	CHECK_INT(err.code, CODE_INPUT);
	CHECK_CONTAINS(err.text, "compose.yaml:4: the image of the service");
}

TEST(the_seeds_own_file_changes_in_four_lines_only)
{
	static const char seed[] = "version: '3.9'\n"
				   "services:\n"
				   "  langfuse:\n"
				   "    # 核心决策：使用 v2 镜像以保证 ARM64 稳定性\n"
				   "    image: ghcr.io/langfuse/langfuse:2\n"
				   "    depends_on:\n"
				   "      - db\n"
				   "  db:\n"
				   "    image: postgres\n"
				   "    restart: always\n";
	static const char packed[] = "version: '3.9'\n"
				     "services:\n"
				     "  langfuse:\n"
				     "    # 核心决策：使用 v2 镜像以保证 ARM64 稳定性\n"
				     "    image: new/langfuse:1\n"
				     "    pull_policy: never\n"
				     "    depends_on:\n"
				     "      - db\n"
				     "  db:\n"
				     "    image: new/db:1\n"
				     "    pull_policy: never\n"
				     "    restart: always\n";
	becomes(seed, packed);
}
