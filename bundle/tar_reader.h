/*
 * Reading tar archives (POSIX ustar and pax, GNU long names), the only file with libarchive.
 *
 * TAR_BUNDLE is for what tar_writer.h wrote: regular files only, relative paths without "." and
 * "..", no path twice, two zero blocks as the end and not a byte behind them. Everything else is
 * CODE_INTEGRITY: the file is not what we made.
 * TAR_FOREIGN is for other people's archives: directories and links are told, paths are
 * normalised ("./a//b" is "a/b"); absolute paths, "..", device nodes, sparse files, doubled
 * files are CODE_INPUT. What follows the end marker is not looked at.
 * Both: sizes and the number of entries are limited, and no entry may end behind the archive.
 *
 *     while (tar_reader_next(reader, &entry, err) == 0 && entry) …
 *
 * Memory: about 150 KiB, and 40 bytes an entry for the search of doubles.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "err.h"
#include "stream.h"

enum tar_mode { TAR_BUNDLE, TAR_FOREIGN };

enum tar_type { TAR_FILE, TAR_DIRECTORY, TAR_SYMLINK, TAR_HARDLINK };

enum { TAR_ENTRY_LIMIT = 100000, TAR_PATH_LIMIT = 4096 };

struct tar_entry {
	const char *path; /* UTF-8 when the archive's is; no trailing slash */
	enum tar_type type;
	unsigned mode;           /* permission bits */
	uint64_t size_bytes;     /* 0 unless TAR_FILE */
	const char *link_target; /* of links, as in the archive; otherwise NULL */
	uint64_t data_offset;    /* of the data in the file (not in the range); UINT64_MAX when it
				  * is not in the file as it is (a source, a compressed archive) */
};

struct tar_reader;

/* A range of an open file; the descriptor stays the caller's and is read with pread only. */
int tar_reader_open_file(struct tar_reader **out, enum tar_mode mode, int fd, const char *name,
	uint64_t offset, uint64_t length, struct err *err);

/* A stream. */
int tar_reader_open_source(struct tar_reader **out, enum tar_mode mode,
	struct stream_source *source, const char *name, struct err *err);

/* A stream in TAR_FOREIGN, which may be compressed as a whole with gzip or zstd. A function of its
 * own, so that the decoders (100 KiB) are only in the program that needs them. */
int tar_reader_open_compressed(struct tar_reader **out, struct stream_source *source,
	const char *name, struct err *err);

void tar_reader_free(struct tar_reader *reader);
AUTO_DEFINE(tar_reader);

/* The next entry, lent until the next call, or NULL at the end. */
int tar_reader_next(struct tar_reader *reader, const struct tar_entry **entry, struct err *err);

/* The data of the current entry; exactly size_bytes or an error. Lent until tar_reader_next(). */
struct stream_source *tar_reader_data(struct tar_reader *reader);
