/* A worker: takes blobs from the queue and asks their sources until one has served. */
#include <string.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h>
#endif

#include "fetch_transfer.h"
#include "interrupt.h"
#include "message.h"
#include "monotonic.h"
#include "text.h"

enum {
	NAP_MS = 50,                 /* how soon a waiting worker sees that all shall end */
	FOREIGN_MS = 200,            /* another process writes the blob: look again after */
	BACKOFF_MS = 300,            /* the first pause is at most this; doubled each time … */
	BACKOFF_LIMIT_MS = 15000,    /* … up to this */
	LIMITED_MS = 5000,           /* a 429 that says no time */
	PATIENCE_MS = 20000,         /* how long a source may ask to wait while others are there … */
	PATIENCE_LIMIT_MS = 600000,  /* … and at all */
	PROGRESS_BYTES = 64 * 1024,  /* a cut transfer that brought so much is no failed try */
};

/* A blob while its sources are asked, one after the other. */
struct attempt {
	struct fetch_transfer transfer;
	struct fetch *fetch;
	size_t index; /* of the place */
	struct fetch_place place;
	struct registry_failure failure;
	struct text reasons; /* what each place said, for the error when none has served */
	size_t reason_count;
	struct err worst; /* the most telling of them */
};

enum outcome { SERVED, NEXT_PLACE, FOREIGN, STOPPED };

/* ---- shared state ---- */

bool fetch_is_stopped(struct fetch *fetch)
{
	pthread_mutex_lock(&fetch->mutex);
	bool stop = fetch->stop;
	pthread_mutex_unlock(&fetch->mutex);
	return stop || interrupt_pending();
}

static void fail(struct fetch *fetch, const struct err *err)
{
	pthread_mutex_lock(&fetch->mutex);
	/* What a signal breaks off fails in many ways, but there is one reason. */
	if (!fetch->stop && interrupt_check(&fetch->err) == 0)
		fetch->err = *err;
	fetch->stop = true;
	pthread_mutex_unlock(&fetch->mutex);
}

static void add_event(
	struct attempt *attempt, int kind, char *text /* takes */, char *hint /* takes */)
{
	pthread_mutex_lock(&attempt->fetch->mutex);
	fetch_event_add(attempt->fetch, kind, attempt->transfer.job, text, hint);
	pthread_mutex_unlock(&attempt->fetch->mutex);
}

/* false: all shall end. */
static bool nap(struct fetch *fetch, uint64_t duration_ms)
{
	uint64_t end = monotonic_ms() + duration_ms;
	for (;;) {
		uint64_t now = monotonic_ms();
		if (fetch_is_stopped(fetch))
			return false;
		if (now >= end)
			return true;
		monotonic_sleep_ms(end - now < NAP_MS ? (unsigned)(end - now) : NAP_MS);
	}
}

/* Full jitter: anything between nothing and the doubled pause, so that many clients do not all
 * come at once when their server is back. */
static uint64_t backoff_ms(unsigned failed_tries)
{
	uint64_t most = BACKOFF_MS;
	uint32_t random = 0;
	for (unsigned i = 1; i < failed_tries && most < BACKOFF_LIMIT_MS; i++)
		most *= 2;
	if (getentropy(&random, sizeof(random)) < 0)
		random = UINT32_MAX / 2;
	return (most < BACKOFF_LIMIT_MS ? most : BACKOFF_LIMIT_MS) * random / UINT32_MAX;
}

/* ---- one place ---- */

/* The next place that is worth asking, or NULL. */
static const char *next_place(const struct attempt *attempt)
{
	const struct fetch_blob *blob = attempt->transfer.job->blob;
	for (size_t i = attempt->index + 1; i < fetch_place_count(blob); i++) {
		struct fetch_place place = fetch_place_at(blob, i, attempt->transfer.arena);
		if (fetch_source_is_usable(attempt->fetch, &place))
			return place.name;
	}
	return NULL;
}

/* The pause before the next try here, or UINT64_MAX to go on to the next place. */
static uint64_t pause_ms(struct attempt *attempt, unsigned failed_tries)
{
	bool other = next_place(attempt) != NULL;
	uint64_t asked = attempt->failure.retry_after_ms;
	if (attempt->failure.kind == REGISTRY_LIMITED) {
		asked = asked ? asked : LIMITED_MS;
		fetch_source_limited(attempt->fetch, &attempt->place, asked);
		if (other)
			return UINT64_MAX;
	}
	if (failed_tries >= attempt->fetch->settings.tries ||
		asked > (uint64_t)(other ? PATIENCE_MS : PATIENCE_LIMIT_MS))
		return UINT64_MAX;
	return asked ? asked : backoff_ms(failed_tries);
}

static void note_pause(struct attempt *attempt, uint64_t duration_ms, const struct err *err)
{
	if (attempt->failure.retry_after_ms || attempt->failure.kind == REGISTRY_LIMITED)
		add_event(attempt, FETCH_EVENT_NOTE,
			xprintf(T("%s asks to wait: going on in %llu s"), attempt->place.name,
				(unsigned long long)(duration_ms + 999) / 1000),
			NULL);
	else
		add_event(attempt, FETCH_EVENT_DETAIL,
			xprintf(T("%s; once more in %llu ms"), err->text,
				(unsigned long long)duration_ms),
			NULL);
}

