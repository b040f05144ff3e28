/*
 * Writing tar archives that are the same bytes everywhere (POSIX.1-2017 pax over ustar).
 *
 * Regular files only; owner 0:0 without names, the given time, no device numbers. A path that is
 * not ASCII or does not fit ustar's 100 + 155 bytes, and a size of 8 GiB and more, get a pax
 * header with `path=` in UTF-8 and `size=`, in this order. The archive ends with exactly two zero
 * blocks; it is not padded to a record of 10,240 bytes.
 * The headers are encoded here and not by libarchive, whose pax writer translates paths through
 * the locale (and on macOS changes their Unicode form): same input, other bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "stream.h"
#include "text.h"

enum {
	TAR_BLOCK = 512,
	TAR_END_SIZE = 2 * TAR_BLOCK, /* bytes after the last entry */
	TAR_WRITER_PATH_LIMIT = 1024,
};

struct tar_writer {
	struct stream_sink *sink; /* borrowed */
	struct stream_sink data;  /* push the current entry's bytes here */
	uint64_t mtime;           /* of all entries, seconds since 1970 */
	uint64_t left;            /* data still to come for the current entry */
	uint64_t written;         /* bytes pushed into sink so far: the offset of what comes next */
	size_t padding;           /* after the current entry's data */
};

void tar_writer_init(struct tar_writer *writer, struct stream_sink *sink, uint64_t mtime);

/* Begins an entry; all data of the one before must have come (BUG_ON). The path must be relative,
 * UTF-8, without empty, "." and ".." components and at most TAR_WRITER_PATH_LIMIT bytes, else
 * CODE_INPUT. */
int tar_writer_entry(struct tar_writer *writer, const char *path, uint64_t size_bytes,
	unsigned mode, struct err *err);

/* Pushes data of the current entry, same as writer->data. More than was announced is BUG_ON. */
int tar_writer_data(struct tar_writer *writer, const void *bytes, size_t length, struct err *err);

/* The whole source as the current entry's data: an early end or a byte too many is
 * CODE_INTEGRITY. */
int tar_writer_copy(struct tar_writer *writer, struct stream_source *source, struct err *err);

/* The two zero blocks. */
int tar_writer_finish(struct tar_writer *writer, struct err *err);

/* Bytes that an entry takes in the archive: headers, data, padding. A whole archive is the sum of
 * its entries and TAR_END_SIZE. */
uint64_t tar_writer_entry_size(const char *path, uint64_t size_bytes);

/* Bytes before the entry's data: the offset of the data behind the entry's start. */
uint64_t tar_writer_header_size(const char *path, uint64_t size_bytes);

/* For an entry whose size is known only behind its data: its whole header, pax records included, of
 * the same length for every size, so that it can be written again over itself. */
int tar_writer_late_header(const char *path, uint64_t size_bytes, unsigned mode, uint64_t mtime,
	struct text *out, struct err *err);
