/* Files and directories, status, locks, renames, times, memory maps. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "say.h"

static void open_and_status(void)
{
	struct stat status;
	char bytes[16];
	int fd = open("a", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

	CHECK("create", fd >= 0);
	CHECK("create again says EEXIST",
		open("a", O_RDWR | O_CREAT | O_EXCL, 0640) < 0 && errno == EEXIST);
	CHECK("close-on-exec", fcntl(fd, F_GETFD) == FD_CLOEXEC);
	CHECK("flags", (fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK)) == O_RDWR);
	CHECK("write", write(fd, "hello world", 11) == 11);
	CHECK("pwrite and pread", pwrite(fd, "W", 1, 6) == 1 && pread(fd, bytes, 5, 6) == 5 &&
					  memcmp(bytes, "World", 5) == 0);
	CHECK("seek", lseek(fd, -5, SEEK_END) == 6 && read(fd, bytes, 16) == 5 &&
			      read(fd, bytes, 1) == 0);
	CHECK("fstat", fstat(fd, &status) == 0 && status.st_size == 11 && S_ISREG(status.st_mode) &&
			       (status.st_mode & 0777) == 0640 && status.st_nlink == 1 &&
			       status.st_uid == geteuid());
	CHECK("fsync", fsync(fd) == 0);
	CHECK("truncate", ftruncate(fd, 3) == 0 && fstat(fd, &status) == 0 && status.st_size == 3);
	CHECK("writev", lseek(fd, 0, SEEK_SET) == 0 &&
				writev(fd, (struct iovec[]){{"ab", 2}, {"cde", 3}}, 2) == 5);
	CHECK("close", close(fd) == 0 && close(fd) < 0 && errno == EBADF);
	CHECK("read of a directory", (fd = open(".", O_RDONLY | O_DIRECTORY)) >= 0 &&
					     read(fd, bytes, 1) < 0 && errno == EISDIR);
	close(fd);
	CHECK("not a directory", open("a", O_RDONLY | O_DIRECTORY) < 0 && errno == ENOTDIR);
	CHECK("missing", stat("nothing", &status) < 0 && errno == ENOENT);
}

static void names(void)
{
	struct stat status;
	char link_text[16] = "", path[PATH_MAX];

	CHECK("mkdir", mkdir("d", 0755) == 0 && mkdir("d", 0755) < 0 && errno == EEXIST);
	CHECK("rename",
		rename("a", "d/b") == 0 && access("a", F_OK) < 0 && access("d/b", R_OK) == 0);
	CHECK("link", link("d/b", "d/c") == 0 && stat("d/c", &status) == 0 && status.st_nlink == 2);
	CHECK("symlink",
		symlink("b", "d/s") == 0 && lstat("d/s", &status) == 0 && S_ISLNK(status.st_mode));
	CHECK("readlink",
		readlink("d/s", link_text, sizeof(link_text)) == 1 && link_text[0] == 'b');
	CHECK("nofollow", open("d/s", O_RDONLY | O_NOFOLLOW) < 0 && errno == ELOOP);
	CHECK("chmod", chmod("d/b", 0600) == 0 && stat("d/b", &status) == 0 &&
			       (status.st_mode & 0777) == 0600);
	CHECK("realpath",
		realpath("d/../d/s", path) == path && strcmp(strrchr(path, '/'), "/b") == 0);
	CHECK("realpath missing", realpath("d/none", path) == NULL && errno == ENOENT);
	CHECK("rmdir not empty", rmdir("d") < 0 && errno == ENOTEMPTY);
	int at = open("d", O_RDONLY | O_DIRECTORY);
	CHECK("openat", openat(at, "b", O_RDONLY) >= 0);
	CHECK("fstatat",
		fstatat(at, "s", &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode));
	CHECK("mkdirat, unlinkat",
		mkdirat(at, "sub", 0700) == 0 && unlinkat(at, "sub", AT_REMOVEDIR) == 0);
	CHECK("fstatat here", fstatat(AT_FDCWD, "d", &status, 0) == 0 && S_ISDIR(status.st_mode));
	CHECK("fsync of a directory", fsync(at) == 0);
	close(at);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void directory(void)
{
	char *list[8], joined[64] = "";
	int count = 0, types = 0;
	DIR *dir = opendir("d");
	struct dirent *entry;

	CHECK("opendir", dir != NULL);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		types += entry->d_type == DT_REG;
		list[count++] = strdup(entry->d_name);
	}
	qsort(list, (size_t)count, sizeof(list[0]), compare_names);
	for (int i = 0; i < count; i++)
		strncat(joined, list[i], sizeof(joined) - strlen(joined) - 1);
	CHECK("readdir", strcmp(joined, "bcs") == 0 && types == 2);
	rewinddir(dir);
	CHECK("rewinddir", readdir(dir) != NULL && dirfd(dir) >= 0 && closedir(dir) == 0);
	CHECK("opendir missing", opendir("none") == NULL && errno == ENOENT);
}

static void times(void)
{
	struct timespec both[2] = {{1000000000, 5}, {1234567890, 123456789}};
	struct timeval old[2] = {{1, 2}, {3, 4}};
	struct stat status;

	CHECK("utimensat", utimensat(AT_FDCWD, "d/b", both, 0) == 0 && stat("d/b", &status) == 0 &&
				   status.st_mtime == 1234567890);
	both[1].tv_nsec = UTIME_OMIT;
	both[0].tv_sec = 7;
	CHECK("UTIME_OMIT", utimensat(AT_FDCWD, "d/b", both, 0) == 0 && stat("d/b", &status) == 0 &&
				    status.st_mtime == 1234567890 && status.st_atime == 7);
	CHECK("utimes",
		utimes("d/b", old) == 0 && stat("d/b", &status) == 0 && status.st_mtime == 3);
}

/* A lock is seen by another process only. */
static int in_child(int (*function)(int), int fd)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(function(fd));
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int try_lock(int fd)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10};
	struct flock probe = lock;
	int blocked = fcntl(fd, F_SETLK, &lock) < 0 && (errno == EAGAIN || errno == EACCES);

	if (fcntl(fd, F_GETLK, &probe) < 0)
		return 9;
	return blocked + 2 * (probe.l_type == F_WRLCK && probe.l_pid == getppid());
}

