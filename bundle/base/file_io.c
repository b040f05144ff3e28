/* Files: whole reads and writes, and output that appears whole or not at all. */
#include "file_io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "file_owner.h"

/* macOS refuses reads and writes above INT_MAX with EINVAL (facts/macos.md, section 6). */
static const size_t LARGEST_TRANSFER = (size_t)1 << 30;

static size_t transfer_size(size_t length)
{
	return length < LARGEST_TRANSFER ? length : LARGEST_TRANSFER;
}

int file_pread(
	int fd, const char *name, void *bytes, size_t length, uint64_t offset, struct err *err)
{
	unsigned char *at = bytes;
	while (length > 0) {
		ssize_t got = pread(fd, at, transfer_size(length), (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set_errno(err, CODE_IO, "read %s", name);
		if (got == 0)
			return err_set(err, CODE_INTEGRITY, "%s ends early", name);
		at += got;
		offset += (uint64_t)got;
		length -= (size_t)got;
	}
	return 0;
}

int file_write(int fd, const char *name, const void *bytes, size_t length, struct err *err)
{
	const unsigned char *at = bytes;
	while (length > 0) {
		ssize_t put = write(fd, at, transfer_size(length));
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_set_errno(err, CODE_IO, "write %s", name);
		at += put;
		length -= (size_t)put;
	}
	return 0;
}

int file_pwrite(int fd, const char *name, const void *bytes, size_t length, uint64_t offset,
	struct err *err)
{
	const unsigned char *at = bytes;
	while (length > 0) {
		ssize_t put = pwrite(fd, at, transfer_size(length), (off_t)offset);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_set_errno(err, CODE_IO, "write %s", name);
		at += put;
		offset += (uint64_t)put;
		length -= (size_t)put;
	}
	return 0;
}

/* What may not be opened says nothing about what is in it. */
static int fail_open(const char *path, struct err *err)
{
	err_set_errno(err, CODE_INPUT, "open %s", path);
	if (file_owner_refused(err))
		err->code = CODE_IO;
	return file_owner_hint(err, path);
}

int file_read_all(const char *path, size_t limit_bytes, struct arena *arena, char **bytes,
	size_t *length, struct err *err)
{
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_open(path, err);
	if (!S_ISREG(st.st_mode))
		return err_set(err, CODE_INPUT, "%s is not a regular file", path);
	if ((uint64_t)st.st_size > limit_bytes)
		return err_set(err, CODE_INPUT, "%s is larger than the limit of %zu bytes", path,
			limit_bytes);
	char *memory = arena_alloc(arena, (size_t)st.st_size + 1);
	if (file_pread(fd, path, memory, (size_t)st.st_size, 0, err) < 0)
		return -1;
	*bytes = memory;
	if (length)
		*length = (size_t)st.st_size;
	return 0;
}

/* ---- output that appears whole ---- */

enum { MAX_OPEN_OUTPUTS = 16 };

/* Names to unlink when a signal or exit() ends the program; threads set and clear slots. */
static char *_Atomic unfinished[MAX_OPEN_OUTPUTS];

void file_output_unlink_unfinished(void)
{
	for (int i = 0; i < MAX_OPEN_OUTPUTS; i++)
		if (unfinished[i])
			unlink(unfinished[i]);
}

static void on_signal(int number)
{
	file_output_unlink_unfinished();
	_exit(128 + number);
}

static void install_clean_up(void)
{
	static int registered;
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	if (!registered)
		atexit(file_output_unlink_unfinished);
	registered = 1;
	/* Each time: while interrupt.h's handlers are there, they come first; later they may not.
	 */
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		struct sigaction old;
		struct sigaction action = {.sa_handler = on_signal};
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
			sigaction(signals[i], &action, NULL);
	}
}

static void remember(char *path)
{
	for (int i = 0; i < MAX_OPEN_OUTPUTS; i++) {
		char *nobody = NULL;
		if (atomic_compare_exchange_strong(&unfinished[i], &nobody, path))
			return;
	}
}

static void forget(const char *path)
{
	for (int i = 0; i < MAX_OPEN_OUTPUTS; i++)
		if (unfinished[i] == path)
			unfinished[i] = NULL;
}

char *file_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return xstrdup(".");
	return slash == path ? xstrdup("/") : xprintf("%.*s", (int)(slash - path), path);
}

