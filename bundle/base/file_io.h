/* Files: whole reads and writes with errors that name the file, and output that appears whole. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "arena.h"
#include "err.h"

/* All length bytes at offset, or an error: an early end of file is CODE_INTEGRITY ("ends early").
 * name is for the text only. Retries EINTR and short reads; chunks stay below 1 GiB (macOS). */
int file_pread(
	int fd, const char *name, void *bytes, size_t length, uint64_t offset, struct err *err);

/* All bytes, or an error (CODE_IO, CODE_DISK_FULL). */
int file_write(int fd, const char *name, const void *bytes, size_t length, struct err *err);
int file_pwrite(int fd, const char *name, const void *bytes, size_t length, uint64_t offset,
	struct err *err);

/* What was written so far begins its way to the disk, so that a later fsync finds less to wait for. A
 * hint: it does not wait, and where there is no such call (macOS) it does nothing. */
void file_write_back(int fd);

/* A whole small file into the arena, NUL-terminated; larger than limit_bytes is CODE_INPUT, missing is
 * CODE_INPUT too (it is the person's path). One that this user may not open is CODE_IO, with whose it
 * is (file_owner.h). */
int file_read_all(const char *path, size_t limit_bytes, struct arena *arena, char **bytes,
	size_t *length, struct err *err);

/*
 * An output file that appears whole under its name or not at all: a temporary file beside the
 * target, fsync, rename (macOS caches code signatures by inode, so never write in place).
 * On Linux the temporary file has no name until commit (O_TMPFILE) where the file system can;
 * elsewhere it is unlinked by file_output_abort(), by a signal's clean-up and by atexit.
 */
struct file_output {
	int fd;
	char *path;      /* the target */
	char *temp_path; /* NULL while the file has no name */
};

#define FILE_OUTPUT_INIT \
	{                \
		.fd = -1 \
	}

int file_output_open(struct file_output *output, const char *path, mode_t mode, struct err *err);
int file_output_commit(struct file_output *output, struct err *err);
/* The same, never in place of a file that is there by now: as file_rename_new(). */
int file_output_commit_new(struct file_output *output, struct err *err);
void file_output_abort(struct file_output *output); /* no-op after commit, legal on INIT */
/* Removes the temporary files of all outputs that are open. Async-signal-safe. */
void file_output_unlink_unfinished(void);
#define AUTO_OUTPUT __attribute__((cleanup(file_output_abort))) struct file_output

/* A small file, whole or not at all. The mode is exact, whatever the umask. */
int file_write_all(
	const char *path, const void *bytes, size_t length, mode_t mode, struct err *err);

/* Gives a file another name on its file system, durably, never in place of one that is there: that
 * is CODE_USAGE, errno EEXIST. Another file system is errno EXDEV. */
int file_rename_new(const char *from, const char *to, struct err *err);

/* A copy, whole or not at all, with this mode. replace: in place of what is there; else as
 * file_rename_new(). */
int file_copy(const char *from, const char *to, mode_t mode, bool replace, struct err *err);

/* CODE_USAGE: it is there, and is not overwritten. */
int file_refuse_existing(const char *path, struct err *err);

/* An empty file without a name, for what is too large for memory or needs a descriptor: the
 * descriptor, or -1. It lies in TMPDIR, else /tmp; on Linux in memory. */
int file_nameless(struct err *err);

/* mkdir -p; existing directories are fine. */
int file_make_directories(const char *path, mode_t mode, struct err *err);

/* Takes back what was made there: directory/name, and the directories between that it leaves empty. */
void file_remove_below(const char *directory, const char *name);

/* Nothing there, or an empty directory; else CODE_USAGE. */
int file_check_empty(const char *directory, struct err *err);

/* The last component of a path, within it. */
const char *file_base_name(const char *path);

/* The directory that a path is in: "." for a bare name. The caller frees it. */
char *file_directory(const char *path);
