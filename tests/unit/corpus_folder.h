/* A corpus is a folder: each of its names is a case. */
#pragma once

#include <dirent.h>

#include "check.h"

/* Calls test with each name in the folder that has no leading dot; how many there were. */
static inline size_t corpus_folder_each(const char *folder, void (*test)(const char *name))
{
	size_t count = 0;
	DIR *directory = opendir(folder);
	if (!directory)
		check_report(__FILE__, __LINE__, "cannot open %s", folder);
	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		if (entry->d_name[0] == '.')
			continue;
		test(entry->d_name);
		count++;
	}
	if (directory)
		closedir(directory);
	return count;
}
