/* Which blobs of the cache may go. */
#include "cache_gc.h"

#include <string.h>

#include "text.h"

enum { DAY_S = 24 * 60 * 60, PARTIAL_DAYS = 7, RECORD_DAYS = 30 };

static bool same(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

static bool names_blob(const struct lock_image *image, const char *digest)
{
	if (same(image->manifest, digest) || same(image->config, digest) ||
		same(image->index, digest))
		return true;
	for (size_t i = 0; i < image->layer_count; i++)
		if (same(image->layers[i].digest, digest))
			return true;
	return false;
}

static bool is_kept(const struct cache_gc_rules *rules, const char *digest)
{
	for (size_t l = 0; l < rules->lock_count; l++) {
		const struct lock_file *lock = &rules->locks[l];
		for (size_t i = 0; i < lock->image_count; i++)
			if (names_blob(&lock->images[i], digest))
				return true;
		for (size_t i = 0; i < lock->download_count; i++)
			if (same(lock->downloads[i].sha256, digest + strlen("sha256:")))
				return true;
	}
	return false;
}

static bool is_older(const struct cached_file *file, int64_t now, uint64_t days)
{
	return file->used_at < now && (uint64_t)(now - file->used_at) > days * DAY_S;
}

static int by_use(const void *a, const void *b)
{
	const struct cached_file *left = *(const struct cached_file *const *)a;
	const struct cached_file *right = *(const struct cached_file *const *)b;
	if (left->used_at != right->used_at)
		return left->used_at < right->used_at ? -1 : 1;
	return strcmp(left->name, right->name);
}

static bool partial_goes(const struct cached_file *file, const struct cache_gc_rules *rules)
{
	uint64_t days = PARTIAL_DAYS;
	if (rules->older_than_days && rules->older_than_days < days)
		days = rules->older_than_days;
	return is_older(file, rules->now, days);
}

static bool record_goes(
	const struct cached_file *file, const struct cache_gc_rules *rules, bool all)
{
	char digest[SHA256_DIGEST_LENGTH + 1];
	snprintf(digest, sizeof(digest), "sha256:%s", file->name + strlen("proofs/sha256-"));
	if (is_kept(rules, digest))
		return false;
	return all || is_older(file, rules->now,
			      rules->older_than_days ? rules->older_than_days : RECORD_DAYS);
}

void cache_gc_choose(const struct cache_list *list, const struct cache_gc_rules *rules,
	struct arena *arena, const struct cached_file ***out, size_t *count)
{
	bool all = rules->lock_count > 0 && !rules->older_than_days && !rules->max_bytes;
	uint64_t left = list->blob_bytes;
	size_t free_count = 0;
	const struct cached_file **free_blobs =
		arena_alloc(arena, (list->blob_count + 1) * sizeof(*free_blobs));
	*out = arena_alloc(arena, (list->blob_count + list->partial_count + list->record_count +
					   1) *
						   sizeof(**out));
	*count = 0;
	for (size_t i = 0; i < list->partial_count; i++)
		if (partial_goes(&list->partials[i], rules))
			(*out)[(*count)++] = &list->partials[i];
	for (size_t i = 0; i < list->record_count; i++)
		if (record_goes(&list->records[i], rules, all))
			(*out)[(*count)++] = &list->records[i];
	for (size_t i = 0; i < list->blob_count; i++)
		if (!is_kept(rules, list->blobs[i].name))
			free_blobs[free_count++] = &list->blobs[i];
	if (free_count > 0)
		qsort(free_blobs, free_count, sizeof(const struct cached_file *), by_use);
	for (size_t i = 0; i < free_count; i++) {
		const struct cached_file *blob = free_blobs[i];
		bool old = rules->older_than_days &&
			   is_older(blob, rules->now, rules->older_than_days);
		bool over = rules->max_bytes && left > rules->max_bytes;
		if (!all && !old && !over)
			continue;
		(*out)[(*count)++] = blob;
		left -= blob->size_bytes;
	}
}
