/*
 * A sink whose bytes another thread pushes on: who makes them does not wait for whoever takes them.
 *
 *     sink_thread_open(&behind, next);
 *     … stream_write(&behind.sink, bytes, length, err) …
 *     status = sink_thread_close(&behind, status, err);      // always, exactly once
 *
 * Bytes arrive in the same order, in pieces of SINK_THREAD_PIECE but the last one: two of them are
 * in memory. An error of next is that of a later write or of the close. Without a thread to be had
 * all happens on this one.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "stream.h"

enum { SINK_THREAD_PIECE = 1024 * 1024, SINK_THREAD_PIECES = 2 };

struct sink_thread {
	struct stream_sink sink; /* first */
	struct stream_sink *next;
	unsigned char *pieces[SINK_THREAD_PIECES];
	size_t filled; /* of the piece that is being filled: pieces[made % SINK_THREAD_PIECES] */
	pthread_t thread;
	bool is_threaded;

	pthread_mutex_t lock; /* all below */
	pthread_cond_t changed;
	size_t lengths[SINK_THREAD_PIECES];
	uint64_t made, taken; /* pieces */
	bool ended;           /* no more will come */
	bool failed;
	struct err err;
};

void sink_thread_open(struct sink_thread *behind, struct stream_sink *next);

/* status 0: pushes what is left, waits, returns 0 or next's error. Less: drops it, err stays. */
int sink_thread_close(struct sink_thread *behind, int status, struct err *err);
