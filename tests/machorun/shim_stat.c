/* File and file system status. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* APFS: blocks of 4 KiB, and 1 MiB as the size of good transfers. */
#define APFS_BLOCK_SIZE 4096
#define APFS_IO_SIZE (1 << 20)

static struct darwin_timespec time_to_darwin(struct timespec from)
{
	return (struct darwin_timespec){from.tv_sec, from.tv_nsec};
}

void stat_to_darwin(struct darwin_stat *to, const struct stat *from)
{
	memset(to, 0, sizeof(*to));
	to->dev = (int32_t)from->st_dev;
	to->mode = (uint16_t)from->st_mode;
	to->nlink = (uint16_t)from->st_nlink;
	to->ino = from->st_ino;
	to->uid = from->st_uid;
	to->gid = from->st_gid;
	to->rdev = (int32_t)from->st_rdev;
	to->atime = time_to_darwin(from->st_atim);
	to->mtime = time_to_darwin(from->st_mtim);
	to->ctime = time_to_darwin(from->st_ctim);
	to->birthtime = time_to_darwin(from->st_mtim);
	to->size = from->st_size;
	to->blocks = from->st_blocks;
	to->blksize = (int32_t)from->st_blksize;
}

static int finish(int result, struct darwin_stat *to, const struct stat *from)
{
	if (result == 0)
		stat_to_darwin(to, from);
	return result;
}

static int guest_stat(const char *path, struct darwin_stat *to)
{
	struct stat host;

	return path_is_foreign(path) ? -1 : finish(stat(path, &host), to, &host);
}

static int guest_lstat(const char *path, struct darwin_stat *to)
{
	struct stat host;

	return path_is_foreign(path) ? -1 : finish(lstat(path, &host), to, &host);
}

static int guest_fstat(int fd, struct darwin_stat *to)
{
	struct stat host;

	return finish(fstat(fd, &host), to, &host);
}

static int guest_fstatat(int directory, const char *path, struct darwin_stat *to, int flags)
{
	struct stat host;
	int at = directory == DARWIN_AT_FDCWD ? AT_FDCWD : directory;

	if (path_is_foreign(path))
		return -1;
	return finish(fstatat(at, path, &host,
			      flags & DARWIN_AT_SYMLINK_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0),
		to, &host);
}

/* --- file systems --- */

/*
 * Block counts in APFS blocks. struct statvfs counts in 32 bits on Darwin, and f_bsize is the
 * transfer size, not the unit of f_blocks: both are traps that must look here as there.
 */
static uint64_t scale(uint64_t blocks, uint64_t size)
{
	return blocks * size / APFS_BLOCK_SIZE;
}

static int finish_statvfs(int result, struct darwin_statvfs *to, const struct statvfs *from)
{
	if (result < 0)
		return -1;
	memset(to, 0, sizeof(*to));
	to->bsize = APFS_IO_SIZE;
	to->frsize = APFS_BLOCK_SIZE;
	to->blocks = (uint32_t)scale(from->f_blocks, from->f_frsize);
	to->bfree = (uint32_t)scale(from->f_bfree, from->f_frsize);
	to->bavail = (uint32_t)scale(from->f_bavail, from->f_frsize);
	to->files = (uint32_t)from->f_files;
	to->ffree = (uint32_t)from->f_ffree;
	to->favail = (uint32_t)from->f_favail;
	to->fsid = from->f_fsid;
	to->flag = (from->f_flag & ST_RDONLY ? DARWIN_ST_RDONLY : 0) |
		   (from->f_flag & ST_NOSUID ? DARWIN_ST_NOSUID : 0);
	to->namemax = from->f_namemax;
	return 0;
}

static int guest_statvfs(const char *path, struct darwin_statvfs *to)
{
	struct statvfs host;

	return path_is_foreign(path) ? -1 : finish_statvfs(statvfs(path, &host), to, &host);
}

