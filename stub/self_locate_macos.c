/* The program's own file on macOS: dyld knows the path that was executed. */
#ifdef __APPLE__

#include "self_locate.h"

#include <fcntl.h>
#include <limits.h>
#include <mach-o/dyld.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

int self_locate_open(int *fd, const char **path, struct arena *arena, struct err *err)
{
	char raw[4 * PATH_MAX];
	uint32_t size = sizeof(raw);
	if (_NSGetExecutablePath(raw, &size) != 0)
		return err_set(err, CODE_IO, "the path of this program is too long");
	char *resolved = realpath(raw, NULL);
	*path = arena_strdup(arena, resolved ? resolved : raw);
	free(resolved);
	*fd = open(*path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return err_set_errno(err, CODE_IO, "open %s", *path);
	return 0;
}

#endif
