/* Finding out whose a path is, and giving away what root makes. */
#include "file_owner.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "file_io.h"
#include "text.h"

/* ---- saying whose it is ---- */

bool file_owner_refused(const struct err *err)
{
	return err->sys_errno == EACCES || err->sys_errno == EPERM;
}

/* The folder that may not be searched, else the file, else the folder where it cannot be made. */
static char *find_refusal(const char *path)
{
	char *part = xstrdup(path);
	struct stat st;
	for (char *slash = part; (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		if (access(part, X_OK) < 0 && errno == EACCES)
			return part;
		*slash = '/';
	}
	if (stat(part, &st) == 0 && access(part, R_OK | W_OK | (S_ISDIR(st.st_mode) ? X_OK : 0)) < 0)
		return part;
	free(part);
	return file_directory(path);
}

static char *name_of(uid_t user)
{
	const struct passwd *entry = getpwuid(user);
	return entry && *entry->pw_name ? xstrdup(entry->pw_name) : xprintf("%ld", (long)user);
}

char *file_owner_name(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 ? name_of(st.st_uid) : NULL;
}

/* Within it, a person may be told to make things his own; never /root or somebody's home. */
static bool is_below_own_home(const char *path)
{
	const char *home = getenv("HOME");
	struct stat st;
	size_t length = home ? strlen(home) : 0;
	while (length > 0 && home[length - 1] == '/')
		length--;
	return length > 0 && strncmp(path, home, length) == 0 && path[length] == '/' &&
	       stat(home, &st) == 0 && st.st_uid == geteuid();
}

/* Of a file of an installation: all of that, since where one is root's others are. It has a lock. */
static char *whole_of(const char *path)
{
	char *part = xstrdup(path);
	for (char *slash; (slash = strrchr(part, '/')) && is_below_own_home(part); *slash = '\0') {
		AUTO_FREE char *lock = xprintf("%s/.hardtack.lock", part);
		if (access(lock, F_OK) == 0)
			return part;
	}
	free(part);
	return xstrdup(path);
}

int file_owner_hint(struct err *err, const char *path)
{
	struct stat st;
	uid_t self = geteuid();
	if (!file_owner_refused(err) || self == 0)
		return -1;
	AUTO_FREE char *part = find_refusal(path);
	if (stat(part, &st) < 0)
		return -1;
	if (st.st_uid == self) {
		mode_t needed = S_ISDIR(st.st_mode) ? 0700 : 0600;
		if ((st.st_mode & needed) == needed)
			return -1;
		return err_hint(err, "%s is locked, though it is this user's: `chmod u+rwX \"%s\"`",
			part, part);
	}
	AUTO_FREE char *owner = name_of(st.st_uid);
	if (is_below_own_home(part)) {
		AUTO_FREE char *whole = whole_of(part);
		AUTO_FREE char *user = name_of(self);
		/* Not chown -R: what a container keeps in a folder there is its user's. */
		return err_hint(err,
			"%s belongs to %s: give it to this user with `sudo find \"%s\" -user %s "
			"-exec chown %s {} +`, or run this with `sudo HOME=\"$HOME\"`",
			part, owner, whole, owner, user);
	}
	return st.st_uid == 0
		       ? err_hint(err, "%s belongs to %s: run this with sudo", part, owner)
		       : err_hint(err, "%s belongs to %s: run this as that user, or with sudo", part,
				 owner);
}

int file_owner_check(const char *path, int mode, struct err *err)
{
	if (access(path, mode) == 0 || (errno != EACCES && errno != EPERM))
		return 0;
	err_set_errno(err, CODE_IO, "open %s", path);
	return file_owner_hint(err, path);
}

/* ---- giving away ---- */

static struct {
	uid_t user; /* 0: nobody */
	gid_t group;
} follow;

void file_owner_follow(const char *directory)
{
	struct stat st;
	AUTO_FREE char *at = xstrdup(directory);
	follow.user = 0;
	if (geteuid() != 0)
		return;
	while (stat(at, &st) < 0 && errno == ENOENT) {
		char *above = file_directory(at);
		free(at);
		at = above;
		if (strcmp(at, "/") == 0 || strcmp(at, ".") == 0)
			return;
	}
	if (stat(at, &st) < 0 || !S_ISDIR(st.st_mode))
		return;
	follow.user = st.st_uid;
	follow.group = st.st_gid;
}

/* By its descriptor: a name could be another's meanwhile. A file system that knows no owners, or maps
 * root to nobody, leaves it as it is. */
void file_owner_give(int fd, const char *path)
{
	struct stat st;
	AUTO_FREE char *directory = follow.user != 0 ? file_directory(path) : NULL;
	if (!directory || stat(directory, &st) < 0 || st.st_uid != follow.user ||
		fstat(fd, &st) < 0 || st.st_uid != 0)
		return;
	if (fchown(fd, follow.user, follow.group) < 0)
		return;
}

int file_owner_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return open(path, flags | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		file_owner_give(fd, path);
	return fd;
}
