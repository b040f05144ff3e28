/* The program's own file on Linux: the kernel's link, which survives a rename or deletion. */
#ifdef __linux__

#include "self_locate.h"

#include <fcntl.h>
#include <unistd.h>

int self_locate_open(int *fd, const char **path, struct arena *arena, struct err *err)
{
	static const char link[] = "/proc/self/exe";
	char target[4096];
	*fd = open(link, O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return err_set_errno(err, CODE_IO, "open %s", link);
	ssize_t length = readlink(link, target, sizeof(target));
	*path = length > 0 ? arena_strndup(arena, target, (size_t)length) : link;
	return 0;
}

#endif
