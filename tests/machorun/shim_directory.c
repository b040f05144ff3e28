/* Directory streams. */
#include "guest.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What the guest holds as DIR *. */
struct guest_directory {
	DIR *host;
	struct darwin_dirent entry;
};

static struct guest_directory *wrap(DIR *host)
{
	struct guest_directory *directory;

	if (host == NULL)
		return NULL;
	directory = calloc(1, sizeof(*directory));
	if (directory == NULL)
		machorun_die("out of memory");
	directory->host = host;
	return directory;
}

static struct guest_directory *guest_opendir(const char *path)
{
	return path_is_foreign(path) ? NULL : wrap(opendir(path));
}

static struct guest_directory *guest_fdopendir(int fd)
{
	return wrap(fdopendir(fd));
}

static void entry_to_darwin(struct darwin_dirent *to, const struct dirent *from)
{
	size_t length = strlen(from->d_name);

	memset(to, 0, offsetof(struct darwin_dirent, name));
	to->ino = from->d_ino;
	to->namlen = (uint16_t)length;
	to->reclen = (uint16_t)((offsetof(struct darwin_dirent, name) + length + 1 + 7) / 8 * 8);
	to->type = from->d_type;
	memcpy(to->name, from->d_name, length + 1);
}

static struct darwin_dirent *guest_readdir(struct guest_directory *directory)
{
	struct dirent *host = readdir(directory->host);

	if (host == NULL)
		return NULL;
	entry_to_darwin(&directory->entry, host);
	return &directory->entry;
}

static int guest_readdir_r(
	struct guest_directory *directory, struct darwin_dirent *to, struct darwin_dirent **result)
{
	struct darwin_dirent *entry;

	errno = 0;
	entry = guest_readdir(directory);
	*result = NULL;
	if (entry == NULL)
		return errno_to_darwin(errno);
	memcpy(to, entry, sizeof(*to));
	*result = to;
	return 0;
}

static int guest_closedir(struct guest_directory *directory)
{
	int result = closedir(directory->host);

	free(directory);
	return result;
}

static void guest_rewinddir(struct guest_directory *directory)
{
	rewinddir(directory->host);
}

static long guest_telldir(struct guest_directory *directory)
{
	return telldir(directory->host);
}

static void guest_seekdir(struct guest_directory *directory, long where)
{
	seekdir(directory->host, where);
}

static int guest_dirfd(struct guest_directory *directory)
{
	return dirfd(directory->host);
}

static int guest_alphasort(const struct darwin_dirent **a, const struct darwin_dirent **b)
{
	return strcmp((*a)->name, (*b)->name);
}

typedef int entry_filter(const struct darwin_dirent *entry);
typedef int entry_compare(const struct darwin_dirent **a, const struct darwin_dirent **b);

static int guest_scandir(const char *path, struct darwin_dirent ***names, entry_filter *filter,
	entry_compare *compare)
{
	struct guest_directory *directory = guest_opendir(path);
	struct darwin_dirent *entry, **list = NULL;
	int count = 0;

	if (directory == NULL)
		return -1;
	while ((entry = guest_readdir(directory)) != NULL) {
		if (filter != NULL && !filter(entry))
			continue;
		list = realloc(list, (size_t)(count + 1) * sizeof(*list));
		list[count] = malloc(sizeof(*entry));
		memcpy(list[count++], entry, sizeof(*entry));
	}
	guest_closedir(directory);
	if (compare != NULL && count > 0)
		qsort(list, (size_t)count, sizeof(*list),
			(int (*)(const void *, const void *))(void *)compare);
	*names = list;
	return count;
}

const struct shim shim_directory[] = {
	SHIM(opendir, guest_opendir),
	SHIM(fdopendir, guest_fdopendir),
	SHIM(readdir, guest_readdir),
	SHIM(readdir_r, guest_readdir_r),
	SHIM(closedir, guest_closedir),
	SHIM(rewinddir, guest_rewinddir),
	SHIM(telldir, guest_telldir),
	SHIM(seekdir, guest_seekdir),
	SHIM(dirfd, guest_dirfd),
	SHIM(alphasort, guest_alphasort),
	SHIM(scandir, guest_scandir),
	SHIM_END,
};
