/* Opening, reading, writing and memory-mapping files. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

TRANSLATION(open_flags, DARWIN_OPEN_SHARED);

int open_from_darwin(int flags)
{
	int host = BITS_FROM_DARWIN(open_flags, flags) | (flags & DARWIN_O_ACCMODE);

	if (flags & DARWIN_O_SYMLINK)
		host |= O_PATH | O_NOFOLLOW;
	return host;
}

/* Darwin can take a flock while opening. */
static int finish_open(int fd, int flags)
{
	int lock = flags & DARWIN_O_EXLOCK ? LOCK_EX : flags & DARWIN_O_SHLOCK ? LOCK_SH : 0;

	if (fd < 0)
		return -1;
	descriptor_set_no_sigpipe(fd, false);
	if (lock != 0 && flock(fd, lock | (flags & DARWIN_O_NONBLOCK ? LOCK_NB : 0)) < 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

int guest_open(const char *path, int flags, const void *arguments);
int guest_open(const char *path, int flags, const void *arguments)
{
	mode_t mode = flags & DARWIN_O_CREAT ? (mode_t)guest_va_slot(arguments, 0) & 0xffff : 0;

	if (path_is_foreign(path))
		return -1;
	return finish_open(open(path, open_from_darwin(flags), mode), flags);
}

static int host_directory(int fd)
{
	return fd == DARWIN_AT_FDCWD ? AT_FDCWD : fd;
}

int guest_openat(int directory, const char *path, int flags, const void *arguments);
int guest_openat(int directory, const char *path, int flags, const void *arguments)
{
	mode_t mode = flags & DARWIN_O_CREAT ? (mode_t)guest_va_slot(arguments, 0) & 0xffff : 0;

	if (path_is_foreign(path))
		return -1;
	return finish_open(
		openat(host_directory(directory), path, open_from_darwin(flags), mode), flags);
}

static int guest_creat(const char *path, uint16_t mode)
{
	return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

/* What cannot be synchronised (pipes, terminals): EINVAL on Linux, ENOTSUP on Darwin. */
static int guest_fsync(int fd)
{
	int result = fsync(fd);

	if (result < 0 && errno == EINVAL)
		errno = ENOTSUP;
	return result;
}

static int guest_close(int fd)
{
	descriptor_set_no_sigpipe(fd, false);
	return close(fd);
}

/* Darwin refuses transfers above INT_MAX. */
static bool too_long(size_t size)
{
	if (size <= INT32_MAX)
		return false;
	errno = EINVAL;
	return true;
}

static ssize_t guest_read(int fd, void *to, size_t size)
{
	return too_long(size) ? -1 : read(fd, to, size);
}

static ssize_t guest_pread(int fd, void *to, size_t size, int64_t offset)
{
	return too_long(size) ? -1 : pread(fd, to, size, offset);
}

static ssize_t guest_write(int fd, const void *from, size_t size)
{
	if (too_long(size))
		return -1;
	if (descriptor_no_sigpipe(fd))
		return send(fd, from, size, MSG_NOSIGNAL);
	return write(fd, from, size);
}

static ssize_t guest_pwrite(int fd, const void *from, size_t size, int64_t offset)
{
	return too_long(size) ? -1 : pwrite(fd, from, size, offset);
}

static ssize_t guest_writev(int fd, const struct iovec *parts, int count)
{
	if (descriptor_no_sigpipe(fd)) {
		struct msghdr message = {
			.msg_iov = (struct iovec *)parts, .msg_iovlen = (size_t)count};

		return sendmsg(fd, &message, MSG_NOSIGNAL);
	}
	return writev(fd, parts, count);
}

static int64_t guest_lseek(int fd, int64_t offset, int whence)
{
	if (whence == DARWIN_SEEK_HOLE)
		whence = SEEK_HOLE;
	else if (whence == DARWIN_SEEK_DATA)
		whence = SEEK_DATA;
	return lseek(fd, offset, whence);
}

/* --- memory maps: a Mac's pages are 16 KiB, so smaller alignments fail as they do there --- */

static void *guest_mmap(void *at, size_t size, int protection, int flags, int fd, int64_t offset)
{
	int host = flags & (MAP_SHARED | MAP_PRIVATE | MAP_FIXED);

	if (size == 0 || (uint64_t)offset % DARWIN_PAGE_SIZE != 0 ||
		((flags & MAP_FIXED) && (uintptr_t)at % DARWIN_PAGE_SIZE != 0)) {
		errno = EINVAL;
		return MAP_FAILED;
	}
	if ((protection & PROT_WRITE) && (protection & PROT_EXEC) && !(flags & DARWIN_MAP_JIT)) {
		errno = EACCES; /* W^X on arm64 */
		return MAP_FAILED;
	}
	if (flags & DARWIN_MAP_ANON)
		host |= MAP_ANONYMOUS;
	if (flags & DARWIN_MAP_NORESERVE)
		host |= MAP_NORESERVE;
	return mmap(at, size, protection, host, flags & DARWIN_MAP_ANON ? -1 : fd, offset);
}

static int guest_msync(void *at, size_t size, int flags)
{
	int host = flags & DARWIN_MS_ASYNC ? MS_ASYNC : MS_SYNC;

	if (flags & DARWIN_MS_INVALIDATE)
		host |= MS_INVALIDATE;
	return msync(at, size, host);
}

static int guest_madvise(void *at, size_t size, int advice)
{
	if (advice == DARWIN_MADV_FREE)
		return madvise(at, size, MADV_FREE);
	/* Darwin's DONTNEED keeps the contents; Linux's throws them away. */
	if (advice == DARWIN_MADV_DONTNEED || advice > DARWIN_MADV_DONTNEED)
		return 0;
	return madvise(at, size, advice);
}

int guest_shm_open(const char *name, int flags, const void *arguments);
int guest_shm_open(const char *name, int flags, const void *arguments)
{
	mode_t mode = flags & DARWIN_O_CREAT ? (mode_t)guest_va_slot(arguments, 0) & 0xffff : 0;

	return shm_open(name, open_from_darwin(flags), mode);
}

const struct shim shim_file[] = {
	VARIADIC(open),
	VARIADIC(openat),
	SHIM(creat, guest_creat),
	SHIM(close, guest_close),
	SHIM(read, guest_read),
	SHIM(pread, guest_pread),
	SHIM(write, guest_write),
	SHIM(pwrite, guest_pwrite),
	DIRECT(readv),
	SHIM(writev, guest_writev),
	DIRECT(preadv),
	DIRECT(pwritev),
	SHIM(lseek, guest_lseek),
	DIRECT(ftruncate),
	DIRECT(truncate),
	SHIM(fsync, guest_fsync),
	DIRECT(sync),
	DIRECT(fdatasync),
	SHIM(mmap, guest_mmap),
	DIRECT(munmap),
	DIRECT(mprotect),
	SHIM(msync, guest_msync),
	SHIM(madvise, guest_madvise),
	SHIM(posix_madvise, guest_madvise),
	DIRECT(mlock),
	DIRECT(munlock),
	VARIADIC(shm_open),
	DIRECT(shm_unlink),
	SHIM_END,
};
