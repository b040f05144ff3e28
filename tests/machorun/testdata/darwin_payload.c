/* Finds its unmapped __PAYLOAD segment in the load commands and reads both ends with pread. */
#include <fcntl.h>
#include <mach-o/dyld.h>
#include <mach-o/loader.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

extern const struct mach_header_64 _mh_execute_header;

static const struct segment_command_64 *find(const char *name)
{
	const char *at = (const char *)(&_mh_execute_header + 1);

	for (uint32_t i = 0; i < _mh_execute_header.ncmds; i++) {
		const struct segment_command_64 *command = (const void *)at;

		if (command->cmd == LC_SEGMENT_64 && strncmp(command->segname, name, 16) == 0)
			return command;
		at += command->cmdsize;
	}
	return NULL;
}

int main(void)
{
	const struct segment_command_64 *segment = find("__PAYLOAD");
	char path[1024], first[8] = "", last[8] = "", middle[8] = "x";
	uint32_t size = sizeof(path);
	struct rusage usage;
	int fd;

	if (segment == NULL || _NSGetExecutablePath(path, &size) != 0)
		return 1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (pread(fd, first, 5, (off_t)segment->fileoff) != 5 ||
		pread(fd, last, 4, (off_t)(segment->fileoff + segment->filesize - 4)) != 4 ||
		pread(fd, middle, 1, (off_t)(segment->fileoff + segment->filesize / 2)) != 1 ||
		middle[0] != 0)
		return 2;
	getrusage(RUSAGE_SELF, &usage);
	printf("length %llu\nends %s %s\nmemory %ld\n", segment->filesize, first, last,
		usage.ru_maxrss / 1024);
	return 0;
}
