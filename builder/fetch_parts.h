/*
 * What the parts of blob_fetch share: the queue and its workers (fetch_worker.c), what is known
 * about the sources (fetch_sources.c), what the person sees (fetch_progress.c).
 *
 * Workers never touch the ui: they leave events, which the main thread shows. Everything in
 * struct fetch is guarded by its mutex, unless it says otherwise.
 */
#pragma once

#include <pthread.h>

#include "blob_fetch.h"

enum { FETCH_DEFAULT_JOBS = 4, FETCH_MOST_JOBS = 32, FETCH_DEFAULT_TRIES = 5 };

/* One blob to fetch. */
struct fetch_job {
	struct fetch_blob *blob; /* the first of its digest */
	enum { FETCH_WAITING, FETCH_RUNNING, FETCH_DONE } state;
	uint64_t not_before_ms;  /* another process writes it: not looked at again until then */
	bool foreign_noted;
	uint64_t landed_bytes;   /* in the partial file or the cache */
	uint64_t received_bytes; /* by us, over the network */
};

/* A host, or a repository there, and what it has done to us. */
struct fetch_source {
	const char *host, *repository; /* repository NULL: the whole host; both live in the arena */
	bool left;                     /* for all blobs */
	unsigned failures;             /* calls without a byte, one after the other */
	uint64_t not_before_ms;        /* it said 429 */
	unsigned told;                 /* bit set of enum registry_failure_kind: warned about */
};

struct fetch_event {
	enum { FETCH_EVENT_DONE, FETCH_EVENT_WARNING, FETCH_EVENT_NOTE, FETCH_EVENT_DETAIL } kind;
	const struct fetch_job *job;
	char *text, *hint; /* translated, on the heap; may be NULL */
	struct fetch_event *next;
};

struct fetch {
	pthread_mutex_t mutex;
	pthread_cond_t changed; /* an event, or a worker has ended */
	/* Set before the workers start, and not changed: */
	struct blob_cache *cache;
	struct registry *registry;
	struct http_client *http;
	struct fetch_settings settings;
	/* Guarded: */
	struct fetch_job *jobs;
	size_t job_count;
	size_t working; /* workers that have not ended */
	bool stop;      /* something failed for good, or we were interrupted */
	struct err err; /* of what failed first; code 0: nothing did */
	struct fetch_source *sources;
	size_t source_count, source_capacity;
	struct arena *arena; /* what outlives the workers */
	struct fetch_event *events, **events_end;
};

/* ---- the queue (fetch_worker.c) ---- */

/* pthread's start function; the argument is the struct fetch. */
void *fetch_worker_run(void *fetch);

/* Shall all end? Locks for itself. */
bool fetch_is_stopped(struct fetch *fetch);

/* ---- events (fetch_progress.c); the mutex is held ---- */

/* Takes text and hint. */
void fetch_event_add(struct fetch *fetch, int kind, const struct fetch_job *job,
	char *text /* takes */, char *hint /* takes */);

/* Before the workers start. */
void fetch_progress_init(struct fetch *fetch);

/* The main thread: shows what happens until all workers have ended. The mutex is not held. */
void fetch_progress_show(struct fetch *fetch, struct ui *ui);

/* ---- sources (fetch_sources.c); these lock for themselves ---- */

/* The place of a blob's n-th source or URL. */
struct fetch_place {
	const char *host, *repository, *name;
	const struct image_source *source; /* NULL: url */
	const char *url;
};
size_t fetch_place_count(const struct fetch_blob *blob);
struct fetch_place fetch_place_at(const struct fetch_blob *blob, size_t index, struct arena *arena);

/* Is it still worth asking? */
bool fetch_source_is_usable(struct fetch *fetch, const struct fetch_place *place);
/* How long it wants to be left alone. */
uint64_t fetch_source_wait_ms(struct fetch *fetch, const struct fetch_place *place);
void fetch_source_served(struct fetch *fetch, const struct fetch_place *place);
/* A call failed without a byte: true when the host has now failed too often in a row. */
bool fetch_source_failed(struct fetch *fetch, const struct fetch_place *place);
void fetch_source_limited(
	struct fetch *fetch, const struct fetch_place *place, uint64_t retry_after_ms);
/* For all blobs: the repository there, or the whole host. */
void fetch_source_leave(struct fetch *fetch, const struct fetch_place *place, bool whole_host);
/* true the first time: the person has not been told of this kind of failure there. */
bool fetch_source_tell(
	struct fetch *fetch, const struct fetch_place *place, enum registry_failure_kind kind);
