/*
 * Streams: a source is pulled, a sink is pushed.
 *
 * Laws: an early end or a byte too many is an error of whoever knows the expected length; a
 * source lends its bytes until the next call; nothing is whole in memory.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "err.h"

/* Pull. next() lends *bytes until its next call; *length == 0 is the end. */
struct stream_source {
	int (*next)(
		struct stream_source *source, const void **bytes, size_t *length, struct err *err);
};

/* Push. write() takes all bytes or fails. */
struct stream_sink {
	int (*write)(struct stream_sink *sink, const void *bytes, size_t length, struct err *err);
};

static inline int stream_next(
	struct stream_source *source, const void **bytes, size_t *length, struct err *err)
{
	return source->next(source, bytes, length, err);
}

static inline int stream_write(
	struct stream_sink *sink, const void *bytes, size_t length, struct err *err)
{
	return sink->write(sink, bytes, length, err);
}

enum { STREAM_CHUNK = 256 * 1024 };

/* A range of an open file as a source; the descriptor stays the caller's. The buffer of
 * at most STREAM_CHUNK bytes is the source's own: stream_file_clear() frees it. */
struct stream_file {
	struct stream_source source;
	int fd;
	const char *name; /* borrowed, for errors */
	uint64_t offset;
	uint64_t left;
	unsigned char *buffer;
};

void stream_file_init(
	struct stream_file *file, int fd, const char *name, uint64_t offset, uint64_t length);
void stream_file_clear(struct stream_file *file);
