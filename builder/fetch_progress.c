/* What the person sees of a fetch: a line a blob, a total with rate and time left, and which
 * source failed and why. Runs on the main thread, which alone may use the ui. */
#include <time.h>

#include "fetch_parts.h"
#include "message.h"
#include "monotonic.h"
#include "text.h"

enum {
	PICTURE_MS = 100, /* how often it looks */
	WINDOW = 10,      /* the rate is over so many samples … */
	SAMPLE_MS = 500,  /* … of this distance */
};

/* Bytes per second over the last five seconds. */
struct rate {
	struct {
		uint64_t at_ms, bytes;
	} samples[WINDOW];
	size_t count;
};

void fetch_event_add(struct fetch *fetch, int kind, const struct fetch_job *job,
	char *text /* takes */, char *hint /* takes */)
{
	struct fetch_event *event = xmalloc(sizeof(*event));
	*event = (struct fetch_event){.kind = kind, .job = job, .text = text, .hint = hint};
	*fetch->events_end = event;
	fetch->events_end = &event->next;
	pthread_cond_signal(&fetch->changed);
}

static void show_done(struct ui *ui, const struct fetch_job *job)
{
	const struct fetch_blob *blob = job->blob;
	AUTO_TEXT size = TEXT_INIT;
	struct ui_field fields[] = {
		UI_TEXT("digest", blob->digest),
		UI_TEXT("label", blob->label),
		UI_NUMBER("size", blob->size_bytes),
		UI_NUMBER("received", job->received_bytes),
		UI_TEXT("from", blob->served_by),
	};
	if (ui_is_json(ui)) {
		UI_RECORD(ui, "blob", fields, "%s", "");
		return;
	}
	text_add_size(&size, blob->size_bytes);
	if (blob->served_by)
		ui_note(ui, T("  %s: %s from %s"), blob->label, size.bytes, blob->served_by);
	else
		ui_note(ui, T("  %s: %s, there by now"), blob->label, size.bytes);
}

static void show_event(struct ui *ui, const struct fetch_event *event)
{
	switch (event->kind) {
	case FETCH_EVENT_DONE:
		show_done(ui, event->job);
		break;
	case FETCH_EVENT_WARNING:
		ui_warning(ui, event->hint, "%s", event->text);
		break;
	case FETCH_EVENT_NOTE:
		ui_note(ui, "%s", event->text);
		break;
	case FETCH_EVENT_DETAIL:
		ui_detail(ui, "%s", event->text);
		break;
	}
}

static void show_events(struct ui *ui, struct fetch_event *events /* takes */)
{
	while (events) {
		struct fetch_event *event = events;
		events = event->next;
		show_event(ui, event);
		free(event->text);
		free(event->hint);
		free(event);
	}
}

static uint64_t rate_of(struct rate *rate, uint64_t bytes)
{
	uint64_t now = monotonic_ms();
	size_t last = rate->count - 1;
	if (rate->count == 0 || now - rate->samples[last % WINDOW].at_ms >= SAMPLE_MS) {
		rate->samples[rate->count % WINDOW].at_ms = now;
		rate->samples[rate->count % WINDOW].bytes = bytes;
		rate->count++;
	}
	size_t oldest = rate->count > WINDOW ? rate->count % WINDOW : 0;
	uint64_t took_ms = now - rate->samples[oldest].at_ms;
	uint64_t before = rate->samples[oldest].bytes;
	return took_ms >= SAMPLE_MS && bytes > before ? (bytes - before) * 1000 / took_ms : 0;
}

static void add_duration(struct text *out, uint64_t seconds)
{
	if (seconds < 60)
		text_addf(out, T("%llu s left"), (unsigned long long)seconds);
	else
		text_addf(out, T("%llu:%02llu min left"), (unsigned long long)(seconds / 60),
			(unsigned long long)(seconds % 60));
}

/* How far all of it is, and what runs at the moment. */
struct picture {
	uint64_t landed_bytes, received_bytes, total_bytes;
	const char *running;  /* the label of one of them */
	size_t running_count;
};

/* The mutex is held. */
static struct picture look(const struct fetch *fetch)
{
	struct picture picture = {0};
	for (size_t i = 0; i < fetch->job_count; i++) {
		const struct fetch_job *job = &fetch->jobs[i];
		bool unknown = job->blob->size_bytes == UINT64_MAX;
		picture.landed_bytes += job->landed_bytes;
		picture.received_bytes += job->received_bytes;
		picture.total_bytes += unknown ? job->landed_bytes : job->blob->size_bytes;
		if (job->state == FETCH_RUNNING && picture.running_count++ == 0)
			picture.running = job->blob->label;
	}
	return picture;
}

static void show_picture(struct ui *ui, const struct picture *picture, struct rate *rate)
{
	AUTO_TEXT status = TEXT_INIT;
	uint64_t per_second = rate_of(rate, picture->received_bytes);
	if (per_second) {
		text_add_size(&status, per_second);
		text_add(&status, "/s  ");
		add_duration(&status,
			(picture->total_bytes - picture->landed_bytes) / per_second + 1);
	}
	if (picture->running)
		text_addf(&status, "%s%s", status.length ? "  " : "", picture->running);
	if (picture->running_count > 1)
		text_addf(&status, " +%zu", picture->running_count - 1);
	ui_status(ui, "%s", status.bytes);
	ui_progress(ui, picture->landed_bytes, picture->total_bytes);
}

/* By the clock that nobody sets: on the calendar's, a jump back would stop the picture for as long. */
void fetch_progress_init(struct fetch *fetch)
{
#ifdef __APPLE__
	pthread_cond_init(&fetch->changed, NULL);
#else
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&fetch->changed, &attributes);
	pthread_condattr_destroy(&attributes);
#endif
}

static void wait_a_moment(struct fetch *fetch)
{
#ifdef __APPLE__
	const struct timespec pause = {.tv_nsec = PICTURE_MS * 1000000L};
	pthread_cond_timedwait_relative_np(&fetch->changed, &fetch->mutex, &pause);
#else
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += PICTURE_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	pthread_cond_timedwait(&fetch->changed, &fetch->mutex, &until);
#endif
}

void fetch_progress_show(struct fetch *fetch, struct ui *ui)
{
	struct rate rate = {0};
	bool working = true;
	while (working) {
		pthread_mutex_lock(&fetch->mutex);
		if (!fetch->events && fetch->working > 0)
			wait_a_moment(fetch);
		struct fetch_event *events = fetch->events;
		struct picture picture = look(fetch);
		working = fetch->working > 0;
		fetch->events = NULL;
		fetch->events_end = &fetch->events;
		pthread_mutex_unlock(&fetch->mutex);
		show_events(ui, events);
		show_picture(ui, &picture, &rate);
	}
}
