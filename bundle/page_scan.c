/* Reads a file once, in order, and works on its windows on all cores. */
#include "page_scan.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"
#include "file_io.h"

/*
 * Windows are handed out and read under one lock, so that a USB stick sees one sequential
 * reader; hashing runs outside of it. A thread waits for its turn to fold; since windows are
 * handed out in order, the thread with the lowest one never waits.
 */
struct run {
	struct page_scan *scan;
	pthread_mutex_t reading;
	uint64_t next; /* offset of the next window to read; under reading */

	pthread_mutex_t lock; /* all below */
	pthread_cond_t changed;
	uint64_t folded; /* file[0, folded) has been folded */
	bool stop;
	unsigned running;
	uint64_t failed_at; /* the lowest window that failed */
	bool failed;
	struct err err;
};

static void fail(struct run *run, uint64_t offset, const struct err *err)
{
	pthread_mutex_lock(&run->lock);
	if (!run->failed || offset < run->failed_at) {
		run->failed = true;
		run->failed_at = offset;
		run->err = *err;
	}
	run->stop = true;
	pthread_cond_broadcast(&run->changed);
	pthread_mutex_unlock(&run->lock);
}

static bool is_stopped(struct run *run)
{
	pthread_mutex_lock(&run->lock);
	bool stop = run->stop;
	pthread_mutex_unlock(&run->lock);
	return stop;
}

/* The next window's bytes; length 0 when there is none. Failed windows count as read: every
 * window below a failed one has been handed out, so the lowest fault is always found. */
static int read_window(
	struct run *run, unsigned char *bytes, uint64_t *offset, size_t *length, struct err *err)
{
	const struct page_scan *scan = run->scan;
	pthread_mutex_lock(&run->reading);
	*offset = run->next;
	uint64_t left = scan->length - run->next;
	*length = is_stopped(run) ? 0 : left < PAGE_SCAN_WINDOW ? (size_t)left : PAGE_SCAN_WINDOW;
	run->next += *length;
	int result = file_pread(scan->fd, scan->name, bytes, *length, *offset, err);
	pthread_mutex_unlock(&run->reading);
	return result;
}

/* False when the run was stopped before the turn came. */
static bool fold_in_turn(struct run *run, uint64_t offset, size_t length,
	const struct sha256 digests[PAGE_SCAN_DIGESTS])
{
	pthread_mutex_lock(&run->lock);
	while (!run->stop && run->folded != offset)
		pthread_cond_wait(&run->changed, &run->lock);
	bool mine = !run->stop;
	if (mine) {
		run->scan->fold(run->scan, offset, length, digests);
		run->folded += length;
		pthread_cond_broadcast(&run->changed);
	}
	pthread_mutex_unlock(&run->lock);
	return mine;
}

static void work(struct run *run, unsigned char *bytes)
{
	struct sha256 digests[PAGE_SCAN_DIGESTS];
	struct err err = ERR_INIT;
	uint64_t offset;
	size_t length;
	for (;;) {
		if (read_window(run, bytes, &offset, &length, &err) < 0) {
			err_wrap(&err, "at byte %llu", (unsigned long long)offset);
			if (err.code == CODE_IO)
				err_hint(&err,
					"the disk or USB stick cannot be read there: plug it "
					"in again; if that does not help, copy the file "
					"again, to another one");
			fail(run, offset, &err);
			return;
		}
		if (length == 0)
			return;
		if (run->scan->work(run->scan, offset, bytes, length, digests, &err) < 0) {
			fail(run, offset, &err);
			return;
		}
		if (!fold_in_turn(run, offset, length, digests))
			return;
	}
}

static void *thread_main(void *argument)
{
	struct run *run = argument;
	AUTO_FREE unsigned char *bytes = xmalloc(PAGE_SCAN_WINDOW);
	work(run, bytes);
	pthread_mutex_lock(&run->lock);
	run->running--;
	pthread_cond_broadcast(&run->changed);
	pthread_mutex_unlock(&run->lock);
	return NULL;
}

/* Tells the progress as windows are folded, until every thread has ended. */
static void watch(struct run *run)
{
	static const uint64_t STEP = UINT64_C(4) * 1024 * 1024;
	struct executable_progress *progress = run->scan->progress;
	uint64_t told = 0;
	pthread_mutex_lock(&run->lock);
	while (run->running > 0) {
		uint64_t folded = run->folded;
		if (!progress || run->stop || folded - told < STEP) {
			pthread_cond_wait(&run->changed, &run->lock);
			continue;
		}
		told = folded;
		pthread_mutex_unlock(&run->lock);
		struct err err = ERR_INIT;
		if (progress->update(progress, told, run->scan->length, &err) < 0)
			fail(run, 0, &err);
		pthread_mutex_lock(&run->lock);
	}
	pthread_mutex_unlock(&run->lock);
}

static unsigned thread_count(const struct page_scan *scan)
{
	long cores = scan->threads ? (long)scan->threads : sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t windows = (scan->length + PAGE_SCAN_WINDOW - 1) / PAGE_SCAN_WINDOW;
	if (cores < 1)
		cores = 1;
	if (cores > PAGE_SCAN_MAX_THREADS)
		cores = PAGE_SCAN_MAX_THREADS;
	return (uint64_t)cores < windows ? (unsigned)cores : (unsigned)windows;
}

int page_scan_run(struct page_scan *scan, struct err *err)
{
	struct run run = {.scan = scan};
	pthread_t threads[PAGE_SCAN_MAX_THREADS];
	unsigned wanted = thread_count(scan), started = 0;
	pthread_mutex_init(&run.reading, NULL);
	pthread_mutex_init(&run.lock, NULL);
	pthread_cond_init(&run.changed, NULL);
	run.running = wanted;
	while (started < wanted && pthread_create(&threads[started], NULL, thread_main, &run) == 0)
		started++;
	if (started == 0 && wanted > 0) {
		run.running = 1;
		thread_main(&run); /* no threads to be had: all alone then */
	} else if (started < wanted) {
		pthread_mutex_lock(&run.lock);
		run.running -= wanted - started;
		pthread_mutex_unlock(&run.lock);
	}
	watch(&run);
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	pthread_cond_destroy(&run.changed);
	pthread_mutex_destroy(&run.lock);
	pthread_mutex_destroy(&run.reading);
	if (run.failed) {
		*err = run.err;
		return -1;
	}
	if (scan->progress)
		return scan->progress->update(scan->progress, scan->length, scan->length, err);
	return 0;
}