static int try_flock(int fd)
{
	int other = open("lock", O_RDWR);

	(void)fd;
	return flock(other, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

static void locks(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 10};
	int fd = open("lock", O_RDWR | O_CREAT, 0600);

	CHECK("fcntl lock", fcntl(fd, F_SETLK, &lock) == 0 && in_child(try_lock, fd) == 3);
	lock.l_type = F_UNLCK;
	CHECK("fcntl unlock", fcntl(fd, F_SETLK, &lock) == 0 && in_child(try_lock, fd) == 0);
	CHECK("flock", flock(fd, LOCK_EX) == 0 && in_child(try_flock, fd) == 1);
	CHECK("flock released", flock(fd, LOCK_UN) == 0 && in_child(try_flock, fd) == 0);
	close(fd);
}

static void big_file(void)
{
	char bytes[4] = "";
	long long end = (1LL << 32) - 3;
	int fd = open("big", O_RDWR | O_CREAT, 0600);
	struct stat status;

	CHECK("4 GiB file", pwrite(fd, "end", 3, end) == 3 && fstat(fd, &status) == 0 &&
				    status.st_size == 1LL << 32 && status.st_blocks < 1000);
	CHECK("pread beyond 2 GiB", pread(fd, bytes, 3, end) == 3 && memcmp(bytes, "end", 3) == 0);
	CHECK("lseek beyond 2 GiB", lseek(fd, -3, SEEK_END) == end);
	char *map = mmap(NULL, 16384, PROT_READ, MAP_PRIVATE, fd, (1LL << 32) - 16384);
	CHECK("mmap beyond 2 GiB", map != MAP_FAILED && memcmp(map + 16381, "end", 3) == 0);
	CHECK("munmap", munmap(map, 16384) == 0);
	close(fd);
	unlink("big");
}

static void space(void)
{
	struct statvfs vfs;
	unsigned long long bytes;

	CHECK("statvfs", statvfs(".", &vfs) == 0);
	bytes = (unsigned long long)vfs.f_blocks * vfs.f_frsize;
	CHECK("size of the disk", bytes > 100ull << 20 && bytes < 1ull << 50 &&
					  vfs.f_namemax == 255 && vfs.f_bavail <= vfs.f_blocks);
	CHECK("statvfs missing", statvfs("none", &vfs) < 0 && errno == ENOENT);
	CHECK("anonymous map", mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON,
				       -1, 0) != MAP_FAILED);
}

int main(void)
{
	umask(022);
	open_and_status();
	names();
	directory();
	times();
	locks();
	big_file();
	space();
	return say_done();
}