/* A name of our own beside the target; the process id keeps two builds apart. */
static int open_named(struct file_output *output, mode_t mode, struct err *err)
{
	const char *base = file_base_name(output->path);
	output->temp_path = xprintf(
		"%.*s.%s.%ld.tmp", (int)(base - output->path), output->path, base, (long)getpid());
	install_clean_up();
	remember(output->temp_path);
	unlink(output->temp_path);
	output->fd = open(output->temp_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (output->fd < 0) {
		err_set_errno(err, CODE_IO, "create %s", output->temp_path);
		return file_owner_hint(err, output->temp_path);
	}
	return 0;
}

int file_output_open(struct file_output *output, const char *path, mode_t mode, struct err *err)
{
	*output = (struct file_output)FILE_OUTPUT_INIT;
	output->path = xstrdup(path);
#ifdef O_TMPFILE
	/* No name until commit, so that even SIGKILL leaves nothing behind. */
	AUTO_FREE char *directory = file_directory(path);
	output->fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
#endif
	if (output->fd < 0 && open_named(output, mode, err) < 0) {
		file_output_abort(output);
		return -1;
	}
	file_owner_give(output->fd, path);
	if (fchmod(output->fd, mode) < 0 && errno != EPERM && errno != ENOTSUP) {
		err_set_errno(err, CODE_IO, "set the mode of %s", path);
		file_output_abort(output);
		return -1;
	}
	return 0;
}

#ifdef O_TMPFILE
/* linkat() cannot replace an existing file, so the file gets a temporary name first. */
static int give_name(struct file_output *output, struct err *err)
{
	const char *base = file_base_name(output->path);
	char self[64];
	snprintf(self, sizeof(self), "/proc/self/fd/%d", output->fd);
	output->temp_path = xprintf(
		"%.*s.%s.%ld.tmp", (int)(base - output->path), output->path, base, (long)getpid());
	install_clean_up();
	remember(output->temp_path);
	unlink(output->temp_path);
	if (linkat(AT_FDCWD, self, AT_FDCWD, output->temp_path, AT_SYMLINK_FOLLOW) < 0)
		return err_set_errno(err, CODE_IO, "create %s", output->temp_path);
	return 0;
}
#endif

void file_write_back(int fd)
{
#ifdef SYNC_FILE_RANGE_WRITE
	sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
#else
	(void)fd;
#endif
}

static int sync_file(int fd)
{
#ifdef F_FULLFSYNC
	if (fcntl(fd, F_FULLFSYNC) == 0)
		return 0;
#endif
	return fsync(fd);
}

/* The name too survives a power cut; not every file system can. */
static void sync_directory_of(const char *path)
{
	AUTO_FREE char *directory = file_directory(path);
	AUTO_FD fd = open(directory, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	if (fd >= 0)
		fsync(fd);
}

int file_refuse_existing(const char *path, struct err *err)
{
	err_set(err, CODE_USAGE, "%s exists already; it is not overwritten", path);
	err->sys_errno = EEXIST;
	return err_hint(err, "name another file, or take the old one away");
}

/* Without hard links (exFAT, many network shares) an empty file claims the name. Errno. */
static int claim_and_rename(const char *from, const char *to)
{
	int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	close(fd);
	if (rename(from, to) == 0)
		return 0;
	int problem = errno;
	unlink(to);
	return problem;
}

int file_rename_new(const char *from, const char *to, struct err *err)
{
	int problem = link(from, to) == 0 ? 0 : errno;
	if (problem == 0)
		unlink(from);
	else if (problem != EEXIST && problem != EXDEV)
		problem = claim_and_rename(from, to);
	if (problem == EEXIST)
		return file_refuse_existing(to, err);
	if (problem) {
		errno = problem;
		return err_set_errno(err, CODE_IO, "rename %s to %s", from, to);
	}
	sync_directory_of(to);
	return 0;
}

static int replace_name(const char *from, const char *to, struct err *err)
{
	if (rename(from, to) < 0)
		return err_set_errno(err, CODE_IO, "rename %s to %s", from, to);
	sync_directory_of(to);
	return 0;
}

static int commit(struct file_output *output, bool replace, struct err *err)
{
	if (sync_file(output->fd) < 0)
		return err_set_errno(err, CODE_IO, "write %s", output->path);
#ifdef O_TMPFILE
	if (!output->temp_path && give_name(output, err) < 0)
		return -1;
#endif
	if ((replace ? replace_name : file_rename_new)(output->temp_path, output->path, err) < 0)
		return -1;
	forget(output->temp_path);
	free(TAKE(output->temp_path));
	file_output_abort(output);
	return 0;
}

int file_output_commit(struct file_output *output, struct err *err)
{
	return commit(output, true, err);
}

int file_output_commit_new(struct file_output *output, struct err *err)
{
	return commit(output, false, err);
}

void file_output_abort(struct file_output *output)
{
	if (output->fd >= 0)
		close(output->fd);
	if (output->temp_path) {
		unlink(output->temp_path);
		forget(output->temp_path);
	}
	free(output->temp_path);
	free(output->path);
	*output = (struct file_output)FILE_OUTPUT_INIT;
}

int file_write_all(const char *path, const void *bytes, size_t length, mode_t mode, struct err *err)
{
	AUTO_OUTPUT output = FILE_OUTPUT_INIT;
	if (file_output_open(&output, path, mode, err) < 0 ||
		file_write(output.fd, path, bytes, length, err) < 0)
		return -1;
	return file_output_commit(&output, err);
}

int file_copy(const char *from, const char *to, mode_t mode, bool replace, struct err *err)
{
	AUTO_OUTPUT output = FILE_OUTPUT_INIT;
	AUTO_FD fd = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char bytes[1 << 16];
	ssize_t got;
	if (fd < 0) {
		err_set_errno(err, CODE_IO, "open %s", from);
		return file_owner_hint(err, from);
	}
	if (file_output_open(&output, to, mode, err) < 0)
		return -1;
	while ((got = read(fd, bytes, sizeof(bytes))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set_errno(err, CODE_IO, "read %s", from);
		if (file_write(output.fd, to, bytes, (size_t)got, err) < 0)
			return -1;
	}
	return commit(&output, replace, err);
}

int file_nameless(struct err *err)
{
#ifdef MFD_CLOEXEC
	int fd = memfd_create("hardtack", MFD_CLOEXEC);
	if (fd < 0)
		err_set_errno(err, CODE_IO, "create a file in memory");
	return fd;
#else
	const char *directory = getenv("TMPDIR");
	AUTO_FREE char *path = xprintf("%s/hardtack.%ld.tmp",
		directory && *directory ? directory : "/tmp", (long)getpid());
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		err_set_errno(err, CODE_IO, "create %s", path);
	else
		unlink(path);
	return fd;
#endif
}

static void give_directory(const char *path)
{
	AUTO_FD fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		file_owner_give(fd, path);
}

int file_make_directories(const char *path, mode_t mode, struct err *err)
{
	AUTO_FREE char *partial = xstrdup(path);
	for (char *slash = partial + 1;; slash++) {
		if (*slash != '/' && *slash != '\0')
			continue;
		char kept = *slash;
		*slash = '\0';
		if (mkdir(partial, mode) == 0)
			give_directory(partial);
		else if (errno != EEXIST)
			return err_set_errno(err, CODE_IO, "create the directory %s", partial);
		*slash = kept;
		if (kept == '\0')
			break;
	}
	struct stat st;
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return err_set(err, CODE_IO, "%s is not a directory", path);
	return 0;
}

void file_remove_below(const char *directory, const char *name)
{
	AUTO_FREE char *path = xprintf("%s/%s", directory, name);
	size_t top = strlen(directory);
	remove(path);
	for (char *slash = strrchr(path, '/'); slash && slash > path + top;
		slash = strrchr(path, '/')) {
		*slash = '\0';
		if (rmdir(path) < 0 && errno != ENOENT)
			return;
	}
}

int file_check_empty(const char *directory, struct err *err)
{
	DIR *handle = opendir(directory);
	if (!handle && errno == ENOENT)
		return 0;
	if (!handle)
		return err_set_errno(err, CODE_IO, "open %s", directory);
	int used = 0;
	for (const struct dirent *item; (item = readdir(handle));)
		used += strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0;
	closedir(handle);
	if (!used)
		return 0;
	err_set(err, CODE_USAGE, "the directory %s is not empty", directory);
	return err_hint(err, "name a new directory");
}

const char *file_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}