static int guest_fstatvfs(int fd, struct darwin_statvfs *to)
{
	struct statvfs host;

	return finish_statvfs(fstatvfs(fd, &host), to, &host);
}

/* Names the mount that holds DEVICE, for f_mntonname and f_mntfromname. */
static void name_mount(struct darwin_statfs *to, dev_t device)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *mount;
	struct stat status;

	snprintf(to->fstypename, sizeof(to->fstypename), "apfs");
	snprintf(to->mntonname, sizeof(to->mntonname), "/");
	snprintf(to->mntfromname, sizeof(to->mntfromname), "/dev/disk1s1");
	while (mounts != NULL && (mount = getmntent(mounts)) != NULL)
		if (stat(mount->mnt_dir, &status) == 0 && status.st_dev == device)
			snprintf(to->mntonname, sizeof(to->mntonname), "%s", mount->mnt_dir);
	if (mounts != NULL)
		endmntent(mounts);
	errno = 0;
}

static int finish_statfs(
	int result, struct darwin_statfs *to, const struct statfs *from, dev_t device)
{
	if (result < 0)
		return -1;
	memset(to, 0, sizeof(*to));
	to->bsize = APFS_BLOCK_SIZE;
	to->iosize = APFS_IO_SIZE;
	to->blocks = scale(from->f_blocks, (uint64_t)from->f_frsize);
	to->bfree = scale(from->f_bfree, (uint64_t)from->f_frsize);
	to->bavail = scale(from->f_bavail, (uint64_t)from->f_frsize);
	to->files = from->f_files;
	to->ffree = from->f_ffree;
	memcpy(to->fsid, &from->f_fsid, sizeof(to->fsid));
	if (from->f_flags & ST_RDONLY)
		to->flags |= DARWIN_MNT_RDONLY;
	if (from->f_flags & ST_NOSUID)
		to->flags |= DARWIN_MNT_NOSUID;
	if (from->f_flags & ST_NOEXEC)
		to->flags |= DARWIN_MNT_NOEXEC;
	name_mount(to, device);
	return 0;
}

static int guest_statfs(const char *path, struct darwin_statfs *to)
{
	struct statfs host;
	struct stat status;

	if (path_is_foreign(path) || stat(path, &status) < 0)
		return -1;
	return finish_statfs(statfs(path, &host), to, &host, status.st_dev);
}

static int guest_fstatfs(int fd, struct darwin_statfs *to)
{
	struct statfs host;
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -1;
	return finish_statfs(fstatfs(fd, &host), to, &host, status.st_dev);
}

TRANSLATION(path_limits, DARWIN_PATHCONF_SHARED);

static long limit_of_name(int darwin, int *host)
{
	if (darwin == DARWIN__PC_CASE_SENSITIVE || darwin == DARWIN__PC_CASE_PRESERVING)
		return 1;
	*host = FROM_DARWIN(path_limits, darwin, -1);
	if (*host < 0)
		errno = EINVAL;
	return -1;
}

static long guest_pathconf(const char *path, int name)
{
	int host = -1;
	long known = limit_of_name(name, &host);

	return known >= 0 || host < 0 ? known : pathconf(path, host);
}

static long guest_fpathconf(int fd, int name)
{
	int host = -1;
	long known = limit_of_name(name, &host);

	return known >= 0 || host < 0 ? known : fpathconf(fd, host);
}

const struct shim shim_stat[] = {
	SHIM(stat, guest_stat),
	SHIM(lstat, guest_lstat),
	SHIM(fstat, guest_fstat),
	SHIM(fstatat, guest_fstatat),
	SHIM(statvfs, guest_statvfs),
	SHIM(fstatvfs, guest_fstatvfs),
	SHIM(statfs, guest_statfs),
	SHIM(fstatfs, guest_fstatfs),
	SHIM(pathconf, guest_pathconf),
	SHIM(fpathconf, guest_fpathconf),
	SHIM_END,
};
