/* The project's name. */
#include "check.h"

#include <sys/stat.h>

#include "project_name.h"

TEST(the_first_source_wins)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	CHECK_STR(project_name_choose(arena, "a", "b", "c", "d", &err), "a");
	CHECK_STR(project_name_choose(arena, NULL, "b", "c", "d", &err), "b");
	CHECK_STR(project_name_choose(arena, NULL, NULL, "c", "d", &err), "c");
	CHECK_STR(project_name_choose(arena, NULL, NULL, NULL, "x/d", &err), "d");
}

TEST(a_directory_is_normalised_as_compose_does_it)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	CHECK_STR(project_name_choose(arena, NULL, NULL, NULL, "/x/My.Proj_1", &err), "myproj_1");
	CHECK_STR(project_name_choose(arena, NULL, NULL, NULL, "/x/_-a-B", &err), "a-b");
	CHECK_STR(project_name_choose(arena, NULL, NULL, NULL, "/x/langfuse 本地部署", &err),
		"langfuse");
}

TEST(the_working_directory_has_a_name)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	CHECK(mkdir("stack", 0755) == 0 && chdir("stack") == 0);
	CHECK_STR(project_name_choose(arena, NULL, NULL, NULL, ".", &err), "stack");
	CHECK(chdir("..") == 0);
}

TEST(a_name_of_which_nothing_is_left_asks_for_one)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	CHECK(!project_name_choose(arena, NULL, NULL, NULL, "/x/本地部署", &err));
	CHECK_INT(err.code, CODE_INPUT);
	CHECK_CONTAINS(err.hint, "--name");
}

TEST(a_name_that_was_asked_for_is_not_bent)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	CHECK(!project_name_choose(arena, "My.Proj", NULL, NULL, "d", &err));
	CHECK_INT(err.code, CODE_USAGE);
	CHECK(!project_name_choose(arena, NULL, "-x", NULL, "d", &err));
	CHECK_INT(err.code, CODE_INPUT);
	CHECK(!project_name_is_valid(""));
	CHECK(!project_name_is_valid(
		"0123456789012345678901234567890123456789012345678901234567890123"));
}
