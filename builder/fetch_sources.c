/* What is known about the sources while blobs are fetched: shared by all workers. */
#include <string.h>

#include "fetch_parts.h"
#include "monotonic.h"

/* A host that answers nothing so often in a row is not asked again. */
enum { HOST_FAILURES = 3 };

/* "host:port" of a URL. */
static const char *url_host(const char *url, struct arena *arena)
{
	const char *begin = strstr(url, "://");
	begin = begin ? begin + 3 : url;
	size_t length = strcspn(begin, "/?#");
	const char *at = memchr(begin, '@', length);
	if (at) {
		length -= (size_t)(at + 1 - begin);
		begin = at + 1;
	}
	return arena_strndup(arena, begin, length);
}

size_t fetch_place_count(const struct fetch_blob *blob)
{
	return blob->source_count ? blob->source_count : blob->url_count;
}

struct fetch_place fetch_place_at(const struct fetch_blob *blob, size_t index, struct arena *arena)
{
	if (blob->source_count) {
		const struct image_source *source = &blob->sources[index];
		return (struct fetch_place){
			source->host, source->repository, source->name, source, NULL};
	}
	const char *url = blob->urls[index], *host = url_host(url, arena);
	return (struct fetch_place){host, url, host, NULL, url};
}

/* The row of a place; repository NULL is the whole host. The mutex is held. */
static struct fetch_source *row_of(struct fetch *fetch, const char *host, const char *repository)
{
	for (size_t i = 0; i < fetch->source_count; i++) {
		struct fetch_source *row = &fetch->sources[i];
		if (strcmp(row->host, host) == 0 && !row->repository == !repository &&
			(!repository || strcmp(row->repository, repository) == 0))
			return row;
	}
	struct fetch_source *row = ARENA_PUSH(
		fetch->arena, fetch->sources, fetch->source_count, fetch->source_capacity);
	row->host = arena_strdup(fetch->arena, host);
	row->repository = repository ? arena_strdup(fetch->arena, repository) : NULL;
	return row;
}

static struct fetch_source *lock_row(
	struct fetch *fetch, const struct fetch_place *place, bool whole_host)
{
	pthread_mutex_lock(&fetch->mutex);
	return row_of(fetch, place->host, whole_host ? NULL : place->repository);
}

bool fetch_source_is_usable(struct fetch *fetch, const struct fetch_place *place)
{
	bool left = lock_row(fetch, place, true)->left;
	left |= row_of(fetch, place->host, place->repository)->left;
	pthread_mutex_unlock(&fetch->mutex);
	return !left;
}

uint64_t fetch_source_wait_ms(struct fetch *fetch, const struct fetch_place *place)
{
	uint64_t until = lock_row(fetch, place, true)->not_before_ms, now = monotonic_ms();
	pthread_mutex_unlock(&fetch->mutex);
	return until > now ? until - now : 0;
}

void fetch_source_served(struct fetch *fetch, const struct fetch_place *place)
{
	lock_row(fetch, place, true)->failures = 0;
	pthread_mutex_unlock(&fetch->mutex);
}

bool fetch_source_failed(struct fetch *fetch, const struct fetch_place *place)
{
	bool often = ++lock_row(fetch, place, true)->failures >= HOST_FAILURES;
	pthread_mutex_unlock(&fetch->mutex);
	return often;
}

void fetch_source_limited(
	struct fetch *fetch, const struct fetch_place *place, uint64_t retry_after_ms)
{
	lock_row(fetch, place, true)->not_before_ms = monotonic_ms() + retry_after_ms;
	pthread_mutex_unlock(&fetch->mutex);
}

void fetch_source_leave(struct fetch *fetch, const struct fetch_place *place, bool whole_host)
{
	lock_row(fetch, place, whole_host)->left = true;
	pthread_mutex_unlock(&fetch->mutex);
}

bool fetch_source_tell(
	struct fetch *fetch, const struct fetch_place *place, enum registry_failure_kind kind)
{
	struct fetch_source *row = lock_row(fetch, place, true);
	bool first = !(row->told & 1u << (unsigned)kind);
	row->told |= 1u << (unsigned)kind;
	pthread_mutex_unlock(&fetch->mutex);
	return first;
}
