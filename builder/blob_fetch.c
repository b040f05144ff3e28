/* Fetching blobs: the plan, the workers' life, the totals. */
#include "blob_fetch.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "fetch_parts.h"
#include "interrupt.h"
#include "message.h"
#include "partial_blob.h"
#include "text.h"

/* Threads of a static musl have 128 KiB of stack; a TLS handshake and two errors take more. */
enum { WORKER_STACK_BYTES = 1 << 20 };

/* ---- what is missing ---- */

/* The blob before this one that means the same bytes, or NULL. */
static const struct fetch_blob *same_before(const struct fetch_blob *blobs, size_t index)
{
	const struct fetch_blob *blob = &blobs[index];
	for (size_t i = 0; i < index; i++) {
		if (blob->digest && blobs[i].digest && strcmp(blobs[i].digest, blob->digest) == 0)
			return &blobs[i];
		if (!blob->digest && !blobs[i].digest &&
			strcmp(blobs[i].urls[0], blob->urls[0]) == 0)
			return &blobs[i];
	}
	return NULL;
}

void blob_fetch_plan(struct blob_cache *cache, struct fetch_blob *blobs, size_t count,
	struct fetch_totals *totals)
{
	AUTO(arena) arena = arena_new();
	*totals = (struct fetch_totals){0};
	for (size_t i = 0; i < count; i++) {
		struct fetch_blob *blob = &blobs[i];
		struct blob_source found;
		blob->cached = blob->digest && blob_cache_find(cache, blob->digest,
						       blob->size_bytes, arena, &found);
		if (blob->cached)
			blob->size_bytes = found.size_bytes;
		if (same_before(blobs, i))
			continue;
		totals->blobs++;
		if (blob->size_bytes == UINT64_MAX) {
			totals->unknown_sizes++;
			continue;
		}
		totals->bytes += blob->size_bytes;
		if (blob->cached) {
			totals->cached_blobs++;
			totals->cached_bytes += blob->size_bytes;
		} else if (blob->digest) {
			uint64_t there = partial_blob_length(cache, blob->digest);
			totals->partial_bytes += there <= blob->size_bytes ? there : 0;
		}
	}
}

/* Documents first, then the largest: the last ones to end shall be short. */
static int compare_jobs(const void *a, const void *b)
{
	const struct fetch_blob *left = ((const struct fetch_job *)a)->blob;
	const struct fetch_blob *right = ((const struct fetch_job *)b)->blob;
	if (left->is_manifest != right->is_manifest)
		return left->is_manifest ? -1 : 1;
	if (left->size_bytes != right->size_bytes)
		return left->size_bytes > right->size_bytes ? -1 : 1;
	return left < right ? -1 : left > right;
}

static void fill_queue(struct fetch *fetch, struct fetch_blob *blobs, size_t count)
{
	fetch->jobs = arena_alloc(fetch->arena, (count + 1) * sizeof(*fetch->jobs));
	for (size_t i = 0; i < count; i++)
		if (!blobs[i].cached && !same_before(blobs, i))
			fetch->jobs[fetch->job_count++].blob = &blobs[i];
	if (fetch->job_count > 0)
		qsort(fetch->jobs, fetch->job_count, sizeof(*fetch->jobs), compare_jobs);
}

/* A disk that cannot hold it is told before the first byte, not after an hour. */
static int check_space(
	const struct blob_cache *cache, const struct fetch_totals *totals, struct err *err)
{
	struct statvfs disk;
	AUTO_TEXT needed = TEXT_INIT, there = TEXT_INIT;
	uint64_t missing = totals->bytes - totals->cached_bytes - totals->partial_bytes;
	if (statvfs(blob_cache_path(cache), &disk) < 0 || disk.f_blocks == 0)
		return 0;
	uint64_t free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	if (missing <= free_bytes)
		return 0;
	text_add_size(&needed, missing);
	text_add_size(&there, free_bytes);
	err_set(err, CODE_DISK_FULL, "%s of images are missing, the disk of the cache %s has %s",
		needed.bytes, blob_cache_path(cache), there.bytes);
	return err_hint(err,
		"Make room (`hardtack cache gc --older-than 30`), or set HARDTACK_CACHE to a "
		"folder on a larger disk.");
}

/* ---- workers ---- */

static void run_workers(struct fetch *fetch, struct ui *ui)
{
	pthread_t threads[FETCH_MOST_JOBS];
	pthread_attr_t attributes;
	size_t wanted = fetch->settings.jobs, started = 0;
	if (wanted > fetch->job_count)
		wanted = fetch->job_count;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, WORKER_STACK_BYTES);
	pthread_mutex_lock(&fetch->mutex);
	while (started < wanted && pthread_create(&threads[started], &attributes,
					   fetch_worker_run, fetch) == 0)
		started++;
	fetch->working = started;
	pthread_mutex_unlock(&fetch->mutex);
	pthread_attr_destroy(&attributes);
	fetch_progress_show(fetch, ui);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	if (started == 0)
		err_set(&fetch->err, CODE_IO, "no thread could be started");
}

/* What equal blobs share. */
static void copy_results(struct fetch_blob *blobs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct fetch_blob *same = same_before(blobs, i);
		if (!same)
			continue;
		blobs[i].digest = same->digest;
		blobs[i].size_bytes = same->size_bytes;
		blobs[i].served_by = same->served_by;
		blobs[i].failed = same->failed;
	}
}

static int fail_full_disk(const struct blob_cache *cache, struct err *err)
{
	err->hint[0] = '\0'; /* this one is nearer to what can be done here */
	return err_hint(err,
		"What has arrived is kept: make room, or set HARDTACK_CACHE to a folder on a larger "
		"disk after copying %s there, and run the same command again.",
		blob_cache_path(cache));
}

int blob_fetch_run(struct blob_cache *cache, struct registry *registry, struct http_client *http,
	struct fetch_blob *blobs, size_t count, const struct fetch_settings *settings,
	struct arena *arena, struct ui *ui, struct fetch_totals *totals, struct err *err)
{
	struct fetch fetch = {
		.mutex = PTHREAD_MUTEX_INITIALIZER,
		.cache = cache,
		.registry = registry,
		.http = http,
		.settings = *settings,
		.arena = arena,
	};
	fetch.events_end = &fetch.events;
	fetch_progress_init(&fetch);
	if (!fetch.settings.jobs)
		fetch.settings.jobs = FETCH_DEFAULT_JOBS;
	if (fetch.settings.jobs > FETCH_MOST_JOBS)
		fetch.settings.jobs = FETCH_MOST_JOBS;
	if (!fetch.settings.tries)
		fetch.settings.tries = FETCH_DEFAULT_TRIES;
	if (blob_cache_use(cache, err) < 0)
		return -1;
	blob_fetch_plan(cache, blobs, count, totals);
	if (check_space(cache, totals, err) < 0)
		return -1;
	fill_queue(&fetch, blobs, count);
	if (fetch.job_count == 0)
		return 0;
	run_workers(&fetch, ui);
	for (size_t i = 0; i < fetch.job_count; i++)
		totals->received_bytes += fetch.jobs[i].received_bytes;
	copy_results(blobs, count);
	if (fetch.err.code == 0)
		return interrupt_check(err);
	*err = fetch.err;
	return err->code == CODE_DISK_FULL ? fail_full_disk(cache, err) : -1;
}