/* What a failure means for the other blobs. true: it is no matter of time, or of no more. */
static bool leave_place(struct attempt *attempt, bool brought_bytes)
{
	struct fetch *fetch = attempt->fetch;
	const struct fetch_place *place = &attempt->place;
	switch (attempt->failure.kind) {
	case REGISTRY_UNAUTHORIZED:
	case REGISTRY_FORBIDDEN:
		fetch_source_leave(fetch, place, false);
		return true;
	case REGISTRY_WRONG:
		fetch_source_leave(fetch, place, place->source != NULL);
		return true;
	case REGISTRY_MISSING:
		return true;
	case REGISTRY_TRANSIENT:
		if (brought_bytes || !fetch_source_failed(fetch, place) || !next_place(attempt))
			return false;
		fetch_source_leave(fetch, place, true);
		return true;
	default:
		return false;
	}
}

static enum outcome try_place(struct attempt *attempt, struct err *err)
{
	struct fetch_transfer *transfer = &attempt->transfer;
	uint64_t high_water = transfer->partial.length;
	for (unsigned failed_tries = 1;; failed_tries++) {
		err_clear(err);
		if (fetch_transfer_call(transfer, &attempt->place, &attempt->failure, err) == 0) {
			fetch_source_served(attempt->fetch, &attempt->place);
			return SERVED;
		}
		if (attempt->failure.kind == REGISTRY_LOCAL || fetch_is_stopped(attempt->fetch))
			return STOPPED;
		bool brought = transfer->partial.length >= high_water + PROGRESS_BYTES;
		if (brought) {
			high_water = transfer->partial.length;
			failed_tries = 1;
			fetch_source_served(attempt->fetch, &attempt->place);
		}
		if (leave_place(attempt, brought))
			return NEXT_PLACE;
		uint64_t pause = pause_ms(attempt, failed_tries);
		if (pause == UINT64_MAX)
			return NEXT_PLACE;
		note_pause(attempt, pause, err);
		if (!nap(attempt->fetch, pause))
			return STOPPED;
	}
}

/* ---- one blob ---- */

/* What helps most comes first: a login, to know that a source lies, to try again later. */
static size_t weight(int code)
{
	static const int order[] = {
		CODE_NOT_FOUND, CODE_NETWORK, CODE_INTEGRITY, CODE_CREDENTIALS};
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (order[i] == code)
			return i + 1;
	return 0;
}

static void keep_reason(struct attempt *attempt, const struct err *err)
{
	text_addf(&attempt->reasons, "%s%s", attempt->reason_count++ ? "; " : "", err->text);
	if (weight(err->code) >= weight(attempt->worst.code))
		attempt->worst = *err;
}

/* A source that did not serve is told once for each kind of failure, with what comes instead;
 * the last one is the error itself. */
static void report_place(struct attempt *attempt, const struct err *err)
{
	const char *instead = next_place(attempt);
	keep_reason(attempt, err);
	if (!instead)
		return;
	bool first = fetch_source_tell(attempt->fetch, &attempt->place, attempt->failure.kind);
	add_event(attempt, first ? FETCH_EVENT_WARNING : FETCH_EVENT_DETAIL,
		xprintf("%s: %s", attempt->transfer.job->blob->label, err->text),
		xprintf(T("used instead: %s"), instead));
}

/* The next step, where who failed has none. */
static void add_hint(struct err *err)
{
	if (err->code == CODE_NETWORK)
		err_hint(err, "Run it again later: what has arrived is kept. Another place to get "
			      "it from is named with --mirror REGISTRY=PLACE.");
	else
		err_hint(err, "Name another place to get it from: --mirror REGISTRY=PLACE.");
}

static void fail_blob(struct attempt *attempt)
{
	struct fetch_blob *blob = attempt->transfer.job->blob;
	struct err err = attempt->worst;
	if (attempt->reason_count == 0)
		err_set(&err, CODE_NETWORK, "every source of it has failed before");
	else if (attempt->reason_count > 1)
		snprintf(err.text, sizeof(err.text), "%s", attempt->reasons.bytes);
	blob->failed = true;
	add_hint(&err);
	err_wrap(&err, "fetch %s", blob->label);
	fail(attempt->fetch, &err);
}

static enum outcome try_places(struct attempt *attempt)
{
	struct fetch_transfer *transfer = &attempt->transfer;
	struct fetch_blob *blob = transfer->job->blob;
	for (attempt->index = 0; attempt->index < fetch_place_count(blob); attempt->index++) {
		struct err err = ERR_INIT;
		attempt->place = fetch_place_at(blob, attempt->index, transfer->arena);
		if (!fetch_source_is_usable(attempt->fetch, &attempt->place))
			continue;
		uint64_t wait_ms = fetch_source_wait_ms(attempt->fetch, &attempt->place);
		if (wait_ms > 0 && next_place(attempt))
			continue;
		if (wait_ms > 0 && !nap(attempt->fetch, wait_ms))
			return STOPPED;
		enum outcome outcome = try_place(attempt, &err);
		if (outcome == STOPPED)
			fail(attempt->fetch, &err);
		if (outcome != NEXT_PLACE)
			return outcome;
		report_place(attempt, &err);
	}
	fail_blob(attempt);
	return STOPPED;
}

