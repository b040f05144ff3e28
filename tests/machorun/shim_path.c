/* Functions on paths: rename, link, unlink, permissions, the working directory. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>

TRANSLATION(at_flags, DARWIN_AT_SHARED);

static int at(int directory)
{
	return directory == DARWIN_AT_FDCWD ? AT_FDCWD : directory;
}

/* A Mac has no /proc and no /sys: a program that leans on them must fail here too. */
bool path_is_foreign(const char *path)
{
	static const char *const foreign[] = {"/proc", "/sys"};

	for (size_t i = 0; path != NULL && i < COUNT(foreign); i++) {
		size_t length = strlen(foreign[i]);

		if (strncmp(path, foreign[i], length) == 0 &&
			(path[length] == '/' || path[length] == '\0')) {
			errno = ENOENT;
			return true;
		}
	}
	return false;
}

static int guest_access(const char *path, int mode)
{
	return path_is_foreign(path) ? -1 : access(path, mode);
}

static int guest_faccessat(int directory, const char *path, int mode, int flags)
{
	return faccessat(at(directory), path, mode, BITS_FROM_DARWIN(at_flags, flags));
}

static ssize_t guest_readlink(const char *path, char *to, size_t size)
{
	return path_is_foreign(path) ? -1 : readlink(path, to, size);
}

static ssize_t guest_readlinkat(int directory, const char *path, char *to, size_t size)
{
	return readlinkat(at(directory), path, to, size);
}

static int guest_mkdirat(int directory, const char *path, uint16_t mode)
{
	return mkdirat(at(directory), path, mode);
}

/* Linux says EISDIR, Darwin and POSIX EPERM. */
static int finish_unlink(int result)
{
	if (result < 0 && errno == EISDIR)
		errno = EPERM;
	return result;
}

static int guest_unlink(const char *path)
{
	return finish_unlink(unlink(path));
}

/* Darwin: the root is a directory, not one that exists. */
static int guest_mkdir(const char *path, uint16_t mode)
{
	if (path[0] == '/' && path[strspn(path, "/")] == '\0') {
		errno = EISDIR;
		return -1;
	}
	return mkdir(path, mode);
}

static int guest_unlinkat(int directory, const char *path, int flags)
{
	return finish_unlink(unlinkat(at(directory), path, BITS_FROM_DARWIN(at_flags, flags)));
}

static int guest_renameat(int from_directory, const char *from, int to_directory, const char *to)
{
	return renameat(at(from_directory), from, at(to_directory), to);
}

static int guest_renameatx(
	int from_directory, const char *from, int to_directory, const char *to, unsigned flags)
{
	unsigned host = 0;

	if (flags & DARWIN_RENAME_EXCL)
		host |= RENAME_NOREPLACE;
	if (flags & DARWIN_RENAME_SWAP)
		host |= RENAME_EXCHANGE;
	return renameat2(at(from_directory), from, at(to_directory), to, host);
}

static int guest_renamex(const char *from, const char *to, unsigned flags)
{
	return guest_renameatx(DARWIN_AT_FDCWD, from, DARWIN_AT_FDCWD, to, flags);
}

/* link(2) follows a symbolic link on Darwin, not on Linux. */
static int guest_link(const char *from, const char *to)
{
	return linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW);
}

static int guest_linkat(
	int from_directory, const char *from, int to_directory, const char *to, int flags)
{
	return linkat(
		at(from_directory), from, at(to_directory), to, BITS_FROM_DARWIN(at_flags, flags));
}

static int guest_symlinkat(const char *target, int directory, const char *path)
{
	return symlinkat(target, at(directory), path);
}

static int guest_fchmodat(int directory, const char *path, uint16_t mode, int flags)
{
	return fchmodat(at(directory), path, mode, BITS_FROM_DARWIN(at_flags, flags));
}

static int guest_lchmod(const char *path, uint16_t mode)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		return -1;
	return S_ISLNK(status.st_mode) ? 0 : chmod(path, mode);
}

static int guest_fchownat(int directory, const char *path, uid_t user, gid_t group, int flags)
{
	return fchownat(at(directory), path, user, group, BITS_FROM_DARWIN(at_flags, flags));
}

/* BSD file flags: none here; to clear them all is nothing to do. */
static int guest_chflags(const char *path, uint32_t flags)
{
	if (access(path, F_OK) < 0)
		return -1;
	return flags == 0 ? 0 : guest_fail(DARWIN_ENOTSUP);
}

static int guest_fchflags(int fd, uint32_t flags)
{
	(void)fd;
	return flags == 0 ? 0 : guest_fail(DARWIN_ENOTSUP);
}

static int guest_no_clone(void)
{
	return guest_fail(DARWIN_ENOTSUP);
}

/* --- times --- */

static void times_from_darwin(struct timespec to[2], const struct darwin_timeval *from)
{
	for (int i = 0; i < 2; i++) {
		to[i].tv_sec = from != NULL ? from[i].sec : 0;
		to[i].tv_nsec = from != NULL ? from[i].usec * 1000L : UTIME_NOW;
	}
}

