/* What children may know of our environment, and where programs are looked for. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child_process.h"

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

const char *child_find_program(const char *name, const char *paths, struct arena *arena)
{
	for (const char *at = paths; at && *at;) {
		size_t length = strcspn(at, ":");
		struct stat st;
		char *path = arena_printf(arena, "%.*s/%s", (int)length, at, name);
		/* Relative entries of PATH are skipped: what is found must not depend on the
		 * working directory. */
		if (*at == '/' && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
			access(path, X_OK) == 0)
			return path;
		at += length + (at[length] == ':');
	}
	return NULL;
}