static enum outcome fetch_blob(struct attempt *attempt)
{
	struct fetch_transfer *transfer = &attempt->transfer;
	struct fetch_blob *blob = transfer->job->blob;
	struct err err = ERR_INIT;
	enum partial_state state;
	char digest[SHA256_DIGEST_LENGTH + 1];
	bool proven = false;
	if (partial_blob_open(&transfer->partial, attempt->fetch->cache, blob->digest,
		    blob->url_count ? blob->urls[blob->url_count - 1] : NULL, blob->size_bytes,
		    &state, &err) < 0) {
		fail(attempt->fetch, &err);
		return STOPPED;
	}
	if (state == PARTIAL_BUSY)
		return FOREIGN;
	pthread_mutex_lock(&attempt->fetch->mutex); /* the picture of the progress reads it */
	blob->size_bytes = transfer->partial.size_bytes;
	pthread_mutex_unlock(&attempt->fetch->mutex);
	if (state == PARTIAL_ARRIVED)
		return SERVED;
	fetch_transfer_landed(transfer, 0);
	if (transfer->partial.length == blob->size_bytes &&
		fetch_transfer_prove(transfer, &proven, digest, &err) < 0) {
		fail(attempt->fetch, &err);
		return STOPPED;
	}
	return proven ? SERVED : try_places(attempt);
}

/* ---- the queue ---- */

/* The next blob; NULL with *again: later, another process has the rest at the moment. */
static struct fetch_job *take_job(struct fetch *fetch, bool *again)
{
	struct fetch_job *taken = NULL;
	uint64_t now = monotonic_ms();
	*again = false;
	pthread_mutex_lock(&fetch->mutex);
	for (size_t i = 0; i < fetch->job_count && !taken && !fetch->stop; i++) {
		struct fetch_job *job = &fetch->jobs[i];
		if (job->state != FETCH_WAITING)
			continue;
		*again = true;
		if (job->not_before_ms <= now)
			taken = job;
	}
	if (taken)
		taken->state = FETCH_RUNNING;
	pthread_mutex_unlock(&fetch->mutex);
	return taken;
}

static void put_back(struct attempt *attempt)
{
	struct fetch_job *job = attempt->transfer.job;
	struct fetch *fetch = attempt->fetch;
	pthread_mutex_lock(&fetch->mutex);
	job->state = FETCH_WAITING;
	job->not_before_ms = monotonic_ms() + FOREIGN_MS;
	if (!job->foreign_noted)
		fetch_event_add(fetch, FETCH_EVENT_NOTE, job,
			xprintf(T("%s: another hardtack is fetching it"), job->blob->label), NULL);
	job->foreign_noted = true;
	pthread_mutex_unlock(&fetch->mutex);
}

static void finish_job(struct attempt *attempt)
{
	struct fetch_job *job = attempt->transfer.job;
	struct fetch *fetch = attempt->fetch;
	pthread_mutex_lock(&fetch->mutex);
	job->state = FETCH_DONE;
	job->landed_bytes = job->blob->size_bytes;
	if (attempt->place.name)
		job->blob->served_by = arena_strdup(fetch->arena, attempt->place.name);
	fetch_event_add(fetch, FETCH_EVENT_DONE, job, NULL, NULL);
	pthread_mutex_unlock(&fetch->mutex);
}

static void run_job(struct fetch *fetch, struct fetch_job *job, struct http_connection *connection)
{
	AUTO(arena) arena = arena_new();
	struct attempt attempt = {.fetch = fetch, .reasons = TEXT_INIT};
	fetch_transfer_init(&attempt.transfer, fetch, job, connection, arena);
	switch (fetch_blob(&attempt)) {
	case SERVED:
		finish_job(&attempt);
		break;
	case FOREIGN:
		put_back(&attempt);
		break;
	case NEXT_PLACE:
	case STOPPED:
		break;
	}
	partial_blob_close(&attempt.transfer.partial);
	text_clear(&attempt.reasons);
}

void *fetch_worker_run(void *argument)
{
	struct fetch *fetch = argument;
	AUTO(http_connection) connection = http_connection_new(fetch->http);
	while (!fetch_is_stopped(fetch)) {
		bool again;
		struct fetch_job *job = take_job(fetch, &again);
		if (job)
			run_job(fetch, job, connection);
		else if (!again || !nap(fetch, NAP_MS))
			break;
	}
	pthread_mutex_lock(&fetch->mutex);
	fetch->working--;
	pthread_cond_signal(&fetch->changed);
	pthread_mutex_unlock(&fetch->mutex);
	return NULL;
}
