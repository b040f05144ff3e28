/* What docker and compose get to see of our environment. */
#include "child_environment.h"

#include <stdlib.h>

#include "check.h"
#include "child_process.h"

TEST(the_environment_is_scrubbed)
{
	struct err err = ERR_INIT;
	AUTO(arena) arena = arena_new();
	AUTO_CHILD result = CHILD_RESULT_INIT;
	setenv("POSTGRES_PASSWORD", "stray", 1);
	setenv("http_proxy", "http://stray", 1);
	setenv("DOCKER_HOST", "unix:///x.sock", 1);
	struct child_request request = {.argv = (const char *const[]){"/usr/bin/env", NULL},
		.environment = child_environment(arena)};
	CHECK_OK(child_run(&request, &result, &err));
	unsetenv("DOCKER_HOST");
	CHECK(!strstr(result.out.head.bytes, "stray"));
	CHECK_CONTAINS(result.out.head.bytes, "DOCKER_HOST=unix:///x.sock\n");
	CHECK_CONTAINS(result.out.head.bytes, "PATH=");
	CHECK_CONTAINS(result.out.head.bytes, ":/opt/homebrew/bin:");
}