static int guest_utimes(const char *path, const struct darwin_timeval *times)
{
	struct timespec host[2];

	times_from_darwin(host, times);
	return utimensat(AT_FDCWD, path, host, 0);
}

static int guest_lutimes(const char *path, const struct darwin_timeval *times)
{
	struct timespec host[2];

	times_from_darwin(host, times);
	return utimensat(AT_FDCWD, path, host, AT_SYMLINK_NOFOLLOW);
}

static int guest_futimes(int fd, const struct darwin_timeval *times)
{
	struct timespec host[2];

	times_from_darwin(host, times);
	return futimens(fd, host);
}

static const struct timespec *nanoseconds(struct timespec to[2], const struct darwin_timespec *from)
{
	if (from == NULL)
		return NULL;
	for (int i = 0; i < 2; i++) {
		to[i].tv_sec = from[i].sec;
		to[i].tv_nsec = from[i].nsec == DARWIN_UTIME_NOW    ? UTIME_NOW
				: from[i].nsec == DARWIN_UTIME_OMIT ? UTIME_OMIT
								    : from[i].nsec;
	}
	return to;
}

static int guest_utimensat(
	int directory, const char *path, const struct darwin_timespec *times, int flags)
{
	struct timespec host[2];

	return utimensat(
		at(directory), path, nanoseconds(host, times), BITS_FROM_DARWIN(at_flags, flags));
}

static int guest_futimens(int fd, const struct darwin_timespec *times)
{
	struct timespec host[2];

	return futimens(fd, nanoseconds(host, times));
}

/* realpath$DARWIN_EXTSN; Darwin's PATH_MAX is 1024. */
static char *guest_realpath(const char *path, char *to)
{
	char found[PATH_MAX];

	if (path_is_foreign(path) || realpath(path, found) == NULL)
		return NULL;
	if (strlen(found) >= DARWIN_PATH_MAX) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	if (to == NULL)
		return strdup(found);
	memcpy(to, found, strlen(found) + 1);
	return to;
}

TRANSLATION(fnmatch_flags, DARWIN_FNMATCH_SHARED);

static int guest_fnmatch(const char *pattern, const char *name, int flags)
{
	return fnmatch(pattern, name, BITS_FROM_DARWIN(fnmatch_flags, flags));
}

static char *guest_dirname(char *path)
{
	static _Thread_local char copy[DARWIN_MAXPATHLEN];

	/* Darwin's does not write into the argument. */
	snprintf(copy, sizeof(copy), "%s", path != NULL ? path : "");
	return dirname(copy);
}

static char *guest_basename(char *path)
{
	static _Thread_local char copy[DARWIN_MAXPATHLEN];

	snprintf(copy, sizeof(copy), "%s", path != NULL ? path : "");
	return __xpg_basename(copy);
}

const struct shim shim_path[] = {
	SHIM(access, guest_access),
	SHIM(faccessat, guest_faccessat),
	SHIM(readlink, guest_readlink),
	SHIM(readlinkat, guest_readlinkat),
	SHIM(mkdir, guest_mkdir),
	SHIM(mkdirat, guest_mkdirat),
	DIRECT(rmdir),
	SHIM(unlink, guest_unlink),
	SHIM(unlinkat, guest_unlinkat),
	DIRECT(remove),
	DIRECT(rename),
	SHIM(renameat, guest_renameat),
	SHIM(renameatx_np, guest_renameatx),
	SHIM(renamex_np, guest_renamex),
	SHIM(link, guest_link),
	SHIM(linkat, guest_linkat),
	DIRECT(symlink),
	SHIM(symlinkat, guest_symlinkat),
	DIRECT(chmod),
	DIRECT(fchmod),
	SHIM(fchmodat, guest_fchmodat),
	SHIM(lchmod, guest_lchmod),
	DIRECT(chown),
	DIRECT(fchown),
	DIRECT(lchown),
	SHIM(fchownat, guest_fchownat),
	SHIM(chflags, guest_chflags),
	SHIM(lchflags, guest_chflags),
	SHIM(fchflags, guest_fchflags),
	SHIM(clonefile, guest_no_clone),
	SHIM(clonefileat, guest_no_clone),
	SHIM(fclonefileat, guest_no_clone),
	DIRECT(mkfifo),
	SHIM(utimes, guest_utimes),
	SHIM(lutimes, guest_lutimes),
	SHIM(futimes, guest_futimes),
	SHIM(utimensat, guest_utimensat),
	SHIM(futimens, guest_futimens),
	DIRECT(utime),
	SHIM(realpath, guest_realpath),
	SHIM(fnmatch, guest_fnmatch),
	SHIM(dirname, guest_dirname),
	SHIM(basename, guest_basename),
	DIRECT(chdir),
	DIRECT(fchdir),
	DIRECT(getcwd),
	DIRECT(umask),
	DIRECT(mkstemp),
	DIRECT(mkdtemp),
	DIRECT(mkstemps),
	DIRECT(chroot),
	SHIM_END,
};
