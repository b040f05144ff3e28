/* A folder in memory, for targets whose code opens files by path; it goes with the process. */
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "fuzz.h"

static char fuzz_folder_path[] = "/dev/shm/hardtack-fuzz-XXXXXX";
static int fuzz_folder_made;

static void fuzz_folder_remove(void)
{
	DIR *folder = opendir(fuzz_folder_path);
	for (struct dirent *file; folder && (file = readdir(folder));)
		unlinkat(dirfd(folder), file->d_name, 0);
	if (folder)
		closedir(folder);
	rmdir(fuzz_folder_path);
}

static const char *fuzz_folder(void)
{
	if (fuzz_folder_made)
		return fuzz_folder_path;
	if (!mkdtemp(fuzz_folder_path))
		abort();
	fuzz_folder_made = 1;
	atexit(fuzz_folder_remove);
	return fuzz_folder_path;
}

static void fuzz_folder_put(const char *name, const uint8_t *data, size_t size)
{
	char path[200];
	snprintf(path, sizeof(path), "%s/%s", fuzz_folder(), name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd) < 0)
		abort();
}
