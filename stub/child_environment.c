/* What children may know of our environment. */
#include "child_environment.h"

#include <stdlib.h>

/* DESIGN.md, section 4: PATH and HOME, locale, and what chooses the engine. TMPDIR: compose v1
 * unpacks itself there. */
static const char *const kept[] = {"HOME", "LANG", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "TMPDIR",
	"DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY"};

/* Finder and cron give a short PATH; docker looks for its helpers there. */
static const char usual_path[] = "/usr/local/bin:/opt/homebrew/bin:/usr/bin:/bin:/usr/sbin:/sbin";

const char *const *child_environment(struct arena *arena)
{
	const char **list = arena_alloc(arena, (ARRAY_SIZE(kept) + 3) * sizeof(*list));
	size_t count = 0;
	const char *path = getenv("PATH");
	list[count++] = path && *path ? arena_printf(arena, "PATH=%s:%s", path, usual_path)
				      : arena_printf(arena, "PATH=%s", usual_path);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		const char *value = getenv(kept[i]);
		if (value)
			list[count++] = arena_printf(arena, "%s=%s", kept[i], value);
	}
	list[count++] = "DOCKER_CLI_HINTS=false"; /* advertisements on stderr */
	return list;
}
